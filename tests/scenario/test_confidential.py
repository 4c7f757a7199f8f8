# SPDX-License-Identifier: AGPL-3.0-or-later
"""A confidential channel: nobody outside sees that it is there, who is in it, or that something came of it;
neither members nor an admin nor whoever runs the server, whatever they ask."""
import contextlib
import json
import sqlite3
import urllib.request

from test_introductions import community, ties
from weft_scenario import NOT_FOUND, free_port

TITLE = "The night of the third of May"


def hold(ann, others, visibility):
    """A peer assist of these people, in which everybody says something."""
    channel = ann.json("peer-assist", "ask", TITLE, f"--{visibility}")[-1]["channel"]
    for person in others:
        ann.run("channel", "add", channel, person.id)
        person.run("sync")
    ann.run("peer-assist", "open", channel)
    for person in (ann, *others):
        person.run("sync")
        person.run("note", channel, f"{person.name} was here")
    return channel


def asked_by_members(person, channel, about):
    """All that somebody outside can ask, as text; whether or not it is refused."""
    commands = [("channel", "list"), ("channel", "list", "--mine"), ("channel", "show", channel),
                ("channel", "join", channel), ("channel", "knocks", channel), ("read", channel),
                ("peer-assist", "propose", channel), ("people",), ("network",), ("stats",), ("invitation", "list"),
                ("group", "list"), ("profile",), ("status",), ("sync",)]
    for other in about:
        commands += [("people", other.name), ("device", "list", other.id)]
    answers = []
    for command in commands:
        for json_lines in (False, True):
            result = person.run(*command, json_lines=json_lines, code=None)
            answers.append((command, result.text + result.error))
    return answers


def asked_by_the_operator(server, about, monitor_port):
    answers = []
    commands = [("stats",), ("suggest",), ("suggest", "--offer"), ("suggest", "--coffee"), ("person", "list"),
                ("group", "list"), ("invite", "list")]
    for other in about:
        commands += [("person", "export", other.id), ("device", "list", other.id)]
    for command in commands:
        for json_lines in (False, True):
            result = server.admin(*command, json_lines=json_lines, code=None)
            answers.append((command, result.text + result.error))
    with urllib.request.urlopen(f"http://127.0.0.1:{monitor_port}/metrics", timeout=30) as metrics:
        answers.append((("metrics",), metrics.read().decode()))
    export = server.directory / "figures"
    server.admin("stats", "--export", str(export), code=None)
    for path in sorted(export.parent.rglob("figures*")):
        if path.is_file():
            answers.append((("stats --export", path.name), path.read_text(errors="replace")))
    answers.append((("log",), server.log()))
    return answers


def counts(answers, *command):
    """What a list of devices says of channels."""
    return [json.loads(line).get("channels") for asked, text in answers if asked[:2] == command
            for line in text.splitlines() if line.startswith("{")]


def test_nothing_of_a_confidential_channel_shows_outside(scene):
    monitor_port = free_port()
    server, (ann, bea, cy, dora) = community(scene, ["Ann", "Bea", "Cy", "Dora"])
    server.stop()
    server.configure(monitor_port=monitor_port)
    server.start()
    admin = scene.person("Ada Admin", server.invite(group="Office", role="admin"))
    channel = hold(ann, (bea, cy), "confidential")
    inside = [record["channel"] for record in ann.json("status") if record["type"] == "channel"]
    assert inside == [channel]
    assert ann.json("channel", "show", channel)[0]["visibility"] == "confidential"
    # No tie comes of it, for those who were there either.
    for person in (ann, bea, cy):
        assert ties(person) == {}
    answers = asked_by_members(dora, channel, (ann, bea, cy)) + asked_by_members(admin, channel, (ann, bea, cy)) + \
        asked_by_the_operator(server, (ann, bea, cy), monitor_port)
    assert len(answers) > 80
    for command, text in answers:
        for word in (channel, channel[:8], TITLE, "was here"):
            assert word not in text or word in command[-1], (command, word, text)
        assert "confidential" not in text or command[:2] == ("person", "export"), (command, text)
    for asker in (dora, admin):
        for command in (("channel", "show", channel), ("channel", "join", channel), ("read", channel)):
            asker.run(*command, code=NOT_FOUND)
    assert not [count for count in counts(answers, "device", "list") if count], "who is in how many channels"
    # What is left for whoever looks into the files says not who did it.
    with contextlib.closing(sqlite3.connect(f"file:{server.state / 'weftd.db'}?mode=ro", uri=True)) as database:
        assert database.execute("SELECT count(*) FROM audit WHERE subject = ?", (bytes.fromhex(channel),)).fetchone()[0] == 0
    ann.run("channel", "set", channel, "--keep-days", "30")
    with contextlib.closing(sqlite3.connect(f"file:{server.state / 'weftd.db'}?mode=ro", uri=True)) as database:
        assert database.execute("SELECT act, actor FROM audit WHERE subject = ?",
                                (bytes.fromhex(channel),)).fetchall() == [("channel.keep", None)]
    # The people themselves see how many channels their devices are in; and the means to see all this work.
    assert [record["channels"] for record in ann.json("device", "list")] == [1]
    hold(ann, (bea,), "private")
    assert ties(ann) == {"Bea": ["sessions"]} and ties(cy) == {}
    assert counts([(("device", "list"), server.admin("device", "list", ann.id, json_lines=True).text)],
                  "device", "list") == [1]
    server.stop()
