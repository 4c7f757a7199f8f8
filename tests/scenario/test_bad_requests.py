# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requests that are not what they should be: truncated, with bits turned, too long, of unknown kinds,
from somebody who has logged in and may try again. The server answers each with a clear error or ends
that one connection; it never accepts one, and nobody else notices."""
import os
import random
import struct

import pytest

from weft_scenario import decode_link
from weft_wire import (CHANNEL_CREATE, CODES, KEY_PACKAGES_PUBLISH, LOGIN, PART, PING, PROFILE_SET, REDEEM, REQUEST,
                       REQUESTS, RESPONSE, Account, Closed, Connection, Reader, client_hello, joined, logged_in,
                       turned, vector)

def named(cases):
    """Cases named by their first value."""
    return {"argvalues": cases, "ids": [case[0].replace(" ", "-") for case in cases]}


CLOSING = (1002, 1003, 1007, 1008, 1009, None)


ANONYMOUS_REQUESTS = 15  # a connection may make 20 at once before its login


def profile(topics=(b"falls",), weekly=2, opted_in=1):
    listed = b"".join(vector(topic) for topic in topics)
    return vector(listed) + vector(b"") + bytes([weekly, opted_in])


def test_a_good_request_is_accepted(server_scene):
    """Without this one, the others would show nothing."""
    server = server_scene.server()
    with logged_in(server, joined(server)) as connection:
        assert connection.request(PROFILE_SET, profile())[0] == "ok"
        assert connection.request(PING, b"")[0] == "ok"
    server.stop()


def test_a_request_cut_anywhere_or_with_bytes_after_it_is_malformed(server_scene):
    server = server_scene.server()
    with logged_in(server, joined(server)) as connection:
        good = profile((b"falls", b"sepsis"))
        for length in range(len(good)):
            code, body = connection.request(PROFILE_SET, good[:length])
            assert code == "malformed", f"cut after {length} of {len(good)} bytes: {code}"
            assert Reader(body).text(), "an error says what is wrong"
        assert connection.request(PROFILE_SET, good + b"\x00")[0] == "malformed"
        assert connection.request(PROFILE_SET, good)[0] == "ok"
    server.stop()


def test_every_bit_of_a_login_and_of_a_redemption_counts(server_scene):
    server = server_scene.server()
    ann = joined(server)
    chosen = random.Random(5)
    for _ in range(4):
        with Connection(server.port) as connection:
            request = ann.login_request(connection)
            counter_at = len(request) - 8  # the vault's counter is not signed: any value is somebody's
            for at in chosen.sample(range(counter_at * 8), ANONYMOUS_REQUESTS):
                code, _ = connection.request(LOGIN, turned(request, at))
                assert code not in ("ok", "rate_limited"), f"bit {at}: {code}"
            assert connection.request(LOGIN, request)[0] == "ok"
    secret = decode_link(server.invite(group="Ward 7"))[2]
    bea = Account("Bea")
    entry = bea.directory_entry(bytes(16))
    request = secret + vector(b"Bea") + vector(entry)
    for _ in range(4):
        with Connection(server.port) as connection:
            # Past secret and name: any name will do.
            for at in chosen.sample(range(20 * 8, len(request) * 8), ANONYMOUS_REQUESTS):
                code, _ = connection.request(REDEEM, turned(request, at))
                assert code not in ("ok", "rate_limited"), f"bit {at}: {code}"
    with Connection(server.port) as connection:
        assert connection.request(REDEEM, request)[0] == "ok"
    server.stop()


def test_garbage_in_every_request_is_answered_and_changes_nothing(server_scene):
    server = server_scene.server()
    ann = joined(server)
    before = server.json("person", "list")
    chosen = random.Random(11)
    bodies = [b"", b"\x00", b"\xff" * 8, bytes(256), b"\xff" * 256, b"\xbf\xff\xff\xff" * 32]
    bodies += [chosen.randbytes(chosen.randrange(1, 400)) for _ in range(12)]
    connection = logged_in(server, ann)
    for request in REQUESTS:
        for body in bodies:
            try:
                code, _ = connection.request(request, body)
            except Closed:
                connection = logged_in(server, ann)
                continue
            assert code in CODES
            assert code != "internal", f"request {request}, {body[:16].hex()}"
    connection.connection.close()
    assert server.json("person", "list") == before
    server.stop()


@pytest.mark.parametrize("what, body", **named([
    ("a topic longer than allowed", profile((b"x" * 81,))),
    ("more topics than allowed", profile((b"x",) * 17)),
    ("a topic that is not UTF-8", profile((b"\xc3\x28",))),
    ("a surrogate", profile((b"\xed\xa0\x80",))),
    ("an overlong encoding", profile((b"\xc0\xaf",))),
    ("a NUL in text", profile((b"a\x00b",))),
    ("a bool that is neither", profile(opted_in=2)),
    ("a length header longer than needed", b"\x40\x00" + profile(())[1:]),
]))
def test_a_profile_that_breaks_a_rule_is_refused(server_scene, what, body):
    server = server_scene.server()
    with logged_in(server, joined(server)) as connection:
        code, _ = connection.request(PROFILE_SET, body)
        assert code in ("malformed", "limit", "invalid"), f"{what}: {code}"
        assert connection.request(PROFILE_SET, profile())[0] == "ok"
    server.stop()


def test_unknown_requests_and_versions_are_named_as_such(server_scene):
    server = server_scene.server()
    ann = joined(server)
    with logged_in(server, ann) as connection:
        for number in (0, 6, 99, 0xffff):
            assert connection.request(number, b"")[0] == "unsupported", number
    with Connection(server.port, hello=False) as connection:
        connection.send(2, 0, 0, client_hello(version=2))
        try:
            code, _ = connection.request(PING, b"")
            assert code == "unsupported", code
        except Closed as closed:
            assert closed.code in CLOSING
    with Connection(server.port, hello=False) as connection:
        connection.send(2, 0, 0, client_hello(capabilities=(1, 2, 77, 65535)))
        assert connection.request(PING, b"")[0] == "ok", "unknown capabilities are ignored"
    server.stop()


def refused(connection):
    """Whether the server ends the connection or answers with an error, and never with ok."""
    try:
        while True:
            kind, _, _, body = connection.receive()
            if kind == RESPONSE:
                return CODES[int.from_bytes(body[:2], "big")] not in ("ok", "large")
    except Closed as closed:
        return closed.code in CLOSING


@pytest.mark.parametrize("what, frames", **named([
    ("a frame without a head", [b"\x03"]),
    ("an empty message", [b""]),
    ("a frame of a type that only servers send", [struct.pack(">BIH", RESPONSE, 1, PING)]),
    ("a frame of an unknown type", [struct.pack(">BIH", 9, 1, PING)]),
    ("a second hello", [struct.pack(">BIH", 2, 0, 0) + client_hello()]),
    ("a part that starts in the middle", [struct.pack(">BIH", PART, 1, 0) + struct.pack(">II", 5, 100) + vector(b"x")]),
    ("a part that promises too much", [struct.pack(">BIH", PART, 1, 0) + struct.pack(">II", 0, 0xffffffff)
                                       + vector(b"x" * 100)]),
    ("a part that is longer than its whole", [struct.pack(">BIH", PART, 1, 0) + struct.pack(">II", 0, 10)
                                              + vector(b"x" * 100)]),
    ("parts that overlap", [struct.pack(">BIH", PART, 1, 0) + struct.pack(">II", 0, 1000) + vector(b"x" * 100),
                            struct.pack(">BIH", PART, 1, 0) + struct.pack(">II", 50, 1000) + vector(b"x" * 100)]),
    ("a message over 64 KiB", [struct.pack(">BIH", REQUEST, 1, PING) + bytes(65536)]),
]))
def test_frames_that_break_the_order_end_only_their_connection(server_scene, what, frames):
    server = server_scene.server()
    with logged_in(server, joined(server)) as bystander, logged_in(server, joined(server, "Eve")) as connection:
        try:
            for frame in frames:
                connection.send_message(frame)
            assert refused(connection), what
        except Closed:
            pass
        assert bystander.request(PING, b"")[0] == "ok", what
    server.stop()


def test_a_whole_in_parts_is_taken_once_logged_in_and_not_before(server_scene):
    server = server_scene.server()
    ann = joined(server)
    whole = struct.pack(">BIH", REQUEST, 7, KEY_PACKAGES_PUBLISH) + os.urandom(100000)
    parts = [struct.pack(">BIH", PART, 7, 0) + struct.pack(">II", at, len(whole)) + vector(whole[at:at + 60000])
             for at in range(0, len(whole), 60000)]
    with logged_in(server, ann) as connection:
        for part in parts:
            connection.send_message(part)
        assert connection.answer(7)[0] == "malformed", "it came whole, and is noise"
        assert connection.request(PING, b"")[0] == "ok"
    with Connection(server.port) as connection:
        try:
            connection.send_message(parts[0])
            assert refused(connection)
        except Closed:
            pass
    server.stop()


def test_a_channel_that_is_no_mls_group_is_not_made(server_scene):
    server = server_scene.server()
    channel = os.urandom(16)
    with logged_in(server, joined(server)) as connection:
        body = channel + vector(b"Falls") + vector(b"") + vector(os.urandom(300)) + vector(os.urandom(300))
        code, _ = connection.request(CHANNEL_CREATE, body)
        assert code in ("malformed", "invalid", "unsupported"), code
        assert connection.request(42, channel)[0] == "not_found"
    server.stop()
