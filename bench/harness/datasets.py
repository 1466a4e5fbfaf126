"""What the rows of collections are measured on: each data set as commands, made the same for every server."""
import random
import socket

from .servers import Failed

MILLION = 1_000_000


def number(index):
    """As the load generator writes {n}."""
    return b"%012d" % index


def each(count, step, command, *words):
    """`command` with `words(index)` of `step` elements at a time."""
    *head, make = words
    for start in range(0, count, step):
        request = [command.encode(), *(word.encode() for word in head)]
        for index in range(start, min(start + step, count)):
            request += make(index)
        yield request


def points(count):
    """100 km are some 4% of the square."""
    chance = random.Random(1)
    return each(count, 100, "GEOADD", "geo", lambda index: [
        b"%.6f" % chance.uniform(5, 15), b"%.6f" % chance.uniform(45, 55), b"point:" + number(index)])


def stream(count):
    for index in range(count):
        yield [b"XADD", b"stream", b"%d-1" % (index + 1), b"field", b"value:" + number(index)]


def grouped_stream(count):
    yield from stream(count)
    yield [b"XGROUP", b"CREATE", b"stream", b"group", b"0"]


def two_sets(count):
    yield from each(count, 100, "SADD", "set:1", lambda index: [b"member:" + number(index)])
    yield from each(count, 100, "SADD", "set:2", lambda index: [b"member:" + number(index + count // 2)])


def small_hashes(count):
    for index in range(count):
        yield [b"HSET", b"hash:%d" % index, *(part for field in range(8)
                                              for part in (b"field:%d" % field, b"value:%d" % (index * 8 + field)))]


# name -> (elements, what makes them of their number). Scores are a permutation, so that members come in random order.
SETS = {
    "list": (MILLION, lambda count: each(count, 100, "RPUSH", "list", lambda index: [b"item%012d" % index])),
    "long_list": (10 * MILLION, lambda count: each(count, 1000, "RPUSH", "list", lambda index: [b"item"])),
    "hash": (MILLION, lambda count: each(count, 100, "HSET", "hash", lambda index: [
        b"fiel" + number(index), b"valu" + number(index)])),
    "set": (MILLION, lambda count: each(count, 100, "SADD", "set", lambda index: [b"memb" + number(index)])),
    "zset": (MILLION, lambda count: each(count, 100, "ZADD", "zset", lambda index: [
        b"%d" % (index * 7919 % count), b"memb" + number(index)])),
    "long_zset": (5 * MILLION, lambda count: each(count, 100, "ZADD", "zset", lambda index: [
        b"%d" % index, b"memb" + number(index)])),
    "small_hashes": (300_000, small_hashes),
    "stream": (MILLION, stream),
    "grouped_stream": (100_000, grouped_stream),
    "bits": (MILLION, lambda count: iter([[b"SET", b"bits", random.Random(1).randbytes(count)]])),
    "points": (100_000, points),
    "two_sets": (100_000, two_sets),
    "nothing": (MILLION, lambda count: iter([])),
}


def encode(words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def fill(instance, name):
    """Sends a data set in pipelines of 100 commands; every reply must be no error."""
    count, make = SETS[name]
    with socket.create_connection(("127.0.0.1", instance.port), timeout=120) as connection:
        stream_ = connection.makefile("rb")
        pending, batch = 0, []
        for words in make(count):
            batch.append(encode(words))
            pending += 1
            if pending == 100:
                flush(connection, stream_, batch, pending)
                pending, batch = 0, []
        flush(connection, stream_, batch, pending)


def flush(connection, stream_, batch, pending):
    connection.sendall(b"".join(batch))
    for _ in range(pending):
        line = stream_.readline()
        if line[:1] == b"$":
            stream_.read(int(line[1:]) + 2)
        elif line[:1] not in (b"+", b":"):
            raise Failed(f"filling: {line!r}")
