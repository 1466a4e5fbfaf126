"""Scripts that take long: others go on, SCRIPT KILL, BUSY, and who waits for what the script holds."""

import threading
import time

from client import CLOSED, DEADLINE, soon, timed

LOOP = "while true do end"
# Some seconds at most, and no longer than the deadline of a check.
READS_LONG = "local n = tonumber(ARGV[1]) local x = 0 for i = 1, n do x = x + i % 7 end return x"


def start(server, script, *rest):
    client = server.client()
    client.send("EVAL", script, *(rest or ("0",)))
    return client


def kill(server):
    """Until the script has begun there is nothing to kill."""
    assert soon(lambda: server.client().do("SCRIPT", "KILL") == "OK")


def killed(client):
    reply = str(client.read())
    assert "Script killed by user with SCRIPT KILL" in reply, reply


def check_a_script_is_killed(server):
    client = start(server, LOOP)
    kill(server)
    killed(client)
    assert client.do("EVAL", "return 1", "0") == 1
    assert "NOTBUSY" in str(client.do("SCRIPT", "KILL"))


def check_pcall_does_not_save_a_script(server):
    client = start(server, "while true do pcall(function() while true do end end) end")
    kill(server)
    killed(client)


def check_neither_do_coroutines(server):
    client = start(server, "while true do coroutine.wrap(function() while true do end end)() end")
    kill(server)
    killed(client)


def check_who_has_written_is_not_killed(server):
    client = start(server, "redis.call('SET', KEYS[1], '1') " + READS_LONG, "1", "k", "150000000")
    other = server.client()
    assert soon(lambda: "UNKILLABLE" in str(other.do("SCRIPT", "KILL")))
    assert isinstance(client.read(), int)
    assert server.client().do("GET", "k") == "1"


def check_others_are_told_that_a_script_is_busy(server):
    other, queued, waits = server.client(), server.client(), server.client()
    assert other.do("CONFIG", "SET", "busy-reply-threshold", "300") == "OK"
    queued.do("MULTI")
    queued.do("SET", "k", "2")
    client = start(server, "redis.call('GET', 'k') " + LOOP)
    time.sleep(0.05)
    waits.send("SET", "k", "1")  # before the threshold it waits, then it is told
    assert "BUSY Valkey is busy running a script" in str(waits.read())
    for words in (("SET", "k", "1"), ("FLUSHALL",), ("EVAL", "return 1", "0"), ("CONFIG", "SET", "hz", "11")):
        assert "BUSY" in str(other.do(*words)), words
    assert "EXECABORT" in str(queued.do("EXEC"))
    assert other.do("PING") == "PONG"
    kill(server)
    killed(client)
    assert other.do("SET", "k", "1") == "OK"
    assert other.do("FLUSHALL") == "OK"


def check_who_waits_goes_on_when_the_script_ends(server):
    waiting = [server.client() for _ in range(20)]
    client = start(server, "redis.call('GET', 'k') " + READS_LONG, "0", "60000000")
    time.sleep(0.02)
    for at, one in enumerate(waiting):
        one.send("INCR", "k" if at % 2 else "other")
    assert isinstance(client.read(), int)
    assert sorted(one.read() for one in waiting) == sorted(2 * list(range(1, 11)))


def check_the_clients_of_a_scripts_thread_go_on(server):
    """PING needs nothing that the script holds, whichever thread it comes to."""
    clients = [server.client() for _ in range(8)]
    script = start(server, LOOP)
    time.sleep(0.05)
    for client in clients * 5:
        assert timed(lambda: client.do("PING"))[1] < 0.5
    kill(server)
    killed(script)


def check_a_client_whose_script_runs_can_be_killed(server):
    other = server.client()
    client = server.client()
    number = client.do("CLIENT", "ID")
    client.send("EVAL", LOOP, "0")
    time.sleep(0.05)
    assert other.do("CLIENT", "KILL", "ID", str(number)) == 1
    kill(server)
    assert soon(lambda: ("id=%d " % number) not in other.do("CLIENT", "LIST"))
    assert other.do("EVAL", "return 1", "0") == 1


def check_a_client_that_goes_does_not_end_its_script(server):
    client = start(server, "redis.call('SET', 'k', '1') for i = 1, tonumber(ARGV[1]) do end redis.call('SET', 'k', '2')",
                   "0", "60000000")
    time.sleep(0.02)
    client.close()
    assert soon(lambda: server.client().do("GET", "k") == "2")


def check_scripts_in_a_transaction_are_killed(server):
    client = server.client()
    client.do("MULTI")
    client.do("SET", "a", "1")
    client.do("EVAL", "while true do end", "0")
    client.do("SET", "b", "1")
    client.send("EXEC")
    kill(server)
    reply = client.read()
    assert reply[0] == "OK" and reply[2] == "OK" and "killed" in str(reply[1]), reply


