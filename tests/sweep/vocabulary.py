"""Words for the sweep: the data that calls meet, ordinary words for each argument, and the words at the boundaries."""

LONG = b"long" * 75
LLONG_MAX, LLONG_MIN = b"9223372036854775807", b"-9223372036854775808"
BOUNDARIES = [b"", b"0", b"-1", b"1", LLONG_MAX, LLONG_MIN, b"9223372036854775808", b"-0", b"+1", b" 1", b"1 ", b"01",
              b"18446744073709551615", b"nan", b"inf", b"-inf", b"1e400", b"1e-400", b"0x10", b"a", LONG,
              b"\x00\r\n\xff$3\r\n", b"2147483648", b"1.5"]
QUICK_BOUNDARIES = BOUNDARIES[:8] + [b"nan", b"a", b"1e400"]


def _many(start, step=1):
    return [b"%d" % number for number in range(start, start + 24 * step, step)]


def _pairs(prefix):
    words = []
    for number in range(24):
        words += [b"%s%d" % (prefix, number), b"%d" % number]
    return words


# What a key of each kind is made by; @ stands for the key. "missing" is made by nothing.
KINDS = {
    "missing": [],
    "str": [[b"SET", b"@", b"hello world"]],
    "int": [[b"SET", b"@", b"10"]],
    "ttl": [[b"SET", b"@", b"3.25", b"EXAT", b"33177117420"]],
    "list": [[b"RPUSH", b"@", b"a", b"b", b"1", b"a"]],
    "biglist": [[b"RPUSH", b"@", *_many(1), b"a", LONG]],
    "intset": [[b"SADD", b"@", b"1", b"2", b"3"]],
    "set": [[b"SADD", b"@", b"m1", b"a", b"1"]],
    "bigset": [[b"SADD", b"@", b"m1", b"a", *_many(1)]],
    "hash": [[b"HSET", b"@", b"f1", b"10", b"f2", b"v", b"a", b"1.5"]],
    "bighash": [[b"HSET", b"@", *_pairs(b"f"), b"a", LONG]],
    "fieldttl": [[b"HSET", b"@", b"f1", b"1", b"f2", b"v"],
                 [b"HPEXPIREAT", b"@", b"33177117420000", b"FIELDS", b"1", b"f1"]],
    "zset": [[b"ZADD", b"@", b"1", b"m1", b"2", b"a", b"3", b"m2", b"inf", b"x"]],
    "lexset": [[b"ZADD", b"@", b"0", b"a", b"0", b"b", b"0", b"m1", b"0", b"z"]],
    "biglex": [[b"ZADD", b"@", b"0", b"m1", *sum(([b"0", b"e" + n] for n in _many(1)), [])]],
    "bigzset": [[b"ZADD", b"@", b"1", b"m1", b"2.5", b"a", *sum(([n, b"e" + n] for n in _many(1)), [])]],
    "geo": [[b"GEOADD", b"@", b"13.361389", b"38.115556", b"m1", b"15.087269", b"37.502669", b"m2"]],
    "stream": [[b"XADD", b"@", b"1-1", b"f", b"v"], [b"XADD", b"@", b"2-1", b"f", b"v"],
               [b"XADD", b"@", b"3-1", b"f", b"v"], [b"XGROUP", b"CREATE", b"@", b"g", b"0"],
               [b"XREADGROUP", b"GROUP", b"g", b"c", b"COUNT", b"1", b"STREAMS", b"@", b">"],
               # long ago, so that no idle time that is asked for depends on when the case runs
               [b"XCLAIM", b"@", b"g", b"c", b"0", b"1-1", b"TIME", b"1700000000000", b"JUSTID"]],
    "hll": [[b"PFADD", b"@", b"a", b"b", b"c"]],
}
GROUP_KINDS = {
    "string": ["str", "int", "missing", "ttl"], "bitmap": ["str", "int", "missing"],
    "list": ["list", "biglist", "missing"], "set": ["set", "bigset", "intset", "missing"],
    "hash": ["hash", "bighash", "fieldttl", "missing"], "sorted-set": ["zset", "bigzset", "missing"],
    "geo": ["geo", "missing", "zset"], "stream": ["stream", "missing"], "hyperloglog": ["hll", "missing", "str"],
    "generic": ["str", "list", "zset", "missing"],
}
# The string 300, as DUMP of the reference makes it.
PAYLOAD = b"\000\301\054\001\120\000\132\150\250\143\373\320\073\344"

# "command.argument", else the argument's name; a list serves one word after another.
WORDS = {
    "field": [b"f1", b"f2", b"f9"], "member": [b"m1", b"m2", b"a"], "member1": b"m1", "member2": b"m2",
    "element": [b"a", b"b"], "value": [b"7", b"w"], "group": b"g", "consumer": b"c", "id": [b"1-1", b"2-1"],
    "xadd.id": b"9-9", "start": b"0", "end": b"-1", "stop": b"-1", "xrange.start": b"-", "xrange.end": b"+",
    "xrevrange.start": b"-", "xrevrange.end": b"+", "xpending.start": b"-", "xpending.end": b"+", "min": b"0",
    "max": b"5", "zlexcount.min": b"[a", "zlexcount.max": b"[z", "zrangebylex.min": b"[a", "zrangebylex.max": b"[z",
    "zremrangebylex.min": b"[a", "zremrangebylex.max": b"[n", "zrevrangebylex.min": b"[a", "zrevrangebylex.max": b"[z",
    "threshold": b"1", "type": b"string", "encoding": [b"u8", b"i16"], "offset": b"0", "setbit.value": b"1",
    "comparison-value": b"hello world", "pivot": b"a", "index": b"0", "index1": b"0", "index2": b"3", "db": b"3",
    "destination-db": b"3", "protover": b"3", "section": b"server", "event": b"command", "command": b"get",
    "subcommand": b"ENCODING", "serialized-value": PAYLOAD, "pattern": b"*", "by-pattern": b"w*", "get-pattern": b"#",
    "match-pattern": b"*", "last-id": b"5-5", "lastid": b"1-1", "max-deleted-id": b"2-1", "min-idle-time": b"0",
    "milliseconds": b"100000", "seconds": b"1000", "unix-time-seconds": b"33177117420",
    "unix-time-milliseconds": b"33177117420000", "ttl": b"0", "longitude": [b"13.5", b"15.0"], "client-id": b"0",
    "latitude": [b"38.0", b"37.5"], "radius": b"300", "width": b"400", "height": b"400", "score": [b"1", b"2"],
    "cursor": b"0", "timeout": b"1", "username": b"default", "ms": b"5", "parameter": [b"maxmemory-samples", b"port"],
}


def word(command, name, index):
    words = WORDS.get("%s.%s" % (command, name), WORDS.get(name, b"1" if "-" not in name else b"w"))
    return words if isinstance(words, bytes) else words[index % len(words)]
