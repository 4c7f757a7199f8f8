# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was said before somebody joined: shared by a member where the channel was made so, and never
elsewhere; edited as it stands, without what was deleted, each author verified; by whom it was shared
is shown; and the server can read none of it."""
import random
import re
import signal
import subprocess
import time

from test_files import stored
from weft_scenario import NOT_NOW, USAGE, until
from weft_talk import said

DAY_MS = 24 * 3600 * 1000


def talk(scene, server, *flags, count=3):
    """Ann, Bea and Cy in a channel of Ann's; each says so many things, in several epochs."""
    ann, bea, cy = scene.people(["Ann", "Bea", "Cy"], lambda name: server.invite(group=f"Ward of {name}"))
    channel = ann.json("channel", "create", "Falls at night", *flags)[0]["channel"]
    for number in range(count):
        ann.run("say", channel, f"canary-ann-{number}")
    ann.run("channel", "add", channel, bea.id)
    bea.run("sync")
    for number in range(count):
        bea.run("say", channel, f"canary-bea-{number}")
    ann.run("channel", "add", channel, cy.id)
    cy.run("sync")
    for number in range(count):
        cy.run("say", channel, f"canary-cy-{number}")
    for person in (ann, bea, cy):
        person.run("sync")
    return ann, bea, cy, channel


def by_text(person, channel):
    return {record.get("text"): record for record in person.json("read", channel) if record["type"] == "message"}


def segments(server):
    """(file, first, last) of what is sealed; each has its bytes on the disk."""
    rows = server.sql("SELECT hex(file), first_sequence, last_sequence FROM files WHERE first_sequence > 0"
                       " AND complete = 1 ORDER BY first_sequence")
    names = {path.name for path in stored(server)}
    assert all(row[0].lower() in names for row in rows), (rows, names)
    return rows


def everything(person, channel):
    """All that the person's screen and their programs can show of a channel."""
    return person.run("read", channel).text + str(person.json("read", channel)) + str(person.json("search", "canary"))


def fetched(person, channel):
    """What `weft history` says once it has come, on a slow machine not at the first try."""
    return until("the history", lambda: next(filter(lambda line: line["here"], person.json("history", channel)), None))


def newcomer(scene, server, host, channel, name="Dee"):
    dee = scene.person(name, server.invite(group=f"Ward of {name}"))
    host.run("channel", "add", channel, dee.id)
    dee.run("sync")
    return dee


def test_a_newcomer_gets_all_of_it_from_a_member(scene):
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full", count=14)
    following = ann.follow(channel)
    dee = newcomer(scene, server, ann, channel)
    result = fetched(dee, channel)
    assert result["missing"] == 0 and result["refused"] == 0, result
    shown = by_text(dee, channel)
    for name, person in (("ann", ann), ("bea", bea), ("cy", cy)):
        for number in range(14):
            record = shown[f"canary-{name}-{number}"]
            assert (record["person"], record["shared_by"], record["warning"]) == (person.id, "Ann", ""), record
    assert "(shared by Ann)" in dee.run("read", channel).text
    following.end()
    assert not server.occurrences("canary-")
    server.stop()


def test_what_came_is_told_with_the_numbers_that_count_something(scene):
    server = scene.server()
    ann, _, _, channel = talk(scene, server, "--private", "--history", "full")
    following = ann.follow(channel)
    dee = newcomer(scene, server, ann, channel)
    told = until("the history", lambda: next(
        (line for line in dee.run("sync").error.splitlines() if "before you joined is here" in line), None))
    assert re.search(r"is here: \d+ messages[.,]", told) and " 0 " not in told, told
    following.end()
    server.stop()


