"""No descriptors, no address space, no threads: the server goes on, idles, and recovers (A10)."""

import contextlib
import os
import resource
import shutil
import subprocess
import tempfile
import time

from client import CLOSED, Server, soon
from crowds import FULL, connect
from measures import cpu_share, sanitized

MB = 1 << 20
BUSY_BOUND = 0.10
UNPRIVILEGED = 61234  # a user of whom nothing else runs here


def without_rights(*limits):
    """Root may pass every limit; so the server is run without that right."""
    drop = ["setpriv", "--bounding-set=-sys_resource", "--inh-caps=-sys_resource"] if os.getuid() == 0 else []
    return ["prlimit", *(limits or ["--core=0"]), *drop]


class Unprivileged:
    """A server of a user whom limits bind, and whose threads alone count against them."""

    FILES = {"server.conf": "maxclients 500\n", "users.acl": "user default on nopass ~* &* +@all\n"}

    def __init__(self, binary, threads):
        self.folder = tempfile.TemporaryDirectory(prefix="abuse-")
        os.chmod(self.folder.name, 0o755)
        copy = shutil.copy(binary, self.folder.name)  # where this user can read it
        root = os.getuid() == 0
        user = ["setpriv", "--reuid=%d" % UNPRIVILEGED, "--regid=%d" % UNPRIVILEGED, "--clear-groups"] if root else []
        self.server = Server(copy, "--io-threads", threads, "--aclfile", "users.acl", files=self.FILES, configured=True,
                             under=user, owner=UNPRIVILEGED if root else None)
        self.server.as_its_user = user

    def stop(self):
        self.server.stop()
        self.folder.cleanup()


@contextlib.contextmanager
def limited(server, name, value):
    """The soft limit of a server that runs, set as its user, for as long as the block."""
    def prlimit(*arguments):
        return subprocess.run([*server.as_its_user, "prlimit", "--pid", str(server.process.pid), *arguments],
                              check=True, capture_output=True, text=True).stdout

    before = prlimit("--%s" % name, "--noheadings", "--raw", "--output=SOFT").strip()
    prlimit("--%s=%d:" % (name, value))
    try:
        yield
    finally:
        prlimit("--%s=%s:" % (name, before))


def idles(server, seconds):
    """The share of a processor that it takes, with what the test has made wait."""
    share = cpu_share(server, seconds, time.sleep)
    assert share < BUSY_BOUND, "%.0f %% of a processor" % (100 * share)
    return share


def started_with_64_descriptors(binary, threads, seconds):
    server = Server(binary, "--io-threads", threads, under=without_rights("--nofile=64:64"))
    try:
        looker = server.client()
        most = int(looker.do("CONFIG", "GET", "maxclients")[1])
        assert 0 < most < 64, most
        crowd = [connect(server) for _ in range(most - 1)]
        assert soon(lambda: looker.info("connected_clients") == most)
        for _ in range(100):
            one = connect(server)
            assert one.recv(100) == FULL
            one.close()
        share = idles(server, seconds)
        for one in crowd:
            one.close()
        assert soon(lambda: looker.info("connected_clients") == 1)
        assert server.client().do("PING") == "PONG"
        return share
    finally:
        server.stop()


def descriptors_run_out(server, looker, seconds):
    """Whoever comes waits in the kernel; files are not written, which is told; and when there are some, all goes on."""
    with limited(server, "nofile", server.descriptors()):
        waiting = [connect(server) for _ in range(20)]
        for one in waiting:
            one.sendall(b"PING\r\n")
        share = idles(server, seconds)
        assert looker.do("PING") == "PONG"
        for words in (("CONFIG", "REWRITE"), ("ACL", "SAVE")):
            reply = looker.do(*words)
            assert reply.startswith("-ERR"), (words, reply)
    for one in waiting:
        assert one.recv(100) == b"+PONG\r\n"
        one.close()
    assert looker.do("CONFIG", "REWRITE") == "OK"
    assert looker.do("ACL", "SAVE") == "OK"
    assert soon(lambda: looker.info("connected_clients") == 1)
    return share


def threads_run_out(server, looker, seconds):
    """CONFIG SET io-threads wants another thread."""
    count = int(looker.do("CONFIG", "GET", "io-threads")[1])
    with limited(server, "nproc", 0):
        reply = looker.do("CONFIG", "SET", "io-threads", count + 1)
        assert reply.startswith("-ERR"), reply
        share = idles(server, seconds)
        assert looker.do("CONFIG", "GET", "io-threads")[1] == str(count)
        assert [server.client().do("PING") for _ in range(4)] == ["PONG"] * 4
    return share


def ends_when_no_memory_is_left(binary, threads):
    """A value of 256 MB that cannot be had: as with Valkey the process ends, at once, and its log says why."""
    server = Server(binary, "--io-threads", threads)
    try:
        looker = server.client()
        resource.prlimit(server.process.pid, resource.RLIMIT_AS, [server.virtual_bytes() + 32 * MB] * 2)
        assert looker.do("SETRANGE", "large", 256 * MB, "x") == CLOSED
        assert soon(lambda: server.process.poll() is not None)
        assert server.process.returncode != 0
        with open(server.log.name, errors="replace") as log:
            assert "memory" in log.read().lower()
    finally:
        server.stop()


def check_a10_descriptors_threads_and_memory_run_out(server, scale):
    threads = server.arguments[1]
    rounds, seconds, shares = scale(3, 200, 2000), scale(0.3, 0.5), {}

    def note(name, share):
        shares[name] = max(share, shares.get(name, 0))

    unprivileged = Unprivileged(server.binary, threads)
    tried = unprivileged.server
    try:
        looker = tried.client()
        for at in range(rounds):
            note("descriptors", descriptors_run_out(tried, looker, seconds))
            note("threads", threads_run_out(tried, looker, seconds))
            if at % 10 == 0:
                note("ulimit 64", started_with_64_descriptors(server.binary, threads, seconds))
                if not sanitized(tried):
                    ends_when_no_memory_is_left(server.binary, threads)
    finally:
        unprivileged.stop()
    return "%d rounds; share of a processor at most %s (bound 10 %%)" % (
        rounds, ", ".join("%.1f %% without %s" % (100 * share, name) for name, share in shares.items()))
