"""Clients' buffers as memory: used_memory and maxmemory see them at once, and so does maxmemory-clients."""

from client import CLOSED, soon

MB = 1 << 20
OUT_OF_MEMORY = "-OOM command not allowed when used memory > 'maxmemory'."


def half_sent(client, size, missing=1):
    """Leaves an argument in the client's query buffer, `size` bytes of it, without its end."""
    client.raw(b"*2\r\n$4\r\nECHO\r\n$%d\r\n" % (size + missing) + b"v" * size)


def ours_alone(check):
    """About what the reference does not do: it makes room for what is only announced, gives buffers back later, and
    counts no reply that it only refers to."""
    check.ours_alone = True
    return check


def query_buffer_is(looker, client_id, size):
    return soon(lambda: int((looker.listed(client_id) or {"qbuf": 0})["qbuf"]) >= size)


@ours_alone
def check_used_memory_follows_query_buffers(server):
    client, looker = server.client(), server.client()
    client_id = client.do("CLIENT", "ID")
    for _ in range(5):
        before = looker.info("used_memory")
        half_sent(client, 8 * MB)
        assert query_buffer_is(looker, client_id, 8 * MB)
        assert looker.info("used_memory") >= before + 7 * MB
        assert soon(lambda: looker.info("mem_clients_normal") >= 8 * MB)
        client.raw(b"v\r\n")
        assert len(client.read()) == 8 * MB + 1
        # What the client has read to its last byte is given back by a thread that may just not be running.
        assert soon(lambda: looker.info("used_memory") < before + 4 * MB, 0.1)


@ours_alone
def check_no_false_out_of_memory(server):
    client, looker = server.client(), server.client()
    client_id = client.do("CLIENT", "ID")
    limit = looker.info("used_memory") + 8 * MB
    assert looker.do("CONFIG", "SET", "maxmemory", limit) == "OK"
    for _ in range(5):
        assert soon(lambda: looker.do("SET", "key", "value") == "OK", 0.1)
        half_sent(client, 12 * MB)
        assert query_buffer_is(looker, client_id, 12 * MB)
        assert looker.do("SET", "key", "value") == OUT_OF_MEMORY
        client.raw(b"v\r\n")
        assert len(client.read()) == 12 * MB + 1
    half_sent(client, 12 * MB)
    assert query_buffer_is(looker, client_id, 12 * MB)
    client.close()
    assert soon(lambda: looker.listed(client_id) is None)
    assert looker.do("SET", "key", "value") == "OK"


def check_no_eviction_of_keys_for_buffers_that_are_gone(server):
    client, looker = server.client(), server.client()
    client_id = client.do("CLIENT", "ID")
    for at in range(100):
        assert looker.do("SET", at, "v" * 1000) == "OK"
    half_sent(client, 12 * MB)
    assert query_buffer_is(looker, client_id, 12 * MB)
    client.raw(b"v\r\n")
    assert len(client.read()) == 12 * MB + 1
    looker.raw(looker.encoded("CONFIG", "SET", "maxmemory", looker.info("used_memory") + 4 * MB))
    looker.raw(looker.encoded("CONFIG", "SET", "maxmemory-policy", "allkeys-random"))
    assert [looker.read(), looker.read()] == ["OK", "OK"]
    for at in range(100):
        assert looker.do("SET", "more", "value") == "OK"
    assert looker.info("evicted_keys") == 0


def with_limit(server, limit, **options):
    client, looker = server.client(**options), server.client()
    assert looker.do("CLIENT", "NO-EVICT", "ON") == "OK"
    assert looker.do("CONFIG", "SET", "maxmemory-clients", limit) == "OK"
    return client, looker, client.do("CLIENT", "ID")


@ours_alone
def check_evicted_for_its_query_buffer(server):
    client, looker, client_id = with_limit(server, 3 * MB)
    half_sent(client, MB, missing=2 * MB)
    assert query_buffer_is(looker, client_id, MB)
    client.raw(b"v" * (2 * MB))
    assert client.ended()
    assert looker.listed(client_id) is None
    assert looker.info("evicted_clients") == 1


