"""Calls with very many arguments, made from the grammar's repetitions, and our memory afterwards.

Every command whose grammar repeats something is called with so many arguments on an empty server: the replies and the
number of keys must be the reference's, and PING is answered. After FLUSHALL our resident memory may have grown by what
one request takes, and no further: the bound counts the bytes sent.
"""

import time

import vocabulary
from session import MARK, NOW, Reader, ServerEnded, encoded, exchange

import judge
import policy

# Buffers are kept for a while, and freed blocks by the allocator: what was measured is far less.
RESIDENT_FIXED_BYTES, RESIDENT_PER_BYTE = 32 << 20, 4
SKIPPED = {
    "sort": "a lookup of every element each GET", "sort_ro": "a lookup of every element each GET",
}

# What is called with a million arguments in the common form; --all-huge takes every command.
MILLION = {"del", "exists", "mget", "mset", "sadd", "sunion", "hset", "hmget", "zadd", "lpush", "pfadd", "xadd"}


def repetitions(argument):
    """The repeated arguments in this one."""
    if "multiple" in argument.get("flags", []):
        yield argument
    for inner in argument.get("arguments", []) or []:
        if isinstance(inner, dict):
            yield from repetitions(inner)


def leaves(argument):
    """The plain words of an argument: (slot name, kind or token)."""
    kind = argument["type"]
    head = [(argument["name"], "token", argument["token"])] if argument.get("token") and kind != "pure-token" else []
    if kind == "pure-token":
        return [(argument["name"], "token", argument["token"])]
    if kind == "oneof":
        return head + leaves(argument["arguments"][0])
    if kind == "block":
        return head + [leaf for inner in argument["arguments"] if "optional" not in inner.get("flags", [])
                       for leaf in leaves(inner)]
    return head + [(argument["name"], kind, None)]


def word_of(command, leaf, index):
    name, kind, token = leaf
    if kind == "token":
        return token.encode()
    if kind in ("key", "string", "pattern"):
        return b"%d" % (1000000 + index) if name != "encoding" else b"u8"
    return vocabulary.word(command, name, index)


def repeated_words(command, argument, count):
    """About so many words: the argument again and again, each with another number in it."""
    form = leaves(argument)
    head = []
    if argument.get("token") and "multiple_token" not in argument["flags"] and argument["type"] != "pure-token":
        head, form = [argument["token"].encode()], form[1:]
    times = max(count // len(form), 1)
    return head + [word_of(command, leaf, index) for index in range(times) for leaf in form], times


def calls_of(command, row, count):
    """A call for each repetition among the arguments; counts of keys and fields are right."""
    arguments = row["arguments"]
    for argument in arguments:
        for repeated in list(repetitions(argument))[:1]:
            many, times = repeated_words(command, repeated, count)
            words = [part.encode() for part in command.split("|")]
            for other in arguments:
                if other is argument:
                    words += many if other is repeated else around(command, other, repeated, (many, times))
                elif "optional" not in other.get("flags", []):
                    # As many keys as weights.
                    both = other["type"] == "key" and "multiple" in other.get("flags", []) and len(arguments) > 2
                    words += repeated_words(command, other, times)[0] if both else plain_words(command, other, times)
            yield words


def around(command, argument, repeated, repetition):
    """The words of an argument with the repeated one inside; the repetition is its words and how often."""
    many, times = repetition
    if argument is repeated:
        return many
    if repeated not in list(repetitions(argument)):
        return plain_words(command, argument, times)
    out = [argument["token"].encode()] if argument.get("token") else []
    inner = argument["arguments"]
    if argument["type"] == "oneof":
        inner = [one for one in inner if repeated in list(repetitions(one))]
    for one in inner:
        if one is repeated or "optional" not in one.get("flags", []):
            out += around(command, one, repeated, repetition)
    return out


def plain_words(command, argument, times):
    out = []
    for leaf in leaves(argument):
        name, kind, _ = leaf
        if name in ("numkeys", "numfields"):
            out.append(b"%d" % times)
        elif kind == "key":
            out.append(b"k")
        else:
            out.append(word_of(command, leaf, 0) if kind == "token" else vocabulary.word(command, name, 0))
    return out


def same(command, ours, reference):
    if NOW.sub(b"NOW", ours) == NOW.sub(b"NOW", reference):
        return True
    how = policy.comparison_of(command)
    if how == "exact":
        return False
    values = [[judge.canonical(value, how) for value in Reader(part).all()] for part in (ours, reference)]
    return values[0] == values[1]


def check_call(servers, command, row, words, report):
    echo = encoded(b"ECHO", MARK)
    call = encoded(*words)
    title = "%s with %d arguments" % (command, len(words) - 1)
    if "blocking" in row["flags"]:
        call = encoded(b"MULTI") + call + encoded(b"EXEC")
    kind = vocabulary.GROUP_KINDS.get(row["group"], ["str"])[0]
    made = b"".join(judge.building(vocabulary.KINDS[kind], key) for key in (b"k", b"1000000"))
    after = encoded(b"PING") + encoded(b"DBSIZE") + echo
    request = encoded(b"RESET") + encoded(b"FLUSHALL") + made + echo + call + echo + after
    try:
        ours, reference = exchange(servers, [request] * 2, 3)
    except ServerEnded as ended:
        gone = [server.reconnect() for server in servers]
        report.check(False, title, "%s did not answer: %s, process gone: %s" % (
            ("our server", "the reference")[ended.args[0]], ended.args[1], gone))
        return 0
    good = same(command, ours[1], reference[1]) and ours[2] == reference[2]
    report.check(good, title, "ours:      %r %r" % (ours[1][:200], ours[2]),
                 "reference: %r %r" % (reference[1][:200], reference[2]))
    return len(call)


def settled_bytes(server):
    """Our memory once large values are freed, and what is free is given back: both happen in the background."""
    samples = []
    for _ in range(15):
        samples.append(server.resident_bytes())
        if len(samples) > 3 and len(set(samples[-3:])) == 1:
            break
        time.sleep(1)
    return samples[-1]


def counts_of(command, options):
    if options.quick:
        return (20000,)
    return (100000, 1000000) if options.all_huge or command in MILLION else (100000,)


def check_all(servers, rows, options, report):
    clear = encoded(b"RESET") + encoded(b"FLUSHALL") + encoded(b"ECHO", MARK)
    exchange(servers, [clear] * 2, 1)
    before, largest, calls, start = settled_bytes(servers[0]), 0, 0, time.monotonic()
    for command, row in rows.items():
        for count in counts_of(command, options) if command not in SKIPPED else ():
            for words in calls_of(command, row, count):
                began = time.monotonic()
                largest = max(largest, check_call(servers, command, row, words, report))
                calls += 1
                if time.monotonic() - began > 3:
                    print("      slow: %s with %d arguments: %.1f s" % (command, len(words), time.monotonic() - began))
    exchange(servers, [clear] * 2, 1)
    after = settled_bytes(servers[0])
    bound = before + RESIDENT_FIXED_BYTES + RESIDENT_PER_BYTE * largest
    print("%d huge calls, the largest of %.1f MB: resident memory %.1f MB before, %.1f MB after; %.0f s" % (
        calls, largest / 1e6, before / 1e6, after / 1e6, time.monotonic() - start))
    report.check(after <= bound, "resident memory after huge calls", "%d bytes, the bound is %d" % (after, bound))
