# SPDX-License-Identifier: AGPL-3.0-or-later
"""Attachments in a backup and after a restore: all there, or named; and a kill at any step leaves what was
before or what comes after."""
import contextlib
import shutil
import sqlite3

import pytest
from test_files import make_file, send, stored
from weft_fault import KILL_AT, KILL_DONE, NAME, SYNC, Faults
from weft_scenario import OK
from weft_talk import share_channel


def is_whole(folder):
    """The database is sound, and every complete file that it names is there in its size."""
    with contextlib.closing(sqlite3.connect(f"file:{folder}/weftd.db?mode=ro", uri=True)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        files = database.execute("SELECT lower(hex(file)), size_bytes FROM files WHERE complete = 1").fetchall()
        restores = database.execute("SELECT count(*) FROM directory_restores").fetchone()[0]
    for name, size in files:
        assert (folder / "files" / name).stat().st_size == size
    return len(files), restores


def killed_at_each(scene, library, folder, arguments, server, before):
    """Runs the command again and again, killed before or after each of its calls that name or sync."""
    faults = Faults(library, scene.directory / "faults", [folder])
    environment = faults.environment(scene.environment)
    argv = [scene.weftd, "--state", server.state, *arguments]
    before()
    faults["kinds"] = NAME | SYNC
    scene.run(argv, environment=environment)
    calls = faults["calls"]
    assert calls > 10
    for way in (KILL_AT, KILL_DONE):
        for number in range(1, calls + 1):
            before()
            faults.clear()
            faults.fail(number, way)
            faults["kinds"] = NAME | SYNC
            result = scene.run(argv, environment=environment, code=None)
            if number < calls - 1:
                assert result.code == -9, f"{number}: {faults.call}: {result}"
            yield faults.call


@pytest.fixture
def community(scene):
    """Two files in a channel; the server is stopped."""
    server = scene.server()
    (ann, bea), channel = share_channel(scene, server, ("Ann", "Bea"))
    numbers = [send(ann, channel, make_file(scene, f"roster-{seed}.csv", 300_000, seed)) for seed in (1, 2)]
    server.stop()
    return server, ann, bea, channel, numbers


def test_files_come_back_with_a_restore_or_are_named(scene, community):
    server, ann, bea, channel, numbers = community
    backup = scene.directory / "backup"
    server.start()
    made = server.json("backup", backup)[-1]
    assert made["files"] == 2 and made["missing"] == made["damaged"] == 0 and made["lost"] == []
    assert made["file_bytes"] == sum(path.stat().st_size for path in stored(server))
    assert is_whole(backup) == (2, 0) and (backup / "files").stat().st_mode & 0o777 == 0o700
    ann.run("delete", channel, numbers[0])
    server.stop()
    # A machine that lost its disk: the keys and the backup are what there is.
    shutil.rmtree(server.state / "files")
    restored = server.json("restore", backup)[-1]
    assert restored["files"] == 2 and restored["missing"] == restored["damaged"] == 0
    server.start()
    assert len(stored(server)) == 2
    bea.run("sync")
    bea.run("file", "save", channel, numbers[1], "--as", bea.home)
    assert (bea.home / "roster-2.csv").read_bytes() == (scene.directory / "roster-2.csv").read_bytes()
    server.stop()
    # Links share their bytes: what is damaged must not be the store's as well.
    copied = scene.directory / "other-disk"
    shutil.copytree(backup, copied)
    missing, damaged = sorted((copied / "files").iterdir())
    missing.unlink()
    content = bytearray(damaged.read_bytes())
    content[1000] ^= 1
    damaged.write_bytes(content)
    server.admin("restore", copied)  # the store still has both whole
    shutil.rmtree(server.state / "files")
    before = (server.state / "weftd.db").read_bytes()
    refused = server.admin("restore", copied, code=None)
    assert refused.code != OK and "--incomplete" in refused.error and "nothing was restored" in refused.error
    assert f"files/{missing.name} is missing" in refused.error and f"files/{damaged.name} is damaged" in refused.error
    assert (server.state / "weftd.db").read_bytes() == before
    went_on = server.json("restore", "--incomplete", copied)[-1]
    assert (went_on["files"], went_on["missing"], went_on["damaged"]) == (0, 1, 1)
    assert {(lost["file"], lost["damaged"]) for lost in went_on["lost"]} == {(missing.name, False), (damaged.name, True)}
    assert is_whole(server.state)[0] == 0
    server.start()
    server.stop()


def test_a_backup_on_another_disk_is_whole_and_comes_back(scene, community, small_disk):
    server, _, bea, channel, numbers = community
    backup = small_disk / "backup"
    assert server.json("backup", backup)[-1]["files"] == 2
    assert is_whole(backup) == (2, 0)
    assert all(path.stat().st_nlink == 1 for path in (backup / "files").iterdir())
    for path in (*server.state.glob("weftd.db*"), *stored(server)):
        path.unlink()
    restored = server.json("restore", backup)[-1]
    assert (restored["files"], restored["lost"], restored["replaced"]) == (2, [], None)
    shutil.rmtree(backup)
    server.start()
    bea.run("sync")
    bea.run("file", "save", channel, numbers[1], "--as", bea.home)
    assert (bea.home / "roster-2.csv").read_bytes() == (scene.directory / "roster-2.csv").read_bytes()
    server.stop()


def test_a_store_that_was_replaced_is_a_backup_of_its_own(scene, community):
    server, ann, bea, channel, numbers = community
    backup = scene.directory / "backup"
    server.admin("backup", backup)
    server.start()
    later = send(ann, channel, make_file(scene, "later.csv", 1000, 3))
    server.stop()
    aside = server.json("restore", backup)[-1]["replaced"]
    server.start()
    assert len(stored(server)) == 2, "what no row names is swept"
    server.stop()
    assert server.json("restore", server.state / aside)[-1]["files"] == 3
    server.start()
    bea.run("sync")
    bea.run("file", "save", channel, later, "--as", bea.home)
    assert (bea.home / "later.csv").read_bytes() == (scene.directory / "later.csv").read_bytes()
    server.stop()


def test_a_backup_that_is_killed_at_any_step_is_whole_or_not_there(scene, community, faults_library):
    server = community[0]
    folder = scene.directory / "backups"
    folder.mkdir()
    backup = folder / "night"
    outcomes = set()

    def begin():
        for path in folder.iterdir():
            shutil.rmtree(path)

    for _ in killed_at_each(scene, faults_library, folder, ["backup", backup], server, begin):
        outcomes.add(backup.exists())
        if backup.exists():
            assert is_whole(backup) == (2, 0)
    assert outcomes == {True, False}
    shutil.rmtree(backup, ignore_errors=True)
    server.admin("backup", backup)
    assert [path.name for path in folder.iterdir()] == ["night"]


def test_a_restore_that_is_killed_at_any_step_leaves_the_old_store_or_the_new(scene, community, faults_library):
    server, ann, _, channel, numbers = community
    backup = scene.directory / "backup"
    server.admin("backup", backup)
    server.start()
    ann.run("delete", channel, numbers[0])  # the old store has another file than the new one
    send(ann, channel, make_file(scene, "later.csv", 1000, 3))
    send(ann, channel, make_file(scene, "later-still.csv", 1000, 4))
    server.stop()
    pristine = scene.directory / "pristine"
    shutil.copytree(server.state, pristine)

    def begin():
        shutil.rmtree(server.state)
        shutil.copytree(pristine, server.state)

    outcomes = set()
    for _ in killed_at_each(scene, faults_library, server.state, ["restore", backup], server, begin):
        outcomes.add(is_whole(server.state))
    assert outcomes == {(3, 0), (2, 1)}
    server.start()
    server.stop()
