# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lies about who somebody is and who is where: KeyPackages of others, devices that nobody approved, states of a group and
a directory that are over, a roster that is not the group's."""
import struct
import time

from weft_lies import cell
from weft_liar import OK_CODE, Entry, Frame, Shown, Work, added_device, impostor, merkle_root
from weft_wire import (CHANNEL_COMMIT, CHANNEL_GROUP, CHANNEL_PAGE, CHANNEL_SHOW, EVENT_ENTRY, EVENT_WORK, LOGIN, LOG_RESTORES,
                       RESPONSE, WORK_LIST, Connection, Key, Reader, vector)

NOT_LET_IN = (("Ann", "The server offered a device that does not check out (the other side could not prove who it is): not let "
                      "in"),
              ("Ann", "error: let in, but no member has added their device yet: the next one who is online does"),
              ("Ann", "exit code 3"))
NOT_OPENED = "An invitation into a channel could not be opened: it is for a key that this device has used before, or never had"
DOES_NOT_FIT = ("error: the server's directory of devices does not fit what it showed and signed before. Tell the people who "
                "run it; nothing was sent")
NOT_IN_IT = ("error: the server's directory of devices does not have this one: the server shows you something else than "
             "others, or has lost it. Tell the people who run it")
OTHER_DIRECTORY = ("the sender was shown another directory of devices than you: the server tells different people different "
                   "things")
STATE_IS_OVER = ("error: the server shows a state of this channel that is over, and refuses whoever enters it: you are not in. "
                 "Tell whoever runs the server")
STATE_IS_OLDER = ("error: the server shows an older state of this channel than you have seen: not entered, since people who were "
                  "removed may be in it. Tell whoever runs the server")
WRONG_LIST = ("The server's list of who is in this channel is wrong: it leaves out {} and names {} who are not. These are the "
              "people who can read it")
NO_REASON = "The server asked to remove somebody without a reason that can be checked: not done"
ANOTHER_GROUP = "it cannot be decrypted: it was changed on its way, or its sender is in another group than you"


def refused(who, why):
    """A command that ended because the server is not to be trusted."""
    return (who, why), (who, "exit code 4")


def change_work(c, change):
    """What the server asks Ann to commit is changed: change(work) alters it and says whether it did."""
    def rule(talk, way, frame):
        if talk.device != c.ann.device or not (frame.is_event(EVENT_WORK) or frame.answers(WORK_LIST)):
            return None
        front = OK_CODE if frame.answers(WORK_LIST) else b""
        work = Work(Reader(frame.body[len(front):]))
        if not change(work):
            return None
        c.liar.did("what is asked for")
        return [frame.having(front + work.bytes())]

    c.rule(rule)


# ---- swap a KeyPackage ----

def swap(c, make):
    """Dee's KeyPackage becomes another: make(the message)."""
    def change(work):
        for add in work.adds:
            if add.person == bytes.fromhex(c.dee.id):
                add.key_package = make(add.key_package)
                return True
        return False

    change_work(c, change)


@cell("swap a KeyPackage", "joining", *NOT_LET_IN)
def _(c):
    """Dee's name, and a key that the server made."""
    leaf = Key()
    swap(c, lambda message: impostor(message, leaf))
    c.run(c.ann, "channel", "add", c.assist, c.dee.id)


@cell("swap a KeyPackage", "session", *NOT_LET_IN)
def _(c):
    """Somebody else's, of a device that the directory lists."""
    swap(c, lambda message: impostor(message, c.mallory.leaf, c.mallory.person + c.mallory.device))
    c.follow(c.ann)
    c.run(c.ann, "channel", "add", c.assist, c.dee.id)


@cell("swap a KeyPackage", "return", ("Dee", NOT_OPENED))
def _(c):
    """One of Dee's own that was used before."""
    used = []

    def make(message):
        used.append(message)
        return used[0]

    swap(c, make)
    c.run(c.ann, "channel", "add", c.assist, c.dee.id)
    c.run(c.dee, "sync")
    c.run(c.dee, "channel", "leave", c.assist)
    c.run(c.ann, "sync")
    c.run(c.ann, "channel", "add", c.assist, c.dee.id)
    c.run(c.dee, "sync")


