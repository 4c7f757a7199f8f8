# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server that lies: between real clients and a real weftd, with the server's own keys.

It has what whoever runs a server has: the TLS key, the log's key, every byte that passes, and accounts of its
own. It can answer by itself, withhold, repeat, renumber, and sign heads of the directory log. What it cannot
make is a signature of somebody else's device, and so no message, commit or directory entry of theirs."""
import hashlib
import os
import select
import socket
import struct
import threading
import time
from collections import deque

from weft_wire import (BINARY, CHANNEL_COMMIT, CHANNEL_DELETE, CHANNEL_PAGE, CHANNEL_SEND, CHANNEL_SUBSCRIBE, EVENT,
                       EVENT_ENTRY, LOGIN, PART, REQUEST, RESPONSE, SERVER_HELLO, Key, Proxy, Reader, vector,
                       websocket_frame)

OK_CODE = bytes(2)
COMMIT_ENTRY, MESSAGE_ENTRY = 1, 2


class Frame:
    """PROTOCOL.md, 2."""

    def __init__(self, kind, request, number, body):
        self.type, self.request, self.number, self.body = kind, request, number, body

    @classmethod
    def parse(cls, payload):
        return cls(*struct.unpack(">BIH", payload[:7]), payload[7:])

    def bytes(self):
        return struct.pack(">BIH", self.type, self.request, self.number) + self.body

    def having(self, body):
        return Frame(self.type, self.request, self.number, body)

    def is_request(self, number):
        return self.type == REQUEST and self.number == number

    def is_event(self, number):
        return self.type == EVENT and self.number == number

    def answers(self, number):
        """Whether it is a response to such a request that went well."""
        return self.type == RESPONSE and self.number == number and self.body[:2] == OK_CODE


class Talk:
    """One client's connection: who it is, and what the liar puts in between."""

    def __init__(self):
        self.device = None
        self.asked = {}  # bodies of the requests under way, by their number
        self.pushed = deque()
        self.wake, self.woken = socket.socketpair()

    def push(self, frame):
        """Says something to the client by itself; from any thread."""
        self.pushed.append(frame)
        self.wake.send(b"!")


class Liar(Proxy):
    """`rules` are functions (talk, way, frame) -> None to leave it as it is, or a list of frames to say instead, one
    that goes the other way being an answer. Each says with `did` that it lied."""

    def __init__(self, server, port=0):
        self.rules = []
        self.change_hello = None  # of the bytes of the server's hello
        self.deaf = False  # whoever comes is left standing
        self.lies = []
        self.talks = []
        self.lock = threading.RLock()
        self.log_key = Key(bytes.fromhex((server.state / "log.key").read_text().strip()))
        super().__init__(server.port, server.state / "tls.crt", server.state / "tls.key", port=port)

    def did(self, what):
        self.lies.append(what)

    def rule(self, function):
        with self.lock:
            self.rules.append(function)
        return function

    def talk_of(self, device):
        with self.lock:
            return [talk for talk in self.talks if talk.device == device][-1]

    def cut(self):
        """Ends every connection."""
        for connection in list(self.open):
            self._cut(connection)

    def _serve(self, raw):
        if self.deaf:
            raw.close()
        else:
            super()._serve(raw)

    def _pass(self, direction, opcode, payload):
        """What is not a request, a response or an event."""
        if opcode == BINARY and payload[0] == SERVER_HELLO and self.change_hello is not None:
            self.did("the hello")
            payload = payload[:7] + self.change_hello(payload[7:])
        return websocket_frame(payload, opcode, bytes(4) if direction == "up" else None)

    def _judge(self, talk, way, frame):
        if frame.is_request(LOGIN):
            talk.device = frame.body[:16]
        if frame.type == REQUEST:
            talk.asked[frame.request] = frame.body
        for rule in list(self.rules):
            said = rule(talk, way, frame)
            if said is not None:
                return said
        return [frame]

    def _say(self, frames, client, server):
        for frame in frames:
            up = frame.type in (REQUEST, PART)
            (server if up else client).sendall(websocket_frame(frame.bytes(), mask=bytes(4) if up else None))

    def _carry(self, ways):
        client, server = ways
        talk = Talk()
        with self.lock:
            self.talks.append(talk)
        while True:
            for direction, source, sink in ways.values():
                while source.has_websocket_frame():
                    opcode, payload = source.websocket_frame()
                    if opcode != BINARY or payload[0] not in (REQUEST, RESPONSE, EVENT):
                        sink.sendall(self._pass(direction, opcode, payload))
                        continue
                    with self.lock:
                        said = self._judge(talk, direction, Frame.parse(payload))
                    self._say(said, client, server)
            while talk.pushed:
                self._say([talk.pushed.popleft()], client, server)
            waiting = [connection for connection in ways if connection.pending()]
            if not waiting:
                waiting, _, _ = select.select([*ways, talk.woken], [], [], 120)
                if not waiting:
                    return
            for connection in waiting:
                if connection is talk.woken:
                    talk.woken.recv(64)
                else:
                    ways[connection][1].receive_more()


