# SPDX-License-Identifier: AGPL-3.0-or-later
"""A channel goes on in its next generation, and somebody's Welcome into it is lost or kept back: they find out when they
look, and come in by themselves; where that would be on the server's word alone, they are told what to do. Nobody stays
where nobody speaks any more without knowing it."""
import struct
import threading
import time

import pytest

from test_heal import break_membership_tag
from test_restore import make_channel, texts
from weft_liar import OK_CODE, Frame, Liar
from weft_scenario import PATIENCE_S, TRUST, link_by_way_of
from weft_talk import states
from weft_wire import (CHANNEL_COMMIT, CHANNEL_CONTINUE, CHANNEL_GENERATION, CHANNEL_GROUP, CHANNEL_PAGE, RESPONSE,
                       WELCOMES, Proxy, vector)


def lose_welcomes(server):
    """As if a key had ended, or a client had taken a Welcome and failed to keep it."""
    assert server.sql("DELETE FROM welcomes RETURNING 1") != []


def go_on_without(absent, server, scene, channel, ann, others):
    """The channel's next generation has everybody in it, and only the others know of it."""
    backup = scene.directory / "copy"
    server.stop()
    server.admin("backup", backup)
    server.admin("restore", backup)
    server.start()
    absent.run("status")  # there for something else: a restore takes KeyPackages away
    for person in (ann, *others, ann, *others, ann):
        person.run("sync")
    ann.run("say", channel, "in the next generation")


def all_hear(channel, speakers):
    for speaker in speakers:
        speaker.run("say", channel, f"{speaker.name} is here")
        for person in speakers:
            assert texts(person, channel)[-1] == f"{speaker.name} is here"


@pytest.mark.parametrize("flags", [(), ("--private",)], ids=["restricted", "private"])
def test_whose_welcome_was_lost_comes_in_by_themselves(scene, flags):
    server = scene.server()
    ann, ben, cy = scene.people(["Ann", "Ben", "Cy"], lambda name: server.invite(group="Ward 7"))
    channel = make_channel(server, ann, [ben, cy], *flags)
    ann.run("say", channel, "before")
    cy.run("sync")
    go_on_without(cy, server, scene, channel, ann, [ben])
    server.stop()
    lose_welcomes(server)
    server.start()
    shown = cy.run("channel", "show", channel).error
    assert "goes on in a later generation, in which this device is not yet: weft sync" in shown, shown
    told = cy.run("sync").error
    assert "goes on with fresh keys (generation 2)" in told and "cannot be read here" in told, told
    assert states(cy) == ["member, unconfirmed"]
    all_hear(channel, (ann, cy, ben))
    assert states(cy) == ["member"]
    assert "before" in texts(cy, channel)
    assert "generation" not in cy.run("sync").error, "it is done once"
    server.stop()


def test_whoever_would_come_among_strangers_is_told_what_to_do(scene):
    """The group was changed last by somebody whom they have never seen in it: that could be anybody's."""
    server = scene.server()
    ann, ben, cy = scene.people(["Ann", "Ben", "Cy"], lambda name: server.invite(group="Ward 7"))
    channel = make_channel(server, ann, [ben, cy], "--private")
    cy.run("sync")
    go_on_without(cy, server, scene, channel, ann, [ben])
    dee = scene.person("Dee", server.invite(group="Ward 7"))
    ann.run("channel", "add", channel, dee.id)
    dee.run("sync")
    dee.run("channel", "resync", channel)
    server.stop()
    lose_welcomes(server)
    server.start()
    for _ in range(2):
        told = cy.run("sync").error
        assert "weft channel resync" in told and "ask somebody who is in it" in told, told
    assert states(cy) == ["begun anew, waits to be let in"]
    refused = cy.run("say", channel, "hello?", code=None)
    assert refused.code != 0 and "hello?" not in texts(ann, channel)
    cy.run("channel", "resync", channel)
    all_hear(channel, (ann, cy, dee, ben))
    server.stop()


