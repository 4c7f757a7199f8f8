# SPDX-License-Identifier: AGPL-3.0-or-later
"""After many have joined, members are asked to make the next changes small, one after another, until they are; nobody does
anything for it. A small channel is left alone, and a server that asks without end gets no more than what helps."""
import struct

import pytest

from conftest import program
from weft_liar import OK_CODE, Liar
from weft_scenario import link_by_way_of
from weft_talk import private_channel
from weft_wire import WORK_LIST, vector

# Of 1 KiB are 12 ciphertexts, for as many other members.
JOINERS = 40
JOINERS_FEW = 7


@pytest.fixture
def storm(scene):
    """How many paths are made after so many have joined, where a KiB is too much for one."""
    def run(joiners):
        done = scene.run([program("STORM_PROGRAM", "tests/bench/bench_storm"), "--joiners", str(joiners),
                          "--path-kib", "1", "--directory", scene.directory], patience_s=500)
        figures = {line.split()[0]: float(line.split()[1]) for line in done.text.splitlines()}
        assert figures["lost"] == figures["duplicated"] == figures["misordered"] == 0, done
        return figures["path_commits"]
    return run


def test_after_a_storm_some_commit_a_path_and_then_no_more(storm):
    # Of 43 ciphertexts each path leaves a half or more above its leaf; all members' would be 43.
    assert 2 <= storm(JOINERS) <= 6


def test_nothing_is_asked_of_a_small_channel(storm):
    assert storm(JOINERS_FEW) == 0


def test_a_server_that_asks_again_and_again_gets_one_path(scene):
    server = scene.server()
    with Liar(server) as liar:
        ann, bea, cy = scene.people(["Ann", "Bea", "Cy"],
                                    lambda name: link_by_way_of(liar.port, server.invite(group=name)))
        channel = private_channel(ann, [bea, cy])
        for person in (ann, bea, cy):
            person.run("sync")

        def ask(talk, way, frame):
            if not frame.answers(WORK_LIST):
                return None
            liar.did("asks for a path")
            work = bytes([7]) * 16 + bytes.fromhex(channel) + struct.pack(">Iq", 1, 0) + vector(b"") + vector(b"") + b"\x01"
            return [frame.having(OK_CODE + work)]

        def epoch():
            return ann.json("channel", "show", channel)[0]["epoch"]

        before = epoch()
        liar.rule(ask)
        for _ in range(3):
            bea.run("sync")
        assert len(liar.lies) > 3
        assert epoch() == before + 1
        # Bea's has filled what was blank above Cy too.
        cy.run("sync")
        assert epoch() == before + 1
        cy.run("say", channel, "all is well")
        ann.run("sync")
        assert "all is well" in ann.run("read", channel).text
    server.stop()
