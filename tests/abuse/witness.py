"""Clients that ask two servers until the standard input ends, and then tell how long they waited.

Usage: witness.py PORT CONTROL-PORT [get]
  Four connections to the first, which lie on all its threads, send PING in turn with one to the second. With `get` eight
  connections, each with a key and a thread of its own, so that one that waits holds up no other.
"""

import json
import select
import socket
import sys
import threading
import time


def connection(port):
    one = socket.create_connection(("127.0.0.1", port))
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    one.settimeout(120)
    return one


def ask(one, request=b"PING\r\n", reply=b"+PONG\r\n"):
    start = time.monotonic()
    one.sendall(request)
    if one.recv(100) != reply:
        raise OSError("another reply, or none")
    return 1000 * (time.monotonic() - start)


def p99(times):
    return round(sorted(times)[len(times) * 99 // 100], 2) if times else 0.0


def stopped(seconds):
    return bool(select.select([sys.stdin], [], [], seconds)[0])


def in_turn(watched, control):
    times, control_times, broken = [], [], ""
    try:
        while not stopped(0.001):
            control_times.append(ask(control))
            times.append(ask(watched[len(times) % len(watched)]))
    except OSError as error:
        broken = str(error)
    return {"p99_ms": p99(times), "control_p99_ms": p99(control_times), "broken": broken, "asked": len(times)}


def each_alone(watched, control):
    times = [[] for _ in range(len(watched) + 1)]
    stopping = threading.Event()

    def run(at, one, *words):
        while not stopping.is_set():
            times[at].append(ask(one, *words))
            time.sleep(0.002)

    threads = [threading.Thread(target=run, args=(at, one, b"GET witness:%d\r\n" % at, b"$-1\r\n"))
               for at, one in enumerate(watched)]
    threads.append(threading.Thread(target=run, args=(len(watched), control)))
    for thread in threads:
        thread.start()
    while not stopped(1):
        pass
    stopping.set()
    for thread in threads:
        thread.join()
    own = sorted(p99(one) for one in times[:-1])
    return {"each_p99_ms": own, "control_p99_ms": p99(times[-1]), "asked": sum(map(len, times[:-1])), "broken": ""}


def main():
    alone = sys.argv[3:] == ["get"]
    watched, control = [connection(int(sys.argv[1])) for _ in range(8 if alone else 4)], connection(int(sys.argv[2]))
    for one in watched:
        ask(one)
    print("ready", flush=True)
    print(json.dumps((each_alone if alone else in_turn)(watched, control)))


main()
