"""What an operator reaches for: hot keys, and passwords and users that come from files."""

import os
import pathlib
import random
import time

from client import Server, soon


def write_file(server, name, text):
    """As Kubernetes does: a new file takes the old one's place."""
    path = pathlib.Path(server.folder.name, name)
    path.with_suffix(".new").write_text(text)
    os.replace(path.with_suffix(".new"), path)


def with_files(check, files, *arguments):
    """Runs the check on a server of its own that has these files in its folder."""
    def run(other):
        server = Server(other.binary, *arguments, *other.arguments, files=files)
        try:
            check(server)
        finally:
            server.stop()
    run.__name__ = check.__name__
    run.ours_alone = True
    return run


def valid(server, password, user="default"):
    return server.client().do("AUTH", user, password) == "OK"


def check_hot_keys(server):
    client = server.client()
    assert client.do("CONFIG", "SET", "hotkeys-window-seconds", "1", "hotkeys-sampling-percentage", "100") == "OK"
    big = "x" * 10000

    def use():
        client.raw(client.encoded("INCR", "often") * 200 + client.encoded("GET", "absent") * 50 +
                   client.encoded("SET", "large", big) * 20)
        for _ in range(270):
            client.read()
        return [dict(zip(one[::2], one[1::2])) for one in client.do("HOTKEYS", "GET")]

    assert soon(lambda: [key["key"] for key in use()][:3] == ["often", "absent", "large"])
    assert set(use()[0]) == {"key", "db", "qps"} and use()[0]["qps"] >= 200
    first = client.do("HOTKEYS", "GET", "BY", "BYTES")[0]
    assert first[1] == "large" and first[8] == "bytes" and first[9] >= 200000, first
    assert client.do("HOTKEYS", "GET", "BY", "foo") == "-ERR syntax error"
    assert client.do("HOTKEYS", "RESET") == "OK"
    assert client.do("HOTKEYS", "GET") == []
    assert soon(lambda: use())
    assert client.do("FLUSHALL") == "OK"
    assert client.do("HOTKEYS", "GET") == []
    assert client.do("CONFIG", "SET", "hotkeys-top-k", "0") == "OK"
    assert use() == []


check_hot_keys.ours_alone = True


def check_hot_keys_of_scripts_and_transactions(server):
    client = server.client()
    assert client.do("CONFIG", "SET", "hotkeys-window-seconds", "1", "hotkeys-sampling-percentage", "100") == "OK"

    def use():
        for words in (("EVAL", "for i = 1, 100 do redis.call('INCR', 'script') end", "0"), ("MULTI",), ("GET", "queued"),
                      ("EXEC",)):
            client.do(*words)
        return {one[1] for one in client.do("HOTKEYS", "GET")}

    assert soon(lambda: {"script", "queued"} <= use())


check_hot_keys_of_scripts_and_transactions.ours_alone = True


def rotation(server):
    assert "NOAUTH" in server.client().do("PING")
    assert valid(server, "one") and not valid(server, "two") and not valid(server, "")
    client = server.client()
    client.do("AUTH", "one")
    write_file(server, "password", "two\n")
    assert soon(lambda: valid(server, "two"))
    assert valid(server, "one"), "the old one has its grace"
    assert soon(lambda: not valid(server, "one"))
    assert valid(server, "two") and client.do("PING") == "PONG"
    write_file(server, "password", "three\r\ntwo\n\n")
    assert soon(lambda: valid(server, "three"))
    assert valid(server, "two")


check_a_password_file_is_rotated = with_files(rotation, {"password": "one\n"}, "--requirepass-file", "password",
                                              "--requirepass-file-grace", "2")


def bad_password_file(server):
    write_file(server, "password", "\n\n")
    assert soon(lambda: "holds no password" in server.log_text())
    assert valid(server, "one") and not valid(server, "")
    os.remove(pathlib.Path(server.folder.name, "password"))
    assert soon(lambda: "could not be opened" in server.log_text())
    assert valid(server, "one") and not valid(server, "")
    client = server.client()
    client.do("AUTH", "one")
    assert "requirepass-file says" in client.do("CONFIG", "SET", "requirepass", "x")
    assert client.do("CONFIG", "GET", "requirepass") == ["requirepass", ""]
    write_file(server, "password", "two")
    assert soon(lambda: valid(server, "two"))


