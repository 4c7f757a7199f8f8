# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server that is asked too much says when to come back: weft waits, says so, and does not wait
for ever."""
import contextlib
import re
import socket
import ssl
import subprocess
import threading
import time

from weft_scenario import RATE_LIMIT, link_by_way_of

# A quarter of a minute's and ten more at once, then one in fifteen seconds.
MESSAGES_PER_MINUTE = 4
AT_ONCE = MESSAGES_PER_MINUTE // 4 + 10


class Gate:
    """In front of weftd: refuses the first handshakes with 429, as weftd does an address with too many
    connections, and hands on the bytes of all later ones."""

    def __init__(self, directory, port):
        self.port_behind = port
        self.refuse(0, 0)
        key, certificate = directory / "gate.key", directory / "gate.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=gate", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def refuse(self, refusals, retry_after):
        """From now on, so often."""
        self.refusals, self.retry_after, self.refused_at = refusals, retry_after, []

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                refuse = len(self.refused_at) < self.refusals
                if refuse:
                    self.refused_at.append(time.monotonic())
                threading.Thread(target=self._turn_away if refuse else self._hand_on, args=(client,), daemon=True).start()

    def _turn_away(self, client):
        with contextlib.suppress(OSError), self.tls.wrap_socket(client, server_side=True) as stream:
            request = b""
            while b"\r\n\r\n" not in request:
                request += stream.recv(4096)
            stream.sendall(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: %d\r\nConnection: close\r\n"
                           b"Content-Length: 0\r\n\r\n" % self.retry_after)

    def _hand_on(self, client):
        server = socket.create_connection(("127.0.0.1", self.port_behind))
        for source, target in ((client, server), (server, client)):
            threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    @staticmethod
    def _pump(source, target):
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)

    def close(self):
        self.listener.close()


def person_behind_a_gate(scene, server):
    gate = Gate(scene.directory, server.port)
    return scene.person("Ann", link_by_way_of(gate.port, server.invite(group="Ward"))), gate


def test_a_refused_connection_is_made_again_when_the_server_said(scene):
    server = scene.server()
    ann, gate = person_behind_a_gate(scene, server)
    gate.refuse(2, retry_after=2)
    told = ann.run("channel", "list").error
    assert len(re.findall("asks to wait 2 s - it has too many connections now: waiting", told)) == 2, told
    assert len(gate.refused_at) == 2 and gate.refused_at[1] - gate.refused_at[0] >= 1.9
    gate.close()
    server.stop()


def test_a_wait_that_nobody_would_wait_ends_the_command_with_its_length(scene):
    server = scene.server()
    ann, gate = person_behind_a_gate(scene, server)
    gate.refuse(1000, retry_after=200)
    refused = ann.run("channel", "list", code=RATE_LIMIT)
    assert "too many connections" in refused.error and "200 s" in refused.error and len(gate.refused_at) == 1
    # Shorter ones add up, and come to an end too.
    gate.refuse(1000, retry_after=40)
    refused = ann.run("channel", "list", code=RATE_LIMIT, patience_s=180)
    assert "40 s" in refused.error and len(gate.refused_at) == 2
    gate.close()
    server.stop()


def test_too_many_messages_wait_their_turn_and_none_is_lost(scene):
    server = scene.server(messages_per_minute=MESSAGES_PER_MINUTE)
    ann = scene.person("Ann", server.invite(group="Ward"))
    channel = ann.one("channel", "create", "Falls", "--open")["channel"]
    said = [f"message {number}" for number in range(AT_ONCE + 3)]
    waited = 0
    for text in said:
        waited += "asks to wait" in ann.run("say", channel, text).error
    assert waited >= 1
    assert [record["text"] for record in ann.json("read", channel) if record["type"] == "message"] == said
    server.stop()