# ---- what is said of a channel's log ----

class Entry:
    """PROTOCOL.md, 6.5."""

    def __init__(self, reader):
        self.channel, self.generation, self.sequence = reader.take(16), reader.number(4), reader.number(8)
        self.epoch, self.time, self.kind = reader.number(8), reader.time(), reader.number(1)
        self.device, self.message, self.data = reader.take(16), reader.take(16), reader.vector()
        self.size, self.sha256 = reader.number(4), reader.take(32)

    def bytes(self, sequence=None):
        return (self.channel + struct.pack(">IQQqB", self.generation, self.sequence if sequence is None else sequence,
                                           self.epoch, self.time, self.kind) +
                self.device + self.message + vector(self.data) + struct.pack(">I", self.size) + self.sha256)

    @classmethod
    def of_commit(cls, request, sequence, device):
        """The entry that a channel_commit request would make, had weftd got it."""
        reader = Reader(request)
        front, commit = (reader.take(16), reader.number(4), reader.number(8)), reader.vector()
        content = Reader(commit[4:])  # RFC 9420, 6: after the version and the wire format
        content.vector(), content.take(8 + 1 + 4)
        message = content.vector()[1:17]
        channel, generation, epoch = front
        return cls(Reader(channel + struct.pack(">IQQqB", generation, sequence, epoch, int(time.time() * 1000), COMMIT_ENTRY) +
                          device + message + vector(commit) + struct.pack(">I", len(commit)) +
                          hashlib.sha256(commit).digest()))

    def changed(self, **fields):
        """A copy with other fields."""
        twin = Entry(Reader(self.bytes()))
        for name, value in fields.items():
            setattr(twin, name, value)
        return twin


def entries_of(frame):
    """The entries of a page's answer, the last sequence and whether it is frozen."""
    reader = Reader(frame.body[2:])
    listed = Reader(reader.vector())
    entries = []
    while listed.at < len(listed.data):
        entries.append(Entry(listed))
    return entries, reader.number(8), reader.number(1)


class View:
    """What one device is shown of a channel's log after entry `start`: what `policy(entry)` makes of each entry that
    there is (a list of entries: none, one, several), numbered without a gap, whether paged or pushed."""

    def __init__(self, liar, device, channel, start, policy):
        self.liar, self.device, self.channel, self.start = liar, device, channel, start
        self.policy = policy
        self.shown = []  # entries, the first with number start + 1
        self.real = start  # the last entry that the policy has seen
        liar.rule(self.judge)

    @property
    def last(self):
        return self.start + len(self.shown)

    def number_of(self, sequence):
        """What an entry that is acknowledged is called here."""
        if sequence <= self.start:
            return sequence
        for number, entry in enumerate(self.shown, self.start + 1):
            if entry.sequence == sequence:
                return number
        return self.last + sequence - self.real

    def take(self, entry):
        if entry.sequence <= self.real:
            return []
        self.real = entry.sequence
        said = self.policy(entry)
        if [one.bytes() for one in said] != [entry.bytes()]:
            self.liar.did(f"entry {entry.sequence}")
        first = self.last + 1
        self.shown += said
        return [one.bytes(number) for number, one in enumerate(said, first)]

    def judge(self, talk, way, frame):
        if talk.device != self.device:
            return None
        if way == "up":
            return self.judge_request(frame)
        if frame.is_event(EVENT_ENTRY) and frame.body[:16] == self.channel:
            entry = Entry(Reader(frame.body))
            if entry.sequence > self.real + 1:
                return []  # what lies between has not passed yet: the client will page
            return [frame.having(body) for body in self.take(entry)]
        asked = talk.asked.get(frame.request, b"")
        if frame.type != RESPONSE or asked[:16] != self.channel:
            return None
        return self.judge_answer(frame, asked)

    def judge_request(self, frame):
        if not frame.is_request(CHANNEL_PAGE) or frame.body[:16] != self.channel:
            return None
        sequence = int.from_bytes(frame.body[20:28], "big")
        if sequence <= self.start:
            return None
        return [frame.having(frame.body[:20] + struct.pack(">Q", self.real) + frame.body[28:])]

    def judge_answer(self, frame, asked):
        if frame.answers(CHANNEL_PAGE):
            after = int.from_bytes(asked[20:28], "big")
            entries, _, frozen = entries_of(frame)
            for entry in entries:
                self.take(entry)
            said = [entry.bytes() for entry in entries if entry.sequence <= self.start]
            said += [entry.bytes(number) for number, entry in enumerate(self.shown, self.start + 1) if number > after]
            return [frame.having(OK_CODE + vector(b"".join(said)) + struct.pack(">QB", self.last, frozen))]
        for number in (CHANNEL_SEND, CHANNEL_COMMIT, CHANNEL_DELETE):
            if frame.answers(number):
                sequence = int.from_bytes(frame.body[2:10], "big")
                return [frame.having(OK_CODE + struct.pack(">Q", self.number_of(sequence)) + frame.body[10:])]
        if frame.answers(CHANNEL_SUBSCRIBE):
            sequence = int.from_bytes(frame.body[6:14], "big")
            return [frame.having(frame.body[:6] + struct.pack(">Q", self.number_of(sequence)))]
        return None


