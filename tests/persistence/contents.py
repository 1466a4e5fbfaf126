"""What a server holds, of every type, read through its commands: so that two servers can be compared."""

VOLATILE = {"idle", "inactive", "radix-tree-keys", "radix-tree-nodes", "seen-time", "active-time"}


def pairs(items):
    return dict(zip(items[::2], items[1::2]))


def steady(value):
    """A reply of XINFO STREAM FULL without what differs between servers, or with time."""
    if not isinstance(value, list):
        return value
    if len(value) % 2 == 0 and value and all(isinstance(name, str) for name in value[::2]) and "length" in value[::2] + [""]:
        return {name: steady(item) for name, item in pairs(value).items() if name not in VOLATILE}
    if len(value) % 2 == 0 and value and all(isinstance(name, str) and name in KNOWN for name in value[::2]):
        return {name: steady(item) for name, item in pairs(value).items() if name not in VOLATILE}
    return [steady(item) for item in value]


KNOWN = VOLATILE | {"length", "groups", "name", "last-delivered-id", "entries-read", "lag", "pel-count", "pel",
                    "pending", "consumers", "entries", "last-generated-id", "max-deleted-entry-id", "entries-added",
                    "recorded-first-entry-id"}


def value_of(client, key, kind):
    if kind == "string":
        return client.do("GET", key)
    if kind == "list":
        return client.do("LRANGE", key, 0, -1)
    if kind == "set":
        return sorted(client.do("SMEMBERS", key))
    if kind == "zset":
        return {member: float(score) for member, score in pairs(client.do("ZRANGE", key, 0, -1, "WITHSCORES")).items()}
    if kind == "hash":
        fields = pairs(client.do("HGETALL", key))
        times = client.do("HPEXPIRETIME", key, "FIELDS", len(fields), *fields)
        return fields if isinstance(times, str) or set(times) == {-1} else (fields, dict(zip(fields, times)))
    assert kind == "stream", kind
    return steady(client.do("XINFO", "STREAM", key, "FULL", "COUNT", 0))


def keys_of(client):
    cursor, found = "0", set()
    while True:
        cursor, keys = client.do("SCAN", cursor, "COUNT", 1000)
        found.update(keys)
        if cursor == "0":
            return found


def contents(client, databases=range(16)):
    """By database and key: type, time of expiry, value; and the libraries."""
    held = {}
    for database in databases:
        assert client.do("SELECT", database) == "OK"
        for name in keys_of(client):
            key = name.encode("latin1")  # as the client decodes
            kind = client.do("TYPE", key)
            held[database, key] = (kind, client.do("PEXPIRETIME", key), value_of(client, key, kind))
    client.do("SELECT", 0)
    libraries = client.do("FUNCTION", "LIST", "WITHCODE")
    if not isinstance(libraries, str):
        held["libraries"] = sorted(pairs(library)["library_code"] for library in libraries)
    digest = client.do("DEBUG", "DIGEST")
    if not digest.startswith("-"):
        held["digest"] = digest
    return held


def difference(first, second):
    """What differs, in words; empty if nothing does."""
    lines = []
    for key in sorted(set(first) | set(second), key=repr):
        if first.get(key) != second.get(key):
            lines.append("%r: %.200r, and %.200r" % (key, first.get(key), second.get(key)))
    return "\n".join(lines[:10])


def fill(client, knows=80):
    """Every type in small and large encodings, times of expiry, several databases: what a version of RDB knows. Times of
    consumers came with 11, fields that expire with 80."""
    far = 4102444800000
    client.do("SET", "text", "value")
    client.do("SET", "empty", "")
    client.do("SET", b"binary\x00\xff\r\n", bytes(range(256)))
    client.do("SET", "compressible", "abc" * 5000)
    client.do("SET", "long", "".join(chr(33 + i * i % 90) for i in range(30000)))
    for number in (0, -1, 127, -128, 128, 32767, 32768, -32769, 2147483647, 2147483648, 9223372036854775807,
                   -9223372036854775808):
        client.do("SET", "number%d" % number, number)
    client.do("SET", "expires", "later", "PXAT", far)
    client.do("RPUSH", "list", "a", "1", "-5", "b" * 100, 1 << 40)
    client.do("RPUSH", "large list", *range(2000), "x" * 20000, *("e%d" % i for i in range(2000)))
    client.do("SADD", "integers", *range(-20, 300, 7), 1 << 33)
    client.do("SADD", "set", "a", "b", "1")
    client.do("SADD", "large set", *("member%d" % i for i in range(1000)))
    client.do("ZADD", "sorted", 1.5, "a", "-inf", "low", "+inf", "high", 0.1, "b", 3, "1")
    client.do("ZADD", "large sorted", *(word for i in range(1000) for word in (i * 0.37, "member%d" % i)))
    client.do("HSET", "hash", "a", 1, "b", "text", "c", "x" * 60)
    client.do("HSET", "large hash", *(word for i in range(1000) for word in ("field%d" % i, i)))
    client.do("PEXPIREAT", "large hash", far + 5)
    for i in range(1, 300):
        client.do("XADD", "stream", "%d-1" % i, "name", i, "other", "x" * (i % 50))
    client.do("XDEL", "stream", "5-1", "299-1")
    client.do("XGROUP", "CREATE", "stream", "group", "10-1")
    if knows >= 11:
        client.do("XREADGROUP", "GROUP", "group", "reader", "COUNT", 20, "STREAMS", "stream", ">")
        client.do("XREADGROUP", "GROUP", "group", "other", "COUNT", 5, "STREAMS", "stream", ">")
        client.do("XACK", "stream", "group", "12-1")
    client.do("XGROUP", "CREATE", "stream", "second", "$")
    client.do("XGROUP", "CREATE", "no entries", "group", "0", "MKSTREAM")
    client.do("PFADD", "log log", *range(2000))
    client.do("GEOADD", "places", 13.36, 38.11, "Palermo", 15.08, 37.5, "Catania")
    client.do("SETBIT", "bits", 100000, 1)
    client.do("SELECT", 9)
    client.do("SET", "text", "of another database", "PXAT", far)
    client.do("SADD", "set", "q")
    client.do("SELECT", 0)
    client.do("FUNCTION", "LOAD", "#!lua name=some\nredis.register_function('answer', function() return 42 end)")
    if knows >= 80:
        client.do("HSET", "expiring fields", "a", 1, "b", 2, "c", 3)
        client.do("HPEXPIREAT", "expiring fields", far, "FIELDS", 1, "a")
        client.do("HSET", "large expiring fields", *(word for i in range(600) for word in ("field%d" % i, i)))
        client.do("HPEXPIREAT", "large expiring fields", far + 1, "FIELDS", 2, "field3", "field500")
