# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages and commits that were recorded and are sent again: by an outsider, by another member, in a
later epoch. The server refuses what it can see, members refuse the rest, and nobody reads a text twice or
under another name."""
import os

import pytest

from weft_scenario import decode_link, link_by_way_of
from weft_talk import states
from weft_wire import (CHANNEL_COMMIT, CHANNEL_SEND, CODES, KEY_PACKAGES_PUBLISH, REQUEST, RESPONSE, Account, Connection,
                       Proxy, vector)


class Recorder:
    """A proxy's ear and hand: records requests of a kind, and puts another body into the next one."""

    def __init__(self):
        self.recorded = {CHANNEL_SEND: [], CHANNEL_COMMIT: []}
        self.replace = {}
        self.answers = []
        self.replaced = set()

    def __call__(self, direction, _, payload):
        kind = int.from_bytes(payload[5:7], "big")
        if direction == "up" and payload[0] == REQUEST and kind in self.recorded:
            body = self.replace.pop(kind, None)
            if body is not None:
                self.replaced.add(payload[1:5])
                return payload[:7] + body
            self.recorded[kind].append(payload[7:])
        elif direction == "down" and payload[0] == RESPONSE and payload[1:5] in self.replaced:
            self.replaced.remove(payload[1:5])
            self.answers.append(CODES[int.from_bytes(payload[7:9], "big")])
        return payload


@pytest.fixture
def recorded(scene):
    """Ann and Bea behind a recording proxy, in one private channel."""
    server = scene.server()
    recorder = Recorder()
    with Proxy(server.port, server.state / "tls.crt", server.state / "tls.key", recorder) as proxy:
        def link(name):
            return link_by_way_of(proxy.port, server.invite(group=name))

        ann, bea = scene.people(["Ann", "Bea"], link)
        channel = ann.one("channel", "create", "Private talk", "--private")["channel"]
        ann.run("channel", "add", channel, bea.id)
        bea.run("sync")
        yield server, recorder, ann, bea, channel
    server.stop()


def outsider(server):
    eve = Account("Eve")
    with Connection(server.port) as connection:
        assert eve.redeem(connection, decode_link(server.invite(group="Elsewhere"))[2])[0] == "ok"
    return eve


def texts(person, channel):
    return [(record["name"], record["text"]) for record in person.json("read", channel)
            if record["type"] == "message" and record["kind"] == "text"]


def test_a_key_package_of_somebody_else_is_not_taken(recorded):
    server, recorder, ann, _, _ = recorded
    eve = outsider(server)
    with Connection(server.port) as connection:
        assert eve.log_in(connection)[0] == "ok"
        for device in (eve.device, bytes.fromhex(ann.json("status")[0]["device"]), os.urandom(16)):
            package = device + b"\x00" + vector(os.urandom(300))
            code, _ = connection.request(KEY_PACKAGES_PUBLISH, vector(package))
            assert code not in ("ok", "large", "internal"), code


def test_another_member_cannot_send_what_somebody_said(recorded):
    server, recorder, ann, bea, channel = recorded
    ann.run("say", channel, "Ann's own words")
    stolen = recorder.recorded[CHANNEL_SEND][-1]
    recorder.replace[CHANNEL_SEND] = stolen
    bea.run("say", channel, "never arrives", code=None)
    assert len(recorder.answers) == 1, "the forgery was sent"
    for person in (ann, bea):
        person.run("sync", code=None)
    bea.run("say", channel, "Bea's own words")
    ann.run("sync")
    for person in (ann, bea):
        read = texts(person, channel)
        assert [said for said in read if said[1] == "Ann's own words"] == [("Ann", "Ann's own words")], read
        assert ("Bea", "Bea's own words") in read
        assert all(name == "Ann" or text != "Ann's own words" for name, text in read)


def test_a_message_of_a_long_past_epoch_and_a_used_commit_are_refused(recorded):
    server, recorder, ann, bea, channel = recorded
    message = bytes.fromhex(ann.one("say", channel, "of an early epoch")["message"])
    early = recorder.recorded[CHANNEL_SEND][-1]
    used = recorder.recorded[CHANNEL_COMMIT][-1]
    for turn in range(7):
        ann.run("channel", "role", channel, bea.id, "--give" if turn % 2 == 0 else "--take", "note-taker")
    # Another message id in the clear header, or the server would answer that it has this one already.
    recorder.replace[CHANNEL_SEND] = early.replace(message, os.urandom(16))
    ann.run("say", channel, "tried again by itself", code=None)
    assert recorder.answers == ["wrong_epoch"]
    commits = server.log().count(" commit channel=")
    recorder.replace[CHANNEL_COMMIT] = used  # the same bytes: the first result is told again, and nothing is done
    ann.run("channel", "role", channel, bea.id, "--give", "sponsor", code=None)
    assert len(recorder.answers) == 2
    assert server.log().count(" commit channel=") <= commits + 1, "at most the one that was meant"
    for person in (ann, bea):
        person.run("sync")
    ann.run("say", channel, "and on it goes")
    bea.run("sync")
    for person in (ann, bea):
        read = [text for _, text in texts(person, channel)]
        assert read.count("of an early epoch") == 1 and read[-1] == "and on it goes", read
        assert states(person) == ["member"], "nobody is stuck"
