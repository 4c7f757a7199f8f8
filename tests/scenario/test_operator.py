# SPDX-License-Identifier: AGPL-3.0-or-later
"""What whoever runs a server may do wrong or meet: configuration, a second process, a damaged or full
disk, a kill in the middle. Each is told in words, and nothing is lost."""
import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess

import pytest

from weft_scenario import CONFLICT, INTERNAL, NOT_FOUND, OK, USAGE, decode_link, fill_disk
from weft_wire import Account, Closed, Connection


def join_by_hand(server, name):
    account = Account(name)
    with Connection(server.port) as connection:
        code, body = account.redeem(connection, decode_link(server.invite(group="Ward 7"))[2])
        assert code == "ok", (code, body)
    return account


@pytest.mark.parametrize("text, line, named", [
    ("colour = blue", 3, "colour"),
    ("Port = 1", 3, "Port"),
    ("port", 3, "="),
    ("port = 70000", 3, "port"),
    ("port = -1", 3, "port"),
    ("port = 12x", 3, "port"),
    ("port =", 3, "port"),
    ("address = example.org", 3, "address"),
    ("allow_tls_1_2 = maybe", 3, "allow_tls_1_2"),
    ("log_level = loud", 3, "log_level"),
    ("notice = " + "x" * 2000, 3, "notice"),
    ("community = A\ncommunity = B", 4, "community"),
    ("community = " + "x" * 121, 3, "community"),
    ("community = \xff", 0, "UTF-8"),
])
def test_a_wrong_configuration_is_refused_by_name_and_line(server_scene, text, line, named):
    server = server_scene.server(start=False)
    path = server.state / "weftd.conf"
    path.write_bytes(f"# a comment\n\n{text}\n".encode("latin-1"))
    for command in ("check-config", "serve"):
        refused = server.admin(command, code=None)
        assert refused.code not in (OK, 2), refused
        assert named in refused.error, refused
        assert line == 0 or f":{line}:" in refused.error, refused


def test_every_key_stands_in_the_configuration_that_init_writes(server_scene):
    server = server_scene.server(start=False)
    lines = (server.state / "weftd.conf").read_text().splitlines()
    keys = {line.split("=")[0].strip("# ") for line in lines if "=" in line.lstrip("# ")[:40] and " = " in line}
    assert {"community", "notice", "address", "port", "public_host", "certificate", "key", "origin", "invite_days",
            "messages_per_minute", "log_level"} <= keys
    for line, above in zip(lines[1:], lines):
        if line and not line.startswith("#"):
            assert above.startswith("#"), f"not documented: {line}"
    assert "right" in server.admin("check-config").text


def test_files_that_tls_needs_are_checked_before_anybody_connects(server_scene):
    server = server_scene.server(start=False)
    other = server_scene.server("other", start=False)
    def refused(why):
        for command in ("check-config", "serve"):
            told = server.admin(command, code=None)
            assert told.code != OK and why in told.error, str(told)

    shutil.copy(other.state / "tls.key", server.state / "tls.key")
    refused("tls.key is not the key of")
    (server.state / "tls.key").write_text("no key")
    refused("tls.key holds no private key in PEM")
    (server.state / "tls.key").unlink()
    refused("tls.key cannot be read: No such file or directory")
    (server.state / "tls.crt").write_text("no certificate")
    refused("tls.crt holds no certificate in PEM")


def test_a_store_of_a_newer_weftd_is_called_that(server_scene):
    server = server_scene.server(start=False)
    server.sql("PRAGMA user_version = 999")
    for command in ("serve", "stats"):
        assert "newer weftd: install that one" in server.admin(command, code=INTERNAL).error


def test_init_overwrites_nothing(server_scene):
    server = server_scene.server(start=False)
    before = {path: path.read_bytes() for path in server.files()}
    server.admin("init", code=CONFLICT)
    assert all(path.read_bytes() == data for path, data in before.items())
    server.start()
    join_by_hand(server, "Ann")
    server.stop()


def test_init_says_what_comes_next_and_what_is_wrong(server_scene):
    server = server_scene.server(start=False)
    again = server.admin("init", code=CONFLICT).error
    assert f"{server.state} holds a community already" in again
    other = server.directory / "other"

    def init(*arguments, code=OK):
        return server_scene.run([server_scene.weftd, "init", "--state", other, *arguments], code=code)

    wrong = init("--port", "99999", code=USAGE).error
    assert "`port`" in wrong and "well formed" not in wrong
    for host in ("https://weft.example.org", "weft.example.org:7443", "[::1]", "a b"):
        assert "`public_host`" in init("--host", host, code=USAGE).error
    loopback = init("--host", "weft.example.org")
    assert loopback.text.startswith("weft://weft.example.org:7443/")
    assert f"Next: weftd --state {other} serve" in loopback.error
    assert "listens on 127.0.0.1 only" in loopback.error
    shutil.rmtree(other)
    here = init()
    assert "for this machine only" in here.error and "listens on" not in here.error
    shutil.rmtree(other)
    everywhere = init("--host", "weft.example.org", "--address", "")
    assert "Next: " in everywhere.error and "only" not in everywhere.error
    nowhere = server_scene.run([server_scene.weftd, "init", "--state", other / "a" / "b"], code=INTERNAL).error
    assert f"{other / 'a' / 'b'} cannot be made: No such file or directory" in nowhere


