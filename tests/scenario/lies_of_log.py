# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lies about a channel's log: entries that are left out, in another order, there twice, or others for everybody."""
import struct

from weft_lies import cell
from weft_liar import COMMIT_ENTRY, MESSAGE_ENTRY, OK_CODE, Entry, Frame
from weft_wire import CHANNEL_COMMIT, RESPONSE

OTHER_LOG = "the sender saw another log than you: the server shows different people different things"
LEFT_OUT = "the sender had seen more than the server has shown you: something was left out or put in another order"
ANOTHER_GROUP = "it cannot be decrypted: it was changed on its way, or its sender is in another group than you"
CHANGE_WITHHELD = "it comes after a change of the channel that the server has not shown you"
LONG_OVER = "it is of a state of the channel that is long over"
OWN_CHANGE_WITHHELD = ("error: the server says that it has your change, and does not show it in the channel: it is not in "
                       "effect here, and others may see another state of the channel than you. Tell whoever runs the server")
REPEATED = "its key was used before: a repeat is not shown"
STUCK = ("This channel is stuck: the server accepted a change that must not be followed. It is reported; weft channel "
         "resync takes you back in alone")


def first_of(person, kind, act):
    """A policy: `act(entry)` for the first such entry of somebody's, and everything else as it is."""
    done = []

    def policy(entry):
        if entry.device == person.device and entry.kind == kind and not done:
            done.append(entry)
            return act(entry)
        return [entry]

    return policy


def left_out(person, kind=MESSAGE_ENTRY):
    return first_of(person, kind, lambda entry: [])


def twice(person, kind=MESSAGE_ENTRY):
    return first_of(person, kind, lambda entry: [entry, entry])


def after_the_next(person, kind=MESSAGE_ENTRY):
    """The first such entry changes places with the one that follows it."""
    held = []

    def policy(entry):
        if entry.device == person.device and entry.kind == kind and not held:
            held.append(entry)
            return []
        if len(held) == 1:
            held.append(None)
            return [entry, held[0]]
        return [entry]

    return policy


def two_speak(c, start, victim, policy, channel=None):
    """Bea speaks, and then Ann, who has seen it."""
    c.view(victim, channel or c.assist, start, policy)
    c.say(c.bea, "Bea's", channel)
    c.say(c.ann, "Ann's", channel)


def in_a_session(c, policy):
    start = c.all_follow(c.cy)
    two_speak(c, start, c.cy, policy)
    c.wait(c.cy, "Ann's")


def on_return(c, policy):
    start = c.all_follow(c.cy)
    c.stream_of(c.cy).end()
    two_speak(c, start, c.cy, policy)
    assert "Ann's" in c.read(c.cy)


def when_joining(c, policy):
    c.run(c.ann, "channel", "add", c.assist, c.dee.id)
    start = c.say(c.ann, "before")[-1]["sequence"]
    two_speak(c, start, c.dee, policy)
    c.run(c.dee, "sync")
    assert "Ann's" in c.read(c.dee)


# ---- drop, reorder, replay ----

for _lie, _policy, _seen in (("drop", left_out, LEFT_OUT), ("reorder", after_the_next, LEFT_OUT),
                             ("replay", twice, REPEATED)):
    @cell(_lie, "joining", ("Dee", _seen))
    def _(c, policy=_policy):
        when_joining(c, policy(c.bea))

    @cell(_lie, "session", ("Cy", _seen))
    def _(c, policy=_policy):
        in_a_session(c, policy(c.bea))


@cell("drop", "return", ("Cy", LEFT_OUT))
def _(c):
    on_return(c, left_out(c.bea))


@cell("reorder", "return", ("Cy", OTHER_LOG))
def _(c):
    """A message moves to the other side of a change of the group."""
    start = c.say(c.ann, "before")[-1]["sequence"]
    c.read(c.cy)
    c.view(c.cy, c.assist, start, after_the_next(c.bea))
    c.say(c.bea, "Bea's")
    c.run(c.ann, "channel", "role", c.assist, c.cy.id, "--give", "note-taker")
    c.say(c.ann, "Ann's")
    assert "Ann's" in c.read(c.cy)


