# SPDX-License-Identifier: AGPL-3.0-or-later
"""Between weft and weftd stands a proxy with the server's own TLS key: a network that cuts connections at
every frame, and a server that turns bits. What was acknowledged is there once; no text that is shown was
never said; a change of what others said is an error or a sign, never silence."""
import random

import pytest

from weft_scenario import NETWORK, OK, SANITIZER_EXIT, link_by_way_of
from weft_talk import states
from weft_wire import CHANNEL_COMMIT, CHANNEL_SEND, REQUEST, Proxy, turned

SAID = "said in full"
CUT_FRAMES = 8
TURNED_SENDS = 10
TURNED_PAGES = 4  # a bit in the wrong place costs a request its patience, 30 s


class Damage:
    """What the proxy does to one message, then to none until it is set again."""

    def __init__(self):
        self.wanted = None

    def __call__(self, direction, number, payload):
        if self.wanted is not None:
            changed = self.wanted(direction, number, payload)
            if changed is not payload:
                self.wanted = None
            return changed
        return payload


def is_request(payload, *kinds):
    return payload[0] == REQUEST and int.from_bytes(payload[5:7], "big") in kinds


@pytest.fixture
def damaged(scene):
    """Ann behind the proxy, Bea not; both in one open channel."""
    server = scene.server()
    damage = Damage()
    with Proxy(server.port, server.state / "tls.crt", server.state / "tls.key", damage) as proxy:
        ann = scene.person("Ann", link_by_way_of(proxy.port, server.invite(group="Ward 1")))
        bea = scene.person("Bea", server.invite(group="Ward 2"))
        channel = ann.one("channel", "create", "Talk", "--open")["channel"]
        bea.run("channel", "join", channel)
        yield server, damage, ann, bea, channel
    server.stop()


def texts(person, channel):
    return [record["text"] for record in person.json("read", channel)
            if record["type"] == "message" and "text" in record]


def test_a_connection_cut_at_every_frame_loses_nothing_and_doubles_nothing(damaged):
    server, damage, ann, bea, channel = damaged
    acknowledged, tried = [], []
    for direction in ("up", "down"):
        for frame in range(CUT_FRAMES):
            text = f"{SAID}, cut {direction} at {frame}"
            damage.wanted = lambda way, number, payload, direction=direction, frame=frame: (
                None if (way, number) == (direction, frame) else payload)
            result = ann.run("say", channel, text, code=None)
            damage.wanted = None
            assert result.code in (OK, NETWORK), str(result)
            tried.append(text)
            if result.code == OK:
                acknowledged.append(text)
            else:
                assert result.error.strip()
    ann.run("sync")
    bea.run("sync")
    read = texts(bea, channel)
    assert len(set(read)) == len(read), "nothing is said twice"
    assert set(acknowledged) <= set(read) <= set(tried)
    assert texts(ann, channel) == read


def test_a_bit_that_turns_on_the_way_to_the_server_changes_no_text(damaged):
    server, damage, ann, bea, channel = damaged
    chosen = random.Random(7)
    tried, damaged_messages = [], 0
    for turn in range(TURNED_SENDS):
        text = f"{SAID} {turn}"

        def turn_one(direction, _, payload):
            if direction == "up" and is_request(payload, CHANNEL_SEND):
                return turned(payload, chosen.randrange(7 * 8, len(payload) * 8))
            return payload

        damage.wanted = turn_one
        result = ann.run("say", channel, text, code=None)
        damaged_messages += damage.wanted is None
        damage.wanted = None
        assert result.code not in (SANITIZER_EXIT,) and result.code >= 0, str(result)
        tried.append(text)
    assert damaged_messages == TURNED_SENDS
    for person in (ann, bea):
        person.run("sync", code=None)
    ann.run("say", channel, f"{SAID} at last")
    bea.run("sync")
    read = texts(bea, channel)
    assert read[-1] == f"{SAID} at last", "one bad message stops nobody"
    assert set(read) <= {*tried, f"{SAID} at last"}
    assert len(set(read)) == len(read)
    told = [record for record in ann.json("read", channel) if record["type"] == "message" and "text" in record]
    unread = [record for record in told if record["text"] not in read]
    assert unread and all(record["warning"] for record in unread), "who spoke is told that nobody can read it"
    assert all(record["warning"] == "" for record in told if record["text"] in read)


def test_a_turned_bit_in_a_commit_is_refused_by_the_server_and_the_group_goes_on(scene, damaged):
    server, damage, ann, bea, channel = damaged
    cy = scene.person("Cy", server.invite(group="Ward 3"))
    chosen = random.Random(9)
    for _ in range(6):
        def turn_one(direction, _, payload):
            if direction == "up" and is_request(payload, CHANNEL_COMMIT):
                return turned(payload, chosen.randrange(7 * 8, 400 * 8))  # in the commit, not in the Welcome
            return payload

        damage.wanted = turn_one
        result = ann.run("channel", "add", channel, cy.id, code=None)
        assert damage.wanted is None
        if result.code == OK:  # tried again by itself
            ann.run("channel", "remove", channel, cy.id)
        else:
            assert result.error.strip() and result.code > 0, str(result)
    ann.run("channel", "add", channel, cy.id, code=None)
    cy.run("sync")
    for person in (bea, cy):
        person.run("sync")
    bea.run("say", channel, SAID)
    for person in (ann, cy):
        person.run("sync")
        assert texts(person, channel)[-1] == SAID


def test_a_bit_that_turns_on_the_way_back_is_never_shown_as_said(scene, damaged):
    server, damage, ann, bea, channel = damaged
    chosen = random.Random(13)
    noticed = 0
    for turn in range(TURNED_PAGES):
        bea.run("say", channel, f"{SAID} {turn}")
        frame = chosen.randrange(1, 7)

        def turn_one(direction, number, payload, frame=frame):
            if direction == "down" and number == frame:
                return turned(payload, chosen.randrange(len(payload) * 8))
            return payload

        damage.wanted = turn_one
        result = ann.run("sync", code=None, patience_s=90)
        damage.wanted = None
        assert result.code != SANITIZER_EXIT and result.code >= 0, str(result)
        noticed += result.code != OK
        assert result.code == OK or result.error.strip()
    assert noticed > 0, "most damage is an error"
    ann.run("sync", code=None)
    records = ann.json("read", channel)
    said = {f"{SAID} {turn}" for turn in range(TURNED_PAGES)}
    read = [record["text"] for record in records if record["type"] == "message" and "text" in record]
    assert set(read) <= said and len(set(read)) == len(read)
    signs = [record for record in records if record["type"] == "unreadable" or record["warning"]]
    assert len(read) == len(said) or signs or states(ann)[0] != "member", "what is missing shows"
