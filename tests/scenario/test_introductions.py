# SPDX-License-Identifier: AGPL-3.0-or-later
"""Introductions of people who may not know of each other before both say yes: from the suggestion through their
channel to the tie of the network, and every way in which one does not come about."""
import sqlite3

import weft_wire
from weft_scenario import NETWORK, NOT_FOUND, NOT_NOW, RATE_LIMIT, USAGE, decode_link, link_by_way_of
from weft_talk import states


def suggestions(person):
    return [record for record in person.json("network") if record["type"] == "suggestion"]


def only(person):
    found = suggestions(person)
    assert len(found) == 1, found
    return found[0]


def standing(person):
    return [record for record in person.json("network") if record["type"] == "network"][0]


def ties(person):
    return {record["name"]: record["origins"] for record in person.json("network") if record["type"] == "tie"}


def opt_in(person, *more):
    person.run("profile", "set", "--opt-in", "--topic", "falls at night", *more)


# A suggestion must have five people whom it could be about, or it would say who it is.
CROWD = 5


def crowd(server, size=CROWD):
    """People of wards of their own who opted in and are never chosen, since their week is always full: which nobody can
    see."""
    accounts = [bystander(server, number) for number in range(size)]
    server.stop()
    with sqlite3.connect(server.state / "weftd.db") as database:
        for account in accounts:
            database.execute("INSERT INTO contacts (person, at_ms) VALUES (?, ?)", (account.person, 2**42))
    database.close()
    server.start()


def bystander(server, number):
    account = weft_wire.Account(f"Bystander {number}")
    with weft_wire.Connection(server.port) as connection:
        assert account.redeem(connection, decode_link(server.invite(group=f"Hall {number}"))[2])[0] == "ok"
        assert account.log_in(connection)[0] == "ok"
        topics = weft_wire.vector(weft_wire.vector(b"falls at night"))
        profile = topics + weft_wire.vector(b"") + bytes([1, 1])  # no offers; one contact a week; opted in
        assert connection.request(weft_wire.PROFILE_SET, profile)[0] == "ok"
    return account


def community(scene, names=("Ann Archer", "Bea Bond"), **configured):
    """A server, and people of a ward each who opted in; others too, of a full week."""
    server = scene.server()
    if configured:
        server.stop()
        server.configure(**configured)
        server.start()
    people = scene.people(names, lambda name: server.invite(group=f"Ward of {name}"))
    scene.together(opt_in, people)
    crowd(server)
    return server, people


def offer(server, *more):
    return server.json("suggest", "--offer", *more)[-1]


SHIFTED = {"introductions": ["created_at_ms", "ends_at_ms", "agreed_at_ms", "ask_at_ms"],
           "introduction_sides": ["again_at_ms"], "contacts": ["at_ms"]}


def let_days_pass(server, days):
    """All that the server wrote down of introductions is that many days older."""
    server.stop()
    with sqlite3.connect(server.state / "weftd.db") as database:
        for table, columns in SHIFTED.items():
            for column in columns:
                database.execute(f"UPDATE {table} SET {column} = {column} - ? WHERE {column} > 0", (days * 86400000,))
    database.close()
    server.start()


class Recorder:
    """Between one person and the server: keeps every byte that comes down."""

    def __init__(self, server):
        self.down = []
        self.proxy = weft_wire.Proxy(server.port, server.state / "tls.crt", server.state / "tls.key", self.pass_on)

    def pass_on(self, direction, _number, payload):
        if direction == "down":
            self.down.append(bytes(payload))
        return payload

    def link(self, link):
        return link_by_way_of(self.proxy.port, link)

    def holds(self, needle):
        return any(needle in payload for payload in self.down)


