"""tls-auth-clients-user: whom a certificate logs in."""

from peer import expect, expect_in


def whoami(server, certificate):
    client = server.tls(certificate)
    answer = client.do("ACL", "WHOAMI")
    client.close()
    return answer


def newest_denied(server):
    log = server.do("ACL", "LOG", "1")
    return dict(zip(log[0][::2], log[0][1::2])) if log else None


def check_the_common_name_is_a_user(bench):
    server = bench.server("--tls-auth-clients", "optional", "--tls-auth-clients-user", "CN")
    expect(whoami(server, "alice"), "default", "no such user")
    entry = newest_denied(server)
    expect([entry[key] for key in ("reason", "context", "object", "username")], ["tls-cert", "toplevel", "", "alice"])
    expect(server.info("acl_access_denied_tls_cert"), "1")
    expect_in("TLS: No matching user found for certificate CN ", server.log_text())
    server.do("ACL", "SETUSER", "alice", "off", ">secret", "~*", "+@all")
    expect(whoami(server, "alice"), "default", "a user who is off")
    expect(server.info("acl_access_denied_tls_cert"), "2")
    server.do("ACL", "SETUSER", "alice", "on")
    expect(whoami(server, "alice"), "alice")
    expect_in("TLS: Auto-authenticated client as ", server.log_text())
    expect(whoami(server, None), "default", "no certificate")
    expect(server.info("acl_access_denied_tls_cert"), "2", "who shows none is not denied")


def check_a_certificate_stands_for_a_password(bench):
    server = bench.server("--tls-auth-clients", "optional", "--tls-auth-clients-user", "CN", "--user",
                          *"alice on nopass ~a:* +get +set +acl|whoami".split(), "--user",
                          *"default on >pw ~* +@all".split())
    expect(whoami(server, "alice"), "alice")
    expect(whoami(server, None), "-NOAUTH Authentication required.")
    client = server.tls("alice")
    expect(client.do("SET", "a:1", "x"), "OK")
    expect(client.do("SET", "b", "x"), "-NOPERM No permissions to access a key")
    expect(client.do("AUTH", "default", "pw"), "OK", "AUTH goes on from there")
    expect(client.do("SET", "b", "x"), "OK")
    admin = server.tls()
    admin.do("AUTH", "pw")
    other = server.tls("alice")
    expect(other.do("ACL", "WHOAMI"), "alice")
    admin.do("ACL", "DELUSER", "alice")
    expect(other.do("PING"), "(closed)", "a user who is deleted is disconnected")


def check_uris_are_users(bench):
    server = bench.server("--tls-auth-clients", "yes", "--tls-auth-clients-user", "URI")
    expect(whoami(server, "alice"), "default")
    expect(newest_denied(server)["username"], "urn:second", "the last that was tried")
    expect_in("TLS: No matching user found in certificate SAN URI fields", server.log_text())
    server.do("ACL", "SETUSER", "urn:second", "on", "~*", "+@all")
    expect(whoami(server, "alice"), "urn:second")
    server.do("ACL", "SETUSER", "urn:user:alice", "on", "~*", "+@all")
    expect(whoami(server, "alice"), "urn:user:alice", "the first that is a user")
    server.do("ACL", "SETUSER", "urn:user:alice", "off")
    expect(whoami(server, "alice"), "urn:second", "and is on")


def check_a_name_with_a_nul_is_nobodys(bench):
    """The authority was asked for "alice\\0.evil", and a server that reads up to the NUL lets in alice."""
    server = bench.server("--tls-auth-clients", "yes", "--tls-auth-clients-user", "CN")
    server.do("ACL", "SETUSER", "alice", "on", "~*", "+@all")
    server.do("ACL", "SETUSER", "urn:user:alice", "on", "~*", "+@all")
    expect(whoami(server, "alice"), "alice")
    expect(whoami(server, "nul-name"), "default")
    server.do("CONFIG", "SET", "tls-auth-clients-user", "URI")
    expect(whoami(server, "alice"), "urn:user:alice")
    expect(whoami(server, "nul-uri"), "default")
    expect(server.info("acl_access_denied_tls_cert"), "2")


check_a_name_with_a_nul_is_nobodys.ours_alone = True  # how Valkey counts them is its own


def check_another_authority_names_nobody(bench):
    server = bench.server("--tls-auth-clients", "no", "--tls-auth-clients-user", "CN")
    server.do("ACL", "SETUSER", "alice", "on", "~*", "+@all")
    expect(whoami(server, "rogue"), "default", "it is not asked for, so it is not looked at")


def check_resumed_sessions_log_in_too(bench):
    server = bench.server("--tls-auth-clients", "yes", "--tls-auth-clients-user", "CN")
    server.do("ACL", "SETUSER", "alice", "on", "~*", "+@all")
    context = server.context("alice")
    client = server.tls(context=context)
    expect(client.do("ACL", "WHOAMI"), "alice")
    again = server.tls(context=context, session=client.socket.session)
    expect(again.do("ACL", "WHOAMI"), "alice")
    expect(again.socket.session_reused, True)