NOT_ADMITTED = ("The server asks to let somebody in whom nobody admitted while you were here: not done. weft channel add lets a "
                "person in")


@cell("let somebody in", "session", ("Ann", NOT_ADMITTED), *NOT_LET_IN[1:])
def _(c):
    """Mallory, who is in the directory, in Dee's place."""
    def change(work):
        for add in work.adds:
            add.key_package = impostor(add.key_package, c.mallory.leaf, c.mallory.person + c.mallory.device)
            add.person, add.device = c.mallory.person, c.mallory.device
        return bool(work.adds)

    change_work(c, change)
    c.run(c.ann, "channel", "add", c.assist, c.dee.id)


# ---- add a ghost device ----

def ghost_of(person, **fields):
    """An entry that says that this person has one more device, whose keys the server made."""
    return added_device(person=bytes.fromhex(person.id), login=Key(), leaf=Key(), **fields)


@cell("add a ghost device", "joining", *refused("Finn", DOES_NOT_FIT))
def _(c):
    """It names Ann's device as having approved it."""
    ghost = ghost_of(c.ann, authority=2, by_person=bytes.fromhex(c.ann.id), by_device=c.ann.device, signer=Key())
    finn = c.newcomer("Finn", lambda entries: [*entries, ghost])
    c.run(finn, "sync")


@cell("add a ghost device", "session", *refused("Ann", DOES_NOT_FIT))
def _(c):
    """Nobody signed for it but the log's key."""
    following = c.follow(c.ann)
    ghost = ghost_of(c.bea, authority=4)
    c.show_log(c.ann, lambda entries: [*entries, ghost])
    c.tell_head(c.ann, lambda entries: [*entries, ghost])
    if c.lying:
        following.process.wait(60)


@cell("add a ghost device", "return",
      ("Ann", "Mallory, an admin as the server says, has signed a new device for Bea; the old ones are shut out. Whose it is "
              "nobody has shown: before you let it in, ask Bea in person whether it is theirs; then: weft channel add "
              "CHANNEL PERSON --checked"),
      ("Bea", "Admin Mallory has set up a new device for you, and this one is shut out. If you did not ask for it, somebody may "
              "take your place: tell the people you work with, not over this server"))
def _(c):
    """A person of the server's own makes it for Bea, as an admin can."""
    ghost = ghost_of(c.bea, authority=3, by_person=c.mallory.person, by_device=c.mallory.device, signer=c.mallory.login)
    c.read(c.ann)
    c.show_log(c.ann, lambda entries: [*entries, ghost])
    c.show_log(c.bea, lambda entries: [*entries, ghost])
    for person in (c.ann, c.bea):
        c.run(person, "sync")


@cell("shut somebody out", "return",
      ("Bea", "This device is shut out by now, says the directory (the server itself did it): the others' weft takes it out of "
              "every channel. If you know nothing of it, ask an admin, not over this server"))
def _(c):
    """The operator can; and is not unseen when it lets the device go on, to see who notices."""
    entry = struct.pack(">BBBq", 1, 2, 4, int(time.time() * 1000)) + bytes.fromhex(c.bea.id) + c.bea.device + bytes(32)
    entry += vector(b"") * 5
    c.read(c.bea)
    c.show_log(c.bea, lambda entries: [*entries, entry])
    c.run(c.bea, "sync")


# ---- fork ----

@cell("fork", "joining", ("Ann", OTHER_DIRECTORY), ("Bea", OTHER_DIRECTORY))
def _(c):
    """Of the directory: where others see that Finn has joined, Dee, who comes into the channel, is shown somebody else."""
    stranger = added_device(authority=1, person=bytes([9]) * 16, login=Key(), leaf=Key())
    before = c.directory()
    c.newcomer("Finn")
    c.show_log(c.dee, lambda entries: [*before, stranger])
    c.run(c.ann, "channel", "add", c.assist, c.dee.id)
    c.run(c.dee, "sync")
    c.say(c.dee, "Dee's")
    for person in (c.ann, c.bea):
        c.read(person)


# ---- stale GroupInfo ----

