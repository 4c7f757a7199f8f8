# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lies in single answers and events: acknowledgements, times, sizes, stages, who the server is; and silence."""
import struct
import time

from lies_of_log import LEFT_OUT, OWN_CHANGE_WITHHELD, first_of
from lies_of_people import refused
from weft_lies import cell
from weft_liar import MESSAGE_ENTRY, OK_CODE, Entry, Frame, entries_of
from weft_wire import (CHANNEL_COMMIT, CHANNEL_LIST, CHANNEL_PAGE, CHANNEL_SEND, EVENT_ENTRY, LOGIN, REDEEM, RESPONSE,
                       SESSION_SHOW, Key, Reader, vector)

HOUR_MS = 3600000


def on_answer(c, person, number, change):
    """change(frame, talk) is what somebody gets instead of an answer."""
    def rule(talk, way, frame):
        if not frame.answers(number) or (person is not None and talk.device != person.device):
            return None
        said = change(frame, talk)
        if said is not None:
            c.liar.did(f"the answer to request {number}")
        return said

    c.rule(rule)


def acknowledge(c, person, number, answer):
    """Such requests are answered with answer(the request), and never reach weftd."""
    def rule(talk, way, frame):
        if not frame.is_request(number) or (person is not None and talk.device != person.device):
            return None
        c.liar.did(f"an answer to request {number}")
        return [Frame(RESPONSE, frame.request, number, OK_CODE + answer(frame.body))]

    c.rule(rule)


def now_ms():
    return int(time.time() * 1000)


# ---- silence ----

UNKNOWN = ("error: the server says: this device is not known here: the server was put back to before it joined. Ask for a new "
           "invite; then weft join LINK --profile NAME")


@cell("silence", "joining", ("Finn", "error: 127.0.0.1:PORT cannot be reached. Try again later"), ("Finn", "exit code 3"))
def _(c):
    def rule(talk, way, frame):
        if not frame.is_request(REDEEM):
            return None
        c.liar.did("nothing")
        return []

    c.rule(rule)
    c.newcomer("Finn")


@cell("silence", "session", ("Bea", "no contact since T"))
def _(c):
    following = c.follow(c.bea)

    def rule(talk, way, frame):
        if talk.device == c.bea.device:
            c.liar.did("nothing")
            return []
        return None

    c.rule(rule)
    c.say(c.ann, "unheard")
    if c.lying:
        following.wait_record("that nothing is heard", lambda record: record["type"] == "lost", 180)
    else:
        c.wait(c.bea, "unheard")


@cell("silence", "return", ("Bea", "no contact since T"))
def _(c):
    following = c.follow(c.bea)
    if c.lying:
        c.liar.deaf = True
        c.liar.did("nothing")
        c.liar.cut()
        lost = following.wait_record("that nothing is heard", lambda record: record["type"] == "lost")
        assert abs(lost["since"] - now_ms()) < 2 * 60000


# ---- acknowledgements ----

NOT_SHOWN = ("error: the server says that it has what you said as number {}, and does not show it in the channel: others may not "
             "get it. It is sent again with the next command; tell whoever runs the server")


@cell("acknowledge and forget", "joining", ("Finn", UNKNOWN), ("Finn", "exit code 6"))
def _(c):
    """A redemption."""
    def answer(request):
        reader = Reader(request)
        reader.take(16), reader.vector()
        person = reader.vector()[11:27]
        return person + b"\x01" + vector(b"Ward 8") + struct.pack(">Q", len(c.directory()) + 1)

    acknowledge(c, None, REDEEM, answer)
    c.newcomer("Finn")


@cell("acknowledge and forget", "session", *refused("Ann", NOT_SHOWN.format(1000)))
def _(c):
    """A message."""
    acknowledge(c, c.ann, CHANNEL_SEND, lambda request: struct.pack(">Qq", 1000, now_ms()) + b"\x00")
    c.say(c.ann, "lost")


@cell("acknowledge and forget", "return", *refused("Ann", OWN_CHANGE_WITHHELD))
def _(c):
    """A removal."""
    acknowledge(c, c.ann, CHANNEL_COMMIT, lambda request: struct.pack(">Qq", 1000, now_ms()))
    c.run(c.ann, "channel", "remove", c.assist, c.cy.id)


@cell("acknowledge twice", "session")
def _(c):
    """Nothing comes of it."""
    on_answer(c, c.ann, CHANNEL_SEND, lambda frame, talk: [frame, frame])
    for text in ("one", "two"):
        c.say(c.ann, text)
    assert [text for text in c.read(c.bea) if text in ("one", "two")] == ["one", "two"]


# ---- entries ----

@cell("delete unasked", "session", ("Cy", "not kept by the server any more"))
def _(c):
    """A message is shown as deleted, and nobody deleted it."""
    start = c.all_follow(c.cy)
    c.view(c.cy, c.assist, start, first_of(c.bea, MESSAGE_ENTRY, lambda entry: [entry.changed(kind=3, data=b"")]))
    c.say(c.bea, "Bea's")
    c.say(c.ann, "Ann's")
    c.wait(c.cy, "Ann's")


