# SPDX-License-Identifier: AGPL-3.0-or-later
"""Several devices of one person: a new one is approved by a code that both compute, comes into every
channel, and is shut out when it is lost; somebody who lost the only one is set up again by an admin."""
import contextlib
import json
import sqlite3

import pytest

from weft_liar import OK_CODE, Liar
from weft_scenario import AUTHENTICATION, CONFLICT, NOT_FOUND, NOT_NOW, OK, USAGE, link_by_way_of
from weft_talk import messages, private_channel, states, texts
from weft_wire import (CHANNEL_COMMIT, DEVICE_LIST, EVENT_WELCOME, EVENT_WORK, READ_POSITION, WORK_LIST, CutsOff,
                       Reader)

NO_WORK = bytes(16 + 16 + 4 + 8) + bytes(3)  # no id, nobody to add or to remove, no path


def is_type(kind):
    return lambda record: record["type"] == kind


def changes(person, channel):
    return [change for record in person.json("read", channel) for change in record.get("changes", [])]


def begin(approver, device, *command):
    """Makes a link on one device and opens it on the other, up to the code."""
    adding = approver.stream(*(command or ("device", "add")), typed=True)
    link = adding.wait_record("the link", is_type("link"))["link"]
    linking = device.stream("device", "link", link)
    code = linking.wait_record("the code", is_type("code"))["code"]
    adding.wait_record("the question", is_type("code wanted"))
    return adding, linking, code


def pair(approver, device, *command):
    adding, linking, code = begin(approver, device, *command)
    adding.type(code)
    linking.wait_record("that it is linked", is_type("linked"))
    assert adding.process.wait(60) == OK, adding.log()
    assert linking.process.wait(60) == OK, linking.log()
    return adding, linking


def devices(person, *of):
    return {record["device"]: record for record in person.json("device", "list", *of)}


def own_device(person):
    return person.json("status")[0]["device"]


def test_whoever_was_suspended_for_a_while_is_told_that_and_no_more(scene):
    server = scene.server()
    ann, bea = scene.people(["Ann", "Bea"], lambda name: server.invite(group=name))
    channel = private_channel(ann, [bea])
    done = server.admin("person", "suspend", bea.id).text
    assert "Bea may not log in any more" in done and f"weftd person restore {bea.id[:8]}" in done
    ann.run("sync")
    bea.run("sync", code=AUTHENTICATION)
    assert "Bea may log in again" in server.admin("person", "restore", bea.id).text
    told = bea.run("sync").error
    assert "is shut out by now" not in told and told.count("may be used again") == 1, told
    ann.run("channel", "add", channel, bea.id)
    bea.run("sync")
    bea.run("say", channel, "back")
    assert "Bea is erased" in server.admin("person", "erase", bea.id, "--for-good").text
    server.stop()


def test_two_devices_of_a_person_read_and_write_in_every_channel(scene):
    server = scene.server()
    ann, asha = scene.people(["Ann", "Asha"], lambda name: server.invite(group=name))
    talk = private_channel(ann, [asha])
    opened = asha.one("channel", "create", "Falls at night", "--open")["channel"]
    asha.run("say", talk, "before the second device")
    second = scene.person("Asha's telephone")
    adding, linking = pair(asha, second)
    assert [r for r in adding.records() if r["type"] == "progress"][-1]["in"] == 2
    assert [r for r in linking.records() if r["type"] == "progress"][-1] == {"type": "progress", "in": 2, "of": 2}
    assert second.id == asha.id
    for channel in (talk, opened):
        second.run("say", channel, "from the telephone")
        asha.run("say", channel, "from the desk")
        second.run("sync")
        asha.run("sync")
        assert texts(second, channel) == ["from the telephone", "from the desk"]
        assert texts(asha, channel)[-2:] == ["from the telephone", "from the desk"]
    ann.run("sync")
    assert texts(ann, talk) == ["before the second device", "from the telephone", "from the desk"]
    assert [change["text"] for change in changes(ann, talk)][-1] == "Asha added a device"
    for record in ann.json("read", talk):
        assert record["warning"] == "", record
    # A channel that either makes later is the other's too.
    later = second.one("channel", "create", "Made on the telephone", "--private")["channel"]
    second.run("sync")
    asha.run("sync")
    assert later in [record["channel"] for record in asha.json("status")[1:]]
    listed = devices(asha)
    assert len(listed) == 2 and all(device["channels"] == device["of"] == 3 for device in listed.values())
    server.stop()


