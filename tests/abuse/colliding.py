"""Texts that collide under hash functions that have no secret: made as an attacker makes them.

Usage: PYTHONHASHSEED=0 colliding.py low|high BITS COUNT    texts whose SipHash-1-3 under the key 0 ends or begins with
                                                            so many zero bits, each followed by a line end
"""

import itertools
import os
import pathlib
import subprocess
import sys

M = 0xC6A4A7935BD1E995
MASK = (1 << 64) - 1


def combined(pairs, count):
    """`count` texts of the one or the other part at every place."""
    places = max(1, (count - 1).bit_length())
    return [b"".join(text) for text in itertools.islice(itertools.product(*[pairs(at) for at in range(places)]), count)]


def times_31(count):
    return combined(lambda at: (b"Aa", b"BB"), count)


def times_33(count):
    return combined(lambda at: (b"Ez", b"FY"), count)


def unmixed(mixed):
    """The word that MurmurHash64A mixes to this one."""
    inverse = pow(M, -1, 1 << 64)
    word = mixed * inverse & MASK
    word ^= word >> 47
    return (word * inverse & MASK).to_bytes(8, "little")


def murmur(count):
    """Two words whose mixed top bits change: the second takes back what the first has changed, whatever the seed."""
    top = 1 << 63

    def pair(at):
        first, second = at * 0x9E3779B97F4A7C15 & MASK, at * 0xD1B54A32D192ED03 & MASK
        return unmixed(first) + unmixed(second), unmixed(first ^ top) + unmixed(second ^ top)

    return combined(pair, count)


def luajit(count):
    """LuaJIT looks at the ends, the middle and a quarter of a text unless many collide."""
    return [b"aaaa%011d" % at + b"a" * 33 for at in range(count)]


def siphash(end, bits, count):
    """Under the key 0, by this interpreter's own hash()."""
    made = subprocess.run([sys.executable, str(pathlib.Path(__file__).resolve()), end, str(bits), str(count)],
                          env={**os.environ, "PYTHONHASHSEED": "0"}, stdout=subprocess.PIPE, check=True).stdout
    return made.split()


def hash_times(factor, text, start=0):
    for byte in text:
        start = (start * factor + byte) & MASK
    return start


def hash_murmur(text, seed):
    value = seed ^ (len(text) * M & MASK)
    for at in range(0, len(text), 8):
        word = int.from_bytes(text[at:at + 8], "little") * M & MASK
        word = (word ^ word >> 47) * M & MASK
        value = (value ^ word) * M & MASK
    return value


def main():
    end, bits, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    mask = (1 << bits) - 1 if end == "low" else ((1 << bits) - 1) << (64 - bits)
    assert sys.hash_info.algorithm == "siphash13" and sys.hash_info.width == 64
    found = (text for text in map(b"key:%d".__mod__, itertools.count()) if hash(text) & mask == 0)
    sys.stdout.buffer.write(b"\n".join(itertools.islice(found, count)))


if __name__ == "__main__":
    main()
