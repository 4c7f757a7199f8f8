# SPDX-License-Identifier: AGPL-3.0-or-later
"""weft is killed, its disk fails and its memory ends, at one call after another. Whatever it was doing: it
ends by itself and says why, what it acknowledged is with everybody once, the next command goes on where
this one stopped, and no key ever encrypts twice."""
import collections
import random

import pytest

from weft_counts import NOT_REACHED, Tally, count, sample
from weft_fault import EVERY_KIND, KILL_AT, KILL_DONE, Faults, Works, each_way, first_and_last, library_of_crash
from weft_scenario import OK, SANITIZER_EXIT, TRUST, link_by_way_of
from weft_talk import states
from weft_wire import Proxy

KILLED = -9


class Client(Works):
    """Somebody whose weft runs with faults, in a channel with somebody whose weft does not."""

    def __init__(self, scene, library):
        super().__init__(scene)
        self.server = scene.server(messages_per_minute=1000000, requests_per_minute=1000000)
        self.sent = []
        self.proxy = Proxy(self.server.port, self.server.state / "tls.crt", self.server.state / "tls.key", self.keep)
        self.ann, self.ben = scene.people(["Ann", "Ben"], self.link)
        self.channel = self.ann.json("channel", "create", "Falls", "--open")[-1]["channel"]
        self.ben.run("channel", "join", self.channel)
        self.ann.run("channel", "role", self.channel, self.ben.id, "--give", "facilitator")
        assert self.ann.id != self.ben.id  # asked for here, and in no step
        self.faults = Faults(library, scene.directory / "faults", [self.ann.home])
        self.ann.environment = self.faults.environment(self.ann.environment)
        self.steps = {"say": self.say, "receive": self.receive, "commit": self.commit, "follow a commit": self.follow,
                      "react": self.react, "send a file": self.send_file, "create": self.create, "read": self.read,
                      "status": self.status}

    def link(self, name):
        link = self.server.invite(group=f"Ward of {name}")
        return link_by_way_of(self.proxy.port, link) if name == "Ann" else link

    def keep(self, direction, _, payload):
        if direction == "up":
            self.sent.append(payload)
        return payload

    def say(self):
        return self.speak(self.ann)

    def receive(self):
        self.speak(self.ben, [OK])
        return self.run("sync")

    def run(self, *words):
        return self.ann.run(*words, code=None)

    def follow(self):
        self.turn_role(self.ben, "assister")
        return self.run("sync")

    def react(self):
        return self.run("react", self.channel, self.last, "thanks")

    def send_file(self):
        return self.run("file", "send", self.channel, self.make_file(3000))

    def read(self):
        return self.run("read", self.channel, "--last", "5")

    def status(self):
        return self.run("status")

    def recover(self):
        """The next commands, of which none fails, make good what was broken off."""
        self.faults.clear()
        again = self.run("sync").expect(OK)
        assert "Joined anew" not in again.error, str(again)
        super().recover()

    def check(self):
        super().check()
        stand = states(self.ann)
        assert set(stand) == {"member"}, stand


@pytest.fixture
def client(scene, faults_library):
    client = Client(scene, faults_library)
    client.recover()
    yield client
    client.proxy.close()
    client.server.stop()


def each_key_once(keys, sent):
    """Of what left the machine, a key encrypted one message; a record's key is one, of which no nonce is used
    twice. What a kill kept from being stored was not sent: that key may be used again."""
    wire = b"".join(sent)
    used = collections.defaultdict(set)
    for key, _, tag in keys["message"]:
        if bytes.fromhex(tag) in wire:
            used[key].add(tag)
    nonces = collections.Counter(pair for _, pair, _ in keys["record"])
    assert len(used) >= count("client_kills") and len(nonces) > 100, "nothing was looked at"
    assert [tags for tags in used.values() if len(tags) > 1] == [], "a key encrypted two messages"
    assert nonces.most_common(1)[0][1] == 1, "a nonce was used twice"


def outcome_of(result):
    """It ends by itself, and with a reason when it did not do it; or a library crashes by itself."""
    library = library_of_crash(result.error)
    if library:
        return f"crashed in {library}"
    assert result.code >= 0 and result.code != SANITIZER_EXIT, str(result)
    assert result.code == OK or result.error.strip() != "", str(result)
    return "done all the same" if result.code == OK else f"ended with exit code {result.code}"


def test_kills_around_state_writes_lose_no_ratchet_and_use_no_key_twice(client):
    steps = [what for what in client.steps if what != "send a file"]  # whose chunks may be encrypted again as they were
    calls = {what: client.calls_of(what, EVERY_KIND) for what in steps}
    chosen = random.Random(7)
    tally = Tally("client_kills", count("client_kills"))
    killed = 0
    while killed < tally.total:
        what = steps[tally.done % len(steps)]
        client.faults.fail(chosen.randrange(1, calls[what] + 1), chosen.choice((KILL_AT, KILL_DONE)))
        result = client.steps[what]()
        assert result.code in (KILLED, OK), str(result)
        tally.add(f"killed in {what}" if result.code == KILLED else "ended before the kill")
        killed += result.code == KILLED
        client.recover()
        if tally.done % 20 == 0:
            client.check()
        assert tally.done < 2 * tally.total, tally.text()
    client.check()
    each_key_once(client.faults.keys(), client.sent)
    tally.end()


@each_way
def test_a_disk_that_fails_at_any_call_is_told_and_loses_nothing(client, way):
    steps = list(client.steps)
    calls = {what: client.calls_of(what, way.kinds) for what in steps}
    total = sum(calls.values())
    places = [(what, number) for what in steps for number in range(1, calls[what] + 1)]
    chosen = [places[number - 1] for number in sample("client_disk", total)]
    tally = Tally(f"client_disk, {way}", len(chosen))
    for number, (what, call) in enumerate(chosen):
        client.faults.fail(call, way)
        result = client.steps[what]()
        outcome = outcome_of(result)
        tally.add(NOT_REACHED if client.faults["failed"] == 0 else outcome)
        client.recover()
        if number % 50 == 49:
            client.check()
    client.check()
    assert tally.outcomes.get(NOT_REACHED, 0) <= len(chosen) // 4, tally.text()
    tally.end()


@first_and_last
def test_memory_that_ends_at_any_place_is_told_and_loses_nothing(client, which):
    """OpenSSL, while it sets itself up, crashes by itself, and so does libwebsockets at a few places."""
    def outcome(result):
        assert "damaged" not in result.error and result.code != TRUST, str(result)
        return outcome_of(result)

    client.fail_places("client_memory", which, outcome, check_every=100)