def test_who_or_what_is_not_there_is_named_with_where_to_look(server_scene):
    server = server_scene.server(start=False)
    assert "weftd invite" in server.admin("person", "list").text
    assert server.json("person", "list") == []
    for command in (("person", "suspend"), ("person", "export"), ("device", "list"), ("invite", "--person")):
        assert "weftd person list" in server.admin(*command, "Ann Baker", code=NOT_FOUND).error
    assert "weftd device list" in server.admin("device", "revoke", "zz", code=NOT_FOUND).error
    assert "weftd invite list" in server.admin("invite", "revoke", "zz", code=NOT_FOUND).error
    people, ties = server.directory / "people.csv", server.directory / "ties.csv"
    people.write_text("person_id,name,group\nx1,Ann,Ward\nx2,Bea,Ward\n")
    ties.write_text("person_a,person_b\nx1,x2\n")
    server.admin("import", people, ties)
    assert "not joined yet" in server.admin("device", "list", "x1").text
    assert server.json("device", "list", "x1") == []


def test_a_second_server_is_refused_with_the_pid_of_the_first(server_scene):
    server = server_scene.server()
    refused = server.admin("serve", code=CONFLICT)
    assert str(server.pid) in refused.error
    join_by_hand(server, "Ann")
    server.stop()


def test_a_port_that_is_taken_is_named_and_nothing_breaks(server_scene):
    server = server_scene.server()
    other = server_scene.server(name="other", start=False)
    other.configure(port=server.port)
    refused = other.admin("serve", code=CONFLICT)
    assert "listening on the address and port of weftd.conf" in refused.error
    assert "in use by another process" in refused.error
    server.stop()
    other.start().stop()


def test_commands_do_the_same_while_the_server_runs_and_while_not(server_scene):
    server = server_scene.server()
    assert (server.state / "weftd.sock").stat().st_mode & 0o777 == 0o600
    ann = join_by_hand(server, "Ann")
    running = server.json("person", "list"), server.json("invite", "list")
    link = server.invite(group="Ward 8")
    server.stop()
    invites = server.json("invite", "list")
    assert server.json("person", "list") == running[0]
    assert len(invites) == len(running[1]) + 1
    server.admin("person", "suspend", ann.person.hex()[:8])
    assert [person["state"] for person in server.json("person", "list")] == ["suspended"]
    server.admin("person", "suspend", "0" * 32, code=NOT_FOUND)
    server.admin("person", "dance", code=USAGE)
    server.start()
    bea = Account("Bea")
    with Connection(server.port) as connection:
        assert bea.redeem(connection, decode_link(link)[2])[0] == "ok"
    server.stop()


def test_the_help_of_everything_and_of_each_command_fits_a_terminal(server_scene):
    weftd = [server_scene.weftd, "--state", server_scene.directory]
    everything = server_scene.run([*weftd, "help"]).text
    assert server_scene.run([*weftd, "--help"]).text == server_scene.run([server_scene.weftd, "--help"]).text == everything
    names = [line.split()[0] for line in everything.splitlines() if line.startswith("  ")]
    assert len(names) == 12 and "restore" in names
    for name in names:
        shown = server_scene.run([*weftd, "help", name]).text
        assert shown.startswith(f"usage: weftd {name}") and server_scene.run([*weftd, name, "--help"]).text == shown
        everything += shown
    assert [line for line in everything.splitlines() if len(line) > 80 or line != line.rstrip()] == []
    assert "`dance`" in server_scene.run([*weftd, "help", "dance"], code=USAGE).error
    assert "`dance`" in server_scene.run([*weftd, "dance", "--help"], code=USAGE).error


def test_output_that_cannot_be_written_is_no_success(scene):
    server = scene.server()
    ann = scene.people(["Ann"], lambda name: server.invite(group="Ward of Ann"))[0]
    weftd = [scene.weftd, "--state", server.state]
    for argv in (ann.argv("status"), ann.argv("status", json_lines=True), [*weftd, "person", "list"], [scene.weftd, "help"]):
        with open("/dev/full", "wb") as full:
            ended = subprocess.run(argv, env=ann.environment, stdout=full, stderr=subprocess.PIPE, check=False)
        assert ended.returncode == INTERNAL and b"could not all be written" in ended.stderr, (argv, ended)


def test_both_programs_say_which_they_are(scene):
    versions = [scene.run([program, "--version"]).text.split() for program in (scene.weftd, scene.weft)]
    assert [name for name, _ in versions] == ["weftd", "weft"]
    assert versions[0][1] == versions[1][1]


