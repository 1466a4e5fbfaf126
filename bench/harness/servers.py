"""The servers that are compared: where they are, and one running instance of one of them."""
import os
import pathlib
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import time

from . import machine

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import processes  # noqa: E402
from ports import free_port  # noqa: E402

# name -> (label, file names to look for). The first that is there becomes the subject, valkey91 the reference.
KNOWN = {
    "sigrun": ("Sigrun", ["sigrun-server"]),
    "valkey91": ("Valkey 9.1", ["valkey-server-9.1"]),
    "valkey81": ("Valkey 8.1", ["valkey-server-8.1"]),
    "redis80": ("Redis 8.0", ["redis-server-8.0"]),
}


class Failed(Exception):
    """A server or the load generator did not do what a row needs; the row is left out for that server."""


class Server:
    """A program that can be started: `path`, and arguments that come before those of the row."""

    def __init__(self, name, label, command):
        self.name, self.label, self.command = name, label, command

    def version(self):
        done = subprocess.run([*self.command[:1], "--version"], capture_output=True, text=True)
        found = re.search(r"\bv=(\S+)", done.stdout)
        return found[1] if found else (done.stdout.strip().splitlines() or ["unknown"])[0]


def find_servers(repository, extra):
    """The known servers that are there, then those of `--server NAME=PATH [arguments]`, which win over known ones."""
    folders = [pathlib.Path(repository) / "build/release", pathlib.Path(repository) / "build/peers",
               pathlib.Path(os.environ.get("SIGRUN_PEERS", "/tmp/peers"))]
    found = {}
    for name, (label, files) in KNOWN.items():
        paths = [folder / file for folder in folders for file in files if (folder / file).exists()]
        if paths:
            found[name] = Server(name, label, [str(paths[0])])
    for text in extra:
        name, _, command = text.partition("=")
        words = shlex.split(command)
        if not name or not words or not pathlib.Path(words[0]).exists():
            raise SystemExit(f"--server {text}: give NAME=PATH [arguments], and PATH must exist")
        label = KNOWN[name][0] if name in KNOWN else name
        found[name] = Server(name, label, words)
    return found


class Instance:
    """A running server with an empty keyspace, on a free loopback port, in a folder of its own."""

    def __init__(self, server, threads=1, processors=machine.SERVER, arguments=()):
        self.server = server
        self.folder = tempfile.TemporaryDirectory(prefix="sigrun-bench-")
        self.log = open(os.path.join(self.folder.name, "log"), "w+")
        self.port = free_port()
        command = [*server.command, "--port", str(self.port), "--bind", "127.0.0.1", "--daemonize", "no",
                   "--dir", self.folder.name, "--save", "", "--appendonly", "no", "--io-threads", str(threads),
                   *arguments]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
                                        preexec_fn=machine.pinned(processors))
        self.pid = self.process.pid
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def wait_until_ready(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Failed(f"did not start: {self.last_words()}")
            try:
                if self.ask("PING") == "PONG":
                    return
            except OSError:
                time.sleep(0.05)
        raise Failed("did not answer PING in 20 s")

    def ask(self, *words):
        """One command, one reply (a simple, an integer or a bulk string). An error reply raises Failed."""
        request = b"*%d\r\n" % len(words)
        for word in words:
            data = str(word).encode()
            request += b"$%d\r\n%s\r\n" % (len(data), data)
        with socket.create_connection(("127.0.0.1", self.port), timeout=120) as connection:
            connection.sendall(request)
            stream = connection.makefile("rb")
            line = stream.readline().decode().rstrip("\r\n")
            if line[:1] == "$":
                return stream.read(int(line[1:])).decode()
            if line[:1] in ("+", ":"):
                return line[1:]
            raise Failed(f"{' '.join(map(str, words))}: {line or 'connection closed'}")

    def memory_field(self, name):
        for line in self.ask("INFO", "memory").splitlines():
            key, _, value = line.partition(":")
            if key == name:
                return int(value)
        raise Failed(f"INFO memory has no {name}")

    def resident(self):
        """Resident bytes (VmRSS)."""
        return int(machine.first_field(f"/proc/{self.pid}/status", "VmRSS").split()[0]) * 1024

    def settled_resident(self, seconds=15):
        """Resident bytes once they have not moved by 0.1% for a second: a table may still be growing."""
        deadline = time.monotonic() + seconds
        last, since = self.resident(), time.monotonic()
        while time.monotonic() < deadline and time.monotonic() - since < 1:
            time.sleep(0.1)
            current = self.resident()
            if abs(current - last) > 0.001 * last:
                last, since = current, time.monotonic()
        return self.resident()

    def alive(self):
        return self.process.poll() is None

    def last_words(self):
        self.log.flush()
        with open(self.log.name) as file:
            return " | ".join(file.read().strip().splitlines()[-3:])

    def stop(self):
        processes.end(self.process, 10)
        self.log.close()
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
