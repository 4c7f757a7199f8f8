# SPDX-License-Identifier: AGPL-3.0-or-later
"""The connection ends just as something is said, or the server cannot take it: whoever said it is told what becomes of
it, and does not say it twice."""
import pytest

import weft_assist
from test_devices import pair
from weft_scenario import NETWORK, RATE_LIMIT, link_by_way_of
from weft_talk import private_channel, texts
from weft_wire import CHANNEL_CREATE, CHANNEL_SEND, READ_POSITION, SESSION_CREATE, SESSION_STAGE, CutsOff, refusal

both_ways = pytest.mark.parametrize("direction", ("up", "down"))


@both_ways
def test_what_was_being_said_goes_out_once_and_whoever_said_it_knows(scene, direction):
    server = scene.server()
    with CutsOff(server) as proxy:
        ann = scene.person("Ann", link_by_way_of(proxy.port, server.invite(group="Ward 1")))
        bea = scene.person("Bea", server.invite(group="Ward 2"))
        channel = ann.one("channel", "create", "Falls", "--open")["channel"]
        bea.run("channel", "join", channel)
        proxy.cutting = direction, CHANNEL_SEND
        cut = ann.run("say", channel, "Mats by the bed", code=NETWORK)
        assert proxy.cutting is None
        assert "goes out with the next command" in cut.error and "Do not say it again" in cut.error, cut
        ann.run("sync")
        said = [record["text"] for record in bea.json("read", channel) if record["type"] == "message"]
        assert said == ["Mats by the bed"]
    server.stop()


def test_what_waited_for_a_channel_that_one_is_out_of_is_shown_and_not_said_later(scene):
    server = scene.server()
    with CutsOff(server) as proxy:
        ann = scene.person("Ann", server.invite(group="Ward 1"))
        bea = scene.person("Bea", link_by_way_of(proxy.port, server.invite(group="Ward 2")))
        channel = private_channel(ann, [bea])
        proxy.cutting = "up", CHANNEL_SEND
        bea.run("say", channel, "Mats by the bed", code=NETWORK)
        ann.run("channel", "remove", channel, bea.id)
        assert "(you are not in this channel any more). It was: Mats by the bed" in " ".join(bea.run("sync").error.split())
        assert "Mats" not in bea.run("sync").error
        ann.run("channel", "add", channel, bea.id)
        bea.run("sync")
        assert texts(ann, channel) == []
    server.stop()


def test_what_waited_for_a_channel_that_one_leaves_is_shown_and_not_said_later(scene):
    server = scene.server()
    with CutsOff(server) as proxy:
        ann = scene.person("Ann", server.invite(group="Ward 1"))
        bea = scene.person("Bea", link_by_way_of(proxy.port, server.invite(group="Ward 2")))
        channel = ann.one("channel", "create", "Falls", "--open")["channel"]
        bea.run("channel", "join", channel)
        proxy.cutting = "up", CHANNEL_SEND
        bea.run("say", channel, "Mats by the bed", code=NETWORK)
        assert "It was: Mats by the bed" in " ".join(bea.run("channel", "leave", channel).error.split())
        ann.run("sync")
        bea.run("channel", "join", channel)
        bea.run("sync")
        assert texts(ann, channel) == []
    server.stop()


class Refuses(CutsOff):
    """Has the next message refused as well, without a word of when to come back."""

    def __init__(self, server):
        self.code = None
        super().__init__(server)

    def look(self, direction, number, payload):
        if self.code is None or int.from_bytes(payload[5:7], "big") != CHANNEL_SEND:
            return super().look(direction, number, payload)
        if direction == "up":
            return payload[:7] + b"no message"  # which the server cannot read, and does not keep
        code, self.code = self.code, None
        return payload[:7] + refusal(code, b"too much")


def test_what_was_refused_for_its_rate_is_said_again_by_whoever_said_it(scene):
    server = scene.server()
    with Refuses(server) as proxy:
        ann = scene.person("Ann", link_by_way_of(proxy.port, server.invite(group="Ward 1")))
        channel = ann.one("channel", "create", "Falls", "--open")["channel"]
        proxy.code = "rate_limited"
        assert "too much" in ann.run("say", channel, "Mats by the bed", code=RATE_LIMIT).error
        ann.run("say", channel, "Mats by the bed")
        assert [record["type"] for record in ann.json("read", channel)] == ["message"]
    server.stop()


