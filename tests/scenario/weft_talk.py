# SPDX-License-Identifier: AGPL-3.0-or-later
"""People in a channel, what they say there and what they read of it."""


def share_channel(scene, server, names, *flags, link=None):
    """The people, all in one channel, open unless `flags` say otherwise; `link(name)` makes each one's invite."""
    everybody = scene.people(names, link or (lambda name: server.invite(group=f"Ward {names.index(name)}")))
    channel = everybody[0].one("channel", "create", "Falls at night", *(flags or ("--open",)))["channel"]
    for person in everybody[1:]:
        person.run("channel", "join", channel)
    return everybody, channel


def private_channel(facilitator, members, title="Private talk"):
    channel = facilitator.one("channel", "create", title, "--private")["channel"]
    for member in members:
        facilitator.run("channel", "add", channel, member.id)
        member.run("sync")
    return channel


def said(person, channel, *words):
    """The number of what was just said."""
    return person.one("say", channel, *words)["sequence"]


def texts(person, channel, *arguments):
    """What the person has read, in order."""
    return [record["text"] for record in person.json("read", channel, *arguments)
            if record["type"] == "message" and record["kind"] == "text"]
