# SPDX-License-Identifier: AGPL-3.0-or-later
"""The main job on a real network: 1,005 people of 42 departments and their ties go in, twelve of them
join with real clients, and a whole peer assist ends in a harvest that every member can read."""
import re

from weft_assist import BRIEF, QUESTION, STAGES, last, session, stage
from weft_scenario import NOT_FOUND, NOT_NOW

JOINED = 12


def choose(groups, edges):
    """Twelve people who have ties, each of another department."""
    department = dict(line.split("\t") for line in groups.read_text().splitlines() if not line.startswith("#"))
    degree = dict.fromkeys(department, 0)
    for line in edges.read_text().splitlines():
        if not line.startswith("#"):
            for node in line.split("\t")[:2]:
                degree[node] += 1
    chosen = {}
    for node in sorted(department, key=lambda node: (-degree[node], int(node))):
        chosen.setdefault(department[node], node)
    return list(chosen.values())[:JOINED]


def test_a_whole_peer_assist_on_a_real_network(scene, shared):
    groups, edges = (shared / "networks" / f"email_eu_core.{kind}.tsv" for kind in ("groups", "edges"))
    server = scene.server()
    server.admin("import", groups, edges)
    assert server.json("stats")[-1]["people"] == 1005

    nodes = choose(groups, edges)
    everybody = scene.people([f"Person {node}" for node in nodes],
                             lambda name: server.invite(person=name.removeprefix("Person ")))
    host, facilitator, *others = everybody
    by_external_id = {person["external_id"]: person for person in server.json("person", "list")}
    assert len(by_external_id) == 1005
    assert [by_external_id[node]["state"] for node in nodes] == ["joined"] * JOINED
    for index, person in enumerate(others):
        person.run("profile", "set", "--opt-in", "--topic", ("falls", "night shifts")[index % 2], "--can-help-with",
                   "bed sensors", "--weekly-contacts", "2")

    # Only those who joined and opted in are proposed, with a reason, and nobody of the host's own group.
    asked = last(host, "peer-assist", "ask", QUESTION, "--brief", BRIEF, "--topic", "falls", "--facilitator",
                 facilitator.id)
    channel = asked["channel"]
    ids = {person.id: person for person in others}
    proposed = [record for record in host.json("peer-assist", "propose", channel) if "reason" in record]
    assert 6 <= len(proposed) <= 8
    assert all(record["person"] in ids and record["reason"] for record in proposed)
    invited = [ids[record["person"]] for record in host.json("peer-assist", "invite", channel, "--all")
               if record["type"] == "invited"]
    assert 6 <= len(invited) <= 8
    uninvited = [person for person in others if person not in invited]

    # The first says no; the others come, let in by the host's client, which is online.
    following = host.follow(channel)
    invited[0].run("invitation", "decline")
    assisters = invited[1:]
    for person in assisters:
        shown = [record for record in person.json("invitation", "list") if record["type"] == "invitation"]
        assert [(record["title"], record["state"]) for record in shown] == [(QUESTION, "open")]
        assert shown[0]["reason"]
        person.run("invitation", "accept")
        following.wait_record("an assister", lambda record, person=person: any(
            change["change"] == "added" and change["person"] == person.id for change in record.get("changes", [])))
    members = [host, facilitator, *assisters]
    scene.together(lambda person: person.run("sync"), members[1:])

    # Every stage, with who may speak in it.
    host.run("peer-assist", "open", channel)
    spoken = {}
    for name in STAGES:
        assert stage(facilitator, channel) == name
        if name == "context":
            assisters[0].run("idea", channel, "too early", code=NOT_NOW)
            host.run("context", channel, "Twenty-four beds, two nurses at night.")
        elif name == "questions":
            assisters[0].run("question", channel, "On the way to the toilet?")
            host.run("answer", channel, "Two of three.")
        elif name == "ideas":
            for index, person in enumerate(assisters):
                spoken[person] = f"Idea {index}: a round at one and at four"
                person.run("idea", channel, spoken[person], "--why", "it halved our falls")
            assisters[1].run("offer", channel, "I can come for one night.")
            assisters[2].run("note", channel, "Rounds, huddle, beds.")
        elif name == "last-ideas":
            host.run("last-idea", channel, "not mine to give", code=NOT_NOW)
            scene.together(lambda person: person.run("last-idea", channel, f"Last idea of {person}"), assisters)
        elif name == "summary":
            facilitator.run("summary", channel, "Start with one bay.")
        elif name == "commitment":
            facilitator.run("commit", channel, "not mine to promise", code=NOT_NOW)
            host.run("commit", channel, "We start the rounds on Monday", "--owner", "Host", "--due", "2030-01-07")
            host.run("action", channel, "Send the checklist to all", "--owner", "Host", "--due", "2030-01-09")
        if name != STAGES[-1]:
            facilitator.run("stage", "next", channel)
    assert session(host, channel)["breaches"] == []

    # The harvest: everything that was said where it belongs, nobody's name on an idea, read by all.
    host.run("harvest", channel, "--publish", "--follow-up", "2030-02-04")
    facilitator.run("stage", "end", channel)
    harvest = last(host, "harvest", channel)
    assert harvest["published"] and harvest["actions"] == 2
    markdown = harvest["markdown"]
    for text in (BRIEF, "Twenty-four beds", "it halved our falls", "I can come for one night", "Start with one bay",
                 "We start the rounds on Monday", "Send the checklist", "2030-01-07", "2030-02-04", *spoken.values()):
        assert text in markdown, text
    for person in assisters:
        assert not re.search(rf"(?<!Last idea of ){re.escape(person.name)}", markdown), "ideas have no names"
    read = scene.together(lambda person: (person.run("sync"), last(person, "harvest", channel))[1], members)
    assert [record["markdown"] for record in read] == [markdown] * len(members)
    for person in uninvited + invited[:1]:
        person.run("read", channel, code=NOT_FOUND)

    # The server has none of it.
    following.end()
    server.stop()
    for text in ("Twenty-four beds", "halved our falls", "rounds on Monday", "Last idea of"):
        assert server.occurrences(text) == []
