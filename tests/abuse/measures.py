"""What the checks measure alike: how long other clients wait, what memory is left, and how much of each is tried."""

import json
import pathlib
import subprocess
import sys

from client import Server, soon

HERE = pathlib.Path(__file__).resolve().parent
KB, MB = 1 << 10, 1 << 20
P99_BOUND_MS = 50
ATTEMPTS = 3


class Scale:
    """Picks the counts of a run: those of CI, of the goals, or of a soak."""

    def __init__(self, name):
        self.name = name

    def __call__(self, quick, full, soak=None):
        return {"quick": quick, "full": full, "soak": full if soak is None else soak}[self.name]


def sanitized(server):
    """A sanitizer's shadow takes terabytes of addresses. Such a build's memory and speed tell nothing of the server's."""
    return server.virtual_bytes() > 1 << 40


class Helper:
    """A program of this folder beside us: none of our sockets is open in it, and it does not wait for our interpreter."""

    def __init__(self, name, *arguments):
        self.process = subprocess.Popen([sys.executable, "-B", str(HERE / name)] + [str(one) for one in arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def finish(self):
        """What it reports when it is told to stop."""
        return json.loads(self.process.communicate("stop\n", timeout=60)[0])

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


def others_wait(server, attack, alone=0):
    """Runs the attack, and returns its result and the p99 in ms of clients that ask meanwhile, within its bound.

    A second server that nobody attacks is asked in turn: what its clients wait is the machine's, with whatever else
    runs there, and is allowed twice. A burst of somebody else's work may spoil one attempt; a server that starves
    its clients spoils all. `alone`: so many of eight clients, on all threads, must be answered in time.
    """
    control = Server(server.binary, "--io-threads", "1")
    seen = []
    try:
        for _ in range(ATTEMPTS):
            witness = Helper("witness.py", server.port, control.port, *(["get"] if alone else []))
            try:
                result = attack()
                report = witness.finish()
            finally:
                witness.kill()
            assert report["broken"] == "", report
            seen.append(report)
            p99 = report["each_p99_ms"][alone - 1] if alone else report["p99_ms"]
            if sanitized(server) or p99 <= P99_BOUND_MS + 2 * report["control_p99_ms"]:
                return result, p99
        raise AssertionError("others waited too long: %s" % seen)
    finally:
        control.stop()


class Memory:
    """The server's memory before an attack, with some data in it, and what of it the attack took and left."""

    BALLAST = 64 * MB

    def __init__(self, server, looker):
        self.server, self.looker = server, looker
        assert looker.do("SET", "ballast", b"b" * self.BALLAST) == "OK"
        looker.info("used_memory")
        self.before, self.used, self.most = server.resident_bytes(), looker.info("used_memory"), 0

    def sample(self):
        self.most = max(self.most, self.server.resident_bytes() - self.before)
        return self.most

    def each(self, count, bound):
        """The growth divided by the count of those who caused it, in KB, within its bound."""
        each = self.sample() / count / KB
        assert sanitized(self.server) or each <= bound, "%.1f KB each, of %d" % (each, count)
        return each

    def is_back(self):
        """Within a tenth of what it was; the server may take its time, but it must come."""
        if sanitized(self.server):
            return "sanitizer"
        good = soon(lambda: self.server.resident_bytes() <= self.before * 1.1
                    and self.looker.info("used_memory") <= self.used * 1.1, 30)
        left = self.server.resident_bytes() / self.before
        assert good, "memory is %.2f of what it was; used %d of %d" % (
            left, self.looker.info("used_memory"), self.used)
        return "%.2f" % left


def cpu_share(server, seconds, waiting):
    """How much of a processor the server takes in this time."""
    before = server.cpu_seconds()
    waiting(seconds)
    return (server.cpu_seconds() - before) / seconds
