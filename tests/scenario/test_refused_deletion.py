# SPDX-License-Identifier: AGPL-3.0-or-later
"""A deletion that the server refuses changes nothing, least of all what others say at the same moment."""
import os

from weft_access_world import GENERATION, Handover
from weft_scenario import link_by_way_of
from weft_wire import CHANNEL_DELETE, CHANNEL_SEND, REQUEST, vector, websocket_frame

ROUNDS = 20


def framed(request, kind, body):
    """A whole message, to be written with others at once."""
    head = bytes([REQUEST]) + request.to_bytes(4, "big") + kind.to_bytes(2, "big")
    return websocket_frame(head + body, mask=os.urandom(4))


def test_a_deletion_that_is_refused_takes_nothing_of_others_with_it(scene):
    server = scene.server(requests_per_minute=100000, messages_per_minute=100000, commit_window_ms=50)
    proxy = Handover(server)
    ann, bea = scene.people(["Ann", "Bea"], lambda name: link_by_way_of(proxy.port, server.invite(group=f"Ward of {name}")))
    channel = ann.one("channel", "create", "Falls", "--open")["channel"]
    bea.run("channel", "join", channel)
    of_ann = ann.one("say", channel, "Mine")["sequence"]
    said = bea.one("say", channel, "Hers")
    sent = proxy.recorded[CHANNEL_SEND][-1]
    connection = proxy.take(bea)

    def fresh():
        return sent.replace(bytes.fromhex(said["message"]), os.urandom(16))

    anns = vector(GENERATION + of_ann.to_bytes(8, "big"))
    for _ in range(ROUNDS):  # the server puts what comes at once into one commit
        asked = [(CHANNEL_SEND, fresh()), (CHANNEL_DELETE, fresh() + anns), (CHANNEL_SEND, fresh())]
        first = connection.requests + 1
        connection.requests += len(asked)
        connection.send_raw(b"".join(framed(first + i, kind, body) for i, (kind, body) in enumerate(asked)))
        answers = [connection.answer(first + i)[0] for i in range(len(asked))]
        assert answers == ["ok", "denied", "ok"]
    connection.connection.close()
    # All that was acknowledged is in the log, and nothing of what was refused.
    assert ann.one("say", channel, "Still here")["sequence"] == said["sequence"] + 2 * ROUNDS + 1
    assert [record["text"] for record in ann.json("read", channel) if record["sequence"] == of_ann] == ["Mine"]
    proxy.close()
    server.stop()
