# SPDX-License-Identifier: AGPL-3.0-or-later
"""Somebody commits what the server cannot check and members cannot follow. They report it, the channel
stops, and goes on in its next generation with everybody but whose commit it was."""
import json
import signal
import threading

import pytest

from weft_fault import Clock
from weft_liar import Frame
from weft_scenario import OK, PATIENCE_S, link_by_way_of, until
from weft_talk import private_channel, states, texts
from weft_wire import CHANNEL_COMMIT, CHANNEL_CONTINUE, REQUEST, CutsOff, Proxy, Reader

# Before follow looks by itself, which it does every 25 s.
HEARD_AT_ONCE_S = 15


def break_membership_tag(payload):
    """The last bytes of a member's commit are its membership tag, which only members can check."""
    reader = Reader(payload)
    reader.take(7 + 16 + 4 + 8)
    before = reader.at
    commit = reader.vector()
    end = reader.at
    assert end - before > len(commit) > 100
    return payload[:end - 1] + bytes([payload[end - 1] ^ 1]) + payload[end:]


@pytest.fixture
def community(scene):
    """Ann and Ben facilitate a channel that Cy is in; what Ben sends goes through one proxy, what Ann and Cy do through
    another."""
    server = scene.server()
    broken = []

    def change(direction, number, payload):
        if direction == "up" and broken and payload[0] == REQUEST and \
                int.from_bytes(payload[5:7], "big") == CHANNEL_COMMIT:
            broken.pop()
            return break_membership_tag(payload)
        return payload

    with Proxy(server.port, server.state / "tls.crt", server.state / "tls.key", change) as proxy, \
         CutsOff(server) as cuts_off:
        ben = scene.person("Ben", link_by_way_of(proxy.port, server.invite(group="Ward 1")))
        ann, cy = scene.people(["Ann", "Cy"], lambda name: link_by_way_of(cuts_off.port, server.invite(group="Ward 2")))
        channel = ann.one("channel", "create", "Falls")["channel"]
        for person in (ben, cy):
            person.run("channel", "join", channel)
            ann.run("channel", "add", channel, person.id)
            ann.run("sync")
            person.run("sync")
        ann.run("channel", "role", channel, ben.id, "--give", "facilitator")
        for person in (ann, ben, cy):
            person.run("sync")
        ann.run("say", channel, "while all was well")
        cy.run("sync")
        yield server, broken, cuts_off, ann, ben, cy, channel
    server.stop()


def break_it(broken, ben, cy, channel):
    broken.append(True)
    ben.run("channel", "role", channel, cy.id, "--give", "note-taker", code=None)
    assert not broken, "no commit was sent"


def test_a_commit_that_members_cannot_follow_is_left_behind_with_who_made_it(community):
    server, broken, _, ann, ben, cy, channel = community
    break_it(broken, ben, cy, channel)
    stuck = cy.run("sync", code=None)
    assert "stuck" in stuck.error and "reported" in stuck.error, stuck
    assert " commit_reported " in server.log() and "frozen=0" in server.log()
    mended = ann.run("sync")
    assert "generation 2" in mended.error, mended
    assert "frozen=1" in server.log() and " channel_continued " in server.log()
    let_in = cy.run("sync").error
    ann.run("sync")
    let_in += cy.run("sync").error
    assert let_in.count("you are in it again") == 1, let_in
    ann.run("say", channel, "and on we go")
    cy.run("say", channel, "with me too")
    for person in (ann, cy):
        person.run("sync")
        assert texts(person, channel) == ["while all was well", "and on we go", "with me too"]
    gone = ben.run("sync", code=None)
    assert "without you" in gone.error or "not in this channel" in gone.error, gone
    assert texts(ben, channel)[:1] == ["while all was well"]
    # It is shown to whoever asks.
    shown = {record["type"]: record for record in cy.json("channel", "show", channel)}
    assert shown["generation"]["generation"] == 2 and shown["generation"]["begun_by"] == ann.id
    assert shown["report"]["signed"] and shown["report"]["about"] == ben.id and shown["report"]["generation"] == 1
    assert shown["left behind"]["person"] == ben.id and "awaited" not in shown, shown
    text = cy.run("channel", "show", channel).text
    for line in ("generation 2, begun by Ann", "could not follow change", "by Ben", "left behind with that change: Ben"):
        assert line in text, text
    assert states(cy) == ["member"]