@pytest.mark.parametrize("direction", ("up", "down"))
def test_how_far_one_has_read_is_told_again_where_the_connection_ended(scene, direction):
    server = scene.server()
    with CutsOff(server) as proxy:
        ann = scene.person("Ann", link_by_way_of(proxy.port, server.invite(group="Ward 1")))
        bea = scene.person("Bea", server.invite(group="Ward 2"))
        channel = private_channel(ann, [bea])
        second = scene.person("Ann's telephone")
        pair(ann, second)
        bea.run("say", channel, "Mats by the bed")
        proxy.cutting = direction, READ_POSITION
        ann.run("read", channel)
        assert proxy.cutting is None
        ann.run("sync")
        assert not messages(second, channel, "--new")
    server.stop()


def test_a_wrong_code_is_refused_and_ends_the_link(scene):
    server = scene.server()
    ann = scene.person("Ann", server.invite(group="Ward 1"))
    other = scene.person("Ann's telephone")
    adding, linking, code = begin(ann, other)
    wrong = "000 000" if code != "000 000" else "000 001"
    for _ in range(3):
        adding.type(wrong)
    assert adding.process.wait(60) == NOT_NOW, adding.log()
    assert linking.process.wait(60) == NOT_NOW, linking.log()
    assert "sit between" in adding.log() + "\n".join(adding.seen)
    assert len(devices(ann)) == 1
    other.run("status", code=NOT_FOUND)
    link = next(record["link"] for record in adding.records() if record["type"] == "link")
    assert other.run("device", "link", link, code=None).code == NOT_NOW, "the link is over"
    third = scene.person("a third one")
    assert third.run("device", "link", link, code=None).code == CONFLICT
    # One mistake is forgiven, and the other device need not begin again.
    adding, linking, code = begin(ann, scene.person("another telephone"))
    adding.type(wrong if wrong != code else "111 111")
    adding.type(code.replace(" ", ""))
    assert adding.process.wait(60) == OK, adding.log()
    assert linking.process.wait(60) == OK, linking.log()
    server.stop()


def test_a_new_device_is_told_when_its_link_is_over_and_nobody_approved_it(scene):
    server = scene.server()
    ann = scene.person("Ann", server.invite(group="Ward 1"))
    adding, linking, _ = begin(ann, scene.person("Ann's telephone"))
    adding.end(9)
    again = ann.stream("device", "add", typed=True)
    again.wait_record("another link, which ends the first", is_type("link"))
    assert linking.process.wait(60) == NOT_FOUND, linking.log()
    assert "make another link there with weft device add" in linking.log() + "\n".join(linking.seen)
    again.end(9)
    assert len(devices(ann)) == 1
    server.stop()


def test_whoever_was_stopped_goes_on(scene):
    server = scene.server()
    ann = scene.person("Ann", server.invite(group="Ward 1"))
    channel = ann.one("channel", "create", "Falls", "--private")["channel"]
    phone = scene.person("Ann's telephone")
    adding, linking, code = begin(ann, phone)
    linking.end(9)
    server.kill()
    server.start()
    link = next(record["link"] for record in adding.records() if record["type"] == "link")
    again = phone.stream("device", "link", link)
    assert again.wait_record("the code", is_type("code"))["code"] == code
    again.end(9)
    adding.type(code)
    adding.wait_record("the approval", is_type("device approved"))
    adding.end(9)
    # Approved, and nobody knows: the new device finds out, and any device of hers brings it in.
    linking = phone.stream("device", "link", link)
    linking.wait_record("that it is linked", is_type("linked"))
    ann.run("sync")
    assert linking.process.wait(60) == OK, linking.log()
    phone.run("say", channel, "here")
    ann.run("sync")
    assert texts(ann, channel) == ["here"]
    server.stop()


