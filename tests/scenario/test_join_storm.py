# SPDX-License-Identifier: AGPL-3.0-or-later
"""Open channels: whoever is online lets newcomers in, many at once, without doing anything; and when
nobody does, a newcomer comes in alone. tests/bench/bench_storm is the same with a thousand people."""
import signal

import pytest

from conftest import program

JOINERS = 40


@pytest.fixture
def storm_program():
    return program("STORM_PROGRAM", "tests/bench/bench_storm")


def changes(person, channel):
    person.run("sync")
    return [(change["change"], change["person"])
            for record in person.json("read", channel) for change in record.get("changes", [])]


def create(person):
    return person.one("channel", "create", "Summit", "--open")["channel"]


def people(scene, server, *names):
    return scene.people(names, lambda name: server.invite(group="Ward"))


def test_many_join_at_once_in_a_few_commits_and_hear_all_that_is_said(scene, storm_program):
    done = scene.run([storm_program, "--joiners", str(JOINERS), "--directory", scene.directory], patience_s=500)
    figures = {line.split()[0]: float(line.split()[1]) for line in done.text.splitlines()}
    assert figures["lost"] == figures["duplicated"] == figures["misordered"] == 0, done
    assert figures["messages_during"] >= 1, done
    # Alone, each would be a commit of their own.
    assert 1 <= figures["commits"] <= JOINERS / 2, done


def test_a_member_who_follows_lets_a_newcomer_in(scene):
    server = scene.server()
    ann, bea = people(scene, server, "Ann", "Bea")
    channel = create(ann)
    following = ann.follow()
    bea.run("channel", "join", channel)
    assert ("added", bea.id) in changes(bea, channel) or ("added", bea.id) in changes(ann, channel)
    bea.run("say", channel, "thank you")
    following.wait_record("Bea's message", lambda record: record.get("text") == "thank you")
    server.stop()


def test_a_member_who_does_not_answer_holds_up_nobody(scene):
    server = scene.server()
    ann, bea, cy, dan = people(scene, server, "Ann", "Bea", "Cy", "Dan")
    channel = create(ann)
    bea.run("channel", "join", channel)
    # Ann facilitates and would be asked last: Bea is asked first, and does not answer.
    following, stopped = ann.follow(), bea.follow()
    stopped.process.send_signal(signal.SIGSTOP)
    cy.run("channel", "join", channel)
    assert ("added", cy.id) in changes(cy, channel) + changes(ann, channel)
    # And when nobody answers, Dan comes in alone.
    following.process.send_signal(signal.SIGSTOP)
    dan.run("channel", "join", channel)
    for process in (following.process, stopped.process):
        process.send_signal(signal.SIGCONT)
    assert ("joined", dan.id) in changes(ann, channel)
    server.stop()
