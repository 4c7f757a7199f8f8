# SPDX-License-Identifier: AGPL-3.0-or-later
"""A device that is not seen for half a year is taken out of its channels by whoever is there, is listed
as dormant, and comes back by itself; nobody else comes that way, and whom a facilitator removes does not."""
import contextlib
import sqlite3
import time

from test_devices import changes, own_device, pair
from weft_scenario import NETWORK, NOT_FOUND, OK, until
from weft_talk import private_channel, texts

DAY_MS = 24 * 3600 * 1000


def send_away(server, *people, days=200):
    """As if they had not logged in for so long."""
    devices = [person.json("status", code=None)[0]["device"] for person in people]
    server.stop()
    then = int(time.time() * 1000) - days * DAY_MS
    with contextlib.closing(sqlite3.connect(server.state / "weftd.db")) as database:
        for device in devices:
            database.execute("UPDATE devices SET seen_at_ms = ?1, created_at_ms = ?1 WHERE device = ?2",
                             (then, bytes.fromhex(device)))
        database.commit()
    server.start()


def make_absent(server, *people):
    """They are away for so long that the directory says so."""
    send_away(server, *people)
    until("the directory says so", lambda: server.log().count(" device_absent ") == len(people))


def kinds(person, channel):
    return [change["change"] for change in changes(person, channel)]


def test_who_is_away_for_long_is_taken_out_and_comes_back(scene):
    server = scene.server()
    ann, ben, cy, dora = scene.people(["Ann", "Ben", "Cy", "Dora"], lambda name: server.invite(group=name))
    talk = private_channel(ann, [ben, cy])
    for person in (ann, ben, cy):
        person.run("sync")
    away = own_device(cy)
    send_away(server, cy, days=179)
    ben.run("sync")
    assert " device_absent " not in server.log()
    make_absent(server, cy)
    ben.run("sync")
    shown = changes(ben, talk)[-1]
    assert shown["change"] == "dormant" and shown["person"] == cy.id, shown
    assert "Cy was not seen for long and is out of the channel until it comes back" in shown["text"]
    assert "roles" not in kinds(ben, talk)[kinds(ben, talk).index("dormant"):], "the list is no change of roles"
    ben.run("say", talk, "while Cy is away")
    listed = [record for record in ben.json("channel", "show", talk) if record["type"] == "dormant"]
    assert [(record["name"], record["device"]) for record in listed] == [("Cy", away)], listed
    # The way back is for this device alone.
    dora.run("channel", "join", talk, code=NOT_FOUND)
    back = cy.run("sync")
    assert "You were away for so long" in back.error, back
    assert " device_present " in server.log()
    cy.run("say", talk, "here I am")
    for person in (ann, ben):
        person.run("sync")
        assert texts(person, talk) == ["while Cy is away", "here I am"]
        assert "returned" in kinds(person, talk)
    ann.run("say", talk, "welcome back")
    cy.run("sync")
    assert texts(cy, talk) == ["here I am", "welcome back"]
    # Removed by a facilitator, nobody comes back, though the channel once listed them.
    ann.run("channel", "remove", talk, cy.id)
    gone = cy.run("sync", code=None)
    assert "You were away" not in gone.error, gone
    send_away(server, cy)
    cy.run("sync", code=None)
    ann.run("sync")
    assert cy.run("say", talk, "me again", code=None).code not in (OK, NETWORK)
    assert kinds(ann, talk)[-1] == "removed"
    server.stop()


def test_who_left_or_was_removed_while_away_stays_out(scene):
    server = scene.server()
    ann, ben, cy = scene.people(["Ann", "Ben", "Cy"], lambda name: server.invite(group=name))
    talk = private_channel(ann, [ben, cy])
    for person in (ann, ben, cy):
        person.run("sync")
    lost = own_device(cy)
    make_absent(server, ben, cy)
    ann.run("sync")
    assert kinds(ann, talk).count("dormant") == 2
    ann.run("channel", "remove", talk, ben.id)
    server.admin("device", "revoke", lost)
    for person in (ben, cy):
        assert "You were away" not in person.run("sync", code=None).error
    ann.run("sync")
    assert "returned" not in kinds(ann, talk)
    server.stop()


