# SPDX-License-Identifier: AGPL-3.0-or-later
"""A body for each request, well formed and about what there is, so that who asks is what answers (test_access.py)."""
import os
import struct

import weft_wire as wire
from weft_access_world import CHUNK, GENERATION, profile
from weft_wire import vector

CURSOR = GENERATION + struct.pack(">Q", 1)
NOBODYS_SIGNATURE = vector(bytes(64))
ONE = struct.pack(">Q", 1)
OTHER = {"host": "member"}  # whose message the host deletes; the others the host's


def cursor_of(world, kind, name):
    return GENERATION + struct.pack(">Q", world.said[kind][name]["sequence"])


def of_friend(world):
    return world.accounts["friend"].person


# After the channel's id: (world, kind of channel, caller) -> bytes.
AFTER_CHANNEL = {
    wire.KEY_PACKAGES_FETCH: lambda w, k, c: vector(of_friend(w)),
    wire.CHANNEL_SHOW: lambda w, k, c: b"",
    wire.CHANNEL_GROUP: lambda w, k, c: vector(b""),
    wire.CHANNEL_COMMIT: lambda w, k, c: w.recorded(wire.CHANNEL_COMMIT, k)[16:],
    wire.CHANNEL_SEND: lambda w, k, c: w.fresh_message(k)[16:],
    wire.CHANNEL_PAGE: lambda w, k, c: CURSOR + struct.pack(">I", 1 << 16),
    wire.CHANNEL_ENTRY: lambda w, k, c: CURSOR,
    wire.CHANNEL_SUBSCRIBE: lambda w, k, c: b"\x01",
    wire.CHANNEL_KNOCK: lambda w, k, c: b"",
    wire.CHANNEL_KNOCKS: lambda w, k, c: b"",
    wire.CHANNEL_KNOCK_ANSWER: lambda w, k, c: of_friend(w) + b"\x01",
    wire.CHANNEL_LEAVE: lambda w, k, c: GENERATION + os.urandom(16) + vector(bytes(32)) + bytes(8) + NOBODYS_SIGNATURE,
    wire.WELCOME_DONE: lambda w, k, c: GENERATION + ONE,
    wire.READ_POSITION: lambda w, k, c: CURSOR,
    wire.WORK_LIST: lambda w, k, c: b"",
    wire.CHANNEL_REPORT: lambda w, k, c: GENERATION + ONE + os.urandom(16) + b"\x01" + bytes(8) + NOBODYS_SIGNATURE,
    wire.CHANNEL_CONTINUE: lambda w, k, c: GENERATION + vector(b"") * 3,
    wire.CHANNEL_GENERATION: lambda w, k, c: b"",
    wire.SESSION_CREATE: lambda w, k, c: w.recorded(wire.SESSION_CREATE, k)[32:],
    wire.SESSION_SHOW: lambda w, k, c: b"",
    wire.SESSION_STAGE: lambda w, k, c: b"\x03" + bytes(22),
    wire.CHANNEL_DELETE: lambda w, k, c: w.fresh_message(k)[16:] + vector(cursor_of(w, k, OTHER.get(c, "host"))),
    wire.HISTORY_ASK: lambda w, k, c: vector(b""),
    wire.HISTORY_SHOW: lambda w, k, c: b"",
    wire.HISTORY_BEGIN: lambda w, k, c: os.urandom(16) + ONE * 3 + struct.pack(">Q", 1000),
    wire.HISTORY_SHARED: lambda w, k, c: bytes(16),
    wire.ASSISTERS_PROPOSE: lambda w, k, c: vector(b"") + b"\x06",
    wire.ASSISTERS_INVITE: lambda w, k, c: vector(of_friend(w)),
    wire.FILE_BEGIN: lambda w, k, c: os.urandom(32) + struct.pack(">Q", 1000),
    wire.FILE_PUT: lambda w, k, c: w.files[k][0] + bytes(4) + vector(CHUNK),
    wire.FILE_DONE: lambda w, k, c: w.files[k][0] + bytes(32),
    wire.FILE_GET: lambda w, k, c: w.files[k][1] + bytes(4),
    wire.FILE_DROP: lambda w, k, c: w.files[k][0],
    wire.CHANNEL_KEEP: lambda w, k, c: bytes(2),
}


