"""Calls from the argument tree that COMMAND DOCS gives for a command.

Every alternative and option is met alone, all options together and in reverse order, each twice, and alternatives that
exclude each other side by side. From each such base call the sweep makes the cases: other types of keys, keys that are
one, a boundary word at each place, words dropped and added.
"""

import random
from typing import NamedTuple

import vocabulary


class Slot(NamedTuple):
    kind: str  # key, integer, double, string, pattern, unix-time, token
    name: str
    word: bytes = b""


class Case(NamedTuple):
    command: str
    words: tuple
    kinds: tuple  # (key, kind) of every key that is made before
    reads: tuple  # keys that are looked at afterwards


def _once(argument):
    """The forms of an argument without its repetitions."""
    kind = argument["type"]
    if kind == "pure-token":
        return [[Slot("token", argument["name"], argument["token"].encode())]]
    if kind == "oneof":
        forms = [form for inner in argument["arguments"] for form in variants(inner)]
    elif kind == "block":
        forms = combined(argument["arguments"])
    else:
        forms = [[Slot(kind, argument["name"])]]
    return forms


def variants(argument):
    """All forms, the plain one first; a repeated one follows."""
    forms = _once(argument)
    token = argument.get("token") if argument["type"] != "pure-token" else None
    head = [Slot("token", argument["name"], token.encode())] if token is not None else []
    flags = argument.get("flags", [])
    out = [head + form for form in forms]
    if "multiple" in flags:
        again = head if "multiple_token" in flags else []
        out += [head + forms[0] + again + forms[-1] + again + forms[0]]
    return out


def combined(arguments):
    """One form after another of each of these, the others being plain; then all options at once."""
    forms = [variants(argument) for argument in arguments]
    optional = ["optional" in argument.get("flags", []) for argument in arguments]

    def call(chosen):
        return [slot for index in range(len(arguments)) for slot in chosen.get(
            index, [] if optional[index] else forms[index][0])]

    out = [call({})]
    for index, options in enumerate(forms):
        out += [call({index: option}) for option in options[0 if optional[index] else 1:]]
    options = [index for index in range(len(arguments)) if optional[index]]
    out += [call({index: forms[index][0] for index in options})] if len(options) > 1 else []
    return out


def contradictions(arguments):
    """Options twice, two of one choice, pairs of options, and all in reverse order; behind the plain call."""
    plain = [slot for argument in arguments if "optional" not in argument.get("flags", [])
             for slot in variants(argument)[0]]
    options = [form for argument in arguments if "optional" in argument.get("flags", [])
               for form in variants(argument)]
    out = [plain + one + other for one in options for other in options]
    out.append(plain + [slot for form in reversed(options) for slot in form])
    # Options that stand before the last required words (XADD, ZADD, GEOADD).
    first = plain[:1]
    out += [first + one + other + plain[1:] for one in options for other in options]
    return out if options else []


def counted(slots):
    """The slots with the counts of keys and fields filled in."""
    out = list(slots)
    for index, slot in enumerate(slots):
        following = slots[index + 1:]
        if slot.name == "numkeys":
            out[index] = slot._replace(word=b"%d" % sum(other.kind == "key" for other in following))
        elif slot.name == "numfields":
            out[index] = slot._replace(word=b"%d" % sum(other.name == "field" for other in following))
    return out


def base_calls(command, arguments):
    """Slots with words, without what is the same; keys have none yet."""
    seen, out = set(), []
    for slots in combined(arguments) + contradictions(arguments):
        indexes, filled = {}, []
        for slot in counted(slots):
            index = indexes[slot.name] = indexes.get(slot.name, -1) + 1
            if not slot.word and slot.kind not in ("key", "token"):
                slot = slot._replace(word=vocabulary.word(command, slot.name, index))
            filled.append(slot)
        if tuple(filled) not in seen:
            seen.add(tuple(filled))
            out.append(filled)
    return out