def test_nothing_is_called_withheld_that_nobody_withheld(scene):
    """Where people came before, and edited: the keys that they were given, and edits that others replaced, lack nobody."""
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    edited = said(cy, channel, "canary-first-words")
    for words in ("canary-second-words", "canary-third-words"):
        cy.run("edit", channel, edited, words)
    bea.run("react", channel, edited, "thanks")
    dee = newcomer(scene, server, ann, channel)
    told = ann.run("sync").error + until("the history", lambda: next(
        (text for text in [dee.run("sync").error] if "before you joined is here" in text), None))
    result = fetched(dee, channel)
    assert (result["withheld"], result["missing"], result["refused"]) == (0, 0, 0) and result["control"] > 1, result
    assert result["messages"] == 10 and "is here: 10 messages." in told, (result, told)
    shown = told + dee.run("history", channel).text + dee.run("read", channel).text
    for word in ("withheld", "shared:", "deleted", "kept", "Another member"):
        assert word not in shown, shown
    server.stop()


def test_the_screen_has_what_people_said_and_who_came_in(scene):
    """Keys, admissions and what each newcomer is told again say nothing to a person: programs get them, people do not."""
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full", count=1)
    dee = newcomer(scene, server, ann, channel)
    ann.run("sync")
    fetched(dee, channel)
    kinds = [record["kind"] for record in ann.json("read", channel) if record["type"] == "message"]
    assert {"history", "admission", "channel_state"} <= set(kinds), kinds
    lines = ann.run("read", channel).text.splitlines()
    assert [line.strip() for line in lines if "2026" not in line and not re.match(r"\d", line)] == [
        '-- the channel is called "Falls at night"', "canary-ann-0", "-- Ann let Bea in", "canary-bea-0",
        "-- Ann let Cy in", "canary-cy-0", "-- Ann let Dee in"], lines
    # Of what came before, the changes themselves are not told to a newcomer.
    text = dee.run("read", channel).text
    assert "-- Ann let in: Bea" in text and "-- Ann let in: Cy" in text, text
    assert "[" not in text and text.count("Falls at night") == 1, text
    # So many lines of them as were asked for.
    assert "canary-cy-0" in dee.run("read", channel, "--last", 2).text
    # What has nothing for a person is nothing new either; programs get it, and the mark goes on.
    for name, read in (("Eve", lambda: [record["kind"] for record in ann.json("read", channel, "--new")]),
                       ("Fay", lambda: ann.run("read", channel, "--new").text)):
        person = scene.person(name, server.invite(group=f"Ward of {name}"))
        ann.run("channel", "add", channel, person.id)
        ann.run("read", channel)
        person.run("sync")  # asks for the keys
        ann.run("sync")
        assert read() in (["history"], "  -- nothing new since\n")
        assert ann.json("read", channel, "--new") == []
    server.stop()


def test_what_was_edited_or_deleted_is_shared_as_it_stands(scene):
    server = scene.server()
    ann, bea = scene.people(["Ann", "Bea"], lambda name: server.invite(group=f"Ward of {name}"))
    channel = ann.json("channel", "create", "Falls", "--private", "--history", "full")[0]["channel"]
    ann.run("channel", "add", channel, bea.id)
    bea.run("sync")
    question = said(bea, channel, "canary-question")
    edited = said(ann, channel, "canary-first-words", "--reply", question)
    ann.run("edit", channel, edited, "canary-second-words")
    ann.run("edit", channel, edited, "canary-third-words")
    deleted = said(bea, channel, "canary-deleted")
    bea.run("react", channel, question, "thanks")
    bea.run("delete", channel, deleted)
    later = said(bea, channel, "canary-deleted-later")
    edited_later = said(bea, channel, "canary-edited-later")
    bea.run("sync")
    dee = newcomer(scene, server, ann, channel)
    ann.run("sync")
    fetched(dee, channel)
    records = {record["sequence"]: record for record in dee.json("read", channel)}
    assert records[edited]["text"] == "canary-third-words" and records[edited]["edited"] > edited + 1
    assert records[edited]["person"] == ann.id and records[edited]["reply_sequence"] == question
    assert records[question]["reactions"] == [{"text": "thanks", "person": bea.id}]
    assert records[deleted]["type"] == "deleted" and records[deleted]["deleted_by"] == bea.id
    shown = everything(dee, channel)
    for gone in ("canary-first-words", "canary-second-words", "canary-deleted'", "canary-deleted\n"):
        assert gone not in shown, gone
    assert records[later]["text"] == "canary-deleted-later"
    # What is deleted after it was sealed takes the segment with it, in the same moment.
    (before,) = segments(server)
    bea.run("delete", channel, later)
    assert segments(server) == []
    # What is edited after it was sealed is sealed anew before anybody gets the key.
    ann.run("sync")
    eve = newcomer(scene, server, ann, channel, "Eve")
    ann.run("sync")
    fetched(eve, channel)
    (middle,) = segments(server)
    assert middle[0] != before[0]
    bea.run("edit", channel, edited_later, "canary-new-words")
    fay = newcomer(scene, server, ann, channel, "Fay")
    ann.run("sync")
    fetched(fay, channel)
    (after,) = segments(server)
    assert after[0] != middle[0]
    shown = everything(fay, channel)
    assert "canary-new-words" in shown and "canary-edited-later" not in shown
    for person in (eve, fay):
        assert "canary-deleted-later" not in everything(person, channel)
        assert not [record["warning"] for record in person.json("read", channel) if record["warning"]]
    server.stop()


