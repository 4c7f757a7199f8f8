# SPDX-License-Identifier: AGPL-3.0-or-later
"""Members who answer a newcomer with nothing, or with keys of nothing: what they left out is asked of others and
comes; whose turn it is not changes nothing on the server; and nobody asks more than once a minute."""
import os
import struct
import time

import pytest

from conftest import program
from test_files import stored
from test_history import by_text, fetched, newcomer, segments, talk
from weft_fault import Clock
from weft_liar import OK_CODE, Liar, entries_of
from weft_scenario import link_by_way_of, until
from weft_talk import said
from weft_wire import CHANNEL_PAGE, HISTORY_ASK, REQUEST, Proxy, vector


@pytest.fixture(scope="session")
def forge_history():
    return program("FORGE_HISTORY_PROGRAM", "tests/bench/forge_history")


def forge(scene, program_path, person, channel, *words):
    """What the server said, and for how long to wait."""
    status, wait_ms = scene.run([program_path, person.profile, channel, *map(str, words)]).text.split()
    return status, int(wait_ms)


def answers(person, channel):
    """Who has answered whom."""
    return [(record["person"], record["asked_by"]) for record in person.json("read", channel)
            if record.get("kind") == "history" and record["asked_by"]]


def test_an_answer_of_nothing_keeps_nobody_from_the_rest(scene, forge_history):
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    dee = newcomer(scene, server, ann, channel)
    forge(scene, forge_history, bea, channel, "answer", dee.id)
    heard = dee.run("sync")
    assert "were not shared by Bea, who answered last" in heard.text + heard.error
    result = dee.json("history", channel)[-1]
    assert not result["here"] and result["missing"] > 9 and result["missing_numbers"].startswith("1 to "), result
    assert "not all here yet" in dee.run("read", channel).text
    # The newcomer asks again, and Bea is not asked; nor is anybody who has answered.
    server.restart()
    dee.run("sync")
    bea.run("sync")
    assert answers(bea, channel).count((bea.id, dee.id)) == 1, "the forged one"
    ann.run("sync")
    result = fetched(dee, channel)
    assert result["missing"] == 0 and result["refused"] == 0, result
    assert by_text(dee, channel)["canary-ann-0"]["shared_by"] == "Ann"
    server.stop()


def test_keys_of_nothing_hide_no_honest_ones(scene, forge_history):
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    dee = newcomer(scene, server, ann, channel)
    ann.run("sync")
    (sealed,) = segments(server)
    forge(scene, forge_history, bea, channel, "answer", dee.id, os.urandom(16).hex(), 1, sealed[2])
    result = fetched(dee, channel)
    assert result["missing"] == 0 and result["refused"] == 0, result
    assert by_text(dee, channel)["canary-cy-2"]["shared_by"] == "Ann"
    # Nor do they spoil it for whoever comes next: it is sealed anew.
    eve = newcomer(scene, server, ann, channel, "Eve")
    ann.run("sync")
    assert fetched(eve, channel)["missing"] == 0
    server.stop()


def test_what_is_said_of_an_honest_file_hides_no_honest_key(scene, forge_history, say_many):
    """Of a full block all members know the file before a newcomer is given its key."""
    server = scene.server(messages_per_minute=1000000)
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    scene.run([say_many, ann.profile, channel, "1000"], patience_s=400)
    ann.run("sync", patience_s=200)
    (sealed,) = (row for row in segments(server) if row[2] == 1000)
    dee = newcomer(scene, server, ann, channel)
    for last, first in ((sealed[2], 1), (1001, 1001)):
        forge(scene, forge_history, bea, channel, "answer", dee.id, sealed[0].lower(), first, last)
    server.restart()  # her turn ends, and asks may come at once again
    heard = dee.run("sync")
    assert (heard.text + heard.error).count("was not taken") == 2, heard
    ann.run("sync")
    result = fetched(dee, channel)
    assert result["missing"] == 0 and result["refused"] == 0, result
    assert by_text(dee, channel)["canary-cy-2"]["shared_by"] == "Ann"
    assert sealed in segments(server), "it was not sealed anew"
    server.stop()


def test_nobody_has_a_newcomer_fetch_without_end(scene, forge_history):
    """Something else of the same block in each message, which each time has to be looked at."""
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    dee = newcomer(scene, server, ann, channel)
    (sealed,) = segments(server)
    for last in range(2, 9):
        forge(scene, forge_history, bea, channel, "answer", dee.id, sealed[0].lower(), 1, last)
    heard = dee.run("sync")
    assert (heard.text + heard.error).count("was not taken") == 4, heard
    server.restart()
    dee.run("sync")
    ann.run("sync")
    assert fetched(dee, channel)["missing"] == 0
    server.stop()


