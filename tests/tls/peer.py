"""The server under test with its TLS port, and clients of it: over TLS, over TLS that dawdles, and plain."""

import pathlib
import socket
import ssl
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import processes  # noqa: E402
from ports import free_port  # noqa: E402

CLOSED = "(closed)"
DEADLINE = 30.0  # seconds in which anything that is waited for must come


class Server:
    """A process of our own. `files` is the certificates.Folder that it serves with."""

    def __init__(self, binary, files, folder, *arguments, plain=True, waits=True):
        self.files, self.binary = files, binary
        self.port, self.tls_port = free_port() if plain else 0, free_port()
        self.log_name = str(pathlib.Path(folder) / "server.log")
        self.log = open(self.log_name, "ab")
        self.process = subprocess.Popen(
            [binary, "--port", str(self.port), "--bind", "127.0.0.1", "--tls-port", str(self.tls_port), "--save", "",
             "--dir", str(folder), "--loglevel", "debug", "--hide-user-data-from-log", "no"] + list(arguments),
            stdout=self.log, stderr=subprocess.STDOUT, cwd=str(folder))
        if waits:
            eventually(self.accepts, "the server does not start")

    def accepts(self):
        if self.process.poll() is not None:
            raise AssertionError("the server did not start:\n" + self.log_text())
        try:
            socket.create_connection(("127.0.0.1", self.tls_port)).close()
            return True
        except OSError:
            return False

    def plain(self):
        return Client(socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE))

    def do(self, *words):
        client = self.plain()
        reply = client.do(*words)
        client.close()
        return reply

    def context(self, certificate=None, authority="ca"):
        context = ssl.create_default_context(cafile=self.files.file(authority + ".crt"))
        if certificate is not None:
            context.load_cert_chain(*self.files.pair(certificate))
        return context

    def tls(self, certificate=None, context=None, session=None, **options):
        raw = socket.create_connection(("127.0.0.1", self.tls_port), timeout=DEADLINE)
        for name, value in options.items():
            raw.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
        context = context or self.context(certificate)
        return Client(context.wrap_socket(raw, server_hostname="localhost", session=session))

    def s_client(self, *arguments, lines=("PING\r\n",), seconds=0.5):
        """What openssl's own client shows and reads. It sends the lines, waits after each, and ends. A line that begins
        with R, K or k is an order to it."""
        process = subprocess.Popen(["openssl", "s_client", "-connect", "127.0.0.1:%d" % self.tls_port, "-CAfile",
                                    self.files.file("ca.crt"), *arguments], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            for line in lines:
                process.stdin.write(line)
                process.stdin.flush()
                time.sleep(seconds)
        except BrokenPipeError:
            pass
        output = process.communicate(timeout=DEADLINE)[0]
        return output

    def log_text(self):
        with open(self.log_name, errors="replace", encoding="utf-8") as log:
            return log.read()

    def resident_bytes(self):
        with open("/proc/%d/statm" % self.process.pid, encoding="ascii") as statm:
            return int(statm.read().split()[1]) * 4096

    def info(self, field):
        text = self.do("INFO", "everything")
        return next(line.split(":", 1)[1] for line in text.split("\r\n") if line.startswith(field + ":"))

    def stop(self):
        processes.end(self.process)
        self.log.close()
        return self.process.returncode


class Client:
    """Speaks RESP2. A reply is text, an int, None, a list, or an error as "-..."; CLOSED when the connection ended."""

    def __init__(self, connected):
        self.socket = connected
        self.file = connected.makefile("rb", buffering=1 << 16)

    @staticmethod
    def encoded(*words):
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)

    def raw(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            pass

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
        except (ConnectionError, ssl.SSLError):
            return CLOSED

    def do(self, *words):
        self.raw(self.encoded(*words))
        return self.read()

    def close(self):
        self.file.close()
        self.socket.close()


class Dawdler:
    """A TLS client whose bytes the test moves itself: as few at a time, as late, or as wrong as it likes."""

    def __init__(self, server, context):
        self.socket = socket.create_connection(("127.0.0.1", server.tls_port), timeout=DEADLINE)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")

    def step(self):
        """One step of the handshake: the bytes that are to be sent, and whether it is done."""
        try:
            self.tls.do_handshake()
            return self.outgoing.read(), True
        except ssl.SSLWantReadError:
            return self.outgoing.read(), False

    def receive(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionError("closed in the handshake")
        self.incoming.write(data)

    def shake_hands(self, piece=1, pause_s=0.0):
        while True:
            data, done = self.step()
            for at in range(0, len(data), piece):
                self.socket.sendall(data[at:at + piece])
                if pause_s:
                    time.sleep(pause_s)
            if done:
                return
            self.receive()

    def encrypted(self, data):
        self.tls.write(data)
        return self.outgoing.read()

    def close(self):
        self.socket.close()


def eventually(holds, what, seconds=DEADLINE):
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError("in vain was waited for: " + what)
        time.sleep(0.02)


def expect(actual, wanted, what=""):
    if actual != wanted:
        raise AssertionError("%s: got %r, wanted %r" % (what, str(actual)[:300], str(wanted)[:300]))


def expect_in(part, text, what=""):
    if part not in text:
        raise AssertionError("%s: no %r in %r" % (what, part, text[-600:]))
