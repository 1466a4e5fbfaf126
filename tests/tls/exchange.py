"""Certificates that are exchanged while clients come and go: by CONFIG SET, and by their files."""

import os
import pathlib
import random
import shutil
import ssl
import threading
import time

from peer import eventually, expect, expect_in


def name_of_server(server):
    client = server.tls()
    subject = dict(part[0] for part in client.socket.getpeercert()["subject"])
    client.close()
    return subject["commonName"]


class Mount:
    """A folder as Kubernetes mounts a secret: tls.crt -> ..data/tls.crt, ..data -> a folder that is exchanged."""

    def __init__(self, path, files):
        self.path, self.files, self.number = pathlib.Path(path), files, 0
        self.path.mkdir()
        self.swap("server")
        for name in ("tls.crt", "tls.key"):
            os.symlink("..data/" + name, self.path / name)

    def swap(self, certificate):
        self.number += 1
        new, link = self.path / ("..version%d" % self.number), self.path / "..data"
        new.mkdir()
        for suffix in ("crt", "key"):
            shutil.copy(self.files.file("%s.%s" % (certificate, suffix)), new / ("tls." + suffix))
        old = os.readlink(link) if link.is_symlink() else None
        os.symlink(new.name, self.path / "..data_tmp")
        os.rename(self.path / "..data_tmp", link)
        if old:
            shutil.rmtree(self.path / old)

    def arguments(self):
        return ["--tls-cert-file", str(self.path / "tls.crt"), "--tls-key-file", str(self.path / "tls.key"),
                "--tls-auto-reload-interval", "1"]


def check_config_set_exchanges_the_certificate(bench):
    server, files = bench.server(), bench.files
    old = server.tls()
    expect(name_of_server(server), "server")
    expect(server.do("CONFIG", "SET", "tls-cert-file", files.file("server2.crt"), "tls-key-file",
                     files.file("server2.key")), "OK")
    expect(name_of_server(server), "server2")
    expect(old.do("PING"), "PONG", "who was connected stays")
    expect(old.do("SET", "k", "v" * 100000), "OK")


def check_the_same_names_with_new_files(bench):
    server, files = bench.server(), bench.files
    own, key = bench.folder / "own.crt", bench.folder / "own.key"
    for name in ("server", "server2"):
        shutil.copy(files.file(name + ".crt"), own)
        shutil.copy(files.file(name + ".key"), key)
        expect(server.do("CONFIG", "SET", "tls-cert-file", str(own), "tls-key-file", str(key)), "OK")
        expect(name_of_server(server), name)


def check_a_swapped_link_is_seen(bench):
    mount = Mount(bench.folder / "mount", bench.files)
    server = bench.server(*mount.arguments())
    old = server.tls()
    for name in ("server2", "server", "server2"):
        mount.swap(name)
        eventually(lambda: name_of_server(server) == name, name, seconds=3.5)
    expect(old.do("PING"), "PONG", "who was connected stays")
    expect_in("TLS materials reloaded successfully", server.log_text())


def check_bad_files_keep_the_old_certificate(bench):
    mount = Mount(bench.folder / "mount", bench.files)
    server = bench.server(*mount.arguments())
    (mount.path / "..data" / "tls.crt").write_text("garbage\n", encoding="ascii")
    eventually(lambda: "Background TLS reload failed" in server.log_text(), "the log tells")
    expect(name_of_server(server), "server")
    time.sleep(2.5)
    if not bench.reference:
        expect(server.log_text().count("Background TLS reload failed"), 1, "told once")
    mount.swap("server2")
    eventually(lambda: name_of_server(server) == "server2", "good files again", seconds=3.5)


def check_nobody_looks_without_an_interval(bench):
    mount = Mount(bench.folder / "mount", bench.files)
    server = bench.server(*mount.arguments()[:4])
    mount.swap("server2")
    time.sleep(2.5)
    expect(name_of_server(server), "server")
    expect(server.do("CONFIG", "SET", "tls-auto-reload-interval", "1"), "OK")
    eventually(lambda: name_of_server(server) == "server2", "the interval counts at once", seconds=3.5)


class Crowd:
    """Threads that connect, speak and leave, until they are told to stop; what went wrong is kept."""

    def __init__(self, server, count):
        self.server, self.stopping, self.failures, self.connections = server, False, [], 0
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.live, args=(number,)) for number in range(count)]
        for thread in self.threads:
            thread.start()

    def live(self, number):
        generator = random.Random(number)
        context = self.server.context()
        session = None
        while not self.stopping:
            try:
                client = self.server.tls(context=context, session=session)
                for turn in range(generator.randint(1, 20)):
                    text = "%d:%d:" % (number, turn) + "x" * generator.choice((3, 100, 40000))
                    expect(client.do("SET", "key:%d" % number, text), "OK")
                    expect(client.do("GET", "key:%d" % number), text)
                session = client.socket.session if generator.random() < 0.5 else None
                if generator.random() < 0.2:
                    client.raw(client.encoded("GET", "key:%d" % number) * 50)
                client.close()
                with self.lock:
                    self.connections += 1
            except (AssertionError, OSError, ssl.SSLError, ValueError) as error:
                with self.lock:
                    self.failures.append(repr(error))
                return

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join()
        expect(self.failures[:3], [])
        print("      %d connections" % self.connections)


def check_a_crowd_while_certificates_are_exchanged(bench):
    mount = Mount(bench.folder / "mount", bench.files)
    server, files = bench.server(*mount.arguments()), bench.files
    resting = [server.tls() for _ in range(10)]
    crowd = Crowd(server, 40 if bench.quick else 200)
    end, names = time.monotonic() + (4 if bench.quick else 12), ("server2", "server")
    turn = 0
    while time.monotonic() < end:
        turn += 1
        mount.swap(names[turn % 2])
        expect(server.do("CONFIG", "SET", "tls-cert-file", str(mount.path / "tls.crt"), "tls-key-file",
                         str(mount.path / "tls.key")), "OK")
        server.do("CONFIG", "SET", "tls-key-file", files.file("alice.key"))  # is refused
        server.do("CONFIG", "SET", "tls-auth-clients", ("optional", "no")[turn % 2])
        time.sleep(0.3)
    crowd.stop()
    expect([client.do("PING") for client in resting], ["PONG"] * 10)
    eventually(lambda: server.info("connected_clients") == "11", "the crowd has gone")
