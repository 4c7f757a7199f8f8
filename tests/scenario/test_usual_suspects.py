# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whoever was asked to one peer assist is not proposed for the next, whoever asks, and after a restart too."""


def proposed(person, channel):
    return {record["name"] for record in person.json("peer-assist", "propose", channel) if record["type"] == "assister"}


def ask(person, question):
    return person.json("peer-assist", "ask", question, "--topic", "falls")[-1]["channel"]


def test_nobody_is_asked_twice_running(scene):
    server = scene.server()
    names = [f"Peer {i}" for i in range(9)]
    peers = scene.people(names, lambda name: server.invite(group=f"Ward of {name}"))
    scene.together(lambda peer: peer.run("profile", "set", "--opt-in", "--topic", "falls", "--weekly-contacts", "9"), peers)
    ann, bea = scene.people(["Ann", "Bea"], lambda name: server.invite(group="Office"))
    first = ask(ann, "How do you prevent falls at night")
    usual = proposed(ann, first)
    assert len(usual) == 8
    invited = ann.run("peer-assist", "invite", first, *[peer.id for peer in peers if peer.name in usual])
    assert "asked: Peer" in invited.text
    rest = set(names) - usual
    second = ask(bea, "How do you prevent falls in the corridor")
    assert proposed(bea, second) == rest
    server.restart()
    assert proposed(bea, second) == rest and proposed(ann, first) == rest
    bea.run("peer-assist", "invite", second, *[peer.id for peer in peers if peer.name in rest])
    third = ask(ann, "How do you prevent falls by day")
    again = proposed(ann, third)
    assert again < usual and len(again) == 6, "they had their rest, and are few enough to be asked again of late"
    server.stop()