def test_two_people_meet_whom_nobody_named_before_both_said_yes(scene):
    server = scene.server()
    recorder = Recorder(server)
    ann = scene.person("Ann Archer", recorder.link(server.invite(group="Ward 7")))
    bea = scene.person("Bea Bond", server.invite(group="Hospice"))
    crowd(server)
    scene.together(opt_in, [ann, bea])
    bea_id = bytes.fromhex(bea.id)
    ann.run("sync")
    recorder.down.clear()  # the directory of devices has everybody's ids, and says nothing of suggestions

    assert offer(server) == {"round": "introductions", "made": None}, "too few to be told"
    told = ann.run("sync")
    assert "A suggestion for you" in told.error and "You both work on falls at night." in told.error
    seen = only(ann)
    assert seen["state"] == "open" and seen["others"] == [] and seen["channel"] is None
    assert only(bea)["suggestion"] != seen["suggestion"], "each side has a number of its own"
    assert "suggestion" not in ann.run("sync").error, "nobody is told twice"
    accepted = ann.json("network", "accept", seen["suggestion"][:8])[-1]
    assert accepted["state"] == "waiting" and accepted["others"] == []
    ann.run("network")
    for needle in (b"Bea", b"Bond", bea_id, bea.id.encode()):
        assert not recorder.holds(needle), needle
    assert recorder.holds(b"falls at night")
    server.restart()
    assert only(ann)["state"] == "waiting" and not recorder.holds(bea_id)

    following = ann.follow()
    agreed = bea.json("network", "accept")[-1]
    assert agreed["state"] == "agreed" and [other["name"] for other in agreed["others"]] == ["Ann Archer"]
    following.wait_record("who it is", lambda r: r["type"] == "warning" and "You and Bea Bond (Hospice)" in r["text"])
    # Whichever client comes first makes the channel and lets the other in.
    following.wait_record("both in", lambda r: "let into this channel" in r.get("text", "") or
                          any("let Bea Bond in" in change["text"] for change in r.get("changes", [])))
    channel = agreed["channel"]
    bea.run("sync")
    bea.run("say", channel, "Hello Ann, how do you light the corridor?")
    following.wait_record("hello", lambda r: r.get("text", "").startswith("Hello Ann"))
    following.end()
    ann.run("say", channel, "With amber lights along the floor.")
    bea.run("sync")
    assert "amber lights" in bea.run("read", channel).text
    assert server.occurrences("amber lights") == [] and server.occurrences("Bond and Ann") == []
    assert ann.run("channel", "show", channel).text.count("facilitator") >= 2, "both are equals in it"

    assert ties(ann) == {} and not only(ann)["asks"]
    let_days_pass(server, 22)
    assert "Did you meet Bea Bond (Hospice)?" in ann.run("sync").error
    assert only(ann)["asks"] and "Did you meet" not in ann.run("sync").error
    bea.run("network", "met", "yes", "--useful", "yes")
    assert ties(bea) == {"Ann Archer": ["met"]}
    assert ties(ann) == {} and only(ann)["met"] is None, "nobody sees the other's answer"
    met = ann.json("network", "met", "Bea", "no")[-1]
    assert met["met"] is False and ties(ann) == {} and ties(bea) == {"Ann Archer": ["met"]}
    ann.run("network", "met", seen["suggestion"], "yes", "--useful", "no")
    assert ties(ann) == {"Bea Bond": ["met"]} and ties(bea) == {"Ann Archer": ["met"]}
    offer(server)
    assert len(suggestions(ann)) == 1, "who was introduced once is not again"
    server.stop()


def test_nobody_is_introduced_who_could_tell_to_whom(scene):
    server = scene.server()
    ann, bea = scene.people(["Ann Archer", "Bea Bond"], lambda name: server.invite(group=f"Ward of {name}"))
    scene.together(opt_in, [ann, bea])
    crowd(server, CROWD - 2)
    assert "only where at least 5 people could be meant" in server.admin("suggest", "--offer").text
    assert suggestions(ann) == [] and suggestions(bea) == [], "it could be about four people"
    crowd(server, 1)
    offer(server)
    assert only(ann)["state"] == "open" and only(bea)["state"] == "open"
    server.stop()


