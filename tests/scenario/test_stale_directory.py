# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server shows somebody who comes into a channel the directory of devices as it was some time ago, with
the head that it signed then: whoever was shut out since would be an active device to them. The members know
more, and say so where the server cannot change it."""
from weft_scenario import TRUST, link_by_way_of
from weft_wire import (EVENT, EVENT_DIRECTORY, LOG_ENTRIES, LOGIN, NO_SUCH_EVENT, REQUEST, RESPONSE, Proxy, Reader,
                       vector)


class OldDirectory:
    """Keeps the first whole log that passes, and shows nothing newer once it lies."""

    def __init__(self):
        self.entries = self.head = None
        self.size = 0
        self.lies = False
        self.asked = {}  # the first entry asked for, by request

    def change(self, direction, number, payload):
        kind = int.from_bytes(payload[5:7], "big")
        if direction == "up":
            if (payload[0], kind) == (REQUEST, LOG_ENTRIES):
                self.asked[payload[1:5]] = int.from_bytes(payload[7:15], "big")
            return payload
        if (payload[0], kind) == (RESPONSE, LOG_ENTRIES) and payload[7:9] == bytes(2):
            return self.entries_answer(payload)
        if self.lies and (payload[0], kind) == (RESPONSE, LOGIN) and payload[7:9] == bytes(2):
            return self.login_answer(payload)
        if self.lies and (payload[0], kind) == (EVENT, EVENT_DIRECTORY):
            return payload[:5] + NO_SUCH_EVENT.to_bytes(2, "big") + payload[7:]
        return payload

    def entries_answer(self, payload):
        reader = Reader(payload)
        reader.take(9)
        entries, head = reader.vector(), reader.vector()
        if self.head is None:
            self.entries, self.head = entries, head
            self.size = int.from_bytes(head[1:9], "big")
        if not self.lies:
            return payload
        shown = self.entries if self.asked[payload[1:5]] == 0 else b""
        return payload[:9] + vector(shown) + vector(self.head)

    def login_answer(self, payload):
        reader = Reader(payload)
        reader.take(9 + 16 + 1)
        reader.vector()
        reader.vector()
        reader.take(8 + 1)
        return payload[:reader.at] + vector(self.head)


def test_whoever_comes_in_is_not_shown_an_older_directory_than_the_members_know(scene):
    server = scene.server()
    old = OldDirectory()
    with Proxy(server.port, server.state / "tls.crt", server.state / "tls.key", old.change) as proxy:
        def through_the_proxy(name):
            return link_by_way_of(proxy.port, server.invite(group=name))
        ann = scene.person("Ann", server.invite(group="Ward 1"))
        channel = ann.one("channel", "create", "Falls", "--open")["channel"]
        dora = scene.person("Dora", through_the_proxy("Ward 2"))
        assert old.size == 2
        cy = scene.person("Cy", server.invite(group="Ward 3"))
        cy.run("channel", "join", channel)  # whose commit knows three devices
        old.lies = True
        assert dora.json("status")[0]["directory_entries"] == 2, "she is shown the old one"
        refused = dora.run("channel", "join", channel, code=TRUST)
        assert "know of devices that the server does not show you" in refused.error, refused
        ann.run("sync")
        assert "Dora" not in ann.run("channel", "show", channel).text
        old.lies = False
        dora.run("channel", "join", channel)
        ann.run("sync")
        assert "Dora" in ann.run("channel", "show", channel).text
    server.stop()
