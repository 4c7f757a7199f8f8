# SPDX-License-Identifier: AGPL-3.0-or-later
"""Open channels: whoever is online lets newcomers in, many at once, without doing anything; and when
nobody does, a newcomer comes in alone. tests/bench/bench_storm is the same with a thousand people."""
import re
import signal
import threading
import time

import pytest

from conftest import program
from weft_scenario import Scene, link_by_way_of
from weft_wire import CHANNEL_KNOCK, REQUEST, Proxy

JOINERS = 40
CROWD = 26  # let in by two commits, more than twelve come by one of them: those are not all named
GATHER_S = 1  # less than a member's time to answer
LATE_S = 6  # more than that, and less than what a newcomer waits before coming alone


class Knocks(Proxy):
    """Holds back every knock until so many have been made, however long each takes to come to it, and wakes a member
    who sleeps some time after that."""

    def __init__(self, server):
        self.missing = 0
        self.together = threading.Event()
        self.counting = threading.Lock()
        super().__init__(server.port, server.state / "tls.crt", server.state / "tls.key", self.gather)

    def gather(self, direction, _, payload):
        if direction == "up" and payload[0] == REQUEST and int.from_bytes(payload[5:7], "big") == CHANNEL_KNOCK:
            with self.counting:
                self.missing -= 1
                if self.missing == 0:
                    self.together.set()
            self.together.wait(60)
        return payload

    def join_while_asleep(self, people, channel, member, asleep_s):
        """Lets these come to the channel, the member's process being stopped until so long after they knocked."""
        self.together.clear()
        self.missing = len(people)
        member.process.send_signal(signal.SIGSTOP)

        def wake():
            self.together.wait(60)
            time.sleep(asleep_s)
            member.process.send_signal(signal.SIGCONT)

        waking = threading.Thread(target=wake)
        waking.start()
        Scene.together(lambda person: person.run("channel", "join", channel), people, width=len(people))
        waking.join()


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


def people_by_way_of(scene, server, proxy, *names):
    return scene.people(names, lambda name: link_by_way_of(proxy.port, server.invite(group="Ward")))


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


def test_of_many_who_come_at_once_some_are_named_and_the_others_counted(scene):
    server = scene.server()
    [ann] = people(scene, server, "Ann")
    with Knocks(server) as knocks:
        crowd = people_by_way_of(scene, server, knocks, *(f"Cy {number}" for number in range(CROWD)))
        channel = create(ann)
        knocks.join_while_asleep(crowd, channel, ann.follow(), GATHER_S)
        added = [person for change, person in changes(ann, channel) if change == "added"]
        assert set(person.id for person in crowd) <= set(added), added
    shown = ann.run("read", channel).text
    named, counted = shown.count(" let Cy "), re.findall(r"-- and (\d+) more likewise: weft channel show", shown)
    assert named + sum(map(int, counted)) == CROWD and counted and named < CROWD, shown
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


def test_members_are_given_as_long_as_they_were_seen_to_need(scene):
    server = scene.server()
    ann, bea = people(scene, server, "Ann", "Bea")
    with Knocks(server) as knocks:
        cy, dan = people_by_way_of(scene, server, knocks, "Cy", "Dan")
        channel = create(ann)
        bea.run("channel", "join", channel)
        slow = bea.follow()

        def who_let_in(person):
            ann.run("sync")
            [record] = [record for record in ann.json("read", channel)
                        if ("added", person.id) in [(change["change"], change["person"])
                                                    for change in record.get("changes", [])]]
            return record["person"]

        # Nobody but Bea can be asked. She has five seconds, and takes more.
        knocks.join_while_asleep([cy], channel, slow, LATE_S)
        assert who_let_in(cy) == bea.id
        # Ann facilitates: whoever is free is asked before her, and is given that long now.
        following = ann.follow()
        knocks.join_while_asleep([dan], channel, slow, LATE_S)
        assert who_let_in(dan) == bea.id
        following.end()
    server.stop()
