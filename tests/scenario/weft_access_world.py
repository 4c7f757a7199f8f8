# SPDX-License-Identifier: AGPL-3.0-or-later
"""The community in which test_access.py asks: four channels with everything in them that a request can name, things of
one person's own, and everybody who may stand to them in some way. Each is asked for over a connection of its own."""
import hashlib
import os
import queue
import struct
import time

from weft_access_table import SHUT_OUT
from weft_scenario import decode_link, link_by_way_of
from weft_wire import (ASSISTERS_INVITE, CHANNEL_COMMIT, CHANNEL_CREATE, CHANNEL_SEND, COFFEE, FILE_BEGIN, FILE_DONE,
                       FILE_PUT, INVITATIONS, KEY_PACKAGES_PUBLISH, LOGIN, PAIRING_OPEN, PAIRING_STEP, PROFILE_SET,
                       REQUEST, RESPONSE, SESSION_CREATE, SUGGESTIONS, Connection, Proxy, Reader, joined, logged_in,
                       vector)

KINDS = {"open": ["--open"], "restricted": [], "private": ["--private"], "confidential": ["--confidential"]}
UNLISTED = ("private", "confidential")
RECORDED = (CHANNEL_CREATE, CHANNEL_COMMIT, CHANNEL_SEND, SESSION_CREATE, KEY_PACKAGES_PUBLISH)
GENERATION = struct.pack(">I", 1)
CHUNK = bytes(range(200)) * 5
PATIENCE_S = 30


class Handover(Proxy):
    """A proxy that records requests, and takes a connection over from weft as soon as it has logged in."""

    def __init__(self, server):
        super().__init__(server.port, server.state / "tls.crt", server.state / "tls.key", self.record)
        self.recorded = {kind: [] for kind in RECORDED}
        self.taking = False
        self.taken = queue.Queue()

    def record(self, direction, _, payload):
        kind = int.from_bytes(payload[5:7], "big")
        if direction == "up" and payload[0] == REQUEST and kind in self.recorded:
            self.recorded[kind].append(payload[7:])
        logged_in = (direction == "down" and payload[0] == RESPONSE and kind == LOGIN and payload[7:9] == bytes(2))
        return None if self.taking and logged_in else payload

    def _leave(self, down):
        if self.taking:
            self.taken.put(down)
        else:
            super()._leave(down)

    def take(self, person):
        """What this person's device may ask, without weft."""
        self.taking = True
        cut = person.stream("sync")
        down = self.taken.get(timeout=PATIENCE_S)
        self.taking = False
        cut.process.kill()
        cut.process.wait()
        return Connection.taken_over(down.connection, down)


def profile(opted_in):
    return vector(vector(b"falls")) + vector(b"") + bytes([100, opted_in])