def group_as_now(c):
    """What the server shows of the open channel's group, to be shown again later."""
    with Connection(c.server.port) as connection:
        assert c.mallory.log_in(connection)[0] == "ok"
        code, body = connection.request(CHANNEL_GROUP, bytes.fromhex(c.open) + vector(b""))
        assert code == "ok"
        return body


def show_group(c, person, body, accept=False):
    """That is shown to somebody who enters; and their commit is taken, and told to nobody, or left to weftd."""
    def rule(talk, way, frame):
        if talk.device != person.device:
            return None
        if frame.answers(CHANNEL_GROUP):
            c.liar.did("an old state of the group")
            return [frame.having(OK_CODE + body)]
        if accept and frame.is_request(CHANNEL_COMMIT):
            answer = struct.pack(">Qq", int.from_bytes(body[12:20], "big") + 1, int(time.time() * 1000))
            return [Frame(RESPONSE, frame.request, CHANNEL_COMMIT, OK_CODE + answer)]
        return None

    c.rule(rule)


@cell("stale GroupInfo", "joining", *refused("Dee", STATE_IS_OVER))
def _(c):
    """It is from before Cy was removed."""
    old = group_as_now(c)
    c.run(c.ann, "channel", "remove", c.open, c.cy.id)
    show_group(c, c.dee, old)
    c.run(c.dee, "channel", "join", c.open)


@cell("stale GroupInfo", "session", *refused("Bea", STATE_IS_OLDER))
def _(c):
    """Bea, who has seen that Cy was removed, comes back with a fresh leaf."""
    old = group_as_now(c)
    c.run(c.ann, "channel", "remove", c.open, c.cy.id)
    c.follow(c.bea, c.open)
    show_group(c, c.bea, old, accept=True)
    c.run(c.bea, "channel", "resync", c.open)


def show_entries(c, person, channel):
    """Somebody who is no member is shown what members are."""
    seen = {}

    def rule(talk, way, frame):
        if frame.is_event(EVENT_ENTRY) and frame.body[:16] == bytes.fromhex(channel):
            entry = Entry(Reader(frame.body))
            seen[entry.sequence] = entry
        if talk.device == person.device and frame.is_request(CHANNEL_PAGE):
            after = int.from_bytes(frame.body[20:28], "big")
            listed = b"".join(seen[sequence].bytes() for sequence in sorted(seen) if sequence > after)
            answer = OK_CODE + vector(listed) + struct.pack(">QB", max(seen), 0)
            return [Frame(RESPONSE, frame.request, CHANNEL_PAGE, answer)]
        return None

    c.rule(rule)


@cell("stale GroupInfo", "return", ("Dee", ANOTHER_GROUP), ("Dee", "state: member, unconfirmed"),
      ("Dee", "error: this device is not a member of the channel"))
def _(c):
    """The server lets Dee into the old state, and then passes on what the others say."""
    old = group_as_now(c)
    c.run(c.ann, "channel", "remove", c.open, c.cy.id)
    show_group(c, c.dee, old, accept=True)
    c.run(c.dee, "channel", "join", c.open)  # by itself: nobody is online who could let Dee in
    c.follow(c.bea, c.open)
    show_entries(c, c.dee, c.open)
    c.say(c.ann, "Ann's", c.open)
    c.wait(c.bea, "Ann's")
    c.read(c.dee, c.open)
    c.unconfirmed(c.dee, c.open)


@cell("a copy that never was", "return",
      ("Bea", "This profile was put back from an older copy. Its channels are joined anew with fresh keys before anything is "
              "sent."),
      ("Bea", "error: this device is to join the channel anew, as the server says, and whoever changed it last was not in it "
              "when you were: ask somebody who is in it, and then come back with weft channel resync"),
      ("Bea", "exit code 9"))
def _(c):
    """Bea's vault is said to be an old copy, so that she joins anew among whom the server likes: without the log from which
    she would know them."""
    def rule(talk, way, frame):
        if talk.device != c.bea.device:
            return None
        if frame.answers(LOGIN):
            reader = Reader(frame.body)
            reader.take(2 + 16 + 1), reader.vector(), reader.vector(), reader.take(8)
            return [frame.having(frame.body[:reader.at] + b"\x01" + frame.body[reader.at + 1:])]
        if frame.answers(CHANNEL_PAGE):
            c.liar.did("nothing new")
            return [frame.having(OK_CODE + vector(b"") + talk.asked[frame.request][20:28] + b"\0")]
        return None

    c.run(c.ann, "channel", "add", c.assist, c.dee.id)
    c.run(c.dee, "sync")
    c.run(c.dee, "channel", "resync", c.assist)
    c.rule(rule)
    c.say(c.bea, "who hears this?")


