# SPDX-License-Identifier: AGPL-3.0-or-later
"""`weft follow` holds the profile and does what other terminals ask: it misses nothing meanwhile, and none of them is in
another's way."""
from weft_scenario import link_by_way_of
from weft_talk import private_channel
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