def test_a_new_device_ends_with_every_channel_opened(scene):
    """However late it hears of its Welcome: just before it is told that it is everywhere."""
    server = scene.server()
    with Liar(server) as liar:
        asha = scene.person("Asha", link_by_way_of(liar.port, server.invite(group="Ward 7")))
        channel = asha.one("channel", "create", "Falls", "--private")["channel"]
        first = bytes.fromhex(own_device(asha))
        held = []

        def rule(talk, way, frame):
            if talk.device in (None, first):
                return None
            if frame.is_event(EVENT_WELCOME):
                liar.did("a Welcome told late")
                held.append(frame)
                return []
            if frame.answers(DEVICE_LIST) and held:
                reader = Reader(frame.body[2:])
                listed, channels = reader.vector(), reader.number(4)
                own = listed.index(talk.device)
                if int.from_bytes(listed[own + 41:own + 45], "big") == channels:
                    return [held.pop(), frame]
            return None

        liar.rule(rule)
        tablet = scene.person("Tablet")
        _, linking = pair(asha, tablet)
        assert liar.lies and not held
        assert "You were let in" in linking.log(), linking.log()
        assert states(tablet) == ["member"] and tablet.json("status")[-1]["channel"] == channel
    server.stop()


def test_a_revoked_device_is_shut_out_at_once_and_removed_when_somebody_comes(scene):
    server = scene.server()
    ann, asha = scene.people(["Ann", "Asha"], lambda name: server.invite(group=name))
    talk = private_channel(ann, [asha])
    phone = scene.person("Asha's telephone")
    pair(asha, phone)
    lost = own_device(phone)
    following = phone.follow()
    said = asha.json("device", "revoke", lost[:8])[-1]
    assert (said["type"], said["channels"]) == ("device revoked", 0), said
    assert following.process.wait(60) == NOT_NOW, following.log()
    refused = phone.run("sync", code=NOT_NOW)
    assert "taken off its account" in refused.error and "weft device add" in refused.error
    ann.run("sync")
    ann.run("say", talk, "without the telephone")
    assert changes(ann, talk)[-1]["change"] == "device removed"
    asha.run("sync")
    assert texts(asha, talk) == ["without the telephone"]
    phone.run("read", talk, code=None)
    assert "without the telephone" not in phone.run("read", talk, code=None).text
    assert asha.run("device", "revoke", own_device(asha), code=CONFLICT).error
    server.stop()


def test_a_revoked_device_reads_what_it_has_and_asks_the_server_nothing(scene):
    server = scene.server()
    asha, ben = scene.people(["Asha", "Ben"], lambda name: server.invite(group="Ward 7"))
    tablet = scene.person("Tablet")
    channel = private_channel(asha, [ben])
    _, linking = pair(asha, tablet)
    listed = asha.run("device", "list").text.splitlines()
    assert len(listed) == 2 and all("in 1 of 1 channel; " in line and len(line) <= 80 for line in listed), listed
    told = [json.loads(line) for line in linking.log().splitlines() if "You were let in" in line]
    # Its title comes a message later.
    assert [line["title"] in ("Private talk", channel[:8]) for line in told] == [True], told
    # Names that the tablet has never shown, more often than weftd answers without a login.
    for number in range(30):
        ben.run("say", channel, f"number {number}")
    tablet.run("sync")
    asha.run("device", "revoke", own_device(tablet))
    assert "reached and verified, but not logged in" in tablet.run("status", code=NOT_NOW).text
    read = tablet.run("read", channel, code=None)
    assert "number 29" in read.text and "taken off its account" in read.error, read
    assert "asks to wait" not in read.error, read
    server.stop()


def test_what_a_revoked_device_can_still_read_is_shown_until_it_is_over(scene):
    server = scene.server()
    ann, asha = scene.people(["Ann", "Asha"], lambda name: server.invite(group=name))
    talk = private_channel(ann, [asha])
    lost = own_device(asha)
    # No device of Asha's is left that could commit: the operator shuts it out while nobody is online.
    server.admin("device", "revoke", lost)
    shown = server.json("device", "list", asha.id)
    assert [(device["state"], device["channels"]) for device in shown] == [("revoked", 1)]
    assert "can still read 1 channel" in server.admin("device", "list", asha.id).text
    assert asha.run("sync", code=NOT_NOW).error
    server.restart()
    ann.run("sync")
    assert server.json("device", "list", asha.id)[0]["channels"] == 0
    assert "Asha is out of the channel" in changes(ann, talk)[-1]["text"]
    server.stop()


