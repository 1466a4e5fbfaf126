"""Runs cases on both servers and says where they differ."""

import time
from typing import NamedTuple

import policy
import vocabulary
from session import MARK, NOW, Reader, ServerEnded, encoded, exchange

ECHO = encoded(b"ECHO", MARK)
TEMPLATES, HERE = encoded(b"SELECT", b"9"), encoded(b"SELECT", b"0")
# Groups whose calls change the connection or all databases: everything is made anew for each.
STATEFUL = {"connection", "server", "transactions", "pubsub", "cluster"}
STATEFUL_COMMANDS = {"swapdb", "move", "copy", "flushall", "flushdb", "select", "scan"}
READERS = ([b"TYPE", b"@"], [b"OBJECT", b"ENCODING", b"@"], [b"PEXPIRETIME", b"@"], [b"GET", b"@"],
           [b"LRANGE", b"@", b"0", b"-1"], [b"ZRANGE", b"@", b"0", b"-1", b"WITHSCORES"],
           [b"HPEXPIRETIME", b"@", b"FIELDS", b"3", b"f1", b"f2", b"a"],
           [b"XINFO", b"STREAM", b"@", b"FULL", b"COUNT", b"0"], [b"SMEMBERS", b"@"], [b"HGETALL", b"@"])
UNORDERED_FROM = 8  # the last readers answer in the order of a hash table


class Difference(NamedTuple):
    case: object
    where: str
    ours: bytes
    reference: bytes


def building(commands, key):
    return b"".join(encoded(*(key if word == b"@" else word for word in words)) for words in commands)


def canonical(value, how, depth=0):
    kind, content = value
    if kind == b"-" or how == "exact":
        return value
    if how == "kind":
        return (kind,)
    if how == "shape":
        if isinstance(content, list) and depth < 2:
            return (kind, [canonical(inner, how, depth + 1) if kind != b"%" else 0 for inner in content])
        return (kind, content is None)
    if isinstance(content, list):
        inner = [tuple(canonical(part, how, depth + 1) for part in one) if kind == b"%" else
                 canonical(one, how, depth + 1) for one in content]
        if how == "number":
            return (kind, inner)
        return (kind, sorted(map(repr, inner)))
    if how == "number" and kind == b":":
        number = int(content) if content.lstrip(b"-").isdigit() else 0
        return (kind, number if -3 < number < 3 else round(number / 100000))
    return value


def paired(value):
    """HGETALL's flat reply as pairs."""
    kind, content = value
    return (b"%", list(zip(content[::2], content[1::2]))) if kind == b"*" and isinstance(content, list) else value


