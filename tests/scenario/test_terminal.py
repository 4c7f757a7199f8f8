# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is longer than a line of the terminal ends between words, as wide as the terminal is; without a terminal, and
for programs, nothing is broken."""
import contextlib
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios

import pytest

from weft_scenario import NOT_FOUND, PATIENCE_S

LINE = ("weft: nobody here is called \"Zoe\": weft people lists those who show themselves; anybody else's id is in their "
        "weft status, of which eight digits are enough")


def on_terminal(person, *arguments, columns=80, out_too=False):
    """What a terminal of so many columns is sent as standard error, and where asked as standard output, line
    by line."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {**person.environment, "TERM": "xterm"}
    process = subprocess.Popen(person.argv(*arguments), env=environment, stdin=subprocess.DEVNULL,
                               stdout=theirs if out_too else subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    sent = b""
    with process:
        with contextlib.suppress(OSError):  # Linux ends a terminal that nobody writes to any more so
            while piece := os.read(ours, 4096):
                sent += piece
        os.close(ours)
        process.communicate(timeout=PATIENCE_S)
    return sent.decode().replace("\r\n", "\n").removesuffix("\n").split("\n")


def joined(lines):
    return re.sub(r" +", " ", " ".join(lines))


@pytest.fixture
def ann(scene):
    server = scene.server()
    yield scene.person("Ann", server.invite(group="Ward 7"))
    server.stop()


@pytest.mark.parametrize("columns", [40, 80, 100])
def test_an_error_ends_its_lines_between_words(ann, columns):
    channel = ann.json("channel", "create", "Falls")[0]["channel"]
    lines = on_terminal(ann, "channel", "add", channel, "Zoe", columns=columns)
    assert len(lines) > 1 and max(map(len, lines)) <= columns, lines
    assert joined(lines) == LINE
    # So it is where another process of the same profile runs the command.
    following = ann.follow(channel)
    assert on_terminal(ann, "channel", "add", channel, "Zoe", columns=columns) == lines
    following.end()


def test_what_is_no_terminal_gets_whole_lines(ann):
    channel = ann.json("channel", "create", "Falls")[0]["channel"]
    assert ann.run("channel", "add", channel, "Zoe", code=NOT_FOUND).error == LINE + "\n"
    sent = on_terminal(ann, "channel", "add", channel, "Zoe", "--json")
    assert len(sent) == 1 and json.loads(sent[0])["text"] == LINE.removeprefix("weft: ")


def test_sentences_end_between_words_and_what_people_said_is_left(ann):
    channel = ann.json("channel", "create", "Falls")[0]["channel"]
    said = "What somebody said stays one line, as it was said, so that it can be copied and sought: all of it."
    ann.run("say", channel, said)
    assert f"    {said}" in on_terminal(ann, "read", channel, out_too=True)
    title = "What keeps people from falling at night on a ward for older people, and what did not help"
    ann.run("channel", "create", title, "--private")
    lines = on_terminal(ann, "read", title, out_too=True)
    assert max(map(len, lines)) <= 80 and f'-- the channel is called "{title}"' in joined(lines), lines
    ann.run("say", title, "Yes")
    lines = on_terminal(ann, "search", "yes", out_too=True)
    assert max(map(len, lines)) <= 80 and title in joined(lines).replace("\x1b[0m", ""), lines
    lines = on_terminal(ann, "profile", "show", out_too=True)
    assert max(map(len, lines)) <= 80 and len(lines) > len(ann.run("profile", "show").text.splitlines()), lines


def test_how_far_a_file_is_takes_one_line(ann):
    channel = ann.json("channel", "create", "Falls")[0]["channel"]
    path = ann.home / f"{'long-name-' * 8}.txt"
    path.write_bytes(b"x" * 300000)
    steps = "\n".join(on_terminal(ann, "file", "send", channel, path, columns=50)).split("\r\x1b[K")[1:]
    assert steps[-1] == "" and any("sending" in step for step in steps), steps
    assert all(len(step) < 50 for step in steps), steps