@pytest.fixture
def lied_to(scene):
    """Ann and Cy in a private channel, Cy by way of a liar."""
    server = scene.server()
    with Liar(server) as liar:
        ann, ben = scene.people(["Ann", "Ben"], lambda name: server.invite(group="Ward 7"))
        cy = scene.person("Cy", link_by_way_of(liar.port, server.invite(group="Ward 7")))
        channel = make_channel(server, ann, [ben, cy], "--private")
        cy.run("sync")
        yield server, liar, ann, ben, cy, channel
    server.stop()


def test_a_welcome_that_is_kept_back_keeps_nobody_out(scene, lied_to):
    server, liar, ann, ben, cy, channel = lied_to

    def rule(talk, way, frame):
        if not frame.answers(WELCOMES):
            return None
        liar.did("no Welcome")
        return [frame.having(OK_CODE + vector(b""))]

    liar.rule(rule)
    go_on_without(cy, server, scene, channel, ann, [ben])
    assert "goes on with fresh keys (generation 2)" in cy.run("sync").error
    assert liar.lies
    all_hear(channel, (ann, cy, ben))


def test_nobody_is_led_back_into_a_generation_that_is_over(scene, lied_to):
    """Whoever was left out of a later one could read along."""
    server, liar, ann, ben, cy, channel = lied_to
    shown = []

    def rule(talk, way, frame):
        if frame.answers(CHANNEL_GROUP):
            shown.append(frame.body)
            return [frame.having(shown[0])]
        if frame.is_request(CHANNEL_COMMIT) and len(shown) > 1:
            liar.did("a commit that is told to nobody")
            answer = struct.pack(">Qq", 50, int(time.time() * 1000))
            return [Frame(RESPONSE, frame.request, CHANNEL_COMMIT, OK_CODE + answer)]
        return None

    liar.rule(rule)
    cy.run("channel", "resync", channel)  # which shows the group as it is now
    assert len(shown) == 1
    seen = shown[:]
    shown.clear()
    go_on_without(cy, server, scene, channel, ann, [ben])
    cy.run("sync")
    assert "in the next generation" in texts(ann, channel)
    shown[:] = seen
    refused = cy.run("channel", "resync", channel, code=TRUST)
    assert "an older state of this channel" in refused.error and not liar.lies, refused


def beyond(frame):
    """A page that says that the log goes on in the second generation."""
    return [frame.having(frame.body[:-9] + struct.pack(">QB", (1 << 32) + 7, 0))]


def test_a_generation_that_is_named_and_not_shown_is_told(lied_to):
    server, liar, ann, ben, cy, channel = lied_to
    liar.rule(lambda talk, way, frame: beyond(frame) if frame.answers(CHANNEL_PAGE) else None)
    told = cy.run("sync").error
    assert "later generation" in told and "does not show it" in told, told
    refused = cy.run("say", channel, "who hears this?", code=TRUST)
    assert "later generation" in refused.error
    ann.run("sync")
    assert "who hears this?" not in texts(ann, channel)


def test_a_later_generation_that_is_the_present_one_is_not_entered(lied_to):
    """The server says that it goes on, and shows the group in which everybody is already."""
    server, liar, ann, ben, cy, channel = lied_to

    def rule(talk, way, frame):
        if frame.answers(CHANNEL_PAGE):
            return beyond(frame)
        if frame.answers(CHANNEL_GENERATION):
            return [frame.having(OK_CODE + struct.pack(">I", 2) + frame.body[6:])]
        return None

    ann.run("channel", "role", channel, ben.id, "--give", "note-taker")
    cy.run("sync")
    ann.run("channel", "role", channel, ben.id, "--take", "note-taker")
    liar.rule(rule)
    told = cy.run("sync").error
    assert "later generation" in told and "does not show it" in told, told
    ann.run("sync")
    assert not [record for record in ann.json("read", channel) for change in record.get("changes", [])
                if change["change"] == "rejoined"]


class HoldsBack(Proxy):
    """Whoever lets the others in again does it when they have been told to wait."""

    def __init__(self, server):
        self.waited = threading.Event()
        self.continued = False
        super().__init__(server.port, server.state / "tls.crt", server.state / "tls.key", self.hold)

    def hold(self, direction, _, payload):
        frame = Frame.parse(payload)
        if direction == "up" and frame.is_request(CHANNEL_COMMIT) and self.continued:
            assert self.waited.wait(PATIENCE_S)
        self.continued = self.continued or frame.answers(CHANNEL_CONTINUE)
        return payload


