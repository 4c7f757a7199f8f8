# SPDX-License-Identifier: AGPL-3.0-or-later
"""What may happen to a profile's files: damage, a lost key, curious others, a full disk. Each is told in
words, nothing is made worse, and putting the files back puts everything back."""
import random

import pytest

from weft_scenario import CONFLICT, OK, SANITIZER_EXIT, fill_disk, link_by_way_of
from weft_talk import private_channel, states, texts
from weft_wire import CHANNEL_COMMIT, RESPONSE, Proxy, refusal

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


def put_back(person, copy):
    for path in person.profile.iterdir():
        if path.is_file():
            path.unlink()
    for path, data in copy.items():
        path.write_bytes(data)
        path.chmod(0o600)


def copy_of(person):
    return {path: path.read_bytes() for path in person.profile.iterdir() if path.is_file()}


def private_talk(scene, server, names):
    """Everybody in one channel that lets people in by a member, their leaves in this order."""
    everybody = scene.people(names, lambda name: server.invite(group=f"Ward {names.index(name)}"))
    channel = private_channel(everybody[0], everybody[1:])
    for person in everybody:
        person.run("sync")
    return everybody, channel


def comes_back(server, person, channel, text, *told):
    """From an old copy, by saying something: with a fresh leaf, and nobody is accused of anything."""
    before = server.log().count(" commit_reported ")
    back = person.run("say", channel, text)
    for line in ("was put back from an older copy", "Joined anew with a fresh leaf", *told):
        assert back.error.count(line) == 1, back
    assert "stuck" not in back.error and server.log().count(" commit_reported ") == before, back
    assert states(person) == ["member, unconfirmed"]


BY_A_COPY = "was changed with this profile's keys"


def test_whoever_changed_the_channel_last_comes_back_from_an_old_copy(scene):
    """Their own commit is the last: the leaf that signed it is the one that they replace, and Ben's place is free."""
    server = scene.server()
    (ann, ben, cy), channel = private_talk(scene, server, ["Ann", "Ben", "Cy"])
    ann.run("say", channel, "one")
    cy.run("sync")
    copy = copy_of(cy)
    ben.run("channel", "leave", channel)
    cy.run("sync")  # nobody else is there to take him out
    assert ann.json("channel", "show", channel)[0]["people"] == 2
    put_back(cy, copy)
    comes_back(server, cy, channel, "two", BY_A_COPY)
    # Once more: the last commit is the one by which they came back.
    put_back(cy, copy)
    comes_back(server, cy, channel, "three", BY_A_COPY)
    ann.run("say", channel, "four")
    cy.run("sync")
    assert texts(cy, channel)[0] == "one" and texts(cy, channel)[-2:] == ["three", "four"]
    assert texts(ann, channel) == ["one", "two", "three", "four"]
    people = [record["person"] for record in cy.json("channel", "show", channel) if record["type"] == "member"]
    assert people == [ann.id, cy.id]
    server.stop()


@pytest.mark.parametrize("own", [False, True])
def test_who_changed_the_channel_since_the_copy_may_be_gone(scene, own):
    """Ben's change is no more than one of several, whether they can still be followed or not."""
    server = scene.server()
    (ann, ben, cy, dee, eve), channel = private_talk(scene, server, ["Ann", "Ben", "Cy", "Dee", "Eve"])
    copy = copy_of(cy)
    dee.run("channel", "leave", channel)
    (cy if own else ann).run("sync")
    eve.run("channel", "leave", channel)
    ben.run("sync")
    ben.run("channel", "leave", channel)
    ann.run("sync")
    cy.run("sync")
    assert ann.json("channel", "show", channel)[0]["people"] == 2
    put_back(cy, copy)
    comes_back(server, cy, channel, "here again", *([BY_A_COPY] if own else []))
    ann.run("sync")
    assert texts(ann, channel) == ["here again"]
    server.stop()


def test_a_change_that_the_server_refused_and_made_is_no_copys_alone(scene):
    """The client has given it up when it finds it in the log: it comes back as from an old copy, and says what else it may be."""
    server = scene.server()
    lies = []

    def change(direction, _, payload):
        if not lies or direction == "up" or payload[0] != RESPONSE or int.from_bytes(payload[5:7], "big") != CHANNEL_COMMIT:
            return payload
        lies.clear()
        return payload[:7] + refusal("denied", b"no")

    with Proxy(server.port, server.state / "tls.crt", server.state / "tls.key", change) as proxy:
        ann, ben = scene.people(["Ann", "Ben"], lambda name: link_by_way_of(proxy.port, server.invite(group=f"Ward of {name}")))
        channel = ann.one("channel", "create", "Falls", "--open")["channel"]
        ben.run("channel", "join", channel)
        ann.run("sync")
        lies.append(True)
        assert ann.run("channel", "role", channel, ben.id, "--give", "note-taker", code=None).code != OK and not lies
        back = ann.run("sync")
        for line in (BY_A_COPY, "the server made a change that it had said it refused", "Joined anew with a fresh leaf"):
            assert back.error.count(line) == 1, back
        assert " commit_reported " not in server.log()
        ann.run("say", channel, "here still")
        ben.run("sync")
        assert texts(ben, channel) == ["here still"]
    server.stop()
