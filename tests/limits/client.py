"""The server under test and its clients: they can stall, stop half-way and be looked at from the side."""

import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import processes  # noqa: E402
from ports import free_port  # noqa: E402

CLOSED = "(closed)"
DEADLINE = 15.0  # seconds in which anything that is waited for must come


class Server:
    """A process of our own, with its folder; `under` is a command that runs it (strace). The first of its `files` may
    be its configuration; `data` is the file of a snapshot that it finds."""

    def __init__(self, binary, *arguments, under=(), files=None, configured=False, owner=None, data=None,
                 waits=True):
        self.binary, self.arguments = binary, arguments
        self.folder = tempfile.TemporaryDirectory(prefix="limits-")
        for name, text in (files or {}).items():
            pathlib.Path(self.folder.name, name).write_text(text)
        if data is not None:
            pathlib.Path(self.folder.name, "dump.rdb").write_bytes(data)
        if owner is not None:
            for path in [self.folder.name] + [os.path.join(self.folder.name, name) for name in files or {}]:
                os.chown(path, owner, owner)
        configuration = [os.path.join(self.folder.name, next(iter(files)))] if configured else []
        self.port = free_port()
        self.log = open(self.folder.name + "/server.log", "wb")
        self.process = subprocess.Popen(
            list(under) + [binary] + configuration +
            ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--daemonize", "no",
             "--enable-debug-command", "yes", "--dir", self.folder.name] + list(arguments),
            stdout=self.log, stderr=subprocess.STDOUT, cwd=self.folder.name)
        deadline = time.monotonic() + DEADLINE
        while True:
            try:
                self.client().close()
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("the server did not start:\n" + self.log_text()) from None
                time.sleep(0.02)
        if data is not None and waits:
            self.wait_loaded()

    def wait_loaded(self):
        client = self.client()
        while str(client.do("PING")).startswith("-LOADING"):
            time.sleep(0.02)
        client.close()

    def client(self, **options):
        return Client(("127.0.0.1", self.port), **options)

    def log_text(self):
        with open(self.log.name, errors="replace") as log:
            return log.read()[-4000:]

    def resident_bytes(self):
        with open("/proc/%d/statm" % self.process.pid) as statm:
            return int(statm.read().split()[1]) * 4096

    def peak_resident_bytes(self):
        with open("/proc/%d/status" % self.process.pid) as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))

    def forget_peak(self):
        """The peak counts from now."""
        with open("/proc/%d/clear_refs" % self.process.pid, "w") as clear:
            clear.write("5")

    def virtual_bytes(self):
        with open("/proc/%d/statm" % self.process.pid) as statm:
            return int(statm.read().split()[0]) * 4096

    def cpu_seconds(self):
        """What all its threads that live have computed, to the nanosecond."""
        total = 0
        for task in pathlib.Path("/proc/%d/task" % self.process.pid).iterdir():
            total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def descriptors(self):
        return len(list(pathlib.Path("/proc/%d/fd" % self.process.pid).iterdir()))

    def stop(self):
        processes.end(self.process)
        self.log.close()
        self.folder.cleanup()
        return self.process.returncode


class Client:
    """Speaks RESP2. A reply is text, an int, None, a list, or an error as "-..."; CLOSED when the connection ended."""

    def __init__(self, address, receive_buffer=None):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(address)
        self.file = self.socket.makefile("rb")

    @staticmethod
    def encoded(*words):
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)

    def raw(self, data):
        """Sends what the server takes; what it does not take because it has closed the connection is no error."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def send(self, *words):
        self.raw(self.encoded(*words))

    def read(self):
        try:
            line = self.file.readline()
            if not line.endswith(b"\r\n"):
                return CLOSED
            kind, text = line[:1], line[1:-2].decode("latin1")
            if kind == b":":
                return int(text)
            if kind == b"$":
                return None if text == "-1" else self.file.read(int(text) + 2)[:-2].decode("latin1")
            if kind == b"*":
                return [self.read() for _ in range(int(text))]
            return "-" + text if kind == b"-" else text
        except ConnectionError:
            return CLOSED

    def do(self, *words):
        self.send(*words)
        return self.read()

    def rest(self, seconds=0.3):
        """What comes in this time, and "<end>" if the connection ends."""
        got = b""
        self.socket.settimeout(seconds)
        try:
            while True:
                data = self.socket.recv(1 << 16)
                if not data:
                    return got + b"<end>"
                got += data
        except socket.timeout:
            return got
        except ConnectionError:
            return got + b"<end>"
        finally:
            self.socket.settimeout(DEADLINE)

    def ended(self, seconds=DEADLINE):
        """Whether the server closes the connection in this time; what it sends before is thrown away."""
        self.socket.settimeout(seconds)
        try:
            while self.socket.recv(1 << 20):
                pass
            return True
        except socket.timeout:
            return False
        except ConnectionError:
            return True
        finally:
            self.socket.settimeout(DEADLINE)

    def info(self, field):
        for line in self.do("INFO", "everything").split("\r\n"):
            name, _, value = line.partition(":")
            if name == field:
                return int(value) if value.lstrip("-").isdigit() else value
        raise KeyError(field)

    def listed(self, client_id):
        """The fields of a client in CLIENT LIST; None when it is gone."""
        for line in self.do("CLIENT", "LIST").splitlines():
            fields = dict(part.split("=", 1) for part in line.split(" "))
            if fields["id"] == str(client_id):
                return fields
        return None

    def close(self):
        self.file.close()
        self.socket.close()

    def reset(self):
        """Ends the connection by a RST: nothing of it is left on the way."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()


def soon(condition, seconds=DEADLINE):
    """Whether the condition comes true in this time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def timed(action):
    start = time.monotonic()
    result = action()
    return result, time.monotonic() - start
