"""A free TCP port on the loopback address, for the suites and the bench."""
import random
import socket


def free_port():
    while True:
        port = random.randint(20000, 40000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