@cell("replay", "return", ("Cy", LONG_OVER), ("Cy", STUCK))
def _(c):
    """A change of the group comes twice."""
    start = c.say(c.ann, "before")[-1]["sequence"]
    c.read(c.cy)
    c.view(c.cy, c.assist, start, twice(c.ann, COMMIT_ENTRY))
    c.run(c.ann, "channel", "role", c.assist, c.cy.id, "--give", "note-taker")
    c.read(c.cy)


# ---- fork ----

@cell("fork", "session", ("Bea", LEFT_OUT), ("Cy", LEFT_OUT))
def _(c):
    """Of two messages of Ann's one is shown to Bea, the other to Cy, under the same number."""
    start = c.all_follow(c.bea, c.cy)

    def policy_for(person):
        seen = []

        def policy(entry):
            seen.append(entry)
            hidden = {1: c.cy, 2: c.bea}.get(len(seen))
            return [] if hidden is person else [entry]

        return policy

    for person in (c.bea, c.cy):
        c.view(person, c.assist, start, policy_for(person))
    c.say(c.ann, "for Bea")
    c.say(c.ann, "for Cy")
    c.say(c.ann, "for both")
    c.say(c.ann, "and again")
    for person in (c.bea, c.cy):
        c.wait(person, "and again")


@cell("fork", "return", *((who, ANOTHER_GROUP) for who in ("Ann", "Bea", "Cy", "Dee")))
def _(c):
    """Two changes of one epoch are accepted: Dee's coming for Bea, a role for Ann and Cy."""
    start = c.say(c.ann, "before", c.open)[-1]["sequence"]
    for person in (c.bea, c.cy):
        c.read(person, c.open)
    views = [c.view(person, c.open, start, left_out(c.dee, COMMIT_ENTRY)) for person in (c.ann, c.cy)]

    def rule(talk, way, frame):
        if not frame.is_request(CHANNEL_COMMIT) or talk.device != c.ann.device:
            return None
        entry = Entry.of_commit(frame.body, start + 1, c.ann.device)
        for view in views:
            view.shown.append(entry)
        c.liar.did("a second commit of one epoch")
        return [Frame(RESPONSE, frame.request, CHANNEL_COMMIT, OK_CODE + struct.pack(">Qq", start + 1, entry.time))]

    c.run(c.dee, "channel", "join", c.open)
    c.rule(rule)
    c.run(c.ann, "channel", "role", c.open, c.cy.id, "--give", "note-taker")
    c.say(c.ann, "Ann's", c.open)
    c.say(c.bea, "Bea's", c.open)
    for person in (c.ann, c.cy, c.bea, c.dee):
        c.read(person, c.open)


# ---- withheld commits ----

@cell("withhold a commit", "session", ("Bea", CHANGE_WITHHELD))
def _(c):
    start = c.all_follow(c.bea)
    following = c.stream_of(c.bea)
    c.view(c.bea, c.assist, start, left_out(c.ann, COMMIT_ENTRY))
    c.run(c.ann, "channel", "remove", c.assist, c.cy.id)
    seen = len(following.seen)
    c.say(c.ann, "among us")
    following.wait_record("the next entry", lambda record: record.get("type") in ("unreadable", "message"), since=seen)


@cell("withhold a commit", "return", ("Bea", CHANGE_WITHHELD))
def _(c):
    start = c.say(c.ann, "before")[-1]["sequence"]
    c.read(c.bea)
    c.view(c.bea, c.assist, start, left_out(c.ann, COMMIT_ENTRY))
    c.run(c.ann, "channel", "remove", c.assist, c.cy.id)
    c.say(c.ann, "among us")
    c.read(c.bea)
    c.say(c.bea, "who is there")


@cell("withhold a commit", "joining", ("Ann", OWN_CHANGE_WITHHELD), ("Ann", "exit code 4"), ("Ann", CHANGE_WITHHELD))
def _(c):
    """The change by which Dee comes in is kept from Ann, who made it."""
    start = c.say(c.ann, "before")[-1]["sequence"]
    c.view(c.ann, c.assist, start, left_out(c.ann, COMMIT_ENTRY))
    c.run(c.ann, "channel", "add", c.assist, c.dee.id)
    c.run(c.dee, "sync")
    c.say(c.ann, "Ann's")
    c.say(c.dee, "Dee's")
    c.read(c.ann)
