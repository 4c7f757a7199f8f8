# SPDX-License-Identifier: AGPL-3.0-or-later
"""Somebody was taken out of a channel while they were away. They read what was said until then, and who took them out,
proven; where nothing that a member signed shows it, that is what they are told."""
import struct

import pytest

from test_devices import own_device, pair
from test_restore import make_channel, texts
from weft_liar import OK_CODE, Liar, entries_of
from weft_scenario import AUTHENTICATION, link_by_way_of
from weft_talk import said, states
from weft_wire import CHANNEL_PAGE, refusal, vector

REMOVED = "Ann, a facilitator of this channel, removed you from it: the change is signed, and this weft has checked it"
UNPROVEN = "the server says that you are not in this channel any more, and nothing that its members have signed shows it"


@pytest.fixture
def lied_to(scene):
    """Ann and Cy in a private channel, Cy by way of a liar."""
    server = scene.server()
    with Liar(server) as liar:
        ann = scene.person("Ann", server.invite(group="Ward 7"))
        cy = scene.person("Cy", link_by_way_of(liar.port, server.invite(group="Ward 7")))
        channel = make_channel(server, ann, [cy], "--private")
        cy.run("sync")
        yield liar, ann, cy, channel
    server.stop()


@pytest.mark.parametrize("flags", [("--open",), (), ("--private",)], ids=["open", "restricted", "private"])
def test_who_was_removed_while_away_sees_by_whom(scene, flags):
    server = scene.server()
    ann, ben, cy = scene.people(["Ann", "Ben", "Cy"], lambda name: server.invite(group="Ward 7"))
    channel = make_channel(server, ann, [ben, cy], *flags)
    cy.run("sync")
    ann.run("say", channel, "for Cy too")
    ann.run("channel", "remove", channel, cy.id)
    ann.run("say", channel, "among us")
    told = cy.run("sync").error
    assert REMOVED in told and "server says" not in told, told
    assert states(cy) == ["removed"]
    read = cy.run("read", channel).text
    assert "for Cy too" in read and "Cy is out of the channel (committed by Ann)" in read and "among us" not in read, read
    assert "removed you" not in cy.run("sync").error, "it is told once"
    assert "not in this channel" in cy.run("say", channel, "hello?", code=None).error
    # Let in again, they go on from there.
    if "--open" in flags:
        cy.run("channel", "join", channel)
    else:
        ann.run("channel", "add", channel, cy.id)
    ann.run("say", channel, "welcome back")
    assert texts(cy, channel)[-1] == "welcome back" and "among us" not in texts(cy, channel)
    ann.run("channel", "remove", channel, cy.id)
    refused = cy.run("say", channel, "and now?", code=None)
    assert refused.code != 0 and REMOVED in refused.error and "not in this channel" in refused.error, refused
    assert "and now?" not in texts(ann, channel)
    server.stop()


def test_whose_other_device_left_sees_that_it_did(scene):
    server = scene.server()
    ann, cy = scene.people(["Ann", "Cy"], lambda name: server.invite(group="Ward 7"))
    telephone = scene.person("Cy's telephone")
    pair(cy, telephone)
    channel = make_channel(server, ann, [cy], "--private")
    ann.run("sync")
    telephone.run("sync")
    cy.run("channel", "leave", channel)
    ann.run("sync")
    told = telephone.run("sync").error
    assert "You left this channel with another device, and Ann's weft took this one out, too" in told, told
    assert states(telephone) == ["removed"]
    server.stop()


def test_the_servers_word_alone_is_told_as_that(lied_to):
    liar, ann, cy, channel = lied_to
    liar.rule(lambda talk, way, frame: [frame.having(refusal("not_found"))] if frame.answers(CHANNEL_PAGE) else None)
    for _ in range(2):
        told = cy.run("sync").error
        assert UNPROVEN in told and "removed you" not in told, told
    # It is no member's doing, and so nothing is given up for it.
    assert states(cy) == ["member"]
    liar.rules.clear()
    ann.run("say", channel, "are you there?")
    assert texts(cy, channel)[-1] == "are you there?"


def test_a_log_that_ends_before_the_removal_proves_nothing(lied_to):
    """What the server shows is signed, and takes nobody out."""
    liar, ann, cy, channel = lied_to
    last = said(ann, channel, "for Cy too")
    ann.run("channel", "remove", channel, cy.id)

    def rule(talk, way, frame):
        if not frame.answers(CHANNEL_PAGE):
            return None
        entries, _, frozen = entries_of(frame)
        kept = b"".join(entry.bytes() for entry in entries if entry.sequence <= last)
        return [frame.having(OK_CODE + vector(kept) + struct.pack(">QB", last, frozen))]

    liar.rule(rule)
    assert "removed you" not in cy.run("sync").error
    refused = cy.run("say", channel, "who hears this?", code=None)
    assert refused.code != 0 and "who hears this?" not in texts(ann, channel), refused
    liar.rules.clear()
    assert REMOVED in cy.run("sync").error


def test_a_login_that_is_refused_is_told_in_the_servers_name(scene):
    """Nothing shows whoever is refused that another device of theirs, or an admin, has signed it."""
    server = scene.server()
    ann, cy = scene.people(["Ann", "Cy"], lambda name: server.invite(group="Ward 7"))
    server.admin("person", "suspend", ann.id)
    server.admin("device", "revoke", own_device(cy))
    assert "the server says: this device or account may not log in" in ann.run("sync", code=AUTHENTICATION).error
    assert "the server says: this device was taken off its account" in cy.run("sync", code=None).error
    server.stop()


def test_who_was_suspended_meanwhile_sees_that_it_was_for_that(scene):
    server = scene.server()
    ann, cy = scene.people(["Ann", "Cy"], lambda name: server.invite(group="Ward 7"))
    channel = make_channel(server, ann, [cy], "--private")
    server.admin("person", "suspend", cy.id)
    ann.run("sync")
    server.admin("person", "restore", cy.id)
    told = cy.run("sync").error
    assert "This device was shut out, as the directory said, and so Ann's weft took it out of this channel" in told, told
    assert states(cy) == ["removed"] and "facilitator" not in told
    assert "Cy is out of the channel (committed by Ann)" in cy.run("read", channel).text
    server.stop()
