#!/usr/bin/env python3
"""Records what valkey-server 9.1 makes of Lua expressions, as expectations for the unit tests beside this file.

Usage: record_valkey.py PORT FILE.txt...

A file has an expression (or statements that begin with `local` and end with a return) a line, and what it gives on the
next line, behind two blanks; lines with # are comments. Results are written anew.
"""
import pathlib
import socket
import sys

HERE = pathlib.Path(__file__).parent
SHOW = " ".join((HERE / "show.lua").read_text().split("\n"))


def script(expression):
    body = expression if expression.startswith("local ") else f"return values({expression})"
    return f"{SHOW}\nreturn outcome(pcall(function() {body} end))"


def evaluate(connection, text):
    stream, replies = connection
    data = text.encode()
    stream.sendall(b"*3\r\n$4\r\nEVAL\r\n$%d\r\n%s\r\n$1\r\n0\r\n" % (len(data), data))
    line = replies.readline().rstrip(b"\r\n")
    if line[:1] != b"$":
        sys.exit(f"{text}\n{line}")
    return replies.read(int(line[1:]) + 2)[:-2].decode()


def record(connection, path):
    lines = []
    for line in path.read_text().split("\n"):
        if line.startswith("  "):
            continue
        lines.append(line)
        if line and not line.startswith("#"):
            lines.append("  " + evaluate(connection, script(line)))
    path.write_text("\n".join(lines))


def main():
    stream = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    for name in sys.argv[2:]:
        record((stream, stream.makefile("rb")), pathlib.Path(name))


if __name__ == "__main__":
    main()