def test_whoever_follows_is_let_in_again_without_doing_anything(community):
    server, broken, _, ann, ben, cy, channel = community
    following_ann, following_cy = ann.follow(channel), cy.follow(channel)
    break_it(broken, ben, cy, channel)
    until("Ann's weft begins the next generation", lambda: " channel_continued " in server.log())
    ann.run("say", channel, "in the next generation")
    following_cy.wait_record("it", lambda record: record.get("text") == "in the next generation")
    cy.run("say", channel, "so am I")
    following_ann.wait_record("it", lambda record: record.get("text") == "so am I")


@pytest.mark.parametrize("direction", ["up", "down"])
def test_it_is_begun_though_the_connection_ends_just_then(community, direction):
    server, broken, cuts_off, ann, ben, cy, channel = community
    following_ann, following_cy = ann.follow(channel), cy.follow(channel)
    cuts_off.cutting = (direction, CHANNEL_CONTINUE)
    break_it(broken, ben, cy, channel)
    following_cy.wait_record("to be let in", lambda record: "you are in it again" in record.get("text", ""))
    assert cuts_off.cutting is None and server.log().count(" channel_continued ") == 1
    ann.run("say", channel, "in the next generation")
    following_cy.wait_record("it", lambda record: record.get("text") == "in the next generation")
    cy.run("say", channel, "so am I")
    following_ann.wait_record("it", lambda record: record.get("text") == "so am I")


def test_whoever_enters_the_next_generation_hears_what_is_said_first(community):
    """In an open channel each comes in by themselves; nothing but what is said tells them of it."""
    server, broken, _, ann, ben, cy, _ = community
    channel = ann.one("channel", "create", "Open talk", "--open")["channel"]
    for person in (ben, cy):
        person.run("channel", "join", channel)
    ann.run("channel", "role", channel, ben.id, "--give", "facilitator")
    ben.run("sync")
    following = {person: person.follow(channel) for person in (ann, cy)}
    break_it(broken, ben, cy, channel)

    def entered():
        return [person for person in (ann, cy) if any(
            "you are in it again" in record.get("text", "") for record in following[person].records())]

    last, = until("one has begun it and the other is in it", entered)
    first = cy if last is ann else ann
    first.run("say", channel, "in the next generation")
    following[last].wait_record("it", lambda record: record.get("text") == "in the next generation", HEARD_AT_ONCE_S)


def test_whoever_waits_for_a_facilitator_is_told_once_that_it_stopped(community, scene):
    """Whoever is told looks, and whoever is stuck reports it again when they look."""
    server, broken, _, ann, ben, cy, channel = community
    dee = scene.person("Dee", server.invite(group="Ward 2"))
    ann.run("channel", "add", channel, dee.id)
    following = [person.follow(channel) for person in (cy, dee)]
    break_it(broken, ben, cy, channel)
    for stream in following:
        stream.wait_record("that it stopped", lambda record: "waits for a facilitator" in record.get("text", ""))
    for person in (cy, dee, cy, dee):
        person.run("sync")
    for _ in range(2):
        ann.run("sync")
    for stream in following:
        stream.wait_record("to be let in", lambda record: "you are in it again" in record.get("text", ""))
        assert "too many reports" not in json.dumps(stream.records())
    # Each when it got stuck, when it was told, and twice with sync; Ann as she finds it.
    assert server.log().count(" commit_reported ") <= 2 * 4 + 1, server.log()


def stop_every_channel(scene, server, environment=None):
    """As a restore does, until somebody who may begins the next generation."""
    server.stop()
    server.admin("backup", scene.directory / "copy")
    server.admin("restore", scene.directory / "copy")
    server.start(environment)


class AtOnce(Proxy):
    """Two begin the next generation at once. Whoever asks second is told so, or by `cuts` hears of it with the Welcome."""

    def __init__(self, server, cuts):
        self.server, self.cuts = server, cuts
        self.asked = 0
        self.both = threading.Event()
        super().__init__(server.port, server.state / "tls.crt", server.state / "tls.key", self.look)

    def look(self, direction, _, payload):
        if direction != "up" or not Frame.parse(payload).is_request(CHANNEL_CONTINUE):
            return payload
        self.asked += 1
        if self.asked == 1:
            assert self.both.wait(PATIENCE_S)
        elif self.asked == 2:
            self.both.set()
            until("the other's answer", lambda: " channel_continued " in self.server.log())
            if self.cuts:
                until("a Welcome", lambda: " commit channel=" in self.server.log().split(" channel_continued ")[1])
                return None
        return payload


