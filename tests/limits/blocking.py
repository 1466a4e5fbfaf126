"""Commands that wait: WAIT and WAITAOF without replicas, CLIENT UNBLOCK, and what is seen of who waits."""

import time

from client import soon, timed

UNBLOCKED = "-UNBLOCKED client unblocked via CLIENT UNBLOCK"


def waiting(server, *words):
    """A client that waits in this command, its id, and one that looks at it."""
    client, looker = server.client(), server.client()
    client_id = client.do("CLIENT", "ID")
    client.send(*words)
    assert soon(lambda: looker.listed(client_id)["flags"] == "b")
    return client, client_id, looker


def check_wait_takes_its_time(server):
    client = server.client()
    for words, expected in ((("WAIT", 1, 150), 0), (("WAITAOF", 0, 1, 150), [0, 0])):
        reply, seconds = timed(lambda: client.do(*words))
        assert reply == expected, reply
        assert 0.14 < seconds < 1.5, seconds


def check_wait_that_needs_nobody_answers_at_once(server):
    client = server.client()
    for words, expected in ((("WAIT", 0, 0), 0), (("WAIT", -1, 0), 0), (("WAITAOF", 0, 0, 0), [0, 0])):
        assert client.do(*words) == expected, words


def check_wait_errors(server):
    client = server.client()
    local = "-ERR value is out of range, value must between 0 and 1"
    positive = "-ERR value is out of range, must be positive"
    for words, expected in (
            (("WAIT", 1, -1), "-ERR timeout is negative"),
            (("WAIT", 1, "x"), "-ERR timeout is not an integer or out of range"),
            (("WAIT", "x", 1), "-ERR value is not an integer or out of range"),
            (("WAIT", 1, 2**63 - 1), "-ERR timeout is out of range"),
            (("WAITAOF", 2, 0, 100), local),
            (("WAITAOF", -1, 0, 100), local),
            (("WAITAOF", "x", -1, "x"), "-ERR value is not an integer or out of range"),
            (("WAITAOF", 0, -1, 100), positive),
            (("WAITAOF", 0, "x", "x"), positive),
            (("WAITAOF", 0, 1, -5), "-ERR timeout is negative"),
            (("WAITAOF", 1, 0, -1), "-ERR timeout is negative"),
            (("WAITAOF", 1, 0, 0),
             "-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.")):
        assert client.do(*words) == expected, words


def check_wait_lets_others_go_on(server):
    clients = [server.client() for _ in range(8)]
    for client in clients[:4]:
        client.send("WAIT", 1, 1000)
    start = time.monotonic()
    for client in clients[4:]:
        for at in range(50):
            assert client.do("SET", "key", at) == "OK"
    assert time.monotonic() - start < 0.9
    assert [client.read() for client in clients[:4]] == [0, 0, 0, 0]


def check_client_unblock(server):
    client, client_id, looker = waiting(server, "WAIT", 1, 0)
    assert looker.do("CLIENT", "UNBLOCK", client_id) == 1
    assert client.read() == 0
    assert looker.do("CLIENT", "UNBLOCK", client_id) == 0
    for reason, expected in (("TIMEOUT", [0, 0]), ("ERROR", UNBLOCKED)):
        client.send("WAITAOF", 0, 1, 0)
        assert soon(lambda: looker.do("CLIENT", "UNBLOCK", client_id, reason) == 1)
        assert client.read() == expected
    assert client.do("PING") == "PONG"
    assert looker.do("CLIENT", "UNBLOCK", client_id, "x") == \
        "-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"


def check_unblocked_twice_in_one_batch(server):
    client, client_id, looker = waiting(server, "WAIT", 1, 0)
    looker.raw(looker.encoded("CLIENT", "UNBLOCK", client_id) * 2 + looker.encoded("PING"))
    assert [looker.read() for _ in range(3)] == [1, 0, "PONG"]
    assert client.read() == 0