def spoil(path):
    """One bit of what the server keeps; a second time takes it back."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_what_the_server_spoiled_comes_when_it_is_whole_again(scene):
    """Whoever is asked next says the very same of it, which was refused once."""
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    dee = newcomer(scene, server, ann, channel)
    ann.run("sync")
    (path,) = stored(server)
    spoil(path)
    heard = dee.run("sync")
    assert (heard.text + heard.error).count("was not taken") == 1, heard
    spoil(path)
    server.restart()  # asks may come at once again
    dee.run("sync")
    bea.run("sync")
    assert [said for said in answers(bea, channel) if said[1] == dee.id] == [(ann.id, dee.id), (bea.id, dee.id)]
    result = fetched(dee, channel)
    assert result["missing"] == 0 and result["refused"] == 0, result
    assert by_text(dee, channel)["canary-ann-0"]["shared_by"] == "Bea"
    assert len(stored(server)) == 1, "it was not sealed anew"
    server.stop()


def test_what_stays_spoiled_is_sealed_anew_by_whoever_is_asked_again(scene, faults_library):
    """All have taken it or sealed it themselves, and would give its key on unseen."""
    server = scene.server(start=False)
    clock = Clock(faults_library, scene.directory / "clock")
    clock.set(0)
    server.start(clock.environment(scene.environment))
    ann = scene.person("Ann", server.invite(group="Ward of Ann"))
    channel = ann.json("channel", "create", "Falls", "--private", "--history", "full")[0]["channel"]
    ann.run("say", channel, "canary-ann-0")
    dee = newcomer(scene, server, ann, channel)
    ann.run("sync")
    (sealed,) = segments(server)
    (path,) = stored(server)
    spoil(path)
    heard = dee.run("sync")
    assert (heard.text + heard.error).count("was not taken") == 1, heard
    for person in (ann, dee):
        person.environment = clock.environment(person.environment)
    server.stop()
    clock.set(25 * 3600 * 1000)  # nobody is asked twice in a day
    server.start(clock.environment(scene.environment))
    dee.run("sync")
    ann.run("sync")
    result = fetched(dee, channel)
    assert result["missing"] == 0 and result["refused"] == 0, result
    assert by_text(dee, channel)["canary-ann-0"]["shared_by"] == "Ann"
    assert segments(server) != [sealed]
    server.stop()


def test_the_same_said_again_is_fetched_once_a_day(scene, forge_history):
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    dee = newcomer(scene, server, ann, channel)
    (sealed,) = segments(server)
    for _ in range(3):
        forge(scene, forge_history, bea, channel, "answer", dee.id, sealed[0].lower(), 1, sealed[2])
    heard = dee.run("sync")
    assert (heard.text + heard.error).count("was not taken") == 1, heard
    forge(scene, forge_history, cy, channel, "answer", dee.id, sealed[0].lower(), 1, sealed[2])
    heard = dee.run("sync")
    assert (heard.text + heard.error).count("What Cy shared") == 1, heard
    server.stop()


def test_nobody_gives_on_a_key_that_opens_nothing(scene, forge_history):
    """Whose turn it is seals what all have, as anybody would, and says another key than theirs."""
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    dee = newcomer(scene, server, ann, channel)
    assert forge(scene, forge_history, bea, channel, "lock", dee.id)[0] == "OK"
    (locked,) = segments(server)
    heard = dee.run("history", channel)
    assert "What Bea shared of numbers 1 to" in heard.text + heard.error
    server.restart()
    dee.run("sync")
    ann.run("sync")
    result = fetched(dee, channel)
    assert result["missing"] == 0 and result["refused"] == 0, result
    assert by_text(dee, channel)["canary-ann-0"]["shared_by"] == "Ann"
    assert segments(server)[0] != locked, "it was sealed anew"
    server.stop()


def test_nobody_hides_what_was_said_behind_commits(scene, forge_history, say_many):
    """Of a block before that of the newcomer's joining nothing says how many commits it has; of all blocks together, it does."""
    server = scene.server(messages_per_minute=1000000)
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    scene.run([say_many, ann.profile, channel, "1000"], patience_s=400)
    ann.run("sync", patience_s=200)  # the block is full: her turn to seal it
    dee = newcomer(scene, server, ann, channel)
    assert forge(scene, forge_history, bea, channel, "hide", dee.id)[0] == "OK"
    assert "canary-ann-0" not in by_text(dee, channel)
    server.restart()  # asks may come at once again
    dee.run("sync")
    ann.run("sync", patience_s=200)
    result = fetched(dee, channel)
    assert result["missing"] == 0 and result["refused"] == 0 and result["withheld"] < 10, result
    assert by_text(dee, channel)["canary-ann-0"]["shared_by"] == "Ann"
    server.stop()