def test_a_newcomer_waits_plainly_while_nobody_is_online(scene):
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    dee = scene.person("Dee", server.invite(group="Ward of Dee"))
    ann.run("channel", "add", channel, dee.id)
    assert "comes when a member who has it is online" in dee.run("read", channel, code=None).error \
        + dee.run("sync").text + dee.run("sync").error + dee.run("history", channel).text
    assert "not all here yet" in dee.run("read", channel).text
    assert by_text(dee, channel).keys().isdisjoint({"canary-ann-0", "canary-cy-2"})
    server.restart()  # who waits is not forgotten with the process
    bea.run("sync")  # who came later than Ann's first words had them from nobody
    dee.run("sync")
    ann.run("sync")
    assert "canary-ann-0" in by_text(dee, channel) or dee.json("history", channel)[-1]["here"]
    assert by_text(dee, channel)["canary-cy-2"]["person"] == cy.id
    # Who has it gives it on, when those from whom it came are away.
    eve = newcomer(scene, server, ann, channel, "Eve")
    dee.run("sync")
    result = fetched(eve, channel)
    assert result["missing"] == 0 and result["refused"] == 0, result
    assert by_text(eve, channel)["canary-ann-2"]["shared_by"] == "Dee"
    assert by_text(eve, channel)["canary-ann-2"]["person"] == ann.id
    server.stop()


def test_from_joining_shows_nothing_of_before(scene):
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private")
    number = said(ann, channel, "canary-before")
    dee = newcomer(scene, server, ann, channel)
    cy.run("say", channel, "I agree", "--reply", number)
    ann.run("react", channel, number, "hm")
    bea.run("sync")
    ann.run("edit", channel, number, "canary-edited", "--for-newcomers")
    ann.run("delete", channel, number)
    dee.run("sync")
    result = dee.json("history", channel)[-1]
    assert not result["full"] and result["messages"] == 0
    shown = everything(dee, channel)
    assert "I agree" in shown and "canary-before" not in shown and "canary-ann" not in shown
    assert segments(server) == []
    assert "their joining on" in dee.run("channel", "show", channel).text
    server.stop()


def test_the_rule_is_shown_and_can_only_be_closed(scene):
    server = scene.server()
    ann, bea = scene.people(["Ann", "Bea"], lambda name: server.invite(group=f"Ward of {name}"))
    ann.run("channel", "create", "Falls", "--history", "some", code=USAGE)
    channel = ann.json("channel", "create", "Falls", "--open", "--history", "full")[0]["channel"]
    ann.run("say", channel, "canary-one")
    assert "can read everything" in bea.run("channel", "show", channel).text
    assert "can read everything" in bea.run("channel", "join", channel).text
    ann.run("sync")
    assert bea.json("history", channel)[-1]["messages"] == 1
    assert len(segments(server)) == 1
    assert "only a facilitator" in bea.run("channel", "set", channel, "--history", "from-joining", code=None).error
    ann.run("channel", "set", channel, "--history", "from-joining")
    assert segments(server) == []
    until("the bytes are gone", lambda: stored(server) == [])
    assert "only a new channel" in ann.run("channel", "set", channel, "--history", "full", code=NOT_NOW).error
    bea.run("sync")
    cy = scene.person("Cy", server.invite(group="Ward of Cy"))
    assert "their joining on" in cy.run("channel", "join", channel).text
    for person in (ann, bea):
        person.run("sync")
    assert not cy.json("history", channel)[-1]["full"]
    assert "canary-one" not in everything(cy, channel)
    server.stop()


