"""CONFIG SET of TLS settings, starts with them, and what INFO shows: texts as Valkey 9.1.2 has them."""

import pathlib
import socket
import subprocess

from peer import eventually, expect, expect_in

UNABLE = ("-ERR CONFIG SET failed (possibly related to argument '%s') - Unable to update TLS configuration. "
          "Check server logs.")


def refusals(files):
    bad, nothing = files.file("bad.pem"), files.file("nothing")
    pathlib.Path(bad).write_text("garbage\n", encoding="ascii")
    return [
        (["tls-cert-file", nothing], "Failed to load certificate: %s: error:80000002:system library::No such file or "
                                     "directory" % nothing),
        (["tls-cert-file", bad], "Failed to load certificate: %s: error:0480006C:PEM routines::no start line" % bad),
        (["tls-cert-file", files.file("alice.crt")], "key values mismatch"),
        (["tls-cert-file", ""], "No tls-cert-file configured!"),
        (["tls-key-file", nothing], "Failed to load private key: %s: error:80000002:system library::No such file or "
                                    "directory" % nothing),
        (["tls-key-file", bad], "Failed to load private key: %s: error:1E08010C:DECODER routines::unsupported" % bad),
        (["tls-key-file", ""], "No tls-key-file configured!"),
        (["tls-key-file", files.file("locked.key")], "interrupted or cancelled"),
        (["tls-key-file", files.file("locked.key"), "tls-key-file-pass", "wrong"], "bad decrypt"),
        (["tls-ca-cert-file", nothing], "Failed to configure CA certificate(s) file/directory: error:80000002"),
        (["tls-ca-cert-file", bad], "no certificate or crl found"),
        (["tls-ca-cert-file", "", "tls-auth-clients", "yes"], "Either tls-ca-cert-file or tls-ca-cert-dir must be "
         "specified when tls-cluster, tls-replication or tls-auth-clients are enabled!"),
        (["tls-ciphers", "nosuch"], "Failed to configure ciphers: nosuch"),
        (["tls-ciphersuites", "nosuch"], "Failed to configure ciphersuites: nosuch"),
        (["tls-protocols", "TLSv1.2 SSLv3"], "Invalid tls-protocols specified. Use a combination of 'TLSv1', "
         "'TLSv1.1', 'TLSv1.2' and 'TLSv1.3'."),
        (["tls-protocols", "TLSv1.2  TLSv1.3"], "Invalid tls-protocols specified."),
        (["tls-dh-params-file", nothing], "Failed to load %s: No such file or directory" % nothing),
        (["tls-dh-params-file", bad], "%s: failed to read DH params." % bad),
        (["tls-client-cert-file", bad, "tls-client-key-file", files.file("server.key")], "no start line"),
    ]


def lock_key(files):
    subprocess.run(["openssl", "ec", "-aes256", "-passout", "pass:secret", "-in", files.file("server.key"), "-out",
                    files.file("locked.key")], check=True, capture_output=True)


def check_refused_settings_change_nothing(bench):
    server, files = bench.server(), bench.files
    lock_key(files)
    old = server.tls()
    before = server.do("CONFIG", "GET", "tls*")
    for words, reason in refusals(files):
        expect(server.do("CONFIG", "SET", *words), UNABLE % words[0], words)
        log = server.log_text().splitlines()
        expect_in(reason, "\n".join(log[-4:]), words)
        expect_in("Failed applying new configuration. Possibly related to new %s setting. Restoring previous settings."
                  % words[0], "\n".join(log[-3:]), words)
        expect(server.do("CONFIG", "GET", "tls*"), before, words)
        expect(server.tls().do("PING"), "PONG", words)
    expect(old.do("PING"), "PONG", "who was connected before")


def check_settings_that_are_taken(bench):
    server, files = bench.server(), bench.files
    lock_key(files)
    for words in (["tls-key-file", files.file("locked.key"), "tls-key-file-pass", "secret"],
                  ["tls-key-file", files.file("server.key"), "tls-key-file-pass", ""],
                  ["tls-ca-cert-dir", files.file("no-such-directory")], ["tls-ca-cert-dir", ""],
                  ["tls-ca-cert-file", ""], ["tls-auth-clients", "yes"], ["tls-auth-clients", "no"],
                  ["tls-ca-cert-file", files.file("ca.crt")], ["tls-protocols", "tlsv1.2 TLSv1.3"],
                  ["tls-protocols", ""], ["tls-session-cache-size", "0", "tls-session-cache-timeout", "5"],
                  ["tls-client-cert-file", files.file("alice.crt")], ["tls-client-key-file", files.file("alice.key")],
                  ["tls-replication", "yes"], ["tls-replication", "no"], ["tls-cluster", "yes"],
                  ["tls-cluster", "no"], ["tls-auto-reload-interval", "1"], ["tls-auto-reload-interval", "0"]):
        expect(server.do("CONFIG", "SET", *words), "OK", words)
        if words != ["tls-auth-clients", "yes"]:  # nobody can be verified without an authority
            expect(server.tls().do("PING"), "PONG", words)