check_a_password_file_that_is_no_good_changes_nothing = with_files(
    bad_password_file, {"password": "one"}, "--requirepass-file", "password", "--requirepass-file-grace", "0")


def changed_users(server):
    alice, bob = server.client(), server.client()
    assert alice.do("AUTH", "alice", "a") == "OK" and bob.do("AUTH", "bob", "b") == "OK"
    write_file(server, "users.acl", "user alice on >a ~* +@all -get\nuser carol on >c ~* +@all\n")
    assert soon(lambda: valid(server, "c", "carol"))
    assert bob.ended(5), "the clients of a user that has gone are closed"
    assert alice.do("SET", "k", "1") == "OK" and "NOPERM" in alice.do("GET", "k")
    write_file(server, "users.acl", "user alice on >a ~* +@all nonsense\n")
    assert soon(lambda: "the users stay as they are" in server.log_text())
    assert valid(server, "c", "carol")
    assert alice.do("ACL", "LOAD").startswith("-ERR")
    assert alice.do("ACL", "SAVE") == "OK" and alice.do("ACL", "LOAD") == "OK"
    time.sleep(1.5)
    assert valid(server, "c", "carol") and alice.do("PING") == "PONG"


check_a_changed_acl_file_is_loaded = with_files(
    changed_users, {"users.acl": "user alice on >a ~* +@all\nuser bob on >b ~* +@all\n"}, "--aclfile", "users.acl",
    "--acl-auto-reload-interval", "1")


def check_what_contradicts_a_password_file_ends_the_start(server):
    for more in (("--requirepass", "x"), ("--requirepass-file", "nowhere")):
        try:
            Server(server.binary, "--requirepass-file", "password", *more, files={"password": "one"}).stop()
        except SystemExit as error:
            assert "requirepass-file" in str(error), error
        else:
            raise AssertionError(more)


check_what_contradicts_a_password_file_ends_the_start.ours_alone = True


def random_command(chance):
    """A change of one of a few keys, of any type, by any of the ways in which sizes change."""
    n = chance.randrange
    key, other = "k%d" % n(30), "k%d" % n(30)
    text = "x" * chance.choice([0, 1, 5, 30, 200, 9000, 30000])
    many = ["e%d" % n(400) for _ in range(chance.choice([1, 3, 60, 300]))]
    return chance.choice([
        ("SET", key, text), ("SET", key, str(n(10**9))), ("APPEND", key, text), ("SETRANGE", key, n(12000), text),
        ("INCR", key), ("INCRBYFLOAT", key, "1.5"), ("GETDEL", key), ("SET", key, text, "PX", 1 + n(50)),
        ("PEXPIRE", key, 1 + n(100)), ("EXPIRE", key, 1000), ("PERSIST", key), ("SETBIT", key, n(200000), 1),
        ("BITFIELD", key, "SET", "u8", n(100000), 7), ("PFADD", key, *many), ("LPUSH", key, *many), ("RPUSH", key, text),
        ("LPOP", key, 1 + n(200)), ("LTRIM", key, 0, n(100)), ("LSET", key, 0, text), ("LMOVE", key, other, "LEFT", "RIGHT"),
        ("SADD", key, *many), ("SADD", key, *(str(n(1000)) for _ in many)), ("SREM", key, *many), ("SPOP", key, n(50)),
        ("SMOVE", key, other, many[0]), ("SUNIONSTORE", key, other, "k1"), ("ZADD", key, *sum(([n(100), e] for e in many), [])),
        ("ZREM", key, *many), ("ZPOPMIN", key, n(100)), ("ZUNIONSTORE", key, 2, other, "k2"), ("SORT", key, "BY", "nosort"),
        ("SORT", key, "ALPHA", "STORE", other), ("HSET", key, *sum(([e, text[:200]] for e in many), [])), ("HDEL", key, *many),
        ("HPEXPIRE", key, 1 + n(100), "FIELDS", 1, many[0]), ("HPERSIST", key, "FIELDS", 1, many[0]), ("HINCRBY", key, "n", 1),
        ("XADD", key, "*", "f", text[:300]), ("XTRIM", key, "MAXLEN", n(10)), ("XGROUP", "CREATE", key, "g%d" % n(40), "0"),
        ("XREADGROUP", "GROUP", "g%d" % n(3), "c%d" % n(50), "COUNT", n(5) + 1, "STREAMS", key, ">"),
        ("XGROUP", "DELCONSUMER", key, "g%d" % n(3), "c%d" % n(50)),
        ("RENAME", key, other), ("COPY", key, other, "REPLACE"), ("COPY", key, other, "DB", n(3), "REPLACE"),
        ("MOVE", key, n(3)), ("DEL", key), ("UNLINK", key, other), ("GEOADD", key, 1, 2, "place"),
        ("EVAL", "redis.call('SET', KEYS[1], ARGV[1]) redis.call('LPUSH', KEYS[2], ARGV[1])", 2, key, other, text),
        ("SELECT", n(3)), ("SWAPDB", n(3), n(3))] + [("FLUSHDB",)] * (n(40) == 0))