def test_nobody_is_sent_back_among_strangers_unasked(scene):
    """Whoever changed the channel last vouches for it: a server could make up a group with people of its own."""
    server = scene.server()
    ann, cy, dora = scene.people(["Ann", "Cy", "Dora"], lambda name: server.invite(group=name))
    talk = private_channel(ann, [cy])
    for person in (ann, cy):
        person.run("sync")
    make_absent(server, cy)
    ann.run("channel", "add", talk, dora.id)
    ann.run("sync")
    dora.run("sync")
    ann.run("channel", "role", talk, dora.id, "--give", "facilitator")
    dora.run("sync")
    dora.run("channel", "role", talk, ann.id, "--give", "note-taker")
    ann.run("sync")
    assert "dormant" in kinds(ann, talk)
    told = cy.run("sync", code=None)
    assert "was not in it when you were" in told.error and "resync" in told.error, told
    ann.run("sync")
    assert "returned" not in kinds(ann, talk)
    cy.run("channel", "resync", talk)
    ann.run("sync")
    assert "returned" in kinds(ann, talk)
    server.stop()


def test_whom_members_have_heard_lately_is_not_taken_out(scene):
    """The server alone says who is absent; what it says of somebody who speaks is not believed."""
    server = scene.server()
    ann, ben, cy = scene.people(["Ann", "Ben", "Cy"], lambda name: server.invite(group=name))
    talk = private_channel(ann, [ben, cy])
    for person in (ann, ben, cy):
        person.run("sync")
    cy.run("say", talk, "I am here")
    for person in (ann, ben):
        person.run("sync")
    make_absent(server, cy)
    assert "as long away who has spoken here lately: not done" in ann.run("sync").error
    ben.run("sync")
    assert "dormant" not in kinds(ann, talk) + kinds(ben, talk)
    cy.run("say", talk, "and still am")
    ann.run("sync")
    assert texts(ann, talk) == ["I am here", "and still am"]
    server.stop()


def test_an_operator_may_let_everybody_stay(scene):
    server = scene.server(absence_days=0)
    ann, ben = scene.people(["Ann", "Ben"], lambda name: server.invite(group=name))
    talk = private_channel(ann, [ben])
    send_away(server, ben)
    ann.run("sync")
    ann.run("say", talk, "still here?")
    ben.run("sync")
    assert texts(ben, talk) == ["still here?"]
    assert " device_absent " not in server.log()
    server.stop()


def test_who_is_away_is_added_nowhere_before_they_come_back(scene):
    """Let into another channel, they would be in it for good: the directory says once that somebody is absent."""
    server = scene.server()
    ann, ben, cy = scene.people(["Ann", "Ben", "Cy"], lambda name: server.invite(group=name))
    telephone = scene.person("Cy's telephone")
    pair(cy, telephone)
    private_channel(ann, [ben, cy])
    telephone.run("sync")
    make_absent(server, cy, telephone)
    ann.run("sync")
    other = ann.one("channel", "create", "Another talk", "--private")["channel"]
    told = ann.run("channel", "add", other, cy.id)
    assert "Cy was not seen for long" in told.error and "let in: Cy" in told.text, told
    ann.run("channel", "add", other, ben.id)
    cy.run("sync")
    ann.run("sync")
    cy.run("sync")
    cy.run("say", other, "here")
    ann.run("sync")
    assert texts(ann, other) == ["here"]
    # Only one of the two was seen.
    there = server.json("device", "list", cy.id)
    assert {record["device"]: record["channels"] for record in there} == {own_device(cy): 2, own_device(telephone): 0}
    telephone.run("sync")
    ann.run("sync")
    telephone.run("sync")
    there = server.json("device", "list", cy.id)
    assert {record["device"]: record["channels"] for record in there} == {own_device(cy): 2, own_device(telephone): 2}
    server.stop()


def test_only_a_device_that_may_come_back_is_called_away(scene):
    """Whose devices are all shut out is not waited for, and whoever is suspended is not looked at."""
    server = scene.server()
    ann, ben, cy = scene.people(["Ann", "Ben", "Cy"], lambda name: server.invite(group=name))
    server.admin("person", "suspend", ben.id)
    person, gone = cy.id, own_device(cy)
    send_away(server, ben, cy)
    until("the directory says so", lambda: " device_absent " in server.log())
    server.admin("device", "revoke", gone)
    talk = ann.one("channel", "create", "Talk", "--private")["channel"]
    told = ann.run("channel", "add", talk, person)
    assert "Every device of Cy is shut out" in told.error and "not seen" not in told.error, told
    assert "let in: Cy" in told.text, told
    server.stop()
    assert server.log().count(" device_absent ") == 1 and " absence_not_said " not in server.log()
