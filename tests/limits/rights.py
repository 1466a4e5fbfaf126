"""What a client may learn of keys that it has no rights to."""

from eviction import ours_alone


def tracker_of(server, user, *options):
    client = server.client()
    if user:
        assert client.do("AUTH", user, "secret") == "OK"
    client.send("HELLO", 3)
    client.rest()
    client.send("CLIENT", "TRACKING", "ON", "BCAST", *options)
    assert client.rest() == b"+OK\r\n"
    return client


@ours_alone
def check_broadcasts_name_only_keys_that_one_may_know(server):
    owner = server.client()
    for user, *rules in (("reader", "%R~mine:*"), ("writer", "%W~mine:*", "(+get ~theirs:a)"), ("nobody",)):
        assert owner.do("ACL", "SETUSER", user, "on", ">secret", "+@all", *rules) == "OK"
    everybody, reader = tracker_of(server, None), tracker_of(server, "reader")
    writer, nobody = tracker_of(server, "writer"), tracker_of(server, "nobody")
    assert owner.do("MSET", "mine:1", 1, "theirs:a", 2, "theirs:b", 3) == "OK"
    for client, names in ((everybody, {"mine:1", "theirs:a", "theirs:b"}), (reader, {"mine:1"}),
                          (writer, {"mine:1", "theirs:a"}), (nobody, set())):
        got = client.rest().decode()
        assert {name for name in ("mine:1", "theirs:a", "theirs:b") if name in got} == names, got
    # The rights count that it has when the key changes, and that all keys went is told to all.
    assert owner.do("ACL", "SETUSER", "reader", "resetkeys", "%R~theirs:*") == "OK"
    assert owner.do("MSET", "mine:1", 1, "theirs:a", 2) == "OK"
    got = reader.rest()
    assert b"theirs:a" in got and b"mine:1" not in got, got
    assert owner.do("FLUSHALL") == "OK"
    assert nobody.rest() == b">2\r\n$10\r\ninvalidate\r\n_\r\n"


@ours_alone
def check_a_redirection_tells_only_what_its_target_may_know(server):
    owner, target = server.client(), server.client()
    assert owner.do("ACL", "SETUSER", "few", "on", ">secret", "+@all", "~few:*", "allchannels") == "OK"
    assert target.do("AUTH", "few", "secret") == "OK"
    number = target.do("CLIENT", "ID")
    target.send("SUBSCRIBE", "__redis__:invalidate")
    assert b"subscribe" in target.rest()
    tracker = tracker_of(server, None, "REDIRECT", number)
    assert owner.do("MSET", "few:1", 1, "many:1", 2) == "OK"
    got = target.rest()
    assert b"few:1" in got and b"many:1" not in got, got
    assert owner.do("SET", "many:1", 3) == "OK"
    assert target.rest() == b"" == tracker.rest()
