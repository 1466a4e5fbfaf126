"""SAVE, BGSAVE, save points, and the ways to the end."""

import os
import signal
import threading
import time

from client import CLOSED, Server, soon
from exchange import Place


def check_bgsave_replies(binary, arguments):
    server = Server(binary, *arguments)
    client, other = server.client(), server.client()
    assert client.do("BGSAVE", "CANCEL") == "-ERR Background saving is currently not in progress or scheduled"
    assert client.do("BGSAVE", "x") == client.do("BGSAVE", "SCHEDULE", "x") == "-ERR syntax error"
    assert client.do("CONFIG", "SET", "rdb-key-save-delay", 10000000) == "OK"
    client.do("SET", "a", 1)
    assert client.do("BGSAVE") == "Background saving started"
    assert client.do("BGSAVE") == client.do("SAVE") == "-ERR Background save already in progress"
    assert client.do("BGSAVE", "SCHEDULE") == "-ERR Background save already in progress"
    assert client.info("rdb_bgsave_in_progress") == 1
    assert client.do("SET", "a", 2) == "OK"  # others go on
    assert client.do("BGSAVE", "CANCEL") == "Background saving cancelled"
    assert soon(lambda: client.info("rdb_bgsave_in_progress") == 0)
    assert client.info("rdb_last_bgsave_status") == "ok"
    assert not [name for name in os.listdir(server.folder.name) if name.endswith(".rdb")]
    assert client.do("CONFIG", "SET", "rdb-key-save-delay", 0) == "OK"
    client.do("MULTI")
    assert client.do("SAVE") == "-ERR Command 'save' not allowed inside a transaction"
    client.do("DISCARD")
    client.do("MULTI")
    client.do("BGSAVE")
    client.do("SET", "b", 1)  # behind the cut
    assert client.do("EXEC") == ["Background saving started", "OK"]
    assert soon(lambda: other.info("rdb_bgsave_in_progress") == 0)
    before = client.do("LASTSAVE")
    assert client.info("rdb_changes_since_last_save") == 1
    time.sleep(1.1)
    assert client.do("SAVE") == "OK"
    assert client.do("LASTSAVE") > before
    assert client.info("rdb_changes_since_last_save") == 0
    assert os.stat(os.path.join(server.folder.name, "dump.rdb")).st_mode & 0o777 == 0o600
    server.stop()


def check_save_points(binary, arguments):
    server = Server(binary, *arguments)
    client = server.client()
    assert client.do("CONFIG", "SET", "save", "1 10") == "OK"
    client.do("MSET", *(word for i in range(5) for word in ("k%d" % i, 1)))
    time.sleep(2.2)
    assert client.info("rdb_saves") == 0
    client.do("MSET", *(word for i in range(10) for word in ("k%d" % i, 1)))
    assert soon(lambda: client.info("rdb_saves") == 1)
    assert "10 changes in 1 seconds. Saving..." in server.log_text()
    server.stop()


def ends(server, seconds=15):
    deadline = time.monotonic() + seconds
    while server.process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    return server.process.poll()


def check_what_is_saved_at_the_end(binary, arguments):
    for points, how, saved in (("", ["SHUTDOWN"], False), ("", ["SHUTDOWN", "SAVE"], True),
                               ("3600 1", ["SHUTDOWN"], True), ("3600 1", ["SHUTDOWN", "NOSAVE"], False),
                               ("3600 1", signal.SIGTERM, True), ("3600 1", signal.SIGINT, True),
                               ("", signal.SIGTERM, False)):
        server = Server(binary, *arguments)
        client = server.client()
        client.do("CONFIG", "SET", "save", points)
        client.do("SET", "a", 1)
        if isinstance(how, list):
            assert client.do(*how) == CLOSED
        else:
            server.process.send_signal(how)
        assert ends(server) == 0, (points, how)
        assert os.path.exists(os.path.join(server.folder.name, "dump.rdb")) == saved, (points, how)
        server.stop()


def check_nothing_that_was_answered_is_missing_at_the_end(binary, arguments, rounds):
    """Writers go on until their connection ends; then all that was answered is in the file."""
    for _ in range(rounds):
        server = Server(binary, *arguments)
        server.client().do("CONFIG", "SET", "save", "3600 1")
        counts = [0] * 3

        def write(at):
            client = server.client()
            while client.do("INCR", "counter:%d" % at) == counts[at] + 1:
                counts[at] += 1

        threads = [threading.Thread(target=write, args=(at,)) for at in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        assert ends(server) == 0
        for thread in threads:
            thread.join()
        with Place() as place:
            place.take(server)
            server.stop()
            copy = place.start(binary, *arguments)
            got = [int(value) for value in copy.client().do("MGET", "counter:0", "counter:1", "counter:2")]
            copy.stop()
        assert got == counts, (got, counts)


def check_commands_while_it_loads(binary, arguments):
    server = Server(binary, "--enable-debug-command", "yes", *arguments)
    client = server.client()
    assert client.do("DEBUG", "POPULATE", 2000, "key", 100) == "OK"
    assert client.do("SAVE") == "OK"
    with Place() as place:
        place.take(server)
        server.stop()
        with open(place.path, "rb") as file:
            data = file.read()
        server = Server(binary, "--key-load-delay", "1000", *arguments, data=data, waits=False)
        client = server.client()
        loading = "-LOADING Valkey is loading the dataset in memory"
        assert client.do("GET", "key:1") == client.do("PING") == client.do("SET", "a", 1) == loading
        client.do("MULTI")
        assert client.do("GET", "key:1") == loading
        assert client.do("EXEC") == "-EXECABORT Transaction discarded because of previous errors."
        info = client.do("INFO", "persistence")
        assert "loading:1" in info and "loading_total_bytes:%d" % len(data) in info, info
        assert client.do("CONFIG", "SET", "key-load-delay", 0) == "OK"
        assert soon(lambda: client.do("DBSIZE") == 2000)
        assert client.do("GET", "key:1").startswith("value:1")
        server.stop()
        # It ends when it is told, too.
        server = Server(binary, "--key-load-delay", "1000000", *arguments, data=data, waits=False)
        server.process.send_signal(signal.SIGTERM)
        assert ends(server) == 0
        server.stop()
