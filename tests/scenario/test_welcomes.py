# SPDX-License-Identifier: AGPL-3.0-or-later
"""A Welcome is given once. Whoever cannot open it just now, since the server has too much to do, opens it later."""
import pytest

from weft_scenario import link_by_way_of
from weft_wire import CHANNEL_GROUP, CHANNEL_SHOW, RESPONSE, WELCOMES, Proxy, refusal


class Refuses(Proxy):
    """Puts a refusal, with nothing of when to come back, into the place of the next answer to a request."""

    def __init__(self, server):
        self.kind = self.code = None
        self.refused = 0
        super().__init__(server.port, server.state / "tls.crt", server.state / "tls.key", self.refuse)

    def refuse(self, direction, _, payload):
        if direction == "up" or payload[0] != RESPONSE or int.from_bytes(payload[5:7], "big") != self.kind:
            return payload
        self.kind = None
        self.refused += 1
        return payload[:7] + refusal(self.code)


@pytest.mark.parametrize("code", ("rate_limited", "internal"))
@pytest.mark.parametrize("kind", (CHANNEL_GROUP, CHANNEL_SHOW), ids=("group", "show"))
def test_what_the_server_cannot_give_now_costs_nobody_their_place(scene, kind, code):
    server = scene.server()
    with Refuses(server) as proxy:
        ann = scene.person("Ann", server.invite(group="Ward 1"))
        bea = scene.person("Bea", link_by_way_of(proxy.port, server.invite(group="Ward 2")))
        channels = [ann.one("channel", "create", f"Talk {number}", "--private")["channel"] for number in range(2)]
        for channel in channels:
            ann.run("channel", "add", channel, bea.id)
        proxy.kind, proxy.code = kind, code
        bea.run("sync", code=None)
        assert proxy.refused == 1
        bea.run("sync")
        for channel in channels:
            ann.run("say", channel, "Welcome")
            assert "Welcome" in bea.run("read", channel).text
    server.stop()


@pytest.mark.parametrize("code", ("rate_limited", "internal"))
@pytest.mark.parametrize("kind", (CHANNEL_GROUP, WELCOMES), ids=("group", "welcomes"))
def test_whoever_follows_comes_in_once_the_server_can_give_it(scene, kind, code):
    """Nothing else happens meanwhile that would have them look again."""
    server = scene.server()
    with Refuses(server) as proxy:
        ann = scene.person("Ann", server.invite(group="Ward 1"))
        bea = scene.person("Bea", link_by_way_of(proxy.port, server.invite(group="Ward 2")))
        channel = ann.one("channel", "create", "Talk", "--private")["channel"]
        following = bea.follow()
        proxy.kind, proxy.code = kind, code
        ann.run("channel", "add", channel, bea.id)
        following.wait_record("that she is in", lambda record: "let into" in record.get("text", ""))
        assert proxy.refused == 1
        ann.run("say", channel, "Welcome")
        following.wait_record("it", lambda record: record.get("text") == "Welcome")
        following.end()
    server.stop()
