# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faults of one process, by a library that is preloaded into it (tests/fault/faults.c), a ledger of what was
acknowledged under them, and people who work in a channel meanwhile."""
import collections
import contextlib
import errno
import itertools
import mmap
import random
import re
import struct
import threading

import pytest

from weft_counts import NOT_REACHED, Tally, sample
from weft_scenario import OK, Unexpected

WRITE, SYNC, CUT, NAME = 1, 2, 4, 8
EVERY_KIND = WRITE | SYNC | CUT | NAME
ERROR, SHORT, TORN, KILL_BEFORE, KILL_AFTER = range(1, 6)
FOR_EVER = 1 << 62

FIELDS = ("calls", "fail_first", "fail_last", "failed", "kinds", "how", "error", "lists_places", "listed", "place",
          "turn", "passed")
# How often a place is looked for that is not reached each time, for threads and the network.
TRIES = 3
# A place that allocates so often fails the last time as well.
MANY = 16
CALL_AT, CALL_BYTES = 8 * len(FIELDS), 256
PLACES_AT, PLACES_MAX, PLACE = CALL_AT + CALL_BYTES, 1 << 15, struct.Struct("<3Q")


class Way:
    """A way in which calls fail."""

    def __init__(self, name, kinds, how, error=0, calls=1):
        self.name, self.kinds, self.how, self.error, self.calls = name, kinds, how, error, calls

    def __repr__(self):
        return self.name


DISK_FULL = Way("a full disk", WRITE | CUT | NAME, ERROR, errno.ENOSPC, FOR_EVER)
FULL_ONCE = Way("ENOSPC once", WRITE | CUT | NAME, ERROR, errno.ENOSPC)
BROKEN_ONCE = Way("EIO once", EVERY_KIND, ERROR, errno.EIO)
SYNC_FAILS = Way("a failed fsync", SYNC, ERROR, errno.EIO)
HALF_WRITTEN = Way("a short write", WRITE, SHORT)
TORN_WRITE = Way("half a write, then ENOSPC", WRITE, TORN, errno.ENOSPC)
WAYS = (DISK_FULL, FULL_ONCE, BROKEN_ONCE, SYNC_FAILS, HALF_WRITTEN, TORN_WRITE)
each_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name.replace(" ", "-").replace(",", ""))
KILL_AT = Way("SIGKILL before a call", EVERY_KIND, KILL_BEFORE)
KILL_DONE = Way("SIGKILL after a call", EVERY_KIND, KILL_AFTER)


class Faults:
    """The plan and the counts of a process that runs with `environment`. Nothing fails until it is told to."""

    def __init__(self, library, path, under):
        path.write_bytes(bytes(PLACES_AT + PLACES_MAX * PLACE.size))
        self.path = path
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)
        self.callers_path = path.with_suffix(".failed")
        self.keys_path = path.with_suffix(".keys")
        self.keys_path.touch()
        self.library = library
        # libcrypto loses some bytes where an allocation of its own fails, and so does libwebsockets, which alone lists
        # folders so, where it cannot load what it found in one.
        leaks = path.with_suffix(".leaks")
        leaks.write_text("leak:libcrypto.so\nleak:scandir\n")
        self.added = {"LSAN_OPTIONS": f"suppressions={leaks}:print_suppressions=0",
                      "WEFT_FAULT_KEYS": str(self.keys_path), "WEFT_FAULT_CONTROL": str(path),
                      "WEFT_FAULT_CALLERS": str(self.callers_path),
                      "WEFT_FAULT_UNDER": ":".join(str(folder.resolve()) for folder in under)}
        self.clear()

    def environment(self, base):
        return preloaded(base, self.library, **self.added)

    def __getitem__(self, name):
        return struct.unpack_from("<Q", self.memory, 8 * FIELDS.index(name))[0]

    def __setitem__(self, name, value):
        struct.pack_into("<Q", self.memory, 8 * FIELDS.index(name), value)

    @property
    def call(self):
        """The call that failed last."""
        text = self.memory[CALL_AT:PLACES_AT]
        return bytes(text).split(b"\0")[0].decode()

    @property
    def callers(self):
        """Who asked for the memory that was refused."""
        return self.callers_path.read_text()

    def keys(self):
        """What was encrypted with, in all processes: {"message": [(key, key and nonce, tag)], "record": [...]}."""
        found = {"message": [], "record": []}
        for line in self.keys_path.read_text().splitlines():
            what, *words = line.split()
            found[what].append(tuple(words))
        return found

    def clear(self):
        for name in FIELDS:
            self[name] = 0
        self["kinds"] = EVERY_KIND

    def disarm(self):
        """Nothing fails any more; the counts stay."""
        self["fail_first"] = self["fail_last"] = self["lists_places"] = self["place"] = 0

    def fail(self, number, way):
        """Has the call of that number from now on fail, of those that the way is about."""
        self["fail_first"] = self["fail_last"] = 0
        self["kinds"], self["how"], self["error"] = way.kinds, way.how, way.error
        self["fail_last"] = self["calls"] + number + way.calls - 1
        self["fail_first"] = self["calls"] + number

    def fail_allocation(self, place, turn=1):
        """Has one allocation of the place fail, of all from now on."""
        self.callers_path.write_text("")
        self["place"] = self["passed"] = 0
        self["turn"], self["place"] = turn, place

    @contextlib.contextmanager
    def places(self):
        """{place: how many allocations it makes} of all that goes on meanwhile, in the order of their first; there at
        its end."""
        found = {}
        self.memory[PLACES_AT:] = bytes(PLACES_MAX * PLACE.size)
        self["lists_places"] = 1
        yield found
        self["lists_places"] = 0
        listed = sorted(PLACE.iter_unpack(self.memory[PLACES_AT:]), key=lambda place: place[2])
        found.update((place, times) for place, times, _ in listed if place)
        assert found, "nothing allocates where the library does not count"


def preloaded(base, library, **variables):
    """The environment with the library, which comes before the sanitizer's runtime on purpose."""
    options = base.get("ASAN_OPTIONS", "")
    return {**base, **variables, "LD_PRELOAD": str(library),
            "ASAN_OPTIONS": f"{options}:verify_asan_link_order=0:allocator_may_return_null=1"}


