# SPDX-License-Identifier: AGPL-3.0-or-later
"""Somebody comes back to a channel in which much was said, and is killed again and again while they catch up.
test_catch_up does it with a thousand messages, tests/bench/bench_catch_up with ten thousand."""
import os
import random
import signal
import time

from weft_talk import messages


def prepare(scene, say_many, count, patience_s):
    """(somebody who was away, the channel, a running server): so many messages wait."""
    server = scene.server(messages_per_minute=1000000)
    ann, bea = scene.people(["Ann", "Bea"], lambda name: server.invite(group="Ward"))
    channel = ann.one("channel", "create", "Falls", "--open")["channel"]
    bea.run("channel", "join", channel)
    ann.run("sync")
    scene.run([say_many, bea.profile, channel, str(count)], patience_s=patience_s)
    return ann, channel, server


def sync_killed(person, after_s):
    """`weft sync`, killed after so long. False when it was done before."""
    stream = person.stream("sync")
    try:
        time.sleep(after_s)
        running = stream.is_running()
    finally:
        stream.end(signal.SIGKILL)
    return running


def children_cpu_s():
    times = os.times()
    return times.children_user + times.children_system


def catch_up(person, kills, patience_s):
    """Kills `weft sync` at moments that move through its length, then lets one end. How often it was killed at
    work, and the CPU seconds of all of them together."""
    chance = random.Random(7)
    before = children_cpu_s()
    hit, after_s = 0, 0.05
    while hit < kills and sync_killed(person, after_s * chance.uniform(0.8, 1.2)):
        hit += 1
        after_s *= 3
    person.run("sync", patience_s=patience_s)
    return hit, children_cpu_s() - before


def judge(person, channel, count):
    """(lost, duplicated, misordered, warned) of "message 0" to "message COUNT-1"."""
    read = messages(person, channel)
    texts = [record["text"] for record in read]
    numbers = [int(text.split()[1]) for text in texts]
    misordered = sum(later < earlier for earlier, later in zip(numbers, numbers[1:]))
    warned = sum(record["warning"] != "" for record in read)
    return count - len(set(numbers)), len(numbers) - len(set(numbers)), misordered, warned
