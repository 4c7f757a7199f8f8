# SPDX-License-Identifier: AGPL-3.0-or-later
"""weftd's disk fails and its memory ends, at one call after another, while people work with it. It stops or
refuses, in words, and acknowledges nothing that is not there after the next start."""
import itertools
import re

import pytest

from weft_counts import NOT_REACHED, Tally, sample
from weft_fault import SYNC_FAILS, Faults, Works, each_way, first_and_last, library_of_crash
from weft_scenario import NETWORK, OK, PATIENCE_S, SANITIZER_EXIT, USAGE, Result, until

# The start writes 8 MiB of zeros through its log, a page a call; of these calls each so manyth is tried.
FILL_CALLS = 1000
FILL_STEP = 60

FAILURE = re.compile("error (store_failed|directory_behind|channel_behind) ")

class Community(Works):
    """A server that runs with faults, and two people whose clients do not."""

    def __init__(self, scene, library):
        super().__init__(scene)
        self.server = scene.server(start=False, messages_per_minute=1000000, requests_per_minute=1000000,
                                   handshakes_per_minute=1000000)
        self.faults = Faults(library, scene.directory / "faults", [self.server.state])
        self.environment = self.faults.environment(scene.environment)
        self.server.start(self.environment)
        self.ann, self.ben = scene.people(["Ann", "Ben"], lambda name: self.server.invite(group=f"Ward of {name}"))
        self.channel = self.ann.json("channel", "create", "Falls", "--open")[-1]["channel"]
        self.ben.run("channel", "join", self.channel)
        assert self.ann.id != self.ben.id  # asked for here, and in no step
        self.speakers = itertools.cycle((self.ann, self.ben))
        self.steps = {"say": self.say, "create": self.create, "commit": self.commit, "send a file": self.send_file,
                      "delete": self.delete, "join": self.join, "profile": self.profile, "invite": self.invite,
                      "back up": self.back_up}
        self.stopped = None

    def say(self):
        return self.speak(next(self.speakers))

    def send_file(self):
        sending = self.ann.stream("file", "send", self.channel, self.make_file(300000))
        until("it was sent, refused, or the server stopped",
              lambda: not (sending.is_running() and self.server.stream.is_running()))
        if sending.is_running():  # it waits for the server to come back
            self.stopped = self.how_it_stands()
            self.server.start(self.environment)
        return Result(sending.argv, sending.process.wait(PATIENCE_S), b"", sending.log().encode())

    def delete(self):
        """Of a message that nobody counts on."""
        said = self.ann.json("react", self.channel, self.last, "thanks", code=None)
        return self.ann.run("delete", self.channel, said[-1]["sequence"], code=None) if said else None

    def join(self):
        person = self.scene.person(f"Cy {next(self.numbers)}")
        return person.run("join", self.link, "--name", person.name, "--yes", code=None)

    def profile(self):
        return self.ben.run("profile", "set", "--opt-in", "--topic", f"falls {next(self.numbers)}", code=None)

    def invite(self):
        return self.server.admin("invite", "--group", "Ward 9", code=None)

    def back_up(self):
        return self.server.admin("backup", self.server.state / f"copy {next(self.numbers)}", code=None)

    def restart(self):
        """None where it does not come to listen."""
        self.server.kill()
        self.server.begin(self.environment)
        self.server.stream.wait_end_or_line("listening", lambda line: line.startswith("listening on"))
        return Result(self.server.stream.argv, OK, b"", b"") if self.server.stream.is_running() else None

    def renew(self):
        self.stopped = None
        assert self.restart(), self.server.log()[-3000:]

    def recover(self):
        """A start without faults, after which everything is as it was acknowledged."""
        self.faults.clear()
        if not self.server.stream.is_running():
            self.server.start(self.environment)
        for person in (self.ann, self.ben):
            person.run("sync")
        super().recover()
        self.link = self.server.invite(group="Ward 9")
        self.log_seen = len(self.server.log())

    def how_it_stands(self):
        """The server goes on, or ended by itself and said why."""
        if self.stopped is not None:
            stopped, self.stopped = self.stopped, None
            return stopped
        self.faults.disarm()
        # A store that has failed refuses this, and then weftd is about to end.
        asked = self.server.admin("person", "list", code=None)
        failed = FAILURE.search(self.server.log()[self.log_seen:])
        if asked.code == OK and not failed and self.server.stream.is_running():
            return "went on"
        code = self.server.stream.process.wait(PATIENCE_S)
        log = self.server.log()
        library = library_of_crash(log[self.log_seen:])
        if library:
            return f"crashed in {library}"
        assert code > 0 and code != SANITIZER_EXIT, f"{code}\n{log[-6000:]}"
        assert FAILURE.search(log[self.log_seen:]) or "weftd:" in log[self.log_seen:], log[-3000:]
        return "stopped"