def test_what_waits_outlasts_a_disk_of_the_server_that_is_full(scene):
    server = scene.server()
    with Refuses(server) as proxy:
        ann = scene.person("Ann", link_by_way_of(proxy.port, server.invite(group="Ward 1")))
        channel = ann.one("channel", "create", "Falls", "--open")["channel"]
        proxy.cutting = "up", CHANNEL_SEND
        ann.run("say", channel, "Mats by the bed", code=NETWORK)
        proxy.code = "full"
        assert "What you said waits" in ann.run("sync").error
        assert proxy.code is None
        ann.run("sync")
        assert [record["text"] for record in ann.json("read", channel)] == ["Mats by the bed"]
    server.stop()


@both_ways
def test_a_channel_is_made_once_and_whoever_made_it_knows(scene, direction):
    server = scene.server()
    with CutsOff(server) as proxy:
        ann = scene.person("Ann", link_by_way_of(proxy.port, server.invite(group="Ward 1")))
        proxy.cutting = direction, CHANNEL_CREATE
        cut = ann.run("channel", "create", "Falls", "--open", code=NETWORK)
        assert "Do not make it again" in cut.error, cut
        ann.run("sync")
        assert ann.run("channel", "list").text.count("Falls") == 1
    server.stop()


@both_ways
@pytest.mark.parametrize("kind", (CHANNEL_CREATE, SESSION_CREATE, CHANNEL_SEND), ids=("channel", "session", "message"))
@pytest.mark.parametrize("looked", (False, True), ids=("at-once", "after-a-sync"))
def test_who_asks_again_after_it_was_broken_off_has_asked_once(scene, direction, kind, looked):
    server = scene.server()
    with CutsOff(server) as proxy:
        ann = scene.person("Ann", link_by_way_of(proxy.port, server.invite(group="Ward 1")))
        question = ("peer-assist", "ask", "How do we prevent falls?", "--brief", "Three in a week")
        proxy.cutting = direction, kind
        cut = ann.run(*question, code=NETWORK)
        assert "goes on where this one stopped" in cut.error, cut
        if looked:
            ann.run("sync")
        asked = ann.json(*question)[-1]["channel"]
        assert ann.run("channel", "list").text.count("prevent falls") == 1
        said = [record["text"] for record in ann.json("read", asked) if record.get("kind") == "context"]
        assert said == ["Three in a week"]
        ann.run("peer-assist", "open", asked)
        again = ann.json("peer-assist", "ask", "How do we prevent falls?", "--brief", "Three in a week")[-1]["channel"]
        assert again != asked, "one that has begun is another"
    server.stop()


@both_ways
def test_who_lets_somebody_in_does_so_again_where_it_was_broken_off(scene, direction):
    server = scene.server()
    with CutsOff(server) as proxy:
        ann = scene.person("Ann", link_by_way_of(proxy.port, server.invite(group="Ward 1")))
        bea = scene.person("Bea", server.invite(group="Ward 2"))
        channel = ann.one("channel", "create", "Falls")["channel"]
        proxy.cutting = direction, CHANNEL_SEND
        cut = ann.run("channel", "add", channel, bea.id, code=NETWORK)
        assert proxy.cutting is None and "Try again later" in cut.error, cut
        ann.run("channel", "add", channel, bea.id)
        bea.run("say", channel, "Mats by the bed")
    server.stop()


@pytest.mark.parametrize("direction, kind, reached", (
    ("up", CHANNEL_SEND, "welcome"), ("down", CHANNEL_SEND, "welcome"),
    ("up", SESSION_STAGE, "welcome"), ("down", SESSION_STAGE, "context")))
def test_who_moves_a_session_on_looks_where_it_stands_before_they_do_so_again(scene, direction, kind, reached):
    server = scene.server()
    with CutsOff(server) as proxy:
        ann = scene.person("Ann", link_by_way_of(proxy.port, server.invite(group="Ward 1")))
        channel = ann.json("peer-assist", "ask", "How do we prevent falls?")[-1]["channel"]
        ann.run("peer-assist", "open", channel)
        proxy.cutting = direction, kind
        cut = ann.run("stage", "next", channel, code=NETWORK)
        assert proxy.cutting is None and "Look before you move it again" in cut.error, cut
        assert weft_assist.stage(ann, channel) == reached
    server.stop()


@both_ways
def test_what_was_done_before_the_connection_ended_is_done(scene, direction):
    server = scene.server()
    with CutsOff(server) as proxy:
        ann = scene.person("Ann", link_by_way_of(proxy.port, server.invite(group="Ward 1")))
        bea = scene.person("Bea", server.invite(group="Ward 2"))
        channel = ann.one("channel", "create", "Falls", "--open")["channel"]
        bea.run("channel", "join", channel)
        bea.run("say", channel, "Who knows better?")
        pair(ann, scene.person("Ann's telephone"))
        proxy.cutting = direction, READ_POSITION  # which follows what was asked for
        read = ann.run("read", channel)
        assert proxy.cutting is None and "What you asked for is done" in read.error, read
    server.stop()
