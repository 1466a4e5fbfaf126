"""Work that is chosen to take long: texts that collide, patterns, sorts, scripts (A14, A15)."""

import random
import threading
import time

import colliding
from client import soon, timed
from measures import others_wait, sanitized

BOUND = 1.10
# LuaJIT's strings: its own remedy comes when some tens have collided, and is slower. So it is not within the bound.
LUA_BOUND = 3
LEAST_ROUNDS, MOST_ROUNDS = 2, 20


def cpu_of(server, request, reply_bytes):
    """The processor time that a pipeline takes of the server, whatever else the machine does."""
    client = server.client()
    sender = threading.Thread(target=client.raw, args=(request,))
    before = server.cpu_seconds()
    sender.start()
    left = reply_bytes
    while left > 0:
        data = client.socket.recv(1 << 20)
        assert data, "closed"
        left -= len(data)
    sender.join()
    taken = server.cpu_seconds() - before
    assert left == 0, left
    client.close()
    return taken


PARTS, LOOK_UPS = 500, 4


def parts(texts):
    return [texts[at:at + PARTS] for at in range(0, len(texts), PARTS)]


def as_keys(client, texts):
    """Many in one command: reads and writes of sockets, which take the same whatever the texts are, take little."""
    requests = [client.encoded("MSET", *[word for text in part for word in (text, "1")]) for part in parts(texts)]
    requests += [client.encoded("EXISTS", *part) for part in parts(texts)] * LOOK_UPS
    left = len(texts) % PARTS
    exists = len(texts) // PARTS * len(":%d\r\n" % PARTS) + (len(":%d\r\n" % left) if left else 0)
    return b"".join(requests), len(parts(texts)) * len("+OK\r\n") + LOOK_UPS * exists


def as_fields(client, texts):
    """Of one hash; there they are looked up as they are changed again."""
    pairs = [[word for text in part for word in (text, "1")] for part in parts(texts)]
    once = b"".join(client.encoded("HSET", "hash", *words) for words in pairs)
    left = len(texts) % PARTS
    first = len(texts) // PARTS * len(":%d\r\n" % PARTS) + (len(":%d\r\n" % left) if left else 0)
    return once * (1 + LOOK_UPS), first + LOOK_UPS * len(parts(texts)) * len(":0\r\n")


def lua_table(client, texts):
    """As what a script indexes a table by."""
    script = ("local t = {} for i = 1, #ARGV do t[ARGV[i]] = i end "
              "for i = 1, #ARGV do t[ARGV[i]] = t[ARGV[i]] + 1 end return 1")
    return client.encoded("EVAL", script, "0", *texts), len(":1\r\n")


def settled(client):
    """Nothing is left of the texts before: no keys, and nothing that Lua's collector would free in our time."""
    assert client.do("FLUSHALL", "SYNC") == "OK"
    assert client.do("EVAL", "collectgarbage() collectgarbage() return 1", 0) == 1


