"""Who gets in: protocols, ciphers, client certificates, sessions; and what is no handshake at all."""

import random
import socket
import ssl
import time

from peer import CLOSED, Dawdler, eventually, expect, expect_in


def check_protocols_with_s_client(bench):
    server = bench.server()
    for version in ("-tls1_2", "-tls1_3"):
        expect_in("+PONG", server.s_client(version), version)
        expect_in("Verify return code: 0 (ok)", server.s_client(version), version)
    for allowed, refused in (("-tls1_2", "-tls1_3"), ("-tls1_3", "-tls1_2")):
        name = {"-tls1_2": "TLSv1.2", "-tls1_3": "TLSv1.3"}[allowed]
        expect(server.do("CONFIG", "SET", "tls-protocols", name), "OK")
        expect_in("+PONG", server.s_client(allowed), "only " + name)
        assert "+PONG" not in server.s_client(refused), "%s with only %s" % (refused, name)


def check_ciphers_with_s_client(bench):
    server = bench.server(certificate="rsa")
    expect(server.do("CONFIG", "SET", "tls-ciphers", "ECDHE-RSA-AES256-GCM-SHA384"), "OK")
    expect_in("Cipher is ECDHE-RSA-AES256-GCM-SHA384", server.s_client("-tls1_2"))
    assert "+PONG" not in server.s_client("-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256")
    expect(server.do("CONFIG", "SET", "tls-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"), "OK")
    expect_in("Cipher is TLS_CHACHA20_POLY1305_SHA256", server.s_client("-tls1_3"))
    assert "+PONG" not in server.s_client("-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256")
    both = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"
    turned = ":".join(reversed(both.split(":")))
    for prefers, chosen in (("no", "AES256"), ("yes", "AES128")):
        expect(server.do("CONFIG", "SET", "tls-ciphers", both, "tls-prefer-server-ciphers", prefers), "OK")
        expect_in("Cipher is ECDHE-RSA-" + chosen, server.s_client("-tls1_2", "-cipher", turned), prefers)


def refuses(server, certificate=None):
    """Whether a client gets no reply. In TLS 1.3 it learns of its refusal after its own handshake."""
    try:
        client = server.tls(certificate)
        reply = client.do("PING")
        client.close()
        return reply == CLOSED
    except (ssl.SSLError, ConnectionError):
        return True


def check_client_certificates(bench):
    server = bench.server()
    for mode, without in (("no", False), ("optional", False), ("yes", True)):
        expect(server.do("CONFIG", "SET", "tls-auth-clients", mode), "OK")
        expect(refuses(server), without, "no certificate, " + mode)
        expect(refuses(server, "alice"), False, "a good certificate, " + mode)
        expect(refuses(server, "rogue"), mode != "no", "another authority's certificate, " + mode)
    expect_in("peer did not return a certificate (addr=127.0.0.1:", server.log_text())
    expect_in("certificate verify failed (addr=127.0.0.1:", server.log_text())
    alice = ["-cert", bench.files.file("alice.crt"), "-key", bench.files.file("alice.key")]
    expect_in("+PONG", server.s_client(*alice))
    assert "+PONG" not in server.s_client()


def check_a_client_knows_a_wrong_server(bench):
    server = bench.server()
    try:
        server.tls(context=server.context(authority="other-ca"))
    except ssl.SSLCertVerificationError:
        pass
    else:
        raise AssertionError("the client took a certificate of another authority")
    expect(server.tls().do("PING"), "PONG")


def session_of(server, context, reads=2):
    client = server.tls(context=context)
    for _ in range(reads):
        expect(client.do("PING"), "PONG")
    session = client.socket.session
    client.close()
    return session


def reused(server, context, session):
    client = server.tls(context=context, session=session)
    expect(client.do("PING"), "PONG")
    was = client.socket.session_reused
    client.close()
    return was


