# SPDX-License-Identifier: AGPL-3.0-or-later
"""What clients see to in a session: keys that come late or by themselves, answers that are sealed only
where a reveal follows, one session after another, and a change that nobody signed."""
import contextlib
import json
import sqlite3

import pytest
import weft_assist
import weft_scenario
from weft_scenario import NETWORK, link_by_way_of
from weft_wire import CHANNEL_SEND, CutsOff

TITLE = "The fall on Monday night"
EXPECTED = {"Ann": "One round an hour", "Bea": "Nothing was expected", "Cem": "Two rounds"}


@pytest.fixture
def review(scene):
    """Ann conducts, Bea and Cem take part; the stage that asks what was expected runs."""
    server = scene.server()
    return begin_review(scene, server, lambda name: server.invite(group=f"Ward {name}"))


def begin_review(scene, server, link_of):
    people = dict(zip(EXPECTED, scene.people(list(EXPECTED), link_of)))
    ann = people["Ann"]
    channel = next(record["channel"] for record in ann.json("review", "start", TITLE, "--open")
                   if record["type"] == "session")
    for name in ("Bea", "Cem"):
        people[name].run("channel", "join", channel)
    ann.run("stage", "start", channel)
    ann.run("stage", "next", channel)
    return people, channel, server


def answers(person, channel):
    return {record["name"]: (record["state"], record["text"])
            for record in person.json("review", "reveal", channel) if record["type"] == "answer"}


def write_all(people, channel):
    for name, person in people.items():
        person.run("review", "answer", channel, EXPECTED[name])


def test_whoever_is_away_at_the_reveal_is_counted_and_reveals_later(review):
    people, channel, _ = review
    write_all(people, channel)
    people["Ann"].run("stage", "next", channel)
    people["Bea"].run("sync")
    assert weft_assist.session(people["Ann"], channel)["answers"] == {"open": 2, "waiting": 1, "false": 0}
    assert answers(people["Ann"], channel)["Cem"] == ("waiting", "")
    people["Cem"].run("read", channel)
    assert answers(people["Ann"], channel)["Cem"] == ("open", EXPECTED["Cem"])


def test_what_was_on_its_way_when_the_session_moved_on_is_not_lost(scene):
    server = scene.server()
    with CutsOff(server) as proxy:
        invites = {name: server.invite(group=f"Ward {name}") for name in EXPECTED}
        invites["Bea"] = link_by_way_of(proxy.port, invites["Bea"])
        people, channel, _ = begin_review(scene, server, invites.get)
        ann, bea = people["Ann"], people["Bea"]
        for command in (("review", "answer"), ("say",)):
            proxy.cutting = "up", CHANNEL_SEND
            bea.run(*command, channel, "What I had\nto say", code=NETWORK)
            ann.run("stage", "next", channel)
            ann.run("stage", "next", channel)
            told = json.loads(bea.run("sync", json_lines=True).error)["text"]
            assert told.partition("It was: ")[2] == "What I had\nto say", told
            if command == ("review", "answer"):
                ann.run("stage", "next", channel)
    server.stop()


@pytest.mark.parametrize("direction", ("up", "down"))
def test_a_text_that_waits_for_a_reveal_is_not_told_as_said_and_the_key_goes_out_once(scene, direction):
    server = scene.server()
    with CutsOff(server) as proxy:
        invites = {name: server.invite(group=f"Ward {name}") for name in EXPECTED}
        invites["Bea"] = link_by_way_of(proxy.port, invites["Bea"])
        people, channel, _ = begin_review(scene, server, invites.get)
        ann, bea = people["Ann"], people["Bea"]
        write_all(people, channel)
        ann.run("stage", "next", channel)
        proxy.cutting = direction, CHANNEL_SEND
        cut = bea.run("say", channel, "I had expected more", code=NETWORK)
        assert proxy.cutting is None and "Do not say it again" not in cut.error, cut
        bea.run("say", channel, "I had expected more")
        seen = [record for record in ann.json("read", channel) if record.get("name") == "Bea"]
        assert [record["text"] for record in seen if record["kind"] == "text"] == ["I had expected more"]
        assert [record["text"] for record in seen if record["kind"] == "reveal"] == [EXPECTED["Bea"]]
    server.stop()


def test_who_follows_reveals_by_itself_and_sees_the_answers(review):
    people, channel, _ = review
    write_all(people, channel)
    following = people["Bea"].stream("follow")
    following.wait_record("following", lambda record: record["type"] == "following")
    people["Ann"].run("stage", "next", channel)
    following.wait_record("Bea's own reveal", lambda record: record.get("kind") == "reveal"
                          and record.get("text") == EXPECTED["Bea"])
    following.wait_record("the stage", lambda record: record["type"] == "session"
                          and record["stage"] == "expected-talk")
    assert following.end() == weft_scenario.OK


def test_answers_are_sealed_only_where_a_reveal_follows(review):
    people, channel, _ = review
    refused = people["Bea"].run("say", channel, "--kind", "text", "too early", code=weft_scenario.NOT_NOW)
    assert "weft review answer" in refused.error
    people["Ann"].run("stage", "next", channel)
    people["Bea"].run("review", "answer", channel, "too late", code=weft_scenario.NOT_NOW)


def test_the_next_review_of_a_channel_begins_with_an_empty_page(review):
    people, channel, _ = review
    ann, bea = people["Ann"], people["Bea"]
    write_all(people, channel)
    bea.run("lesson", channel, "Of the first review")
    ann.run("review", "start", "--in", channel, code=weft_scenario.CONFLICT)
    assert "give it a title" in ann.run("review", "start", code=weft_scenario.USAGE).error
    ann.run("stage", "end", channel)
    ann.run("review", "start", "--in", channel)
    ann.run("stage", "start", channel)
    assert answers(bea, channel) == {}
    assert weft_assist.last(bea, "harvest", channel)["items"] == []


def test_a_change_that_nobody_signed_is_shown_as_set_by_the_server(review):
    people, channel, server = review
    ann, bea = people["Ann"], people["Bea"]
    assert weft_assist.session(bea, channel)["set_by_name"] == "Ann"
    server.stop()
    with contextlib.closing(sqlite3.connect(server.state / "weftd.db")) as database:
        database.execute("UPDATE sessions SET stage_index = 5, stage_counter = stage_counter + 1, control_message = NULL")
        database.commit()
    server.start()
    seen = weft_assist.session(bea, channel)
    assert (seen["stage"], seen["set_by"]) == ("why", "server")
    assert "set by the server" in bea.run("stage", "show", channel).text
    ann.run("stage", "next", channel)
    assert weft_assist.session(bea, channel)["set_by"] == "facilitator"


def test_an_empty_harvest_is_published_only_when_that_is_meant(review):
    people, channel, _ = review
    ann = people["Ann"]
    refused = ann.run("harvest", channel, "--publish", code=weft_scenario.NOT_NOW)
    assert "weft lesson, weft action" in refused.error and "--publish --empty" in refused.error, refused
    assert ann.json("harvest", channel, "--publish", code=weft_scenario.NOT_NOW) == []
    assert not ann.json("harvest", channel)[-1]["published"]
    assert ann.json("harvest", channel, "--publish", "--empty")[-1]["published"]
    people["Bea"].run("lesson", channel, "Look in at one and at four")
    given = ann.json("harvest", channel, "--publish")[-1]
    assert given["published"] and [item["text"] for item in given["items"]] == ["Look in at one and at four"]
