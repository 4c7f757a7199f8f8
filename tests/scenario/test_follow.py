# SPDX-License-Identifier: AGPL-3.0-or-later
"""`weft follow` holds the profile and does what other terminals ask: it misses nothing meanwhile, and none of them is in
another's way."""
from weft_scenario import OK, PATIENCE_S, link_by_way_of
from weft_talk import private_channel, texts
from weft_wire import FILE_PUT, CutsOff


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
