# SPDX-License-Identifier: AGPL-3.0-or-later
"""A backup put back: everybody is shown that the log went back and what was lost with it, and every
channel goes on with fresh keys and the people who were in it. tests/faults does it more often."""
import contextlib
import re
import shutil
import signal
import sqlite3

import pytest

from test_devices import own_device, pair
from weft_counts import Tally, count
from weft_fault import Faults
from weft_scenario import AUTHENTICATION, CONFLICT, NOT_FOUND, NOT_NOW, OK, TRUST, USAGE

RESTORES = count("restores")


def texts(person, channel):
    return [record.get("text") for record in person.json("read", channel, "--last", "200") if record.get("text")]


def make_channel(server, ann, others, *flags):
    channel = ann.json("channel", "create", "Falls", *flags)[-1]["channel"]
    for person in others:
        if "--private" not in flags:
            person.run("channel", "join", channel)
        if "--open" not in flags:
            ann.run("channel", "add", channel, person.id)
            ann.run("sync")
            person.run("sync")
    return channel


def come_back(ann, others, channel):
    """What happens when everybody is online again, one command after another."""
    ann.run("sync")
    for person in others:
        person.run("sync")
    ann.run("sync")
    for person in others:
        person.run("sync")


def test_after_a_restore_everybody_goes_on(scene):
    server = scene.server()
    ann, ben, cy = scene.people(["Ann", "Ben", "Cy"], lambda name: server.invite(group="Ward 7"))
    knocking = make_channel(server, ann, [ben, cy])
    open_one = make_channel(server, ann, [ben, cy], "--open")
    for channel in (knocking, open_one):
        ann.run("say", channel, "before the backup")
    backup = scene.directory / "copy"
    said = ["before the backup"]
    server.admin("backup", backup)
    tally = Tally("restores", RESTORES)
    for number in range(RESTORES):
        for channel in (knocking, open_one):
            ben.run("say", channel, f"lost on the server {number}")
            ann.run("sync")
            cy.run("sync")
        said.append(f"lost on the server {number}")
        dora = scene.person(f"Dora {number}", server.invite(group="Ward 9"))
        ann.run("sync")
        refused = server.admin("restore", backup, code=CONFLICT)
        assert "stop it first" in refused.error
        server.stop()
        restored = server.admin("restore", backup)
        assert f"Restore {number + 1}" in restored.text
        server.start()
        # Whoever joined after the backup is told so, and not by silence.
        unknown = dora.run("sync", code=AUTHENTICATION).error
        assert "not known here" in unknown and "weft join LINK --profile NAME" in unknown
        shown = ann.run("sync")
        assert "put back from a backup" in shown.error and "1 device joined" in shown.error, shown
        come_back(ann, [ben, cy], knocking)
        for channel in (knocking, open_one):
            for person in (ann, ben, cy):
                person.run("say", channel, f"{person.name} again {number}")
            said_now = [f"{name} again {number}" for name in ("Ann", "Ben", "Cy")]
            for person in (ann, ben, cy):
                read = texts(person, channel)
                assert read[-3:] == said_now, (person, read)
                # What was read once stays, though the server has lost it.
                assert [text for text in read if text in said] == said, (person, read)
        said += said_now
        server.admin("backup", scene.directory / f"copy-{number}")
        backup = scene.directory / f"copy-{number}"
        tally.add("all went on")
    tally.end()
    kept = sorted(path.name for path in server.state.glob("replaced-*"))
    assert len(kept) == RESTORES
    server.stop()


def test_the_same_backup_put_back_twice_splits_no_channel(scene):
    """Who was away the first time is first the second time, and knows nothing of what the others went on in."""
    server = scene.server()
    ann, ben, cy = scene.people(["Ann", "Ben", "Cy"], lambda name: server.invite(group="Ward 7"))
    channels = [make_channel(server, ann, [ben, cy], *flags) for flags in ((), ("--open",))]
    for channel in channels:
        ann.run("channel", "role", channel, cy.id, "--give", "facilitator")
    for person in (ben, cy):
        person.run("sync")
    backup = scene.directory / "copy"
    server.admin("backup", backup)

    def put_back():
        server.stop()
        server.admin("restore", backup)
        server.start()

    put_back()
    come_back(ann, [ben], channels[0])
    for channel in channels:
        ben.run("say", channel, "in the second generation")
        ann.run("sync")
    put_back()
    cy.run("sync")
    for _ in range(2):  # whoever is let in again waits for whom to be let in by
        come_back(cy, [ann, ben], channels[0])
    for channel in channels:
        for person in (ann, ben, cy):
            person.run("say", channel, f"{person.name} is here")
        for person in (ann, ben, cy):
            read = texts(person, channel)
            assert read[-3:] == ["Ann is here", "Ben is here", "Cy is here"], (person, read)
            assert ("in the second generation" in read) == (person is not cy), (person, read)
    server.stop()


