# SPDX-License-Identifier: AGPL-3.0-or-later
"""What one address may take from the others, and how the server says goodbye: connections and
handshakes are counted, requests before a login are few, and SIGTERM tells everybody to come back."""
import ssl
import struct
import time

import pytest

from weft_scenario import decode_link
from weft_wire import EVENT, PING, Account, Closed, Connection

CLOSING_EVENT = 108
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
        told = [body for kind, _, number, body in seen if kind == EVENT and number == CLOSING_EVENT]
        assert len(told) == 1 and struct.unpack(">I", told[0])[0] > 0
        assert closed.value.code == 1001
        assert time.monotonic() - started < 10
