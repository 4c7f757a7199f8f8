# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people may know of each other: nothing unless they opted in, nothing after they were erased, and
never a control sequence in a name."""
import re
import sqlite3

import pytest

from weft_scenario import CONFLICT, NOT_FOUND, OK, USAGE, decode_link
from weft_wire import LOG_ENTRIES, Account, Connection, Reader

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnol\u2066\u200f\u061c\ufeff\ufff9\U000e0041\tEve\r\nroot#"


def names(person, *query):
    return sorted(record["name"] for record in person.json("people", *query) if record.get("type") == "person")


def test_nobody_is_found_who_did_not_opt_in(scene):
    server = scene.server()
    ann, bea, cy = scene.people(["Ann", "Bea", "Cy"], lambda name: server.invite(group=f"Ward of {name}"))
    assert names(ann) == []
    bea.run("profile", "set", "--opt-in", "--topic", "falls", "--can-help-with", "falls in dementia care",
            "--weekly-contacts", "2")
    cy.run("profile", "set", "--topic", "falls")
    assert names(ann) == ["Bea"]
    assert names(ann, "dementia") == ["Bea"] and names(ann, "sepsis") == []
    shown = bea.one("profile", "show")
    assert shown["opted_in"] and shown["topics"] == ["falls"] and shown["can_help_with"] == ["falls in dementia care"]
    bea.run("profile", "set", "--opt-out")
    assert names(ann) == []
    assert not cy.one("profile", "show")["opted_in"]
    server.stop()


def test_whoever_asks_for_help_is_called_the_assistee(scene):
    server = scene.server()
    ann, bea = scene.people(["Ann", "Bea"], lambda name: server.invite(group=f"Ward of {name}"))
    asked = ann.run("peer-assist", "ask", "Falls at night", "--topic", "falls")
    (channel,) = [record["channel"] for record in ann.json("status") if record["type"] == "channel"]
    ann.run("channel", "add", channel, bea.id)
    bea.run("sync")
    given = ann.run("channel", "role", channel, bea.id, "--give", "assistee").text
    given += ann.run("peer-assist", "role", channel, bea.id, "host").text  # as others call it
    refused = bea.run("harvest", channel, "--publish", "--empty", code=None).error
    refused += ann.run("peer-assist", "role", channel, bea.id, "guest", code=USAGE).error
    shown = asked.text + given + refused + ann.run("channel", "show", channel).text
    shown += "".join(ann.run("help", *words).text for words in ([], ["peer-assist", "ask"], ["channel", "role"]))
    assert "Bea is now: assistee" in shown and not re.search(r"\bhost\b", shown), shown
    server.stop()


def test_the_digits_that_are_shown_of_somebody_are_enough(scene):
    server = scene.server()
    ann = scene.person("Ann", server.invite(group="Ward 7"))
    channel = ann.json("channel", "create", "Falls")[0]["channel"]
    bea, cy = scene.people(["Bea", "Cy"], lambda name: server.invite(group="Ward 8"))  # neither shows herself to others
    (digits,) = [line.split()[0] for line in server.admin("person", "list").text.splitlines() if "Bea" in line]
    assert bea.id.startswith(digits) and len(digits) < 32
    assert "added: Bea" in ann.run("channel", "add", channel, digits).text
    assert "added: Cy" in ann.run("channel", "add", channel, cy.id[:8].upper()).text
    assert ann.run("channel", "remove", channel, cy.id[:9])
    refused = ann.run("channel", "add", channel, cy.id[:7], code=NOT_FOUND)
    assert "eight digits are enough" in refused.error, refused
    admin = scene.person("Dan", server.invite(group="Ward 7", role="admin"))
    device = admin.json("device", "list", bea.id[:8])[0]["device"]
    assert "is shut out" in admin.run("device", "revoke", device[:8]).text
    assert "eight digits" in admin.run("device", "revoke", "ffffffff", code=NOT_FOUND).error
    server.stop()


def test_of_several_who_are_called_so_each_is_listed_with_the_id(scene):
    server = scene.server()
    ann, *others = scene.people(["Ann", "Cy", "Cy of the East"], lambda name: server.invite(group="Ward 7"))
    channel = ann.json("channel", "create", "Falls")[0]["channel"]
    for person in others:
        person.run("profile", "set", "--opt-in")
    others.append(scene.person("Cy of the North", server.invite(group="Ward 8")))
    others[-1].run("profile", "set", "--opt-in")
    fitting = {person.id: person.name for person in others if person.name != "Cy"}
    refused = ann.run("channel", "add", channel, "Cy of", code=CONFLICT)
    assert {tuple(line.split(maxsplit=1)) for line in refused.text.splitlines()} == set(fitting.items()), refused
    records = ann.json("channel", "add", channel, "Cy of", code=CONFLICT)
    assert {record["person"]: record["name"] for record in records if record["type"] == "candidate"} == fitting, records
    server.stop()


def test_who_let_somebody_in_shows_also_when_another_member_adds_them(scene):
    server = scene.server()
    ann, bea, cy = scene.people(["Ann", "Bea", "Cy"], lambda name: server.invite(group=f"Ward of {name}"))
    cy.run("profile", "set", "--opt-in", "--topic", "falls")
    channel = ann.json("peer-assist", "ask", "Falls at night", "--topic", "falls", "--facilitator", bea.id)[0]["channel"]
    assert "A facilitator begins it: weft peer-assist open\n" in ann.run("stage", "show", channel).text
    bea.run("sync")
    ann.run("peer-assist", "invite", channel, cy.id)
    cy.run("invitation", "accept")
    bea.run("sync")  # Ann is away
    shown = bea.run("read", channel).text
    assert "-- Ann let Cy in (committed by Bea)" in shown, shown
    server.stop()


def test_whoever_was_away_when_asked_for_help_is_told(scene):
    server = scene.server()
    ann, bea, cy = scene.people(["Ann", "Bea", "Cy"], lambda name: server.invite(group=f"Ward of {name}"))
    cy.run("profile", "set", "--opt-in", "--topic", "falls", "--weekly-contacts", "5")

    def invite(host, question):
        channel = host.json("peer-assist", "ask", question, "--topic", "falls")[0]["channel"]
        host.run("peer-assist", "invite", channel, cy.id)

    assert "help" not in cy.run("sync").error
    invite(ann, "Falls at night")
    for command in ("status", "sync"):
        told = cy.run(command).error
        assert 'Ann asks for your help: "Falls at night". weft invitation list shows it' in told, told
    following = cy.follow()
    following.wait_record("it", lambda record: "Ann asks for your help" in record.get("text", ""))
    following.end()
    invite(bea, "Falls by day")
    assert "2 people ask for your help: weft invitation list" in cy.run("sync").error
    cy.run("invitation", "decline", "Falls at night")
    assert 'Bea asks for your help: "Falls by day"' in cy.run("sync").error
    cy.run("invitation", "accept")
    assert "for your help" not in cy.run("sync").error
    server.stop()


@pytest.mark.parametrize("arguments", [
    ["--topic", "x" * 81], ["--weekly-contacts", "-1"], ["--weekly-contacts", "1000"], ["--opt-in", "--opt-out"],
    ["--topic"] + ["x"] * 1 + [word for i in range(17) for word in ("--topic", f"t{i}")], [], ["--colour", "red"],
])
def test_a_profile_that_is_too_much_is_refused_in_words(scene, arguments):
    server = scene.server()
    ann = scene.person("Ann", server.invite(group="Ward 7"))
    refused = ann.run("profile", "set", *arguments, code=USAGE)
    assert refused.error.strip()
    server.stop()


def test_names_that_are_too_long_or_no_text_are_refused(scene):
    server = scene.server()
    link = server.invite(group="Ward 7")
    ann = scene.person("Ann")
    for name in ("", "x" * 121, "x" * 100000, "\u00e9" * 61, b"\xff\xfe", b"a\xc0\xaf"):
        argv = [scene.weft, "join", link, "--yes", "--name", name]
        refused = scene.run(argv, environment=ann.environment, code=None)
        assert refused.code not in (OK, 2), (name[:20], str(refused))
        assert refused.error.strip()
    assert server.json("person", "list") == []
    ann.run("join", link, "--name", "\u00e9" * 60, "--yes")
    server.stop()


def test_a_hostile_name_reaches_no_terminal(scene):
    """A person who joins without weft may call themselves anything that is UTF-8."""
    server = scene.server()
    ann = scene.person("Ann", server.invite(group="Ward 7"))
    eve = Account(HOSTILE)
    with Connection(server.port) as connection:
        code, _ = eve.redeem(connection, decode_link(server.invite(group="Ward 8"))[2])
        if code != "ok":
            assert code in ("malformed", "invalid", "limit")
            server.stop()
            return
        assert eve.log_in(connection)[0] == "ok"
        assert connection.request(22, b"\x00\x00\x05\x01")[0] == "ok"
    for shown in (ann.run("people"), ann.run("people", json_lines=True), server.admin("person", "list")):
        assert "Eve" in shown.text, str(shown)
        for character in "\x1b\x07\x9b\u202e\u2066\u200f\u061c\ufeff\ufff9\U000e0041\r":
            assert character not in shown.text, (character.encode(), shown.text)
    server.stop()


def test_an_erased_persons_name_is_gone_and_the_log_still_verifies(scene):
    server = scene.server()
    canary = "Zebulon Quixworth"
    ann = scene.person("Ann", server.invite(group="Ward 7"))
    zeb = scene.person(canary, server.invite(group="Ward 8"))
    zeb.run("profile", "set", "--opt-in", "--topic", "quixotic falls")
    assert names(ann) == [canary]
    before = ann.json("status")[0]["directory_entries"]
    person = zeb.json("status")[0]["person"]
    assert canary in server.admin("person", "export", person).text
    server.admin("person", "erase", person, "--for-good")
    assert names(ann) == []
    zeb.run("status", code=None).expect(3, 6, 9)
    status = ann.json("status")[0]
    assert status["connected"] and status["directory_entries"] == before + 1, "the log grew, and verifies"
    bea = scene.person("Bea", server.invite(group="Ward 9"))
    assert bea.json("status")[0]["directory_entries"] == before + 2, "so it does for a newcomer"
    server.stop()
    for needle in (canary, "Zebulon", "Quixworth", "quixotic"):
        assert server.occurrences(needle) == [], needle
    with sqlite3.connect(server.state / "weftd.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    server.start()
    assert ann.json("status")[0]["connected"]
    server.stop()


def test_the_directory_holds_no_names(scene):
    server = scene.server()
    ann = Account("Ann Distinctive")
    with Connection(server.port) as connection:
        assert ann.redeem(connection, decode_link(server.invite(group="Ward 7"))[2])[0] == "ok"
        assert ann.log_in(connection)[0] == "ok"
        code, body = connection.request(LOG_ENTRIES, bytes(8))
    assert code == "ok" and ann.device in body and b"Distinctive" not in body
    entries = Reader(Reader(body).vector())
    assert len(Reader(entries.vector()).rest()) > 200
    server.stop()
