"""What passes through: large values, pipelines, pieces of records, sockets that are full, connections that break."""

import random
import select
import socket
import ssl
import struct
import threading
import time

from peer import DEADLINE, Dawdler, eventually, expect


def check_large_values_both_ways(bench):
    server = bench.server("--proto-max-bulk-len", "512mb")
    size = (8 if bench.quick else 64) << 20
    value = random.Random(1).randbytes(1 << 20) * (size >> 20)
    client = server.tls()
    expect(client.do("SET", "big", value), "OK")
    expect(client.do("GET", "big") == value.decode("latin1"), True, "over TLS")
    expect(server.do("GET", "big") == value.decode("latin1"), True, "over the plain port")
    expect(server.do("SET", "big", value[::-1]), "OK")
    expect(client.do("GET", "big") == value[::-1].decode("latin1"), True, "what was set over the plain port")
    client.raw(client.encoded("GET", "big") * 3 + client.encoded("PING"))
    for _ in range(3):
        expect(len(client.read()), size)
    expect(client.read(), "PONG")


def converse(tls, data, size):
    """Sends the data and reads so many bytes, both as far as it goes. In one thread: Python's TLS sockets bear no two."""
    tls.setblocking(False)
    sent, got = 0, bytearray()
    while len(got) < size:
        waits = True
        try:
            if sent < len(data):
                sent += tls.send(data[sent:sent + 65536])
                waits = False
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        try:
            part = tls.recv(65536)
            if not part:
                raise AssertionError("closed after %d of %d bytes" % (len(got), size))
            got += part
            waits = False
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        if waits and not any(select.select([tls], [tls] if sent < len(data) else [], [], DEADLINE)):
            raise AssertionError("nothing comes after %d of %d bytes" % (len(got), size))
    return bytes(got)


def check_pipelines(bench):
    server = bench.server()
    client = server.tls()
    for count, width in ((16, 3), (1000, 100), (20000, 40), (300, 9000)):
        text = b"x" * width
        words = [b"%d:%s" % (number, text) for number in range(count)]
        replies = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
        got = converse(client.socket, b"".join(client.encoded("ECHO", word) for word in words), len(replies))
        expect(got == replies, True, "%d of %d bytes" % (count, width))


def check_bytes_that_tls_has_read_ahead(bench):
    """Many small records in one piece, more than the worker reads at once: the socket is empty, and commands are left."""
    server = bench.server("--io-threads", "1")
    dawdler = Dawdler(server, server.context())
    dawdler.shake_hands(piece=1 << 16)
    for count in (1, 2, 500, 4000):
        data = b"".join(dawdler.encrypted(b"*2\r\n$4\r\nECHO\r\n$40\r\n" + b"%040d" % number + b"\r\n")
                        for number in range(count))
        sender = threading.Thread(target=dawdler.socket.sendall, args=(data,))
        sender.start()
        wanted = b"".join(b"$40\r\n%040d\r\n" % number for number in range(count))
        got = b""
        while len(got) < len(wanted):
            dawdler.receive()
            while dawdler.incoming.pending:
                try:
                    got += dawdler.tls.read(1 << 16)
                except Exception:  # the record is not complete
                    break
        sender.join()
        expect(got == wanted, True, "%d records" % count)
    dawdler.close()


def check_a_blocked_client_with_bytes_behind(bench):
    """What came behind a command that waits is read when it is over, though the socket has nothing more to say."""
    server = bench.server("--io-threads", "1")
    client = server.tls()
    tail = b"".join(client.encoded("ECHO", "%d" % number) + client.encoded("SET", "k", "x" * 15000)
                    for number in range(20))
    client.raw(client.encoded("BLPOP", "list", "0") + tail)
    time.sleep(0.2)
    expect(server.do("RPUSH", "list", "v"), 1)
    expect(client.read(), ["list", "v"])
    for number in range(20):
        expect([client.read(), client.read()], ["%d" % number, "OK"])


