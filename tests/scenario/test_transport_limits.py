# SPDX-License-Identifier: AGPL-3.0-or-later
"""What one address may take from the others, and how the server says goodbye: connections and
handshakes are counted, requests before a login are few, and SIGTERM tells everybody to come back."""
import ssl
import struct
import time

import pytest

from weft_scenario import decode_link
from weft_wire import (EVENT, EVENT_CLOSING, INVITE_SHOW, LOGIN, PART, PEOPLE, PING, Account, Closed, Connection,
                       Key, Reader, joined, tls_connect, upgrade_request, vector)

REFUSALS = (ssl.SSLError, ConnectionError, Closed, OSError)


def test_one_address_opens_so_many_connections_and_no_more(server_scene):
    server = server_scene.server(connections_per_address_max=5)
    open_now = [Connection(server.port) for _ in range(5)]
    with pytest.raises(REFUSALS):
        Connection(server.port)
    open_now.pop().connection.close()
    deadline = time.monotonic() + 10
    while True:
        try:
            open_now.append(Connection(server.port))
            break
        except REFUSALS:
            assert time.monotonic() < deadline, "the place of a closed connection stays taken"
            time.sleep(0.05)
    for connection in open_now:
        connection.connection.close()
    server.stop()


def test_one_address_begins_so_many_handshakes_in_a_minute(server_scene):
    server = server_scene.server(handshakes_per_minute=12)
    begun = 0
    with pytest.raises(REFUSALS):
        for _ in range(40):
            Connection(server.port).connection.close()
            begun += 1
    assert 10 <= begun <= 13  # the harness asks a first time whether the server listens
    server.stop()


def test_a_stranger_makes_few_requests_and_is_told_when_to_come_back(server_scene):
    server = server_scene.server()
    with Connection(server.port) as connection:
        answers = [connection.request(PING, b"")[0] for _ in range(30)]
        assert answers[:20] == ["ok"] * 20
        assert "rate_limited" in answers
    server.stop()


def refusal(body):
    """(text, milliseconds) of an error's body."""
    reader = Reader(body)
    return reader.text(), reader.number(4)


def test_one_connection_too_many_is_told_when_to_come_back(server_scene):
    server = server_scene.server(connections_per_address_max=2)
    with Connection(server.port), Connection(server.port), tls_connect(server.port) as third:
        third.sendall(upgrade_request(server.port))
        answer = third.recv(4096).decode()
        assert answer.startswith("HTTP/1.1 429 ") and "Retry-After: 60\r\n" in answer
    server.stop()


def test_refused_logins_and_wrong_invites_of_one_address_come_to_an_end(server_scene):
    """Both are counted by address, over all its connections; whoever has the right key is let in."""
    server = server_scene.server(handshakes_per_minute=40)
    account = joined(server)
    seen = {LOGIN: [], INVITE_SHOW: []}
    for _ in range(6):
        with Connection(server.port) as connection:
            for number, wrong in ((LOGIN, account.login_request(connection, key=Key())), (INVITE_SHOW, bytes(16))):
                for _ in range(9):
                    seen[number].append(connection.request(number, wrong))
    for number, first in ((LOGIN, "unauthenticated"), (INVITE_SHOW, "not_found")):
        assert [code for code, _ in seen[number][:40]] == [first] * 40
        text, wait_ms = refusal(seen[number][-1][1])
        assert seen[number][-1][0] == "rate_limited" and "from this address" in text and 0 < wait_ms <= 1001
    time.sleep(1.1)
    with Connection(server.port) as connection:
        assert account.log_in(connection)[0] == "ok"
    server.stop()


def test_an_account_searches_so_often_and_is_told_when_again(server_scene):
    server = server_scene.server()
    account = joined(server)
    with Connection(server.port) as connection:
        assert account.log_in(connection)[0] == "ok"
        search = vector("falls".encode()) + bytes(16)
        answers = [connection.request(PEOPLE, search) for _ in range(40)]
        assert [code for code, _ in answers[:30]] == ["ok"] * 30
        text, wait_ms = refusal(next(body for code, body in answers if code == "rate_limited"))
        assert "searches" in text and 0 < wait_ms <= 1001
        # To read the list of everybody is no search.
        assert [connection.request(PEOPLE, vector(b"") + bytes(16))[0] for _ in range(40)] == ["ok"] * 40
    server.stop()


def test_an_account_sends_so_many_bytes_and_no_more(server_scene):
    """64 MiB an hour is 16 at once: two uploads of 8 MiB pass, the third is refused at its first part."""
    server = server_scene.server(upload_mib_per_hour=64)
    account = joined(server)
    with Connection(server.port) as connection:
        assert account.log_in(connection)[0] == "ok"
        total = 8 << 20
        answers = []
        for request in (101, 102, 103):
            connection.send(PART, request, 0, struct.pack(">II", 0, total) + vector(bytes(61440)))
            connection.send(PART, request, 0, struct.pack(">II", 1, total) + vector(b"x"))  # breaks it off
            answers.append(connection.answer(request))
        assert [code for code, _ in answers] == ["malformed", "malformed", "rate_limited"]
        text, wait_ms = refusal(answers[2][1])
        assert "too much was sent" in text and wait_ms > 0
    server.stop()


def test_a_second_connection_of_a_device_ends_the_first(server_scene):
    server = server_scene.server()
    account = Account("Ann")
    with Connection(server.port) as connection:
        assert account.redeem(connection, decode_link(server.invite(group="Ward 7"))[2])[0] == "ok"
    first, second = Connection(server.port), Connection(server.port)
    assert account.log_in(first)[0] == "ok"
    assert account.log_in(second)[0] == "ok"
    with pytest.raises(Closed):
        while True:
            first.receive()
    assert second.request(PING, b"")[0] == "ok"
    second.connection.close()
    server.stop()


def test_sigterm_tells_whoever_is_logged_in_and_closes_with_1001(server_scene):
    server = server_scene.server()
    account = Account("Ann")
    with Connection(server.port) as connection:
        assert account.redeem(connection, decode_link(server.invite(group="Ward 7"))[2])[0] == "ok"
    with Connection(server.port) as connection:
        assert account.log_in(connection)[0] == "ok"
        started = time.monotonic()
        server.stop()
        seen = []
        with pytest.raises(Closed) as closed:
            while True:
                seen.append(connection.receive())
        told = [body for kind, _, number, body in seen if kind == EVENT and number == EVENT_CLOSING]
        assert len(told) == 1 and struct.unpack(">I", told[0])[0] > 0
        assert closed.value.code == 1001
        assert time.monotonic() - started < 10
