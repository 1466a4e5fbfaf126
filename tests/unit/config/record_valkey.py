#!/usr/bin/env python3
"""Records what valkey-server 9.1 makes of settings, as expectations for the unit tests beside this file.

Usage: record_valkey.py path/to/valkey-server

Writes valkey_9_1_set.txt    one CONFIG SET a line:  name value reply value-afterwards
                             (a reply of `- why` is ERR CONFIG SET failed (possibly related to argument 'name') - why,
                             and a value that has not changed is left out)
       valkey_9_1_start.txt  one start a line:       file-text argument-count argument... error [name value]...
Every field is in double quotes with \\xHH for odd bytes. <DIR> stands for the directory of the run.
"""
import os
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
DEFAULTS_TEXT = (HERE / "valkey_9_1_defaults.tsv").read_text()
DEFAULTS = [line.split("\t")[0] for line in DEFAULTS_TEXT.splitlines() if line[0] != "#"]
HIDDEN = """aof-disable-auto-gc cluster-message-gossip-perc cluster-ping-interval enable-debug-assert
io-threads-always-active key-load-delay loading-process-events-interval-bytes lua-enable-deprecated-api
lua-enable-insecure-api min-io-threads-avoid-copy-reply min-string-size-avoid-copy-reply
min-string-size-avoid-copy-reply-threaded rdb-key-save-delay use-exit-on-panic watchdog-period""".split()
# Left out: io-threads and maxmemory accept more here; these others need the machine's consent (ports, limits, files).
LEFT_OUT = {"io-threads", "bind", "port", "tls-port", "maxclients", "rdma-port", "tls-auto-reload-interval",
    "appendonly"}
EVERYWHERE = ["zz", "-99999999999999", "99999999999999999", "-1", "0", "1", "2", "64", "99", "100", "101", "1000",
    "65535",
              "65536", "2147483647", "2147483648", "-2147483648", "-2147483649", "9223372036854775807",
              "9223372036854775808", "18446744073709551615", "1k", "3kb", "1mb", "10%", "", "zz zz", "yes", "NO",
                  "+5", "07",
              " 7", "1.5", "100mb", "1gb", "5tb", "b", "default", "a\x01b", "a/b", "127.0.0.1", "::1", "a" * 45,
                  "a" * 46]