def check_sessions_are_resumed(bench):
    server = bench.server()
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        expect(server.do("CONFIG", "SET", "tls-session-caching", "yes"), "OK")
        context = server.context()
        context.minimum_version = context.maximum_version = version
        expect(reused(server, context, session_of(server, context)), True, "%s, caching" % version)
        expect(server.do("CONFIG", "SET", "tls-session-caching", "no"), "OK")
        context = server.context()
        context.minimum_version = context.maximum_version = version
        session = session_of(server, context)
        expect(session is not None and reused(server, context, session), False, "%s, no caching" % version)


check_sessions_are_resumed.ours_alone = True  # Valkey's clients cannot resume up to TLS 1.2


def check_a_session_does_not_get_round_client_certificates(bench):
    """One that began without a certificate is not resumed when one is required; nor is one of another authority's."""
    server = bench.server()
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        expect(server.do("CONFIG", "SET", "tls-auth-clients", "no"), "OK")
        context = server.context()
        context.minimum_version = context.maximum_version = version
        session = session_of(server, context)
        expect(server.do("CONFIG", "SET", "tls-auth-clients", "yes"), "OK")
        try:
            got_in = server.tls(context=context, session=session).do("PING") == "PONG"
        except (ssl.SSLError, ConnectionError):
            got_in = False
        expect(got_in, False, "without a certificate, %s" % version)
        context = server.context("alice")
        context.minimum_version = context.maximum_version = version
        session = session_of(server, context)
        expect(server.do("CONFIG", "SET", "tls-ca-cert-file", bench.files.file("other-ca.crt")), "OK")
        try:
            got_in = server.tls(context=context, session=session).do("PING") == "PONG"
        except (ssl.SSLError, ConnectionError):
            got_in = False
        expect(got_in, False, "a certificate of an authority of the past, %s" % version)
        expect(server.do("CONFIG", "SET", "tls-ca-cert-file", bench.files.file("ca.crt")), "OK")


check_a_session_does_not_get_round_client_certificates.ours_alone = True  # pins what ours does better


def check_renegotiation_is_refused(bench):
    server = bench.server()
    output = server.s_client("-tls1_2", lines=("PING\r\n", "R\n"))
    expect_in("RENEGOTIATING", output)
    expect_in("no renegotiation", output)
    expect(server.tls().do("PING"), "PONG", "others go on")


def check_key_updates_are_answered(bench):
    """In TLS 1.3 either side may change keys between records: `k` and `K` of s_client."""
    server = bench.server()
    output = server.s_client("-tls1_3", lines=("PING\r\n", "K\n", "PING\r\n", "k\n", "ECHO after\r\n"))
    expect_in("KEYUPDATE", output)
    expect_in("after", output.split("KEYUPDATE")[-1])


def answer_to(server, data, port=None):
    raw = socket.create_connection(("127.0.0.1", port or server.tls_port), timeout=5)
    raw.sendall(data)
    got = b""
    try:
        while True:
            part = raw.recv(4096)
            if not part:
                break
            got += part
    except ConnectionError:
        pass
    raw.close()
    return got


def check_what_is_no_handshake(bench):
    server = bench.server()
    for data in (b"*1\r\n$4\r\nPING\r\n", b"GET / HTTP/1.0\r\n\r\n", bytes(200), b"\x16\x03\x01\xff\xff" + b"x" * 70000):
        assert b"PONG" not in answer_to(server, data), data[:20]
    expect_in("wrong version number (addr=127.0.0.1:", server.log_text())
    expect_in("http request (addr=127.0.0.1:", server.log_text())
    generator = random.Random(7)  # the seed makes the run the same each time
    hello = Dawdler(server, server.context()).step()[0]
    for _ in range(60 if bench.quick else 400):
        broken = bytearray(hello)
        for _ in range(generator.randint(1, 8)):
            broken[generator.randrange(len(broken))] = generator.randrange(256)
        raw = socket.create_connection(("127.0.0.1", server.tls_port), timeout=5)
        raw.sendall(broken[:generator.randint(1, len(broken))])
        raw.close()
    expect(server.tls().do("PING"), "PONG", "others go on")
    eventually(lambda: server.info("connected_clients") == "1", "those clients are gone")


