"""What the sweep leaves out, compares less than exactly, and knows to differ; each with its reason."""

import fnmatch

# Commands that cannot be swept from outside; a pattern of names.
SKIPPED = {
    "shutdown": "ends the server",
    "debug": "stops or changes the server itself; off by default",
    "monitor": "its stream never ends",
    "subscribe": "the connection takes no other commands afterwards; tests/transcripts/pubsub",
    "psubscribe": "as subscribe", "ssubscribe": "as subscribe",
    "unsubscribe": "changes the count of replies", "punsubscribe": "as unsubscribe", "sunsubscribe": "as unsubscribe",
    "quit": "closes the connection; tests/transcripts/connection",
    "client|kill": "closes the connection; tests/transcripts/connection",
    "client|pause": "stops the connection too; tests/transcripts/connection",
    "client|reply": "the count of replies is no longer known; tests/transcripts/connection",
    "multi": "replies of what follows are of no single command; blocking commands run in MULTI here",
    "script|debug": "the debugger takes the connection over",
    "command*": "prose, and tests/command_table does it at random",
    "acl|setuser": "changes rights for all later commands; tests/transcripts/acl", "acl|deluser": "as acl|setuser",
    "acl|load": "as acl|setuser", "acl|save": "disk",
    "cluster*": "cluster mode is off: every call is one error",
    "migrate": "needs a third server; tests/migrate",
    "config|get": "ports, folders and sizes are the server's own",
    "config|rewrite": "disk",
    "pfselftest": "slow",
    "memory|malloc-stats": "the allocator's own",
    "hotkeys*": "ours alone; tests/limits/operations.py", "memory|top": "as hotkeys",
}

# "unordered": elements in any order; "shape": kind and number only, errors exactly; "number": integers may differ a
# little (times); "kind": only whether it is an error, and which.
COMPARISONS = {
    "keys": "unordered", "sinter": "unordered", "sunion": "unordered", "sdiff": "unordered", "smembers": "unordered",
    "hgetall": "unordered", "hkeys": "unordered", "hvals": "unordered", "pubsub|channels": "unordered",
    "config|set": "exact", "ttl": "number", "pttl": "number", "httl": "number", "hpttl": "number",
    "expiretime": "number", "pexpiretime": "number", "hexpiretime": "number", "hpexpiretime": "number",
    "object|idletime": "number", "xpending": "number", "xinfo|stream": "number", "xinfo|consumers": "number",
    "time": "shape", "randomkey": "kind", "acl|cat": "unordered", "acl|genpass": "shape", "acl|log": "kind",
    "srandmember": "shape", "zrandmember": "shape", "hrandfield": "shape", "spop": "shape", "scan": "kind",
    "sscan": "kind", "hscan": "kind", "zscan": "kind", "info": "kind", "hello": "kind", "client|id": "kind",
    "client|info": "kind", "client|list": "kind", "memory|usage": "kind", "memory|stats": "kind",
    "memory|doctor": "kind", "object|refcount": "kind", "object|freq": "kind", "lolwut": "kind",
    "latency*": "kind", "slowlog*": "kind", "commandlog*": "kind", "*|help": "kind", "clusterscan": "kind",
}
# What these change is chosen at random: only how much is left is compared.
RANDOM_EFFECT = {"spop"}


def skip_reason(command):
    return next((reason for name, reason in SKIPPED.items() if fnmatch.fnmatchcase(command, name)), None)


def comparison_of(command):
    if command.endswith("|help"):
        return "kind"
    return next((how for name, how in COMPARISONS.items() if fnmatch.fnmatchcase(command, name)), "exact")


def _has_kind(*kinds):
    return lambda case: any(kind in kinds for _, kind in case.kinds)


def _has_odd_text(case):
    return any(b"\x00" in word for word in case.words)


def _redirects_to_first(case):
    words = [word.upper() for word in case.words]
    return (b"REDIRECT", b"1") in zip(words, words[1:])


# (commands, what the calls have in common, reason).
ACCEPTED = [
    ("dump", _has_kind("bigset", "bighash", "stream"), "in the order of a hash table; the time of a delivery"),
    ("client|list", _has_odd_text, "texts with a NUL are refused whole; docs/COMPATIBILITY.md"),
    ("client|tracking", _redirects_to_first, "which clients there are is not the same at both"),
]


class Acceptance:
    """Which entries were met."""

    def __init__(self):
        self.met = [0] * len(ACCEPTED)

    def reason(self, case):
        for index, (commands, fits, why) in enumerate(ACCEPTED):
            if fnmatch.fnmatchcase(case.command, commands) and fits(case):
                self.met[index] += 1
                return why
        return None

    def unmet(self):
        return [ACCEPTED[index] for index, count in enumerate(self.met) if not count]