def size_classes(client, database):
    """What INFO keysizes must tell of a database, from a look at every key."""
    names = {"string": "strings_sizes", "list": "lists_items", "set": "sets_items", "zset": "zsets_items",
             "hash": "hashes_items", "stream": "streams_items"}
    sizes = {"string": "STRLEN", "list": "LLEN", "set": "SCARD", "zset": "ZCARD", "hash": "HLEN", "stream": "XLEN"}
    client.do("SELECT", database)
    found = {}
    for key in client.do("KEYS", "*"):
        kind = client.do("TYPE", key)
        if kind == "none":  # its time came just now
            continue
        size = client.do(sizes[kind], key)
        of_kind = found.setdefault(names[kind], {})
        least = 1 << (size.bit_length() - 1) if size else 0
        label = str(least) if least < 1024 else "%dK" % (least >> 10)
        of_kind[label] = of_kind.get(label, 0) + 1
    return {"db%d_distrib_%s" % (database, name): classes for name, classes in found.items()}


def info_lines(client, section):
    return dict(line.split(":", 1) for line in client.do("INFO", section).split("\r\n") if ":" in line)


def check_the_sizes_of_keys_are_known_as_they_change(server):
    client, chance = server.client(), random.Random(5)
    for _ in range(8):
        for _ in range(1500):
            client.do(*random_command(chance))

        def agree():
            told = {name: dict(part.split("=") for part in value.split(","))
                    for name, value in info_lines(client, "keysizes").items()}
            told = {name: {label: int(count) for label, count in classes.items()} for name, classes in told.items()}
            seen = {}
            for database in range(3):
                seen.update(size_classes(client, database))
            return told == seen

        assert soon(agree)
    assert any("used_memory=0" not in line for line in info_lines(client, "databases").values())
    for database in range(3):
        client.do("SELECT", database)
        for key in client.do("KEYS", "*"):
            client.do(chance.choice(["DEL", "UNLINK", "GETDEL"]), key)
            client.do("DEL", key)
    assert info_lines(client, "keysizes") == {}
    for line in info_lines(client, "databases").values():
        assert line.startswith("used_memory=0,"), line


def check_the_largest_keys_are_known(server):
    client = server.client()
    assert client.do("MEMORY", "TOP", "10") == []
    for at in range(300):
        client.do("SET", "string%d" % at, "x" * (at * 100))
        client.do("RPUSH", "list%d" % at, *["e"] * (at + 1))
    names = [one[1] for one in client.do("MEMORY", "TOP", "3")]
    assert names == ["string299", "string298", "string297"], names
    names = [one[1] for one in client.do("MEMORY", "TOP", "2", "BY", "ELEMENTS")]
    assert names == ["list299", "list298"], names
    one = client.do("MEMORY", "TOP", "1", "BY", "ELEMENTS")[0]
    assert one[:6] == ["key", "list299", "db", 0, "type", "list"] and one[8:] == ["elements", 300], one
    client.do("DEL", "string299")
    client.do("RENAME", "list299", "renamed")
    client.do("LPOP", "list298", "250")
    assert client.do("MEMORY", "TOP", "1")[0][1] == "string298"
    names = [one[1] for one in client.do("MEMORY", "TOP", "2", "BY", "ELEMENTS")]
    assert names == ["renamed", "list297"], names
    client.do("SWAPDB", "0", "1")
    assert client.do("MEMORY", "TOP", "1")[0][3] == 1
    client.do("FLUSHALL")
    assert client.do("MEMORY", "TOP", "10") == []
    assert "between 1 and 1000" in client.do("MEMORY", "TOP", "0")