def check_a_hello_on_the_plain_port(bench):
    server = bench.server()
    hello = Dawdler(server, server.context()).step()[0]
    raw = socket.create_connection(("127.0.0.1", server.port), timeout=5)
    raw.sendall(hello + b"\r\n")
    raw.shutdown(socket.SHUT_WR)
    raw.close()
    expect(server.do("PING"), "PONG")
    eventually(lambda: server.info("connected_clients") == "1", "that client is gone")


def check_half_handshakes(bench):
    server = bench.server("--timeout", "2")
    dawdler = Dawdler(server, server.context())
    dawdler.socket.sendall(dawdler.step()[0][:40])
    eventually(lambda: server.info("connected_clients") == "2", "who is in a handshake counts")
    began = time.monotonic()
    eventually(lambda: server.info("connected_clients") == "1", "the timeout closes it")
    assert time.monotonic() - began > 1, "too early"
    for cut in (1, 5, 6, 100, 200):
        dawdler = Dawdler(server, server.context())
        dawdler.socket.sendall(dawdler.step()[0][:cut])
        dawdler.close()
    expect_in("unexpected eof while reading", server.log_text())
    expect(server.tls().do("PING"), "PONG")


def check_maxclients(bench):
    server = bench.server("--maxclients", "2")
    eventually(lambda: server.do("PING") == "PONG", "there is room")
    time.sleep(0.3)  # until that client is gone
    held = [socket.create_connection(("127.0.0.1", server.tls_port)) for _ in range(2)]
    time.sleep(0.3)
    refused = "-ERR max number of clients reached"
    eventually(lambda: server.do("PING") == refused, "who only begins a handshake counts")
    raw = socket.create_connection(("127.0.0.1", server.tls_port), timeout=5)
    try:
        expect(raw.recv(100), b"", "over TLS refused without a word")
    except ConnectionError:
        pass
    for one in held:
        one.close()
    eventually(lambda: server.do("PING") == "PONG", "there is room again")
    expect(server.tls().do("PING"), "PONG")


def check_slow_handshakes_do_not_hold_others_up(bench):
    """Byte by byte, while another client on the same thread works."""
    server = bench.server("--io-threads", "1")
    dawdlers = [Dawdler(server, server.context()) for _ in range(20)]
    hellos = [one.step()[0] for one in dawdlers]
    client, waits = server.tls(), []
    for at in range(max(map(len, hellos))):
        for dawdler, hello in zip(dawdlers, hellos):
            dawdler.socket.sendall(hello[at:at + 1])
        began = time.monotonic()
        expect(client.do("PING"), "PONG")
        waits.append(time.monotonic() - began)
    waits.sort()
    p99 = waits[len(waits) * 99 // 100]
    assert p99 < 0.1, "99 of 100 within %.1f ms" % (p99 * 1000)
    for dawdler in dawdlers:
        dawdler.receive()
        dawdler.shake_hands()
        dawdler.socket.sendall(dawdler.encrypted(b"PING\r\n"))
        dawdler.receive()
        dawdler.close()


def check_a_command_with_the_end_of_the_handshake(bench):
    """The client's last flight and its first commands come in one piece, as records or cut anywhere."""
    server = bench.server()
    for cut in (0, 1, 7):
        dawdler = Dawdler(server, server.context())
        data, done = dawdler.step()
        while not done:
            dawdler.socket.sendall(data)
            dawdler.receive()
            data, done = dawdler.step()
        data += dawdler.encrypted(b"PING\r\n") + dawdler.encrypted(b"ECHO x\r\n")
        dawdler.socket.sendall(data[:len(data) - cut])
        if cut:
            time.sleep(0.05)
            dawdler.socket.sendall(data[len(data) - cut:])
        got = b""
        while b"$1\r\nx\r\n" not in got:
            dawdler.receive()
            try:
                while True:
                    got += dawdler.tls.read()
            except ssl.SSLWantReadError:
                pass
        expect(got, b"+PONG\r\n$1\r\nx\r\n")
        dawdler.close()