# ---- what members are asked to commit, and who is said to be a member ----

class WorkAdd:
    def __init__(self, reader):
        self.person, self.device, self.asked_by = reader.take(16), reader.take(16), reader.take(16)
        self.key_package = reader.vector()

    def bytes(self):
        return self.person + self.device + self.asked_by + vector(self.key_package)


class Work:
    """PROTOCOL.md, 6.6. `removes` are encoded ones."""

    def __init__(self, reader):
        self.front = reader.take(16 + 16 + 4 + 8)
        listed = Reader(reader.vector())
        self.adds = []
        while listed.at < len(listed.data):
            self.adds.append(WorkAdd(listed))
        self.removes = reader.vector()
        self.path = reader.take(1)

    def bytes(self):
        return self.front + vector(b"".join(add.bytes() for add in self.adds)) + vector(self.removes) + self.path


class Shown:
    """The answer to channel_show: PROTOCOL.md, 6.4. `members` are (person, device, leaf and since)."""

    def __init__(self, reader):
        start = reader.at
        reader.take(16 + 1 + 1), reader.vector(), reader.vector(), reader.take(4 + 8 + 8 + 4 + 1 + 1 + 1 + 8 + 2)
        self.info = reader.data[start:reader.at]
        listed = Reader(reader.vector())
        self.members = []
        while listed.at < len(listed.data):
            self.members.append((listed.take(16), listed.take(16), listed.take(12)))

    def bytes(self):
        return self.info + vector(b"".join(b"".join(member) for member in self.members))


# ---- the directory log ----

def merkle_root(entries):
    """RFC 9162, 2.1.1."""
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    half = 1 << (len(entries) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + merkle_root(entries[:half]) + merkle_root(entries[half:])).digest()


def signed_head(log_key, entries):
    """A head of these entries that every client takes for the server's."""
    fields = struct.pack(">BQ", 1, len(entries)) + merkle_root(entries) + struct.pack(">q", int(time.time() * 1000))
    return fields + vector(log_key.sign("Weft log head 1", fields))


def added_device(*, authority, person, login, leaf, device=None, by_person=bytes(16), by_device=bytes(16), signer=None):
    """An entry that adds a device whose keys we have; `signer` is the authority's login key, or what stands for it."""
    fields = struct.pack(">BBBq", 1, 1, authority, int(time.time() * 1000))
    fields += person + (device or os.urandom(16)) + by_person + by_device + vector(login.public) + vector(leaf.public)
    label = "Weft log entry 1"
    return (fields + vector(login.sign(label, fields)) + vector(leaf.sign(label, fields)) +
            vector(signer.sign(label, fields) if signer else b""))


# ---- KeyPackages ----

def sign_with_label(key, label, content):
    """RFC 9420, 5.1.2."""
    return key.sign(f"MLS 1.0 {label}", content)


def impostor(message, leaf, identity=None):
    """A KeyPackage (an MLSMessage) like another's, with the same credential or another identity, and a key of ours, well
    signed with that one."""
    reader = Reader(message)
    front = reader.take(4) + reader.take(4)  # version and format; version and suite
    init_key, encryption_key, _ = reader.vector(), reader.vector(), reader.vector()
    kind, named = reader.take(2), reader.vector()
    node = kind + vector(identity or named)
    for _ in range(5):  # capabilities
        node += vector(reader.vector())
    source = reader.take(1)
    assert source == b"\x01", "the leaf of a KeyPackage"
    node += source + reader.take(16) + vector(reader.vector())
    reader.vector()
    node = vector(encryption_key) + vector(leaf.public) + node
    node += vector(sign_with_label(leaf, "LeafNodeTBS", node))
    package = front[4:] + vector(init_key) + node + vector(reader.vector())
    return front[:4] + package + vector(sign_with_label(leaf, "KeyPackageTBS", package))
