# SPDX-License-Identifier: AGPL-3.0-or-later
"""Races for the same epoch: many change the group at once, one wins each epoch, and all end in the same state.
Fifty with `weft` itself, and many more with engines in one process (tests/fault/commit_races.c)."""
import json
import threading

from conftest import program
from weft_counts import Tally, count
from weft_scenario import OK, link_by_way_of
from weft_wire import CHANNEL_COMMIT, REQUEST, Proxy

RACES = 50
RACERS = 5


def changes(person, channel):
    return [(record["sequence"], record["person"], json.dumps(record["changes"], sort_keys=True))
            for record in person.json("read", channel) if record["type"] == "change"]


def test_fifty_races_have_one_winner_an_epoch_and_all_converge(scene):
    server = scene.server(messages_per_minute=100000, requests_per_minute=1000000)
    names = [f"Racer {i}" for i in range(RACERS)]
    attempts = []

    def count(direction, _, payload):
        if direction == "up" and payload[:1] == bytes([REQUEST]) and payload[5:7] == CHANNEL_COMMIT.to_bytes(2, "big"):
            attempts.append(payload)
        return payload

    proxy = Proxy(server.port, server.state / "tls.crt", server.state / "tls.key", count)

    def link(name):
        return link_by_way_of(proxy.port, server.invite(group=f"Ward {names.index(name)}"))

    racers = scene.people(names, link)
    channel = racers[0].one("channel", "create", "Races", "--open")["channel"]
    for racer in racers[1:]:
        racer.run("channel", "join", channel)
    for racer in racers[1:]:
        racers[0].run("channel", "role", channel, racer.id, "--give", "facilitator")
    following = [racer.follow(channel) for racer in racers]

    # Everybody gives and takes a role at the same moment: a commit each, for the same epoch.
    rounds = RACES // RACERS
    barrier = threading.Barrier(RACERS)

    def race(index):
        results = []
        for turn in range(rounds):
            barrier.wait(60)
            action = "--give" if turn % 2 == 0 else "--take"
            results.append(racers[index].run("channel", "role", channel, racers[index].id, action, "note-taker",
                                             code=None))
        return results

    results = [result for own in scene.together(race, range(RACERS), width=RACERS) for result in own]
    assert len(results) == RACES
    for result in results:
        assert result.code == OK, str(result)

    # All follow the same log, and can still talk to each other.
    last = racers[0].one("say", channel, "after the races")["sequence"]
    for stream in following:
        stream.wait_record("the last word", lambda record: record.get("sequence") == last)
        stream.end()
    logs = [changes(racer, channel) for racer in racers]
    common = set.intersection(*(set(sequence for sequence, _, _ in log) for log in logs))
    for log in logs:
        assert [entry for entry in log if entry[0] in common] == [entry for entry in logs[0] if entry[0] in common]
    raced = [entry for entry in logs[0] if '"roles"' in entry[2]]
    given = RACERS - 1  # the roles before the races
    assert len(raced) == given + RACES
    accepted = server.log().count(" commit channel=")
    assert accepted == (RACERS - 1) + given + RACES, "each change was made once"
    assert len(attempts) > accepted, "nobody lost a race, so nothing was shown"
    for racer in racers:
        status = [record for record in racer.json("status") if record["type"] == "channel"]
        assert [record["state"] for record in status] == ["member"], racer
        assert "note-taker" not in racer.run("channel", "show", channel).text
    for index, racer in enumerate(racers):
        racer.run("say", channel, f"hello from {index}")
    for racer in racers:
        racer.run("sync")
        texts = [record["text"] for record in racer.json("read", channel) if record["type"] == "message"]
        assert texts[-RACERS:] == [f"hello from {index}" for index in range(RACERS)]
    proxy.close()
    server.stop()


def test_many_races_of_engines_have_one_winner_an_epoch_and_no_fork(scene):
    races = count("commit_races")
    done = scene.run([program("COMMIT_RACES_PROGRAM", "tests/fault/commit_races"), "--races", str(races),
                      "--directory", scene.directory], patience_s=3000)
    figures = {line.split()[0]: float(line.split()[1]) for line in done.text.splitlines()}
    assert figures["races"] == races and figures["lost"] == 4 * races, done
    assert all(figures[name] == 0 for name in ("without_winner", "two_winners", "forks", "unheard")), done
    tally = Tally("commit_races", races)
    for _ in range(races):
        tally.add("with one winner and no fork")
    tally.end()
