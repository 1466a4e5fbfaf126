"""What goes wrong: crashes, disks that refuse, files that are damaged."""

import os
import random
import subprocess
import time

from client import Server, soon
from exchange import Place, saved_contents
from contents import contents, difference, fill


def check_a_crash_leaves_the_last_file(binary, arguments, rounds):
    """SIGKILL at some moment of a save: the file is the one before it or the new one, whole."""
    chance = random.Random(1)
    with Place() as place:
        server = Server(binary, *arguments)
        client = server.client()
        for number in range(rounds):
            client.do("MSET", *(word for i in range(2000) for word in ("key:%d" % i, number)))
            assert client.do("SAVE") == "OK"
            client.do("MSET", *(word for i in range(2000) for word in ("key:%d" % i, number + 1)))
            client.send("SAVE")
            time.sleep(chance.random() * 0.02)
            server.process.kill()
            server.process.wait()
            place.take(server)
            server.stop()
            server = place.start(binary, *arguments)
            client = server.client()
            values = set(client.do("MGET", *("key:%d" % i for i in range(2000))))
            assert values in ({str(number)}, {str(number + 1)}), values
        server.stop()


def check_a_disk_that_refuses(binary, arguments):
    server = Server(binary, "--enable-protected-configs", "yes", *arguments)
    client = server.client()
    assert client.do("SET", "a", 1) == "OK"
    # The name is taken by a folder that is not empty, so that the rename fails.
    os.makedirs(os.path.join(server.folder.name, "taken", "x"))
    assert client.do("CONFIG", "SET", "dbfilename", "taken") == "OK"
    assert client.do("SAVE") == "-ERR"
    assert client.info("rdb_last_bgsave_status") == "err"
    assert not [name for name in os.listdir(server.folder.name) if name.startswith("temp-")]
    # Writes are refused if snapshots are wanted.
    assert client.do("SET", "a", 2) == "OK"
    assert client.do("CONFIG", "SET", "save", "3600 1000") == "OK"
    assert client.do("SET", "a", 3).startswith("-MISCONF Valkey is configured to save RDB snapshots")
    assert client.do("PING").startswith("-MISCONF")
    assert client.do("GET", "a") == "2"
    assert client.do("CONFIG", "SET", "stop-writes-on-bgsave-error", "no") == "OK"
    assert client.do("SET", "a", 4) == "OK"
    assert client.do("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes", "dbfilename", "dump.rdb") == "OK"
    assert client.do("BGSAVE") == "Background saving started"
    assert soon(lambda: client.info("rdb_last_bgsave_status") == "ok")
    assert client.do("SET", "a", 5) == "OK"
    # SHUTDOWN stays if it cannot save.
    assert client.do("CONFIG", "SET", "dbfilename", "taken") == "OK"
    other, refused_end = server.client(), "-ERR Errors trying to SHUTDOWN. Check logs."
    client.send("SHUTDOWN")
    other.send("SHUTDOWN")
    assert client.read() == other.read() == refused_end
    client = server.client()
    assert client.do("SET", "a", 6).startswith("-MISCONF")
    assert client.do("GET", "a") == "5"
    assert client.do("CONFIG", "SET", "save", "") == "OK"  # so that it ends
    server.stop()


def check_a_full_disk(binary, arguments):
    """A file system of 1 MB in memory: no space, then space again."""
    server = Server(binary, "--enable-protected-configs", "yes", *arguments)
    small = os.path.join(server.folder.name, "small")
    os.mkdir(small)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], capture_output=True)
    if mounted.returncode != 0:
        server.stop()
        return "no file system can be mounted here"
    try:
        client = server.client()
        assert client.do("CONFIG", "SET", "dir", small) == "OK"
        client.do("SET", "large", os.urandom(2 << 20))
        assert client.do("SAVE") == "-ERR"
        assert "No space left" in server.log_text()
        assert os.listdir(small) == []
        client.do("DEL", "large")
        assert client.do("SAVE") == "OK"
        assert os.listdir(small) == ["dump.rdb"]
        client.do("CONFIG", "SET", "dir", server.folder.name)
    finally:
        server.process.kill()
        server.process.wait()
        subprocess.run(["umount", small], check=True)
        server.stop()
    return None


