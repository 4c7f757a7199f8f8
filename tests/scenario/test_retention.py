# SPDX-License-Identifier: AGPL-3.0-or-later
"""A facilitator says how long the server keeps what is said. What is over is in none of its files, and
nobody stumbles over the gap; whoever has read it keeps it."""

from weft_scenario import USAGE, until
from weft_talk import texts

DAY_MS = 24 * 3600 * 1000


def test_what_is_over_is_gone_on_the_server(scene):
    server = scene.server()
    ann, ben, cy = scene.people(["Ann", "Ben", "Cy"], lambda name: server.invite(group="Ward 7"))
    channel = ann.one("channel", "create", "Falls", "--open")["channel"]
    ben.run("channel", "join", channel)
    cy.run("channel", "join", channel)
    for text in ("long ago", "long ago too", "yesterday"):
        ann.run("say", channel, text)
    ben.run("sync")
    assert "only a facilitator" in ben.run("channel", "set", channel, "--keep-days", 2, code=None).error
    ann.run("channel", "set", channel, code=USAGE)
    ann.run("channel", "set", channel, "--keep-days", 4000, code=USAGE)
    ann.run("channel", "set", channel, "--keep-days", 2)
    assert "after 2 days" in ben.run("channel", "show", channel).text
    server.stop()
    kept = server.sql("SELECT row, bytes FROM log WHERE kind = 2 ORDER BY row")
    server.sql("UPDATE log SET at_ms = at_ms - ? WHERE row <= ?", 3 * DAY_MS, kept[1][0])
    server.start()
    until("the upkeep", lambda: server.sql("SELECT count(*) FROM log WHERE bytes IS NULL")[0][0] == 2)
    cy.run("sync")
    ann.run("say", channel, "today")
    for person in (ben, cy):
        person.run("sync")
    assert texts(ben, channel) == ["long ago", "long ago too", "yesterday", "today"]
    assert texts(cy, channel) == ["yesterday", "today"]
    server.stop()
    for _, data in kept[:2]:
        assert server.occurrences(data[-60:]) == [], "what was deleted is still in a file"
    assert server.occurrences(kept[2][1][-60:]) == ["weftd.db"]
