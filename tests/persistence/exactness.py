"""A snapshot is the state of one instant, whatever is changed meanwhile.

Writers keep invariants in every transaction, over keys of all shards; the file must keep them too. Between snapshots the
kinds of changes differ: overwrites, deletions, moves, expiry, collections, whole databases.
"""

import random
import threading

from client import Server
from exchange import Place

PAIRS = 300
TOKENS = 200
FILLER = 20000


class Writer(threading.Thread):
    """Transactions in a pipeline until it is told to stop; any error reply is kept."""

    def __init__(self, server, seed):
        super().__init__(daemon=True)
        self.client, self.random = server.client(), random.Random(seed)
        self.ends, self.error = threading.Event(), None

    def run(self):
        try:
            while not self.ends.is_set():
                batch = [self.transaction() for _ in range(16)]
                self.client.raw(b"".join(self.client.encoded(*words) for commands in batch for words in commands))
                for commands in batch:
                    replies = [self.client.read() for _ in commands]
                    assert isinstance(replies[-1], list), replies
                    bad = [reply for reply in replies[-1] if isinstance(reply, str) and reply.startswith("-")]
                    assert not bad, bad
        except Exception as error:  # the check looks at it
            self.error = error

    def transaction(self):
        return [("MULTI",)] + self.random.choice(
            (self.twins, self.twins, self.transfer, self.token, self.collections, self.filler))() + [("EXEC",)]

    def twins(self):
        """Two counters that are always equal."""
        number = self.random.randrange(PAIRS)
        return [("INCR", "left:%d" % number), ("INCR", "right:%d" % number)]

    def transfer(self):
        """The sum of all accounts is 0."""
        amount = self.random.randrange(1000)
        return [("INCRBY", "account:%d" % self.random.randrange(PAIRS), amount),
                ("DECRBY", "account:%d" % self.random.randrange(PAIRS), amount)]

    def token(self):
        """Each token is at one of two places, or in the other database."""
        name = "token:%d" % self.random.randrange(TOKENS)
        return [("EVAL", """
            if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('RENAME', KEYS[1], KEYS[2]) end
            if redis.call('EXISTS', KEYS[2]) == 1 then return redis.call('MOVE', KEYS[2], 1) end
            redis.call('SELECT', 1) redis.call('DEL', KEYS[1], KEYS[2])
            redis.call('SELECT', 0) return redis.call('SET', KEYS[1], 'x')""", 2, name, "moved:" + name)]

    def collections(self):
        """What was pushed, added and set is as much in each."""
        number, element = self.random.randrange(20), self.random.getrandbits(60)
        return [("RPUSH", "list:%d" % number, element), ("SADD", "set:%d" % number, element),
                ("HSET", "hash:%d" % number, element, 1), ("ZADD", "sorted:%d" % number, 1, element),
                ("XADD", "stream:%d" % number, "*", "e", element)]

    def filler(self):
        """Deleted, made anew, overwritten with longer and shorter texts, given times: two keys are there together."""
        number = self.random.randrange(FILLER)
        first, second = "filler:%d" % number, "other:%d" % number
        if self.random.random() < 0.3:
            return [("DEL", first, second)]
        text = "y" * self.random.randrange(100)
        return [("SET", first, text), ("SET", second, text), ("EXPIRE", first, 1000), ("EXPIRE", second, 1000)]


def numbers(client, pattern, count):
    values = client.do("MGET", *(pattern % number for number in range(count)))
    return [int(value or 0) for value in values]


def judge(client):
    assert numbers(client, "left:%d", PAIRS) == numbers(client, "right:%d", PAIRS), "twins differ"
    assert sum(numbers(client, "account:%d", PAIRS)) == 0, "an amount is half transferred"
    for number in range(TOKENS):
        name = "token:%d" % number
        here = client.do("EXISTS", name) + client.do("EXISTS", "moved:" + name)
        assert client.do("SELECT", 1) == "OK"
        there = client.do("EXISTS", name) + client.do("EXISTS", "moved:" + name)
        assert client.do("SELECT", 0) == "OK"
        assert here + there <= 1, "%s is at two places" % name
    for number in range(20):
        sizes = {client.do(*words) for words in (("LLEN", "list:%d" % number), ("SCARD", "set:%d" % number),
                                                 ("HLEN", "hash:%d" % number), ("ZCARD", "sorted:%d" % number),
                                                 ("XLEN", "stream:%d" % number))}
        assert len(sizes) == 1, "collections of %d differ: %s" % (number, sizes)
    first = client.do("MGET", *("filler:%d" % number for number in range(FILLER)))
    assert first == client.do("MGET", *("other:%d" % number for number in range(FILLER))), "fillers differ"
    return sum(value is not None for value in first)


def disturb(server, number):
    """Once, while a snapshot is under way."""
    client = server.client()
    kinds = (lambda: None, lambda: client.do("SWAPDB", 2, 3), lambda: flush(client, 2), lambda: flush(client, 3))
    kinds[number % len(kinds)]()
    client.close()


def flush(client, database):
    """The database with all its keys goes, and some come again."""
    client.do("SELECT", database)
    client.do("FLUSHDB")
    client.do("SET", "after", "the flush")


def fill_bystanders(client):
    """Two databases of the same keys, which stay as they are until a flush: all of them, or one."""
    for database in (2, 3):
        client.do("SELECT", database)
        client.do("FLUSHDB")
        for start in range(0, 5000, 500):
            client.do("MSET", *(word for i in range(start, start + 500) for word in ("key:%d" % i, database)))
    client.do("SELECT", 0)


def judge_bystanders(client):
    for database in (2, 3):
        client.do("SELECT", database)
        size = client.do("DBSIZE")
        assert size in (0, 1, 5000), "a database of %d keys" % size
        if size == 5000:
            assert len(set(client.do("MGET", *("key:%d" % i for i in range(5000))))) == 1, "two databases are mixed"
    client.do("SELECT", 0)


def check_snapshots_are_of_one_instant(binary, arguments, rounds):
    server = Server(binary, *arguments)
    looker = server.client()
    writers = [Writer(server, seed) for seed in range(4)]
    for writer in writers:
        writer.start()
    kept = 0
    try:
        for number in range(rounds):
            fill_bystanders(looker)
            with Place() as place:
                looker.send("SAVE")
                disturb(server, number)
                assert looker.read() == "OK"
                place.take(server)
                copy = place.start(binary, *arguments)
                kept += judge(copy.client())
                judge_bystanders(copy.client())
                copy.stop()
            errors = [writer.error for writer in writers if writer.error]
            assert not errors, errors
    finally:
        for writer in writers:
            writer.ends.set()
        for writer in writers:
            writer.join()
        server.stop()
    assert kept > 0