class Maker:
    """The cases of one command."""

    def __init__(self, command, row, boundaries):
        self.command, self.group, self.boundaries = command, row["group"], boundaries
        self.head = [part.encode() for part in command.split("|")]
        self.calls = base_calls(command, row.get("arguments", []))
        self.options_end = len(combined(row.get("arguments", [])))  # what follows contradicts itself
        lex = "lex" in command
        kinds = vocabulary.GROUP_KINDS.get(self.group, ["str", "missing"])
        self.kinds = ["lexset", "biglex", "missing"] if lex else kinds

    def case(self, slots, kinds, keys=None):
        """A case; kinds are for one key after another, keys their names if not made from the kinds."""
        words, made, at = list(self.head), [], 0
        for slot in slots:
            if slot.kind == "key" and not slot.word:
                kind = kinds[min(at, len(kinds) - 1)]
                name = keys[at % len(keys)] if keys else b"%s%d" % (kind.encode(), at)
                made.append((name, kind))
                words.append(name)
                at += 1
            else:
                words.append(slot.word)
        placed = {slot.word for slot in slots if slot.kind == "key" and slot.word}
        made = tuple(dict(reversed(made)).items())
        return Case(self.command, tuple(words), made, tuple([name for name, _ in made] + sorted(placed)))

    def of_keys(self, slots):
        """Every kind of key, pairs of kinds, and one key for all."""
        count = sum(slot.kind == "key" for slot in slots)
        if not count:
            yield self.case(slots, ["missing"])
            return
        for kind in vocabulary.KINDS:
            yield self.case(slots, [kind])
        if count > 1:
            for kind in self.kinds:
                for other in vocabulary.KINDS:
                    yield self.case(slots, [kind, other])
                yield self.case(slots, [kind], [b"one"])
                yield self.case(slots, [kind], [b"one", b"one", b"two"])
                yield self.case(slots, [kind], [b"one", b"two", b"two"])
                yield self.case(slots, [kind], [b"one", b"two"])

    def of_words(self, slots, kinds, places=None):
        for index, slot in enumerate(slots):
            if places is not None and (index not in places or slot.kind == "token"):
                continue
            for kind in kinds:
                for word in self.boundaries:
                    yield self.case(slots[:index] + [Slot("key" if slot.kind == "key" and word else "literal",
                                                          slot.name, word)] + slots[index + 1:], [kind])

    def of_shape(self, slots):
        kind = self.kinds[:1]
        for index in range(len(slots) + 1):
            yield self.case(slots[:index] + slots[index + 1:], kind)
            yield self.case(slots[:index] + [Slot("literal", "", b"a")] + slots[index:], kind)
        for index, slot in enumerate(slots):
            if slot.kind == "token":
                yield self.case(slots[:index] + [slot._replace(word=slot.word.lower())] + slots[index + 1:], kind)

    def of_pairs(self, slots, rng):
        """Two or three boundary words at once."""
        places = [index for index, slot in enumerate(slots) if slot.kind != "token"]
        for _ in range(40 if places else 0):
            changed = list(slots)
            for index in rng.sample(places, min(len(places), rng.choice((2, 2, 3)))):
                changed[index] = Slot("key" if slots[index].kind == "key" else "literal", "",
                                      rng.choice(self.boundaries))
            yield self.case(changed, [rng.choice(self.kinds)])

    def cases(self, limit, rng):
        """What matters most is always there; of the rest as many at random as the limit lets in."""
        first, rest = {}, {}
        first.update(dict.fromkeys(self.case(slots, self.kinds[:1]) for slots in self.calls))
        for slots in self.calls[1:self.options_end]:
            new = [index for index, slot in enumerate(slots) if slot not in self.calls[0]]
            first.update(dict.fromkeys(self.of_words(slots, self.kinds[:2], new)))
        others = self.calls[1:]
        for index, slots in enumerate(self.calls[:1] + rng.sample(others, min(len(others), 2 + limit // 12))):
            into = first if index == 0 else rest
            into.update(dict.fromkeys(self.of_keys(slots)))
            into.update(dict.fromkeys(self.of_words(slots, self.kinds)))
            into.update(dict.fromkeys(self.of_shape(slots)))
            rest.update(dict.fromkeys(self.of_pairs(slots, rng)))
        out = list(first)
        if len(out) > limit:
            out = rng.sample(out, limit)
        others = [case for case in rest if case not in first]
        return out + rng.sample(others, min(len(others), max(limit - len(out), 0)))


def random_for(seed, command):
    return random.Random("%s %s" % (seed, command))
