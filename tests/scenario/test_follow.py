# SPDX-License-Identifier: AGPL-3.0-or-later
"""`weft follow` holds the profile and does what other terminals ask: it misses nothing meanwhile, and none of them is in
another's way."""
import signal
import subprocess

from weft_liar import Frame, Liar
from weft_scenario import INTERNAL, OK, PATIENCE_S, link_by_way_of, until
from weft_talk import private_channel, texts
from weft_wire import CHANNEL_LIST, EVENT, EVENT_KNOCK, EVENT_WELCOME, FILE_PUT, CutsOff

EVENTS_KEPT = 1000  # client-cli/core/limits.h


def test_what_is_said_after_a_command_has_connected_anew_is_heard(scene):
    server = scene.server()
    with CutsOff(server) as cuts_off:
        ann = scene.person("Ann", link_by_way_of(cuts_off.port, server.invite(group="Ward 7")))
        ben = scene.person("Ben", server.invite(group="Ward 7"))
        channel = private_channel(ann, [ben])
        following = ann.follow(channel)
        path = scene.directory / "plan.txt"
        path.write_bytes(b"plan" * 1000)
        cuts_off.cutting = ("down", FILE_PUT)
        ann.run("file", "send", channel, path)
        assert cuts_off.cutting is None
        ben.run("say", channel, "got it")
        following.wait_record("it", lambda record: record.get("text") == "got it")
        following.end()
    server.stop()


def test_a_command_that_waits_as_the_server_asks_is_not_ended_by_another(scene):
    server = scene.server(messages_per_minute=4)  # eleven at once, then one in fifteen seconds
    ann = scene.person("Ann", server.invite(group="Ward 7"))
    channel = ann.one("channel", "create", "Falls", "--open")["channel"]
    following = ann.follow(channel)
    for number in range(11):
        ann.run("say", channel, f"message {number}")
    saying = ann.stream("say", channel, "with patience")
    following.wait_record("the wait", lambda record: "asks to wait" in record.get("text", ""))
    ann.run("status")
    assert saying.process.wait(PATIENCE_S) == OK, saying.log()
    assert texts(ann, channel)[-1] == "with patience"
    following.end()
    server.stop()


def test_whoever_hears_of_too_much_at_once_asks_what_they_missed(scene):
    """More events than are kept while an answer is waited for, and the last of them is a Welcome's."""
    server = scene.server()
    with Liar(server) as liar:
        ann = scene.person("Ann", server.invite(group="Ward 7"))
        ben = scene.person("Ben", link_by_way_of(liar.port, server.invite(group="Ward 7")))
        held = []

        def rule(talk, way, frame):
            if frame.is_event(EVENT_WELCOME):
                liar.did("a Welcome told late")
                held.append(frame)
                return []
            if frame.answers(CHANNEL_LIST) and held:
                return [Frame(EVENT, 0, EVENT_KNOCK, bytes(16))] * EVENTS_KEPT + [held.pop(), frame]
            return None

        liar.rule(rule)
        following = ben.follow()
        channel = ann.one("channel", "create", "Falls", "--private")["channel"]
        ann.run("channel", "add", channel, ben.id)
        until("the Welcome", lambda: liar.lies)
        ben.run("channel", "list")
        following.wait_record("it", lambda record: "You were let into this channel" in record.get("text", ""))
        ann.run("say", channel, "hello")
        following.wait_record("it", lambda record: record.get("text") == "hello")
        assert not held
        following.end()
    server.stop()


def test_what_could_not_be_written_is_not_read(scene):
    server = scene.server()
    ann, ben = scene.people(["Ann", "Ben"], lambda name: server.invite(group="Ward 7"))
    channel = private_channel(ann, [ben])
    last = ann.one("say", channel, "hello")["sequence"]
    with open("/dev/full", "wb") as full:
        following = subprocess.Popen(ben.argv("follow"), env=ben.environment, stdin=subprocess.DEVNULL, stdout=full,
                                     stderr=subprocess.PIPE)
    until("he has it", lambda: [record for record in ben.json("status") if record.get("sequence") == last])
    following.send_signal(signal.SIGINT)
    assert "could not all be written" in following.communicate(timeout=PATIENCE_S)[1].decode()
    assert following.returncode == INTERNAL
    assert [line["text"] for line in ben.json("read", channel, "--new") if line.get("kind") == "text"] == ["hello"]
    server.stop()
