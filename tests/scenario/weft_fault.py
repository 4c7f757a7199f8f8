# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faults of one process, by a library that is preloaded into it (tests/fault/faults.c), a ledger of what was
acknowledged under them, and people who work in a channel meanwhile."""
import collections
import errno
import itertools
import mmap
import random
import re
import struct
import threading

import pytest

from weft_scenario import OK, Unexpected

WRITE, SYNC, CUT, NAME = 1, 2, 4, 8
EVERY_KIND = WRITE | SYNC | CUT | NAME
ERROR, SHORT, TORN, KILL_BEFORE, KILL_AFTER = range(1, 6)
FOR_EVER = 1 << 62

FIELDS = ("calls", "fail_first", "fail_last", "failed", "kinds", "how", "error", "allocations", "allocation_first",
          "allocation_last", "crypto_ready")
CALL_BYTES = 256


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
        path.write_bytes(bytes(8 * len(FIELDS) + CALL_BYTES))
        self.path = path
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)
        self.keys_path = path.with_suffix(".keys")
        self.keys_path.touch()
        self.library = library
        leaks = path.with_suffix(".leaks")  # libcrypto loses some bytes where an allocation of its own fails
        leaks.write_text("leak:libcrypto.so\n")
        self.added = {"LSAN_OPTIONS": f"suppressions={leaks}:print_suppressions=0",
                      "WEFT_FAULT_KEYS": str(self.keys_path), "WEFT_FAULT_CONTROL": str(path),
                      "WEFT_FAULT_UNDER": ":".join(str(folder.resolve()) for folder in under)}
        self.clear()

    def environment(self, base):
        return preloaded(base, self.library, **self.added)

    def __getitem__(self, name):
        return struct.unpack_from("<q", self.memory, 8 * FIELDS.index(name))[0]

    def __setitem__(self, name, value):
        struct.pack_into("<q", self.memory, 8 * FIELDS.index(name), value)

    @property
    def call(self):
        """The call that failed last."""
        text = self.memory[8 * len(FIELDS):]
        return bytes(text).split(b"\0")[0].decode()

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
        self["fail_first"] = self["fail_last"] = self["allocation_first"] = self["allocation_last"] = 0

    def fail(self, number, way):
        """Has the call of that number from now on fail, of those that the way is about."""
        self["fail_first"] = self["fail_last"] = 0
        self["kinds"], self["how"], self["error"] = way.kinds, way.how, way.error
        self["fail_last"] = self["calls"] + number + way.calls - 1
        self["fail_first"] = self["calls"] + number

    def fail_allocation(self, number):
        self["allocation_first"] = 0
        self["allocation_last"] = self["allocations"] + number
        self["allocation_first"] = self["allocations"] + number


def preloaded(base, library, **variables):
    """The environment with the library, which comes before the sanitizer's runtime on purpose."""
    options = base.get("ASAN_OPTIONS", "")
    return {**base, **variables, "LD_PRELOAD": str(library),
            "ASAN_OPTIONS": f"{options}:verify_asan_link_order=0:allocator_may_return_null=1"}


# Which do not look everywhere whether they got memory.
LIBRARIES = re.compile(r"/(libwebsockets|libssl|libcrypto)[^/]*\.so")
# What is on top of every crash and every allocation, or, as libuv, called by them and by us.
NOBODYS = re.compile(r"/(weft_faults|libc|libuv)\.so")


def library_of_crash(text):
    """The library that crashed by itself for want of the memory that it asked for; None where any of ours was in
    between: then the crash is ours."""
    allocation, _, crash = text.partition("the last allocation that failed:\n")[2].partition("crashed at:\n")
    tops = [next((frame for frame in part.splitlines() if not NOBODYS.search(frame)), "") for part in (crash, allocation)]
    found = [LIBRARIES.search(top) for top in tops]
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

    def measure(self, what, field, kinds=None):
        """How many calls, or allocations, a step makes."""
        self.recover()
        if kinds is not None:
            self.faults["kinds"] = kinds
        before = self.faults[field]
        self.steps[what]().expect(OK)
        return self.faults[field] - before