WITHHELD, CONTROL = 4, 5  # kinds of a segment's items


@pytest.mark.parametrize("kind", [WITHHELD, CONTROL], ids=["withheld", "control"])
def test_what_two_keep_back_shows_as_a_gap_while_the_server_has_it(scene, forge_history, kind):
    """Nobody deleted it, whatever they say: the server shows its bytes, and the running hash that they are what was said."""
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    hidden = said(ann, channel, "canary-hidden")
    deleted = said(ann, channel, "canary-deleted")
    ann.run("delete", channel, deleted)
    for person in (ann, bea, cy):
        person.run("sync")
    dee = newcomer(scene, server, ann, channel)
    for sharer in (bea, cy):
        assert forge(scene, forge_history, sharer, channel, "leave-out", dee.id, hidden, kind)[0] == "OK"
        server.restart()  # asks may come at once again
        heard = dee.run("sync").error
        assert f"kept back: number {hidden}" in heard, heard
    result = dee.json("history", channel)[-1]
    assert (result["missing"], result["kept_back"], result["kept_back_numbers"]) == (0, 1, str(hidden)), result
    assert "kept back" in dee.run("history", channel).text and "canary-hidden" not in by_text(dee, channel)
    assert f"{hidden} was kept back" in dee.run("read", channel).text.replace("\n", " ")
    records = {record["sequence"]: record for record in dee.json("read", channel)}
    assert "the server still has it" in records[hidden]["warning"] and not records[deleted].get("warning"), records
    # Two are not believed then: others are asked, and one who has it fills it in.
    ann.run("sync")
    dee.run("sync")
    assert by_text(dee, channel)["canary-hidden"]["shared_by"] == "Ann"
    result = fetched(dee, channel)
    assert result["kept_back"] == 0 and result["missing"] == 0, result
    server.stop()


def test_nobody_is_said_to_keep_back_what_was_deleted(scene, forge_history):
    """Nor what an edit replaced, which the server has still."""
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    deleted = said(ann, channel, "canary-deleted")
    edited = said(ann, channel, "canary-first")
    ann.run("edit", channel, edited, "canary-second")
    ann.run("edit", channel, edited, "canary-third")
    ann.run("delete", channel, deleted)
    for person in (ann, bea, cy):
        person.run("sync")
    dee = newcomer(scene, server, ann, channel)
    for sharer in (ann, bea):
        sharer.run("sync")
        server.restart()  # asks may come at once again
        assert "kept back" not in dee.run("sync").error
    result = fetched(dee, channel)
    assert result["kept_back"] == 0 and result["control"] > 0, result
    server.stop()


def test_nobody_is_accused_with_what_did_not_stand_there(scene, forge_history):
    """The server shows other bytes in the place of what was left out."""
    server = scene.server()
    with Liar(server) as liar:
        ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
        hidden = said(ann, channel, "canary-hidden")
        for person in (ann, bea, cy):
            person.run("sync")
        dee = scene.person("Dee", link_by_way_of(liar.port, server.invite(group="Ward of Dee")))
        ann.run("channel", "add", channel, dee.id)
        dee.run("sync")

        def rule(talk, way, frame):
            if not frame.answers(CHANNEL_PAGE):
                return None
            entries, last, frozen = entries_of(frame)
            for entry in entries:
                if entry.sequence == hidden:
                    entry.data = entry.data[:-1] + bytes([entry.data[-1] ^ 1])
                    liar.did("other bytes")
            return [frame.having(OK_CODE + vector(b"".join(entry.bytes() for entry in entries)) +
                                 struct.pack(">QB", last, frozen))]

        liar.rule(rule)
        assert forge(scene, forge_history, bea, channel, "leave-out", dee.id, hidden, WITHHELD)[0] == "OK"
        assert "kept back" not in dee.run("sync").error and liar.lies
        result = dee.json("history", channel)[-1]
        assert (result["kept_back"], result["withheld"]) == (0, 1), result
    server.stop()


