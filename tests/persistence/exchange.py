"""Files that go to real servers and come back."""

import os
import pathlib
import shutil
import tempfile

from client import Server
from contents import contents, difference, fill

PEERS = pathlib.Path(os.environ.get("PEERS", "/tmp/peers"))
# The versions of RDB that they know. Redis 8.0 knows fields that expire in a form of its own, which ours reads.
READS = {"redis-server-7.0": 10, "valkey-server-8.1": 11, "redis-server-8.0": 11, "valkey-server-9.1": 80}
WRITES = READS | {"redis-server-8.0": 80}


class Place:
    """A folder for one file that servers leave and find."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="persistence-")
        self.path = os.path.join(self.folder.name, "dump.rdb")
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def take(self, server):
        shutil.copy(os.path.join(server.folder.name, "dump.rdb"), self.path)

    def start(self, binary, *arguments):
        with open(self.path, "rb") as file:
            data = file.read()
        return Server(binary, *arguments, data=data)


def saved_contents(server, place):
    client = server.client()
    assert client.do("SAVE") == "OK"
    place.take(server)
    return contents(client)


def assert_same(peer, before, after):
    """Redis writes scores into its digests in another form than Valkey does since 8.1."""
    if peer.startswith("redis"):
        before.pop("digest")
        after.pop("digest")
    assert not difference(before, after), peer + ": " + difference(before, after)


def check_round_trip(binary, arguments):
    with Place() as place:
        server = Server(binary, *arguments)
        fill(server.client())
        before = saved_contents(server, place)
        server.stop()
        server = place.start(binary, *arguments)
        after = contents(server.client())
        server.stop()
        assert not difference(before, after), difference(before, after)
        assert len(before) > 35


def check_peers_load_ours(binary, arguments):
    for peer, knows in READS.items():
        with Place() as place:
            server = Server(binary, *arguments)
            fill(server.client(), knows)
            before = saved_contents(server, place)
            server.stop()
            server = place.start(str(PEERS / peer))
            after = contents(server.client())
            server.stop()
            assert_same(peer, before, after)


def check_ours_loads_peers(binary, arguments):
    for peer, knows in WRITES.items():
        with Place() as place:
            server = Server(str(PEERS / peer))
            fill(server.client(), knows)
            before = saved_contents(server, place)
            server.stop()
            server = place.start(binary, *arguments)
            after = contents(server.client())
            server.stop()
            assert_same(peer, before, after)


def check_reload(binary, arguments):
    server = Server(binary, *arguments)
    client, other = server.client(), server.client()
    fill(client)
    before = contents(client)
    assert client.do("DEBUG", "RELOAD") == "OK"
    after = contents(client)
    assert not difference(before, after), difference(before, after)
    # Writes that come meanwhile wait, and none is lost.
    for number in range(20):
        client.send("DEBUG", "RELOAD")
        replies = [other.do("INCR", "counter") for _ in range(5)]
        assert client.read() == "OK"
        done = sum(isinstance(reply, int) for reply in replies)
        assert all(str(reply).startswith("-LOADING") for reply in replies if not isinstance(reply, int)), replies
        assert other.do("INCRBY", "counter", -done) == 0, (number, replies)
    client.do("SET", "a", 1)
    client.do("SET", "b", 1)
    assert client.do("SAVE") == "OK"
    client.do("DEL", "a")
    assert client.do("DEBUG", "RELOAD", "NOSAVE") == "OK"
    assert client.do("EXISTS", "a", "b") == 2
    server.stop()


def check_older_file_without_new_features(binary, arguments):
    with Place() as place:
        server = Server(binary, *arguments)
        client = server.client()
        client.do("SET", "a", 1)
        assert client.do("SAVE") == "OK"
        place.take(server)
        with open(place.path, "rb") as file:
            assert file.read(9) == b"REDIS0010"
        client.do("HSET", "h", "f", 1)
        client.do("HEXPIRE", "h", 1000, "FIELDS", 1, "f")
        assert client.do("SAVE") == "OK"
        place.take(server)
        server.stop()
        with open(place.path, "rb") as file:
            assert file.read(9) == b"VALKEY080"