def test_who_lost_the_only_device_is_set_up_again_by_an_admin(scene):
    server = scene.server()
    admin = scene.person("Dan", server.first_link)
    ann, asha = scene.people(["Ann", "Asha"], lambda name: server.invite(group=name))
    talk = private_channel(ann, [asha])
    ann.run("say", talk, "before")
    opened = ann.one("channel", "create", "Falls at night", "--open")["channel"]
    asha.run("channel", "join", opened)
    asha.run("sync")
    old = own_device(asha)
    ann.run("device", "reset", asha.id, code=NOT_NOW)
    assert "weftd person list" in admin.run("device", "reset", "Asha", code=NOT_FOUND).error
    assert asha.id in [record["person"] for record in server.json("person", "list")]
    fresh = scene.person("Asha's new telephone")
    pair(admin, fresh, "device", "reset", asha.id)
    assert fresh.id == asha.id
    assert asha.run("sync", code=NOT_NOW).error
    assert devices(admin, asha.id)[old]["state"] == "revoked"
    assert fresh.json("status")[1:] == [], "in no channel"
    told = ann.run("sync").error
    assert "Dan, an admin as the server says, has signed a new device for Asha" in told
    assert f"weft channel add {talk[:8]} {asha.id[:8]} --checked" in told
    # In an open channel too, a member lets them in.
    assert fresh.json("channel", "join", opened)[-1]["type"] == "knocked"
    for channel in (talk, opened):
        refused = ann.run("channel", "add", channel, asha.id, code=NOT_NOW)
        assert "--checked" in refused.error and "Dan" in refused.error
        ann.run("channel", "add", channel, asha.id, "--checked")
        fresh.run("sync")
        ann.run("say", channel, "after")
        fresh.run("sync")
        assert texts(fresh, channel) == ["after"], "history as the channel grants it"
        shown = [change["text"] for change in changes(ann, channel)]
        assert "Ann let Asha in, on a new device that Dan signed as admin" in shown, shown
    assert all(device["channels"] == 0 for device in devices(fresh).values() if device["state"] == "revoked")
    server.stop()


def damage_a_channel(person):
    """The group of one channel of theirs cannot be read any more, and all else can."""
    with contextlib.closing(sqlite3.connect(person.profile / "vault.db")) as database:
        changed = database.execute("UPDATE records SET sealed = zeroblob(length(sealed)) WHERE kind >= 100 AND scope ="
                                   " (SELECT max(scope) FROM records WHERE kind >= 100)")
        assert changed.rowcount > 0
        database.commit()


def test_what_cannot_be_looked_at_is_said_and_keeps_nothing_else_from_being_shown(scene):
    """One channel of two is damaged here: nobody may take the rest for the whole."""
    server = scene.server()
    ann, asha = scene.people(["Ann", "Asha"], lambda name: server.invite(group=name))
    phone, tablet = scene.person("Asha's telephone"), scene.person("Asha's tablet")
    talks = [private_channel(ann, [asha], title) for title in ("Falls", "Night shifts")]
    for device in (phone, tablet):
        pair(asha, device)
    ann.run("sync")
    asha.run("sync")
    lost = own_device(phone)
    assert {device["seen_in"] for device in devices(asha).values()} == {2}
    damage_a_channel(asha)
    listed = asha.run("device", "list", json_lines=True)
    shown = {record["device"]: record for record in listed.lines if record["type"] == "device"}
    assert len(shown) == 3
    assert {(device["seen_in"], device["seen_of"], device["missed"]) for device in shown.values()} == {(1, 1, 1)}
    assert "in 1 of the 1 channel that could be looked at" in asha.run("device", "list").text
    told = listed.error + str([record for record in listed.lines if record["type"] == "notice"])
    assert told.count("Not looked at: ") == 1 and ("Falls" in told) + ("Night shifts" in told) == 1, told
    whole = talks[0] if "Night shifts" in told else talks[1]
    asha.run("say", whole, "this can be said")  # and the damage is not taken for a failure of it
    # All that could be seen is gone, and what could not be is not said to be.
    server.admin("device", "revoke", lost)
    ann.run("sync")
    assert server.json("device", "list", asha.id)[1]["channels"] == 0
    unknown = "it is not known here whether it reads on: 1 channel could not be looked at, and the server counts none"
    assert unknown in asha.run("device", "list").text
    said = asha.run("device", "revoke", own_device(tablet))
    assert "reads nothing" not in said.text and "could" in said.text and "Not looked at: " in said.error, said
    for talk in talks:
        ann.run("channel", "remove", talk, asha.id)
    shown = devices(asha)[lost]
    assert (shown["seen_in"], shown["seen_of"], shown["missed"]) == (0, 0, 1), "the other is hers no more, as is proven"
    server.stop()


