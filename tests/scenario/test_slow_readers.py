# SPDX-License-Identifier: AGPL-3.0-or-later
"""Clients that read slowly, or not at all: each costs the server little and the others nothing, and loses its connection
only when it has taken nothing for a minute. tests/bench/bench_fanout does it with five hundred of them (stuck500)."""
import os
import pathlib
import socket
import ssl
import threading
import time

import pytest

from test_monitor import read_metrics
from weft_fault import Clock
from weft_scenario import free_port, link_by_way_of, until
from weft_wire import (CLIENT_HELLO, PING, PING_FRAME, PONG, Buffered, Connection, client_hello, upgrade_request,
                       websocket_frame)

PAYLOAD = bytes(125)
PINGS = 20000  # 2.5 MB of answers
STALLED = 'weftd_connections_ended_total{reason="stalled"}'
OPEN = 'weftd_connections{state="open"}'
ACCEPTED = "weftd_connections_accepted_total"
BEHIND = "weftd_outboxes_behind_total"
SENT = "weftd_sent_bytes_total"

# What libwebsockets and the kernel may hold of one connection, and what is on its way.
HELD_BYTES_MAX = 512 << 10

TEXT_BYTES = 15900
TEXTS = 50  # less than an outbox holds


def connect_narrowly(port):
    """A TCP connection whose kernel takes little that nobody asks it for."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.settimeout(20)
    plain.connect(("127.0.0.1", port))
    return plain


class SlowReader(Connection):
    """Asks for bytes with pings, and reads nothing unless it is told to."""

    def __init__(self, port):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.connection = context.wrap_socket(connect_narrowly(port))
        self.input = Buffered(self.connection)
        self.requests, self.events = 0, []
        self.send_raw(upgrade_request(port))
        assert self.input.read_through(b"\r\n\r\n").startswith(b"HTTP/1.1 101")
        self.receive()
        self.send(CLIENT_HELLO, 0, 0, client_hello())

    def ping(self, count):
        """So many, or fewer when the server takes no more for a while."""
        self.connection.settimeout(2)
        try:
            self.send_raw(websocket_frame(PAYLOAD, PING_FRAME, mask=os.urandom(4)) * count)
        except TimeoutError:
            pass  # nobody reads there either


class NarrowLine:
    """Between one weft and weftd: what the server says passes as far as it is allowed, anything else freely."""

    def __init__(self, server_port):
        self.server_port = server_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.allowed = float("inf")
        self.changed = threading.Condition()
        threading.Thread(target=self._accept, daemon=True).start()

    def allow(self, count):
        """So many bytes from now on; waits until the last of them has passed."""
        with self.changed:
            self.allowed = count
            self.changed.notify_all()
            if count != float("inf"):
                assert self.changed.wait_for(lambda: self.allowed == 0, 20), f"{self.allowed} bytes did not come"

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            server = connect_narrowly(self.server_port)
            server.settimeout(None)
            threading.Thread(target=self._carry, args=(client, server, lambda: 4096, lambda count: None), daemon=True).start()
            threading.Thread(target=self._carry, args=(server, client, self._room, self._passed), daemon=True).start()

    def _room(self):
        with self.changed:
            self.changed.wait_for(lambda: self.allowed > 0)
            return int(min(4096, self.allowed))

    def _passed(self, count):
        with self.changed:
            self.allowed -= count
            self.changed.notify_all()

    @staticmethod
    def _carry(source, sink, room, passed):
        try:
            while data := source.recv(room()):
                sink.sendall(data)
                passed(len(data))
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            sink.close()


@pytest.fixture
def monitor_port():
    return free_port()


@pytest.fixture
def clock(faults_library, tmp_path):
    return Clock(faults_library, tmp_path / "clock")


def figure(port, name):
    return read_metrics(port)[name]


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_of_what_nobody_reads_little_is_held_and_nothing_done_about_it(server_scene, monitor_port):
    server = server_scene.server(monitor_port=monitor_port)
    with SlowReader(server.port) as reader:
        before = figure(monitor_port, SENT)
        reader.ping(PINGS)
        time.sleep(0.5)
        assert figure(monitor_port, SENT) - before < HELD_BYTES_MAX
        begun_s, used_s = time.monotonic(), cpu_seconds(server.pid)
        time.sleep(2)
        assert cpu_seconds(server.pid) - used_s < (time.monotonic() - begun_s) / 4
    until("its place is free", lambda: figure(monitor_port, OPEN) == 0)
    server.stop()


def test_whoever_reads_again_is_listened_to_again(server_scene, monitor_port):
    count = 2000
    server = server_scene.server(monitor_port=monitor_port)
    with SlowReader(server.port) as reader:
        before = figure(monitor_port, SENT)
        reader.ping(count)
        time.sleep(1)
        assert figure(monitor_port, SENT) - before < count * len(PAYLOAD), "some of them wait"
        for _ in range(count):
            assert reader.input.websocket_frame() == (PONG, PAYLOAD)
        assert reader.request(PING, b"")[0] == "ok"
    server.stop()


def test_whoever_takes_nothing_for_a_minute_is_closed(server_scene, monitor_port, clock):
    server = server_scene.server(start=False, monitor_port=monitor_port)
    server.start(clock.environment(server_scene.environment))
    with SlowReader(server.port) as reader:
        reader.ping(PINGS)
        time.sleep(0.5)
        clock.pass_by(55000)
        time.sleep(1.5)  # the server looks each second
        assert figure(monitor_port, STALLED) == 0
        clock.pass_by(6000)
        until("it is closed", lambda: figure(monitor_port, STALLED) == 1 and figure(monitor_port, OPEN) == 0)
    server.stop()


def test_whoever_reads_slowly_keeps_the_connection(scene, monitor_port, clock):
    server = scene.server(start=False, monitor_port=monitor_port, messages_per_minute=10000)
    server.start(clock.environment(scene.environment))
    line = NarrowLine(server.port)
    ann = scene.people(["Ann"], lambda name: server.invite(group="Ward"))[0]
    ben = scene.people(["Ben"], lambda name: link_by_way_of(line.port, server.invite(group="Ward")))[0]
    channel = ann.json("channel", "create", "Falls", "--open")[-1]["channel"]
    ben.run("channel", "join", channel)
    following, speaking = ben.follow(channel), ann.follow(channel)
    line.allow(0)
    for number in range(TEXTS):
        ann.run("say", channel, "-", stdin=f"{number} ".ljust(TEXT_BYTES, "x"))
    accepted = figure(monitor_port, ACCEPTED)
    for _ in range(4):
        clock.pass_by(20000)
        line.allow(100000)
        time.sleep(1.5)  # the server looks each second
    assert figure(monitor_port, STALLED) == 0
    line.allow(float("inf"))
    following.wait_record("the last text", lambda record: record.get("text", "").startswith(f"{TEXTS - 1} "))
    assert figure(monitor_port, ACCEPTED) == accepted and figure(monitor_port, BEHIND) == 0
    texts = [record["text"] for record in following.records() if record.get("text", "").endswith("x")]
    assert [int(text.split()[0]) for text in texts] == list(range(TEXTS))
    speaking.end()
    following.end()
    server.stop()