@pytest.mark.parametrize("waits", [False, True], ids=["as it comes", "told to wait first"])
def test_whoever_follows_comes_in_though_their_welcome_is_kept_back(scene, waits):
    server = scene.server()
    with Liar(server) as liar, HoldsBack(server) as holds_back:
        if not waits:
            holds_back.waited.set()
        ann = scene.person("Ann", link_by_way_of(holds_back.port, server.invite(group="Ward 7")))
        ben, cy = scene.people(["Ben", "Cy"], lambda name: link_by_way_of(liar.port, server.invite(group="Ward 7")))
        devices = {person: bytes.fromhex(person.json("status")[0]["device"]) for person in (ben, cy)}
        channel = make_channel(server, ann, [ben, cy], "--private")
        ann.run("channel", "role", channel, ben.id, "--give", "facilitator")
        for person in (ben, cy):
            person.run("sync")
        following = [person.follow(channel) for person in (ann, cy)]
        broken = []

        def rule(talk, way, frame):
            if talk.device == devices[ben] and frame.is_request(CHANNEL_COMMIT) and not broken:
                broken.append(True)
                return [Frame.parse(break_membership_tag(frame.bytes()))]
            if talk.device == devices[cy] and frame.answers(CHANNEL_GENERATION):
                generation, _, member, awaited = struct.unpack(">IBBB", frame.body[2:9])
                if (generation, member, awaited) == (2, False, True):
                    holds_back.waited.set()
            if talk.device == devices[cy] and frame.answers(WELCOMES):
                liar.did("no Welcome")
                return [frame.having(OK_CODE + vector(b""))]
            return None

        liar.rule(rule)
        ben.run("channel", "role", channel, cy.id, "--give", "note-taker", code=None)
        following[1].wait_record("the next generation", lambda record:
                                 "goes on with fresh keys (generation 2), and you are in it" in record.get("text", ""))
        assert broken and liar.lies and holds_back.waited.is_set()
        ann.run("say", channel, "welcome back")
        following[1].wait_record("it", lambda record: record.get("text") == "welcome back")
        cy.run("say", channel, "here I am")
        following[0].wait_record("it", lambda record: record.get("text") == "here I am")
        for stream in following:
            stream.end()
    server.stop()


def test_whoever_was_stuck_before_they_followed_comes_in_too(scene):
    """They have no subscription: it is the Welcome's event alone that tells them to look."""
    server = scene.server()
    with Liar(server) as liar:
        ann = scene.person("Ann", server.invite(group="Ward 7"))
        ben, cy = scene.people(["Ben", "Cy"], lambda name: link_by_way_of(liar.port, server.invite(group="Ward 7")))
        devices = {person: bytes.fromhex(person.json("status")[0]["device"]) for person in (ben, cy)}
        channel = make_channel(server, ann, [ben, cy], "--private")
        ann.run("channel", "role", channel, ben.id, "--give", "facilitator")
        for person in (ben, cy):
            person.run("sync")

        def rule(talk, way, frame):
            if talk.device == devices[ben] and frame.is_request(CHANNEL_COMMIT):
                return [Frame.parse(break_membership_tag(frame.bytes()))]
            if talk.device == devices[cy] and frame.answers(WELCOMES):
                liar.did("no Welcome")
                return [frame.having(OK_CODE + vector(b""))]
            return None

        liar.rule(rule)
        ben.run("channel", "role", channel, cy.id, "--give", "note-taker", code=None)
        cy.run("sync")
        assert states(cy) == ["stuck: weft channel resync"]
        following = cy.follow(channel)
        ann.run("sync")
        ann.run("sync")
        following.wait_record("the next generation", lambda record:
                              "goes on with fresh keys (generation 2), and you are in it" in record.get("text", ""))
        ann.run("say", channel, "welcome back")
        following.wait_record("it", lambda record: record.get("text") == "welcome back")
        following.end()
    server.stop()
