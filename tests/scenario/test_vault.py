# SPDX-License-Identifier: AGPL-3.0-or-later
"""What may happen to a profile's files: damage, a lost key, curious others, a full disk. Each is told in
words, nothing is made worse, and putting the files back puts everything back."""
import random

import pytest

from weft_scenario import CONFLICT, OK, SANITIZER_EXIT, fill_disk

PAGE = 4096
FLIPS_A_PAGE = 24


@pytest.fixture
def ann(scene):
    server = scene.server()
    person = scene.person("Ann", server.invite(group="Ward 7"))
    yield person
    server.stop()


def explained(result):
    """An error in words, from a program that ended by itself."""
    return result.code not in (OK, SANITIZER_EXIT) and result.code > 0 and result.error.strip() != ""


def test_a_damaged_vault_is_told_and_not_touched(ann):
    path = ann.profile / "vault.db"
    good = path.read_bytes()
    before = ann.json("status")
    chosen = random.Random(3)
    reported = 0
    for start in range(0, len(good), PAGE):
        wrong = bytearray(good)
        for _ in range(FLIPS_A_PAGE):
            wrong[start + chosen.randrange(PAGE)] ^= 1 << chosen.randrange(8)
        path.write_bytes(wrong)
        result = ann.run("status", code=None, json_lines=True)
        if result.code == OK:  # this command needs nothing of that page
            assert result.lines == before
        else:
            assert explained(result), str(result)
            assert path.read_bytes() == wrong, "what is damaged stays as it is, for whoever can repair it"
            reported += 1
        path.write_bytes(good)
    assert reported > 0
    assert ann.json("status")[0]["connected"]


@pytest.mark.parametrize("what", ["cut in half", "empty", "noise", "another's"])
def test_a_vault_that_is_none_is_told(scene, ann, what):
    path = ann.profile / "vault.db"
    good = path.read_bytes()
    if what == "another's":
        server = scene.server("other")
        wrong = (scene.person("Bea", server.first_link).profile / "vault.db").read_bytes()
    else:
        wrong = {"cut in half": good[:len(good) // 2], "empty": b"", "noise": random.Random(1).randbytes(8192)}[what]
    path.write_bytes(wrong)
    result = ann.run("status", code=None)
    assert explained(result), str(result)
    path.write_bytes(good)
    assert ann.json("status")[0]["connected"]


@pytest.mark.parametrize("wrong", [bytes(32), b"short", b"", None])
def test_without_its_key_a_vault_stays_closed(ann, wrong):
    path = ann.profile / "vault.key"
    good = path.read_bytes()
    if wrong is None:
        path.unlink()
    else:
        path.write_bytes(wrong)
    result = ann.run("status", code=None)
    assert explained(result), str(result)
    path.write_bytes(good)
    path.chmod(0o600)
    assert ann.json("status")[0]["connected"]


def test_a_profile_that_others_may_enter_is_refused(ann):
    ann.profile.chmod(0o755)
    result = ann.run("status", code=None)
    assert explained(result), str(result)
    ann.profile.chmod(0o700)
    assert ann.json("status")[0]["connected"]


def test_nothing_readable_is_in_the_files(scene):
    server = scene.server()
    ann = scene.person("Ann Recognisable", server.invite(group="Ward 7"))
    device = ann.json("status")[0]["device"]
    for path in ann.profile_files():
        data = path.read_bytes()
        assert b"Recognisable" not in data and bytes.fromhex(device) not in data, path
    server.stop()


def test_joining_on_a_full_disk_can_be_made_good(small_disk, scene):
    server = scene.server()
    link = server.invite(group="Ward 7")
    ann = scene.person("Ann", directory=small_disk)
    for left in (0, 8192, 20480, 40960):
        filler = fill_disk(small_disk, left)
        result = ann.run("join", link, "--name", "Ann", "--yes", code=None)
        filler.unlink()
        if result.code == OK:
            break
        assert explained(result), str(result)
    # What was interrupted after the server's answer needs no second join.
    ann.run("join", link, "--name", "Ann", "--yes", code=None).expect(OK, CONFLICT)
    assert ann.json("status")[0]["connected"]
    assert len(server.json("person", "list")) == 1
    server.stop()
