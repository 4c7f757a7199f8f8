# SPDX-License-Identifier: AGPL-3.0-or-later
"""SIGTERM while ten people speak: each is acknowledged or told to try again, nothing acknowledged is lost, nothing
is there twice. The log of all that names nobody."""
import signal

from weft_fault import Ledger
from weft_scenario import NETWORK, OK, PATIENCE_S, until

SPEAKERS = 10


def test_what_is_on_its_way_at_the_end_is_acknowledged_or_refused(scene):
    server = scene.server(requests_per_minute=1000000, messages_per_minute=1000000)
    people = scene.people([f"Person {i}" for i in range(SPEAKERS)], lambda name: server.invite(group=f"Ward of {name}"))
    channel = people[0].json("channel", "create", "Falls", "--open")[-1]["channel"]
    for person in people[1:]:
        person.run("channel", "join", channel)
    ledger = Ledger()
    followers = [person.follow(channel) for person in people]

    def speak(person):
        """Until the end; the answer that ended it."""
        for number in range(200):
            result = ledger.say(person, channel, f"{person} says {number}", [OK, NETWORK])
            if result.code == NETWORK:
                return result.error
        return None

    def end():
        until("everybody speaks", lambda: len(ledger.acknowledged) >= 2 * SPEAKERS)
        server.stream.process.send_signal(signal.SIGTERM)

    ends = scene.together(lambda who: end() if who is None else speak(who), [*people, None], width=SPEAKERS + 1)
    # What comes too late is said again; what was on its way is not.
    assert all("Try again" in told or "Do not say it again" in told for told in ends[:SPEAKERS]), ends
    assert server.stream.process.wait(PATIENCE_S) == OK
    log = server.log()
    server.start()
    for person, following in zip(people, followers):
        following.end()
        person.run("sync")
    for person in people:  # what waited went out with the others' commands
        person.run("sync")
    there = ledger.check(people, channel)
    print(f"{len(ledger.acknowledged)} acknowledged, {there} there")
    assert log.count(" login person=") >= SPEAKERS, "the log is of these people"
    for named in [channel, *(person.id for person in people), *(person.name for person in people), "says"]:
        assert named not in log and named not in server.log(), named
    server.stop()