def test_who_was_shut_out_since_the_backup_stays_out(scene):
    server = scene.server()
    admin = scene.person("Dan", server.first_link)
    ann, asha, ben = scene.people(["Ann", "Asha", "Ben"], lambda name: server.invite(group=name))
    lost, taken, found, gone = (scene.person(f"a telephone {number}") for number in range(4))
    tablet = scene.person("Dan's tablet")
    for owner, device in ((asha, lost), (ben, taken), (ben, found), (asha, gone), (admin, tablet)):
        pair(owner, device)
    backup = scene.directory / "copy"
    server.admin("backup", backup)
    asha.run("device", "revoke", own_device(lost)[:8])
    admin.run("device", "revoke", own_device(taken))
    tablet.run("device", "revoke", own_device(found))
    server.admin("device", "revoke", own_device(gone))
    for person in (ann, admin):
        person.run("sync")
    server.stop()
    server.admin("restore", backup)
    server.start()
    for telephone in (lost, taken, found):
        telephone.run("sync")  # the server knows no better
    told = ann.run("sync").error
    # Who has nothing to do with it hands in what the owner signed; what an admin did, an admin must.
    assert "4 were shut out" in told and "1 of the devices that were shut out is so again" in told, told
    assert f"Device {own_device(taken)[:8]} of Ben is let in again. An admin" in told, told
    assert f"Device {own_device(gone)[:8]} of Asha is let in again. Whoever runs the server" in told, told
    # What an admin signed with one device, they may hand in with another.
    assert "3 of the devices that were shut out are so again" in admin.run("sync").error
    for telephone in (lost, taken, found):
        assert telephone.run("sync", code=None).code == NOT_NOW
    gone.run("sync")
    assert "so again" not in ann.run("sync").error
    server.stop()


def test_a_restore_is_of_this_community_whole_or_not_at_all(server_scene):
    server = server_scene.server()
    other = server_scene.server("other")
    backup = server_scene.directory / "copy"
    foreign = server_scene.directory / "foreign"
    server.admin("backup", backup)
    other.admin("backup", foreign)
    server.stop()
    before = (server.state / "weftd.db").read_bytes()
    damaged = server_scene.directory / "damaged"
    damaged.mkdir()
    (damaged / "weftd.db").write_bytes((backup / "weftd.db").read_bytes()[:20000])
    assert "does not check" in server.admin("restore", damaged, code=None).error
    server.admin("restore", server_scene.directory / "none", code=NOT_FOUND)
    assert (server.state / "weftd.db").read_bytes() == before
    assert not [*server.state.glob("weftd.db.re*"), *server.state.glob("replaced-*")]
    server.admin("restore", backup)
    server.start()
    server.stop()


