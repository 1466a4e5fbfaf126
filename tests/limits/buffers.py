"""Output buffers: their limits, with readers that stall; MONITOR's lines; replies that are not wanted."""

import select
import time

from client import soon
from eviction import MB, ours_alone


def limited(server, hard=0, soft=0, seconds=0):
    looker = server.client()
    value = "normal %d %d %d" % (hard, soft, seconds)
    assert looker.do("CONFIG", "SET", "client-output-buffer-limit", value) == "OK"
    return looker


def check_hard_limit_in_the_midst_of_a_batch(server):
    looker = limited(server, hard=4 * MB)
    reader = server.client(receive_buffer=4096)
    assert looker.do("SETRANGE", "key", MB - 1, "v") == MB
    before = server.resident_bytes()
    reader.raw(reader.encoded("GET", "key") * 2000 + reader.encoded("SET", "ran", "to its end"))
    assert reader.ended()
    assert looker.info("client_output_buffer_limit_disconnections") == 1
    assert looker.do("GET", "ran") is None
    assert server.resident_bytes() < before + 64 * MB


@ours_alone
def check_nobody_waits_for_a_large_reply(server):
    """Of 500,000 fields, while another client asks, and a third adds a field: which comes before or waits."""
    reader, asker, writer = server.client(), server.client(), server.client()
    for start in range(0, 500000, 1000):
        fields = [word for i in range(start, start + 1000) for word in ("field:%d" % i, "value:%d" % i)]
        assert writer.do("HSET", "hash", *fields) == 1000
    reader.raw(reader.encoded("HGETALL", "hash"))
    writer.raw(writer.encoded("HSET", "hash", "late", "1"))
    answered = 0
    while not select.select([reader.socket], [], [], 0)[0]:
        assert asker.do("GET", "other") is None
        answered += 1
    assert answered >= 20, answered
    late = "$4\r\nlate\r\n$1\r\n1\r\n"
    size = len("*1000000\r\n") + sum(len("$n\r\nfield:\r\n$n\r\nvalue:\r\n") + 2 * len(str(i)) for i in range(500000))
    size += 2 * (500000 - 1000)  # lengths of two digits
    received = bytearray()
    while len(received) < size + (len(late) if received.startswith(b"*1000002") else 0):
        received += reader.socket.recv(1 << 20)
    assert received.startswith(b"*1000002\r\n") == (late.encode() in received), received[:20]
    assert writer.read() == 1


@ours_alone
def check_an_unfinished_reply_counts_against_the_limit(server):
    looker = limited(server, hard=2 * MB)
    for start in range(0, 500000, 1000):
        fields = [word for i in range(start, start + 1000) for word in ("field:%d" % i, "value:%d" % i)]
        assert looker.do("HSET", "hash", *fields) == 1000
    before = server.peak_resident_bytes()
    reader = server.client()
    reader.raw(reader.encoded("HGETALL", "hash"))
    assert reader.ended()
    assert looker.info("client_output_buffer_limit_disconnections") == 1
    assert server.peak_resident_bytes() < before + 10 * MB


@ours_alone
def check_memory_of_a_stalled_reader_is_bounded_by_the_limit(server):
    looker = limited(server, hard=8 * MB)
    assert looker.do("SETRANGE", "key", 100000 - 1, "v") == 100000
    before = server.resident_bytes()
    reader = server.client(receive_buffer=4096)
    sent = 0
    while sent < 20000:
        reader.raw(reader.encoded("GET", "key") * 50)
        sent += 50
        if looker.info("client_output_buffer_limit_disconnections") == 1:
            break
    assert soon(lambda: looker.info("client_output_buffer_limit_disconnections") == 1)
    assert server.resident_bytes() < before + 64 * MB


def check_nobody_is_closed_who_waits_for_locks(server):
    """A command that waits, runs on and waits again in one turn of its thread, with more to read meanwhile."""
    looker = limited(server)
    assert looker.do("SETRANGE", "key", 100000 - 1, "v") == 100000
    readers = [server.client() for _ in range(4)]
    for _ in range(150):
        for reader in readers:
            for _ in range(5):
                reader.raw(reader.encoded("GET", "key") * 10)
                looker.info("connected_clients")
        for reader in readers:
            for _ in range(50):
                assert len(reader.read()) == 100000


def check_soft_limit_needs_its_time(server):
    looker = limited(server, soft=MB, seconds=2)
    assert looker.do("SETRANGE", "key", 16 * MB - 1, "v") == 16 * MB
    reader = server.client(receive_buffer=4096)
    reader_id = reader.do("CLIENT", "ID")
    start = time.monotonic()
    reader.send("GET", "key")
    time.sleep(1.2)
    assert looker.listed(reader_id) is not None
    assert soon(lambda: looker.listed(reader_id) is None)
    assert 2.0 < time.monotonic() - start < 6.0
    assert looker.info("client_output_buffer_limit_disconnections") == 1


@ours_alone
def check_soft_limit_forgives_who_reads(server):
    looker = limited(server, soft=MB, seconds=2)
    assert looker.do("SETRANGE", "key", 8 * MB - 1, "v") == 8 * MB
    reader = server.client(receive_buffer=4096)
    for _ in range(3):
        reader.send("GET", "key")
        time.sleep(1)
        assert len(reader.read()) == 8 * MB
    assert reader.do("PING") == "PONG"


