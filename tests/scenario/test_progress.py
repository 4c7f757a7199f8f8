# SPDX-License-Identifier: AGPL-3.0-or-later
"""What takes weftd a while shows on a terminal how far it is, in one line that is gone when it is done;
what it prints is the same as without a terminal, where nothing of that is written."""
import contextlib
import os
import pty
import re
import sqlite3
import subprocess

import pytest

from weft_scenario import CONFLICT, OK, PATIENCE_S, until

ERASE = "\r\x1b[K"


def begin_on_terminal(server, *arguments, terminal="xterm"):
    """`weftd ARGUMENTS` with a terminal as its standard error; the other end of that, to read and to close."""
    ours, theirs = pty.openpty()
    argv = [server.scene.weftd, "--state", server.state, *map(str, arguments)]
    process = subprocess.Popen(argv, env={**server.scene.environment, "TERM": terminal}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    return process, ours


def on_terminal(server, *arguments, terminal="xterm", code=OK):
    """Runs it to its end: what it printed, and what the terminal was sent."""
    process, ours = begin_on_terminal(server, *arguments, terminal=terminal)
    with process:
        sent = b""
        with contextlib.suppress(OSError):  # Linux ends a terminal that nobody writes to any more so
            while piece := os.read(ours, 4096):
                sent += piece
        os.close(ours)
        out, _ = process.communicate(timeout=PATIENCE_S)
    text = sent.decode().replace("\r\n", "\n")
    assert code in (None, process.returncode), text
    return out.decode(), text


def screen(sent):
    """What is left to be seen of what a terminal was sent."""
    return "\n".join(line.rsplit(ERASE, 1)[-1] for line in sent.split("\n"))


def percents(sent, step):
    found = [int(number) for number in re.findall(rf"{re.escape(ERASE)}{step}: (\d+) %", sent)]
    assert found == sorted(set(found)) and all(0 <= number <= 100 for number in found), sent
    return found


@pytest.fixture
def server(server_scene):
    """With a store of some size, made of rows that nobody asks for, and tables to import."""
    server = server_scene.server(start=False)
    with contextlib.closing(sqlite3.connect(server.state / "weftd.db")) as database:
        for number in range(3000):
            database.execute("INSERT INTO meta (key, value) VALUES (?, randomblob(8000))", (f"ballast {number}",))
        database.commit()
    people = "".join(f"p{number},Name {number},Ward {number % 9}\n" for number in range(4000))
    ties = "".join(f"p{number},p{number + 1}\n" for number in range(3999))
    (server.directory / "people.csv").write_text("person_id,name,group\n" + people)
    (server.directory / "ties.csv").write_text("person_a,person_b\n" + ties)
    return server


@pytest.mark.parametrize("running", [True, False])
def test_a_backup_and_an_import_show_how_far_they_are(server, running):
    tables = server.directory / "people.csv", server.directory / "ties.csv"
    if running:
        server.start()
    out, sent = on_terminal(server, "backup", server.directory / "copy")
    copying = percents(sent, "copying")
    assert len(copying) > 3 and copying[-1] == 100 and f"{ERASE}checking the database" in sent
    assert screen(sent) == "" and out.startswith(f"{server.directory / 'copy'}: database ") and "\r" not in out
    # What goes wrong stands on a line of its own.
    _, sent = on_terminal(server, "backup", server.directory / "copy", code=CONFLICT)
    assert "\nweftd: there is something of that name" in f"\n{screen(sent)}"
    out, sent = on_terminal(server, "import", *tables)
    assert f"{ERASE}reading the tables" in sent and percents(sent, "writing")
    assert screen(sent) == "" and out.startswith("4000 people (4000 new) in 9 groups, 3999 ties\n") and "\r" not in out
    if running:
        assert " info backup percent=" in server.log()
        server.stop()


def test_a_restore_shows_how_far_it_is(server):
    server.admin("backup", server.directory / "copy")
    out, sent = on_terminal(server, "restore", server.directory / "copy")
    assert percents(sent, "copying")[-1] == 100 and f"{ERASE}checking the database" in sent
    assert screen(sent) == "" and "is the store now" in out and "\r" not in out
    (server.directory / "copy" / "weftd.db").write_bytes(b"no database" * 1000)
    _, sent = on_terminal(server, "restore", server.directory / "copy", code=None)
    assert screen(sent).startswith("weftd: nothing was restored: ")


def test_without_a_terminal_that_can_replace_a_line_nothing_is_shown(server):
    tables = server.directory / "people.csv", server.directory / "ties.csv"
    server.start()
    made = server.admin("backup", server.directory / "copy")
    assert made.error == "" and "\r" not in made.text
    assert server.admin("import", *tables).error == ""
    out, sent = on_terminal(server, "backup", server.directory / "second", terminal="dumb")
    assert sent == "" and re.sub(r"[\d.]+ MiB|/\S+:", "", out) == re.sub(r"[\d.]+ MiB|/\S+:", "", made.text)
    server.stop()
    assert server.admin("restore", server.directory / "copy").error == ""


def test_whoever_stops_watching_stops_nothing(server):
    server.start()
    process, ours = begin_on_terminal(server, "backup", server.directory / "copy")
    with process:
        assert os.read(ours, 4096)
        process.kill()
    os.close(ours)
    until("the backup is made", lambda: " info backup_made " in server.log())
    server.stop()