def named_by(world, request, kind):
    """The front of the body: the channel's id, the session's where that is what the request names."""
    session = world.recorded(wire.SESSION_CREATE, kind)[:16]
    return {wire.SESSION_STAGE: session, wire.SESSION_CREATE: session + world.channels[kind]}.get(
        request, world.channels[kind])


def channel_body(world, request, kind, caller):
    """(the body, the same about a channel or session that is not there)."""
    front = named_by(world, request, kind)
    rest = AFTER_CHANNEL[request](world, kind, caller)
    return front + rest, os.urandom(len(front)) + rest


# Whose what weft itself made is.
MADE_BY_WEFT = {wire.KEY_PACKAGES_PUBLISH: "member", wire.CHANNEL_CREATE: "host"}

# Of what is one person's own, or nobody's: (world, caller) -> bytes.
PERSON_BODIES = {
    wire.INVITE_SHOW: lambda w, c: w.secret,
    wire.REDEEM: lambda w, c: w.secret + vector(b"Thief") + vector(w.stolen_entry),
    wire.LOGIN: lambda w, c: w.stolen_login,
    wire.PING: lambda w, c: b"",
    wire.READ: lambda w, c: struct.pack(">II", 1, 0),
    wire.LOG_ENTRIES: lambda w, c: bytes(8),
    wire.PAIRING_OPEN: lambda w, c: os.urandom(16) + w.accounts["owner"].person,
    wire.PAIRING_STEP: lambda w, c: w.pairing(committed=False) + b"\x01" * 32 + bytes(32) + vector(b""),
    wire.PAIRING_SHOW: lambda w, c: w.pairing(),
    wire.PAIRING_ANSWER: lambda w, c: w.pairing() + vector(b"said"),
    wire.PAIRING_FINISH: lambda w, c: w.pairing() + vector(b""),
    wire.DEVICE_LIST: lambda w, c: w.accounts["owner"].person,
    wire.DEVICE_REVOKE: lambda w, c: w.revocation(c if c in w.accounts else "staff"),
    wire.PERSON_GET: lambda w, c: vector(w.accounts["owner"].person),
    wire.PEOPLE: lambda w, c: vector(b"") + bytes(16),
    wire.PROFILE_SET: lambda w, c: profile(c == "owner"),
    wire.GROUPS: lambda w, c: b"",
    wire.READ_POSITIONS: lambda w, c: b"",
    wire.KEY_PACKAGES_PUBLISH: lambda w, c: w.key_packages,
    wire.KEY_PACKAGES_COUNT: lambda w, c: b"",
    wire.CHANNEL_CREATE: lambda w, c: w.recorded(wire.CHANNEL_CREATE, "private"),
    wire.CHANNEL_LIST: lambda w, c: bytes(17),
    wire.WELCOMES: lambda w, c: b"",
    wire.INVITATIONS: lambda w, c: b"",
    wire.INVITATION_ANSWER: lambda w, c: w.invitation + b"\x00",
    wire.STATS: lambda w, c: b"",
    wire.NETWORK: lambda w, c: b"",
    wire.SUGGESTIONS: lambda w, c: b"",
    wire.SUGGESTION_ANSWER: lambda w, c: w.suggestion + b"\x04" + bytes(2),
    wire.SUGGESTION_OPENED: lambda w, c: w.suggestion,
    wire.SUGGESTION_MET: lambda w, c: w.suggestion + b"\x01\x01",
    wire.COFFEE: lambda w, c: b"\x01",
    wire.LOG_RESTORES: lambda w, c: bytes(4),
}


def person_body(world, request, caller):
    return PERSON_BODIES[request](world, caller)
