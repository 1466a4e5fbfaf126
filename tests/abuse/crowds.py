"""Many connections that want nothing: they do not read, are too many or slow, or end as they begin (A1, A3, A4, A9)."""

import socket
import time

from client import soon
from measures import Helper, Memory, others_wait, sanitized

FULL = b"-ERR max number of clients reached\r\n"


def connect(server, receive_buffer=None):
    one = socket.socket()
    if receive_buffer:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    one.settimeout(60)
    one.connect(("127.0.0.1", server.port))
    return one


def push(one, data):
    """Sends what goes at once. False when the connection has ended."""
    try:
        one.send(data, socket.MSG_DONTWAIT)
        return True
    except BlockingIOError:
        return True
    except OSError:
        return False


def check_a1_unauthenticated_clients_that_never_read(server, scale):
    """Each fourth leaves the longest argument that it may have unfinished; the others send commands that are refused.

    Of those some go on until they are dropped: as the kernel takes megabytes of each first, and has a limit for the
    sockets of the whole machine, not all."""
    count, seconds = scale(200, 1000), scale(2, 600, 3600)
    looker = server.client()
    memory = Memory(server, looker)
    assert looker.do("CONFIG", "SET", "requirepass", "secret") == "OK"
    refused = looker.encoded("GET", "key") * 4000  # the kernel takes some megabytes of a connection first
    half = b"*2\r\n$4\r\nAUTH\r\n$16384\r\n" + b"x" * 16383
    crowd = [connect(server, 4096) for _ in range(count)]
    floods = [at for at in range(count) if at % 4 != 0][:scale(20, 60)]
    for at, one in enumerate(crowd):
        one.sendall(half) if at % 4 == 0 else push(one, refused)
    dropped, end = 0, time.monotonic() + seconds
    while time.monotonic() < end or dropped < len(floods):
        for at in floods:
            if not push(crowd[at], refused):
                crowd[at].close()
                crowd[at] = connect(server, 4096)
                dropped += 1
        memory.sample()
        assert time.monotonic() < end + 120, dropped
        time.sleep(scale(0, 0.1))  # who waits ten minutes leaves the machine to others
    each = memory.each(count, 64)
    assert looker.do("PING") == "PONG"
    for one in crowd:
        one.close()
    return "%d connections, %.1f KB each (bound 64), %d dropped, memory back to %s" % (
        count, each, dropped, memory.is_back())


def refusals(server, attempts, exact):
    for _ in range(attempts):
        one, got = connect(server), b""
        while data := one.recv(1000):
            got += data
        one.close()
        exact[got] = exact.get(got, 0) + 1


def check_a3_flood_beyond_maxclients(server, scale):
    """The witness is among the admitted."""
    limit, attempts = scale(1000, 10000), scale(5000, 50000, 500000)
    looker = server.client()
    memory = Memory(server, looker)
    assert looker.do("CONFIG", "SET", "maxclients", limit) == "OK"

    def attack():
        crowd = []
        while looker.info("connected_clients") < limit:
            crowd += [connect(server) for _ in range(limit - looker.info("connected_clients"))]
            assert soon(lambda: looker.info("connected_clients") >= len(crowd))
        before, exact = looker.info("rejected_connections"), {}
        refusals(server, attempts, exact)
        assert exact == {FULL: attempts}, {text: exact[text] for text in list(exact)[:5]}
        assert looker.info("rejected_connections") == before + attempts
        for one in crowd[::10]:
            one.sendall(b"PING\r\n")
        assert all(one.recv(100) == b"+PONG\r\n" for one in crowd[::10])
        memory.sample()
        for one in crowd:
            one.close()
        return len(crowd)

    admitted, p99 = others_wait(server, attack)
    return "%d attempts beside %d clients, all refused exactly; others' p99 %.1f ms; memory back to %s" % (
        attempts, admitted, p99, memory.is_back())


def check_a4_slow_senders_of_what_is_announced_large(server, scale):
    """A byte at a time: of the header, then of an argument of 512 MB."""
    count, rounds = scale(1500, 9000), scale(40, 120, 1200)
    looker = server.client()
    memory = Memory(server, looker)
    text = b"*2\r\n$4\r\nECHO\r\n$536870912\r\n" + b"x" * rounds

    def attack():
        crowd = [connect(server) for _ in range(count)]
        for at in range(rounds):
            started = time.monotonic()
            for one in crowd:
                one.send(text[at:at + 1])
            memory.sample()
            if scale.name != "quick":
                time.sleep(max(0.0, 1 - (time.monotonic() - started)))
        assert looker.info("connected_clients") >= count
        memory.sample()
        for one in crowd:
            one.close()

    _, p99 = others_wait(server, attack)
    each = memory.each(count, 32)
    return "%d connections, %d bytes each, %.1f KB each (bound 32); others' p99 %.1f ms; memory back to %s" % (
        count, rounds, each, p99, memory.is_back())


def check_a9_resets_before_accept(server, scale):
    """Two that do nothing else; what they can offer is the machine's."""
    seconds = scale(2, 60, 600)
    looker = server.client()
    memory = Memory(server, looker)
    descriptors = server.descriptors()

    def attack():
        helpers = [Helper("resetter.py", server.port) for _ in range(2)]
        try:
            time.sleep(seconds)
            memory.sample()
            reports = [helper.finish() for helper in helpers]
        finally:
            for helper in helpers:
                helper.kill()
        return sum(report["resets"] for report in reports)

    resets, p99 = others_wait(server, attack)
    assert resets > 1000 * seconds or sanitized(server), resets
    assert soon(lambda: looker.info("connected_clients") == 1)
    assert soon(lambda: server.descriptors() <= descriptors)
    return "%d resets, %d a second; others' p99 %.1f ms; memory back to %s" % (
        resets, resets // seconds, p99, memory.is_back())
