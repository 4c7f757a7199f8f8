# SPDX-License-Identifier: AGPL-3.0-or-later
"""Channels between real clients: who can read what, from when, until when; and what stays readable to
nobody else."""
from weft_scenario import CONFLICT, NETWORK, NOT_FOUND, NOT_NOW, OK, USAGE, link_by_way_of, until
from weft_talk import share_channel, states, texts
from weft_wire import CHANNEL_COMMIT, CutsOff

MEMBERS = ["Ann", "Bea", "Cy"]


def create(person, title, *arguments):
    return person.one("channel", "create", title, *arguments)["channel"]


def people(scene, server, names=MEMBERS):
    return scene.people(names, lambda name: server.invite(group=f"Ward {names.index(name)}"))


def test_what_one_says_all_read_in_the_same_order(scene):
    server = scene.server()
    everybody, channel = share_channel(scene, server, MEMBERS)
    said = []
    for turn in range(9):
        text = f"message {turn}"
        everybody[turn % 3].run("say", channel, text)
        said.append(text)
    for person in everybody:
        person.run("sync")
        assert texts(person, channel) == said, person
        for record in person.json("read", channel):
            assert record["warning"] == "", record
    server.stop()


def test_a_late_joiner_comes_in_while_nobody_is_online(scene):
    server = scene.server()
    ann, bea, cy = people(scene, server)
    channel = create(ann, "Falls at night", "--open")
    bea.run("channel", "join", channel)
    bea.run("say", channel, "said before")
    server.restart()
    cy.run("channel", "join", channel)
    cy.run("say", channel, "said by the newcomer")
    assert texts(cy, channel) == ["said by the newcomer"]
    before = [record["type"] for record in cy.json("read", channel) if record["sequence"] <= 2]
    assert "message" not in before, "what was said before cannot be read"
    for person in (ann, bea):
        person.run("sync")
        assert texts(person, channel)[-1] == "said by the newcomer"
        joined = [change for record in person.json("read", channel) for change in record.get("changes", [])]
        assert (joined[-1]["change"], joined[-1]["person"]) == ("joined", cy.id)
    server.stop()


def test_a_newcomer_reads_nothing_earlier(scene):
    server = scene.server()
    ann, bea, cy = people(scene, server)
    channel = create(ann, "Private talk", "--private")
    ann.run("say", channel, "before anybody came")
    ann.run("channel", "add", channel, bea.id)
    bea.run("sync")
    ann.run("say", channel, "between two")
    bea.run("sync")
    ann.run("channel", "add", channel, cy.id)
    ann.run("say", channel, "for all three")
    for person in (bea, cy):
        person.run("sync")
    assert texts(ann, channel) == ["before anybody came", "between two", "for all three"]
    assert texts(bea, channel) == ["between two", "for all three"]
    assert texts(cy, channel) == ["for all three"]
    for path in cy.profile_files():
        assert b"between two" not in path.read_bytes()
    server.stop()


def test_somebody_removed_reads_nothing_later_and_may_not_speak(scene):
    server = scene.server()
    ann, bea, cy = people(scene, server)
    channel = create(ann, "Private talk", "--private")
    for person in (bea, cy):
        ann.run("channel", "add", channel, person.id)
        person.run("sync")
    bea.run("say", channel, "still here")
    cy.run("sync")
    ann.run("channel", "remove", channel, cy.id)
    ann.run("say", channel, "without Cy")
    bea.run("sync")
    assert texts(bea, channel)[-1] == "without Cy"
    cy.run("sync", code=None)
    assert "without Cy" not in texts(cy, channel)
    assert "still here" in texts(cy, channel), "what was read stays readable"
    refused = cy.run("say", channel, "let me in", code=None)
    assert refused.code in (NOT_FOUND, NOT_NOW), str(refused)
    assert refused.error.strip()
    ann.run("sync")
    assert texts(ann, channel) == ["still here", "without Cy"]
    shown = ann.run("channel", "show", channel).text
    assert "Cy" not in shown and "Bea" in shown
    server.stop()


def test_who_was_removed_while_away_is_told_and_can_leave_it_at_that(scene):
    server = scene.server()
    ann, ben = scene.people(["Ann", "Ben"], lambda name: server.invite(group=f"Ward of {name}"))
    channel = ann.json("channel", "create", "Falls", "--open")[-1]["channel"]
    ben.run("channel", "join", channel)
    ann.run("channel", "remove", channel, ben.id)
    assert "removed you from it" in ben.run("sync").error
    ben.run("channel", "leave", channel)
    assert states(ben) == ["left"]
    assert ben.run("sync").error == ""
    ben.run("channel", "join", channel)
    ben.run("say", channel, "back again")
    server.stop()