def test_a_kill_during_a_restore_leaves_the_old_store_or_the_new(server_scene):
    server = server_scene.server()
    backup = server_scene.directory / "copy"
    server.stop()
    with contextlib.closing(sqlite3.connect(server.state / "weftd.db")) as database:
        for number in range(20):
            database.execute("INSERT INTO meta (key, value) VALUES (?, randomblob(1048576))", (f"ballast {number}",))
        database.commit()
    server.admin("backup", backup)
    outcomes = set()
    for delay in (0.0, 0.02, 0.05, 0.1, 0.2, 0.4):
        argv = [server_scene.weftd, "--state", server.state, "restore", backup]
        restoring = server_scene.stream(argv, server_scene.directory / "restoring.log")
        with contextlib.suppress(Exception):
            restoring.process.wait(delay)
        restoring.end(signal.SIGKILL)
        server.start()
        server.stop()
        with contextlib.closing(sqlite3.connect(f"file:{server.state}/weftd.db?mode=ro", uri=True)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            outcomes.add(database.execute("SELECT count(*) FROM directory_restores").fetchone()[0])
    assert outcomes <= {0, 1, 2, 3, 4, 5, 6}
    server.admin("restore", backup)
    server.start()
    server.stop()


def test_a_server_that_goes_back_without_saying_so_is_not_believed(scene):
    """A copy of the files, put back by hand: the log is shorter and nobody signed that it is."""
    server = scene.server()
    ann = scene.person("Ann", server.invite(group="Ward 7"))
    server.stop()
    shutil.copy(server.state / "weftd.db", scene.directory / "old.db")
    server.start()
    scene.person("Ben", server.invite(group="Ward 7"))
    ann.run("sync")
    server.stop()
    shutil.copy(scene.directory / "old.db", server.state / "weftd.db")
    for suffix in ("-wal", "-shm"):
        (server.state / f"weftd.db{suffix}").unlink(missing_ok=True)
    server.start()
    refused = ann.run("sync", code=TRUST)
    assert "does not fit what it showed" in refused.error
    server.stop()


@pytest.mark.parametrize("flags", [("--open",), (), ("--private",)], ids=["open", "restricted", "private"])
def test_whoever_was_away_follows_into_a_generation_that_let_them_in_already(scene, flags):
    server = scene.server()
    ann, ben, cy = scene.people(["Ann", "Ben", "Cy"], lambda name: server.invite(group="Ward 7"))
    channel = make_channel(server, ann, [ben, cy], *flags)
    ann.run("say", channel, "before")
    cy.run("sync")
    backup = scene.directory / "copy"
    server.stop()
    server.admin("backup", backup)
    server.admin("restore", backup)
    server.start()
    # Cy is there, for something else, and is let in again before looking at this channel.
    cy.run("status")
    for person in (ann, ben, ann, ben):
        person.run("sync")
    told = cy.run("status").error
    assert "could not be opened" not in told and "you are in it again" in told, told
    for speaker, listeners in ((ann, (ben, cy)), (cy, (ann, ben))):
        speaker.run("say", channel, f"{speaker.name} after")
        for person in listeners:
            assert texts(person, channel)[-1] == f"{speaker.name} after"
    # In the second generation numbers stay such as people can type.
    said = cy.run("say", channel, "one more").text.split()[-1]
    assert re.fullmatch(r"2\.[0-9]{1,2}", said), said
    assert f"put thanks on {said}" in ann.run("react", channel, said, "thanks").text
    assert f"\n{said}  " in cy.run("read", channel).text and f"on number {said}\n" in cy.run("read", channel, "--last", "1").text
    sequence = cy.json("edit", channel, said, "the last word")[-1]["target"]
    assert f"deleted number {said}," in cy.run("delete", channel, sequence).text
    for wrong in ("2.", "2.x", ".1", "0.1", "2.99999999999"):
        ann.run("react", channel, wrong, "thanks", code=NOT_FOUND)
    assert "--since" in ann.run("read", channel, "--since", "2.x", code=USAGE).error
    server.stop()


def test_whoever_left_an_open_channel_can_join_it_in_its_next_generation(scene):
    server = scene.server()
    ann, ben = scene.people(["Ann", "Ben"], lambda name: server.invite(group="Ward 7"))
    channel = make_channel(server, ann, [ben], "--open")
    ben.run("channel", "leave", channel)
    ann.run("sync")
    backup = scene.directory / "copy"
    server.stop()
    server.admin("backup", backup)
    server.admin("restore", backup)
    server.start()
    for _ in range(2):
        ann.run("sync")
    ben.run("channel", "join", channel)
    ann.run("say", channel, "after")
    assert texts(ben, channel)[-1] == "after"
    server.stop()


def test_a_restore_for_whose_record_there_is_no_memory_says_so(server_scene, faults_library):
    server = server_scene.server(start=False)
    backup = server.directory / "copy"
    server.admin("backup", backup)
    faults = Faults(faults_library, server_scene.directory / "faults", [server.state])
    environment = faults.environment(server_scene.environment)
    argv = [server_scene.weftd, "--state", server.state, "--json", "restore", backup]

    def restore():
        return server_scene.run(argv, environment=environment, code=None)

    restore().expect(OK)  # from the second on there is a store to be put aside
    with faults.places() as places:
        assert restore().expect(OK).lines[0]["restored"] == str(backup)
    outcomes = set()
    for place in list(places)[-40:]:  # the record is made last of all
        faults.fail_allocation(place)
        result = restore()
        outcomes.add(result.code)
        assert len(result.lines) == (result.code == OK) and (result.code == OK or "weftd: " in result.error), str(result)
        assert result.code == OK or "is the store now" in result.error or "nothing was restored" in result.error, str(result)
    assert len(outcomes) > 1, "some of them were of the record"