def test_a_meeting_counts_in_the_figures(scene):
    server = scene.server()
    server.stop()
    server.configure(introductions_ask_after="0s")
    server.start()
    people = scene.directory / "people.csv"
    ring = scene.directory / "ties.csv"
    people.write_text("person_id,name,group\n" + "".join(f"p{i},Person {i},Ward {i % 2}\n" for i in range(14)))
    ring.write_text("person_a,person_b\n" + "".join(f"p{i},p{(i + 1) % 14}\n" for i in range(14)))
    server.admin("import", people, ring)
    ids = {person["name"]: person["person"] for person in server.json("person", "list")}
    ann, bea = scene.people(["Person 0", "Person 5"], lambda name: server.invite(person=ids[name]))
    scene.together(opt_in, [ann, bea])
    crowd(server)
    offer(server)
    ann.run("network", "accept")
    bea.run("network", "accept")
    ann.run("network", "met", "yes")
    assert server.json("stats")[-1]["ties"] == 14 + 1  # the first publication, which is exact
    assert ties(ann) == {"Person 5": ["met"]} and standing(ann)["unnamed_ties"] == 2
    server.stop()


def shape(person):
    """All that a person is told of their suggestion but its own number."""
    return {key: value for key, value in only(person).items() if key not in ("suggestion", "made", "ends")}


def test_nobody_learns_who_declined(scene):
    server, (ann, bea) = community(scene)
    offer(server)
    ann.run("network", "accept")
    unanswered = shape(ann)
    declined = bea.json("network", "decline")[-1]
    assert declined["state"] == "over" and declined["choice"] == "decline"
    assert suggestions(bea) == []
    assert shape(ann) == unanswered and unanswered["state"] == "waiting"
    bea.run("network", "accept", declined["suggestion"], code=NOT_FOUND)
    let_days_pass(server, 13)
    assert shape(ann) == unanswered
    let_days_pass(server, 2)
    over = only(ann)
    assert over["state"] == "over" and over["others"] == [] and over["channel"] is None and over["choice"] == "accept"
    assert "did not come about" in ann.run("network").text
    ann.run("network", "decline", over["suggestion"], code=NOT_NOW)
    let_days_pass(server, 340)
    offer(server)
    assert suggestions(ann) == [] and suggestions(bea) == [], "not the same two for a year"
    let_days_pass(server, 20)
    offer(server)
    assert only(ann)["state"] == "open" and only(bea)["state"] == "open"
    server.stop()


def test_snooze_and_no_answer(scene):
    server, (ann, bea) = community(scene)
    offer(server)
    first = only(ann)["suggestion"]
    bea.run("network", "snooze", "--weeks", "0", code=USAGE)
    assert bea.json("network", "snooze", "--weeks", "3")[-1]["choice"] == "snooze"
    ann.run("network", "accept")
    assert ann.json("network", "decline", first)[-1]["choice"] == "decline", "one may think again"
    let_days_pass(server, 400)
    offer(server)
    assert bea.json("network", "snooze", "--weeks", "3")[-1]["choice"] == "snooze"
    ann.run("network", "accept")
    let_days_pass(server, 20)
    offer(server)
    assert only(ann)["state"] == "over" and suggestions(bea) == []
    let_days_pass(server, 15)
    offer(server)
    assert only(bea)["state"] == "open", "the snooze is over"
    second = only(ann)["suggestion"]
    let_days_pass(server, 15)
    assert suggestions(ann) == [] and suggestions(bea) == []
    ann.run("network", "accept", second, code=NOT_FOUND)
    let_days_pass(server, 170)
    offer(server)
    assert suggestions(bea) == [], "it was left unanswered: not for half a year"
    let_days_pass(server, 20)
    offer(server)
    assert only(bea)["state"] == "open"
    server.stop()


def proposed(person, channel):
    return [record["name"] for record in person.json("peer-assist", "propose", channel) if record["type"] == "assister"]


