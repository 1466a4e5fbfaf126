"""Every command that takes any number of arguments, with 1 to 1,048,576 of them (A7)."""

import random
import socket
import time

from client import soon
from measures import sanitized

MB = 1 << 20
MOST = 1 << 20
# Bytes of memory for a byte on the way: a word of one byte takes seven there, and 112 at most are 16 times that.
PROPORTION, CONSTANT = 16, 24 * MB
SENTINEL = b"end of this trial"
# What ends the server or holds it up on purpose.
NOT_TRIED = {"shutdown", "debug", "client|pause"}
# A key of the type that a command is for, by its category.
KEYS = {"@sortedset": "sortedset", "@geo": "sortedset", "@hash": "hash", "@list": "list", "@set": "set",
        "@stream": "stream", "@hyperloglog": "hyperloglog"}
FILL = (("RPUSH", "list"), ("SADD", "set"), ("PFADD", "hyperloglog"))


class Command:
    """A row of COMMAND INFO: its name, where its count of keys stands, and a key that suits it."""

    def __init__(self, row):
        self.name, self.arity = row[0], row[1]
        self.words = self.name.upper().split("|")
        self.key = next((key for category, key in KEYS.items() if category in row[6]), "string")
        self.count_at, self.blocks = None, "@blocking" in row[6]
        for spec in row[8]:
            fields = dict(zip(spec[::2], spec[1::2]))
            begin, find = (dict(zip(fields[part][::2], fields[part][1::2])) for part in ("begin_search", "find_keys"))
            if find["type"] == "keynum" and begin["type"] == "index":
                self.count_at = dict(zip(begin["spec"][::2], begin["spec"][1::2]))["index"]

    def request(self, count, kind):
        """The command with `count` words after its name: all alike, all different, or with a count of keys that fits."""
        words = [word.encode() for word in self.words]
        special = {0: self.key.encode()} if count else {}
        at = None if self.count_at is None else self.count_at - len(words)
        if kind == "keys" and at is not None and at < count:
            special[at] = b"%d" % (count - at - 1)
        if self.blocks and count:
            special[count - 1 if at is None else 0] = b"0.01"  # it may wait, but not for long
        parts, next_at = [encoded(word) for word in words], 0
        for place in sorted(special):
            parts += [plain(kind, next_at, place), encoded(special[place])]
            next_at = place + 1
        parts.append(plain(kind, next_at, count))
        return b"*%d\r\n" % (len(words) + count) + b"".join(parts)


def encoded(word):
    return b"$%d\r\n%s\r\n" % (len(word), word)


def plain(kind, start, end):
    if kind == "different":
        return b"".join(encoded(b"%d" % at) for at in range(start, end))
    return encoded(b"1") * (end - start)


def rows(entries):
    """The commands and their subcommands, of a reply of COMMAND."""
    for entry in entries:
        if entry[9]:
            yield from rows(entry[9])
        else:
            yield entry


def variadic(looker):
    found = [Command(row) for row in rows(looker.do("COMMAND")) if row[1] < 0]
    return [command for command in found if command.name not in NOT_TRIED]


def fill(looker):
    assert looker.do("FLUSHALL") == "OK"
    assert looker.do("SET", "string", "text") == "OK"
    for name, key in FILL:
        assert str(looker.do(name, key, "1", "2", "3")) in ("1", "3")
    assert looker.do("HSET", "hash", "1", "1", "2", "2") == 2
    assert looker.do("ZADD", "sortedset", "1", "1", "2", "2") == 2
    assert looker.do("XADD", "stream", "1-1", "1", "1") == "1-1"


def answered(server, request, seconds):
    """Whether the command, and a sentinel after it, are answered, or the connection is closed."""
    with socket.create_connection(("127.0.0.1", server.port)) as one:
        one.settimeout(seconds)
        try:
            one.sendall(request + b"*2\r\n$4\r\nECHO\r\n$%d\r\n%s\r\n" % (len(SENTINEL), SENTINEL))
            tail = b""
            while SENTINEL not in tail and b"Can't execute 'echo'" not in tail:
                data = one.recv(1 << 20)
                if not data:
                    return True
                tail = tail[-100:] + data
            return True
        except socket.timeout:
            return False
        except ConnectionError:
            return True


def counts(scale, source):
    if scale.name == "quick":
        return [*range(7), 16, 255, 4096, 65537]
    powers = [1 << at for at in range(4, 20)]
    return [*range(12), *powers, *(power + 1 for power in powers), source.randrange(MOST)]


def try_one(server, looker, command, count, kind):
    request = command.request(count, kind)
    server.forget_peak()
    before = server.peak_resident_bytes()
    seconds = 300 if sanitized(server) else 60
    silent = command.name == "client|reply"
    good = answered(server, request, 0.2 if silent else seconds)
    assert server.process.poll() is None, "%s with %d words ended the server" % (command.name, count)
    assert good or silent, "%s with %d words is not answered" % (command.name, count)
    taken = server.peak_resident_bytes() - before
    assert sanitized(server) or taken <= PROPORTION * len(request) + CONSTANT, (
        "%s with %d words (%s): %d MB" % (command.name, count, kind, taken // MB))
    return taken / len(request)


def check_a7_any_number_of_arguments(server, scale):
    looker, source = server.client(), random.Random(7)
    commands = variadic(looker)
    assert len(commands) > 150, len(commands)
    kinds = scale(("keys",), ("alike", "different", "keys"))
    largest = set(source.sample([command.name for command in commands], 12)) if scale.name == "quick" else None
    trials, worst, of, start = 0, 0.0, "", time.monotonic()
    for command in commands:
        fill(looker)
        tried = counts(scale, source)
        if largest is None or command.name in largest:
            tried += [MOST - 1, MOST]
        for count in tried:
            for kind in kinds if count <= 65537 or scale.name == "soak" else ("keys",):
                proportion = try_one(server, looker, command, count, kind)
                trials += 1
                if count > MOST / 2 and proportion > worst:
                    worst, of = proportion, command.name
        if looker.do("PING") != "PONG":  # it was CLIENT KILL, or took the rights of all
            looker = server.client()
        looker.do("CONFIG", "RESETSTAT")
    assert soon(lambda: server.client().do("PING") == "PONG")
    return "%d commands, %d calls in %.0f s; at most %.1f bytes of memory for one that is sent (%s; bound %d)" % (
        len(commands), trials, time.monotonic() - start, worst, of, PROPORTION)