# ---- roll back the directory log ----

@cell("roll back the log", "joining", *refused("Finn", NOT_IN_IT))
def _(c):
    """The newcomer's own entry is not in the log that they are shown."""
    finn = c.newcomer("Finn", lambda entries: entries[:-1])
    c.run(finn, "sync")


@cell("roll back the log", "session", *refused("Cy", DOES_NOT_FIT))
def _(c):
    """It is looked at with the next change of the channel."""
    following = c.follow(c.cy)
    c.show_log(c.cy, lambda entries: entries[:-1])
    c.run(c.ann, "channel", "role", c.assist, c.bea.id, "--give", "note-taker")
    if c.lying:
        following.process.wait(60)


@cell("roll back the log", "return", *refused("Ann", DOES_NOT_FIT))
def _(c):
    c.read(c.ann)
    c.show_log(c.ann, lambda entries: entries[:-1])
    c.run(c.ann, "sync")


@cell("roll back and say so", "return",
      ("Ann", "The server was put back from a backup, and says so under its key. What the directory said since then is gone: 1 "
              "device joined, 0 were shut out. Admins invite again; channels go on with fresh keys"))
def _(c):
    """A restore that never was, signed with the log's key: possible for whoever has it, and never unseen."""
    c.read(c.ann)
    entries = c.directory()[:-1]
    fields = struct.pack(">BIQ", 1, 1, len(entries)) + merkle_root(entries) + struct.pack(">q", int(time.time() * 1000))

    def rule(talk, way, frame):
        if talk.device == c.ann.device and frame.answers(LOG_RESTORES):
            statement = fields + vector(c.liar.log_key.sign("Weft log restore 1", fields))
            return [frame.having(OK_CODE + vector(vector(statement)))]
        return None

    c.rule(rule)
    c.show_log(c.ann, lambda entries: entries[:-1])
    c.run(c.ann, "sync")


# ---- lie about the roster ----

def show_roster(c, person, channel, change):
    """change(members) is who is said to be in a channel."""
    def rule(talk, way, frame):
        if talk.device != person.device or not frame.answers(CHANNEL_SHOW):
            return None
        if talk.asked[frame.request] != bytes.fromhex(channel):
            return None
        shown = Shown(Reader(frame.body[2:]))
        shown.members = change(shown.members)
        c.liar.did("the roster")
        return [frame.having(OK_CODE + shown.bytes())]

    c.rule(rule)


def without(person):
    return lambda members: [member for member in members if member[0] != bytes.fromhex(person.id)]


@cell("lie about the roster", "joining", ("Dee", WRONG_LIST.format(1, 0)))
def _(c):
    """Cy is kept from Dee."""
    show_roster(c, c.dee, c.open, without(c.cy))
    c.run(c.dee, "channel", "join", c.open)
    c.say(c.ann, "welcome", c.open)
    c.run(c.dee, "channel", "show", c.open)


@cell("lie about the roster", "session", ("Ann", WRONG_LIST.format(0, 1)))
def _(c):
    """Mallory is said to be there."""
    show_roster(c, c.ann, c.assist, lambda members: [*members, (c.mallory.person, c.mallory.device, bytes(12))])
    c.follow(c.ann)
    c.run(c.ann, "channel", "show", c.assist)


@cell("lie about the roster", "return", ("Ann", NO_REASON))
def _(c):
    """Cy is said to be shut out."""
    cy = bytes.fromhex(c.cy.id)

    def change(work):
        leave = bytes(16 + 4 + 16) + vector(b"") + bytes(8) + vector(b"")
        work.front = bytes([7]) * 16 + bytes.fromhex(c.assist) + struct.pack(">Iq", 1, int(time.time() * 1000) + 10000)
        work.removes = cy + c.cy.device + b"\x02" + leave
        return True

    c.read(c.ann)
    change_work(c, change)
    c.run(c.ann, "sync")