def test_who_leaves_is_removed_by_somebody_else_and_reads_no_more(scene):
    server = scene.server()
    (ann, bea, cy), channel = share_channel(scene, server, MEMBERS)
    ann.run("sync")
    following = ann.follow()
    cy.run("channel", "leave", channel)
    removed = following.wait_record("the removal", lambda record: any(
        change["change"] == "removed" for change in record.get("changes", [])))
    assert removed["changes"][0]["person"] == cy.id
    following.end()
    bea.run("sync")
    bea.run("say", channel, "after the leave")
    assert cy.run("say", channel, "hello?", code=None).code in (NOT_FOUND, NOT_NOW)
    assert "after the leave" not in texts(cy, channel)
    server.stop()


def test_whose_roles_were_changed_is_said(scene):
    server = scene.server()
    (ann, bea, cy), channel = share_channel(scene, server, MEMBERS)
    ann.run("channel", "role", channel, bea.id, "--give", "note-taker")
    ann.run("channel", "role", channel, ann.id, "--give", "assistee")
    ann.run("channel", "role", channel, bea.id, "--take", "note-taker")
    shown = [line for line in bea.run("read", channel).text.splitlines() if "roles" in line]
    assert shown == ["  -- Ann changed the roles of Bea", "  -- Ann changed their own roles", "  -- Ann changed the roles of Bea"]
    assert [change["person"] for entry in cy.json("read", channel) for change in entry.get("changes", [])
            if change["change"] == "roles"] == [bea.id, ann.id, bea.id]
    server.stop()


def test_who_has_left_is_not_told_that_they_are_in(scene):
    server = scene.server()
    (ann, bea, cy), channel = share_channel(scene, server, MEMBERS)
    ann.run("sync")
    cy.run("channel", "leave", channel)
    listed = cy.run("channel", "list").text
    assert "(you are in)" not in listed and "(you have left; out when a member is online)" in listed
    ann.run("sync")
    assert "(you" not in cy.run("channel", "list").text
    server.stop()


def test_an_erased_person_is_removed_and_their_name_gone_while_others_go_on(scene):
    server = scene.server()
    (ann, bea, cy), channel = share_channel(scene, server, ["Ann", "Bea", "Zebulon Quixworth"])
    cy.run("say", channel, "my last words")
    person = cy.id
    ann.run("sync")
    following = ann.follow()
    server.admin("person", "erase", person, "--for-good")
    following.wait_record("the removal", lambda record: any(
        change["change"] == "removed" and change["person"] == person for change in record.get("changes", [])))
    following.end()
    ann.run("say", channel, "we go on")
    bea.run("sync")
    assert texts(bea, channel) == ["my last words", "we go on"]
    assert cy.run("status", code=None).code != OK
    server.stop()
    for needle in ("Quixworth", "Zebulon"):
        assert server.occurrences(needle) == []
    server.start()
    bea.run("say", channel, "the log still verifies")
    server.stop()


def test_two_terminals_of_one_profile_work_and_a_second_engine_is_refused(scene):
    server = scene.server()
    (ann, bea, _), channel = share_channel(scene, server, MEMBERS)
    following = ann.follow(channel)
    ann.run("say", channel, "from the other terminal")
    bea.run("say", channel, "answered")
    assert following.wait_record("Ann's own words", lambda record: record.get("text") == "from the other terminal")
    assert following.wait_record("Bea's answer", lambda record: record.get("text") == "answered")
    refused = ann.run("follow", channel, code=CONFLICT)
    assert str(following.process.pid) in refused.error
    assert texts(ann, channel)[-2:] == ["from the other terminal", "answered"]
    assert following.end() == OK
    ann.run("say", channel, "and alone again")
    server.stop()


def test_a_killed_client_loses_nothing_and_repeats_nothing(scene):
    server = scene.server()
    (ann, bea, _), channel = share_channel(scene, server, MEMBERS)
    said = []
    for turn in range(6):
        following = ann.follow(channel)
        text = f"before kill {turn}"
        bea.run("say", channel, text)
        said.append(text)
        if turn % 2 == 0:
            following.wait_record(text, lambda record, text=text: record.get("text") == text)
        following.end(9)
        text = f"after kill {turn}"
        ann.run("say", channel, text)
        said.append(text)
    for person in (ann, bea):
        person.run("sync")
        assert texts(person, channel) == said, person
    server.stop()