# Which do not look everywhere whether they got memory.
LIBRARIES = re.compile(r"/(libwebsockets|libssl|libcrypto)[^/]*\.so")
# What is on top of every crash and every allocation; and libuv, which they and we call.
NOBODYS = re.compile(r"/(weft_faults|libasan|libc)\.so")
CALLED_BY_ALL = re.compile(r"/(libuv)\.so")


def library_of_crash(text):
    """The library that crashed by itself for want of the memory that it asked for; None where any of ours was in
    between: then the crash is ours. libuv, where it finds no way on, aborts."""
    allocation, _, crash = text.partition("the last allocation that failed:\n")[2].partition("crashed at:\n")
    callers = [[frame for frame in part.splitlines() if not NOBODYS.search(frame)] for part in (crash, allocation)]
    if "(abort+" in crash and all(frames and CALLED_BY_ALL.search(frames[0]) for frames in callers):
        return "libuv"
    found = [next((LIBRARIES.search(frame) for frame in frames if not CALLED_BY_ALL.search(frame)), None)
             for frames in callers]
    return found[0][1] if all(found) else None


class Clock:
    """The clocks of the processes that run with `environment` (tests/fault/clock.c)."""

    def __init__(self, library, path):
        self.library, self.path = library, path
        path.write_bytes(bytes(16))
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)

    def environment(self, base):
        return preloaded(base, self.library, WEFT_FAULT_CLOCK=str(self.path))

    def set(self, ahead_ms):
        """From now on the wall clock is so far ahead of the machine's."""
        struct.pack_into("<q", self.memory, 0, ahead_ms)

    def pass_by(self, ms):
        """So much time goes by at once, for whatever waits."""
        passed, = struct.unpack_from("<q", self.memory, 8)
        struct.pack_into("<q", self.memory, 8, passed + ms)


