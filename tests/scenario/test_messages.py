# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages about messages: replies, mentions, reactions, edits and deletions among three members and
somebody who comes later, and what is left of a deleted message on the server."""
import hashlib
import sqlite3
import subprocess

from weft_scenario import CONFLICT, INTERNAL, NOT_FOUND, NOT_NOW, USAGE
from weft_talk import said, share_channel

MEMBERS = ("Ann", "Bea", "Cy")


def record(person, channel, sequence):
    return next(record for record in person.json("read", channel) if record["sequence"] == sequence)


def test_a_reply_quotes_what_its_reader_can_read(scene):
    server = scene.server()
    (ann, bea, cy), channel = share_channel(scene, server, MEMBERS)
    question = said(ann, channel, "How do you prevent falls at night?")
    said(bea, channel, "We switch the light on", "--reply", str(question))
    shown = ann.run("read", channel).text
    assert f"> {question} Ann: How do you prevent falls at night?" in shown
    late = scene.person("Dee", server.invite(group="Ward of Dee"))
    late.run("channel", "join", channel)
    answer = said(cy, channel, "Us too", "--reply", str(question))
    assert "(a message that you cannot read here)" in late.run("read", channel).text
    assert "prevent falls" not in late.run("read", channel).text
    assert record(late, channel, answer)["text"] == "Us too"
    assert ann.run("say", channel, "What?", "--reply", "999", code=NOT_FOUND).error.count("weft read") == 1
    server.stop()


def test_a_mention_is_an_id_and_an_ambiguous_one_is_refused(scene):
    server = scene.server()
    (ann, bob, other), channel = share_channel(scene, server, ("Ann Lee", "Bob Hill", "Bob Moor"))
    refused = ann.run("say", channel, "@bob can you look?", code=CONFLICT)
    assert "Bob Hill" in refused.error and "Bob Moor" in refused.error
    number = said(ann, channel, "@bob h, and @Bob Moor: mail a@bob.example @ 5 or @6pm")
    shown = record(bob, channel, number)
    assert shown["text"] == "@Bob Hill, and @Bob Moor: mail a@bob.example @ 5 or @6pm"
    assert shown["mentions"] == [bob.id, other.id]
    assert shown["mentions_you"] and not record(ann, channel, number)["mentions_you"]
    assert "(mentions you)" in bob.run("read", channel).text
    server.stop()


def test_whoever_mentions_somebody_who_is_not_there_is_told_before_it_is_sent(scene):
    server = scene.server()
    (ann, bea, _), channel = share_channel(scene, server, MEMBERS)
    dee = scene.person("Dee", server.invite(group="Ward of Dee"))
    number = said(bea, channel, "the mats arrived")
    for name in ("Dee", "Beatrix", dee.id):
        for words in (("say", channel, f"Thanks @Bea, and @{name}!"), ("note", channel, f"@{name}"),
                      ("say", channel, "--kind", "idea", f"ask @{name}")):
            refused = ann.run(*words, code=NOT_FOUND).error
            assert f'"@{name}" is nobody in this channel' in refused and "weft channel add" in refused
    assert '"@Dee" is nobody' in bea.run("edit", channel, number, "@Dee, they arrived", code=NOT_FOUND).error
    assert ann.json("read", channel)[-1]["sequence"] == number
    plain = said(ann, channel, "--no-mentions", "@Bea, @Dee")
    assert (record(bea, channel, plain)["text"], record(bea, channel, plain)["mentions_you"]) == ("@Bea, @Dee", False)
    dee.run("channel", "join", channel)
    assert record(dee, channel, said(ann, channel, "@Dee is here now"))["mentions_you"]
    server.stop()


def test_a_text_that_is_too_long_is_refused_with_what_to_do_and_not_sent(scene):
    server = scene.server()
    (ann, bea, _), channel = share_channel(scene, server, MEMBERS)
    number = said(ann, channel, "the beginning")

    def refused(*words, stdin=None):
        error = ann.run(*words, stdin=stdin, code=USAGE).error
        assert "too long" in error and error.count("\n") == 1
        return error

    for blank in ("", " ", "\n \t\n"):
        assert "nothing to say" in ann.run("say", channel, blank, code=USAGE).error
        assert "nothing to say" in ann.run("say", channel, "-", stdin=blank, code=USAGE).error
    most = "x" * 16000
    for following in (None, ann.follow(channel)):
        for count in (16001, 64001, 120000):
            assert "16000 bytes" in refused("say", channel, "x" * count)
            assert "weft file send" in refused("say", channel, "-", stdin="x" * count)
        assert "16000 bytes" in refused("say", channel, "-", stdin="\x01" * 64000)
        assert "It has 16001" in refused("edit", channel, number, most + "x")
        assert "35 bytes" in refused("say", channel, "@Bea " * 3000)
        assert "reason" in refused("say", channel, "--kind", "idea", "--because", most + "x", "x")
        assert "at most 120" in refused("action", channel, "--owner", "x" * 121, "x")
        assert ann.json("read", channel)[-1]["sequence"] == number
    following.end()
    assert record(bea, channel, said(ann, channel, "--kind", "idea", "--because", most, most))["reason"] == most
    assert ann.run("say", channel, "-", stdin=f"{most}\n").code == 0
    server.stop()


def test_where_there_is_nothing_to_read_that_is_said(scene):
    server = scene.server()
    (ann,), channel = share_channel(scene, server, ("Ann",), "--history", "from-joining")
    assert "  -- nothing was said here yet\n" in ann.run("read", channel).text
    said(ann, channel, "How do you prevent falls at night?")
    late = scene.person("Dee", server.invite(group="Ward of Dee"))
    ann.run("channel", "add", channel, late.id)
    assert late.run("read").text == "  -- nothing was said here since you joined\n"
    assert late.json("read") == []
    said(ann, channel, "Anybody?")
    assert "Anybody?" in late.run("read", "--new").text
    assert late.run("read", "--new").text == "  -- nothing new since\n"
    server.stop()


def test_saying_something_in_no_channel_tells_what_there_is(scene):
    server = scene.server()
    (ann, bea, _), channel = share_channel(scene, server, MEMBERS)
    dee = scene.person("Dee", server.invite(group="Ward of Dee"))
    for words in (("Nights", "hello"), ("0" * 32, "hello")):
        error = dee.run("say", *words, code=NOT_FOUND).error
        assert f'no channel called "{words[0]}"' in error and "weft channel join" in error
    assert "you are in no channel: weft channel list" in dee.run("say", "hello", code=USAGE).error
    assert '"Falls at night": say which channel, or put the whole text in quotes' in (
        ann.run("say", "hello", "everybody", code=NOT_FOUND).error)
    ann.run("channel", "create", "Second", "--open")
    for words, how in ((("say", "hello"), "weft say CHANNEL TEXT..."), (("react", "4", "thanks"), "weft react CHANNEL NUMBER"),
                       (("file", "save", "4"), "weft file save CHANNEL NUMBER"), (("read",), "weft read CHANNEL")):
        error = ann.run(*words, code=USAGE).error
        assert "say which channel (weft status lists yours)" in error and how in error
    assert "weft channel join" in ann.run("say", "hello", "everybody", code=NOT_FOUND).error
    assert bea.json("read", channel)[-1]["type"] != "message"
    server.stop()


def test_reactions_are_counted_once_and_taken_back(scene):
    server = scene.server()
    (ann, bea, cy), channel = share_channel(scene, server, MEMBERS)
    number = said(ann, channel, "The mats arrived")
    for person in (bea, cy, bea):
        person.run("react", channel, number, "👍")
    bea.run("react", channel, number, "thanks")
    assert "    👍 Bea, Cy\n    thanks Bea\n" in ann.run("read", channel).text
    bea.run("react", channel, number, "👍", "--undo")
    assert [(item["text"], item["person"]) for item in record(ann, channel, number)["reactions"]] == [
        ("👍", cy.id), ("thanks", bea.id)]
    assert ann.run("read", channel).text.count("👍") == 1
    ann.run("react", channel, number, "two words", code=USAGE)
    server.stop()


def test_an_edit_takes_the_place_of_the_text_for_its_author_only(scene):
    server = scene.server()
    (ann, bea, cy), channel = share_channel(scene, server, MEMBERS)
    number = said(ann, channel, "--kind", "idea", "--because", "it works", "Matts beside the bed")
    cy.run("sync")
    following = cy.follow(channel)
    ann.run("edit", channel, number, "Mats beside the bed")
    news = following.wait_record("the edit", lambda line: line.get("kind") == "edit")
    assert (news["target"], news["text"]) == (number, "Mats beside the bed")
    following.end()
    for person in (ann, bea, cy):
        shown = record(person, channel, number)
        assert (shown["text"], shown["reason"], shown["edited"]) == ("Mats beside the bed", "it works", number + 1)
        assert "Matts" not in person.run("read", channel).text
    assert "(edited)" in bea.run("read", channel).text
    assert "not yours" in bea.run("edit", channel, number, "No mats", code=NOT_NOW).error
    server.stop()


def test_an_edit_for_people_who_came_later_asks_first(scene):
    server = scene.server()
    (ann, bea, _), channel = share_channel(scene, server, MEMBERS)
    number = said(ann, channel, "Mrs Hill fell on Monday")
    late = scene.person("Dee", server.invite(group="Ward of Dee"))
    late.run("channel", "join", channel)
    assert "1 person came since" in ann.run("edit", channel, number, "Somebody fell", code=CONFLICT).error
    ann.run("edit", channel, number, "Somebody fell on Monday", "--for-newcomers")
    assert record(bea, channel, number)["text"] == "Somebody fell on Monday"
    shown = late.run("read", channel).text
    assert "Ann edited a message that you cannot read here" in shown and "Mrs Hill" not in shown
    server.stop()


def test_a_deleted_message_is_gone_from_the_server_and_from_every_device(scene):
    server = scene.server()
    (ann, bea, cy), channel = share_channel(scene, server, MEMBERS)
    number = said(bea, channel, "a canary that nobody should keep")
    cy.run("sync")
    bea.run("edit", channel, number, "another canary that nobody should keep")
    bea.run("react", channel, number, "oops")
    with sqlite3.connect(f"file:{server.state}/weftd.db?mode=ro", uri=True) as database:
        rows = database.execute("SELECT bytes, hash FROM log WHERE sequence IN (?, ?) AND generation = 1",
                                (number, number + 1)).fetchall()
    assert len(rows) == 2 and all(hashlib.sha256(data).digest() == digest for data, digest in rows)
    assert "only who said it" in cy.run("delete", channel, number, code=NOT_NOW).error
    bea.run("delete", channel, number)
    for person in (ann, cy):
        person.run("sync")
        shown = record(person, channel, number)
        assert (shown["type"], shown["deleted_by"]) == ("deleted", bea.id)
        assert "text" not in shown
        assert "canary" not in person.run("read", channel).text + str(person.json("read", channel))
    assert "(deleted by Bea)" in ann.run("read", channel).text
    bea.run("react", channel, number, "hm", code=NOT_FOUND)
#Whoever was away pages over the tombstones, and everybody goes on in one log.
    late = scene.person("Dee", server.invite(group="Ward of Dee"))
    late.run("channel", "join", channel)
    last = said(late, channel, "here I am")
    for person in (ann, bea, cy):
        assert record(person, channel, last)["text"] == "here I am"
        assert [line["warning"] for line in person.json("read", channel) if line["warning"]] == []
    server.stop()
    for data, _ in rows:
        for piece in (data[40:72], data[-48:-16]):
            assert server.occurrences(piece) == []


def test_what_was_deleted_before_a_kill_is_gone_once_the_server_is_back(scene):
    server = scene.server()
    (ann, _, _), channel = share_channel(scene, server, MEMBERS)
    number = said(ann, channel, "a canary that nobody should keep")
    with sqlite3.connect(f"file:{server.state}/weftd.db?mode=ro", uri=True) as database:
        (data,), = database.execute("SELECT bytes FROM log WHERE sequence = ? AND generation = 1", (number,))
    ann.run("delete", channel, number)
    server.kill()
    assert server.occurrences(data[-48:-16]) == ["weftd.db-wal"]
    server.start()
    assert server.occurrences(data[-48:-16]) == []
    server.stop()


def test_somebody_offline_meanwhile_catches_up_over_what_was_deleted(scene):
    server = scene.server()
    (ann, bea, cy), channel = share_channel(scene, server, MEMBERS)
    cy.run("sync")
    numbers = [said(bea, channel, f"message {turn}") for turn in range(6)]
    for number in numbers[1:5]:
        bea.run("delete", channel, number)
    assert record(ann, channel, numbers[5])["text"] == "message 5"
    cy.run("sync")
    kinds = {line["sequence"]: line for line in cy.json("read", channel)}
    assert [kinds[number]["type"] for number in numbers] == ["message"] + ["deleted"] * 4 + ["message"]
    assert all(kinds[number]["deleted_by"] == bea.id for number in numbers[1:5])
    assert [line["warning"] for line in kinds.values() if line["warning"]] == []
    said(cy, channel, "caught up")
    assert ann.json("read", channel)[-1]["text"] == "caught up"
    server.stop()


def test_a_facilitator_deletes_what_somebody_else_said_and_it_shows(scene):
    server = scene.server()
    (ann, bea, cy), channel = share_channel(scene, server, MEMBERS)
    number = said(cy, channel, "the patient's name is")
    ann.run("delete", channel, number)
    for person in (bea, cy):
        assert record(person, channel, number)["deleted_by"] == ann.id
    assert "(deleted by Ann)" in bea.run("read", channel).text
    server.stop()


def test_search_finds_words_whatever_their_case_and_accents_and_leaves_nothing_on_the_disk(scene):
    server = scene.server()
    (ann, bea, _), channel = share_channel(scene, server, MEMBERS)
    first = said(ann, channel, "Résumé of the zebrafish round")
    said(bea, channel, "nothing about fish")
    other = ann.json("channel", "create", "Second", "--private")[-1]["channel"]
    second = said(ann, other, "--kind", "idea", "--because", "zebrafish need no light", "Keep it dark")

    def found(*words):
        return [(line["channel"], line["sequence"]) for line in ann.json("search", *words) if line["type"] == "message"]

    assert found("ZEBRA", "resume") == [(channel, first)]
    assert found("zebra") == [(channel, first), (other, second)]
    assert found("zebra", "--in", "second") == [(other, second)]
    assert found("zebra", "--last", "1") == [(other, second)]
    assert "nothing was said" in ann.run("search", "elephant").text
    # The process that follows keeps its index: what is edited or deleted is found as it is now.
    following = ann.follow()
    assert found("zebra") == [(channel, first), (other, second)]
    ann.run("edit", channel, first, "Summary of the goldfish round")
    ann.run("delete", other, second)
    third = said(ann, channel, "a zebrafish again")
    assert found("zebra") == [(channel, third)]
    assert found("goldfish") == [(channel, first)]
    following.end()
    for path in ann.profile_files():
        data = path.read_bytes().lower()
        assert b"zebra" not in data and b"goldfish" not in data, path
    server.stop()


def test_read_marks_what_is_new(scene):
    server = scene.server()
    (ann, bea, _), channel = share_channel(scene, server, MEMBERS)
    said(bea, channel, "one")
    assert "new since" not in ann.run("read", channel).text
    said(bea, channel, "two")
    text = ann.run("read", channel).text
    assert text.index("one") < text.index("-- new since you last read --") < text.index("two")
    assert "new since" not in ann.run("read", channel).text
    # Whoever looks at the end only has not read what is before it.
    numbers = [said(bea, channel, text) for text in ("three", "four", "five")]
    assert ann.run("read", channel, "--last", "1").text.startswith("  -- more before this is new: weft read --new\n")
    assert ann.json("read", channel, "--since", numbers[1])[-1]["text"] == "five"
    assert [line["text"] for line in ann.json("read", channel, "--new")] == ["three", "four", "five"]
    said(bea, channel, "six")
    assert len(ann.json("read", channel, "--last", "2")) == 2
    assert ann.json("read", channel, "--new") == []
    server.stop()


def test_what_could_not_be_written_is_not_read(scene):
    server = scene.server()
    (ann, bea, _), channel = share_channel(scene, server, MEMBERS)
    said(bea, channel, "one")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(ann.argv("read", channel), env=ann.environment, stdout=full, check=False)
    assert done.returncode == INTERNAL
    assert [line["text"] for line in ann.json("read", channel, "--new") if line["type"] == "message"] == ["one"]
    server.stop()