def test_everything_over_long_is_refused_in_words(scene):
    server = scene.server()
    (ann, _, _), channel = share_channel(scene, server, MEMBERS)
    create(ann, "A second one", "--open")
    for arguments in (["say", channel, "x" * 16001], ["say", channel, "-"], ["channel", "create", "t" * 201],
                      ["channel", "create", "t", "--brief", "b" * 4001], ["say", "no such channel at all", "hello"],
                      ["channel", "add", channel, "nobody of that name"], ["read", "f" * 32],
                      ["say", channel, "--reply", "999999", "to nothing"], ["say", channel, "--kind", "shout", "x"],
                      ["channel", "join", "x" * 5000], ["channel", "role", channel, "Bea", "--give", "king"]):
        refused = ann.run(*arguments, stdin="y" * 20000, code=None)
        assert refused.code not in (OK, 2), (arguments[:2], str(refused)[:500])
        assert refused.error.strip()
    refused = scene.run([scene.weft, "say", channel, b"\xff\xfe not text"], environment=ann.environment, code=None)
    assert refused.code not in (OK, 2), str(refused)
    ann.run("say", channel, "x" * 16000)
    assert texts(ann, channel) == ["x" * 16000]
    server.stop()


def test_escape_sequences_in_content_reach_no_terminal(scene):
    server = scene.server()
    (ann, bea, _), channel = share_channel(scene, server, MEMBERS)
    hostile = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnol\u2066\u200f end"
    ann.run("say", channel, "-", stdin=hostile)
    titled = create(ann, "Title \x1b[31mred\u202e", "--open")
    bea.run("sync")
    for shown in (bea.run("read", channel), bea.run("read", channel, json_lines=True), bea.run("channel", "list"),
                  bea.run("channel", "show", titled)):
        for character in "\x1b\x07\x9b\u202e\u2066\r":
            assert character not in shown.text, (character.encode(), shown.text)
    assert "end" in bea.run("read", channel).text
    server.stop()


def test_a_hundred_canaries_in_content_are_found_nowhere_on_the_server(scene):
    server = scene.server(log_level="debug")
    (ann, bea, cy), _ = share_channel(scene, server, MEMBERS)
    canaries = [f"canary-{i:03}-warbling" for i in range(100)]
    private = create(ann, canaries[0], "--private", "--brief", canaries[1])
    ann.run("channel", "add", private, bea.id)
    bea.run("sync")
    following = ann.follow()
    kinds = ["text", "note", "action", "offer", "lesson", "question", "idea"]
    for i, canary in enumerate(canaries[2:]):
        kind = kinds[i % len(kinds)]
        extra = {"idea": ["--because", f"why {canary}"], "action": ["--owner", f"owner {canary}"]}.get(kind, [])
        ann.run("say", private, "--kind", kind, *extra, canary)
    following.end()
    assert "canary" not in cy.run("channel", "list").text, "somebody outside does not even see the title"
    bea.run("sync")
    read = bea.run("read", private).text
    assert all(canary in read for canary in canaries[2:]), "the member can read them"
    for where in ("running", "stopped"):
        for path in server.files():
            data = path.read_bytes()
            assert b"canary-" not in data and b"warbling" not in data, f"{path.name} while {where}"
        if where == "running":
            server.kill()
    for path in (*ann.profile_files(), *bea.profile_files()):
        if not path.name.startswith("stream"):
            assert b"warbling" not in path.read_bytes(), f"{path} is not encrypted"


def test_an_old_copy_of_a_vault_speaks_only_with_a_fresh_key(scene):
    """Whoever puts an old copy back would use message keys twice: the server notices, and the client
    replaces its leaf before it says anything."""
    server = scene.server()
    (ann, bea, _), channel = share_channel(scene, server, MEMBERS)
    ann.run("say", channel, "one")
    copy = {path: path.read_bytes() for path in ann.profile.iterdir() if path.is_file()}
    ann.run("say", channel, "two")
    bea.run("sync")
    for path in ann.profile.iterdir():
        if path.is_file():
            path.unlink()
    for path, data in copy.items():
        path.write_bytes(data)
        path.chmod(0o600)
    result = ann.run("say", channel, "three", code=None)
    if result.code != OK:
        assert "resync" in result.error or "copy" in result.error, str(result)
        ann.run("channel", "resync", channel)
        ann.run("say", channel, "three")
    bea.run("sync")
    changes = [change["change"] for record in bea.json("read", channel) for change in record.get("changes", [])]
    assert "rejoined" in changes
    assert texts(bea, channel) == ["one", "two", "three"]
    bea.run("say", channel, "four")
    ann.run("sync")
    assert texts(ann, channel)[-2:] == ["three", "four"]
    server.stop()


def test_who_follows_sees_of_which_channel_a_change_is_and_that_the_server_is_back(scene):
    server = scene.server()
    ann, bea, _ = people(scene, server)
    for title in ("Falls", "Nights"):
        create(ann, title, "--open")
    following = ann.stream("follow", json_lines=False)
    bea.run("channel", "join", "Nights")
    following.wait_line("that Bea is in", lambda line: line.startswith("  -- ") and line.endswith("  in Nights"))
    number = str(ann.json("say", "Nights", "Mats")[-1]["sequence"])
    for command, told in ((["react", "Nights", number, "thanks"], "Ann: thanks on number"),
                          (["edit", "Nights", number, "No mats"], "Ann edited number"),
                          (["delete", "Nights", number], "Ann deleted number")):
        ann.run(*command)
        following.wait_line(told, lambda line, told=told: line == f"  -- {told} {number}  in Nights")
    server.stop()
    following.wait_line("that it is gone", lambda line: "no contact with the server since" in line)
    server.start()
    following.wait_line("that it is back", lambda line: line == "  ** the server is there again")
    following.end()
    server.stop()


