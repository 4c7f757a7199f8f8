# SPDX-License-Identifier: AGPL-3.0-or-later
"""weftd is killed again and again in the middle of a stage, at random moments while people speak: what was
acknowledged is there exactly once, and the stage stands where it stood, with the time that was left."""
import random
import time

from weft_assist import Assist, said_once, session
from weft_counts import Tally, count
from weft_scenario import CONFLICT, NETWORK, OK
from weft_talk import messages

KILLS = count("server_kills")
STORED_EACH_MS = 1000  # what is left of a stage is stored each second and at each change
SLACK_MS = 1500        # a store that is busy, a machine that is shared


def test_kills_in_the_middle_of_a_stage(scene):
    server = scene.server()
    assist = Assist(scene, server, assisters=3, facilitators=0)
    channel, host = assist.channel, assist.host
    assist.open()
    assist.go_to("ideas")
    following = assist.assisters[0].follow(channel)  # its commands go through it, and it reconnects
    moments = random.Random(20)
    acknowledged, tried = {}, set()
    before = session(host, channel)
    seen_at = time.monotonic()

    def speak(speaker, text):
        result = speaker.run("idea", channel, text, code=None, json_lines=True)
        tried.add(text)
        assert result.code in (OK, NETWORK, CONFLICT), str(result)
        if result.code == OK:
            acknowledged[result.lines[-1]["message"]] = text

    tally = Tally("server_kills", KILLS)
    for kill in range(KILLS):
        speakers = [(speaker, f"idea {kill} of {speaker}") for speaker in assist.assisters]

        def speak_or_kill(item):
            if item is None:
                time.sleep(moments.random() * 0.4)  # the moment is the point
                server.kill()
            else:
                speak(*item)

        scene.together(speak_or_kill, [*speakers, None])
        server.start()
        tally.add("killed, and started again")
        if kill % 5 == 4:
            after = session(host, channel)
            elapsed_ms = (time.monotonic() - seen_at) * 1000
            assert (after["stage"], after["state"], after["counter"]) == ("ideas", "running", before["counter"])
            assert after["left_ms"] <= before["left_ms"] + 5 * STORED_EACH_MS + SLACK_MS, "time was given back"
            assert after["left_ms"] >= before["left_ms"] - elapsed_ms - SLACK_MS, "downtime was counted"
            before, seen_at = after, time.monotonic()

    for speaker in assist.assisters:
        speak(speaker, f"the end of {speaker}")
    following.end()
    assert len(acknowledged) >= len(assist.assisters), "somebody was heard"
    orders = []
    for person in assist.members:
        person.run("sync")
        read = messages(person, channel, kind="idea")
        said_once(acknowledged, read)
        assert {record["text"] for record in read} <= tried
        assert len({record["text"] for record in read}) == len(read), "nothing is said twice"
        assert all(record["warning"] == "" for record in read), read
        orders.append([(record["sequence"], record["message"]) for record in read])
    assert all(order == orders[0] for order in orders)
    tally.end()
    server.stop()


def test_a_restart_continues_the_stage_and_downtime_does_not_count(scene):
    server = scene.server()
    assist = Assist(scene, server, assisters=1, facilitators=0)
    channel, host = assist.channel, assist.host
    assist.open()
    assist.go_to("questions")
    before = session(host, channel)
    ran_from = time.monotonic()
    server.stop()
    ran_ms = (time.monotonic() - ran_from) * 1000
    time.sleep(3)  # it has to be down for some time to show that the time does not count
    started = time.monotonic()
    server.start()
    after = session(host, channel)
    ran_ms += (time.monotonic() - started) * 1000
    assert (after["stage"], after["counter"]) == ("questions", before["counter"])
    assert before["left_ms"] - after["left_ms"] <= ran_ms + STORED_EACH_MS
    assist.assisters[0].run("question", channel, "still my turn")
    host.run("stage", "next", channel)
    assert session(assist.assisters[0], channel)["stage"] == "ideas"
    server.stop()