class World:
    def __init__(self, scene):
        plenty = 1000000
        self.server = scene.server(requests_per_minute=plenty, messages_per_minute=plenty, handshakes_per_minute=plenty)
        self.proxy = Handover(self.server)
        self.ann, self.ben, self.cy = scene.people(
            ["Ann", "Ben", "Cy"],
            lambda name: link_by_way_of(self.proxy.port, self.server.invite(group=f"Ward of {name}")))
        self.key_packages = self.key_packages_of_member()
        self.members = [bytes.fromhex(person.id) for person in (self.ann, self.ben)]
        self.channels, self.said = {}, {}
        for kind, words in KINDS.items():
            self.make_channel(kind, words)
        self.accounts = {name: joined(self.server, name, role)
                         for name, role in (("staff", None), ("facilitator", "facilitator"), ("admin", "admin"),
                                            ("owner", None), ("friend", None), ("revoked", None), ("suspended", None))}
        self.connections = {name: logged_in(self.server, self.accounts[name])
                            for name in ("staff", "facilitator", "admin", "owner")}
        self.shut_out = {name: logged_in(self.server, self.accounts[name]) for name in SHUT_OUT}
        for name, person in (("host", self.ann), ("member", self.ben), ("former", self.cy)):
            self.connections[name] = self.proxy.take(person)
        self.files = {kind: (self.make_file(kind, False), self.make_file(kind, True)) for kind in KINDS}
        self.give_the_owner_things()
        self.secret = decode_link(self.server.invite(group="Ward 9"))[2]
        self.stolen_entry = self.accounts["staff"].directory_entry(bytes(16))  # of somebody who has joined before
        with Connection(self.server.port) as elsewhere:
            self.stolen_login = self.accounts["owner"].login_request(elsewhere)
        self.server.admin("person", "suspend", self.accounts["suspended"].person.hex())
        self.server.admin("device", "revoke", self.accounts["revoked"].device.hex())

    # ---- channels ----

    def make_channel(self, kind, words):
        """Ann's, with Ben in it, Cy not any more, a session that was planned, and a message of each of the two."""
        channel = self.ann.one("channel", "create", f"The {kind} one", "--history", "full", *words)["channel"]
        for person in (self.ben, self.cy):
            self.ann.run("channel", "add", channel, person.id)
            person.run("sync")
        self.ann.run("channel", "remove", channel, self.cy.id)
        self.ann.run("review", "start", "--in", channel)
        self.ben.run("sync")
        self.channels[kind] = bytes.fromhex(channel)
        self.said[kind] = {name: person.one("say", channel, "Hello")
                           for name, person in (("host", self.ann), ("member", self.ben))}

    def hidden(self):
        """What nobody outside may meet: ids of the unlisted channels, of their sessions and files, and their titles."""
        found = []
        for kind in UNLISTED:
            session = self.recorded(SESSION_CREATE, kind)[:16]
            found += [self.channels[kind], session, *self.files[kind], f"The {kind} one".encode()]
        return found

    def key_packages_of_member(self):
        device = bytes.fromhex(self.ben.json("status")[0]["device"])
        return [body for body in self.proxy.recorded[KEY_PACKAGES_PUBLISH] if device in body][-1]

    def recorded(self, request, kind):
        """What Ann or Ben sent last, of this channel."""
        return [body for body in self.proxy.recorded[request] if self.channels[kind] in body[:32]][-1]

    def fresh_message(self, kind):
        """A message that the server has not had, as far as it can tell."""
        said = bytes.fromhex(self.said[kind]["member"]["message"])
        return self.recorded(CHANNEL_SEND, kind).replace(said, os.urandom(16))

    def make_file(self, kind, complete):
        """Of Ben's."""
        file, connection, place = os.urandom(16), self.connections["member"], self.channels[kind]
        begun = connection.request(FILE_BEGIN, place + file + os.urandom(16) + struct.pack(">Q", len(CHUNK)))
        assert begun[0] == "ok", begun
        if complete:
            assert connection.request(FILE_PUT, place + file + bytes(4) + vector(CHUNK))[0] == "ok"
            whole = hashlib.sha256(hashlib.sha256(CHUNK).digest()).digest()
            assert connection.request(FILE_DONE, place + file + whole)[0] == "ok"
        return file

    # ---- what is one person's own ----

    def give_the_owner_things(self):
        """An invitation, and an introduction."""
        for name in ("owner", "friend"):
            connection = self.connections.get(name) or logged_in(self.server, self.accounts[name])
            assert connection.request(PROFILE_SET, profile(1))[0] == "ok"
            assert connection.request(COFFEE, b"\x01")[0] == "ok"
        asked = self.channels["open"] + vector(self.accounts["owner"].person)
        assert self.connections["host"].request(ASSISTERS_INVITE, asked)[0] == "ok"
        self.server.admin("suggest", "--coffee")
        owner = self.connections["owner"]
        _, body = owner.request(INVITATIONS, b"")
        self.invitation = Reader(Reader(body).vector()).take(16)
        _, body = owner.request(SUGGESTIONS, b"")
        self.suggestion = Reader(Reader(body).vector()).take(16)

    def pairing(self, committed=True):
        """One that the owner opened, and a new device has begun."""
        pairing = os.urandom(16)
        assert self.connections["owner"].request(PAIRING_OPEN, pairing + self.accounts["owner"].person)[0] == "ok"
        if committed:
            with Connection(self.server.port) as new:
                assert new.request(PAIRING_STEP, pairing + b"\x01" * 32 + bytes(32) + vector(b""))[0] == "ok"
        return pairing

    def revocation(self, caller):
        """Of somebody's device, signed by the caller as an admin; by the owner, of their own device."""
        by = self.accounts[caller]
        own = caller == "owner"
        of = by if own else joined(self.server, "Victim")
        fields = struct.pack(">BBBq", 1, 2, 2 if own else 3, int(time.time() * 1000))
        fields += of.person + of.device + by.person + by.device + vector(b"") * 2
        return vector(fields + vector(b"") * 2 + vector(by.login.sign("Weft log entry 1", fields)))

    def close(self):
        for connection in (*self.connections.values(), *self.shut_out.values()):
            connection.connection.close()
        self.proxy.close()
        self.server.stop()
