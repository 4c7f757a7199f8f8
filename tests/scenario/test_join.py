# SPDX-License-Identifier: AGPL-3.0-or-later
"""Joining a community with weft: the notice first, the right server or none, one profile a person."""
import contextlib
import re
import socket
import threading

import pytest

from weft_scenario import AUTHENTICATION, CONFLICT, NETWORK, NOT_FOUND, OK, TRUST, USAGE, link_by_way_of
from weft_wire import Proxy


def test_a_person_joins_and_is_who_the_invite_says(scene):
    server = scene.server()
    ann = scene.person("Ann Hale")
    records = ann.json("join", server.invite(group="Ward 7", role="facilitator"), "--name", "Ann Hale", "--yes")
    notice = [record for record in records if record["type"] == "notice"][0]
    assert "patient" in notice["rule"] and "keeps" in notice["notice"]
    assert (notice["role"], notice["group"]) == ("facilitator", "Ward 7")
    status = ann.json("status")[0]
    assert status["connected"] and status["name"] == "Ann Hale"
    listed = server.json("person", "list")
    assert [(person["person"], person["state"], person["role"], person["group"]) for person in listed] == [
        (status["person"], "joined", "facilitator", "Ward 7")]
    server.stop()


def test_a_link_on_the_standard_input_is_no_argument(scene):
    server = scene.server()
    ann = scene.person("Ann")
    ann.run("join", "-", "--name", "Ann", "--yes", stdin=server.invite(group="Ward 7") + "\n")
    assert ann.json("status")[0]["connected"]
    refused = scene.person("Eve").run("join", "-", "--name", "Eve", "--yes", stdin="\n", code=USAGE)
    assert "link" in refused.error
    server.stop()


def test_nobody_joins_without_agreeing_to_the_notice(scene):
    server = scene.server()
    ann = scene.person("Ann")
    link = server.invite(group="Ward 7")
    refused = ann.run("join", link, "--name", "Ann", stdin="no\n", code=None)
    assert refused.code not in (OK, 2), refused
    # Each thing once.
    for word in ("patient", "can read", "keeps messages", "which channel"):
        assert refused.text.count(word) == 1, refused
    assert len(refused.text) < 500, refused
    assert server.json("person", "list") == []
    ann.run("join", link, "--name", "Ann", stdin="yes\n")
    assert ann.json("status")[0]["connected"]
    server.stop()


def test_a_profile_joins_once_and_an_invite_admits_once(scene):
    server = scene.server()
    link = server.invite(group="Ward 7")
    ann = scene.person("Ann", link)
    again = ann.run("join", server.invite(group="Ward 7"), "--name", "Ann", "--yes", code=CONFLICT)
    assert "joined already" in again.error
    eve = scene.person("Eve")
    refused = eve.run("join", link, "--name", "Eve", "--yes", code=None)
    assert refused.code not in (OK, 2) and refused.error.strip(), refused
    eve.run("join", server.invite(group="Ward 7"), "--name", "Eve", "--yes")
    assert len(server.json("person", "list")) == 2
    server.stop()


@pytest.mark.parametrize("link", ["", "weft://", "http://127.0.0.1/join#AA", "weft://127.0.0.1:1/join#",
                                  "weft://127.0.0.1:99999/join#" + "A" * 108, "weft://h:1/join#" + "A" * 107,
                                  "weft://h:1/join#" + "A" * 5000, "weft://h:1/join#" + "!" * 108])
def test_what_is_not_a_link_is_called_that(scene, link):
    refused = scene.person("Ann").run("join", link, "--name", "Ann", "--yes", code=USAGE)
    assert "link" in refused.error


def test_a_server_with_another_key_is_told_nothing(scene):
    """The link pins the key of the directory log: a server that does not hold it gets no frame."""
    server, other = scene.server("server"), scene.server("other")
    invite = server.invite(group="Ward 7")
    with Proxy(other.port, other.state / "tls.crt", other.state / "tls.key") as proxy:
        link = link_by_way_of(proxy.port, invite)
        refused = scene.person("Ann").run("join", link, "--name", "Ann", "--yes", code=TRUST)
        assert refused.error.strip()
        assert proxy.up_frames == 0
    assert server.json("person", "list") == [] and other.json("person", "list") == []
    server.stop()
    other.stop()


