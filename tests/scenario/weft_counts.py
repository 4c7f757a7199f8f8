# SPDX-License-Identifier: AGPL-3.0-or-later
"""How often each fault is tried: the one place. In the suite a short version runs; WEFT_FAULTS=full, which
tests/faults sets, runs the whole; WEFT_FAULTS_NAME=N sets one count. 0 stands for: every single one."""
import os
import random
import sys
import time

EVERY = 0

#                       suite  whole
COUNTS = {
    "server_kills":     (20,    200),
    "client_kills":     (20,    200),
    "server_disk":      (1,     EVERY),  # calls that change a file, of each step and for each way to fail
    "client_disk":      (6,     EVERY),  # the same, of all steps
    "server_memory":    (14,    EVERY),  # places that allocate, of all steps; and as many the last time that they do
    "client_memory":    (13,    EVERY),
    "restores":         (3,     20),
    "commit_races":     (200,   10000),
}


def count(name):
    short, whole = COUNTS[name]
    chosen = os.environ.get(f"WEFT_FAULTS_{name.upper()}")
    if chosen is not None:
        return int(chosen)
    return whole if os.environ.get("WEFT_FAULTS") == "full" else short


def sample(name, total, seed=1):
    """Numbers from 1 to total, spread over all of it: as many as the count says."""
    wanted = count(name)
    if wanted == EVERY or wanted >= total:
        return list(range(1, total + 1))
    chosen = random.Random(seed)
    return sorted({1 + (total * i + chosen.randrange(total)) // wanted % total for i in range(wanted)})


NOT_REACHED = "not reached"


class Tally:
    """What came of so many faults: shown while it goes on where somebody looks, and kept as a line of
    WEFT_FAULTS_REPORT at the end. `of` says of what they are some."""

    def __init__(self, name, total, of=""):
        self.name, self.total, self.of, self.done = name, total, of, 0
        self.outcomes = {}
        self.began = time.monotonic()
        self.shown_at = 0

    def add(self, outcome):
        self.done += 1
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        if sys.stderr.isatty() and time.monotonic() - self.shown_at > 0.5:
            self.shown_at = time.monotonic()
            print(f"\r{self.name}: {self.done} of {self.total}  {self.text()}\x1b[K", end="", file=sys.stderr, flush=True)

    def text(self):
        return ", ".join(f"{count} {outcome}" for outcome, count in sorted(self.outcomes.items()))

    def end(self):
        line = f"{self.name}: {self.done}{self.of} tried: {self.text()}; {time.monotonic() - self.began:.0f} s"
        if self.shown_at:  # in its place
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        print(line, flush=True)
        report = os.environ.get("WEFT_FAULTS_REPORT")
        if report is not None:
            with open(report, "a", encoding="utf-8") as file:
                print(line, file=file)
