"""The RESP side of the transcript runner: a connection that sends commands and turns each reply into a tree.

Shape: a Node is one printed line and its children. Every RESP2 and RESP3 type prints differently, so two replies
  print alike only if they are the same bytes (but for a map that the server sends in another order).
Limits: a value that nests deeper than Python's recursion limit fails the run.
"""

import socket
import time


class Node:
    """One line of a rendered reply, with the lines that belong below it."""

    def __init__(self, text, children=None):
        self.text = text
        self.children = children or []

    def lines(self, depth=0):
        yield "  " * depth + self.text
        for child in self.children:
            yield from child.lines(depth + 1)

    def same(self, other):
        return list(self.lines()) == list(other.lines())


ESCAPES = {0x22: '\\"', 0x5C: "\\\\", 0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x07: "\\a", 0x08: "\\b"}


def quoted(data):
    """The bytes between double quotes, as redis-cli prints them."""
    return '"' + escaped(data) + '"'


def escaped(data):
    return "".join(ESCAPES.get(b) or (chr(b) if 0x20 <= b < 0x7F else "\\x%02x" % b) for b in data)


def bare(data):
    """Escaped, for the end of a line: a space there would be lost on the reader, and in editors."""
    text = escaped(data)
    return text[:-1] + "\\x20" if text.endswith(" ") else text


def text_node(kind, data):
    """A string; one of several lines is printed a line each, so that a part of it can be a wildcard."""
    if data.count(b"\n") > 1 and len(data) > 60:
        pieces = data.split(b"\n")
        lines = [quoted(piece + b"\n") for piece in pieces[:-1]] + ([quoted(pieces[-1])] if pieces[-1] else [])
        return Node("(%s lines)" % kind, [Node(line) for line in lines])
    return Node(quoted(data) if kind == "bulk" else "(%s %s)" % (kind, quoted(data)))


def is_plain(text):
    """Whether a simple string can be printed bare without looking like anything else."""
    return bool(text) and text[0].isalnum() and not text.startswith("error:") and " => " not in text


class Closed(Exception):
    pass


class Silent(Exception):
    """The server sent nothing, or only a part of a value, before the deadline."""


class Connection:
    def __init__(self, address, timeout=5.0):
        self.socket = socket.create_connection(address, timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.deadline = None

    def close(self):
        self.socket.close()

    def send(self, arguments):
        parts = [b"*%d\r\n" % len(arguments)]
        for argument in arguments:
            parts.append(b"$%d\r\n%s\r\n" % (len(argument), argument))
        self.send_raw(b"".join(parts))

    def send_raw(self, data):
        try:
            self.socket.settimeout(5.0)
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # The read that follows reports it as closed.

    def fill(self):
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise Silent()
        self.socket.settimeout(remaining)
        try:
            data = self.socket.recv(1 << 16)
        except socket.timeout:
            raise Silent() from None
        except ConnectionError:
            raise Closed() from None
        if not data:
            raise Closed()
        self.buffer += data

    def line(self):
        while b"\r\n" not in self.buffer:
            self.fill()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def exactly(self, count):
        while len(self.buffer) < count + 2:
            self.fill()
        data, end, self.buffer = self.buffer[:count], self.buffer[count:count + 2], self.buffer[count + 2:]
        if end != b"\r\n":
            raise ValueError("a bulk of %d bytes is not followed by CRLF: %r" % (count, end))
        return data

    def read(self, seconds):
        """The next value as a tree. Raises Silent or Closed."""
        self.deadline = time.monotonic() + seconds
        before = self.buffer
        try:
            return self.value()
        except Silent:
            if self.buffer != before:
                raise ValueError("only a part of a value came: %r" % before[:200]) from None
            raise

    def value(self):
        line = self.line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            text = bare(rest)
            return Node(text if is_plain(text) else "(simple %s)" % quoted(rest))
        if kind == b"-":
            return Node("error: " + bare(rest))
        if kind == b":":
            return Node("(int %s)" % escaped(rest))
        if kind == b"$":
            return Node("(null bulk)") if rest == b"-1" else text_node("bulk", self.exactly(int(rest)))
        if kind == b"*":
            return Node("(null array)") if rest == b"-1" else self.aggregate("array", int(rest))
        if kind == b"~":
            return self.aggregate("set", int(rest))
        if kind == b">":
            return self.aggregate("push", int(rest))
        if kind == b"%":
            return self.pairs("map", int(rest))
        if kind == b"|":
            attribute = self.pairs("attribute", int(rest))
            attribute.children.append(self.value())
            return attribute
        if kind == b"_":
            return Node("(null)")
        if kind == b"#":
            return Node("(true)" if rest == b"t" else "(false)")
        if kind == b",":
            return Node("(double %s)" % escaped(rest))
        if kind == b"(":
            return Node("(big %s)" % escaped(rest))
        if kind == b"=":
            data = self.exactly(int(rest))
            return text_node("verbatim " + escaped(data[:3]), data[4:])
        if kind == b"!":
            return Node("(blob error %s)" % quoted(self.exactly(int(rest))))
        raise ValueError("no RESP value starts like this: %r" % line[:80])

    def aggregate(self, name, count):
        return Node("(%s %d)" % (name, count), [self.value() for _ in range(count)])

    def pairs(self, name, count):
        children = []
        for _ in range(count):
            key, value = self.value(), self.value()
            children.append(Node("%s => %s" % (key.text, value.text), value.children))
        return Node("(%s %d)" % (name, count), children)
