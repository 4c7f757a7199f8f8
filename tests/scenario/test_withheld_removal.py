# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server that has shut a device out and asks nobody to remove it: members see the leaf that is
still there, are told who reads along, and after a while remove it themselves."""
import time

import pytest

from test_devices import changes, own_device, pair
from weft_scenario import link_by_way_of
from weft_talk import private_channel, texts
from weft_wire import CHANNEL_SHOW, DEVICE_LIST, EVENT, EVENT_WORK, LOGIN, NO_SUCH_EVENT, RESPONSE, WORK_LIST, Proxy, Reader, vector

NO_WORK = bytes(2 + 16 + 16 + 4 + 8 + 1 + 1 + 1)


def later(payload, shift_ms):
    """The answer to a login from a server whose clock is so much ahead."""
    reader = Reader(payload)
    reader.take(7 + 2 + 16 + 1)
    reader.vector()
    reader.vector()
    at = reader.at
    return payload[:at] + (reader.time() + shift_ms).to_bytes(8, "big", signed=True) + payload[at + 8:]


def lease_until_ms(payload):
    reader = Reader(payload)
    reader.take(7 + 2 + 16 + 16 + 4)
    return reader.time()


def in_no_channel(payload):
    """A list of devices, each of which is said to be in none."""
    reader = Reader(payload)
    front, devices = reader.take(7 + 2), reader.vector()
    size = 16 + 1 + 3 * 8 + 4
    told = b"".join(devices[at:at + size - 4] + bytes(4) for at in range(0, len(devices), size))
    return front + vector(told) + reader.rest()


@pytest.fixture
def lying(scene):
    """Everybody's weft is behind a proxy that can keep work back, and move the time."""
    server = scene.server()
    lies = {"withholds": False, "shift_ms": 0, "withheld": 0, "lease_s": 0, "counts_none": False, "roster": None}

    def change(direction, number, payload):
        kind = int.from_bytes(payload[5:7], "big")
        if direction == "up":
            return payload
        if (payload[0], kind) == (RESPONSE, LOGIN) and payload[7:9] == bytes(2):
            return later(payload, lies["shift_ms"])
        if lies["withholds"] and (payload[0], kind) == (EVENT, EVENT_WORK):
            lies["withheld"] += 1
            return payload[:5] + NO_SUCH_EVENT.to_bytes(2, "big") + payload[7:]
        if lies["counts_none"] and (payload[0], kind) == (RESPONSE, DEVICE_LIST):
            return in_no_channel(payload)
        if lies["roster"] and (payload[0], kind) == (RESPONSE, CHANNEL_SHOW):
            return payload.replace(lies["roster"], bytes(16))
        if lies["withholds"] and (payload[0], kind) == (RESPONSE, WORK_LIST):
            lies["withheld"] += 1
            lies["lease_s"] = max(lies["lease_s"], lease_until_ms(payload) / 1000 - time.time())
            return payload[:7] + NO_WORK
        return payload

    with Proxy(server.port, server.state / "tls.crt", server.state / "tls.key", change) as proxy:
        def link(name):
            return link_by_way_of(proxy.port, server.invite(group=name))
        yield server, lies, link
    server.stop()


def people_and_a_telephone(scene, link):
    """Ann, Asha, Ben and Asha's telephone, which have a channel."""
    ann, asha, ben = scene.people(["Ann", "Asha", "Ben"], link)
    telephone = scene.person("Asha's telephone")
    pair(asha, telephone)
    talk = private_channel(ann, [asha, ben])
    telephone.run("sync")
    return ann, asha, ben, telephone, talk


def reads_on(server, person):
    return {record["device"]: record["channels"] for record in server.json("device", "list", person)}


def test_members_remove_whom_the_server_lets_stay(scene, lying):
    server, lies, link = lying
    ann, asha, ben, telephone, talk = people_and_a_telephone(scene, link)
    ann.run("sync")
    telephone.run("sync")
    lost = own_device(telephone)
    assert reads_on(server, asha.id)[lost] == 1
    lies["withholds"] = True
    server.admin("device", "revoke", lost)
    # Within the time that the server has, nobody does its work; but nothing is said without a word.
    ann.run("sync")
    told = ann.run("say", talk, "who hears this?").error
    assert f"Device {lost[:8]} of Asha was shut out and is still in this channel" in told, told
    assert f"Device {lost[:8]} of Asha" in ann.run("say", talk, "and this?").error
    assert lies["withheld"] > 0 and reads_on(server, asha.id)[lost] == 1
    assert 5 < lies["lease_s"] <= 10, "who removes has longer"
    assert [record["device"] for record in ann.json("channel", "show", talk) if record["type"] == "shut out"] == [lost]
    # The server's count is its word; what this device sees itself is told apart.
    seen = {record["device"]: record for record in asha.json("device", "list")}[lost]
    assert (seen["channels"], seen["seen_in"], seen["seen_of"]) == (1, 1, 1), seen
    assert "can still read 1 channel, as this device sees and the server counts" in asha.run("device", "list").text
    lies["counts_none"] = True
    assert "can still read 1 channel that this device is in, and 0 in all as the server" in asha.run("device", "list").text
    lies["counts_none"] = False
    lies["shift_ms"] = 100_000
    removed = ann.run("say", talk, "nobody else hears this")
    assert "let a device stay here that was shut out: this weft removed it" in removed.error, removed
    assert reads_on(server, asha.id)[lost] == 0
    assert changes(ann, talk)[-1]["text"] == "a device of Asha is out of the channel (committed by Ann)"
    # The others follow, and find nothing left to do.
    for person in (ben, asha):
        synced = person.run("sync")
        assert "removed it" not in synced.error, synced
        assert "nobody else hears this" in texts(person, talk)
        assert f"Device {lost[:8]}" not in person.run("say", talk, "a quiet word").error


def test_whoever_follows_removes_it_without_being_asked_and_only_one_does(scene, lying):
    server, lies, link = lying
    ann, asha, ben, telephone, talk = people_and_a_telephone(scene, link)
    for person in (ann, asha, ben):
        person.run("sync")
    lies["withholds"] = True
    server.admin("device", "revoke", own_device(telephone))
    for person in (ann, ben):
        person.run("sync")
    lies["shift_ms"] = 100_000
    following = [person.follow(talk) for person in (ann, ben)]
    for stream in following:
        stream.wait_record("the removal", lambda record: any(
            change["change"] == "device removed" for change in record.get("changes", [])))
    ann.run("say", talk, "once")
    for stream in following:
        stream.wait_record("it", lambda record: record.get("text") == "once")
    removals = [record for record in ann.json("read", talk) for change in record.get("changes", [])
                if change["change"] == "device removed"]
    assert len(removals) == 1, removals


def test_a_server_that_lies_about_who_is_there_is_noticed(scene, lying):
    server, lies, link = lying
    ann, ben = scene.people(["Ann", "Ben"], link)
    talk = private_channel(ann, [ben])
    ann.run("sync")
    assert "list of who is in this channel is wrong" not in ann.run("channel", "show", talk).error
    lies["roster"] = bytes.fromhex(own_device(ben))
    assert "it leaves out 1 and names 1 who are not" in ann.run("channel", "show", talk).error