@pytest.fixture
def community(scene, faults_library):
    community = Community(scene, faults_library)
    community.recover()
    yield community
    community.faults.clear()
    if community.server.stream.is_running():
        community.server.stop()


def answered(result):
    """What a command says for a server that could not: some error, in words."""
    assert result is None or result.code == OK or (result.code > USAGE and result.error.strip() != ""), str(result)


def calls_of(community, name, kinds):
    """(step, number) of calls, as many a step as the count says: a backup makes thousands that are alike."""
    return [(what, number) for what in community.steps
            for number in thinned(sample(name, community.calls_of(what, kinds)))]


def thinned(numbers):
    """Every one of a few; of thousands those at both ends, and each so manyth between them."""
    last = numbers[-1] if numbers else 0
    return [number for number in numbers
            if number <= FILL_STEP or number > last - FILL_STEP or number % FILL_STEP == 0 or len(numbers) < FILL_CALLS]


@each_way
def test_a_disk_that_fails_at_any_call_stops_or_refuses_and_loses_nothing(community, way):
    chosen = calls_of(community, "server_disk", way.kinds)
    tally = Tally(f"server_disk, {way}", len(chosen))
    for number, (what, call) in enumerate(chosen):
        community.faults.fail(call, way)
        result = community.steps[what]()
        answered(result)
        stands = community.how_it_stands()  # it also does something after its answer
        if community.faults["failed"] == 0:
            tally.add(NOT_REACHED)
        else:
            tally.add(f"{stands}, {'done' if result and result.code == OK else 'refused'}")
        if number % 2 == 0 and community.server.stream.is_running():
            community.server.kill()  # what it had in memory alone is gone
        community.recover()
        if number % 20 == 19:
            community.check()
    community.check()
    assert tally.outcomes.get(NOT_REACHED, 0) <= len(chosen) // 4, tally.text()
    tally.end()


@each_way
def test_a_disk_that_fails_at_the_start_is_told_and_the_next_start_goes_on(community, way):
    server = community.server
    server.stop()
    community.faults.clear()
    community.faults["kinds"] = way.kinds
    server.start(community.environment)
    total = community.faults["calls"]
    numbers = thinned(sample("server_disk", total))
    tally = Tally(f"server_disk at the start, {way}", len(numbers))
    for number in numbers:
        if server.stream.is_running():
            server.kill()
        community.faults.clear()
        community.faults.fail(number, way)
        server.begin(community.environment)
        server.stream.wait_end_or_line("listening", lambda line: line.startswith("listening on"))
        tally.add(community.how_it_stands() if community.faults["failed"] else NOT_REACHED)
    community.recover()
    community.check()
    assert tally.outcomes.get(NOT_REACHED, 0) <= len(numbers) // 4, tally.text()
    tally.end()


@first_and_last
def test_memory_that_ends_at_any_place_refuses_a_request_and_loses_nothing(community, which):
    def outcome_of(result):
        answered(result)
        return f"{community.how_it_stands()}, {'done' if result and result.code == OK else 'refused'}"

    community.steps["start"] = community.restart
    community.fail_places("server_memory", which, outcome_of, check_every=50)


def test_a_command_for_which_there_is_no_memory_waits_and_the_next_ones_too(community):
    """Whoever is not taken for want of memory keeps out everybody after them."""
    with community.faults.places() as places:
        community.server.admin("person", "list")
    for place in places:
        community.faults.fail_allocation(place)
        answered(community.server.admin("person", "list", code=None))
        community.server.admin("person", "list")


def test_a_commit_of_which_nobody_knows_is_not_answered(community):
    """Neither yes nor no: it may be there after the next start, and whoever gave it up would meet a message of
    their own that they do not know, and take their vault for a copy."""
    calls = community.calls_of("say", SYNC_FAILS.kinds)
    epoch = community.ann.json("channel", "show", community.channel)[0]["epoch"]
    for call in range(1, calls + 1):
        community.faults.fail(call, SYNC_FAILS)
        result = community.say()
        if community.faults["failed"] > 0:
            assert result.code == NETWORK, str(result)
            assert community.how_it_stands() == "stopped"
        community.recover()
        community.check()
    assert community.ann.json("channel", "show", community.channel)[0]["epoch"] == epoch, "nobody had to come in anew"