def test_own_devices_see_how_far_the_other_has_read(scene):
    server = scene.server()
    ann, asha = scene.people(["Ann", "Asha"], lambda name: server.invite(group=name))
    talk = private_channel(ann, [asha])
    phone = scene.person("Asha's telephone")
    pair(asha, phone)
    ann.run("say", talk, "one")
    ann.run("say", talk, "two")
    assert texts(asha, talk, "--new") == ["one", "two"]
    assert texts(phone, talk, "--new") == []
    assert texts(phone, talk) == ["one", "two"]
    server.stop()


def test_leaving_takes_all_of_ones_devices_out(scene):
    server = scene.server()
    ann, asha = scene.people(["Ann", "Asha"], lambda name: server.invite(group=name))
    talk = private_channel(ann, [asha])
    phone = scene.person("Asha's telephone")
    pair(asha, phone)
    asha.run("channel", "leave", talk)
    ann.run("sync")
    ann.run("say", talk, "alone now")
    phone.run("sync")
    assert "alone now" not in phone.run("read", talk, code=None).text
    assert "Asha" not in ann.run("channel", "show", talk).text
    server.stop()


def test_leaving_takes_out_a_device_that_is_added_at_that_very_moment(scene):
    server = scene.server()
    with Liar(server) as slow, Liar(server) as idle:
        ann = scene.person("Ann", link_by_way_of(slow.port, server.invite(group="Ward 1")))
        asha = scene.person("Asha", link_by_way_of(idle.port, server.invite(group="Ward 2")))
        talk = private_channel(ann, [asha])

        @idle.rule
        def nothing_to_do(_, __, frame):
            if frame.is_event(EVENT_WORK):
                return []
            return [frame.having(OK_CODE + NO_WORK)] if frame.answers(WORK_LIST) else None

        @slow.rule
        def leave_first(_, way, frame):
            if way == "up" and frame.is_request(CHANNEL_COMMIT) and not slow.lies:
                slow.did("Asha leaves before Ann's change arrives")
                asha.run("channel", "leave", talk)

        phone = scene.person("Asha's telephone")
        adding, linking, code = begin(asha, phone)
        adding.type(code)
        linking.wait_record("that it is linked", is_type("linked"))
        for stream in (adding, linking):
            stream.end()
        ann.run("sync")
        assert slow.lies, "Ann was not asked to add the telephone"
        ann.run("sync")
        phone.run("sync")
        assert "member" not in states(phone), phone.json("status")
        assert "Asha" not in ann.run("channel", "show", talk).text
    server.stop()


def test_bad_input_is_refused_in_words(scene):
    server = scene.server()
    ann, bea = scene.people(["Ann", "Bea"], lambda name: server.invite(group=name))
    for arguments, code in [
            (("device", "link", "weft://nowhere"), USAGE),
            (("device", "link"), USAGE),
            (("device", "add", "what"), USAGE),
            (("device", "revoke", "ffffffff"), NOT_FOUND),
            (("device", "revoke", "00" * 16), NOT_FOUND),
            (("device", "revoke", own_device(bea)), NOT_NOW),
            (("device", "list", bea.id), NOT_NOW),
            (("device", "reset", bea.id), NOT_NOW)]:
        refused = ann.run(*arguments, code=None)
        assert refused.code == code, refused
        assert refused.error.strip(), refused
    joined = ann.run("device", "link", server.invite(group="Ward 9"), code=CONFLICT)
    assert "--profile" in joined.error
    stranger = scene.person("stranger")
    unknown = stranger.run("device", "link", server.invite(group="Ward 9"), code=NOT_FOUND)
    assert "weft device add" in unknown.error
    server.stop()