def test_never_is_never_in_whatever_way(scene):
    server, (ann, bea) = community(scene)
    offer(server)
    assert bea.json("network", "never")[-1]["choice"] == "never"
    asked = ann.json("peer-assist", "ask", "How do you keep people from falling", "--topic", "falls at night")[-1]
    assert "Bea Bond" in proposed(ann, asked["channel"]), "or Ann would learn whom it was about, and what she said"
    for person in (ann, bea):
        person.run("network", "coffee", "on")
    server.admin("suggest", "--coffee")
    let_days_pass(server, 4000)
    offer(server)
    server.admin("suggest", "--coffee")
    assert suggestions(ann) == [] and suggestions(bea) == []
    assert "Bea Bond" not in proposed(ann, asked["channel"])
    server.stop()


def test_who_was_declined_is_not_met_over_coffee_either(scene):
    server, people = community(scene)
    offer(server)
    people[1].run("network", "decline")
    for person in people:
        person.run("network", "coffee", "on")
    server.admin("suggest", "--coffee")
    assert [suggestions(person)[1:] for person in people] == [[], []]
    assert suggestions(people[1]) == []
    server.stop()


def test_who_opted_out_meanwhile_is_not_introduced(scene):
    server, (ann, bea) = community(scene)
    offer(server)
    bea.run("network", "accept")
    before = shape(ann)
    bea.run("profile", "set", "--opt-out")
    assert suggestions(bea) == []
    assert shape(ann) == before
    assert ann.json("network", "accept")[-1]["state"] == "waiting", "her yes was taken back"
    bea.run("profile", "set", "--opt-in")
    assert only(ann)["others"] == []
    bea.run("network", "coffee", "on")
    bea.run("profile", "set", "--opt-out")
    bea.run("network", "coffee", "on", code=NOT_NOW)
    server.stop()


def test_what_both_accepted_while_one_was_suspended_comes_about_afterwards(scene):
    server, (ann, bea) = community(scene)
    offer(server)
    ann.run("network", "accept")
    server.admin("person", "suspend", ann.id)
    assert bea.json("network", "accept")[-1]["state"] == "waiting", "nobody is introduced who is suspended"
    server.admin("person", "restore", ann.id)
    assert only(bea)["state"] == only(ann)["state"] == "agreed"
    assert only(ann)["channel"] == only(bea)["channel"]
    hello(ann, bea)
    server.stop()


def test_an_erased_person_leaves_nothing_of_it(scene):
    server, (ann, bea) = community(scene)
    offer(server)
    bea.run("network", "accept")
    before = shape(ann)
    server.admin("person", "erase", bea.id, "--for-good")
    assert shape(ann) == before
    assert ann.json("network", "accept")[-1]["state"] == "waiting"
    with sqlite3.connect(server.state / "weftd.db") as database:
        rows = database.execute("SELECT reason, choice FROM introduction_sides WHERE person = ?",
                                (bytes.fromhex(bea._id),)).fetchall()
    database.close()
    assert rows == [("", 2)]
    server.stop()


def test_nobody_is_asked_more_often_than_they_allow(scene):
    names = ["Ann", "Bea", "Cy", "Dan", "Eve", "Fay"]
    server, people = community(scene, names)
    quiet = people[0]
    opt_in(quiet, "--weekly-contacts", "0")
    opt_in(people[1], "--weekly-contacts", "1")
    for _ in range(3):
        offer(server, "--introductions", "3")
        for person in people:
            for suggestion in suggestions(person):
                if suggestion["state"] == "open":
                    person.run("network", "decline", suggestion["suggestion"])
    with sqlite3.connect(server.state / "weftd.db") as database:
        asked = dict(database.execute("SELECT hex(person), count(*) FROM introduction_sides GROUP BY person"))
    database.close()
    counts = [asked.get(person.id.upper(), 0) for person in people]
    assert counts[0] == 0 and counts[1] <= 1 and max(counts) <= 2 and sum(counts) >= 4, counts
    server.stop()