def check_what_is_behind_a_wait_waits(server):
    client, client_id, looker = waiting(server, "WAIT", 1, 0)
    client.send("SET", "key", "value")
    assert soon(lambda: int(looker.listed(client_id)["qbuf"]) > 0)
    assert looker.do("GET", "key") is None
    assert looker.do("CLIENT", "UNBLOCK", client_id) == 1
    assert [client.read(), client.read()] == [0, "OK"]


def check_blocked_clients_are_counted(server):
    client, client_id, looker = waiting(server, "WAIT", 1, 5000)
    assert (looker.info("blocked_clients"), looker.info("clients_in_timeout_table")) == (1, 1)
    assert looker.listed(client_id)["cmd"] == "wait"
    assert looker.listed(client_id)["argv-mem"] == "9"
    looker.do("CLIENT", "UNBLOCK", client_id)
    assert client.read() == 0
    assert (looker.info("blocked_clients"), looker.info("clients_in_timeout_table")) == (0, 0)
    client.send("WAIT", 1, 0)
    assert soon(lambda: looker.info("blocked_clients") == 1)
    assert looker.info("clients_in_timeout_table") == 0
    client.close()
    assert soon(lambda: looker.info("blocked_clients") == 0)
    assert looker.listed(client_id) is None


def check_paused_clients_are_blocked(server):
    client, looker = server.client(), server.client()
    client_id = client.do("CLIENT", "ID")
    assert looker.do("CLIENT", "PAUSE", 60000, "WRITE") == "OK"
    client.send("SET", "key", "value")
    assert soon(lambda: looker.listed(client_id)["flags"] == "b")
    assert looker.info("blocked_clients") == 1
    assert looker.do("CLIENT", "UNBLOCK", client_id) == 0
    client.close()
    assert soon(lambda: looker.listed(client_id) is None)
    assert looker.info("blocked_clients") == 0
    assert looker.do("CLIENT", "UNPAUSE") == "OK"


def check_a_blocked_client_can_be_killed(server):
    client, client_id, looker = waiting(server, "WAIT", 1, 0)
    assert looker.do("CLIENT", "KILL", "ID", client_id) == 1
    assert client.ended()
    assert looker.info("blocked_clients") == 0


def check_who_is_unblocked_and_killed_at_once_leaves_nothing(server):
    client, client_id, looker = waiting(server, "BLPOP", "never", "nor this", 0)
    assert looker.info("total_blocking_keys") == 2
    looker.raw(looker.encoded("CLIENT", "UNBLOCK", client_id) + looker.encoded("CLIENT", "KILL", "ID", client_id))
    assert [looker.read(), looker.read()] == [1, 1]
    assert client.ended()
    assert soon(lambda: looker.info("total_blocking_keys") == 0)


def check_a_blocked_client_is_not_idle(server):
    client, looker = server.client(), server.client()
    assert looker.do("CONFIG", "SET", "timeout", 1) == "OK"
    assert timed(lambda: client.do("WAIT", 1, 3000))[0] == 0


def check_a_pause_leaves_a_wait_alone(server):
    client, _, looker = waiting(server, "WAIT", 1, 300)
    assert looker.do("CLIENT", "PAUSE", 60000, "ALL") == "OK"
    reply, seconds = timed(client.read)
    assert reply == 0 and seconds < 1.5, (reply, seconds)


def check_replies_of_waits_that_are_not_wanted(server):
    client = server.client()
    client.send("CLIENT", "REPLY", "SKIP")
    client.send("WAIT", 1, 50)
    assert client.do("PING") == "PONG"
    client.send("CLIENT", "REPLY", "OFF")
    client.send("WAIT", 1, 50)
    assert client.do("CLIENT", "REPLY", "ON") == "OK"


def check_the_input_of_who_waits_has_its_limit(server):
    client, client_id, looker = waiting(server, "WAIT", 1, 0)
    assert looker.do("CONFIG", "SET", "client-query-buffer-limit", 1024 * 1024) == "OK"
    client.raw(b"x" * (4 << 20))
    assert soon(lambda: looker.listed(client_id) is None)
    assert looker.info("client_query_buffer_limit_disconnections") == 1