def test_who_was_removed_gets_no_more_keys(scene):
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    ann.run("channel", "remove", channel, bea.id)
    bea.run("sync", code=None)
    ann.run("say", channel, "canary-after-bea")
    dee = newcomer(scene, server, ann, channel)
    ann.run("sync")
    fetched(dee, channel)
    keys = [record for record in ann.json("read", channel) if record.get("kind") == "history"]
    assert keys[-1]["asked_by"] == dee.id
    shown = bea.json("read", channel)
    assert shown[-1]["sequence"] < keys[-1]["sequence"] and "canary-after-bea" not in str(shown)
    server.stop()


def test_who_was_removed_and_comes_back_gets_what_was_said_meanwhile(scene):
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    fetched(bea, channel)
    ann.run("channel", "remove", channel, bea.id)
    bea.run("sync", code=None)
    cy.run("sync")
    cy.run("say", channel, "canary-meanwhile")
    ann.run("channel", "add", channel, bea.id)
    heard = bea.run("sync").error
    ann.run("sync")
    result = fetched(bea, channel)
    heard += bea.run("history", channel).error
    assert result["missing"] == 0 and "was not taken" not in heard, (result, heard)
    assert by_text(bea, channel)["canary-meanwhile"]["person"] == cy.id
    server.stop()


def test_a_swapped_segment_is_refused_and_said(scene):
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    dee = newcomer(scene, server, ann, channel)
    ann.run("sync")
    (path,) = stored(server)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    result = dee.run("history", channel)
    assert "was not taken" in result.text + result.error
    assert "canary-ann" not in everything(dee, channel)
    assert dee.json("history", channel)[-1]["missing"] > 9
    server.stop()


def test_what_is_over_leaves_the_segments(scene):
    server = scene.server()
    ann = scene.person("Ann", server.invite(group="Ward of Ann"))
    channel = ann.json("channel", "create", "Falls", "--private", "--history", "full")[0]["channel"]
    for text in ("canary-long-ago", "canary-yesterday"):
        ann.run("say", channel, text)
    dee = newcomer(scene, server, ann, channel)
    ann.run("sync")
    assert len(segments(server)) == 1
    assert "canary-long-ago" in by_text(dee, channel)
    ann.run("channel", "set", channel, "--keep-days", 2)
    server.stop()
    first = server.sql("SELECT min(row) FROM log WHERE kind = 2")[0][0]
    server.sql("UPDATE log SET at_ms = at_ms - ? WHERE row <= ?", 3 * DAY_MS, first + 1)
    server.start()
    until("the upkeep", lambda: server.sql("SELECT 1 FROM files WHERE first_sequence > 0") == [])
    server.stop()


def test_a_client_that_is_killed_goes_on(scene):
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full", count=14)
    following = ann.follow(channel)
    dee = newcomer(scene, server, ann, channel)
    chance = random.Random(7)
    for _ in range(6):
        process = subprocess.Popen(dee.argv("history", channel), env=dee.environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.05, 1.2))
        process.send_signal(signal.SIGKILL)
        process.wait()
    result = fetched(dee, channel)
    assert result["missing"] == 0 and result["refused"] == 0, result
    texts = [record["text"] for record in dee.json("read", channel) if record.get("text", "").startswith("canary-")]
    assert len(texts) == 42 and len(set(texts)) == 42
    following.end()
    server.stop()