def check_commands_cut_anywhere(bench):
    server = bench.server()
    dawdler = Dawdler(server, server.context())
    dawdler.shake_hands(piece=3)
    wanted, got = b"+PONG\r\n$5\r\nhello\r\n", b""
    for byte in b"PING\r\n*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n":
        for part in dawdler.encrypted(bytes([byte])):
            dawdler.socket.sendall(bytes([part]))
    while len(got) < len(wanted):
        dawdler.receive()
        try:
            while True:
                got += dawdler.tls.read()
        except Exception:  # nothing more now
            pass
    expect(got, wanted)
    dawdler.close()


def check_a_reader_that_stalls(bench):
    """Replies that a socket does not take wait, and leave in their order; others are served meanwhile."""
    server = bench.server("--io-threads", "1", "--client-output-buffer-limit", "normal 0 0 0")
    count, size = (60, 1 << 20) if not bench.quick else (20, 1 << 20)
    server.do("SET", "big", "y" * size)
    slow = server.tls()
    slow.raw(b"".join(slow.encoded("ECHO", number) + slow.encoded("GET", "big") for number in range(count)))
    waits = []
    for _ in range(50):
        began = time.monotonic()
        expect(server.do("PING"), "PONG")
        waits.append(time.monotonic() - began)
    assert sorted(waits)[45] < 0.5, "others wait %.2f s" % sorted(waits)[45]
    for number in range(count):
        expect(slow.read(), str(number))
        expect(len(slow.read()), size)


def check_messages_between_replies(bench):
    server = bench.server()
    listener = server.tls()
    expect(listener.do("SUBSCRIBE", "news"), ["subscribe", "news", 1])
    speaker = server.tls()
    for number in range(200):
        expect(speaker.do("PUBLISH", "news", "%d:" % number + "z" * 5000), 1)
    for number in range(200):
        expect(listener.read(), ["message", "news", "%d:" % number + "z" * 5000])


def reset(raw):
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.close()


def check_connections_that_break_off(bench):
    """In a write, in a read, in a handshake: the server goes on, and nothing of them is left."""
    server = bench.server()
    server.do("SET", "big", "y" * (4 << 20))
    for turn in range(10 if bench.quick else 40):
        client = server.tls(SO_RCVBUF=4096)
        if turn % 2:
            client.raw(client.encoded("GET", "big") * 4)
            client.socket.recv(100)
        else:
            client.raw(b"*2\r\n$4\r\nECHO\r\n$100000\r\n" + b"x" * 30000)
        client.file.close()  # it would keep the socket open
        reset(client.socket)
        half = Dawdler(server, server.context())
        half.socket.sendall(half.step()[0])
        if turn % 3:
            half.receive()
        reset(half.socket)
    expect(server.tls().do("PING"), "PONG")
    eventually(lambda: server.info("connected_clients") == "1", "they are all gone")


def check_quit_and_kill_say_goodbye(bench):
    server = bench.server()
    client = server.tls()
    expect(client.do("QUIT"), "OK")
    expect(client.socket.recv(10), b"", "an end that TLS knows of")
    victim = server.tls()
    number = victim.do("CLIENT", "ID")
    expect(server.do("CLIENT", "KILL", "ID", number), 1)
    expect(victim.socket.recv(10), b"")


check_quit_and_kill_say_goodbye.ours_alone = True  # Valkey just closes the socket


def check_idle_connections_are_small(bench):
    server = bench.server("--tls-session-caching", "no")
    count = 100 if bench.quick else 300
    clients = [server.tls() for _ in range(20)]
    expect([client.do("PING") for client in clients], ["PONG"] * 20)
    before = server.resident_bytes()
    more = [server.tls() for _ in range(count)]
    expect([client.do("PING") for client in more], ["PONG"] * count)
    each = (server.resident_bytes() - before) // count
    assert each < 40 * 1024, "%d bytes each" % each
    print("      an idle TLS connection takes %d bytes" % each)


check_idle_connections_are_small.ours_alone = True
check_idle_connections_are_small.needs_own_memory = True  # a sanitizer's is not the server's