def test_every_admin_act_is_in_the_audit_log_and_no_name_is(server_scene):
    server = server_scene.server()
    ann = join_by_hand(server, "Ann Quayle")
    invite = server.json("invite", "--group", "Ward 9")[-1]["invite"]
    assert "lets nobody in any more" in server.admin("invite", "revoke", invite).text
    server.admin("person", "suspend", ann.person.hex())
    server.admin("person", "restore", ann.person.hex())
    unsure = server.admin("person", "erase", ann.person.hex(), code=USAGE).error
    assert "would erase Ann Quayle for good" in unsure and "--for-good" in unsure, unsure
    server.admin("person", "suspend", ann.person.hex(), "--for-good", code=USAGE)
    server.admin("person", "erase", ann.person.hex(), "--for-good")
    entries = server.json("audit")
    assert [entry["number"] for entry in entries] == list(range(1, 8))
    assert [entry["act"] for entry in entries] == ["init", "invite.add", "invite.add", "invite.revoke", "person.suspend",
                                                   "person.restore", "person.erase"]
    assert entries[3]["subject"] == invite and entries[3]["actor"] is None
    assert {entry["subject"] for entry in entries[4:]} == {ann.person.hex()}
    shown = server.admin("audit").text
    assert len(shown.splitlines()) == 7 and max(map(len, shown.splitlines())) <= 80
    assert server.json("audit", "--last", "2") == entries[-2:]
    for wrong in (["--last"], ["--last", "0"], ["--last", "many"], ["all"]):
        server.admin("audit", *wrong, code=USAGE)
    server.stop()
    with contextlib.closing(sqlite3.connect(server.state / "weftd.db")) as database, database:
        rows = database.execute("SELECT * FROM audit").fetchall()
        database.execute("DELETE FROM audit WHERE number IN (1, 4, 5)")
    assert "Quayle" not in repr(rows)
    # What somebody took out shows; what was not asked for is not missing.
    missing = [line.split("log: ")[1] for line in server.admin("audit").error.splitlines()]
    assert [text.split(".")[0] for text in missing] == ["1 to 1", "4 to 5"]
    assert server.admin("audit", "--last", "2").error == ""


def test_a_kill_loses_no_person_that_was_told_welcome(server_scene):
    server = server_scene.server()
    accounts = []
    for i in range(5):
        accounts.append(join_by_hand(server, f"Person {i}"))
        server.kill()
        server.start()
    for account in accounts:
        with Connection(server.port) as connection:
            assert account.log_in(connection)[0] == "ok"
    assert len(server.json("person", "list")) == 5
    server.stop()


def test_a_stop_says_goodbye_and_frees_the_port(server_scene):
    server = server_scene.server()
    ann = join_by_hand(server, "Ann")
    with Connection(server.port) as connection:
        assert ann.log_in(connection)[0] == "ok"
        server.stream.process.send_signal(signal.SIGTERM)
        with pytest.raises(Closed):
            while True:
                connection.receive()
    assert server.stream.end() == OK
    assert not (server.state / "weftd.sock").exists()
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", server.port))


@pytest.mark.parametrize("damage", ["first page", "half of it gone", "not a database"])
def test_a_damaged_store_is_reported_and_not_touched(server_scene, damage):
    server = server_scene.server()
    join_by_hand(server, "Ann")
    server.stop()
    path = server.state / "weftd.db"
    data = bytearray(path.read_bytes())
    if damage == "first page":
        data[100:4096] = os.urandom(3996)
    elif damage == "half of it gone":
        del data[len(data) // 2:]
    else:
        data[:] = b"not a database " * 1000
    path.write_bytes(data)
    refused = server.admin("serve", code=None)
    assert refused.code not in (OK, None) and refused.code > 0, refused
    assert refused.error.strip(), "it says why"
    assert path.read_bytes() == data


def test_a_full_disk_refuses_what_is_new_and_loses_nothing(small_disk, server_scene):
    server = server_scene.server(directory=small_disk)
    ann, bea = join_by_hand(server, "Ann"), Account("Bea")
    secret = decode_link(server.invite(group="Ward 7"))[2]
    filler = fill_disk(small_disk, 4 << 20)
    with Connection(server.port) as connection:
        assert bea.redeem(connection, secret)[0] == "full"
    refused = server.admin("invite", "--group", "Ward 7", code=None)
    assert refused.code != OK and "space" in refused.error, refused
    with Connection(server.port) as connection:
        assert ann.log_in(connection)[0] in ("ok", "full")
    filler.unlink()
    filler = fill_disk(small_disk, 0)
    refused = server_scene.run([server_scene.weftd, "--state", small_disk / "other", "init"], code=INTERNAL)
    assert "was not made into a community: no space left" in refused.error
    filler.unlink()
    with Connection(server.port) as connection:
        assert ann.log_in(connection)[0] == "ok"
    assert [person["name"] for person in server.json("person", "list")] == ["Ann"]
    with Connection(server.port) as connection:
        assert bea.redeem(connection, secret)[0] == "ok"
    server.stop()