SOME = {
    "save": ["1 2", "1 2 3 4", "0 1", "1 0", "1 -1", "-1 1", "", '""', "60 1 60 1", "60 1 x", "60  1", "1.5 2",
             "2147483648 1", "1 2147483647"],
    "client-output-buffer-limit": [
        "normal 1 2 3", "slave 1 2 3", "replica 1mb 2kb 3", "pubsub 1 2 3", "master 1 2 3", "NORMAL 5 6 7",
        "normal 1 2",
        "normal 1 2 3 pubsub", "normal 1 2 3 pubsub 4 5 6", "normal x 2 3", "normal 1 2 x", "normal 1 2 -1",
        "normal -1 2 3", "normal 1 2 3 foo 1 2 3", "normal 1 2 3 normal 4 5 6", "normal  1 2 3 ", "normal 1k 2g 3",
        "normal 1 2 3x"],
    "oom-score-adj-values": ["1 2 3", "1 2", "3 2 1", "-2000 0 2000", "-2001 0 0", "0 0 2001", "a b c", "1 2 3 4",
                             "1  2 3", " 1 2 3"],
    "latency-tracking-info-percentiles": ["50", "0", "100", "100.1", "-0.1", "50 50", "99.99 1", "1e1", "nan", "inf",
                                          "0.001", "33.3333333333", "5 x", "", "  5  6 ", "99.9999999", "0.0000001",
                                          "12.5000"],
    "notify-keyspace-events": ["KEA", "AKE", "Kg$lshzxetdmn", "Ex", "E", "KEg", "Kn", "Km", "AKEmn", "", "A",
                               "Kg$lshzxetd", "Ke", "K$lshzxe", "t", "dn", "nd", "Kdn", "An", "Q", "KEAA", "K A"],
    "shutdown-on-sigterm": ["default", "save", "save now", "nosave save", "now now", "default now", "NOW force",
        "failover",
                            "safe failover", "now force save", "  now  ", "now,force", "'now'"],
    "maxmemory": ["0", "1b", "1B", "1KB", "1kB", "1m", "1g", "1t", "1 k", " 1", "kb", "01k", "1kk", "-1k", "1.5k",
                  "18446744073709551615", "18446744073709551616", "99999999999999999999999"],
    "maxmemory-clients": ["1%", "100%", "101%", "-1%", "0%", "1.5%", "%", " 5%", "5%%", "007%"],
    "slot-migration-max-failover-repl-bytes": ["-1", "-2", "5mb", "-1k", "-0"],
    "maxmemory-policy": ["ALLKEYS-LRU", "allkeys-lru volatile-lru", "volatile-ttl"],
    "loglevel": ["nothing", "Warning"],
    "proc-title-template": ["{title}x", "{foo}", "{", "}", "{{", "{{title}}", "{title", "a}b", "{}", "{port}",
        "{TITLE}",
                            "{ title}", " ", "{{{port}", "a{"],
    "locale-collate": ["C", "POSIX", "c", ""],
    "cluster-announce-hostname": ["a" * 255, "a" * 256, "a_b", "a.b-c9"],
    "cluster-announce-client-ipv4": ["01.2.3.4", "1.2.3", " 1.2.3.4"],
    "cluster-announce-client-ipv6": ["::ffff:1.2.3.4", "fe80::1", "1.2.3.4"],
    "cluster-announce-ip": ["a" + chr(c) + "b" for c in range(33, 127)],
    "cluster-announce-human-nodename": ["a" + chr(c) + "b" for c in range(32, 127)],
    "HZ": ["0", "5000", "x", "11"], "MASTERAUTH": ["x"], "DAEMONIZE": ["yes"], "nosuch": ["1"], "dynamic-hz": ["yes"],
}
SHOWN = ["save", "hz", "timeout", "loglevel", "maxmemory", "client-output-buffer-limit", "replicaof",
         "latency-tracking-info-percentiles", "oom-score-adj-values", "shutdown-on-sigterm", "notify-keyspace-events",
         "unixsocketperm", "availability-zone", "masterauth", "repl-backlog-size"]