def check_no_limit_by_default(server):
    looker = server.client()
    assert looker.do("SETRANGE", "key", MB - 1, "v") == MB
    reader = server.client(receive_buffer=4096)
    reader.raw(reader.encoded("GET", "key") * 40)
    reader_id = None
    time.sleep(0.5)
    for _ in range(40):
        assert len(reader.read()) == MB
    assert reader.do("PING") == "PONG", reader_id


def check_a_stalled_monitor_is_closed_at_the_hard_limit(server):
    looker = limited(server, hard=2 * MB)
    monitor, writer = server.client(receive_buffer=4096), server.client()
    monitor_id = monitor.do("CLIENT", "ID")
    assert monitor.do("MONITOR") == "OK"
    before = server.resident_bytes()
    for _ in range(300):
        writer.raw(writer.encoded("SET", "key", "v" * 1000) * 200)
        assert [writer.read() for _ in range(200)] == ["OK"] * 200
        if looker.listed(monitor_id) is None:
            break
    assert looker.listed(monitor_id) is None
    assert looker.info("client_output_buffer_limit_disconnections") == 1
    assert server.resident_bytes() < before + 64 * MB


@ours_alone
def check_a_monitor_whose_thread_is_busy_is_cut_off(server):
    """Its thread computes a long BITOP; what another thread sends it meanwhile must not pile up."""
    monitor, writer, worker, looker = (server.client() for _ in range(4))  # the first and the third share a thread
    value = "normal %d 0 0" % (2 * MB)
    assert looker.do("CONFIG", "SET", "client-output-buffer-limit", value) == "OK"
    size = 4 * MB
    assert worker.do("SETRANGE", "{x}source", size - 1, "v") == size
    long_command = worker.encoded("BITOP", "AND", "{x}result", *["{x}source"] * 3000)
    monitor_id = monitor.do("CLIENT", "ID")
    assert monitor.do("MONITOR") == "OK"
    before = server.resident_bytes()
    worker.raw(long_command)
    time.sleep(0.02)
    most = sent = 0
    batch = writer.encoded("ECHO", "v" * 20000) * 50
    while sent < 200 * MB and not select.select([worker.socket], [], [], 0)[0]:
        writer.raw(batch)
        assert len([writer.read() for _ in range(50)]) == 50
        sent += len(batch)
        most = max(most, server.resident_bytes())
    assert worker.read() == size
    assert sent > 40 * MB, sent / MB
    assert soon(lambda: looker.listed(monitor_id) is None)
    # The limit, the result, and some for the allocators; without the limit it would be all that was sent.
    assert most < before + 2 * MB + size + 24 * MB, ((most - before) / MB, sent / MB)
    assert looker.info("client_output_buffer_limit_disconnections") == 1


check_a_monitor_whose_thread_is_busy_is_cut_off.least_threads = 2


def check_monitors_see_what_comes_in_order(server):
    monitors = [server.client() for _ in range(3)]
    writer = server.client()
    for monitor in monitors:
        assert monitor.do("MONITOR") == "OK"
    for at in range(300):
        writer.send("SET", "key", at)
    for monitor in monitors:
        lines = [monitor.read() for _ in range(300)]
        assert [line.split('"')[-2] for line in lines] == [str(at) for at in range(300)]


def check_quit_without_reply(server):
    """The end of the connection follows a reply; where there is none to be sent, the client has to close."""
    looker = server.client()
    for text, expected in ((b"QUIT\r\n", b"+OK\r\n<end>"),
                           (b"QUIT 1 2\r\nPING\r\n", b"+OK\r\n<end>"),
                           (b"CLIENT REPLY OFF\r\nQUIT\r\nPING\r\n", b""),
                           (b"CLIENT REPLY SKIP\r\nQUIT\r\nPING\r\n", b""),
                           (b"CLIENT REPLY SKIP\r\nPING\r\nQUIT\r\nPING\r\n", b"+OK\r\n<end>"),
                           (b"PING\r\nCLIENT REPLY OFF\r\nPING\r\nQUIT\r\nPING\r\n", b"+PONG\r\n<end>"),
                           (b"PING\r\nCLIENT REPLY SKIP\r\nQUIT\r\nPING\r\n", b"+PONG\r\n<end>"),
                           (b"CLIENT REPLY OFF\r\nFOO\r\n*1\r\n$a\r\n", b""),
                           (b"CLIENT REPLY SKIP\r\n*1\r\n$a\r\n", b""),
                           (b"PING\r\nCLIENT REPLY OFF\r\n\"PING\r\n", b"+PONG\r\n<end>"),
                           (b"CLIENT REPLY SKIP\r\nCLIENT KILL SKIPME no ID %d\r\nPING\r\n", b""),
                           (b"CLIENT REPLY SKIP\r\nRESET\r\nPING\r\n", b"+PONG\r\n"),
                           (b"CLIENT REPLY OFF\r\nRESET\r\nPING\r\n", b"+RESET\r\n+PONG\r\n"),
                           (b"CLIENT REPLY SKIP\r\n\r\nPING\r\n", b"+PONG\r\n"),
                           (b"CLIENT REPLY SKIP\r\n*0\r\nPING\r\n", b"+PONG\r\n"),
                           (b"PING\r\nCLIENT REPLY SKIP\r\n\r\nPING\r\n", b"+PONG\r\n+PONG\r\n")):
        client = server.client()
        client_id = client.do("CLIENT", "ID")
        client.raw(text % client_id if b"%d" in text else text)
        got = client.rest(0.2)
        assert got == expected, (text, got, expected)
        client.raw(b"PING\r\n" * 1000)
        client.close()
        assert soon(lambda: looker.listed(client_id) is None), text