def test_the_server_makes_rounds_by_itself(scene):
    server, (ann, bea) = community(scene, introductions_every="0s", coffee_every="0s")
    server.stop()
    server.configure(introductions_every="2s")
    with sqlite3.connect(server.state / "weftd.db") as database:  # the clock was once years ahead
        database.execute("INSERT OR REPLACE INTO meta VALUES ('introductions_round_at_ms', ?)", ((2**42).to_bytes(8, "big"),))
    database.close()
    server.start()
    following = ann.follow()
    following.wait_record("a suggestion", lambda r: r["type"] == "warning" and "A suggestion for you" in r["text"])
    bea.run("network", "accept")
    ann_sees = ann.json("network", "accept")[-1]
    assert ann_sees["state"] == "agreed"
    following.wait_record("the channel", lambda r: r["type"] == "message" and r.get("channel") == ann_sees["channel"])
    bea.run("sync")
    bea.run("say", ann_sees["channel"], "Hello")
    following.wait_record("hello", lambda r: r.get("text") == "Hello")
    following.end()
    server.stop()


def test_both_open_the_channel_at_the_same_time(scene):
    server, people = community(scene)
    offer(server)
    ann, bea = people
    channel = scene.together(lambda person: person.json("network", "accept")[-1], people)[0]["channel"]
    channel = channel or only(ann)["channel"]
    for _ in range(2):
        scene.together(lambda person: person.run("sync"), people)
    ann.run("say", channel, "from Ann")
    bea.run("say", channel, "from Bea")
    for person in people:
        person.run("sync")
        read = person.run("read", channel).text
        assert "from Ann" in read and "from Bea" in read
    server.stop()


class Breaker(Recorder):
    """A network that fails for good once a channel was made."""

    def __init__(self, server):
        self.made = self.mended = False
        super().__init__(server)

    def pass_on(self, direction, number, payload):
        made, self.made = self.made, self.made or payload[5:7] == weft_wire.CHANNEL_CREATE.to_bytes(2, "big")
        return None if made and direction == "up" and not self.mended else payload


def broken_off(scene):
    """Ann, whose client made the channel and could not add Bea; and Bea."""
    server = scene.server()
    breaker = Breaker(server)
    ann = scene.person("Ann", breaker.link(server.invite(group="Ward 7")))
    bea = scene.person("Bea", server.invite(group="Ward 8"))
    scene.together(opt_in, [ann, bea])
    crowd(server)
    offer(server)
    bea.run("network", "accept")
    ann.run("network", "accept", code=NETWORK)
    bea.run("sync")
    assert only(bea)["state"] == "agreed" and states(bea) == []
    return server, breaker, ann, bea


def hello(speaker, listener):
    channel = only(listener)["channel"]
    listener.run("sync")
    speaker.run("sync")
    speaker.run("say", channel, "Hello at last")
    listener.run("sync")
    assert "Hello at last" in listener.run("read", channel).text


def test_a_channel_that_was_broken_off_is_gone_on_with(scene):
    server, breaker, ann, bea = broken_off(scene)
    breaker.mended = True
    ann.run("sync")
    hello(ann, bea)
    server.stop()


def test_a_channel_whose_maker_does_not_come_back_is_made_anew(scene):
    server, breaker, ann, bea = broken_off(scene)
    first = only(bea)["channel"]
    let_days_pass(server, 2)
    bea.run("sync")
    assert only(bea)["channel"] != first and states(bea) == ["member"]
    breaker.mended = True
    hello(bea, ann)
    assert only(ann)["channel"] == only(bea)["channel"]
    server.stop()


