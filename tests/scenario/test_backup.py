# SPDX-License-Identifier: AGPL-3.0-or-later
"""A backup is made while people write, holds up nobody for long, and is whole or not there at all:
whatever ends it on the way."""
import contextlib
import errno
import shutil
import signal
import sqlite3
import threading
import time

from weft_fault import ERROR, NAME, Faults, Way
from weft_scenario import CONFLICT, NOT_FOUND, OK, USAGE, fill_disk, until
from weft_wire import PING, Connection


def rows(path, sql):
    with contextlib.closing(sqlite3.connect(f"file:{path}/weftd.db?mode=ro", uri=True)) as database:
        return database.execute(sql).fetchall()


def grow(server, mebibytes):
    """A store of some size, made of rows that nobody asks for."""
    server.stop()
    with contextlib.closing(sqlite3.connect(server.state / "weftd.db")) as database:
        for number in range(mebibytes):
            database.execute("INSERT INTO meta (key, value) VALUES (?, randomblob(1048576))", (f"ballast {number}",))
        database.commit()
    server.start()


def test_a_backup_is_made_while_people_write(scene):
    server = scene.server()
    grow(server, 40)
    ann, ben = scene.people(["Ann", "Ben"], lambda name: server.invite(group="Ward 7"))
    channel = ann.json("channel", "create", "Falls", "--open")[-1]["channel"]
    ben.run("channel", "join", channel)
    following = ben.follow(channel)
    said, stop = [], threading.Event()

    def write():
        while not stop.is_set():
            begun = time.monotonic()
            ann.run("say", channel, f"message {len(said)}")
            said.append(time.monotonic() - begun)

    writer = threading.Thread(target=write)
    writer.start()
    until("messages flow", lambda: len(said) >= 3)
    quiet = max(said)
    path = scene.directory / "copy"
    made = server.json("backup", path)[-1]
    during = len(said)
    stop.set()
    writer.join()
    assert made["backup"] == str(path) and made["bytes"] == (path / "weftd.db").stat().st_size > 40 << 20
    assert path.stat().st_mode & 0o777 == 0o700 and (path / "weftd.db").stat().st_mode & 0o777 == 0o600
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    # What was acknowledged before the backup began is in it; nobody waited for it to end.
    assert rows(path, "SELECT count(*) FROM log WHERE kind = 2")[0][0] >= 3
    assert max(said) < 5 * quiet + 2, (quiet, max(said))
    following.wait_record("the last", lambda record: record.get("text") == f"message {len(said) - 1}")
    print(f"{made['bytes'] >> 20} MiB in {made['ms']} ms; longest say {max(said):.2f} s, before it {quiet:.2f} s, "
          f"{during} said")
    refused = server.admin("backup", path, code=CONFLICT)
    assert "nothing was written over it" in refused.error
    assert server.admin("backup", "/nonexistent/copy", code=NOT_FOUND).error
    server.admin("backup", code=USAGE)
    log = server.log()
    assert " backup_made bytes=" in log and "percent=" in log
    server.stop()
    server.admin("backup", scene.directory / "second")
    assert rows(scene.directory / "second", "SELECT count(*) FROM audit WHERE act = 'backup'") == [(1,)]


def test_a_backup_without_room_leaves_nothing_and_the_server_goes_on(small_disk, server_scene):
    server = server_scene.server(directory=small_disk)
    grow(server, 30)
    filler = fill_disk(small_disk, 100 << 20)
    refused = server.admin("backup", small_disk / "copy", code=None)
    assert refused.code != OK and "no room" in refused.error
    assert [path.name for path in small_disk.glob("copy*")] == []
    with Connection(server.port) as connection:
        assert connection.request(PING, b"")[0] == "ok"
    filler.unlink()
    server.admin("backup", small_disk / "copy")
    server.stop()


def test_a_kill_in_the_middle_leaves_a_whole_backup_or_none_and_a_whole_store(server_scene):
    server = server_scene.server()
    grow(server, 60)
    path = server_scene.directory / "copy"
    partial = server_scene.directory / "copy.partial"
    for _ in range(3):
        argv = [server_scene.weftd, "--state", server.state, "backup", path]
        asking = server_scene.stream(argv, server_scene.directory / "asking.log")
        until("the copy is begun", partial.exists)
        server.kill()
        asking.process.wait(60)
        if path.exists():
            assert rows(path, "PRAGMA integrity_check") == [("ok",)]
            shutil.rmtree(path)
        server.start()
    server.admin("backup", path)
    assert rows(path, "PRAGMA integrity_check") == [("ok",)] and not partial.exists()
    # An orderly end breaks a backup off rather than wait for it.
    shutil.rmtree(path)
    asking = server_scene.stream(argv, server_scene.directory / "asking.log")
    until("the copy is begun", partial.exists)
    begun = time.monotonic()
    server.stream.end(signal.SIGTERM)
    assert time.monotonic() - begun < 20
    until("it is gone", lambda: not partial.exists())


def test_a_folder_may_be_named_with_a_slash_at_its_end(server_scene):
    server = server_scene.server(start=False)
    server.admin("backup", f"{server_scene.directory}/copy//")
    assert (server_scene.directory / "copy" / "weftd.db").exists()
    assert "give another" in server.admin("backup", f"{server_scene.directory}/copy/", code=CONFLICT).error
    server.admin("restore", f"{server_scene.directory}/copy/")


def test_a_disk_that_cannot_rename_with_flags_takes_backups_too(server_scene, faults_library):
    """As NFS, and much that FUSE mounts."""
    server = server_scene.server(start=False)
    faults = Faults(faults_library, server_scene.directory / "faults", [server_scene.directory])
    faults["kinds"] = NAME

    def back_up(name):
        argv = [server_scene.weftd, "--state", server.state, "backup", server_scene.directory / name]
        return server_scene.run(argv, environment=faults.environment(server_scene.environment))

    back_up("first")
    last = faults["calls"]
    faults.clear()
    faults.fail(last, Way("no flags", NAME, ERROR, errno.EINVAL))
    back_up("second")
    assert faults.call.startswith("renameat2")
    assert rows(server_scene.directory / "second", "PRAGMA integrity_check") == [("ok",)]


def test_a_restore_where_no_store_was_keeps_nothing_aside(server_scene):
    server = server_scene.server(start=False)
    server.admin("backup", server_scene.directory / "copy")
    (server.state / "weftd.db").unlink()
    (server.state / "weftd.db-wal").write_bytes(b"of a database that is gone")
    assert server.json("restore", server_scene.directory / "copy")[-1]["replaced"] is None
    assert list(server.state.glob("replaced-*")) == [] and not (server.state / "weftd.db-wal").exists()
    assert "The one before" in server.admin("restore", server_scene.directory / "copy").text
    (server.state / "weftd.db").unlink()
    assert "The one before" not in server.admin("restore", server_scene.directory / "copy").text
    server.start()
    server.stop()
