# SPDX-License-Identifier: AGPL-3.0-or-later
"""What reaches weftd while it ends finds nobody, and nothing that is gone is used for it."""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3

import pytest

from weft_fault import SYNC_FAILS, Faults
from weft_scenario import CONFLICT, INTERNAL, OK, PATIENCE_S, until

# Of the store, the validators, the figures and the files: all that end before the copier's.
THREADS_BEFORE_COPIER = 2 + 2 + 1 + 1


class Waiting:
    """A command's connection to weftd, on which nothing has been asked yet."""

    def __init__(self, server):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(str(server.state / "weftd.sock"))
        self.lines = self.socket.makefile()

    def ask(self, *arguments, **options):
        with contextlib.suppress(OSError):  # where nobody listens any more
            self.socket.sendall(json.dumps({"argv": arguments, **options}).encode() + b"\n")

    def answer(self):
        with contextlib.suppress(OSError):
            return self.lines.read()
        return ""


def threads(server):
    return int(re.search(r"Threads:\s+(\d+)", pathlib.Path(f"/proc/{server.pid}/status").read_text())[1])


def waits(server):
    """Whether none of its threads does anything."""
    stats = [path.read_text() for path in pathlib.Path(f"/proc/{server.pid}/task").glob("*/stat")]
    return all(stat.rpartition(")")[2].split()[0] == "S" for stat in stats)


@pytest.fixture
def slow_copier(server_scene):
    """A server, not started, and a file of its disk: a backup waits for it, and weftd for that, until go_on."""
    file = os.urandom(16)
    server = server_scene.server(start=False)
    server.sql("INSERT INTO files (file, channel, person, device, message, size_bytes, complete, created_at_ms, sha256)"
               " VALUES (?, ?1, ?1, ?1, ?1, 1, 1, unixepoch() * 1000, zeroblob(32))", file)
    disk = server.state / "files" / file.hex()
    os.mkfifo(disk)
    return server, disk


def go_on(disk):
    os.close(os.open(disk, os.O_WRONLY))


def begin_backup(server):
    backup = Waiting(server)
    backup.ask("backup", str(server.directory / "copy"))
    until("the backup has come to its files", (server.directory / "copy.partial" / "files").exists)
    until("it waits for the first", lambda: waits(server))
    return backup


@pytest.mark.parametrize("arguments", [["stats"], ["person", "list"]], ids=" ".join)
def test_a_command_that_comes_while_weftd_ends_is_not_begun(slow_copier, arguments):
    server, disk = slow_copier
    server.start()
    late, backup = Waiting(server), begin_backup(server)
    before = threads(server)
    server.stream.process.send_signal(signal.SIGTERM)
    until("weftd waits for the backup alone", lambda: threads(server) == before - THREADS_BEFORE_COPIER)
    late.ask(*arguments)
    go_on(disk)
    assert late.answer() == ""
    told = json.loads(backup.answer())
    assert told["exit"] == INTERNAL and "no backup was made" in told["stderr"]
    assert server.stream.process.wait(PATIENCE_S) == OK


def test_the_store_is_nobody_elses_before_weftd_has_ended(slow_copier):
    server, disk = slow_copier
    server.start()
    backup = begin_backup(server)
    before = threads(server)
    server.stream.process.send_signal(signal.SIGTERM)
    until("weftd waits for the backup alone", lambda: threads(server) == before - THREADS_BEFORE_COPIER)
    assert f"in use by process {server.pid}" in server.admin("audit", code=CONFLICT).error
    go_on(disk)
    assert "no backup was made" in json.loads(backup.answer())["stderr"]
    assert server.stream.process.wait(PATIENCE_S) == OK
    server.admin("audit")


def test_a_signal_that_comes_while_weftd_ends_for_a_failure(slow_copier, faults_library):
    server, disk = slow_copier
    faults = Faults(faults_library, server.directory / "faults", [server.state])
    server.start(faults.environment(server.scene.environment))
    backup = begin_backup(server)
    before = threads(server)
    faults.fail(1, SYNC_FAILS)
    server.admin("invite", "--group", "Ward 7", code=None)
    until("weftd waits for the backup alone", lambda: threads(server) == before - THREADS_BEFORE_COPIER)
    server.stream.process.send_signal(signal.SIGTERM)
    go_on(disk)
    assert "no backup was made" in json.loads(backup.answer())["stderr"]
    assert server.stream.process.wait(PATIENCE_S) == INTERNAL


def test_a_store_that_fails_as_weftd_ends_is_told(server_scene, faults_library):
    server = server_scene.server(start=False)
    faults = Faults(faults_library, server.directory / "faults", [server.state])
    server.start(faults.environment(server.scene.environment))
    invite = Waiting(server)
    before = threads(server)
    with contextlib.closing(sqlite3.connect(server.state / "weftd.db", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        invite.ask("invite", "--group", "Ward 7")
        server.admin("audit")  # which is asked later
        server.stream.process.send_signal(signal.SIGTERM)
        until("weftd waits for the writer", lambda: threads(server) == before - 1)
        faults.fail(1, SYNC_FAILS)
    assert json.loads(invite.answer())["exit"] == INTERNAL
    assert server.stream.process.wait(PATIENCE_S) == INTERNAL
    assert " error store_failed " in server.log()


def test_a_backup_that_is_made_as_weftd_ends_is_called_so(server_scene):
    server = server_scene.server(start=False)
    with contextlib.closing(sqlite3.connect(server.state / "weftd.db")) as database:
        for number in range(8):  # checking them takes longer than all else
            database.execute("INSERT INTO meta (key, value) VALUES (?, randomblob(10000000))", (f"ballast {number}",))
        database.commit()
    server.start()
    backup = Waiting(server)
    backup.ask("backup", str(server.directory / "copy"), progress=True)
    while "checking" not in backup.lines.readline():
        pass
    server.stream.process.send_signal(signal.SIGTERM)
    told = json.loads(backup.answer().splitlines()[-1])
    assert told["exit"] == OK and "checked and durable" in told["stdout"], told
    assert server.stream.process.wait(PATIENCE_S) == OK
    assert (server.directory / "copy" / "weftd.db").exists()
