# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whoever was away reads everything once, in order, however often the catch-up is broken off."""
import weft_catch_up

MESSAGES = 1000
KILLS = 3


def test_a_catch_up_that_is_killed_goes_on_and_is_exact(scene, say_many):
    ann, channel, server = weft_catch_up.prepare(scene, say_many, MESSAGES, patience_s=400)
    killed, _ = weft_catch_up.catch_up(ann, KILLS, patience_s=200)
    assert killed >= 1
    assert weft_catch_up.judge(ann, channel, MESSAGES) == (0, 0, 0, 0)
    server.stop()