@cell("another channel's entry", "session", ("Cy", "it is of another channel: the server put it here"))
def _(c):
    start = c.all_follow(c.cy)
    other = []

    def rule(talk, way, frame):
        if frame.is_event(EVENT_ENTRY) and frame.body[:16] == bytes.fromhex(c.open):
            other.append(Entry(Reader(frame.body)))
        return None

    c.rule(rule)
    c.follow(c.bea, c.open)
    c.say(c.ann, "of the other", c.open)
    c.wait(c.bea, "of the other")
    channel = bytes.fromhex(c.assist)

    def policy(entry):
        return [other.pop().changed(channel=channel), entry] if other else [entry]

    c.view(c.cy, c.assist, start, policy)
    c.say(c.ann, "Ann's")
    c.wait(c.cy, "Ann's")


@cell("a gap", "return", ("Cy", "the server's log has a gap"))
def _(c):
    """The same entries with other numbers, and none in between."""
    c.read(c.cy)
    c.say(c.ann, "Ann's")

    def change(frame, talk):
        entries, last, frozen = entries_of(frame)
        listed = b"".join(entry.bytes(entry.sequence + 5) for entry in entries)
        return [frame.having(OK_CODE + vector(listed) + struct.pack(">QB", last + 5, frozen))] if entries else None

    on_answer(c, c.cy, CHANNEL_PAGE, change)
    c.run(c.cy, "sync")


@cell("pages that show nothing", "return",
      ("Cy", "the server says that more was said in this channel, and does not show it to you. Tell whoever runs the server"))
def _(c):
    c.read(c.cy)
    c.say(c.ann, "Ann's")

    def change(frame, talk):
        _, last, frozen = entries_of(frame)
        return [frame.having(OK_CODE + vector(b"") + struct.pack(">QB", last, frozen))]

    on_answer(c, c.cy, CHANNEL_PAGE, change)
    c.run(c.cy, "sync")


@cell("withhold one member", "return", ("Cy", LEFT_OUT))
def _(c):
    """Of all that is said, what Bea says does not come."""
    start = c.say(c.ann, "before")[-1]["sequence"]
    c.read(c.cy)
    c.view(c.cy, c.assist, start, lambda entry: [] if entry.device == c.bea.device else [entry])
    for text in ("one", "two"):
        c.say(c.bea, f"Bea's {text}")
        c.say(c.ann, f"Ann's {text}")
    read = c.read(c.cy)
    assert "Ann's two" in read


KEPT_FROM_THEM = ("the sender had not been shown what was said minutes before: the server keeps things from them")


@cell("withhold all", "session", ("Ann", KEPT_FROM_THEM))
def _(c):
    """Nothing that others say comes to Bea, and what Bea says goes to others, who have waited for minutes."""
    following = c.follow(c.ann)
    start = c.say(c.ann, "before")[-1]["sequence"]
    c.read(c.bea)
    c.view(c.bea, c.assist, start, lambda entry: [entry] if entry.device == c.bea.device else [])
    earlier = first_of(c.cy, MESSAGE_ENTRY, lambda entry: [entry.changed(time=entry.time - 6 * 60000)])
    c.view(c.ann, c.assist, start, earlier)
    c.say(c.cy, "Cy's")
    c.say(c.bea, "Bea's")
    following.wait_record("it", lambda record: record.get("text") == "Bea's")


ENTRIES_TOLD = 10000


@cell("a log without an end", "return", ("Cy", "10000 entries were read, and the server says that there are more"),
      ("Cy", "breaks a rule of the protocol"))
def _(c):
    """Of noise; this one has an end all the same, so that the test has."""
    start = c.say(c.ann, "before")[-1]["sequence"]
    c.read(c.cy)
    end = start + ENTRIES_TOLD + 500

    def change(frame, talk):
        if talk.asked[frame.request][:16] != bytes.fromhex(c.assist):
            return None
        after = int.from_bytes(talk.asked[frame.request][20:28], "big")
        noise = [struct.pack(">IQQqB", 1, number, 0, now_ms(), MESSAGE_ENTRY) + c.ann.device + number.to_bytes(16, "big") +
                 vector(b"noise") + struct.pack(">I", 5) + bytes(32) for number in range(after + 1, min(after + 400, end) + 1)]
        listed = b"".join(bytes.fromhex(c.assist) + entry for entry in noise)
        return [frame.having(OK_CODE + vector(listed) + struct.pack(">QB", end, 0))]

    on_answer(c, c.cy, CHANNEL_PAGE, change)
    c.run(c.cy, "sync")
    c.run(c.cy, "read", c.assist, "--last", "2")


# ---- sizes ----

CANNOT_BE_READ = "the server's answer cannot be read (is not well formed): update weft, or tell whoever runs the server"