def check_a_database_has_its_own_limit(server):
    client = server.client()
    assert client.do("CONFIG", "SET", "db-maxmemory", "1 100kb 2 1mb") == "OK"
    assert client.do("CONFIG", "GET", "db-maxmemory") == ["db-maxmemory", "1 100kb 2 1mb"]
    full = "-OOM command not allowed when used memory > 'db-maxmemory' of the database."

    def fill(database, count):
        client.do("SELECT", database)
        return [client.do("SET", "key%d" % at, "x" * 1000) for at in range(count)].count(full)

    def used(database):
        line = info_lines(client, "databases")["database_%d" % database]
        return dict(part.split("=") for part in line.split(","))

    assert fill(0, 300) == 0, "it has no limit"
    refused = fill(1, 300)
    assert 190 < refused < 210, refused
    assert client.do("GET", "key0") == "x" * 1000 and client.do("DEL", "key0", "key1") == 2
    assert client.do("SET", "a", "b") == "OK"
    assert fill(2, 300) == 0
    client.do("SELECT", 0)
    client.do("MULTI")
    client.do("SELECT", 1)
    for at in range(30):
        client.do("SET", "more%d" % at, "x" * 1000)
    assert full in client.do("EXEC"), "a transaction that goes there has that limit"
    client.do("SELECT", 0)
    reply = str(client.do("EVAL", "redis.call('SELECT', 1) for i = 1, 99 do redis.call('SET', i, 'x') end", "0"))
    assert "OOM" in reply, reply
    assert client.do("CONFIG", "SET", "maxmemory-policy", "allkeys-lru") == "OK"
    assert fill(1, 300) == 0
    assert int(used(1)["used_memory"]) <= 102400 + 3000 and int(used(1)["evicted_keys"]) >= 200, used(1)
    client.do("SELECT", 0)
    assert client.do("DBSIZE") == 300, "no other database's keys go for it"
    for wrong in ("1", "99 1mb", "1 x", "-1 1mb", "1 0"):
        assert client.do("CONFIG", "SET", "db-maxmemory", wrong).startswith("-ERR"), wrong
    assert client.do("CONFIG", "SET", "db-maxmemory", "") == "OK"


def check_a_limit_for_a_database_that_is_not_there_ends_the_start(server):
    Server(server.binary, "--db-maxmemory", "40 1mb", "--databases", "64").stop()
    try:
        Server(server.binary, "--db-maxmemory", "40 1mb").stop()
    except SystemExit as error:
        assert "db-maxmemory speaks of database 40" in str(error), error
    else:
        raise AssertionError("it started")


def check_large_keys_of_databases_stay_apart(server):
    client = server.client()
    for database in range(3):
        client.do("SELECT", database)
        client.do("RPUSH", "list", *["e"] * (200 + database))
    client.do("SWAPDB", 0, 2)
    client.do("SELECT", 1)
    client.do("FLUSHDB")
    told = [(one[3], one[9]) for one in client.do("MEMORY", "TOP", "9", "BY", "ELEMENTS")]
    assert told == [(0, 202), (2, 200)], told
    client.do("ACL", "SETUSER", "tenant", "on", "nopass", "+@all", "-@admin", "~t*")
    client.do("AUTH", "tenant", "")
    assert "NOPERM" in client.do("MEMORY", "TOP", "9") and "NOPERM" in client.do("HOTKEYS", "GET")


for check in (check_the_sizes_of_keys_are_known_as_they_change, check_the_largest_keys_are_known,
              check_a_database_has_its_own_limit, check_large_keys_of_databases_stay_apart,
              check_a_limit_for_a_database_that_is_not_there_ends_the_start):
    check.ours_alone = True
