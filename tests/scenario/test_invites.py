# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invites: single-use, expiring, revocable, and raced by many at once. Spoken by hand, as somebody
would who has the link and no respect for weft."""
import os
import sqlite3
import threading

from weft_scenario import INTERNAL, NOT_FOUND, OK, USAGE, decode_link
from weft_wire import INVITE_SHOW, Account, Connection, Reader

RACERS = 20


def secret_of(link):
    return decode_link(link)[2]


def people(server):
    return [person for person in server.json("person", "list") if person["state"] == "joined"]


def test_an_invite_admits_one_person_once(server_scene):
    server = server_scene.server()
    secret = secret_of(server.first_link)
    first, second = Account("First"), Account("Second")
    with Connection(server.port) as connection:
        code, _ = first.redeem(connection, secret)
        assert code == "ok"
        assert second.redeem(connection, secret)[0] != "ok"
        assert second.log_in(connection)[0] != "ok"
    with Connection(server.port) as connection:
        assert first.log_in(connection)[0] == "ok"
    assert [person["name"] for person in people(server)] == ["First"]
    server.stop()


def test_a_link_for_two_admits_two(server_scene):
    server = server_scene.server()
    made = server.json("invite", "--group", "Ward 7", "--uses", "2")[-1]["link"]
    accounts = [Account(name) for name in ("First", "Second", "Third")]
    codes = []
    for account in accounts:
        with Connection(server.port) as connection:
            codes.append(account.redeem(connection, secret_of(made))[0])
    assert codes[:2] == ["ok", "ok"] and codes[2] != "ok"
    listed = [invite for invite in server.json("invite", "list") if invite["uses_max"] == 2]
    assert [(invite["uses"], invite["state"]) for invite in listed] == [(2, "used")]
    for bad in (("--group", "Ward 7", "--uses", "0"), ("--group", "Ward 7", "--uses", "many"),
                ("--person", "0" * 32, "--uses", "2")):
        server.admin("invite", *bad, code=USAGE)
    server.stop()


def test_an_invite_to_a_group_that_nobody_could_be_told_of_is_not_made(server_scene):
    server = server_scene.server()
    for name in ("", "x" * 121, "two\nlines", "\x1b[31mred", "\udcff"):
        refused = server.admin("invite", "--group", name, code=None)
        assert refused.code not in (OK, INTERNAL) and "\x1b" not in refused.error, refused
        assert name == "\udcff" or "120 bytes" in refused.error, refused
    link = server.invite(group="é" * 60)
    with Connection(server.port) as connection:
        assert Account("First").redeem(connection, secret_of(link))[0] == "ok"
    server.stop()
    assert "120 bytes" in server.admin("invite", "--group", "x" * 121, code=USAGE).error


def test_a_lost_answer_can_be_asked_for_again(server_scene):
    server = server_scene.server()
    secret = secret_of(server.first_link)
    account = Account("Ann")
    entry = account.directory_entry(bytes(16))
    request = secret + b"\x03Ann" + bytes([0x40 | len(entry) >> 8, len(entry) & 0xff]) + entry
    answers = []
    for _ in range(2):
        with Connection(server.port) as connection:
            answers.append(connection.request(2, request))
    assert answers[0][0] == "ok"
    assert answers[0] == answers[1]
    assert len(people(server)) == 1
    server.stop()


def test_many_race_for_one_invite_and_one_gets_it(server_scene):
    server = server_scene.server()
    secret = secret_of(server.invite(group="Ward 7"))
    accounts = [Account(f"Racer {i}") for i in range(RACERS)]
    ready = threading.Barrier(RACERS)

    def race(account):
        with Connection(server.port) as connection:
            _, shown = connection.request(INVITE_SHOW, secret)
            reader = Reader(shown)
            reader.text(), reader.text(), reader.number(1), reader.text(), reader.text(), reader.take(16)
            entry = account.directory_entry(reader.take(16))
            ready.wait(60)
            name = account.name.encode()
            return connection.request(
                2, secret + bytes([len(name)]) + name + bytes([0x40 | len(entry) >> 8, len(entry) & 0xff]) + entry)[0]

    codes = server_scene.together(race, accounts, width=RACERS)
    assert codes.count("ok") == 1, codes
    winner = accounts[codes.index("ok")]
    assert [person["name"] for person in people(server)] == [winner.name]
    server.restart()
    for account, code in zip(accounts, codes):
        with Connection(server.port) as connection:
            assert (account.log_in(connection)[0] == "ok") == (code == "ok")
    server.stop()


def test_an_expired_invite_says_so(server_scene):
    server = server_scene.server(start=False)
    with sqlite3.connect(server.state / "weftd.db") as database:
        changed = database.execute("UPDATE invites SET expires_at_ms = 1").rowcount
    database.close()
    assert changed == 1
    server.start()
    secret = secret_of(server.first_link)
    with Connection(server.port) as connection:
        code, body = connection.request(INVITE_SHOW, secret)
        assert code == "expired", body
        assert Reader(body).text(), "an error says what is wrong"
        assert Account().redeem(connection, secret)[0] == "expired"
    assert people(server) == []
    assert server.json("invite", "list")[0]["state"] == "expired"
    server.stop()


def test_a_withdrawn_invite_admits_nobody(server_scene):
    server = server_scene.server()
    link = server.json("invite", "--group", "Ward 7")[-1]
    server.admin("invite", "revoke", link["invite"])
    with Connection(server.port) as connection:
        code, _ = Account().redeem(connection, secret_of(link["link"]))
        assert code in ("not_found", "denied", "expired"), code
    assert people(server) == []
    states = {invite["invite"]: invite["state"] for invite in server.json("invite", "list")}
    assert states[link["invite"]] == "revoked"
    server.admin("invite", "revoke", "0" * 32, code=NOT_FOUND)
    server.admin("invite", "--group", "Ward 7", "--expires", "0", code=USAGE)
    server.stop()


def test_a_guessed_secret_is_not_found_and_the_real_one_is_not_stored(server_scene):
    server = server_scene.server()
    secret = secret_of(server.first_link)
    with Connection(server.port) as connection:
        assert connection.request(INVITE_SHOW, os.urandom(16))[0] == "not_found"
        assert connection.request(INVITE_SHOW, secret[:15] + bytes([secret[15] ^ 1]))[0] == "not_found"
        assert connection.request(INVITE_SHOW, secret)[0] == "ok"
    server.stop()
    assert server.occurrences(secret) == []
    assert server.occurrences(secret.hex()) == []