@ours_alone
def check_evicted_for_its_output_buffer(server):
    client, looker, client_id = with_limit(server, 4 * MB, receive_buffer=4096)
    assert looker.do("SETRANGE", "key", 200000, "v") == 200001
    for _ in range(1000):
        client.send("GET", "key")
        fields = looker.listed(client_id)
        if fields is None:
            break
        # What the last command added can be seen before the client is evicted.
        assert int(fields["tot-mem"]) < 4 * MB + 400000, fields
    assert looker.listed(client_id) is None
    assert looker.info("evicted_clients") == 1


def check_evicted_in_the_midst_of_a_batch(server):
    client, looker, client_id = with_limit(server, 8 * MB, receive_buffer=4096)
    assert looker.do("SETRANGE", "key", MB - 1, "v") == MB
    before = server.resident_bytes()
    client.raw(client.encoded("GET", "key") * 2000 + client.encoded("SET", "ran", "to its end"))
    assert soon(lambda: looker.listed(client_id) is None)
    assert looker.do("GET", "ran") is None
    assert server.resident_bytes() < before + 64 * MB


def check_largest_clients_go_first_and_no_more_than_must(server):
    sizes = [MB // 16 << at for at in range(7)]
    clients = [server.client() for _ in sizes]
    ids = [client.do("CLIENT", "ID") for client in clients]
    looker = server.client()
    assert looker.do("CLIENT", "NO-EVICT", "ON") == "OK"
    for client, one, size in zip(clients, ids, sizes):
        half_sent(client, size)
        assert query_buffer_is(looker, one, size)
    assert looker.do("CONFIG", "SET", "maxmemory-clients", 7 * MB) == "OK"
    assert soon(lambda: looker.listed(ids[6]) is None)
    assert all(looker.listed(one) is not None for one in ids[:6])
    assert looker.do("CONFIG", "SET", "maxmemory-clients", 3 * MB) == "OK"
    assert soon(lambda: looker.listed(ids[5]) is None)
    assert looker.do("PING") == "PONG"
    assert all(looker.listed(one) is not None for one in ids[:5])


def check_no_evict_protects(server):
    client, looker, client_id = with_limit(server, 3 * MB)
    assert client.do("CLIENT", "NO-EVICT", "ON") == "OK"
    half_sent(client, 4 * MB)
    assert query_buffer_is(looker, client_id, 4 * MB)
    client.raw(b"v\r\n")
    assert len(client.read()) == 4 * MB + 1
    assert client.do("CLIENT", "NO-EVICT", "OFF") == "OK"
    half_sent(client, 4 * MB)
    assert client.ended()
    assert client.read() == CLOSED


def check_limit_as_a_part_of_maxmemory(server):
    client, looker = server.client(), server.client()
    client_id = client.do("CLIENT", "ID")
    assert looker.do("CONFIG", "SET", "maxmemory", 100 * MB) == "OK"
    assert looker.do("CONFIG", "SET", "maxmemory-clients", "5%") == "OK"
    half_sent(client, 2 * MB)
    assert query_buffer_is(looker, client_id, 2 * MB)
    assert looker.do("CONFIG", "SET", "maxmemory", 30 * MB) == "OK"
    assert client.ended()


@ours_alone
def check_output_limit_goes_before_eviction(server):
    holder, looker, holder_id = with_limit(server, 10 * MB)
    assert looker.do("CONFIG", "SET", "client-output-buffer-limit", "normal %d 0 0" % (3 * MB)) == "OK"
    assert looker.do("SETRANGE", "key", 4 * MB, "v") == 4 * MB + 1
    readers = [server.client(receive_buffer=4096) for _ in range(2)]
    half_sent(holder, 5 * MB)
    assert query_buffer_is(looker, holder_id, 5 * MB)
    for reader in readers:
        reader.send("GET", "key")
    for reader in readers:
        assert reader.ended()
    assert looker.listed(holder_id) is not None
    assert looker.info("evicted_clients") == 0
    assert looker.info("client_output_buffer_limit_disconnections") == 2