ZONE = "availability-zone"
# (file text or None, arguments); a start that must fail by itself is marked by a third member.
STARTS = [
    (None, ["--save", ""]), (None, ["--save", "60", "1"]), (None, ["--save", "60 1"]),
    (None, ["--save", "60 1", "--save", "30 2"]),
    ("save 60 1\nsave 30 2", []), ('save 60 1\nsave ""\nsave 30 2', []), ("save 60 1", ["--save", "30", "2"]),
    ("save 60 1", ["--save", ""]), (None, ["--save", "60", "1", "30", "2"]), (None, ["--save", "--hz", "20"]),
    (None, ["--SAVE", "--hz", "20"]),
    (None, ["--save", "60 1 30 2"]), ('save "60 1"\nsave "30 2 10 3"', []), (None, ["--replicaof", '127.0.0.1 "1"']),
    ('client-output-buffer-limit "normal 1 2 3"', []), ("save '60 \"1\"'", []),
    ("save 60 1\nsave", []), ("save\nsave 60 1", []), ('bind " "', []), ('save " "', []),
    ("oom-score-adj-values '1 2' 3", []), ("shutdown-on-sigterm 'save  now'", []),
    (None, ["--hz=20"], 1), (None, ["--hz"], 1), (None, ["--hz", "20", "21"]), (None, ["--hz 20"]),
    (None, ["--", "hz", "20"]), (None, ["-hz", "20"]),
    (None, ["--HZ", "20"]), (None, ["--nosuch", "20"]), (None, [f"--{ZONE}", "--foo"]), (None, [f"--{ZONE}", "a b"]),
    (None, [f"--{ZONE}", 'a"b']), (None, [f"--{ZONE}", "a'b"]), (None, [f"--{ZONE}", '"a b"']),
    (None, [f"--{ZONE}", "#a"]),
    (None, [f"--{ZONE}", ""]), (None, [f"--{ZONE}", "a\nhz 77"]), (None, [f"--{ZONE}", "a\\x41"]),
    (None, [f"--{ZONE}", "\x01\xff"]),
    (None, ["--replicaof", "127.0.0.1", "1"]), (None, ["--replicaof", "127.0.0.1 1"]),
    (None, ["--replicaof", "no", "one"]),
    (None, ["--replicaof", "127.0.0.1", '"1"']), (None, ["--hz", "--timeout", "5"]),
    (None, ["--save ", "--timeout", "x"]),
    (None, ["--save", "60", "--timeout", "x"]), (None, ['--hz "5', "--timeout", "x"]),
    (None, ["--hz", "20", "-", "--timeout", "5"]),
    ("hz 22\r\n", []), ("  hz   22  # c\n", []), ("hz 22 #c", []), ("# c\n\n \t\nhz 21", []), ('HZ "22"', []),
    ("hz '22'", []),
    ('hz "22', []), ('hz "22"x', []), ('hz "2"3', []), ("hz 'a\\'b'", []), (f'{ZONE} "a\\x41\\n\\q\\"b"', []),
    (f"{ZONE} 'a\\x41\\'b'", []),
    (f'{ZONE} ""', []), (ZONE, []), ("hz 22\nfoo bar\nhz x", []), ("\n\nmaxmemory 1tb", []),
    (None, ["--maxmemory", "1tb"]),
    ("hz 22", ["--maxmemory", "1tb"]), ("hz 22\n", ["--maxmemory", "1tb"]), ("hz 22\nhz 33", ["--hz", "44"]),
    ("hz 22 33", []),
    ("maxmemory-policy allkeys-lru foo", []), ("shutdown-on-sigterm save now", []), ("shutdown-on-sigterm", []),
    ("client-output-buffer-limit normal 1 2 3\nclient-output-buffer-limit pubsub 1mb 2 3", []),
    ("client-output-buffer-limit", []),
    ("save", []), ("save 1", []), ("oom-score-adj-values", []), ("latency-tracking-info-percentiles", []),
    ("notify-keyspace-events Kx Ex", []), ("notify-keyspace-events KEA", []),
    ("oom-score-adj-values 1 2 3", []), ("latency-tracking-info-percentiles 1 2.5", []),
    ('latency-tracking-info-percentiles ""', []),
    ("io-threads-do-reads yes", []), ("dynamic-hz 7", []), ("lua-replicate-commands yes", []),
    ("list-max-ziplist-entries 1", []),
    ("list-max-ziplist-value 1", []), ("events-per-io-thread 1", []), ("sanitize-dump-payload no", []),
    ("tcp-nodelay yes", []),
    ("dynamic-hz yes no", []), ("dynamic-hz", []), ("user alice on >a ~* +@all\nuser bob off", []), ("user", []),
    ("user alice on\nuser alice off", []), ("rename-command GET", []), ("rename-command GET GETX", []),
    ("include /nonexist", []),
    ("include /nonexist*.conf", []), ("include", []), ("include a b", []), ("loadmodule", []), ("port 70000", []),
    ("slaveof 1.2.3.4 70000", []),
    ("replicaof 1.2.3.4 -1", []), ("replicaof 1.2.3.4 x", []), ("replicaof 1.2.3.4", []),
    ("cluster-enabled yes\nreplicaof 1.2.3.4 1", []), ("io-threads 300", []),
    ("hz 0", []), ("hz 5000", []), ("hash-seed " + "a" * 257, []), ("unixsocketperm 700", []),
    ("unixsocketperm 0700", []),
    ("unixsocketperm 1000", []), ("unixsocketperm 8", []), ("unixsocketperm 0x10", []), ("unixsocketperm -1", []),
    ('unixsocketperm ""', []),
    ('dbfilename ""', []), ("dbfilename a/b", []), ("appenddirname a/b", []), ('appendfilename ""', []),
    ('cluster-config-file ""', []),
    ("dir /nonexist", []), ('dir ""', []), ("bind " + " ".join(["127.0.0.1"] * 17), []),
    ("repl-backlog-size 777", []), ("repl-backlog-size 0", []),
    ("supervised zz", []), ("syslog-facility zz", []), ("enable-debug-command maybe", []), ("databases 0", []),
    ("rdma-rx-size 1", []),
    ("socket-mark-id -1", []), ("always-show-logo zz", []), ("maxmemory-policy", []), ("module.x", []),
    ("hz 22\nh'z", []),
]


