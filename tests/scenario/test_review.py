# SPDX-License-Identifier: AGPL-3.0-or-later
"""The after-action review: a second format by data alone. Answers are written first and revealed
together; the group approves the harvest before it leaves the channel."""
import contextlib
import sqlite3

import pytest
import weft_assist
import weft_scenario

TITLE = "The fall on Monday night"
EXPECTED = {"Ann": "One round an hour", "Bea": "Nothing was expected", "Cem": "Two rounds"}


@pytest.fixture
def review(scene):
    """Ann conducts, Bea and Cem take part; the stage that asks what was expected runs."""
    server = scene.server()
    people = dict(zip(EXPECTED, scene.people(list(EXPECTED), lambda name: server.invite(group=f"Ward {name}"))))
    ann = people["Ann"]
    channel = next(record["channel"] for record in ann.json("review", "start", TITLE, "--visibility", "open")
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


def to_approval(ann, channel):
    while weft_assist.stage(ann, channel) != "approval":
        ann.run("stage", "next", channel)


def test_answers_open_together_and_not_before(review):
    people, channel, _ = review
    write_all(people, channel)
    for person in people.values():
        assert {state for state, _ in answers(person, channel).values()} == {"waiting"}
        assert not any(text in person.run("read", channel).text for text in EXPECTED.values())
    people["Ann"].run("stage", "next", channel)
    for person in people.values():
        person.run("sync")
    for person in people.values():
        assert answers(person, channel) == {name: ("open", text) for name, text in EXPECTED.items()}
    counts = weft_assist.session(people["Ann"], channel)["answers"]
    assert counts == {"open": 3, "waiting": 0, "false": 0}


def test_whoever_is_away_at_the_reveal_is_counted_and_reveals_later(review):
    people, channel, _ = review
    write_all(people, channel)
    people["Ann"].run("stage", "next", channel)
    people["Bea"].run("sync")
    assert weft_assist.session(people["Ann"], channel)["answers"] == {"open": 2, "waiting": 1, "false": 0}
    assert answers(people["Ann"], channel)["Cem"] == ("waiting", "")
    people["Cem"].run("read", channel)
    assert answers(people["Ann"], channel)["Cem"] == ("open", EXPECTED["Cem"])


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


def test_the_group_approves_before_the_harvest_is_written(review):
    people, channel, _ = review
    ann, bea, cem = people.values()
    write_all(people, channel)
    to_approval(ann, channel)
    bea.run("lesson", channel, "Check at handover")
    cem.run("action", channel, "A new checklist", "--owner", "Cem", "--due", "2026-12-31")
    file = ann.home / "harvest.md"
    ann.run("harvest", channel, "--out", str(file), code=weft_scenario.NOT_NOW)
    bea.run("harvest", channel, "--publish", code=weft_scenario.NOT_NOW)  # the conductor does
    bea.run("review", "approve", channel, code=weft_scenario.NOT_FOUND)
    assert weft_assist.last(ann, "harvest", channel, "--publish")["approved"] is False
    waiting = ann.run("harvest", channel, "--out", str(file), code=weft_scenario.NOT_NOW)
    assert "Bea" in waiting.error and "Cem" in waiting.error and not file.exists()
    bea.run("review", "approve", channel)
    assert weft_assist.last(cem, "review", "approve", channel, "--no")["approved"] is False
    ann.run("harvest", channel, "--out", str(file), code=weft_scenario.NOT_NOW)
    assert weft_assist.last(cem, "review", "approve", channel)["approved"] is True
    ann.run("harvest", channel, "--out", str(file))
    page = file.read_text()
    assert "approved by the group" in page
    assert "- Check at handover" in page and "- [ ] A new checklist (owner: Cem, by 2026-12-31)" in page
    assert not any(text in page for text in EXPECTED.values())  # lessons and actions only
    assert bea.run("harvest", channel).text.splitlines()[-1] == "1 actions"


def test_the_next_review_of_a_channel_begins_with_an_empty_page(review):
    people, channel, _ = review
    ann, bea = people["Ann"], people["Bea"]
    write_all(people, channel)
    bea.run("lesson", channel, "Of the first review")
    ann.run("review", "start", "--in", channel, code=weft_scenario.CONFLICT)
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