@cell("an answer of 4 GiB", "return", ("Cy", CANNOT_BE_READ))
def _(c):
    """It is said to have four gigabytes."""
    on_answer(c, c.cy, CHANNEL_PAGE, lambda frame, talk: [frame.having(struct.pack(">HI", 1, 0xffffffff) + bytes(32))])
    c.run(c.cy, "sync")


@cell("an answer of 8 MiB", "return", ("Cy", "that answer is not kept any more: ask again"))
def _(c):
    """It is said to have eight megabytes, and weftd knows nothing of it."""
    on_answer(c, c.cy, CHANNEL_PAGE, lambda frame, talk: [frame.having(struct.pack(">HI", 1, 8 << 20) + bytes(32))])
    c.run(c.cy, "sync")


@cell("a huge entry", "session", *refused("Cy", "error: the server sent another entry than it announced"))
def _(c):
    """One that is said to have four gigabytes, to be pulled: what comes is something else."""
    start = c.all_follow(c.cy)
    c.view(c.cy, c.assist, start, lambda entry: [entry.changed(data=b"", size=0xffffffff, sha256=bytes(32))])
    c.say(c.ann, "Ann's")
    if c.lying:
        c.stream_of(c.cy).process.wait(60)
    else:
        c.wait(c.cy, "Ann's")


@cell("a list without an end", "return")
def _(c):
    """Nothing comes of it but a long list."""
    on_answer(c, c.cy, CHANNEL_LIST, lambda frame, talk: [frame.having(frame.body[:-1] + b"\x01")])
    assert c.run(c.cy, "channel", "list")


# ---- times ----

@cell("wrong times", "joining", ("Finn", "The server's clock is 180 minutes ahead of this computer's: one of them is wrong, and the "
                                         "times of what is said are the server's"))
def _(c):
    """Of its clock."""
    def change(frame, talk):
        reader = Reader(frame.body)
        reader.take(2 + 16 + 1), reader.vector(), reader.vector()
        later = struct.pack(">q", now_ms() + 3 * HOUR_MS + 30000)
        return [frame.having(frame.body[:reader.at] + later + frame.body[reader.at + 8:])]

    on_answer(c, None, LOGIN, change)
    c.newcomer("Finn")


@cell("wrong times", "session", ("Cy", "the server gives it a time that has not come yet"))
def _(c):
    """Of a message."""
    start = c.all_follow(c.cy)
    c.view(c.cy, c.assist, start, lambda entry: [entry.changed(time=entry.time + 3 * HOUR_MS)])
    c.say(c.ann, "Ann's")
    c.wait(c.cy, "Ann's")


# ---- stages ----

@cell("a stage that nobody signed", "session", ("Cy", "set by the server"))
def _(c):
    def change(frame, talk):
        reader = Reader(frame.body)
        reader.take(2 + 48), reader.vector(), reader.take(1)
        at = reader.at
        stage, counter = reader.number(2), reader.number(4)
        return [frame.having(frame.body[:at] + struct.pack(">HI", stage + 1, counter + 1) + frame.body[at + 6:])]

    on_answer(c, c.cy, SESSION_SHOW, change)
    c.run(c.cy, "stage", "show", c.assist)


@cell("another format", "session", *refused("Cy", "error: the server runs another format here than the one that the members "
                                                  "agreed on. Tell the facilitator; do not go on"))
def _(c):
    def change(frame, talk):
        return [frame.having(frame.body.replace(b"ideas", b"rules", 1))]

    on_answer(c, c.cy, SESSION_SHOW, change)
    c.run(c.cy, "stage", "show", c.assist)


# ---- who the server is ----

def change_hello(c, change):
    """change(fields of the hello) before it is sent."""
    c.liar.change_hello = change if c.lying else None


NOT_THE_SERVER = ("error: 127.0.0.1:PORT could not prove that it is the server of your invite link. Nothing was sent. Do not "
                  "go on; ask who invited you")


@cell("another log key", "return", *refused("Cy", NOT_THE_SERVER))
def _(c):
    """As at a renewal, and not with the key that was announced, nor signed by the one that is pinned."""
    key = Key()

    def change(hello):
        reader = Reader(hello)
        versions, name = reader.take(4), reader.vector()
        reader.take(32)
        tls_key, not_after = reader.take(32), reader.take(8)
        reader.vector()
        signed = vector(name) + tls_key + not_after
        return (versions + vector(name) + key.public + tls_key + not_after +
                vector(key.sign("Weft server key 1", signed)) + reader.rest())

    change_hello(c, change)
    c.run(c.cy, "sync")


@cell("an old challenge", "return", ("Cy", UNKNOWN), ("Cy", "exit code 6"))
def _(c):
    """The nonce of another connection: what is signed for it is of no use here."""
    def change(hello):
        reader = Reader(hello)
        reader.take(4), reader.vector(), reader.take(32 + 32 + 8), reader.vector()
        return hello[:reader.at] + bytes(32) + hello[reader.at + 32:]

    change_hello(c, change)
    c.run(c.cy, "sync")