def test_somebody_in_the_middle_with_a_key_of_their_own_is_told_nothing(scene):
    """The right server's hello, passed on over another TLS key."""
    server, other = scene.server("server"), scene.server("other", start=False)
    invite = server.invite(group="Ward 7")
    ann = scene.person("Ann")
    with Proxy(server.port, other.state / "tls.crt", other.state / "tls.key") as proxy:
        link = link_by_way_of(proxy.port, invite)
        ann.run("join", link, "--name", "Ann", "--yes", code=TRUST)
        assert proxy.up_frames == 0
    with Proxy(server.port, server.state / "tls.crt", server.state / "tls.key") as proxy:
        link = link_by_way_of(proxy.port, invite)
        ann.run("join", link, "--name", "Ann", "--yes")
        assert proxy.up_frames > 0, "the same way works with the server's own key"
    server.stop()


def test_a_hello_with_any_bit_turned_is_not_trusted(scene):
    server = scene.server()
    link = server.invite(group="Ward 7")
    hello_bits = []

    def turn(direction, number, payload):
        if direction == "down" and number == 0:
            bit = hello_bits.pop()
            wrong = bytearray(payload)
            wrong[bit // 8] ^= 1 << bit % 8
            return bytes(wrong)
        return payload

    with Proxy(server.port, server.state / "tls.crt", server.state / "tls.key", turn) as proxy:
        wrong_link = link_by_way_of(proxy.port, link)
        ann = scene.person("Ann")
        name_at = 7 + 4  # after the frame's head and the versions
        for bit in (8 * name_at + 9, 8 * (name_at + 20), 8 * (name_at + 60) + 3, 8 * (name_at + 80), 8 * (name_at + 120)):
            hello_bits.append(bit)
            refused = ann.run("join", wrong_link, "--name", "Ann", "--yes", code=None)
            assert refused.code in (TRUST, NETWORK), (bit, refused)
            assert proxy.up_frames == 0, bit
    ann.run("join", link, "--name", "Ann", "--yes")
    server.stop()


def answer_without_tls(listener):
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            with client:
                client.recv(4096)
                client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_a_server_that_is_not_there_is_a_network_error(scene):
    server = scene.server(start=False)
    ann = scene.person("Ann")
    refused = ann.run("join", server.first_link, "--name", "Ann", "--yes", code=NETWORK)
    assert "cannot be reached: no server answers there" in refused.error
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer_without_tls, args=(listener,), daemon=True).start()
        elsewhere = link_by_way_of(listener.getsockname()[1], server.first_link)
        refused = ann.run("join", elsewhere, "--name", "Ann", "--yes", code=NETWORK)
        assert "cannot be reached: what answers there is no server of Weft" in refused.error
    server.start()
    ann.run("join", server.first_link, "--name", "Ann", "--yes")
    server.stop()
    ann.run("status", code=NETWORK)


def test_commands_without_a_profile_say_how_to_get_one(scene):
    refused = scene.person("Ann").run("status", code=None)
    assert refused.code in (NOT_FOUND, AUTHENTICATION), refused
    assert "weft join" in refused.error


def test_two_profiles_of_one_account_on_a_machine_are_two_people(scene):
    server = scene.server()
    ann = scene.person("Ann")
    for profile in ("work", "evening"):
        ann.run("join", server.invite(group="Ward 7"), "--name", profile, "--yes", "--profile", profile)
    people = [ann.json("status", "--profile", profile)[0]["person"] for profile in ("work", "evening")]
    assert people[0] != people[1]
    server.stop()


def test_what_a_profile_keeps_is_for_its_owner_only(scene):
    server = scene.server()
    ann = scene.person("Ann", server.invite(group="Ward 7"))
    for path in ann.profile_files():
        assert path.stat().st_mode & 0o077 == 0, path
        assert path.parent.stat().st_mode & 0o077 == 0, path.parent
    assert re.search(r"(?m)^notice = ", (server.state / "weftd.conf").read_text())
    for path in server.files():
        if path.parent == server.state and path.name != "tls.crt":
            assert path.stat().st_mode & 0o077 == 0, path
    server.stop()
