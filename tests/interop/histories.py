#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Random histories of groups whose members are Weft's and ts-mls's; tests/interop/run calls it.

After every step all members must agree on epoch, context, tree hash, epoch authenticator and
exporter. A seed repeats the choices of a history, not its keys.
"""
import argparse
import json
import random
import secrets
import subprocess
import sys
import time

MEMBERS_MAX = 8
SUITES = [1, 2, 3, 4, 5, 6, 7]
EXTENSION = 0xF0C1
# What a late message may be late by; ts-mls keeps four epochs, Weft five.
LATE_EPOCHS = 3
AGREED = ["epoch", "context", "tree_hash", "authenticator", "exported"]

# What ts-mls 1.6.4 does otherwise than RFC 9420, where a history can go on: counted, and allowed only
# to ts-mls and only where it belongs.
#
# It asks that all parents of an unmerged leaf have the same unmerged leaves, where
# RFC 9420 (7.9.2, 12.4.3.1) asks that they all have this one. Such a joiner stays outside.
UNMERGED = "non-blank intermediate node must list leaf node"
# A removed member sees that it was removed by its blank leaf, and cannot when the same commit adds
# somebody there.
REPLACED = "No overlap between provided private keys and update path"


class Failure(Exception):
    pass


class Side:
    """One of the two programs."""

    def __init__(self, name, command):
        self.name = name
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, command, **fields):
        self.process.stdin.write(json.dumps({"do": command, **fields}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise Failure(f"{self.name} ended while it did {command}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        return self.process.wait(timeout=60)


class Member:
    def __init__(self, side, identity):
        self.side = side
        self.identity = identity
        self.name = identity
        self.joined = 0
        self.leaf = 0

    @property
    def is_ours(self):
        return self.side.name == "weft"

    def ask(self, command, **fields):
        return self.side.ask(command, member=self.name, **fields)

    def do(self, command, **fields):
        return self.checked(command, self.ask(command, **fields))

    def checked(self, command, answer):
        if "error" in answer:
            raise Failure(f"{self}: {command}: {answer['error']}\n{answer.get('stack', '')}")
        return answer

    def refuses(self, what, command, **fields):
        answer = self.ask(command, **fields)
        if "error" not in answer:
            raise Failure(f"{self} took {what}")

    def __repr__(self):
        return f"{self.name}/{self.side.name}"


class Held:
    """A message that waits for its readers."""

    def __init__(self, epoch, message, text, readers):
        self.epoch = epoch
        self.message = message
        self.text = text
        self.readers = readers


class History:
    def __init__(self, sides, seed, suite, verbose):
        self.sides = sides
        self.seed = seed
        self.random = random.Random(seed)
        self.suite = suite
        self.verbose = verbose
        self.count = 0
        self.epoch = 0
        self.members = []
        self.held = []
        self.steps = {}
        self.defects = {}

    # ---- small things ----

    def say(self, text):
        if self.verbose:
            print(f"    {text}", flush=True)

    def chance(self, probability):
        return self.random.random() < probability

    def bytes(self, size):
        return self.random.randbytes(size).hex()

    def some(self, least, most):
        count = self.random.randint(least, min(most, len(self.members)))
        return self.random.sample(self.members, count)

    def one(self, but=(), ours=None):
        choice = [m for m in self.members
                  if m not in but and (ours is None or m.is_ours == ours)]
        return self.random.choice(choice) if choice else None

    def newcomer(self):
        self.count += 1
        ours = sum(m.is_ours for m in self.members)
        # both kinds should be in it most of the time
        side = self.sides[self.random.random() < (ours + 0.5) / (len(self.members) + 1)]
        return Member(side, f"{self.seed}.{self.count}")

    def package(self, member, suite=None):
        return member.do("key_package", identity=member.identity, suite=suite or self.suite,
                         grease=self.chance(0.5))["key_package"]

    def forget(self, member):
        member.ask("forget")
        for held in self.held:
            held.readers.discard(member)

    def is_defect(self, member, answer, defect):
        if member.is_ours or defect not in answer.get("error", ""):
            return False
        self.defects[defect] = self.defects.get(defect, 0) + 1
        return True

    # ---- what must always hold ----

    def check(self, members=None):
        members = self.members if members is None else members
        states = [(m, m.do("state")) for m in members]
        first = states[0][1]
        for member, state in states:
            member.leaf = state["leaf"]
            for field in AGREED:
                if state[field] != first[field]:
                    raise Failure(f"{member} and {states[0][0]} differ in {field}:\n"
                                  f"  {state[field]}\n  {first[field]}")
        if len({m.leaf for m in members}) != len(members):
            raise Failure("two members in one leaf")
        return first["epoch"]

    def tampered(self, message):
        data = bytearray.fromhex(message)
        data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
        return data.hex()

    def keeps_root(self, leaving=()):
        """Whether somebody stays in the left half of the tree. When nobody does, the root is not in
        anybody's filtered path, and ts-mls 1.6.4 takes a commit_secret that is one derivation too
        far (12.4.1: "path_secret[n+1] derived from the last path secret")."""
        leaves = [m.leaf for m in self.members if m not in leaving]
        top = max(leaves)
        return top == 0 or min(leaves) < 1 << (top.bit_length() - 1)

    # ---- commits ----

    def deliver(self, sender, message, expected, replaced=()):
        """Everybody but the sender receives it. Weft's sender too, where it is a proposal: it
        keeps its own only when it comes back. Gives those whom it removes."""
        gone = []
        for member in list(self.members):
            if member is sender and not (expected == "proposal" and member.is_ours):
                continue
            if member.is_ours and self.chance(0.05):
                member.refuses("a damaged message", "receive", message=self.tampered(message))
            answer = member.ask("receive", message=message)
            if member in replaced and self.is_defect(member, answer, REPLACED):
                gone.append(member)
                continue
            kind = member.checked("receive", answer)["kind"]
            if kind == "removed":
                gone.append(member)
            elif kind != expected:
                raise Failure(f"{member} took a {expected} for a {kind}")
        return gone

    def commit(self, sender, proposals=(), newcomers=(), leaving=(), loser=None):
        self.read_the_oldest()
        tree_in_welcome = self.chance(0.5)
        made = sender.do("commit", proposals=list(proposals), private=self.chance(0.5),
                         force_path=self.chance(0.3), tree_in_welcome=tree_in_welcome)
        if loser is not None:
            loser.do("commit", proposals=[])
        gone = self.deliver(sender, made["commit"], "commit", leaving if newcomers else ())
        sender.do("apply")
        if set(gone) != set(leaving):
            raise Failure(f"{gone} left, and not {leaving}")
        for member in gone:
            self.members.remove(member)
            if member.is_ours or not newcomers:
                member.refuses("a call when removed", "send", text="00")
            self.forget(member)
        self.epoch += 1
        if newcomers:
            tree = None if tree_in_welcome else sender.do("group_info")["tree"]
            self.welcome(sender, newcomers, made["welcome"], tree)

    def welcome(self, sender, newcomers, welcome, tree):
        outside = []
        for member in newcomers:
            answer = member.ask("join", welcome=welcome, tree=tree)
            if self.is_defect(member, answer, UNMERGED):
                outside.append(member)
                continue
            member.checked("join", answer)
            member.joined = self.epoch
            self.members.append(member)
        for member in outside:
            self.check()
            leaf = sender.do("find", identity=member.identity)["leaf"]
            member.ask("forget")
            proposals = [{"kind": "remove", "leaf": leaf}]
            others = []
            if not self.keeps_root():
                others = [Member(self.sides[0], f"{member.identity}x")]
                proposals.append({"kind": "add", "key_package": self.package(others[0])})
            self.commit(sender, proposals, others)

    # ---- steps ----

    def step_update(self):
        self.commit(self.one())

    def step_race(self):
        winner = self.one()
        loser = self.one(but=[winner])
        self.commit(winner, loser=loser)

    def step_add(self):
        count = self.random.randint(1, 2)
        newcomers = [self.newcomer() for _ in range(count)]
        adds = [{"kind": "add", "key_package": self.package(m)} for m in newcomers]
        self.commit(self.one(), adds, newcomers)

    def step_remove(self):
        sender = self.one()
        leaving = [m for m in self.some(1, 2) if m is not sender]
        if not self.keeps_root(leaving):
            leaving = []
        self.commit(sender, [{"kind": "remove", "leaf": m.leaf} for m in leaving],
                    leaving=leaving)

    def step_replace(self):
        sender = self.one()
        leaving = self.one(but=[sender])
        newcomer = self.newcomer()
        self.commit(sender, [{"kind": "remove", "leaf": leaving.leaf},
                             {"kind": "add", "key_package": self.package(newcomer)}],
                    [newcomer], [leaving])

    def external_psk(self):
        psk = {"id": self.bytes(8), "value": self.bytes(self.random.choice([16, 32, 48]))}
        for side in self.sides:
            side.ask("psk", **psk)
        return {"kind": "psk", "id": psk["id"]}

    def step_psk(self):
        sender = self.one()
        proposals = [self.external_psk() for _ in range(self.random.randint(1, 2))]
        newcomers = []
        oldest = max([m.joined for m in self.members] + [self.epoch - 2])
        if self.chance(0.5):
            proposals.append({"kind": "resumption",
                              "epoch": self.random.randint(oldest, self.epoch)})
        elif len(self.members) < MEMBERS_MAX:
            newcomers = [self.newcomer()]
            proposals.append({"kind": "add", "key_package": self.package(newcomers[0])})
        self.random.shuffle(proposals)
        self.commit(sender, proposals, newcomers)

    def step_extensions(self):
        # ts-mls 1.6.4 commits these without the path that they need (12.4): it only receives them.
        sender = self.one(ours=True)
        if sender is None:
            return self.step_update()
        extensions = [{"type": EXTENSION, "data": self.bytes(self.random.randint(0, 40))}]
        self.commit(sender, [{"kind": "extensions", "extensions": extensions}])
        return None

    def step_references(self):
        """Proposals of several members, then a commit of another one that refers to them."""
        committer = self.one()
        proposals, newcomers, leaving = [], [], []
        for member in self.random.sample(self.members, len(self.members))[:3]:
            kind = self.random.choice(["update", "update", "add", "remove", "psk"])
            target = self.one(but=[committer, member] + leaving)
            if kind == "update" and (member is committer or member in leaving):
                kind = "psk"
            if kind == "remove" and (target is None or target in [p[0] for p in proposals]
                                     or not self.keeps_root(leaving + [target])):
                kind = "psk"
            if kind == "add" and len(self.members) + len(newcomers) >= MEMBERS_MAX:
                kind = "psk"
            if kind == "add":
                newcomers.append(self.newcomer())
                proposal = {"kind": "add", "key_package": self.package(newcomers[-1])}
            elif kind == "remove":
                leaving.append(target)
                proposal = {"kind": "remove", "leaf": target.leaf}
            elif kind == "psk":
                proposal = self.external_psk()
            else:
                proposal = {"kind": "update"}
            proposals.append((member, proposal))
        for member, proposal in proposals:
            self.say(f"{member} proposes {proposal['kind']}")
            made = member.do("propose", proposal=proposal, private=self.chance(0.5))
            self.deliver(member, made["message"], "proposal")
        # 12.4: with a valid proposal pending, commit before application data
        self.one().refuses("a message before the commit", "send", text="00")
        self.commit(committer, newcomers=newcomers, leaving=leaving)

    def step_external_join(self):
        newcomer = self.newcomer()
        self.package(newcomer)
        self.join_externally(newcomer, resync=False)

    def step_resync(self):
        self.join_externally(self.one(), resync=True)

    def join_externally(self, member, resync):
        self.read_the_oldest()
        with_tree = self.chance(0.5)
        info = self.one(but=[member]).do("group_info", with_tree=with_tree)
        answer = member.ask("external_join", group_info=info["group_info"], resync=resync,
                            tree=None if with_tree else info["tree"])
        if self.is_defect(member, answer, UNMERGED):
            if not resync:
                self.forget(member)
            return
        member.checked("external_join", answer)
        self.deliver(member, answer["commit"], "commit")
        self.epoch += 1
        member.joined = self.epoch
        if not resync:
            self.members.append(member)
        for held in self.held:
            held.readers.discard(member)

    def step_restart(self):
        for member in self.some(1, 3):
            member.do("restart")

    def step_say(self):
        for sender in self.some(1, 3):
            for _ in range(self.random.randint(1, 4)):
                text = self.bytes(self.random.randint(0, 400))
                message = sender.do("send", text=text)["message"]
                readers = {m for m in self.members if m is not sender}
                self.held.append(Held(self.epoch, message, text, readers))
        self.random.shuffle(self.held)
        self.read(0.8)

    def read(self, probability):
        for held in self.held:
            for member in sorted(held.readers, key=lambda m: m.name):
                if not self.chance(probability):
                    continue
                if member.is_ours and self.chance(0.05):
                    member.refuses("a damaged message", "receive",
                                   message=self.tampered(held.message))
                answer = member.do("receive", message=held.message)
                if answer.get("text") != held.text:
                    raise Failure(f"{member} read something else: {answer}")
                held.readers.discard(member)
                if self.chance(0.1):
                    member.refuses("a replay", "receive", message=held.message)
        self.held = [h for h in self.held if h.readers]

    def read_the_oldest(self):
        """Before every new epoch, what would be too late in it."""
        old = [h for h in self.held if h.epoch <= self.epoch - LATE_EPOCHS]
        fresh = [h for h in self.held if h not in old]
        self.held = old
        self.read(1)
        self.held = fresh

    # ---- groups that continue the present one ----

    def continue_as(self, members, usage, suite, group_id):
        """The members' successors, in the new group."""
        self.count += 1
        successors = []
        packages = {}
        for member in members:
            successor = Member(member.side, member.identity)
            successor.name = f"{member.identity}-{self.count}"
            packages[successor] = self.package(successor, suite)
            successors.append(successor)
        old = dict(zip(successors, members))
        creator = self.random.choice(successors)
        made = creator.do("continue", usage=usage, group_id=group_id, **{"from": old[creator].name},
                          packages=[{"key_package": packages[s]} for s in successors
                                    if s is not creator])
        for successor in successors:
            if successor is not creator:
                successor.do("join", welcome=made["welcome"], tree=made.get("tree"), usage=usage,
                             **{"from": old[successor].name})
        return successors

    def step_branch(self):
        members = self.some(2, MEMBERS_MAX)
        branch = self.continue_as(members, "branch", self.suite, self.bytes(16))
        self.check(branch)
        sender = self.random.choice(branch)
        message = sender.do("send", text="c0ffee")["message"]
        for member in branch:
            if member is not sender:
                member.do("receive", message=message)
        for member in branch:
            self.forget(member)

    def step_reinit(self):
        self.read(1)
        suite = self.random.choice(SUITES)
        extensions = [{"type": EXTENSION, "data": self.bytes(8)}] if self.chance(0.5) else []
        reinit = {"kind": "reinit", "group_id": self.bytes(16), "suite": suite,
                  "extensions": extensions}
        if self.chance(0.5):
            proposer = self.one()
            made = proposer.do("propose", proposal=reinit)
            self.deliver(proposer, made["message"], "proposal")
            self.commit(self.one())
        else:
            self.commit(self.one(), [reinit])
        self.check()
        self.one().refuses("a message after the ReInit", "send", text="00")
        successors = self.continue_as(self.members, "reinit", suite, reinit["group_id"])
        for member in self.members:
            self.forget(member)
        self.members = successors
        self.suite = suite
        self.epoch = 1
        for member in successors:
            member.joined = 1

    # ---- all of it ----

    def choose(self):
        count = len(self.members)
        if count == 1: # where a newcomer stayed outside
            return "add"
        weights = {
            "update": 4, "race": 2, "say": 8, "psk": 3, "extensions": 2, "references": 5,
            "resync": 2, "restart": 3, "branch": 1, "reinit": 1,
            "add": 5 if count <= MEMBERS_MAX - 2 else 0,
            "external_join": 3 if count < MEMBERS_MAX else 0,
            "remove": 3 if count > 3 else 0,
            "replace": 2 if count > 2 else 0,
        }
        return self.random.choices(list(weights), weights.values())[0]

    def run(self, step_count):
        first = Member(self.sides[self.random.randrange(2)], f"{self.seed}.0")
        self.package(first)
        first.do("create", group_id=self.bytes(16), extensions=[])
        self.members = [first]
        second = Member(self.sides[not first.is_ours], f"{self.seed}.0b")
        if first.is_ours == second.is_ours:
            second.side = next(s for s in self.sides if s is not first.side)
        add = {"kind": "add", "key_package": self.package(second)}
        self.check()
        self.commit(first, [add], [second])
        for number in range(step_count):
            self.epoch = self.check()
            name = self.choose()
            self.say(f"{number}: {name} in epoch {self.epoch} of {self.members}")
            try:
                getattr(self, f"step_{name}")()
                self.epoch = self.check()
            except Failure as failure:
                raise Failure(f"step {number}, {name}: {failure}") from failure
            self.steps[name] = self.steps.get(name, 0) + 1
        self.read(1)
        for member in self.members:
            self.forget(member)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ours", required=True)
    parser.add_argument("--theirs", required=True)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--suite", type=int, choices=SUITES)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--histories", type=int)
    parser.add_argument("count", type=int, nargs="?", default=10)
    arguments = parser.parse_args()
    count = arguments.histories or arguments.count

    steps = {}
    defects = {}
    failed = 0
    for number in range(count):
        seed = arguments.seed + number
        suite = arguments.suite or SUITES[seed % len(SUITES)]
        sides = [Side("weft", [arguments.ours]), Side("ts-mls", ["node", arguments.theirs])]
        history = History(sides, seed, suite, arguments.verbose)
        started = time.monotonic()
        try:
            history.run(arguments.steps)
            outcome = "agreed"
        except Failure as failure:
            failed += 1
            outcome = f"FAILED in suite {history.suite}: {failure}"
        if any(side.close() != 0 for side in sides):
            failed += outcome == "agreed"
            outcome += ", and a peer did not end well"
        for name, times in history.steps.items():
            steps[name] = steps.get(name, 0) + times
        for name, times in history.defects.items():
            defects[name] = defects.get(name, 0) + times
        print(f"history {number + 1}/{count}: seed {seed}, suite {suite}, "
              f"{time.monotonic() - started:.1f} s: {outcome}", flush=True)
    print("steps: " + ", ".join(f"{name} {steps[name]}" for name in sorted(steps)))
    for name in sorted(defects):
        print(f"known defect of ts-mls, {defects[name]} times: {name}")
    print(f"{count - failed} of {count} histories of {arguments.steps} steps agreed; "
          f"seeds {arguments.seed} to {arguments.seed + count - 1}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
