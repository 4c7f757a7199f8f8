# SPDX-License-Identifier: AGPL-3.0-or-later
"""A peer assist with real clients, in steps that scenarios share."""

QUESTION = "How do you keep people from falling at night"
BRIEF = "Three falls on one ward since spring, all between two and five. We changed the lights and nothing else."
STAGES = ["welcome", "context", "questions", "ideas", "last-ideas", "summary", "commitment", "follow-up"]


def last(person, *arguments):
    """The last record of a command that prints JSON lines."""
    return person.json(*arguments)[-1]


def session(person, channel):
    """Where the person's client sees the session stand."""
    return [record for record in person.json("stage", "show", channel) if record["type"] == "session"][-1]


def stage(person, channel):
    """The name of the stage that runs, or the session's state when none does."""
    seen = session(person, channel)
    return seen["stage"] if seen["state"] in ("running", "paused") else seen["state"]


def said_once(sent, records):
    """Every acknowledged message is there exactly once: `sent` maps message ids to texts."""
    found = {}
    for record in records:
        if record.get("text") is not None:
            assert record["message"] not in found, f"twice: {record}"
            found[record["message"]] = record["text"]
    missing = {message: text for message, text in sent.items() if found.get(message) != text}
    assert not missing, f"acknowledged and not there: {missing}"


class Assist:
    """The people of a session and its channel: a host, a facilitator, assisters."""

    def __init__(self, scene, server, assisters=2, facilitators=1, names=None, link=lambda name, link: link):
        self.scene, self.server = scene, server
        names = names or ["Host", *[f"Facilitator {i}" for i in range(facilitators)], *[f"Assister {i}" for i in range(assisters)]]
        everybody = scene.people(names, lambda name: link(name, server.invite(group=f"Ward {names.index(name)}")))
        self.host = everybody[0]
        self.facilitators = everybody[1:1 + facilitators]
        self.assisters = everybody[1 + facilitators:]
        self.members = everybody
        arguments = ["peer-assist", "ask", QUESTION, "--brief", BRIEF, "--topic", "falls"]
        if self.facilitators:
            arguments += ["--facilitator", self.facilitators[0].id]
        self.channel = last(self.host, *arguments)["channel"]
        for facilitator in self.facilitators[1:]:
            self.host.run("channel", "add", self.channel, facilitator.id)
            self.host.run("peer-assist", "role", self.channel, facilitator.id, "facilitator")
        for assister in self.assisters:
            self.host.run("channel", "add", self.channel, assister.id)
            self.host.run("peer-assist", "role", self.channel, assister.id, "assister")
        for member in self.members[1:]:
            member.run("sync")

    def open(self):
        self.host.run("peer-assist", "open", self.channel)

    def go_to(self, name, by=None):
        """Stage after stage until `name`."""
        by = by or self.host
        for _ in STAGES:
            if stage(by, self.channel) == name:
                return
            by.run("stage", "next", self.channel)
        raise AssertionError(f"there is no stage {name}")