def quote(text):
    out = ""
    for byte in text.encode("latin1"):
        char = chr(byte)
        out += "\\" + char if char in '"\\' else char if 32 <= byte < 127 else f"\\x{byte:02x}"
    return f'"{out}"'


class Server:
    def __init__(self, binary, file_text, arguments, adds_socket=True):
        self.directory = os.path.realpath(tempfile.mkdtemp())
        command = [binary]
        if file_text is not None:
            pathlib.Path(self.directory, "x.conf").write_bytes(file_text.encode("latin1"))
            command.append("x.conf")
        command += [a.encode("latin1") for a in arguments]
        if adds_socket:
            command += ["--port", "0", "--unixsocket", "s"]
        self.log = open(self.directory + "/log", "wb")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
                                        cwd=self.directory)
        self.socket = None
        for _ in range(500):
            if self.process.poll() is not None:
                return
            try:
                candidate = socket.socket(socket.AF_UNIX)
                candidate.connect(self.directory + "/s")
                self.socket, self.file = candidate, candidate.makefile("rb")
                return
            except OSError:
                time.sleep(0.01)

    def output(self):
        """What was printed, without log lines."""
        text = pathlib.Path(self.directory, "log").read_bytes().decode("latin1")
        lines = []
        for line in text.split("\n"):
            is_log = line.split(":")[0].isdigit() and ":" in line
            if is_log and "Fatal error" not in line:
                continue
            lines.append(line[line.index("Fatal"):] if is_log else line)
        return "\n".join(lines)

    def __call__(self, *words):
        data = b"*%d\r\n" % len(words)
        for word in words:
            raw = word.encode("latin1")
            data += b"$%d\r\n%s\r\n" % (len(raw), raw)
        self.socket.sendall(data)
        return self.reply()

    def reply(self):
        line = self.file.readline()[:-2].decode("latin1")
        if line[0] in "+-":
            return line[1:]
        if line[0] == "$":
            return self.file.read(int(line[1:]) + 2)[:-2].decode("latin1")
        if line[0] == "*":
            return [self.reply() for _ in range(int(line[1:]))]
        return line

    def shown(self, name):
        found = self("CONFIG", "GET", name)
        return found[1].replace(self.directory, "<DIR>") if found else ""

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def record_sets(binary):
    server = Server(binary, None, [])
    lines = []
    for name in DEFAULTS + HIDDEN + ["HZ", "MASTERAUTH", "DAEMONIZE", "nosuch", "dynamic-hz"]:
        if name in LEFT_OUT:
            continue
        values = ([] if name in ("maxmemory",) else EVERYWHERE) if name not in SOME or name in DEFAULTS else []
        if name == "locale-collate":
            values = []
        for value in values + SOME.get(name, []):
            before = server.shown(name)
            reply = server("CONFIG", "SET", name, value)
            after = server.shown(name)
            reply_text = reply.replace(f"ERR CONFIG SET failed (possibly related to argument '{name}') - ", "- ")
            if reply != "OK" and after != before:
                sys.exit(f"{name} {value}: refused, but changed")
            lines.append(" ".join(map(quote, (name, value, reply_text, after)[: 4 if reply == "OK" else 3])))
            if reply == "OK":
                server("CONFIG", "SET", name, before)
            if name == "requirepass":
                server("AUTH", value) if value else None
                server("CONFIG", "SET", "requirepass", "")
    server.end()
    (HERE / "valkey_9_1_set.txt").write_text("\n".join(lines) + "\n")
    return len(lines)


def record_starts(binary):
    lines = []
    for file_text, arguments, *fails in STARTS:
        server = Server(binary, file_text, arguments, not fails)
        fields = [file_text if file_text is not None else "<none>", str(len(arguments)), *arguments]
        if server.socket is None:
            server.process.wait()
            fields.append(server.output().replace(server.directory, "<DIR>"))
        else:
            fields.append("")
            for name in SHOWN:
                fields += [name, server.shown(name)]
        server.end()
        lines.append(" ".join(map(quote, fields)))
    (HERE / "valkey_9_1_start.txt").write_text("\n".join(lines) + "\n")
    return len(lines)


if __name__ == "__main__":
    print(record_sets(sys.argv[1]), "sets,", record_starts(sys.argv[1]), "starts")
