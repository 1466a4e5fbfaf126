"""Who asks, or listens, and does not read (A2, A5)."""

import random

from client import soon
from measures import Memory, others_wait

KB, MB = 1 << 10, 1 << 20
WITHIN = 0.05
COMMANDS = 1000000


def unsent(looker, client_id):
    """What waits in the server for a client, and the memory that this takes; None when the client is gone."""
    fields = listed(looker, client_id)
    return (int(fields["obl"]), int(fields["omem"])) if fields else None


def listed(looker, client_id):
    return dict(part.split("=", 1) for part in looker.do("CLIENT", "LIST", "ID", client_id).split())


def stalled_subscriber(server, looker):
    victim = server.client(receive_buffer=4096)
    client_id = victim.do("CLIENT", "ID")
    assert victim.do("SUBSCRIBE", "channel")[0] == "subscribe"
    return victim, client_id, lambda size: looker.do("PUBLISH", "channel", b"m" * size)


def stalled_reader(server, looker):
    victim = server.client(receive_buffer=4096)
    client_id = victim.do("CLIENT", "ID")
    ran = int(listed(looker, client_id)["tot-cmds"])

    def add(size):
        nonlocal ran
        assert looker.do("SET", "value", b"v" * size) == "OK"
        victim.send("GET", "value")
        ran += 1
        assert soon(lambda: int(listed(looker, client_id).get("tot-cmds", ran)) >= ran)

    return victim, client_id, add


def stalled_monitor(server, looker):
    victim = server.client(receive_buffer=4096)
    client_id = victim.do("CLIENT", "ID")
    assert victim.do("MONITOR") == "OK"
    return victim, client_id, lambda size: looker.do("ECHO", b"m" * size)


KINDS = (("pubsub", stalled_subscriber), ("normal", stalled_reader), ("normal", stalled_monitor))


def trial(server, looker, kind, limit):
    """Adds a hundredth of the limit at a time; returns the most bytes seen to wait, the most memory, and a step."""
    client_class, begin = kind
    other = "normal 0 0 0" if client_class == "pubsub" else "pubsub 0 0 0"
    setting = "%s %d 0 0 %s" % (client_class, limit, other)
    assert looker.do("CONFIG", "SET", "client-output-buffer-limit", setting) == "OK"
    before = looker.info("client_output_buffer_limit_disconnections")
    victim, client_id, add = begin(server, looker)
    last, memory, step = 0, 0, limit // 100
    for _ in range(2000):  # the kernel's buffers take some megabytes first, in larger steps
        add(limit // 2 if last == 0 else step)
        seen = unsent(looker, client_id)
        if seen is None:
            break
        last, memory = seen[0], max(memory, seen[1])
        assert last <= limit * (1 + WITHIN), (client_class, limit, last)
    assert soon(lambda: unsent(looker, client_id) is None), (client_class, limit, last)
    assert looker.info("client_output_buffer_limit_disconnections") == before + 1
    victim.reset()
    return last, memory, step


def check_a2_stalled_clients_are_dropped_at_their_limit(server, scale):
    """Subscribers, readers and monitors. A stalled replica is the third class: it comes with replication."""
    looker = server.client()
    trials, source, worst, most = scale(30, 500, 5000), random.Random(1), 0.0, 0.0
    for at in range(trials):
        limit = source.randrange(256 * KB, 4 * MB)
        last, memory, step = trial(server, looker, KINDS[at % len(KINDS)], limit)
        # It lived with `last`, and died of the step that came then.
        off = max(0.0, 1 - (last + step) / limit, last / limit - 1)
        assert off <= WITHIN, (KINDS[at % len(KINDS)], limit, last)
        worst, most = max(worst, off), max(most, memory / limit)
    return "%d trials of 3 kinds, dropped at the limit within %.2f %% (bound 5); buffers of up to %.2f times the limit" % (
        trials, 100 * worst, most)


def numbers(count):
    return b"".join(b":%d\r\n" % at for at in range(1, count + 1))


def check_a5_a_pipeline_that_is_not_read(server, scale):
    """Without a limit all of it is run and answered; with one it is cut. In turn, and others go on."""
    looker = server.client()
    memory = Memory(server, looker)
    runs, expected = scale(4, 100, 1000), numbers(COMMANDS)
    requests = looker.encoded("INCR", "number") * COMMANDS
    answered, cut = [], []

    def complete():
        client = server.client()
        looker.do("DEL", "number")
        client.raw(requests)
        received = bytearray()
        while len(received) < len(expected):
            data = client.socket.recv(1 << 20)
            assert data, len(received)
            received += data
        memory.sample()
        assert received == expected
        client.close()
        answered.append(COMMANDS)

    def cut_off():
        client = server.client(receive_buffer=4096)
        looker.do("DEL", "number")
        client.raw(requests)
        assert client.ended()
        memory.sample()
        ran = int(looker.do("GET", "number"))
        assert 1000 <= ran < COMMANDS, ran
        client.close()
        cut.append(ran)

    def attack():
        for at in range(runs):
            limit = 0 if at % 2 == 0 else 64 * KB
            looker.do("CONFIG", "SET", "client-output-buffer-limit", "normal %d 0 0" % limit)
            complete() if limit == 0 else cut_off()

    _, p99 = others_wait(server, attack)
    return "%d complete, %d cut at the limit; others' p99 %.1f ms; at most %d MB more, memory back to %s" % (
        len(answered), len(cut), p99, memory.most // MB, memory.is_back())
