# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the scenarios of a lying server share: a community made once, a copy of it for each lie, and everything that
anybody was shown which an honest server would not have led to."""
import json
import re
from types import SimpleNamespace

from weft_assist import Assist
from weft_liar import OK_CODE, Frame, Liar, View, signed_head
from weft_scenario import Person, decode_link, free_port, link_by_way_of
from weft_wire import EVENT, EVENT_DIRECTORY, LOG_ENTRIES, LOGIN, Account, Connection, Reader, vector

CELLS = []  # (lie, moment, function, what is shown)


def cell(lie, moment, *shown):
    """Registers one lie at one moment. `shown` is all of what is seen of it: pairs of who and what; the function says
    no more than what is done."""
    def register(function):
        CELLS.append((lie, moment, function, set(shown)))
        return function
    return register


class Community:
    """Ann (the host and facilitator), Bea and Cy in a peer assist that runs, and in an open channel; Dee has joined
    the community and is in neither; Mallory is an account that the server's owner made."""

    def __init__(self, scene):
        self.scene = scene
        self.server = scene.server()
        self.port = free_port()
        self.mallory = Account("Mallory")
        with Liar(self.server, self.port):
            assist = Assist(scene, SimpleNamespace(invite=self.invite), assisters=2, facilitators=0,
                            names=["Ann", "Bea", "Cy"])
            assist.open()
            self.assist = assist.channel
            self.dee = scene.person("Dee", self.invite("Ward 9"))
            self.ann, (self.bea, self.cy) = assist.host, assist.assisters
            self.open = self.ann.one("channel", "create", "Falls", "--open")["channel"]
            for person in (self.bea, self.cy):
                person.run("channel", "join", self.open)
            for person in (self.ann, self.bea, self.cy, self.ann, self.bea, self.cy, self.dee):
                person.run("sync")
            for person in self.people:
                person.device = bytes.fromhex(person.json("status")[0]["device"])
                assert person.id  # asked once, for all copies
            with Connection(self.server.port) as connection:
                invite = decode_link(self.server.invite(group="Ward 1"))
                assert self.mallory.redeem(connection, invite[2])[0] == "ok"
        self.server.stop()

    @property
    def people(self):
        return self.ann, self.bea, self.cy, self.dee

    def invite(self, group):
        return self.link(self.server, group)

    def link(self, server, group):
        """An invite that leads through the liar."""
        return link_by_way_of(self.port, server.invite(group=group))


def problems(records):
    """What of a program's records an honest server would not have led to."""
    for record in records:
        if record.get("type") == "warning":
            yield record["text"]
        elif record.get("type") == "error":
            yield "error: " + record["text"]
        elif record.get("type") == "lost":
            yield "no contact since T"
        elif record.get("warning"):
            yield record["warning"]
        elif record.get("type") == "deleted" and record.get("deleted_by") == "":
            yield "not kept by the server any more"
        elif record.get("set_by") == "server":
            yield "set by the server"


