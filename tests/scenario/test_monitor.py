# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an operator watches: /healthz, /readyz and /metrics on a port of this machine alone. The
figures are those of what really happened, and name nobody."""
import pathlib
import re
import signal
import socket
import time
import urllib.error
import urllib.request

import pytest

from weft_fault import SYNC_FAILS, Faults
from weft_scenario import INTERNAL, PATIENCE_S, fill_disk, free_port, until
from weft_wire import EVENT, EVENT_CLOSING, PING, PROFILE_SET, Account, Closed, Connection, joined, vector

SAMPLE = re.compile(r'^([a-z_]+)(?:\{([^{}]*)\})? (-?[0-9.e+-]+)$')


def get(port, path):
    """(status, body) of a page."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def read_metrics(port):
    """{name{labels}: value}; every line is a sample, or the help and type of those that follow."""
    status, text = get(port, "/metrics")
    assert status == 200
    values, typed = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in typed and kind in ("counter", "gauge", "histogram")
            typed[name] = kind
        elif not line.startswith("# HELP "):
            name, labels, value = SAMPLE.match(line).groups()
            family = re.sub(r"_(bucket|sum|count)$", "", name) if name not in typed else name
            assert family in typed, line
            assert list(typed)[-1] == family, f"{line} stands apart from its family"
            values[f"{name}{{{labels}}}" if labels else name] = float(value)
    assert all(name.endswith("_total") == (kind == "counter") for name, kind in typed.items())
    return values


def start(scene, **values):
    port = free_port()
    return scene.server(monitor_port=port, **values), port


def test_a_request_that_fails_inside_weftd_is_in_its_log(scene):
    server = scene.server()
    ann = scene.person("Ann", server.invite(group="Ward 7"))
    server.sql("DROP TABLE departures")
    assert ann.run("channel", "create", "Falls", "--open", code=INTERNAL).error
    assert "error request_failed kind=channel_create status=" in server.log()
    server.stop()


def test_the_figures_are_of_what_happened_and_name_nobody(scene):
    server, port = start(scene)
    assert get(port, "/healthz") == (200, "alive\n")
    assert get(port, "/readyz") == (200, "ready\n")
    before = read_metrics(port)
    ann, ben = scene.people(["Ann", "Ben"], lambda name: server.invite(group="Ward 7"))
    channel = ann.json("channel", "create", "Falls", "--open")[-1]["channel"]
    ben.run("channel", "join", channel)
    following = ben.follow(channel)
    for number in range(3):
        ann.run("say", channel, f"message {number}")
    following.wait_record("the last", lambda record: record.get("text") == "message 2")
    after = read_metrics(port)
    assert after['weftd_requests_total{kind="channel_send",result="OK"}'] == 3
    assert after['weftd_requests_total{kind="channel_create",result="OK"}'] == 1
    assert after['weftd_connections{state="logged_in"}'] == 1
    assert after["weftd_deliveries_total"] >= 3
    assert after["weftd_store_commit_seconds_count"] > before["weftd_store_commit_seconds_count"]
    assert after["weftd_store_commit_seconds_sum"] > 0
    assert after['weftd_store_commit_seconds_bucket{le="+Inf"}'] == after["weftd_store_commit_seconds_count"]
    assert after["weftd_request_seconds_count"] > 10
    assert after['weftd_store_bytes{file="database"}'] > 0 and after["weftd_disk_free_bytes"] > 0
    assert after["weftd_resident_bytes"] > 1 << 20 and after['weftd_cpu_seconds_total{mode="user"}'] > 0
    assert abs(after["weftd_start_time_seconds"] - time.time()) < 120
    for page in ("/metrics", "/healthz", "/readyz"):
        text = get(port, page)[1]
        assert not re.search(r"[0-9a-f]{12}", text), "an id"
        for name in ("Ann", "Ben", "Falls", "Ward", "Scenario", "message"):
            assert name not in text
    server.stop()


def test_when_the_last_backup_was_is_known_after_a_restart(server_scene):
    server, port = start(server_scene)
    assert read_metrics(port)["weftd_backup_time_seconds"] == 0
    begun_s = int(time.time())
    server.admin("backup", server_scene.directory / "first")
    made_s = read_metrics(port)["weftd_backup_time_seconds"]
    assert begun_s <= made_s <= time.time()
    server.stop()
    server.start()
    assert read_metrics(port)["weftd_backup_time_seconds"] == made_s
    server.stop()