def check_a_script_that_takes_all_memory_fails(server):
    client = server.client()
    reply = str(client.do("EVAL", "local s = {} for i = 1, 1000 do s[i] = string.rep('x', 1e7 + i) end return 1", "0"))
    assert reply.startswith("-ERR not enough memory"), reply
    assert client.do("EVAL", "return 1", "0") == 1


def check_a_script_goes_on_beside_other_work(server):
    """Its thread serves others a turn at a time: they must not have all of it."""
    def run():
        return timed(lambda: server.client().do("EVAL", READS_LONG, "0", "30000000"))[1]

    alone, stopping = run(), threading.Event()

    def echo_on():
        client = server.client()
        batch = client.encoded("ECHO", "x" * 100) * 2000
        while not stopping.is_set():
            client.raw(batch)
            left = 2000 * len("$100\r\n" + "x" * 100 + "\r\n")
            while left:
                left -= len(client.socket.recv(left))

    threads = [threading.Thread(target=echo_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    beside = run()
    stopping.set()
    for thread in threads:
        thread.join()
    assert beside < 8 * alone + 1, (alone, beside)


def check_a_server_ends_though_a_script_runs(server):
    start(server, "redis.call('SET', 'k', '1') " + LOOP)
    time.sleep(0.05)
    assert server.client().do("SHUTDOWN", "NOSAVE") == CLOSED
    assert server.process.wait(timeout=DEADLINE) == 0


def check_a_reply_without_end_stops_at_the_clients_limit(server):
    looker = server.client()
    assert looker.do("CONFIG", "SET", "client-output-buffer-limit", "normal 2mb 0 0") == "OK"
    before = server.peak_resident_bytes()
    client = start(server, "local t = {1} for i = 1, 60 do t = {t, t} end return t")
    assert client.ended()
    assert server.peak_resident_bytes() < before + 10 * (1 << 20)


def check_who_waits_behind_a_script_is_not_left_behind_another(server):
    """A woken client goes on with a script on other keys: those behind it at the shard must be woken all the same."""
    first = start(server, "redis.call('SET', KEYS[1], '1') " + READS_LONG, "1", "k", "30000000")
    time.sleep(0.02)
    client, behind = server.client(), server.client()
    client.raw(client.encoded("INCR", "k") + client.encoded("EVAL", "redis.call('GET', 'other') " + LOOP, "0"))
    time.sleep(0.02)
    behind.send("INCR", "k")
    assert isinstance(first.read(), int)
    answer, seconds = timed(behind.read)
    assert answer == 3 and seconds < 2, (answer, seconds)
    kill(server)
    assert client.read() == 2


check_who_waits_behind_a_script_is_not_left_behind_another.least_threads = 2


def load(server, name, body):
    code = "#!lua name=%s\nserver.register_function('%s', function(keys, args) %s end)" % (name, name, body)
    assert server.client().do("FUNCTION", "LOAD", "REPLACE", code) == name


def check_a_function_is_killed_and_told_of(server):
    load(server, "loops", LOOP)
    other = server.client()
    assert other.do("CONFIG", "SET", "busy-reply-threshold", "100") == "OK"
    client = server.client()
    client.send("FCALL", "loops", "1", "k", "arg")
    assert soon(lambda: other.do("FUNCTION", "STATS")[1] is not None)
    running = other.do("FUNCTION", "STATS")[1]
    assert running[:4] == ["name", "loops", "command", ["FCALL", "loops", "1", "k", "arg"]], running
    assert running[4] == "duration_ms" and running[5] >= 0
    time.sleep(0.2)
    busy = "-BUSY Valkey is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."
    assert other.do("FLUSHALL") == busy
    assert other.do("FUNCTION", "FLUSH") == busy
    assert other.do("SCRIPT", "KILL") == busy
    assert soon(lambda: other.do("FUNCTION", "KILL") == "OK")
    assert "Script killed by user with FUNCTION KILL" in str(client.read())
    assert other.do("FUNCTION", "STATS")[1] is None
    assert "NOTBUSY" in other.do("FUNCTION", "KILL")


def check_function_kill_does_not_end_a_script(server):
    other = server.client()
    client = start(server, LOOP)
    busy = "-BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
    assert soon(lambda: other.do("FUNCTION", "KILL") == busy)
    kill(server)
    killed(client)


check_function_kill_does_not_end_a_script.ours_alone = True  # the reference refuses before its threshold has passed


def check_a_library_that_never_ends_is_not_loaded(server):
    other, client = server.client(), server.client()
    reply, seconds = timed(lambda: client.do("FUNCTION", "LOAD", "#!lua name=never\nwhile true do end"))
    assert "FUNCTION LOAD timeout" in reply and seconds < 5, (reply, seconds)
    assert other.do("FUNCTION", "LIST") == []
    load(server, "fine", "return 1")
    assert other.do("FCALL", "fine", "0") == 1


check_a_script_that_takes_all_memory_fails.ours_alone = True