def json_lines(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


class Lie:
    """A copy of the community with the liar in between; `lying` is false for the control, in which it only carries."""

    # What people are told when nobody lies, too.
    NOTICES = re.compile(r"You were let into this channel\.|Joined anew with a fresh leaf\..*|The server stops for a while\.")

    def __init__(self, community, scene, lying):
        self.scene, self.lying, self.community = scene, lying, community
        self.server = community.server.copied(scene).start()
        self.liar = Liar(self.server, community.port)
        self.assist, self.open = community.assist, community.open
        self.mallory = community.mallory
        self.ann, self.bea, self.cy, self.dee = (person.copied(scene) for person in community.people)
        self.followers = []
        self.seen = set()

    def close(self):
        for person, stream in self.followers:
            code = stream.end()
            if code != 0:
                self.seen.add((person.name, f"exit code {code}"))
            self.note(person, stream.records() + json_lines(stream.log()))
        self.liar.close()
        self.server.stop()

    # ---- people ----

    def note(self, person, records):
        for text in problems(records):
            if not self.NOTICES.fullmatch(text):
                text = re.sub(r"channel add [0-9a-f]{8} [0-9a-f]{8}", "channel add CHANNEL PERSON", text)
                self.seen.add((person.name, text.replace(str(self.community.port), "PORT")))

    def run(self, person, *arguments):
        """What anybody does; any exit code, which is part of what is seen when there is an error."""
        result = person.run(*arguments, code=None, json_lines=True)
        self.note(person, json_lines(result.text) + json_lines(result.error))
        if result.code != 0:
            self.seen.add((person.name, f"exit code {result.code}"))
        return json_lines(result.text)

    def say(self, person, text, channel=None):
        channel = channel or self.assist
        return self.run(person, *(["note", channel] if channel == self.assist else ["say", channel]), text)

    def read(self, person, channel=None):
        return [record.get("text") for record in self.run(person, "read", channel or self.assist)
                if record["type"] == "message"]

    def follow(self, person, *channels):
        stream = person.follow(*(channels or (self.assist,)))
        self.followers.append((person, stream))
        return stream

    def all_follow(self, *people):
        """They follow, and are shown all that there is, which ends with an entry of this number."""
        for person in people:
            self.follow(person)
        last = self.say(self.ann, "before")[-1]["sequence"]
        for person in people:
            self.wait(person, "before")
        return last

    def stream_of(self, person):
        return [stream for follower, stream in self.followers if follower is person][-1]

    def wait(self, person, text):
        """Until whoever follows has been shown a text."""
        self.stream_of(person).wait_record(text, lambda record: record.get("text") == text)

    def newcomer(self, name, make=None):
        """Somebody joins the community; with `make`, the directory that they are shown is make(the entries)."""
        person = Person(self.scene, name)
        person.device = None  # not known before it has joined
        if make is not None:
            self.show_log(person, make)
        self.run(person, "join", self.community.link(self.server, "Ward 8"), "--name", name, "--yes")
        return person

    def unconfirmed(self, person, channel):
        """Whether somebody is shown that nobody has confirmed that they are in a channel."""
        for record in self.run(person, "status"):
            if record.get("channel") == channel and record["state"] != "member":
                self.seen.add((person.name, f"state: {record['state']}"))

    # ---- lies ----

    def rule(self, function):
        """A rule of the liar, unless this is the control."""
        if self.lying:
            self.liar.rule(function)

    def view(self, person, channel, start, policy):
        """What somebody is shown of a channel from now on; None in the control."""
        return View(self.liar, person.device, bytes.fromhex(channel), start, policy) if self.lying else None

    def directory(self):
        """All entries of the log, as Mallory gets them."""
        with Connection(self.server.port) as connection:
            assert self.mallory.log_in(connection)[0] == "ok"
            code, body = connection.request(LOG_ENTRIES, bytes(8))
        assert code == "ok"
        listed = Reader(Reader(body).vector())
        entries = []
        while listed.at < len(listed.data):
            entries.append(listed.vector())
        return entries

    def show_log(self, person, make):
        """One person is shown another directory: make(entries as they are) is what they are told, under a head that the
        log's key signs."""
        if not self.lying:
            return
        device = person.device

        def rule(talk, way, frame):
            if way != "down" or (device is not None and talk.device != device):
                return None
            if frame.answers(LOG_ENTRIES):
                start = int.from_bytes(talk.asked[frame.request][:8], "big")
                entries = make(self.directory())
                self.liar.did("the directory")
                listed = b"".join(vector(entry) for entry in entries[start:])
                return [frame.having(OK_CODE + vector(listed) + vector(signed_head(self.liar.log_key, entries)))]
            if frame.answers(LOGIN):
                reader = Reader(frame.body)
                reader.take(2 + 16 + 1), reader.vector(), reader.vector(), reader.take(8 + 1)
                self.liar.did("the directory's head")
                return [frame.having(frame.body[:reader.at] + vector(signed_head(self.liar.log_key, make(self.directory()))))]
            if frame.is_event(EVENT_DIRECTORY):
                return [frame.having(vector(signed_head(self.liar.log_key, make(self.directory()))))]
            return None

        self.liar.rule(rule)

    def tell_head(self, person, make):
        """Pushes the head of such a log to somebody who follows."""
        if self.lying:
            head = signed_head(self.liar.log_key, make(self.directory()))
            self.liar.did("a head of the directory")
            self.liar.talk_of(person.device).push(Frame(EVENT, 0, EVENT_DIRECTORY, vector(head)))