def drop(server, use, texts, bound=BOUND):
    """How much more time the texts take than others of their lengths: of each the least of some rounds."""
    client, source = server.client(), random.Random(len(texts))
    others = [source.randbytes(len(text) // 2 + 1).hex().encode()[:len(text)] for text in texts]
    least = {}
    for at in range(MOST_ROUNDS):
        for name, chosen in (("colliding", texts), ("others", others)):
            settled(client)
            taken = cpu_of(server, *use(client, chosen))
            least[name] = min(taken, least.get(name, taken))
        if sanitized(server) or (at + 1 >= LEAST_ROUNDS and least["colliding"] <= bound * least["others"]):
            break
    return least["colliding"] / least["others"]


def families(scale):
    count = scale(40000, 1000000)
    made = {
        "31": colliding.times_31(count), "33": colliding.times_33(count), "murmur": colliding.murmur(count),
        "siphash low": colliding.siphash("low", scale(5, 7), count), "luajit": colliding.luajit(count),
        "siphash high": colliding.siphash("high", scale(5, 7), count),
    }
    for texts in made.values():
        assert len(set(texts)) == count
    assert len({colliding.hash_times(31, text) for text in made["31"][::count // 50]}) == 1
    assert len({colliding.hash_times(33, text, 5381) for text in made["33"][::count // 50]}) == 1
    for seed in (0, 5381):
        assert len({colliding.hash_murmur(text, seed) for text in made["murmur"][::count // 50]}) == 1
    return count, made


def check_a14_texts_that_collide_without_a_seed(server, scale):
    count, made = families(scale)
    drops = {}
    for name, texts in made.items():
        drops["keys " + name] = drop(server, as_keys, texts)
    for name in scale(("murmur",), ("31", "33", "murmur", "siphash low", "siphash high")):
        drops["fields " + name] = drop(server, as_fields, made[name])
    for name in scale(("luajit",), ("luajit", "31", "33", "murmur")):
        drops["Lua " + name] = drop(server, lua_table, made[name][:40000], LUA_BOUND)
    figure = ", ".join("%s %.2f" % one for one in drops.items())
    for name, times in drops.items():
        assert sanitized(server) or times <= (LUA_BOUND if name.startswith("Lua") else BOUND), figure
    return "%d texts; times the processor time of others (bound 1.10, in Lua 3): %s" % (count, figure)


def fill_large(client, count):
    """A sorted set, another, and a list of so many elements."""
    for name, words in (("ZADD", lambda at: (at, "member:%d" % at)), ("RPUSH", lambda at: ((at * 7919) % count,))):
        for key in ("{x}1", "{x}2") if name == "ZADD" else ("list",):
            for start in range(0, count, 10000):
                client.do(name, key, *[word for at in range(start, min(count, start + 10000)) for word in words(at)])


def check_a15_commands_that_compute_long(server, scale):
    """Others on another thread go on; with one thread there is none, but each command comes to its end."""
    threads, count = int(server.arguments[1]), scale(200000, 1000000)
    client = server.client()
    client.socket.settimeout(300)
    fill_large(client, count)
    for at in range(scale(200, 1000)):
        assert client.do("SET", "%s%d" % ("a" * 200, at), "1") == "OK"
    stars, took = "a*" * 40 + "b", {}

    def scan_all():
        cursor, found = "0", 0
        while True:
            cursor, keys = client.do("SCAN", cursor, "MATCH", stars, "COUNT", 100)
            found += len(keys)
            if cursor == "0":
                return found

    def run(name, action, expected):
        reply, took[name] = timed(action)
        assert expected is None or reply == expected, (name, str(reply)[:100])

    def attack():
        run("KEYS", lambda: client.do("KEYS", stars), [])
        run("SCAN", scan_all, 0)
        run("SORT", lambda: client.do("SORT", "list", "ALPHA", "DESC", "LIMIT", 0, 1), None)
        run("SORT BY", lambda: client.do("SORT", "list", "BY", "a*->b", "STORE", "{x}3"), count)
        run("ZINTERSTORE", lambda: client.do("ZINTERSTORE", "{x}4", 2, "{x}1", "{x}2"), count)
        run("ZUNIONSTORE", lambda: client.do("ZUNIONSTORE", "{x}5", 2, "{x}1", "{x}2"), count)

    if threads == 1:
        attack()
        p99 = "one thread"
    else:
        p99 = "others' p99 %.1f ms" % others_wait(server, attack, alone=3)[1]
    return "%s; %s" % (", ".join("%s %.2f s" % one for one in took.items()), p99)


def check_a15_scripts_without_end(server, scale):
    """BUSY comes after the threshold and not before, SCRIPT KILL ends it, PING is answered all the time."""
    threshold_ms, looker = 200, server.client()
    assert looker.do("CONFIG", "SET", "busy-reply-threshold", threshold_ms) == "OK"
    first = []

    def attack():
        for _ in range(scale(5, 100, 1000)):
            script, waits = server.client(), server.client()
            started = time.monotonic()
            script.send("EVAL", "redis.call('GET', 'k') while true do end", 0)
            time.sleep(0.01)
            reply = waits.do("SET", "k", "1")
            first.append(1000 * (time.monotonic() - started))
            assert reply.startswith("-BUSY Valkey is busy running a script"), reply
            assert first[-1] >= threshold_ms, first[-1]
            assert soon(lambda: looker.do("SCRIPT", "KILL") == "OK")
            assert "Script killed by user" in script.read()
            assert waits.do("SET", "k", "1") == "OK"
            script.close()
            waits.close()

    _, p99 = others_wait(server, attack)
    return "%d scripts; BUSY after %.0f to %.0f ms (threshold %d); others' p99 %.1f ms" % (
        len(first), min(first), max(first), threshold_ms, p99)