class Ledger:
    """Every acknowledgement of a channel. What was acknowledged is with every member exactly once and in
    the order in which the server gave it; what was not may be there once or not at all."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = {}  # message -> (sequence, text)
        self.tried = set()

    def trying(self, text):
        with self.lock:
            self.tried.add(text)

    def add(self, record, text):
        with self.lock:
            if record["message"] in self.acknowledged:
                raise Unexpected(f"acknowledged twice: {record}")
            self.acknowledged[record["message"]] = (record["sequence"], text)

    def say(self, person, channel, text, codes=None):
        """Says it; notes it when it is acknowledged. Gives the result."""
        self.trying(text)
        result = person.run("say", channel, text, code=None, json_lines=True)
        if codes is not None:
            result.expect(*codes)
        if result.code == 0:
            self.add(result.lines[-1], text)
        return result

    def check(self, members, channel):
        """Reads what each member has; gives how many messages that is."""
        orders = []
        for member in members:
            read = [record for record in member.json("read", channel)
                    if record["type"] == "message" and record["kind"] == "text"]
            ids = collections.Counter(record["message"] for record in read)
            texts = collections.Counter(record["text"] for record in read)
            there = {record["message"]: (record["sequence"], record["text"]) for record in read}
            sequences = [record["sequence"] for record in read]
            wrong = {
                "twice": [what for what, times in (ids + texts).items() if times > 1],
                "what nobody said": set(texts) - self.tried,
                "a warning": [record for record in read if record["warning"] != ""],
                "not what was acknowledged": {message: (what, there.get(message)) for message, what
                                              in self.acknowledged.items() if there.get(message) != what},
                "out of order": [pair for pair in zip(sequences, sequences[1:]) if pair[0] >= pair[1]],
            }
            for what, found in wrong.items():
                if found:
                    raise Unexpected(f"{member} has {what}: {found}")
            orders.append([(record["sequence"], record["message"]) for record in read])
        for member, order in zip(members, orders):
            if order != orders[0]:
                more, less = set(order) - set(orders[0]), set(orders[0]) - set(order)
                raise Unexpected(f"{member} has {more}, which {members[0]} has not, and not {less}")
        return len(orders[0])


class Works:
    """Ann and Ben in a channel, and `steps`, by name, each of which meets faults. A scenario sets `ann`, `ben`, `channel`,
    `faults` and `steps`, and says how to `recover` from what a fault broke off."""

    def __init__(self, scene):
        self.scene = scene
        self.ledger = Ledger()
        self.numbers = itertools.count()
        self.file = scene.directory / "roster.pdf"
        self.has_role = collections.defaultdict(bool)

    def speak(self, person, codes=None):
        return self.ledger.say(person, self.channel, f"{person} says {next(self.numbers)}", codes)

    def turn_role(self, person, role, code=OK):
        """A commit: somebody gives themselves a role, or takes it again."""
        self.has_role[person] = not self.has_role[person]
        return person.run("channel", "role", self.channel, person.id, "--give" if self.has_role[person] else "--take", role,
                          code=code)

    def commit(self):
        return self.turn_role(self.ann, "note-taker", code=None)

    def create(self):
        return self.ann.run("channel", "create", f"Other {next(self.numbers)}", "--open", code=None)

    def make_file(self, size):
        self.file.write_bytes(random.Random(next(self.numbers)).randbytes(size))
        return self.file

    def recover(self):
        """What comes next, without faults, goes well."""
        self.last = self.speak(self.ann, [OK]).lines[-1]["sequence"]

    def check(self):
        for person in (self.ann, self.ben):
            person.run("sync")
        self.ledger.check([self.ann, self.ben], self.channel)

    def calls_of(self, what, kinds):
        """How many calls a step makes that change a file."""
        self.recover()
        self.faults["kinds"] = kinds
        before = self.faults["calls"]
        self.steps[what]().expect(OK)
        return self.faults["calls"] - before

    def renew(self):
        """What runs with faults has done nothing yet: much is set up once a process, where it is first wanted."""

    def places(self):
        """{place: {step in which it allocates: how often}}."""
        found = collections.defaultdict(dict)
        for what, step in self.steps.items():
            self.recover()
            self.renew()
            with self.faults.places() as places:
                step().expect(OK)
            for place, times in places.items():
                found[place][what] = times
        return found

    def fail_place(self, place, turns, outcome_of):
        """Has one allocation of the place fail: {step: which of those that it makes}, any of the steps will do."""
        for what, turn in itertools.islice(itertools.cycle(turns.items()), TRIES):
            self.renew()
            self.faults.fail_allocation(place, turn)
            try:
                outcome = outcome_of(self.steps[what]())
                failed = self.faults["failed"]
                self.recover()
            except AssertionError as error:
                raise Unexpected(f"{what}, of which allocation {turn} failed:\n{self.faults.callers}\n{error}") from error
            if failed:
                return outcome
        return NOT_REACHED

    def fail_places(self, name, which, outcome_of, check_every):
        """Has memory end at each place, or at as many as the count says, and everybody go on: the `first` time that
        it allocates, or the `last`, where it does so many times."""
        found = self.places()
        if which == "first":
            turns = [(place, dict.fromkeys(steps, 1)) for place, steps in found.items()]
        else:
            turns = [(place, {what: times for what, times in steps.items() if times >= MANY})
                     for place, steps in found.items() if max(steps.values()) >= MANY]
        chosen = [turns[number - 1] for number in sample(name, len(turns))]
        tally = Tally(f"{name}, {which} time", len(chosen), f" of {len(turns)} places")
        broken = 0
        for place in chosen:
            try:
                tally.add(self.fail_place(*place, outcome_of))
            except AssertionError as error:  # an hour's run tells everything that it finds
                print(error, flush=True)
                tally.add("WRONG")
                broken += 1
                self.recover()
            if tally.done % check_every == 0:
                self.check()
        self.check()
        tally.end()
        assert broken == 0, f"wrong at {broken} places, which are told above"
        assert tally.outcomes.get(NOT_REACHED, 0) <= len(chosen) // 4


first_and_last = pytest.mark.parametrize("which", ("first", "last"))
