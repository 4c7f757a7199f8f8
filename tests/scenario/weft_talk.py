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


def messages(person, channel, *arguments, kind=None):
    """What the person can read: the records of messages, in order."""
    return [record for record in person.json("read", channel, *arguments)
            if record["type"] == "message" and (kind is None or record["kind"] == kind)]


def texts(person, channel, *arguments, kind="text"):
    """What the person has read, in order."""
    return [record["text"] for record in messages(person, channel, *arguments, kind=kind)]


def states(person):
    """How the person stands in each of their channels."""
    return [record["state"] for record in person.json("status") if record["type"] == "channel"]
