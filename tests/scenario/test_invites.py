# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invites: single-use, expiring, revocable, and raced by many at once. Spoken by hand, as somebody
would who has the link and no respect for weft."""
import os
import sqlite3
import threading

from weft_scenario import CONFLICT, INTERNAL, NOT_FOUND, OK, USAGE, decode_link
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


def imported(server, lines=("x1,Ann Baker,Ward 7", "x2,Bea,Ward 8", "x3,Carl,Ward 8")):
    people, ties = server.directory / "people.csv", server.directory / "ties.csv"
    people.write_text("person_id,name,group\n" + "".join(f"{line}\n" for line in lines))
    ties.write_text("person_a,person_b\nx1,x2\n")
    server.admin("import", people, ties)


def test_a_list_of_invites_says_whom_each_is_for(server_scene):
    server = server_scene.server()
    imported(server)
    made = server.admin("invite", "--person", "x1")
    assert made.text.startswith("weft://") and made.text.count("\n") == 1
    assert "Ann Baker, as staff" in made.error and "works once, until" in made.error
    for_ward = server.admin("invite", "--group", "Ward 9", "--uses", "3", "--role", "facilitator")
    assert "Ward 9, as facilitator" in for_ward.error and "works 3 times, until" in for_ward.error
    listed = server.admin("invite", "list").text.splitlines()
    assert any(line.endswith("Ann Baker") for line in listed), listed
    assert any(line.endswith("Ward 9") for line in listed), listed
    assert all(len(line) <= 80 for line in listed), listed
    invites = server.json("invite", "list")
    assert {invite.get("person_name") for invite in invites} >= {"Ann Baker"}
    assert {invite.get("group") for invite in invites} >= {"Ward 9"}
    assert "x1" in server.admin("person", "list").text, "the id that the admin knows"
    server.stop()


def test_one_command_invites_everybody_who_was_imported_and_has_not_joined(server_scene):
    server = server_scene.server()
    imported(server)
    with Connection(server.port) as connection:
        code, _ = Account("Bea").redeem(connection, secret_of(server.invite(person="x2")))
        assert code == "ok"
    made = server.admin("invite", "--imported", "--expires", "30")
    rows = [line.split("\t") for line in made.text.splitlines()]
    assert rows[0] == ["person_id", "name", "group", "link"]
    assert [row[:3] for row in rows[1:]] == [["x1", "Ann Baker", "Ward 7"], ["x3", "Carl", "Ward 8"]]
    assert "2 links, each for one person and one use, until" in made.error
    accounts = [Account("Ann"), Account("Carl")]
    for account, row in zip(accounts, rows[1:]):
        with Connection(server.port) as connection:
            assert account.redeem(connection, secret_of(row[3]))[0] == "ok"
    assert {person["external_id"] for person in people(server)} == {"x1", "x2", "x3"}
    nobody = server.admin("invite", "--imported")
    assert nobody.text.splitlines() == ["person_id\tname\tgroup\tlink"] and "nobody" in nobody.error
    assert server.json("invite", "--imported") == []
    server.stop()


def test_an_invite_that_cannot_be_made_says_what_is_wrong_with_it(server_scene):
    server = server_scene.server(start=False)
    imported(server)
    for bad, why in ((("--group", "Ward 7", "--expires", "400"), "from 1 to 365"),
                     (("--group", "Ward 7", "--uses", "0"), "from 1 to 20000"),
                     (("--group", "Ward 7", "--role", "nurse"), "staff, facilitator or admin"),
                     (("--person", "x1", "--uses", "2"), "one person"),
                     (("--imported", "--uses", "2"), "one person"),
                     ((), "--group, --person or --imported"),
                     (("--group", "A", "--person", "x1"), "--group, --person or --imported"),
                     (("--groop", "A"), "--groop")):
        assert why in server.admin("invite", *bad, code=USAGE).error, bad
    assert "weftd person list" in server.admin("invite", "--person", "x9", code=NOT_FOUND).error


def test_whoever_has_joined_already_gets_another_device_and_not_another_invite(server_scene):
    server = server_scene.server()
    imported(server)
    with Connection(server.port) as connection:
        assert Account("Ann").redeem(connection, secret_of(server.invite(person="x1")))[0] == "ok"
    refused = server.admin("invite", "--person", "x1", code=CONFLICT).error
    assert "has joined already" in refused and "weft device reset" in refused
    server.stop()
