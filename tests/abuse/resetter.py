"""Connects and resets at once, before the server can accept, until its standard input ends; tells how often.

Usage: resetter.py PORT
"""

import json
import select
import socket
import struct
import sys

RESETS = struct.pack("ii", 1, 0)


def main():
    address, count, failed = ("127.0.0.1", int(sys.argv[1])), 0, 0
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        for _ in range(100):
            one = socket.socket()
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETS)
            one.settimeout(0.2)
            try:
                one.connect(address)
                count += 1
            except OSError:  # the queue of the listener is full
                failed += 1
            one.close()
    print(json.dumps({"resets": count, "failed": failed}))


main()