def test_it_listens_on_this_machine_only_and_only_when_asked_to(server_scene):
    server, port = start(server_scene)
    sockets = open(f"/proc/{server.pid}/net/tcp", encoding="ascii").read()
    listening = [line.split()[1] for line in sockets.splitlines() if line.split()[3] == "0A"]
    assert f"0100007F:{port:04X}" in listening and f"00000000:{port:04X}" not in listening
    server.stop()
    server.configure(monitor_port=0)
    server.start()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    server.stop()


def test_what_is_no_request_for_a_page_is_refused_and_holds_nothing_up(server_scene):
    server, port = start(server_scene)
    assert get(port, "/")[0] == 404 and get(port, "/metricsx")[0] == 404
    for sent, first in ((b"POST /metrics HTTP/1.1\r\n\r\n", b"HTTP/1.1 405"), (b"\r\n\r\n", b"HTTP/1.1 405"),
                        (b"GET /" + b"a" * 5000, b""), (bytes(5000), b"")):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(sent)
            try:
                assert connection.recv(12) == first
            except ConnectionResetError:
                assert first == b""
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
    with Connection(server.port) as connection:
        assert connection.request(PING, b"")[0] == "ok"
    for connection in held:
        connection.close()
    until("pages again", lambda: get_or_none(port, "/healthz") == (200, "alive\n"))
    server.stop()


def get_or_none(port, path):
    try:
        return get(port, path)
    except OSError:
        return None


def test_whoever_is_told_of_the_end_finds_it_not_ready(server_scene):
    """Somebody who answers nothing keeps the end waiting: meanwhile weftd is alive, and not ready from its first word
    of it on, before a connection ends and before one is refused."""
    server, port = start(server_scene)
    account = joined(server)
    with Connection(server.port) as silent, Connection(server.port) as told:
        assert silent.request(PING, b"")[0] == "ok" and account.log_in(told)[0] == "ok"
        assert get(port, "/readyz") == (200, "ready\n")
        server.stream.process.send_signal(signal.SIGTERM)
        kind, _, number, _ = told.receive()
        assert (kind, number) == (EVENT, EVENT_CLOSING)
        assert get(port, "/readyz") == (503, "not ready\n") and get(port, "/healthz")[0] == 200
        with pytest.raises(Closed):
            told.receive()
        with pytest.raises(Closed):
            Connection(server.port)
        assert get_or_none(port, "/readyz") in ((503, "not ready\n"), None)
    server.stop()


def test_a_store_that_failed_is_never_ready_again(server_scene, faults_library):
    """Whoever was not answered finds 503, or nobody: weftd is about to end."""
    server, port = start(server_scene)
    account = joined(server)
    server.stop()
    faults = Faults(faults_library, server_scene.directory / "faults", [server.state])
    server.start(faults.environment(server_scene.environment))
    with Connection(server.port) as connection:
        assert account.log_in(connection)[0] == "ok"
        assert get(port, "/readyz")[0] == 200
        faults.fail(1, SYNC_FAILS)
        with pytest.raises(Closed):
            connection.request(PROFILE_SET, vector(b"") + vector(b"") + bytes([1, 1]))
    assert get_or_none(port, "/readyz") in ((503, "not ready\n"), None)
    assert server.stream.process.wait(PATIENCE_S) > 0 and "store_failed" in server.log()


def test_a_full_disk_is_not_ready(small_disk, server_scene):
    port = free_port()
    server = server_scene.server(directory=small_disk, monitor_port=port)
    assert get(port, "/readyz")[0] == 200
    filler = fill_disk(small_disk, 32 << 20)
    assert get(port, "/readyz") == (503, "not ready\n") and get(port, "/healthz")[0] == 200
    account = Account("Ann")
    with Connection(server.port) as connection:
        assert account.redeem(connection, bytes(16))[0] in ("not_found", "full")
    filler.unlink()
    assert get(port, "/readyz")[0] == 200
    server.stop()


def test_every_alert_is_about_a_metric_that_there_is(server_scene):
    rules = (pathlib.Path(__file__).parents[2] / "deploy/monitoring/weftd.rules.yml").read_text()
    server, port = start(server_scene)
    with Connection(server.port) as connection:
        assert connection.request(PING, b"")[0] == "ok"
        there = {name.partition("{")[0] for name in read_metrics(port)}
    used = set(re.findall(r"\bweftd_[a-z_]+", "\n".join(re.findall(r"expr: (.*)", rules))))
    assert len(used) >= 9 and used <= there, used - there
    server.stop()
