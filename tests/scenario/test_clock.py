# SPDX-License-Identifier: AGPL-3.0-or-later
"""Clocks that are a day wrong, of the server or of people, and clocks that are set while everybody works."""
import os
import signal
import time

import pytest

from weft_assist import Assist, last, session
from weft_fault import Clock
from weft_scenario import OK, PATIENCE_S, until
from weft_talk import messages, texts

DAY_MS = 24 * 3600 * 1000
SLACK_MS = 3000  # between two looks at a session on a busy machine

days = pytest.mark.parametrize("ahead_ms", (DAY_MS, -DAY_MS), ids=("a-day-ahead", "a-day-behind"))


@pytest.fixture
def clock(scene, faults_library):
    return Clock(faults_library, scene.directory / "clock")


# What is said of times that the server sets wrong, once its clock is set: people are told, and read on.
OF_THE_TIME = {"the server gives it a time before that of what it comes after",
               "the server gives it a time that has not come yet"}


def talk(people, channel, said, warned=frozenset()):
    """Everybody says something and everybody has all of it, with no warning but those."""
    for person in people:
        text = f"{person} speaks, the {len(said)}th"
        person.run("say", channel, text)
        said.append(text)
    for person in people:
        person.run("sync")
        records = messages(person, channel, kind="text")
        assert [record["text"] for record in records] == said, (person, records)
        assert {record["warning"] for record in records} - {""} <= warned, (person, records)


def admit(host, channel, person):
    """Into a private channel: with a KeyPackage that one made, the server gave out and the other checked."""
    host.run("channel", "add", channel, person.id)
    person.run("sync")


@days
def test_a_server_whose_clock_is_wrong_and_then_set(scene, clock, ahead_ms):
    server = scene.server(start=False)
    clock.set(ahead_ms)
    server.start(clock.environment(scene.environment))
    assist = Assist(scene, server, assisters=2, facilitators=0)
    assist.open()
    assist.go_to("ideas")
    before, seen_at = session(assist.host, assist.channel), time.monotonic()
    private = last(assist.host, "channel", "create", "Falls")["channel"]
    admit(assist.host, private, assist.assisters[0])
    said = []
    talk([assist.host, assist.assisters[0]], private, said)
    following = assist.assisters[0].follow(private)
    for now_ms in (0, ahead_ms, 0):  # set right, wrong again, right
        clock.set(now_ms)
        talk([assist.host, assist.assisters[0]], private, said, OF_THE_TIME)
    after, elapsed_ms = session(assist.host, assist.channel), (time.monotonic() - seen_at) * 1000
    assert (after["stage"], after["state"]) == ("ideas", "running"), "a stage ends by the time that passed"
    assert abs(before["left_ms"] - elapsed_ms - after["left_ms"]) < SLACK_MS, (before, after, elapsed_ms)
    for assister in assist.assisters:
        assister.run("idea", assist.channel, f"of {assister}")
    assert len(texts(assist.host, assist.channel, kind="idea")) == 2
    admit(assist.host, private, assist.assisters[1])  # whose KeyPackages were made at the other time
    assist.assisters[1].run("say", private, "and me")
    following.wait_record("who came last", lambda record: record.get("text") == "and me")
    server.stop()
    server.start(scene.environment)
    assert session(assist.host, assist.channel)["stage"] == "ideas"
    assist.host.run("say", private, "after the night")
    server.stop()


@days
def test_a_person_whose_clock_is_wrong_and_then_set(scene, clock, ahead_ms):
    server = scene.server()
    ann = scene.person("Ann", server.invite(group="Ward"))
    ben = scene.person("Ben")
    ben.environment = clock.environment(ben.environment)
    clock.set(ahead_ms)
    ben.run("join", server.invite(group="Ward 2"), "--name", "Ben", "--yes")
    said = []
    private = last(ann, "channel", "create", "Falls")["channel"]
    admit(ann, private, ben)
    talk([ann, ben], private, said)
    own = last(ben, "channel", "create", "Ben's", "--open")["channel"]
    ann.run("channel", "join", own)
    talk([ben, ann], own, [])
    following = ben.follow(private)
    clock.set(0)
    talk([ann, ben], private, said)
    following.wait_record("the last word", lambda record: record.get("text") == said[-1])
    following.end()
    cy = scene.person("Cy", server.invite(group="Ward 3"))
    assert ben.run("channel", "add", own, cy.id).code == OK
    server.stop()


def test_a_member_who_was_asked_keeps_nobody_waiting_when_the_clock_is_set_back(scene, clock):
    """Leases are of time that passes: else one that runs just then runs for a day."""
    server = scene.server(start=False, log_level="debug")
    server.start(clock.environment(scene.environment))
    host, ann, ben, cy = scene.people(["Host", "Ann", "Ben", "Cy"], lambda name: server.invite(group=f"Ward of {name}"))
    channel = last(host, "channel", "create", "Falls", "--open")["channel"]
    for person in (ann, ben):
        person.run("channel", "join", channel)
    absent = ann.follow(channel)
    os.kill(absent.process.pid, signal.SIGSTOP)  # connected, and does nothing of what she is asked
    joining = cy.stream("channel", "join", channel, json_lines=False)
    until("Ann is asked", lambda: "work_offered" in server.log())
    clock.set(-DAY_MS)
    following = ben.follow(channel)
    assert joining.process.wait(PATIENCE_S) == OK, joining.log()
    following.end()
    os.kill(absent.process.pid, signal.SIGCONT)
    absent.end()
    server.stop()