def test_what_is_withheld_is_asked_of_a_second_member(scene):
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    ann.run("delete", channel, said(ann, channel, "canary-gone"))
    for person in (ann, bea, cy):
        person.run("sync")
    dee = newcomer(scene, server, ann, channel)
    ann.run("sync")
    result = fetched(dee, channel)
    # Bea's and Cy's keys: as such, what was said could be passed off too.
    assert result["control"] > 0 and result["missing"] == 0, result
    server.restart()  # asks may come at once again
    dee.run("sync")
    ann.run("sync")
    bea.run("sync")
    dee.run("sync")
    assert answers(dee, channel) == [(ann.id, dee.id), (bea.id, dee.id)]
    dee.run("sync")
    assert server.sql("SELECT hex(history_asked_by) FROM channels")[0][0] == "0" * 32, "two are believed"
    server.stop()


def test_only_whose_turn_it_is_changes_what_is_sealed(scene, forge_history):
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    (sealed,) = segments(server)  # for Bea and Cy
    file = os.urandom(16).hex()
    for person in (ann, bea):
        assert forge(scene, forge_history, person, channel, "begin", file, 5)[0] == "NOT_NOW"
        assert forge(scene, forge_history, person, channel, "shared", cy.id)[0] == "CONFLICT"
    dee = newcomer(scene, server, ann, channel)
    assert forge(scene, forge_history, bea, channel, "begin", file, 5)[0] == "OK", "asked as she came online"
    assert forge(scene, forge_history, bea, channel, "shared", dee.id)[0] == "OK"
    assert forge(scene, forge_history, bea, channel, "done", file)[0] == "NOT_NOW", "her turn is over"
    assert segments(server) == [sealed]
    server.stop()


def test_a_turn_goes_on_while_its_holder_fetches(scene, forge_history, faults_library):
    """As whoever gives on what another sealed does, to see that it opens."""
    server = scene.server(start=False)
    clock = Clock(faults_library, scene.directory / "clock")
    clock.set(0)
    server.start(clock.environment(scene.environment))
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    newcomer(scene, server, ann, channel)
    (sealed,) = segments(server)
    file = os.urandom(16).hex()
    assert forge(scene, forge_history, bea, channel, "begin", file, 5)[0] == "OK", "asked as she came online"
    following = ann.follow(channel)
    for at_ms in (25_000, 50_000):
        clock.set(at_ms)
        assert forge(scene, forge_history, bea, channel, "get", sealed[0].lower())[0] == "OK"
        time.sleep(2)  # while others are asked, were it over
    assert forge(scene, forge_history, bea, channel, "begin", file, 5)[0] == "OK", "it is her turn still"
    clock.set(100_000)
    until("Ann was asked, and sealed it", lambda: sealed not in segments(server))
    following.end()
    server.stop()


def test_whoever_asked_before_a_restart_is_not_asked(scene):
    """They come back, and it is a while before they ask again: meanwhile the server asks whoever is there."""
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    slow = []

    def slowly(direction, _, payload):
        if slow and direction == "up" and payload[0] == REQUEST and int.from_bytes(payload[5:7], "big") == HISTORY_ASK:
            time.sleep(slow.pop())
        return payload

    with Proxy(server.port, server.state / "tls.crt", server.state / "tls.key", slowly) as proxy:
        dee = scene.person("Dee", link_by_way_of(proxy.port, server.invite(group="Ward of Dee")))
        ann.run("channel", "add", channel, dee.id)
        dee.run("sync")
        server.restart()
        slow.append(2.5)  # the server looks each second
        dee.run("sync")
        assert not slow
        ann.run("sync")
        assert (ann.id, dee.id) in answers(ann, channel)
        assert fetched(dee, channel)["missing"] == 0
    server.stop()


def test_nobody_asks_twice_in_a_minute(scene, forge_history):
    server = scene.server()
    ann, bea, cy, channel = talk(scene, server, "--private", "--history", "full")
    server.restart()
    assert forge(scene, forge_history, cy, channel, "ask") == ("OK", 0)
    status, wait_ms = forge(scene, forge_history, cy, channel, "ask")
    assert status == "RATE_LIMITED" and 30_000 < wait_ms <= 60_000
    assert forge(scene, forge_history, bea, channel, "ask") == ("OK", 0), "each for themselves"
    # A newcomer whose request was counted already neither waits nor fails.
    dee = newcomer(scene, server, ann, channel)
    heard = dee.run("sync")
    assert "wait" not in heard.text + heard.error
    server.stop()
