"""A transcript file: its steps, and how one pass over them runs against a server.

Shape of a file, line by line:
  # text              a comment
  > SET k v           a command on connection 1, quoted as in redis-cli; `2> PING` on connection 2
  <                   nothing is sent: one more value is awaited; `2<` on connection 2
  raw> "*1\\r\\n..."    these bytes; all values that follow are expected, then `(closed)` if the server hung up
  resp3:              below the expected lines: what differs when the same command is sent over RESP3
  ! protocol 2        run the file over RESP2 only (2, 3 or both; both is the default)
  ! server --a b      the file has a server of its own, started with these arguments
  ! config name value CONFIG SET for this file; the old value comes back afterwards
  ! sleep 20          milliseconds
  ! close 2           connection 2 hangs up
  ! let id 2 CLIENT ID    ${id} in later lines is this reply of connection 2
Every other line is an expected reply. `(no reply)` stands for silence.
"""

import re
import time

from harness import compare
from harness.resp import Closed, Connection, Node, Silent

STEP = re.compile(r"^(raw)?(\d*)([><])(?: (.*))?$")
SILENCE_SECONDS = 0.12
REPLY_SECONDS = 8.0
UNESCAPED = {"n": b"\n", "r": b"\r", "t": b"\t", "a": b"\a", "b": b"\b"}


def split_arguments(text):
    """The arguments of a line in redis-cli's quoting."""
    arguments, at = [], 0
    while at < len(text):
        if text[at] == " ":
            at += 1
            continue
        argument = b""
        while at < len(text) and text[at] != " ":
            if text[at] in "\"'":
                piece, at = quoted_piece(text, at)
                argument += piece
            else:
                argument += text[at].encode()
                at += 1
        arguments.append(argument)
    return arguments


def quoted_piece(text, at):
    quote, at, data = text[at], at + 1, b""
    while text[at] != quote:
        if text[at] == "\\" and quote == '"':
            code = text[at + 1]
            if code == "x":
                data += bytes([int(text[at + 2:at + 4], 16)])
                at += 4
                continue
            data += UNESCAPED.get(code, code.encode())
            at += 2
        elif text[at] == "\\" and text[at + 1] == "'":
            data += b"'"
            at += 2
        else:
            data += text[at].encode()
            at += 1
    return data, at + 1


class Step:
    """One line that acts, with the expected lines below it."""

    def __init__(self, line, number):
        self.line = line
        self.number = number
        self.expected = {2: [], 3: None}  # RESP3 lines only where they differ.
        self.recorded = {}
        self.tail = []  # Comments and blank lines that follow.

    def directive(self):
        return self.line[2:].split(" ") if self.line.startswith("! ") else None

    def expectation(self, protocol):
        lines = self.expected[3] if protocol == 3 and self.expected[3] is not None else self.expected[2]
        return compare.parse(lines)


class Transcript:
    def __init__(self, path):
        self.path = path
        self.head, self.steps = [], []
        self.protocols, self.server_arguments, self.settings = [2, 3], None, []
        for number, line in enumerate(path.read_text().splitlines(), 1):
            self.take(line, number)
        self.apply_directives()

    def take(self, line, number):
        step = self.steps[-1] if self.steps else None
        if STEP.match(line) or line.startswith("! "):
            self.steps.append(Step(line, number))
        elif not line.strip() or line.startswith("#"):
            (step.tail if step else self.head).append(line)
        elif line == "resp3:":
            step.expected[3] = []
        else:
            if step is None or step.directive():
                raise ValueError("%s:%d: a reply without a command" % (self.path, number))
            step.expected[2 if step.expected[3] is None else 3].append(line)

    def apply_directives(self):
        for step in self.steps:
            words = step.directive() or [""]
            if words[0] == "protocol":
                self.protocols = {"2": [2], "3": [3], "both": [2, 3]}[words[1]]
            elif words[0] == "server":
                self.server_arguments = [word.decode() for word in split_arguments(step.line[len("! server"):])]

    def text(self):
        out = list(self.head)
        for step in self.steps:
            out.append(step.line)
            if not step.directive():
                out += self.reply_lines(step)
            out += step.tail
        return "\n".join(out) + "\n"

    def reply_lines(self, step):
        two, three = step.recorded.get(2), step.recorded.get(3)
        if two is None:
            return three if three is not None else step.expected[2]
        return two if three is None or two == three else two + ["resp3:"] + three