def test_coffee_pairs_everybody_who_signed_up_and_never_the_same_again(scene):
    server, people = community(scene, ["Ann", "Bea", "Cy", "Dan", "Eve"], introductions_ask_after="0s")
    for person in people:
        opt_in(person, "--weekly-contacts", "10")
    assert "shown to them at once" in people[0].run("network", "coffee", "on").text
    for person in people[1:4]:
        person.run("network", "coffee", "on")
    met = set()
    for round_number in range(3):
        server.admin("suggest", "--coffee")
        for person in people[:4]:
            latest = suggestions(person)[-1]
            assert latest["kind"] == "coffee" and latest["state"] == "agreed" and len(suggestions(person)) == round_number + 1
            pair = (person.name, latest["others"][0]["name"])
            assert pair not in met, "never the same again"
            met.add(pair)
    assert len(met) == 12 and suggestions(people[4]) == []
    ann = people[0]
    table = suggestions(ann)[0]
    other = next(person for person in people if person.name == table["others"][0]["name"])
    for person in (ann, other, ann):
        person.run("sync")
    ann.run("say", table["channel"], "Coffee at ten?")
    other.run("sync")
    assert "Coffee at ten?" in other.run("read", table["channel"]).text
    ann.run("network", "coffee", "off")
    server.admin("suggest", "--coffee")
    assert len(suggestions(ann)) == 3
    server.stop()


def test_sessions_tie_those_who_took_part_and_opted_in(scene):
    server, people = community(scene, ["Ann", "Bea", "Cy", "Dan"])
    ann, bea, cy, dan = people
    cy.run("profile", "set", "--opt-out")
    channel = ann.json("peer-assist", "ask", "How do you keep people from falling")[-1]["channel"]
    for person in (bea, cy, dan):
        ann.run("channel", "add", channel, person.id)
    for person in (bea, cy, dan):
        person.run("sync")
    ann.run("peer-assist", "open", channel)
    for person in (ann, bea, cy):  # Dan only reads
        person.run("note", channel, "Noted")
    assert ties(ann) == {"Bea": ["sessions"]}
    assert ties(bea) == {"Ann": ["sessions"]}
    assert ties(cy) == {} and ties(dan) == {}
    quiet = ann.json("channel", "create", "Without a session", "--open")[-1]["channel"]
    dan.run("channel", "join", quiet)
    for person in (ann, dan):
        person.run("say", quiet, "Hello")
    assert "Dan" not in ties(ann)
    server.stop()


def test_no_answer_to_an_admin_names_a_person(scene):
    """What an operator and a member with the role of an admin can ask, of people who have suggestions."""
    server, (ann, bea) = community(scene, introductions_ask_after="0s")
    admin = scene.person("Ada Admin", server.invite(group="Office", role="admin"))
    offer(server)
    ann.run("network", "accept")
    bea.run("network", "accept")
    bea.run("network", "met", "yes")
    side = only(ann)["suggestion"]
    answers = [server.admin("stats"), server.admin("suggest"), server.admin("suggest", "--offer"),
               server.admin("suggest", "--coffee"), server.admin("stats", json_lines=True),
               admin.run("network"), admin.run("stats"), admin.run("network", json_lines=True)]
    for answer in answers:
        for name in ("Ann", "Bea", ann.id, bea.id):
            assert name not in answer.text, str(answer)
    for person in (ann, bea):
        exported = server.json("person", "export", person.id)[-1]
        assert exported["weekly_contacts"] and exported["topics"] == ["falls at night"] and exported["ties"]["imported"] == 0
        shown = {key: value for key, value in exported.items() if key not in ("not_in_here", "topics")}
        for word in ("falls", "choice", "met", "useful", "introduction", "reason"):
            assert word not in str(shown), (word, shown)
    with sqlite3.connect(server.state / "weftd.db") as database:
        audited = database.execute("SELECT hex(subject) FROM audit WHERE act = 'person.export'").fetchall()
        rounds = database.execute("SELECT DISTINCT act, amount FROM audit WHERE act IN ('introductions.offer', 'coffee.round')")
        assert sorted(rounds.fetchall()) == [("coffee.round", 0), ("introductions.offer", 0)], "too few to be told"
    database.close()
    assert audited == [(ann.id.upper(),), (bea.id.upper(),)]
    admin.run("network", "accept", side, code=NOT_FOUND)
    admin.run("network", "met", side, "no", code=NOT_FOUND)
    raw = weft_wire.Account("Raw")
    with weft_wire.Connection(server.port) as connection:
        assert raw.redeem(connection, decode_link(server.invite(group="Office", role="admin"))[2])[0] == "ok"
        assert raw.log_in(connection)[0] == "ok"
        for number, body in ((weft_wire.SUGGESTION_ANSWER, bytes.fromhex(side) + b"\x04\x00\x00"),
                             (weft_wire.SUGGESTION_OPENED, bytes.fromhex(side)),
                             (weft_wire.SUGGESTION_MET, bytes.fromhex(side) + b"\x02\x00")):
            assert connection.request(number, body)[0] == "not_found", number
        for number, body in ((weft_wire.SUGGESTION_ANSWER, bytes(16) + b"\x05\x00\x00"),
                             (weft_wire.SUGGESTION_ANSWER, bytes(16) + b"\x03\x00\x00"),
                             (weft_wire.SUGGESTION_MET, bytes(16) + b"\x00\x00"),
                             (weft_wire.SUGGESTION_MET, bytes(16) + b"\x01\x07")):
            assert connection.request(number, body)[0] == "invalid", (number, body)
    assert ties(ann) == {} and ties(bea) == {"Ann Archer": ["met"]}
    server.stop()