def check_config_set_in_a_transaction(bench):
    server = bench.server()
    client = server.tls()
    for words in (["MULTI"], ["SET", "k", "v"], ["CONFIG", "SET", "tls-cert-file", "nothing"],
                  ["CONFIG", "SET", "tls-cert-file", bench.files.file("server2.crt"), "tls-key-file",
                   bench.files.file("server2.key")]):
        client.do(*words)
    expect(client.do("EXEC"), ["OK", UNABLE % "tls-cert-file", "OK"])
    expect_in("server2", str(server.tls().socket.getpeercert()))


def check_the_tls_port_opens_moves_and_closes(bench):
    server = bench.server()
    first, other = server.tls_port, bench.server().tls_port
    client = server.tls()
    expect(server.do("CONFIG", "SET", "tls-port", "0"), "OK")
    try:
        socket.create_connection(("127.0.0.1", first), timeout=2)
        raise AssertionError("the port is open")
    except ConnectionError:
        pass
    expect(client.do("PING"), "PONG", "who is connected stays")
    expect(server.do("CONFIG", "SET", "tls-port", first), "OK")
    expect(server.tls().do("PING"), "PONG")
    expect(server.do("CONFIG", "SET", "tls-port", other),
           "-ERR CONFIG SET failed (possibly related to argument 'tls-port') - Unable to listen on this port. Check "
           "server logs.")
    expect(server.tls().do("PING"), "PONG", "the old port stays")


def check_what_is_set_while_no_port_is_open_counts_when_it_opens(bench):
    server, files = bench.server(), bench.files
    first = server.tls_port
    expect(server.do("CONFIG", "SET", "tls-port", "0"), "OK")
    expect(server.do("CONFIG", "SET", "tls-cert-file", files.file("nothing")), "OK")
    expect(server.do("CONFIG", "SET", "tls-port", first), UNABLE % "tls-port")
    expect(server.do("CONFIG", "SET", "tls-cert-file", files.file("server2.crt"), "tls-key-file",
                     files.file("server2.key"), "tls-port", first), "OK")
    expect_in("server2", str(server.tls().socket.getpeercert()))


check_what_is_set_while_no_port_is_open_counts_when_it_opens.ours_alone = True  # Valkey serves the old certificate


def check_starts_that_fail(bench):
    files = bench.files
    pair = ["--tls-cert-file", files.file("server.crt"), "--tls-key-file", files.file("server.key")]
    for arguments, reason in (([], "No tls-cert-file configured!"), (pair[:2], "No tls-key-file configured!"),
                              (pair, "Either tls-ca-cert-file or tls-ca-cert-dir must be specified")):
        server = bench.bare_server(*arguments, waits=False)
        expect(server.process.wait(timeout=20), 1, arguments)
        expect_in(reason, server.log_text(), arguments)
        expect_in("Failed to configure TLS. Check logs for more info.", server.log_text(), arguments)
    bench.servers.clear()


def check_a_server_with_tls_alone(bench):
    server = bench.server(plain=False)
    expect(server.tls().do("PING"), "PONG")
    expect_in("Ready to accept connections tls", server.log_text())
    assert "Ready to accept connections tcp" not in server.log_text()
    text = server.tls().do("INFO", "server")
    expect_in("tcp_port:%d\r\n" % server.tls_port, text)
    expect_in("listener2:name=tls,bind=127.0.0.1,port=%d\r\n" % server.tls_port, text)


def shown(field, file):
    text = subprocess.run(["openssl", "x509", "-in", file, "-noout", "-" + field], capture_output=True, text=True,
                          check=True).stdout
    return text.strip().split("=", 1)[1]


def check_info_tells_of_certificates(bench):
    server, files = bench.server(), bench.files
    expect(server.info("tls_server_cert_serial"), shown("serial", files.file("server.crt")))
    expect(server.info("tls_ca_cert_serial"), shown("serial", files.file("ca.crt")))
    expect(server.info("tls_client_cert_serial"), "none")
    expect(server.info("tls_client_cert_expires_in_seconds"), "0")
    left = int(server.info("tls_server_cert_expires_in_seconds"))
    assert 9 * 86400 < left <= 10 * 86400, left
    files.authority("short-ca", days=2)
    bundle = files.file("bundle.crt")
    pathlib.Path(bundle).write_text("".join(pathlib.Path(files.file(one + ".crt")).read_text("ascii")
                                            for one in ("ca", "short-ca")), encoding="ascii")
    expect(server.do("CONFIG", "SET", "tls-ca-cert-file", bundle, "tls-client-cert-file", files.file("alice.crt"),
                     "tls-client-key-file", files.file("alice.key")), "OK")
    expect(server.info("tls_ca_cert_serial"), shown("serial", files.file("short-ca.crt")), "the first to expire")
    expect(server.info("tls_client_cert_serial"), shown("serial", files.file("alice.crt")))


def check_a_directory_of_authorities(bench):
    server, files = bench.server("--tls-auth-clients", "yes"), bench.files
    directory = pathlib.Path(files.file("authorities"))
    directory.mkdir(exist_ok=True)
    (directory / "ca.pem").write_bytes(pathlib.Path(files.file("ca.crt")).read_bytes())
    subprocess.run(["openssl", "rehash", str(directory)], check=True, capture_output=True)
    expect(server.do("CONFIG", "SET", "tls-ca-cert-file", "", "tls-ca-cert-dir", str(directory)), "OK")
    eventually(lambda: server.tls("alice").do("PING") == "PONG", "an authority is found by its hash")
