"""Servers and pipelines of the sweep: many cases in one request, their replies cut at a marker.

A case is answered in three parts between ECHOes of the marker: the call itself, then what its keys hold. Raw bytes are
compared first; only what differs is parsed. Both servers work at the same time, on one connection each.
"""

import pathlib
import re
import select
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import processes  # noqa: E402
from ports import free_port  # noqa: E402

MARK = b"|~sweep:9d1f4c~|"
MARK_REPLY = b"$%d\r\n%s\r\n" % (len(MARK), MARK)
NOW = re.compile(rb"\b1[6-9]\d{8}(\d{3})?\b")  # the present, in seconds or milliseconds
DEADLINE = 60.0
# Small limits, so that the large encodings are met by a few elements.
SETTINGS = ("--save", "", "--hash-max-listpack-entries", "16", "--set-max-listpack-entries", "16",
            "--set-max-intset-entries", "16", "--zset-max-listpack-entries", "16", "--list-max-listpack-size", "8",
            "--slowlog-log-slower-than", "-1",  # it would show the marker
            "--enable-debug-command", "no", "--appendonly", "no", "--bind", "127.0.0.1", "--daemonize", "no")


class ServerEnded(Exception):
    """The connection ended: the server crashed, or the call closed it."""


def encoded(*words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(parts)


class Server:
    def __init__(self, binary, *arguments):
        self.binary, self.arguments, self.folder = binary, arguments, tempfile.TemporaryDirectory(prefix="sweep-")
        self.start()

    def start(self):
        self.port = free_port()
        known = SETTINGS if "redis-server-7.0" not in self.binary else ("--save", "", "--bind", "127.0.0.1")
        self.process = subprocess.Popen([self.binary, "--port", str(self.port), *known, *self.arguments],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder.name)
        deadline = time.monotonic() + 20
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", self.port), DEADLINE)
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(self.binary + " does not start") from None
                time.sleep(0.02)

    def reconnect(self):
        """A new connection; a new process if the old one is gone. Says whether it was."""
        self.socket.close()
        time.sleep(0.1)
        if self.process.poll() is not None:
            self.start()
            return True
        self.socket = socket.create_connection(("127.0.0.1", self.port), DEADLINE)
        return False

    def resident_bytes(self):
        with open("/proc/%d/statm" % self.process.pid) as statm:
            return int(statm.read().split()[1]) * 4096

    def close(self):
        self.socket.close()
        processes.end(self.process)
        self.folder.cleanup()


class Exchange:
    """One request to one server, whose reply is complete when the marker came so many times."""

    def __init__(self, server, request, marks):
        self.socket, self.request, self.marks = server.socket, memoryview(request), marks
        self.parts, self.seen, self.tail, self.ended = [], 0, b"", False

    def done(self):
        return self.ended or self.seen >= self.marks

    def send(self):
        try:
            self.request = self.request[self.socket.send(self.request[: 1 << 17]):]
        except BlockingIOError:
            pass
        except OSError:
            self.ended = True

    def receive(self):
        try:
            data = self.socket.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.ended = True
            return
        window = self.tail + data
        self.seen += window.count(MARK_REPLY)
        last = window.rfind(MARK_REPLY)
        rest = window[last + len(MARK_REPLY):] if last >= 0 else window
        self.tail = rest[-(len(MARK_REPLY) - 1):]
        self.parts.append(data)


def exchange(servers, requests, marks, deadline_s=DEADLINE):
    """The replies of each server, cut at the markers. ServerEnded has the index of who did not answer."""
    exchanges = [Exchange(server, request, marks) for server, request in zip(servers, requests)]
    for one in exchanges:
        one.socket.setblocking(False)
    end = time.monotonic() + deadline_s
    while not all(one.done() for one in exchanges):
        readers = {one.socket: one for one in exchanges if not one.done()}
        writers = {one.socket: one for one in exchanges if not one.done() and len(one.request)}
        readable, writable, _ = select.select(list(readers), list(writers), [], 1.0)
        for ready in writable:
            writers[ready].send()
        for ready in readable:
            readers[ready].receive()
        if time.monotonic() > end:
            break
    for index, one in enumerate(exchanges):
        one.socket.setblocking(True)
        if one.seen < marks:
            raise ServerEnded(index, "ended" if one.ended else "no answer in time")
    return [b"".join(one.parts).split(MARK_REPLY)[:marks] for one in exchanges]


class Reader:
    """Parses replies: a value is (kind, content), and maps are lists of pairs."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def all(self):
        """The values; what is no reply is the last one, as it is."""
        values = []
        try:
            while self.at < len(self.data):
                values.append(self.value())
        except ValueError:
            values.append((b"malformed", self.data[-200:]))
        return values

    def value(self):
        end = self.data.index(b"\r\n", self.at)
        kind, text = self.data[self.at:self.at + 1], self.data[self.at + 1:end]
        self.at = end + 2
        if text == b"-1" and kind in b"$*":
            return (kind, None)
        if kind in b"$=":
            start, self.at = self.at, self.at + int(text) + 2
            return (kind, NOW.sub(b"NOW", self.data[start:self.at - 2]))
        if kind in b"*~>":
            return (kind, [self.value() for _ in range(int(text))])
        if kind == b"%":
            return (kind, [(self.value(), self.value()) for _ in range(int(text))])
        return (kind, NOW.sub(b"NOW", text) if kind in b":$," else text)