class Pass:
    """One run over the steps in one protocol version."""

    def __init__(self, transcript, address, protocol, record):
        self.transcript, self.address, self.protocol, self.record = transcript, address, protocol, record
        self.connections, self.variables = {}, {}
        self.passed, self.failures = 0, []

    def connection(self, name):
        if name not in self.connections:
            self.connections[name] = Connection(self.address)
            if self.protocol == 3:
                self.connections[name].send([b"HELLO", b"3"])
                self.connections[name].read(REPLY_SECONDS)
        return self.connections[name]

    def run(self):
        try:
            for step in self.transcript.steps:
                words = step.directive()
                if words:
                    self.direct(words, step)
                else:
                    self.act(step)
        finally:
            self.restore()
            for connection in self.connections.values():
                connection.close()

    def direct(self, words, step):
        if words[0] == "config":
            admin = self.admin()
            admin.send([b"CONFIG", b"GET", words[1].encode()])
            old = admin.read(REPLY_SECONDS).children
            self.transcript.settings.append((words[1], compare_value(old)))
            admin.send([b"CONFIG", b"SET"] + split_arguments(step.line[len("! config "):]))
            reply = admin.read(REPLY_SECONDS).text
            if reply != "OK":
                self.failures.append("%s:%d: %s: %s" % (self.transcript.path, step.number, step.line, reply))
        elif words[0] == "sleep":
            time.sleep(int(words[1]) / 1000)
        elif words[0] == "close":
            self.connections.pop(words[1]).close()
        elif words[0] == "let":
            connection = self.connection(words[2])
            connection.send(split_arguments(" ".join(words[3:])))
            text = connection.read(REPLY_SECONDS).text
            found = re.fullmatch(r'\(int (.*)\)|"(.*)"|(.*)', text)
            self.variables[words[1]] = next(group for group in found.groups() if group is not None)
        elif words[0] not in ("protocol", "server"):
            raise ValueError("%s:%d: no such directive" % (self.transcript.path, step.number))

    def admin(self):
        if "admin" not in self.connections:
            self.connections["admin"] = Connection(self.address)
        return self.connections["admin"]

    def restore(self):
        for name, value in reversed(self.transcript.settings):
            if value is not None:
                self.admin().send([b"CONFIG", b"SET", name.encode(), value])
                self.admin().read(REPLY_SECONDS)
        self.transcript.settings = []

    def act(self, step):
        raw, name, direction, text = STEP.match(step.line).groups()
        connection = self.connection(name or "1")
        for variable, value in self.variables.items():
            text = (text or "").replace("${%s}" % variable, value)
        if direction == ">":
            arguments = split_arguments(text)
            if raw:
                connection.send_raw(b"".join(arguments))
            else:
                connection.send(arguments)
        expected = step.expectation(self.protocol)
        actual = self.read_all(connection, expected) if raw else [self.read_one(connection, expected)]
        self.judge(step, expected, actual)

    def read_one(self, connection, expected):
        silent = [node.text for node in expected] == ["(no reply)"]
        try:
            return connection.read(SILENCE_SECONDS if silent else REPLY_SECONDS)
        except Silent:
            return Node("(no reply)")
        except Closed:
            return Node("(closed)")
        except ValueError as problem:
            return Node("(broken reply) %s" % problem)

    def read_all(self, connection, expected):
        nodes = []
        while True:
            waits = len(nodes) < len(expected) and expected[len(nodes)].text != "(no reply)"
            try:
                nodes.append(connection.read(REPLY_SECONDS if waits and not self.record else SILENCE_SECONDS))
            except Silent:
                return nodes or [Node("(no reply)")]
            except Closed:
                return nodes + [Node("(closed)")]
            except ValueError as problem:
                return nodes + [Node("(broken reply) %s" % problem)]

    def judge(self, step, expected, actual):
        good = compare.all_fit(expected, actual)
        if self.record:
            kept = expected if good else compare.placeholder(expected, actual)
            step.recorded[self.protocol] = [line for node in kept for line in node.lines()]
        if good or self.record:
            self.passed += 1
            return
        self.failures.append("%s:%d (RESP%d): %s\n  expected\n%s\n  got\n%s" % (
            self.transcript.path, step.number, self.protocol, step.line, shown(expected), shown(actual)))


def shown(nodes):
    lines = [line for node in nodes for line in node.lines(2)]
    return "\n".join(lines[:40] + (["    ... and %d lines more" % (len(lines) - 40)] if len(lines) > 40 else []))


def compare_value(children):
    """The value in a CONFIG GET reply, as bytes to set again."""
    if len(children) < 2:
        return None
    return split_arguments(children[1].text)[0]