def test_only_a_broker_is_told_that_they_are_one(scene):
    server = scene.server()
    people = scene.directory / "people.csv"
    star = scene.directory / "ties.csv"
    people.write_text("person_id,name,group\n" + "".join(f"p{i},Person {i},Ward {i % 3}\n" for i in range(13)))
    star.write_text("person_a,person_b\n" + "".join(f"p0,p{i}\n" for i in range(1, 12)))
    server.admin("import", people, star)
    ids = {person["name"]: person["person"] for person in server.json("person", "list")}
    hub, leaf, alone = scene.people(["Person 0", "Person 5", "Person 12"], lambda name: server.invite(person=ids[name]))
    told = standing(hub)
    assert told["cut_off"] == 10 and told["in_cover"] and told["unnamed_ties"] == 11
    assert "Without you, 10 people would be cut off" in hub.run("network").text
    assert standing(leaf)["cut_off"] == 0 and not standing(leaf)["in_cover"]
    assert "gets around" in hub.run("network").text and "gets around" not in alone.run("network").text
    assert "cut_off" not in server.admin("stats", json_lines=True).text
    server.stop()


def test_whose_week_is_full_is_not_learned_without_asking(scene):
    server, (ann, bea, cy) = community(scene, ["Ann", "Bea", "Cy"])
    opt_in(bea, "--weekly-contacts", "0")
    cy.run("profile", "set", "--opt-out")
    channel = ann.json("peer-assist", "ask", "How do you keep people from falling")[-1]["channel"]
    for asked in ((bea, cy), (cy, bea)):
        refused = ann.run("peer-assist", "invite", channel, *[person.id for person in asked], code=NOT_NOW)
        assert "does not want to be asked" in refused.error
    refused = ann.run("peer-assist", "invite", channel, bea.id, code=RATE_LIMIT)
    assert "asked as often this week" in refused.error
    assert [r for r in bea.json("invitation", "list") if r["type"] == "invitation"] == []
    server.stop()


def test_an_answer_needs_no_hurry_and_is_reminded_once(scene):
    server, (ann, _) = community(scene)
    offer(server)
    assert "A suggestion for you" in ann.run("sync").error
    assert ann.run("sync").error == ""
    let_days_pass(server, 8)
    assert "still waits" in ann.run("sync").error
    assert ann.run("sync").error == ""
    server.stop()