@pytest.mark.parametrize("cuts", [False, True], ids=["told", "with the Welcome"])
def test_whoever_begins_it_second_takes_nobody_for_a_stranger(scene, cuts):
    server = scene.server()
    with AtOnce(server, cuts) as at_once:
        ann, ben = scene.people(["Ann", "Ben"], lambda name: link_by_way_of(at_once.port, server.invite(group="Ward 7")))
        cy = scene.person("Cy", server.invite(group="Ward 7"))
        channel = private_channel(ann, [ben, cy])
        ann.run("channel", "role", channel, ben.id, "--give", "facilitator")
        following = {person: person.follow(channel) for person in (ann, ben, cy)}
        stop_every_channel(scene, server)

        def ways():
            texts_of = {person: json.dumps(following[person].records()) for person in (ann, ben)}
            return {way: person for person, text in texts_of.items()
                    for way in ("let in again: 2 other", "and you are in it again") if way in text}

        until("one has begun it and let the other in", lambda: len(ways()) == 2)
        assert at_once.asked == 2 and len(set(ways().values())) == 2, ways()
        # What is said before Cy is in, Cy does not read.
        following[cy].wait_record("that they are in", lambda record: "in it again" in record.get("text", ""))
        for person in following:
            person.run("say", channel, f"{person.name} is here")
        for stream in following.values():
            for person in following:
                stream.wait_record("them", lambda record: record.get("text") == f"{person.name} is here")
            assert "not in it before" not in json.dumps(stream.records()), stream.records()
            stream.end()
    server.stop()


def test_whoever_comes_back_when_it_has_gone_on_is_told_what_they_wait_for(scene):
    server = scene.server()
    ann, ben = scene.people(["Ann", "Ben"], lambda name: server.invite(group="Ward 7"))
    channel = private_channel(ann, [ben])
    following = ben.follow(channel)
    following.process.send_signal(signal.SIGSTOP)
    stop_every_channel(scene, server)
    ann.run("sync")  # of Ben there is no KeyPackage
    following.process.send_signal(signal.SIGCONT)
    following.wait_record("for what", lambda record: "waits for a member" in record.get("text", ""))
    following.wait_record("that it goes on", lambda record: record["type"] == "following")
    ann.run("sync")
    following.wait_record("that he is in", lambda record: "in it again" in record.get("text", ""))
    assert "not found" not in json.dumps(following.records())
    following.end()
    server.stop()


def test_a_stopped_channel_keeps_nobody_from_what_they_do(scene, faults_library):
    """Changes that are due in it, or that the server asks for, wait: nothing else fails for them."""
    server = scene.server()
    clock = Clock(faults_library, scene.directory / "clock")
    ann, ben, cy = scene.people(["Ann", "Ben", "Cy"], lambda name: server.invite(group="Ward 7"))
    stopped = private_channel(ann, [ben, cy])
    clock.set(8 * 24 * 3600 * 1000)  # all keys are due by then
    stop_every_channel(scene, server, clock.environment(scene.environment))
    cy.run("channel", "leave", stopped)
    other = ben.one("channel", "create", "Falls")["channel"]
    following = ben.follow()
    ben.run("say", other, "all is well here")
    following.wait_record("it", lambda record: record.get("text") == "all is well here")
    assert following.end() == OK
    server.stop()


def test_who_leaves_while_it_has_stopped_is_not_let_in_again(scene):
    server = scene.server()
    ann, ben, cy = scene.people(["Ann", "Ben", "Cy"], lambda name: server.invite(group="Ward 7"))
    channel = private_channel(ann, [ben, cy])
    stop_every_channel(scene, server)
    for person in (ben, cy):
        person.run("sync")
    cy.run("channel", "leave", channel)
    following = [person.follow() for person in (ben, cy)]
    told = ann.run("sync").error
    assert "generation 2" in told and "without a reason" not in told, told
    ann.run("sync")
    following[0].wait_record("to be let in", lambda record: "you are in it again" in record.get("text", ""))
    ann.run("say", channel, "without Cy")
    following[0].wait_record("it", lambda record: record.get("text") == "without Cy")
    cy.run("sync")
    for stream in following:
        stream.end()
    assert states(cy) == ["left"]
    assert "Cy" not in ann.run("channel", "show", channel).text
    server.stop()
