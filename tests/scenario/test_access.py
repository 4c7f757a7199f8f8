# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every request from everybody who may stand to what it is about in some way, over real sockets: who may is answered,
whoever may not is refused as weft_access_table.py says, and learns nothing else by it."""
import pathlib
import re

import weft_access_table as table
import weft_wire
from weft_access_bodies import MADE_BY_WEFT, channel_body, person_body
from weft_access_world import KINDS, UNLISTED, World
from weft_wire import EVENT_DIRECTORY, Closed, Connection

SOURCE = pathlib.Path(__file__).resolve().parents[2]
ANONYMOUS_REQUESTS = 15  # a connection may make 20 at once before its login


def requests_of_the_wire():
    """{name: (number, who may)} of protocol/wire/requests.h."""
    text = (SOURCE / "protocol/wire/requests.h").read_text()
    rows = re.findall(r"^    REQUEST\((\d+), \w+, (\w+), (\w+)\)", text, re.MULTILINE)
    return {name: (int(number), access) for number, name, access in rows}


def test_every_request_has_an_answer_for_everybody():
    there = requests_of_the_wire()
    assert len(there) > 60 and {number for number, _ in there.values()} == set(weft_wire.REQUESTS)
    assert sorted(table.CHANNEL_REQUESTS + table.PERSON_REQUESTS) == sorted(there)
    assert {name for name, (_, access) in there.items() if access == "GREETED"} == set(table.REQUESTS_BEFORE_LOGIN)
    handlers = (SOURCE / "server/handler/handler.h").read_text()
    checked = re.findall(r"^    HANDLER\(\w+, (\w+), \w+, [\w.]+\)", handlers, re.MULTILINE)
    assert len(checked) > 25 and set(checked) <= set(table.CHANNEL_REQUESTS)


class Asking:
    """Sends requests, and keeps what was answered otherwise than it should."""

    def __init__(self, world):
        self.world = world
        self.numbers = {name: number for name, (number, _) in requests_of_the_wire().items()}
        self.hidden = world.hidden()
        self.wrong = []
        self.asked = 0

    def ask(self, connection, caller, request, body, expected, about=""):
        answer = connection.request(self.numbers[request], body)
        self.asked += 1
        # Whoever joined lately has just asked for the history with weft itself: the limit is of those who may ask.
        limited = request == "history_ask" and expected == "ok" and answer[0] == "rate_limited"
        if answer[0] != expected and not limited:
            self.wrong.append(f"{request} {about} as {caller}: {answer[0]} instead of {expected}")
        may_know = caller in table.INSIDE or (caller == "former" and request in table.FORMER)
        if not may_know and any(word in answer[1] for word in self.hidden):
            self.wrong.append(f"{request} {about} as {caller} tells of what is hidden")
        return answer

    def ask_about_channel(self, request, kind, caller):
        connection = self.world.connections[caller]
        body, of_nothing = channel_body(self.world, self.numbers[request], kind, caller)
        expected = table.channel_answer(request, kind, caller)
        answer = self.ask(connection, caller, request, body, expected, kind)
        if caller in table.INSIDE:
            return
        if caller == "former" and request in table.FORMER:
            self.ask(connection, caller, request, of_nothing, "not_found", "nothing")
            return
        if kind in UNLISTED and self.ask(connection, caller, request, of_nothing, expected, "nothing") != answer:
            self.wrong.append(f"{request} {kind} as {caller}: not what is answered about nothing")
        if kind != "open" and any(person in answer[1] for person in self.world.members):
            self.wrong.append(f"{request} {kind} as {caller} names members")

    def ask_about_person(self, request, caller):
        maker = MADE_BY_WEFT.get(self.numbers[request], caller) if caller == "owner" else caller
        body = person_body(self.world, self.numbers[request], caller)
        self.ask(self.world.connections[maker], maker, request, body, table.person_answer(request, caller))

    def ask_without_login(self, caller, log_in):
        """All requests, a few on each connection; `log_in` is tried before on each, in vain."""
        asked = [(request, kind) for request in table.CHANNEL_REQUESTS for kind in KINDS]
        asked += [(request, None) for request in table.PERSON_REQUESTS]
        for at in range(0, len(asked), ANONYMOUS_REQUESTS):
            with Connection(self.world.server.port) as connection:
                log_in(connection)
                for request, kind in asked[at:at + ANONYMOUS_REQUESTS]:
                    number = self.numbers[request]
                    body = channel_body(self.world, number, kind, "staff")[0] if kind \
                        else person_body(self.world, number, "staff")
                    self.ask(connection, caller, request, body, table.answer_without_login(request), kind)


def is_closed(connection):
    try:
        connection.request(weft_wire.PING, b"")
    except Closed:
        return True
    return False


def test_each_request_is_answered_as_the_table_says(scene):
    world = World(scene)
    asking = Asking(world)
    asking.ask_without_login("nobody", lambda connection: None)
    for name, answer in table.SHUT_OUT.items():
        def refused(connection, account=world.accounts[name], answer=answer):
            assert account.log_in(connection)[0] == answer

        asking.ask_without_login(name, refused)
        assert is_closed(world.shut_out[name]), f"{name} while connected"
    for request in table.CHANNEL_REQUESTS:
        for caller in (*table.OUTSIDE, *table.INSIDE):
            for kind in KINDS:
                asking.ask_about_channel(request, kind, caller)
    for request in table.PERSON_REQUESTS:
        for caller in table.PEOPLE:
            asking.ask_about_person(request, caller)
    for caller in table.OUTSIDE:
        told = {number for number, _ in world.connections[caller].events} - {EVENT_DIRECTORY}
        if told:
            asking.wrong.append(f"{caller} was told {told}")
    assert not asking.wrong, "\n".join(asking.wrong)
    print(f"{asking.asked} requests")
    world.close()