def refused(binary, folder_data, *arguments):
    """The exit code and the log of a server that finds such a file; None if it serves."""
    import tempfile
    with tempfile.TemporaryDirectory(prefix="persistence-") as folder:
        with open(os.path.join(folder, "dump.rdb"), "wb") as file:
            file.write(folder_data)
        done = subprocess.Popen([binary, "--port", "0", "--unixsocket", os.path.join(folder, "socket"), "--dir", folder,
                                 "--save", "", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        lines = []
        for line in done.stdout:
            lines.append(line.decode(errors="replace"))
            if b"Ready to accept" in line:
                done.terminate()
        text = "".join(lines)
        return (None if "Ready to accept" in text else done.wait(), text)


def check_damaged_files(binary, arguments, flips):
    with Place() as place:
        server = Server(binary, *arguments)
        fill(server.client())
        saved_contents(server, place)
        server.stop()
        with open(place.path, "rb") as file:
            data = file.read()
    code, text = refused(binary, data, *arguments)
    assert code is None, text
    chance = random.Random(2)
    for number in range(flips):
        broken = bytearray(data)
        at = chance.randrange(len(data) * 8)
        broken[at // 8] ^= 1 << at % 8
        code, text = refused(binary, bytes(broken), *arguments)
        # Only the checksum's own bits can make it say that there is none.
        assert code == 1 and "Fatal error loading the DB" in text, (at, code, text[-800:])
        code, text = refused(binary, bytes(broken), "--rdbchecksum", "no", *arguments)
        assert code in (None, 1), (at, code, text[-800:])
    for cut in [0, 1, 8, 9, 10] + [chance.randrange(len(data)) for _ in range(flips // 4)]:
        code, text = refused(binary, data[:cut], *arguments)
        assert code == 1 and "Fatal error loading the DB" in text, (cut, code, text[-800:])


def check_what_was_saved_is_loaded_once(binary, arguments):
    """A key twice, a database that there is not, a version of the future."""
    header = b"REDIS0010"
    entry = b"\x00\x01k\x01v"
    end = b"\xff" + bytes(8)
    for data, wanted in ((header + entry + entry + end, "duplicated key"),
                         (header + b"\xfe\x3f" + entry + end, "more than 16 databases"),
                         (b"VALKEY999" + entry + end, "Can't handle RDB format version 999"),
                         (b"REDIS0013" + entry + end, "Can't handle RDB format version 13"),
                         (b"NOTHING00" + entry + end, "Wrong signature"),
                         (header + b"\x07\x01k\x01v" + end, "module"),
                         (header + b"\x63\x01k\x01v" + end, "unknown type")):
        code, text = refused(binary, data, *arguments)
        assert code == 1 and wanted in text, (data, code, text)
    code, text = refused(binary, b"VALKEY999" + entry + end, "--rdb-version-check", "relaxed", *arguments)
    assert code is None, text


def check_times_that_are_over(binary, arguments):
    past, far = (1000).to_bytes(8, "little"), (4102444800000).to_bytes(8, "little")
    data = (b"REDIS0010" + b"\xfc" + past + b"\x00\x01a\x01v" + b"\xfc" + far + b"\x00\x01b\x01v" + b"\x00\x01c\x01v" +
            b"\xfd" + (2000).to_bytes(4, "little") + b"\x00\x01d\x01v" + b"\xff" + bytes(8))
    with Place() as place:
        with open(place.path, "wb") as file:
            file.write(data)
        server = place.start(binary, *arguments)
        client = server.client()
        assert sorted(client.do("KEYS", "*")) == ["b", "c"]
        assert client.do("PEXPIRETIME", "b") == 4102444800000
        assert (client.info("rdb_last_load_keys_loaded"), client.info("rdb_last_load_keys_expired")) == (2, 2)
        assert client.info("rdb_changes_since_last_save") == 0
        server.stop()
    return None
