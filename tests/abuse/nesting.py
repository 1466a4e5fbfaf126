"""What is nested deeply is refused at a depth that is always the same, on a stack of 1 MB (A8)."""

from client import CLOSED, Server
from measures import sanitized

DEPTH = 1000000
BUILD = "local t = {1} for i = 1, %d do t = {t} end " % DEPTH
OVERFLOW = "stack overflow"
LEVELS = "chunk has too many syntax levels"

# What a script does -> a part of its error, or what it returns.
DATA = {
    BUILD + "return cjson.encode(t)": "Cannot serialise, excessive nesting (1001)",
    "return cjson.decode(string.rep('[', %d))" % DEPTH: "too many nested data structures (1001)",
    "return cjson.decode(string.rep('{\"a\":', %d))" % DEPTH: "too many nested data structures (1001)",
    BUILD + "return #cmsgpack.pack(t)": 17,  # what lies deeper than 16 is packed as nil
    "return cmsgpack.unpack(string.rep('\\145', %d) .. '\\1')" % DEPTH: OVERFLOW,
    "return cmsgpack.unpack(string.rep('\\129\\1', %d) .. '\\1')" % DEPTH: OVERFLOW,
    "local t = {} for i = 1, %d do t = setmetatable({}, {__index = t}) end return t.x" % DEPTH: "loop in gettable",
    BUILD + "t = nil collectgarbage() return 1": 1,
    "local function f(n) return 1 + f(n - 1) end return f(1)": OVERFLOW,
    "local function f() table.foreach({1}, f) end f()": OVERFLOW,
    "local m = {} m.__concat = function(a, b) return a .. b end return setmetatable({}, m) .. 'a'": OVERFLOW,
    "local m = {} m.__lt = function(a, b) return a < b end return setmetatable({}, m) < setmetatable({}, m)": OVERFLOW,
    "return string.find('a', string.rep('(', %d))" % DEPTH: "too many captures",
    "return string.find(string.rep('a', 200000), string.rep('a?', 200000) .. 'b')": "pattern too complex",
    "return unpack({}, 1, %d)" % DEPTH: "too many results to unpack",
    "return redis.pcall('MULTI')": "not allowed from script",
    "return redis.pcall('EVAL', 'return 1', 0)": "not allowed from script",
}
SOURCES = {
    "return " + "(" * DEPTH: LEVELS,
    "return " + "{" * DEPTH: LEVELS,
    "do " * DEPTH: LEVELS,
    "if 1 then " * DEPTH: LEVELS,
    "return " + "not " * DEPTH + "1": LEVELS,
    "return 1" + "^1" * DEPTH: LEVELS,
    "return ''" + " .. ''" * DEPTH: LEVELS,
    "return function() " * DEPTH: LEVELS,
}
# Lua calls C and C calls Lua, again and again.
THROUGH_C = {
    "local function f(a, b) table.sort({1, 2, 3}, f) return a < b end table.sort({3, 2, 1}, f)",
    "local function f() return (string.gsub('a', 'a', f)) end return f()",
    "local t = setmetatable({}, {}) getmetatable(t).__index = function() return (string.gsub('a', 'a', t)) end return t.a",
    "local function f() coroutine.resume(coroutine.create(f)) end f()",
    "local function f() coroutine.wrap(f)() end f()",
    "local function f() pcall(f) end f()",
    "local function f() xpcall(f, f) end f()",
}


def on_small_stack(server):
    """Each thread has 2 MB (a reply of the deepest table takes 1.2); where a sanitizer's frames need more, what is usual."""
    under = () if sanitized(server) else ("prlimit", "--stack=2097152")
    return Server(server.binary, *server.arguments, under=under)


def run_script(tried, script):
    client = tried.client()
    client.socket.settimeout(120)
    reply = client.do("EVAL", script, 0)
    client.reset()
    assert tried.process.poll() is None and tried.client().do("PING") == "PONG", "ended by " + script[:120]
    return reply


def depth_of_reply(tried, build, level, protocol):
    """How many levels of a reply come before the error that ends it; the same of a hundred times as much."""
    depths = set()
    for depth in (DEPTH // 100, DEPTH):
        client = tried.client()
        client.socket.settimeout(60)
        client.raw(b"HELLO %d\r\n" % protocol)
        client.send("EVAL", build % depth, 0)
        client.send("ECHO", "after it")
        got = b""
        while not got.endswith(b"$8\r\nafter it\r\n"):
            data = client.socket.recv(1 << 20)
            assert data, got[-100:]
            got += data
        assert b"-ERR reached lua stack limit\r\n" in got, got[-200:]
        depths.add(got.count(level))
        client.reset()
    assert len(depths) == 1, depths
    return depths.pop()


def check_a8_nested_data_is_refused_at_a_fixed_depth(server, scale):
    tried = on_small_stack(server)
    try:
        for _ in range(scale(1, 10, 100)):
            for script, expected in list(DATA.items()) + list(SOURCES.items()):
                reply = run_script(tried, script)
                good = expected in reply if isinstance(expected, str) else reply == expected
                # A sanitizer's frames may take what a script may have of the stack before the depth is reached.
                good = good or (sanitized(tried) and "not enough memory" in str(reply))
                assert good, (script[:120], str(reply)[:200])
            arrays = depth_of_reply(tried, "local t = {1} for i = 1, %d do t = {t} end return t", b"*1\r\n", 2)
            maps = depth_of_reply(tried, "redis.setresp(3) local t = {map = {a = 1}} for i = 1, %d do "
                                         "t = {map = {a = t}} end return t", b"%1\r\n", 3)
            requests_and_rules(tried)
        return "%d kinds to depth %d; replies end at %d arrays and %d maps" % (
            len(DATA) + len(SOURCES) + 8, DEPTH, arrays, maps)
    finally:
        tried.stop()


def requests_and_rules(tried):
    nested = tried.client()
    nested.raw(b"*1\r\n" * DEPTH)
    assert nested.read() == "-ERR Protocol error: expected '$', got '*'"
    assert nested.ended()
    client = tried.client()
    for start in (b"%1", b"~1", b">1", b"|1"):  # no request: an inline command of that name
        other = tried.client()
        other.raw((start + b"\r\n") * 1000 + b"QUIT\r\n")
        for _ in range(1000):
            assert other.read().startswith("-ERR unknown command '%s'" % start.decode())
    assert client.do("ACL", "SETUSER", "user", "(" * DEPTH).startswith("-ERR Unmatched parenthesis in acl selector")
    assert client.do("ACL", "SETUSER", "user", "(" * DEPTH + ")" * DEPTH).startswith("-ERR Error in ACL SETUSER")
    assert client.do("KEYS", "[" * DEPTH) == []
    assert client.do("MULTI") == "OK"
    assert "not allowed inside a transaction" in client.do("MULTI")
    assert client.do("DISCARD") == "OK"


def check_a8_calls_through_c_are_bounded(server, scale):
    """Whatever a script gets of it, an error or an end: the server lives."""
    ended = []
    for script in sorted(THROUGH_C):
        tried = on_small_stack(server)
        try:
            client = tried.client()
            client.socket.settimeout(60)
            reply = client.do("EVAL", script, 0)
            if reply == CLOSED or tried.process.poll() is not None or tried.client().do("PING") != "PONG":
                ended.append(script)
        finally:
            tried.stop()
    assert not ended, "the server was ended by %s" % ended
    return "%d kinds" % len(THROUGH_C)
