# SPDX-License-Identifier: AGPL-3.0-or-later
"""A session belongs to nobody's machine: the host's client dies in the middle of a stage, a co-facilitator
goes on; everybody leaves, and the stage is there when they come back."""
import signal

from weft_assist import Assist, session, stage
from weft_liar import Frame
from weft_scenario import NOT_NOW, link_by_way_of
from weft_talk import texts
from weft_wire import SESSION_SHOW, Proxy


def test_the_hosts_client_dies_and_a_co_facilitator_takes_over(scene):
    server = scene.server()
    assist = Assist(scene, server, assisters=2, facilitators=1)
    channel, host, facilitator = assist.channel, assist.host, assist.facilitators[0]
    following = {person: person.follow(channel) for person in assist.members}
    assist.open()
    assist.go_to("ideas")
    assist.assisters[0].run("idea", channel, "before the host was lost")
    before = session(facilitator, channel)

    assert following[host].end(signal.SIGKILL) == -signal.SIGKILL
    assist.assisters[1].run("idea", channel, "while the host is away")
    after = session(facilitator, channel)
    assert (after["stage"], after["state"], after["counter"]) == ("ideas", "running", before["counter"])
    assert after["left_ms"] < before["left_ms"]

    facilitator.run("stage", "extend", channel, "10")
    extended = session(facilitator, channel)
    assert extended["left_ms"] > after["left_ms"] + 9 * 60000
    assist.assisters[0].run("stage", "next", channel, code=NOT_NOW)
    facilitator.run("stage", "next", channel)
    following[assist.assisters[0]].wait_record(
        "the next stage", lambda record: record.get("kind") == "stage" and record["name"] == "Facilitator 0")
    assert stage(assist.assisters[0], channel) == "last-ideas"
    shown = session(assist.assisters[0], channel)
    assert (shown["set_by"], shown["set_by_name"]) == ("facilitator", "Facilitator 0")
    assist.assisters[0].run("last-idea", channel, "a last one")

    # The host comes back and has missed nothing.
    host.run("sync")
    assert texts(host, channel, kind="idea") == ["before the host was lost", "while the host is away"]
    assert texts(host, channel, kind="last_idea") == ["a last one"]
    assert stage(host, channel) == "last-ideas"
    host.run("stage", "next", channel)
    assert stage(facilitator, channel) == "summary"
    for stream in following.values():
        stream.end()
    server.stop()


def test_a_paused_clock_stands_and_an_ended_session_stays_ended(scene):
    server = scene.server()
    assist = Assist(scene, server, assisters=1, facilitators=1)
    channel, host, facilitator = assist.channel, assist.host, assist.facilitators[0]
    host.run("stage", "next", channel, code=None).expect(NOT_NOW, 8)
    assist.open()
    host.run("stage", "pause", channel)
    first = session(facilitator, channel)
    second = session(facilitator, channel)
    assert first["state"] == "paused" and first["left_ms"] == second["left_ms"]
    server.restart()
    third = session(facilitator, channel)
    assert third["state"] == "paused" and third["left_ms"] == first["left_ms"]
    host.run("stage", "resume", channel)
    assert session(facilitator, channel)["state"] == "running"
    for minutes in ("0", "-5", "1000000", "x"):
        refused = host.run("stage", "extend", channel, minutes, code=None)
        assert refused.code not in (0, 2) and refused.error.strip(), str(refused)
    host.run("stage", "end", channel)
    assert stage(facilitator, channel) == "ended"
    host.run("stage", "next", channel, code=None).expect(NOT_NOW, 8)
    assist.assisters[0].run("say", channel, "after the end people may still talk")
    server.stop()


class MovesMeanwhile(Proxy):
    """The session moves on, by `move`, just before the server is asked where it stands."""

    def __init__(self, server):
        self.move = None
        super().__init__(server.port, server.state / "tls.crt", server.state / "tls.key", self.look)

    def look(self, direction, _, payload):
        if self.move is not None and direction == "up" and Frame.parse(payload).is_request(SESSION_SHOW):
            move, self.move = self.move, None
            move()
        return payload


def test_whoever_looks_just_as_it_moves_sees_who_moved_it(scene):
    server = scene.server()
    with MovesMeanwhile(server) as meanwhile:
        assist = Assist(scene, server, assisters=1, facilitators=1, link=lambda name, link:
                        link_by_way_of(meanwhile.port, link) if name == "Assister 0" else link)
        assister, channel = assist.assisters[0], assist.channel
        assist.open()
        meanwhile.move = lambda: assist.host.run("stage", "next", channel)
        shown = session(assister, channel)
        assert meanwhile.move is None and shown["stage"] == "context"
        assert (shown["set_by"], shown["set_by_name"]) == ("facilitator", "Host")
    server.stop()
