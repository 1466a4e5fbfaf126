"""The list of checks for redis-py and valkey-py, which share one interface; the library's module is a parameter.

Called as: <client>.py PROTOCOL PORT AUTH_PORT PASSWORD ROUNDS.
"""
import os
import sys
import threading
import time

from report import expect, expect_true, report

POOL = 50
AUTHORITY = os.environ.get("SIGRUN_CA")
ENCRYPTION = {"ssl": True, "ssl_ca_certs": AUTHORITY} if AUTHORITY else {}
BINARY = bytes(range(256)) + b"\r\n\x00\r\n"
LARGE = BINARY * 4000


class Checks:
    """Every method whose name begins with `check_` is one check; they run in the order they are written."""

    def __init__(self, library, client_class, arguments):
        self.library = library
        self.client_class = client_class
        self.protocol, self.port, self.auth_port = (int(text) for text in arguments[:3])
        self.password, self.rounds = arguments[3], int(arguments[4])
        self.client = self.open(max_connections=1)
        self.client.flushall()

    def open(self, **options):
        options = {"host": "127.0.0.1", "port": self.port, "protocol": self.protocol, "socket_timeout": 10, **ENCRYPTION,
                   **options}
        return self.client_class(**options)

    def check_connect(self):
        expect(self.client.ping(), True, "PING")
        info = self.client.client_info()
        expect(str(info["resp"]), str(self.protocol), "protocol in CLIENT INFO")
        expect(str(info["db"]), "0", "database in CLIENT INFO")

    def check_binary_value(self):
        expect(self.client.set("binary", BINARY, ex=100), True, "SET EX")
        expect(self.client.get("binary"), BINARY, "GET")
        expect_true(1 <= self.client.ttl("binary") <= 100, "TTL is not in 1..100")
        self.client.set("large", LARGE)
        expect(self.client.get("large"), LARGE, "GET of a large value")

    def check_expiry(self):
        self.client.set("short", "v", px=500)
        expect(self.client.get("short"), b"v", "GET before")
        time.sleep(0.6)
        expect(self.client.get("short"), None, "GET after")

    def check_mset_mget(self):
        expect(self.client.mset({"m1": "a", "m2": BINARY, "m3": ""}), True, "MSET")
        expect(self.client.mget("m1", "missing", "m2", "m3"), [b"a", None, BINARY, b""], "MGET")

    def check_incr(self):
        expect([self.client.incr("n"), self.client.incr("n")], [1, 2], "INCR twice")
        expect(self.client.incrby("n", 40), 42, "INCRBY")
        expect(self.client.decr("n"), 41, "DECR")
        expect(self.client.get("n"), b"41", "GET")

    def check_expire_ttl(self):
        self.client.set("e", "v")
        expect([self.client.ttl("missing"), self.client.ttl("e")], [-2, -1], "TTL without one")
        expect(bool(self.client.expire("e", 50)), True, "EXPIRE")
        expect_true(48 <= self.client.ttl("e") <= 50, "TTL is not in 48..50")
        expect(bool(self.client.persist("e")), True, "PERSIST")
        expect(self.client.ttl("e"), -1, "TTL after PERSIST")
        expect(bool(self.client.expire("missing", 50)), False, "EXPIRE of a missing key")

    def check_pipeline(self):
        pipeline = self.client.pipeline(transaction=False)
        for i in range(500):
            pipeline.set(f"pipe:{i}", i).get(f"pipe:{i}")
        replies = pipeline.execute()
        expect(len(replies), 1000, "replies")
        expect(replies[1::2], [str(i).encode() for i in range(500)], "values in order")

    def check_pool(self):
        pooled = self.open(max_connections=POOL)
        ready = threading.Barrier(POOL + 1, timeout=15)
        failures = []

        def work(number):
            try:
                connection = pooled.client()  # Holds one connection of the pool until it is closed.
                connection.ping()
                ready.wait()
                ready.wait()
                for i in range(self.rounds):
                    connection.incr("pool:sum")
                    connection.set(f"pool:{number}", i)
                    expect(connection.get(f"pool:{number}"), str(i).encode(), "own key")
                connection.close()
            except Exception as error:  # pylint: disable=broad-except
                failures.append(repr(error))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(POOL)]
        for thread in threads:
            thread.start()
        ready.wait()
        connected = len(self.client.client_list())
        ready.wait()
        for thread in threads:
            thread.join()
        expect(failures, [], "failures")
        expect_true(connected >= POOL, f"only {connected} connections at once")
        expect(int(self.client.get("pool:sum")), POOL * self.rounds, "sum of all increments")
        pooled.close()

    def check_scan(self):
        self.client.flushdb()
        keys = {f"scan:{i}".encode() for i in range(1500)}
        self.client.mset({key: "v" for key in keys})
        expect(set(self.client.scan_iter(count=100)), keys, "all keys")
        expect(len(set(self.client.scan_iter(match="scan:1*", count=100))), 611, "keys that match scan:1*")

    def check_error_reply(self):
        self.client.set("text", "abc")
        try:
            self.client.incr("text")
            raise AssertionError("INCR of a text did not fail")
        except self.library.exceptions.ResponseError as error:
            expect(str(error), "value is not an integer or out of range", "error text")
        expect(self.client.get("text"), b"abc", "GET after the error")

    def check_reconnect(self):
        admin = self.open()
        before = self.client.client_id()
        expect(int(admin.client_kill_filter(_id=before)), 1, "CLIENT KILL ID")
        deadline = time.monotonic() + 5
        while True:
            try:
                expect(self.client.get("text"), b"abc", "GET after the kill")
                break
            except self.library.exceptions.ConnectionError:
                expect_true(time.monotonic() < deadline, "no new connection within 5 s")
        expect_true(self.client.client_id() != before, "the connection was not killed")
        admin.close()

    def check_select(self):
        other = self.open(db=5)
        other.set("only:5", "v")
        expect(str(other.client_info()["db"]), "5", "database in CLIENT INFO")
        expect([other.dbsize(), self.client.exists("only:5")], [1, 0], "keys of databases 5 and 0")
        other.close()

    def check_auth(self):
        secured = self.open(port=self.auth_port, password=self.password)
        secured.set("a", "b")
        expect(secured.get("a"), b"b", "GET")
        secured.close()

    def check_auth_refused(self):
        refusal = "Authentication required" if self.protocol == 2 else "HELLO must be called with the client already"
        for password, wanted in (("wrong", "invalid username-password pair"), (None, refusal)):
            never = self.library.retry.Retry(self.library.backoff.NoBackoff(), 0)
            secured = self.open(port=self.auth_port, password=password, retry=never)
            try:
                secured.get("a")
                raise AssertionError(f"password {password} was accepted")
            except self.library.exceptions.AuthenticationError as error:
                expect_true(wanted in str(error), f"error text {error}")
            secured.close()

    def check_close(self):
        identity = self.client.client_id()
        self.client.close()
        admin = self.open()
        deadline = time.monotonic() + 5
        while any(int(row["id"]) == identity for row in admin.client_list()):
            expect_true(time.monotonic() < deadline, "the server still lists the closed connection")
        admin.close()


def main(library, client_class):
    report(Checks(library, client_class, sys.argv[1:]))
