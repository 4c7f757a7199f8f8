# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may log in, and with what: everything but the device's own signature over this very
connection is refused, and a refusal leaves no trace in the directory."""
import hashlib

from weft_scenario import decode_link
from weft_wire import LOG_ENTRIES, PEOPLE, Account, Closed, Connection, Key, joined, spki_sha256

REFUSED = ("unauthenticated", "bad_signature", "denied")


def test_the_hello_names_the_key_of_this_very_connection(server_scene):
    server = server_scene.server()
    _, _, _, log_key, next_log_key_sha256 = decode_link(server.first_link)
    with Connection(server.port) as one, Connection(server.port) as other:
        assert one.server_hello["log_key"] == log_key
        assert one.server_hello["tls_key_sha256"] == spki_sha256(one.certificate)
        assert one.server_hello["nonce"] != other.server_hello["nonce"]
    assert next_log_key_sha256 != hashlib.sha256(log_key).digest(), "the successor is another key"
    server.stop()


def test_a_login_needs_the_devices_key_this_connection_and_its_label(server_scene):
    server = server_scene.server()
    ann, eve = joined(server, "Ann"), joined(server, "Eve")
    with Connection(server.port) as other, Connection(server.port) as connection:
        refused = {
            "somebody else's key": {"key": eve.login},
            "a fresh key": {"key": Key()},
            "the leaf's key": {"key": ann.leaf},
            "a signature for another purpose": {"label": "Weft log entry 1"},
            "an MLS signature": {"label": "MLS 1.0 FramedContentTBS"},
            "another connection's nonce": {"hello": other.server_hello},
            "another server's log key": {"hello": {**connection.server_hello, "log_key": bytes(32)}},
            "another server's name": {"hello": {**connection.server_hello, "server_name": b"elsewhere"}},
            "another TLS key": {"hello": {**connection.server_hello, "tls_key_sha256": bytes(32)}},
        }
        for what, wrong in refused.items():
            code, _ = ann.log_in(connection, **wrong)
            assert code in REFUSED, f"{what}: {code}"
        assert connection.request(PEOPLE, b"\x00" + bytes(16))[0] == "unauthenticated"
        assert ann.log_in(connection, device=eve.device)[0] in REFUSED
        assert ann.log_in(connection, device=bytes(16))[0] in REFUSED
        assert ann.log_in(connection)[0] == "ok"
    server.stop()


def test_a_recorded_login_cannot_be_played_again(server_scene):
    server = server_scene.server()
    ann = joined(server)
    with Connection(server.port) as connection:
        request = ann.login_request(connection)
        assert connection.request(3, request)[0] == "ok"
    with Connection(server.port) as connection:
        assert connection.request(3, request)[0] in REFUSED
    server.stop()


def test_an_entry_that_is_not_signed_by_both_keys_does_not_enter_the_log(server_scene):
    server = server_scene.server()
    secret = decode_link(server.invite(group="Ward 7"))[2]
    for wrong in ({"sign_login": Key()}, {"sign_leaf": Key()}):
        eve = Account("Eve")
        with Connection(server.port) as connection:
            code, _ = eve.redeem(connection, secret, **wrong)
            assert code in ("bad_signature", "invalid", "denied"), code
            assert eve.log_in(connection)[0] != "ok"
    ann = Account("Ann")
    with Connection(server.port) as connection:
        assert ann.redeem(connection, secret)[0] == "ok", "the invite is still good"
        assert ann.log_in(connection)[0] == "ok"
        code, entries = connection.request(LOG_ENTRIES, bytes(8))
        assert code == "ok"
        assert entries.count(ann.device) == 1 and entries.count(eve.device) == 0
    server.stop()


def test_a_key_belongs_to_one_device_for_ever(server_scene):
    server = server_scene.server()
    ann = joined(server, "Ann")
    thief = Account("Thief")
    thief.login, thief.leaf = ann.login, ann.leaf
    with Connection(server.port) as connection:
        code, _ = thief.redeem(connection, decode_link(server.invite(group="Ward 7"))[2])
        assert code in ("exists", "conflict", "invalid", "denied"), code
    server.stop()


def test_a_suspended_person_is_shut_out_at_once_and_let_in_again(server_scene):
    server = server_scene.server()
    ann = joined(server)
    with Connection(server.port) as connection:
        assert ann.log_in(connection)[0] == "ok"
        server.admin("person", "suspend", ann.person.hex())
        try:
            assert connection.request(PEOPLE, b"\x00" + bytes(16))[0] in REFUSED
        except Closed:
            pass  # ended by the server, which is just as well
    with Connection(server.port) as connection:
        assert ann.log_in(connection)[0] in REFUSED
    server.admin("person", "restore", ann.person.hex())
    with Connection(server.port) as connection:
        assert ann.log_in(connection)[0] == "ok"
    server.stop()
