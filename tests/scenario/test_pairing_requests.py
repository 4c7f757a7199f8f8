# SPDX-License-Identifier: AGPL-3.0-or-later
"""The requests of a pairing, made by those who have no business with it, and out of order."""
import hashlib
import os

from weft_scenario import TRUST, decode_link
from weft_wire import (DEVICE_LIST, DEVICE_REVOKE, PAIRING_ANSWER, PAIRING_FINISH, PAIRING_OPEN, PAIRING_SHOW,
                       PAIRING_STEP, Connection, joined, logged_in, vector)


def step(pairing, commitment=b"\x01" * 32, entry=b""):
    return pairing + commitment + bytes(32) + vector(entry)


def test_a_pairing_is_its_two_devices_and_goes_in_order(server_scene):
    server = server_scene.server()
    ann, eve = joined(server, "Ann"), joined(server, "Eve")
    pairing, unknown = os.urandom(16), os.urandom(16)
    at_ann, at_eve = logged_in(server, ann), logged_in(server, eve)
    assert at_ann.request(PAIRING_OPEN, pairing + eve.person)[0] == "denied", "not an admin"
    assert at_ann.request(PAIRING_OPEN, pairing + ann.person)[0] == "ok"
    assert at_ann.request(PAIRING_ANSWER, pairing + vector(b"said"))[0] == "not_now", "nobody has committed"
    for request, body in [(PAIRING_SHOW, b""), (PAIRING_ANSWER, vector(b"said")), (PAIRING_FINISH, vector(b""))]:
        assert at_eve.request(request, pairing + body)[0] == "not_found", "another's pairing"
        assert at_ann.request(request, unknown + body)[0] == "not_found"
    with Connection(server.port) as anybody:
        assert anybody.request(PAIRING_STEP, step(unknown))[0] == "not_found"
        assert anybody.request(PAIRING_STEP, step(pairing))[0] == "ok"
        assert anybody.request(PAIRING_STEP, step(pairing))[0] == "ok", "again, it asks"
        assert anybody.request(PAIRING_STEP, step(pairing, b"\x02" * 32))[0] == "conflict", "a second device"
        assert anybody.request(PAIRING_STEP, step(pairing, entry=b"early"))[0] == "not_now"
        assert at_ann.request(PAIRING_ANSWER, pairing + vector(b"said"))[0] == "ok"
        assert at_ann.request(PAIRING_ANSWER, pairing + vector(b"otherwise"))[0] == "conflict", "the first stands"
        assert anybody.request(PAIRING_STEP, step(pairing, entry=b"no entry"))[0] == "ok", "the approver judges it"
        assert at_ann.request(PAIRING_FINISH, pairing + vector(b"no entry"))[0] not in ("ok", "internal")
        assert at_ann.request(PAIRING_FINISH, pairing + vector(b""))[0] == "ok", "refused"
        code, body = anybody.request(PAIRING_STEP, step(pairing, entry=b"no entry"))
        assert (code, body[0]) == ("ok", 6), "the new device is told that it was refused"
    assert at_ann.request(DEVICE_LIST, eve.person)[0] == "denied"
    assert at_ann.request(DEVICE_REVOKE, vector(b"no entry"))[0] not in ("ok", "internal")
    for connection in (at_ann, at_eve):
        connection.__exit__(None, None, None)
    server.stop()


def test_a_commitment_of_zeros_is_told_nothing(scene):
    """Whoever may commit again once the approver has spoken finds keys for any code."""
    server = scene.server()
    ann = scene.person("Ann", server.invite(group="Ward 7"))
    adding = ann.stream("device", "add", typed=True)
    link = adding.wait_record("the link", lambda record: record["type"] == "link")["link"]
    pairing = hashlib.sha256(b"Weft pairing 1" + decode_link(link)[2]).digest()[:16]
    with Connection(server.port) as eve:
        code, body = eve.request(PAIRING_STEP, step(pairing, commitment=bytes(32)))
        assert code == "ok"
        assert adding.process.wait(60) == TRUST, adding.log()
        code, body = eve.request(PAIRING_STEP, step(pairing, commitment=bytes(32)))
        assert (code, body[0], body[1]) == ("ok", 2, 0), "the approver has not said its part"
    server.stop()