def test_the_list_has_what_one_is_in_and_what_one_may_join(scene):
    server = scene.server()
    ann, bea, _ = people(scene, server)
    following = ann.stream("follow", json_lines=False)
    following.wait_line("that there is nothing to follow yet", lambda line: "in no channel yet" in line)
    following.end()
    for arguments in ((), ("--mine",)):
        assert "weft channel create" in ann.run("channel", "list", *arguments).text
        assert ann.json("channel", "list", *arguments) == []
    create(ann, "Hidden", "--private")
    create(ann, "Counts nowhere", "--confidential")
    create(ann, "Open to all", "--open")
    shown = [(line["title"], line["member"]) for line in ann.json("channel", "list")]
    assert sorted(shown) == [("Counts nowhere", True), ("Hidden", True), ("Open to all", True)], shown
    assert [line["title"] for line in bea.json("channel", "list")] == ["Open to all"]
    assert "no channel:" in bea.run("channel", "list", "--mine").text
    server.stop()


def test_the_help_fits_a_terminal_and_has_each_command_below_what_it_is_about(scene):
    person = scene.person("Nobody")
    commands = [[record["noun"], *filter(None, [record.get("verb")])] for record in person.json("help")]
    for words in ([], *commands):
        lines = person.run("help", *words).text.splitlines()
        assert [line for line in lines if len(line) > 80 or line != line.rstrip()] == []
    about = None
    found = {}
    for line in person.run("help").text.splitlines():
        if line.startswith("  weft "):
            found[" ".join(line.split()[1:3])] = about
        elif line and not line.startswith(" "):
            about = line
    assert found["react [CHANNEL]"] == found["file send"] == found["history [CHANNEL]"]
    assert "Messages" in found["react [CHANNEL]"] and found["device revoke"] == "Your devices"
    assert found["network coffee"] == found["people [QUERY]"]


def test_a_restricted_channel_lets_in_whom_it_wants(scene):
    server = scene.server()
    ann, bea, cy = people(scene, server)
    channel = create(ann, "By knocking")
    for person in (bea, cy):
        person.run("channel", "join", channel)
    knocks = ann.run("channel", "knocks", channel).text
    assert "Bea" in knocks and "Cy" in knocks
    told = f"By knocking: 2 people ask to be let in: weft channel knocks {channel[:8]}"
    assert told in ann.run("status").error and told in ann.run("sync").error
    assert "added: Bea" in ann.run("channel", "add", channel, bea.id).text
    assert "in already: Bea" in ann.run("channel", "add", channel, bea.id).text
    assert "--give ROLE" in ann.run("channel", "role", channel, bea.id, code=USAGE).error
    told = f"Cy asks to be let in: weft channel add {channel[:8]} {cy.id[:8]}, or weft channel refuse"
    assert told in ann.run("status").error
    following = ann.follow()
    assert any(told in record.get("text", "") for record in following.records())
    following.end()
    assert "asks to be let in" not in bea.run("sync").error + bea.run("status").error, "who may not let in"
    ann.run("channel", "refuse", channel, cy.id)
    assert "to be let in" not in ann.run("status").error
    bea.run("sync")
    bea.run("say", channel, "thank you")
    cy.run("sync")
    assert cy.run("say", channel, "and me?", code=None).code in (NOT_FOUND, NOT_NOW, USAGE)
    ann.run("sync")
    assert texts(ann, channel) == ["thank you"]
    server.stop()


def test_nobody_is_asked_to_add_whoever_is_suspended_until_they_are_back(scene):
    server = scene.server()
    with CutsOff(server) as network:
        ann = scene.person("Ann", link_by_way_of(network.port, server.invite(group="Ward 1")))
        cy = scene.person("Cy", server.invite(group="Ward 2"))
        channel = create(ann, "Falls at night")
        network.cutting = ("up", CHANNEL_COMMIT)
        ann.run("channel", "add", channel, cy.id, code=NETWORK)
        assert network.cutting is None, "let in, and nobody has added them yet"
        server.admin("person", "suspend", cy.id)
        for _ in range(2):
            assert "does not check out" not in ann.run("sync").error
        following = ann.follow(channel)
        server.admin("person", "restore", cy.id)
        until("Ann's weft adds Cy", lambda: "changes=1" in server.log())
        cy.run("sync")
        assert states(cy) == ["member"]
        following.end()
    server.stop()
