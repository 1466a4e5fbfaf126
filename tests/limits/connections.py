"""Limits on what a connection may be and say: their number, their requests, their times, their files."""

import os
import socket
import stat

from client import CLOSED, Client, Server, soon, timed
from eviction import MB, ours_alone


def check_maxclients(server):
    first = server.client()
    assert first.do("CONFIG", "SET", "maxclients", 10) == "OK"
    assert soon(lambda: first.info("connected_clients") == 1)
    clients = [server.client() for _ in range(9)]
    assert all(client.do("PING") == "PONG" for client in clients)
    for _ in range(3):
        assert server.client().rest(1) == b"-ERR max number of clients reached\r\n<end>"
    assert first.info("rejected_connections") == 3
    assert first.info("connected_clients") == 10
    for client in clients[:4]:
        client.close()
    assert soon(lambda: first.info("connected_clients") == 6)
    again = [server.client() for _ in range(4)]
    assert all(client.do("PING") == "PONG" for client in again)
    assert server.client().read() == "-ERR max number of clients reached"


def check_inline_request_of_64_kb(server):
    client = server.client()
    client.raw(b"ECHO " + b"x" * (64 * 1024 - 5 - 2) + b"\r\n")
    assert len(client.read()) == 64 * 1024 - 7
    client.raw(b"ECHO " + b"x" * (128 * 1024))
    assert client.read() == "-ERR Protocol error: too big inline request"
    assert client.ended()


def check_query_buffer_limit(server):
    looker, client = server.client(), server.client()
    assert looker.do("CONFIG", "SET", "client-query-buffer-limit", MB) == "OK"
    client.raw(b"*2\r\n$4\r\nECHO\r\n$%d\r\n" % (4 * MB) + b"v" * (3 * MB))
    assert client.ended()
    assert looker.info("client_query_buffer_limit_disconnections") == 1


def check_count_of_arguments(server):
    client = server.client()
    client.raw(b"*2147483648\r\n")
    assert client.read() == "-ERR Protocol error: invalid multibulk length"
    assert client.ended()
    many = server.client()
    count = MB
    many.raw(b"*%d\r\n$6\r\nEXISTS\r\n" % count + b"$1\r\nk\r\n" * (count - 1))
    assert many.read() == 0
    assert many.do("PING") == "PONG"


@ours_alone
def check_what_is_only_announced_takes_no_memory(server):
    before = server.resident_bytes()
    looker = server.client()
    clients = [server.client() for _ in range(50)]
    for client in clients[:25]:
        client.raw(b"*2\r\n$4\r\nECHO\r\n$%d\r\nx" % (512 * MB))
    for client in clients[25:]:
        client.raw(b"*2147483647\r\n$4\r\nECHO\r\n$%d\r\nx" % (512 * MB))
    assert soon(lambda: looker.info("client_recent_max_input_buffer") > 0)
    assert server.resident_bytes() < before + 24 * MB
    too_long = server.client()
    too_long.raw(b"*2\r\n$4\r\nECHO\r\n$%d\r\n" % (512 * MB + 1))
    assert too_long.read() == "-ERR Protocol error: invalid bulk length"


def check_limits_before_login(server):
    looker = server.client()
    assert looker.do("CONFIG", "SET", "requirepass", "secret") == "OK"
    for request, expected in ((b"*11\r\n", "-ERR Protocol error: unauthenticated multibulk length"),
                              (b"*2\r\n$4\r\nAUTH\r\n$16385\r\n", "-ERR Protocol error: unauthenticated bulk length")):
        client = server.client()
        client.raw(request)
        assert client.read() == expected
        assert client.ended()
    client = server.client()
    assert client.do("AUTH", "x" * 16384).startswith("-WRONGPASS")
    assert client.do(*["PING"] * 10) == "-NOAUTH Authentication required."
    assert client.do("AUTH", "secret") == "OK"
    assert client.do("ECHO", "x" * 20000) == "x" * 20000
    # Replies that it does not read: it may leave little of them.
    stalled = server.client(receive_buffer=4096)
    stalled.raw(stalled.encoded("GET", "key") * 300000)
    assert stalled.ended()


def check_idle_clients_are_closed(server):
    looker, client = server.client(), server.client()
    assert looker.do("CONFIG", "SET", "timeout", 1) == "OK"
    ended, seconds = timed(lambda: client.ended(10))
    assert ended and 0.9 < seconds < 4, seconds
    assert server.client().do("CONFIG", "SET", "timeout", 0) == "OK"


def keepalive_of(server, port):
    """The timer that the kernel shows for the server's side of a connection, as ss prints it."""
    with open("/proc/net/tcp") as table:
        for line in table.read().splitlines()[1:]:
            fields = line.split()
            local, remote = (int(one.split(":")[1], 16) for one in fields[1:3])
            if local == server.port and remote == port:
                return fields[5]  # the kind of timer : its time in hundredths of a second
    raise KeyError(port)


def check_tcp_keepalive(server):
    client = server.client()
    for seconds in (300, 60):
        assert client.do("CONFIG", "SET", "tcp-keepalive", seconds) == "OK"
        other = server.client()
        assert other.do("PING") == "PONG"
        kind, hundredths = keepalive_of(server, other.socket.getsockname()[1]).split(":")
        assert kind == "02" and seconds - 5 < int(hundredths, 16) / 100 <= seconds, (kind, hundredths)
    assert client.do("CONFIG", "SET", "tcp-keepalive", 0) == "OK"
    other = server.client()
    assert other.do("PING") == "PONG"
    assert keepalive_of(server, other.socket.getsockname()[1]).split(":")[0] != "02"


@ours_alone
def check_unix_socket_has_its_mode_from_the_start(server):
    """A second server, under strace: bind() makes the file under a mask that leaves no more than the mode."""
    path = os.path.join(server.folder.name, "socket")
    trace = os.path.join(server.folder.name, "trace")
    calls = "umask,chmod,fchmod,fchmodat,bind"
    other = Server(server.process.args[0], "--unixsocket", path, "--unixsocketperm", "640",
                   under=["strace", "-D", "-f", "-e", "trace=" + calls, "-o", trace])
    try:
        # The server is known to be up by its TCP port, which listens first.
        assert soon(lambda: "accept connections unix" in other.log_text())
        assert Client(path).do("PING") == "PONG"
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o640
        with open(trace) as file:
            made = [line.split(None, 1)[1].strip() for line in file if "resumed" not in line]
        at = next(index for index, call in enumerate(made) if call.startswith("bind(") and path in call)
        assert made[at - 1].startswith("umask(0137)"), made[at - 1]
        assert made[at + 1].startswith("umask("), made[at + 1]
        assert not any("chmod" in call and path in call for call in made), made
    finally:
        other.stop()


def check_closed_connections_answer_closed(server):
    client, killer = server.client(), server.client()
    client_id = client.do("CLIENT", "ID")
    assert killer.do("CLIENT", "KILL", "ID", client_id) == 1
    assert client.read() == CLOSED
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", server.port)) == 0