class Judge:
    def __init__(self, ours, reference, protocol=2, alter=None):
        self.servers, self.protocol, self.alter = [ours, reference], protocol, alter
        self.compared = 0

    def stateful(self, case, group):
        return group in STATEFUL or case.command in STATEFUL_COMMANDS

    def enter(self):
        return encoded(b"RESET") + (encoded(b"HELLO", b"3") if self.protocol == 3 else b"")

    def prelude(self):
        request = [self.enter(), encoded(b"FLUSHALL"), TEMPLATES]
        for kind, commands in vocabulary.KINDS.items():
            request.append(building(commands, kind.encode()))
        return b"".join(request) + HERE + ECHO

    def before(self, case, stateful):
        if stateful:
            made = b"".join(building(vocabulary.KINDS[kind], key) for key, kind in case.kinds)
            return self.enter() + encoded(b"FLUSHALL") + made + ECHO
        copies = b"".join(encoded(b"COPY", kind.encode(), key, b"DB", b"0") for key, kind in case.kinds
                          if kind != "missing")
        return encoded(b"FLUSHDB") + (TEMPLATES + copies + HERE if copies else b"") + ECHO

    def call(self, case, blocking, stateful):
        words = encoded(*case.words)
        if blocking:
            words = encoded(b"MULTI") + words + encoded(b"EXEC")
        return words + (encoded(b"DISCARD") if stateful else b"") + ECHO

    def after(self, case, stateful):
        reads = b"".join(building(READERS, key) for key in case.reads)
        return (self.enter() if stateful else b"") + encoded(b"DBSIZE") + reads + ECHO

    def prepared(self, case, row):
        stateful = self.stateful(case, row["group"])
        return (self.before(case, stateful), self.call(case, "blocking" in row["flags"], stateful),
                self.after(case, stateful))

    def run(self, cases, row):
        """The differences among these cases of one command."""
        out = []
        for start in range(0, len(cases), 200):
            batch = cases[start:start + 200]
            request = self.prelude() + b"".join(b"".join(self.prepared(case, row)) for case in batch)
            try:
                ours, reference = exchange(self.servers, [request] * 2, 1 + 3 * len(batch))
            except ServerEnded:
                self.recover()
                suspects = batch
            else:
                suspects = self.suspects(batch, ours, reference)
            for case in suspects:
                out += self.alone(case, row)
        self.compared += len(cases)
        return out

    def suspects(self, batch, ours, reference):
        if self.alter:
            ours = self.alter(ours)
        found = []
        for index, case in enumerate(batch):
            at = 2 + 3 * index
            if ours[at:at + 2] != reference[at:at + 2] and self.differ(case, ours[at:at + 2], reference[at:at + 2]):
                found.append(case)
        return found

    def alone(self, case, row):
        """A case by itself, with time for what expires at once; what does not differ again was the clock's."""
        before, call, after = self.prepared(case, row)
        found = None
        # Idle times of one millisecond or none hang on the moment, so they may take many tries.
        for _ in range(12 if policy.comparison_of(case.command) == "number" else 2):
            try:
                exchange(self.servers, [self.prelude()] * 2, 1)
                exchange(self.servers, [before] * 2, 1)
                first = exchange(self.servers, [call] * 2, 1, 15)
                time.sleep(0.005)
                second = exchange(self.servers, [after] * 2, 1)
            except ServerEnded as ended:
                index, what = ended.args
                crashed = self.recover()
                if self.alter is None:
                    return [Difference(case, "our server" if index == 0 else "the reference",
                                       (what + " " + crashed).encode(), b"")]
                continue
            ours, reference = [[first[side][0], second[side][0]] for side in (0, 1)]
            if self.alter:
                ours = self.alter(ours)
            found = self.differ(case, ours, reference)
            if not found:
                return []
        return [found] if found else []

    def recover(self):
        crashed = [server.reconnect() for server in self.servers]
        return "and our process is gone" if crashed[0] else ""

    def differ(self, case, ours, reference):
        """The first difference between the two answers, (call, contents)."""
        how = policy.comparison_of(case.command)
        if NOW.sub(b"NOW", ours[0]) != NOW.sub(b"NOW", reference[0]):
            values = [[canonical(value, how) for value in self.parsed(part, case)] for part in (ours[0], reference[0])]
            if values[0] != values[1]:
                return Difference(case, "reply", ours[0], reference[0])
        if NOW.sub(b"NOW", ours[1]) == NOW.sub(b"NOW", reference[1]):
            return None
        return self.contents(case, ours[1], reference[1])

    def parsed(self, part, case):
        values = Reader(part).all()
        return [paired(value) for value in values] if case.command == "hgetall" else values

    def contents(self, case, ours, reference):
        values = Reader(ours).all(), Reader(reference).all()
        if len(values[0]) != len(values[1]):
            return Difference(case, "count of replies", b"%d" % len(values[0]), b"%d" % len(values[1]))
        offset = len(values[0]) - len(case.reads) * len(READERS)
        for index, (mine, other) in enumerate(zip(*values)):
            reader = (index - offset) % len(READERS) if index >= offset else -1
            how = "number" if reader in (2, 6) else "exact"
            if reader >= UNORDERED_FROM:
                how, mine, other = "unordered", *[paired(v) if reader == 9 else v for v in (mine, other)]
            if case.command in policy.RANDOM_EFFECT and mine[0] != b"-":
                how = "shape" if isinstance(mine[1], list) else how
            if index >= offset - 1 and canonical(mine, how) != canonical(other, how):
                name = "DBSIZE" if reader < 0 else b" ".join(READERS[reader]).decode()
                key = case.reads[(index - offset) // len(READERS)] if reader >= 0 else b""
                return Difference(case, "%s of %r" % (name, key), repr(mine).encode(), repr(other).encode())
        return None
