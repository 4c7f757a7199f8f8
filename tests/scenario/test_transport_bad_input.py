# SPDX-License-Identifier: AGPL-3.0-or-later
"""Malformed HTTP and WebSocket, a thousand cases over raw TLS sockets: each is answered with an HTTP
error or a close code and a closed connection, and the server goes on serving everybody else."""
import os
import random
import socket
import ssl
import struct
import time

import pytest

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
START = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
UPGRADE = b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
REST = b"Sec-WebSocket-Key: " + KEY + b"\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: weft.1\r\n"
GOOD = START + UPGRADE + REST + b"\r\n"
PATIENCE_S = 20

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
FIN = 0x80


@pytest.fixture
def server(server_scene):
    server = server_scene.server(handshakes_per_minute=1000000, connections_per_address_max=5000)
    yield server
    opens(server)
    server.stop()


class Raw:
    """A TLS connection of which nothing is known but its bytes."""

    def __init__(self, server, tls=True, version=None):
        plain = socket.create_connection(("127.0.0.1", server.port), PATIENCE_S)
        plain.settimeout(PATIENCE_S)
        self.socket = plain
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            if version is not None:
                context.minimum_version = context.maximum_version = version
            self.socket = context.wrap_socket(plain)
        self.data = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # closed already: what it said before is read below

    def more(self):
        try:
            data = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError):
            return False
        self.data += data
        return data != b""

    def all(self):
        """Everything until the server closes, which it must."""
        while self.more():
            pass
        return self.data

    def head(self):
        while b"\r\n\r\n" not in self.data and self.more():
            pass
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        return head

    def take(self, count):
        while len(self.data) < count:
            assert self.more(), "closed early"
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def frame(self):
        first, length = self.take(2)
        if length == 126:
            length = struct.unpack(">H", self.take(2))[0]
        return first, self.take(length)

    def close_code(self):
        """The code with which the server closes after this; hellos and pongs may come before."""
        while True:
            first, payload = self.frame()
            if first == FIN | CLOSE:
                assert self.all() == b"", "bytes after a close frame"
                return struct.unpack(">H", payload[:2])[0]


def opened(server):
    raw = Raw(server)
    raw.send(GOOD)
    head = raw.head()
    assert head.startswith(b"HTTP/1.1 101 "), head
    assert b"Sec-WebSocket-Accept: " + ACCEPT in head
    first, payload = raw.frame()
    assert first == FIN | BINARY and payload[0] == 1, "the first frame is the server's hello"
    return raw


def opens(server):
    with opened(server):
        pass


def client_frame(first, payload, mask=b"\x12\x34\x56\x78", length=None):
    length = len(payload) if length is None else length
    if length < 126:
        head = bytes([first, 0x80 | length])
    elif length < 65536:
        head = bytes([first, 0x80 | 126]) + struct.pack(">H", length)
    else:
        head = bytes([first, 0x80 | 127]) + struct.pack(">Q", length)
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


HTTP_CASES = {
    "a plain GET": (START + b"\r\n", 426),
    "another path": (b"GET /x HTTP/1.1\r\nHost: x\r\n" + UPGRADE + REST + b"\r\n", 404),
    "an absolute target": (b"GET http://x/ HTTP/1.1\r\nHost: x\r\n" + UPGRADE + REST + b"\r\n", 404),
    "a POST": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405),
    "HTTP/1.0": (b"GET / HTTP/1.0\r\nHost: x\r\n\r\n", 400),
    "no Host": (b"GET / HTTP/1.1\r\n" + UPGRADE + REST + b"\r\n", 400),
    "two Hosts": (START + b"Host: y\r\n" + UPGRADE + REST + b"\r\n", 400),
    "an upgrade to h2c": (START + b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                          b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n", 426),
    "HTTP/2's preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "an unknown upgrade": (START + b"Upgrade: mqtt\r\nConnection: Upgrade\r\n\r\n", 426),
    "no subprotocol": (START + UPGRADE + b"Sec-WebSocket-Key: " + KEY + b"\r\nSec-WebSocket-Version: 13\r\n\r\n", 400),
    "another subprotocol": (GOOD.replace(b"weft.1", b"chat"), 400),
    "an old version": (GOOD.replace(b"Version: 13", b"Version: 8"), 426),
    "a short key": (GOOD.replace(KEY, b"c2hvcnQ="), 400),
    "a foreign origin": (START + UPGRADE + REST + b"Origin: https://evil.example\r\n\r\n", 403),
    "a folded header": (START + b"X: a\r\n b\r\n" + UPGRADE + REST + b"\r\n", 400),
    "a bare newline": (GOOD.replace(b"\r\n", b"\n", 2), 400),
    "a NUL": (START + b"X: \x00\r\n" + UPGRADE + REST + b"\r\n", 400),
    "a body": (START + b"Content-Length: 3\r\n" + UPGRADE + REST + b"\r\nabc", 400),
    "chunks": (START + b"Transfer-Encoding: chunked\r\n" + UPGRADE + REST + b"\r\n", 400),
    "a frame before the answer": (GOOD + client_frame(FIN | BINARY, b"x"), 400),
    "a header of 9 KiB": (START + b"X: " + b"a" * 9216 + b"\r\n\r\n", 431),
    "a hundred headers": (START + b"".join(b"X-%d: y\r\n" % i for i in range(100)) + b"\r\n", 431),
    "TLS inside TLS": (b"\x16\x03\x01\x02\x00\x01\x00", 400),
}


@pytest.mark.parametrize("name", HTTP_CASES, ids=lambda name: name.replace(" ", "-"))
def test_a_wrong_handshake_is_refused_and_closed(server, name):
    request, status = HTTP_CASES[name]
    with Raw(server) as raw:
        raw.send(request)
        answer = raw.all()
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer
    assert b"Connection: close" in answer


def test_plain_text_on_the_tls_port_is_closed(server):
    with Raw(server, tls=False) as raw:
        raw.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"101" not in raw.all()


def test_tls_1_2_is_refused_unless_configured(server):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Raw(server, version=ssl.TLSVersion.TLSv1_2)


def test_a_handshake_that_never_ends_is_closed_within_its_limit(server):
    started = time.monotonic()
    with Raw(server) as raw:
        raw.send(START)
        assert raw.all() == b""
    assert 2 < time.monotonic() - started < 16


def test_an_allowed_origin_is_accepted_and_only_exactly(server_scene):
    server = server_scene.server(origin="https://weft.example.org")
    for origin, accepted in ((b"https://weft.example.org", True), (b"https://weft.example.org/", False),
                             (b"http://weft.example.org", False), (b"null", False)):
        with Raw(server) as raw:
            raw.send(START + UPGRADE + REST + b"Origin: " + origin + b"\r\n\r\n")
            assert raw.head().startswith(b"HTTP/1.1 101 ") == accepted, origin
    server.stop()


FRAME_CASES = {
    "an unmasked message": (b"\x82\x03abc", 1002),
    "an unmasked close": (b"\x88\x00", 1002),
    "text": (client_frame(FIN | TEXT, b"hello"), 1003),
    "a reserved opcode": (client_frame(FIN | 3, b""), 1002),
    "a reserved control opcode": (client_frame(FIN | 11, b""), 1002),
    "a compressed message": (client_frame(FIN | 0x40 | BINARY, b"x"), 1002),
    "a ping in pieces": (client_frame(PING, b""), 1002),
    "a ping of 126 bytes": (client_frame(FIN | PING, b"x" * 126), 1002),
    "a continuation of nothing": (client_frame(FIN, b"x"), 1002),
    "a message inside a message": (client_frame(BINARY, b"x") + client_frame(FIN | BINARY, b"y"), 1002),
    "a length that is not minimal": (bytes([FIN | BINARY, 0xfe, 0, 5]) + b"\0" * 9, 1002),
    "a length with its top bit": (bytes([FIN | BINARY, 0xff, 0x80]) + b"\0" * 11, 1002),
    "a message announced as 1 GiB": (client_frame(FIN | BINARY, b"", length=1 << 30), 1009),
    "pieces of 128 KiB in all": (client_frame(BINARY, b"x" * 65000) + client_frame(FIN, b"x" * 65000), 1009),
    "a thousand empty pieces": (client_frame(BINARY, b"") + client_frame(0, b"") * 1000, 1008),
    "a close of one byte": (client_frame(FIN | CLOSE, b"\x03"), 1002),
    "a close with code 1005": (client_frame(FIN | CLOSE, b"\x03\xed"), 1002),
    "a close that is not UTF-8": (client_frame(FIN | CLOSE, b"\x03\xe8\xff\xfe"), 1007),
    "an empty message": (client_frame(FIN | BINARY, b""), 1002),
    "a request before the hello": (client_frame(FIN | BINARY, b"\x03\0\0\0\1\0\4"), 1002),
    "a frame of no known type": (client_frame(FIN | BINARY, b"\x63\0\0\0\0\0\0"), 1002),
}


@pytest.mark.parametrize("name", FRAME_CASES, ids=lambda name: name.replace(" ", "-"))
def test_a_wrong_frame_closes_with_its_code(server, name):
    data, code = FRAME_CASES[name]
    with opened(server) as raw:
        raw.send(data)
        assert raw.close_code() == code


def test_a_ping_is_answered_and_a_close_is_returned(server):
    with opened(server) as raw:
        raw.send(client_frame(FIN | PING, b"are you there"))
        assert raw.frame() == (FIN | PONG, b"are you there")
        raw.send(client_frame(FIN | CLOSE, struct.pack(">H", 1000)))
        assert raw.close_code() == 1000


def test_a_message_in_pieces_is_put_together(server):
    hello = b"\x02\0\0\0\0\0\0" + struct.pack(">H", 1) + b"\x04test" + b"\x00"
    ping = b"\x03\0\0\0\x07\0\x04"
    with opened(server) as raw:
        for at in range(len(hello)):
            first = (BINARY if at == 0 else 0) | (FIN if at == len(hello) - 1 else 0)
            raw.send(client_frame(first, hello[at:at + 1], mask=os.urandom(4)))
        raw.send(client_frame(FIN | BINARY, ping))
        first, answer = raw.frame()
        assert first == FIN | BINARY and answer[:9] == b"\x04\0\0\0\x07\0\x04\0\0"


def mutated(data, generator):
    """A copy with a few bytes changed, taken out, or doubled."""
    changed = bytearray(data)
    for _ in range(generator.randrange(1, 4)):
        at = generator.randrange(len(changed))
        kind = generator.randrange(3)
        if kind == 0:
            changed[at] = generator.randrange(256)
        elif kind == 1:
            del changed[at]
        else:
            changed[at:at] = changed[max(0, at - 5):at]
    return bytes(changed)


def test_five_hundred_mutated_handshakes_leave_the_server_standing(server):
    generator = random.Random(6455)
    outcomes = {"accepted": 0, "refused": 0, "waited for": 0}
    for number in range(500):
        with Raw(server) as raw:
            raw.send(mutated(GOOD, generator))
            raw.socket.settimeout(0.1)
            try:
                head = raw.head()
            except TimeoutError:
                outcomes["waited for"] += 1  # its end was lost
                continue
            if head.startswith(b"HTTP/1.1 101 "):
                outcomes["accepted"] += 1  # a byte that does not matter
            else:
                assert head.startswith(b"HTTP/1.1 4"), (number, head)
                outcomes["refused"] += 1
    assert outcomes["refused"] > 250, outcomes


def refusal_of(first, second):
    """What RFC 6455, 5 and this server's subset of it say to a frame that begins so; None: go on."""
    opcode, length = first & 0x0f, second & 0x7f
    if first & 0x70 or not second & 0x80:
        return 1002
    if opcode == TEXT:
        return 1003
    if opcode == BINARY:
        return None
    if opcode in (CLOSE, PING, PONG):
        return None if first & FIN and length <= 125 else 1002
    return 1002  # a continuation of nothing, or reserved


def test_five_hundred_random_frames_are_refused_as_the_standard_says(server):
    generator = random.Random(5564)
    cases = [(first, second) for first in range(256) for second in range(256) if refusal_of(first, second)]
    for first, second in generator.sample(cases, 500):
        with opened(server) as raw:
            raw.send(bytes([first, second]) + generator.randbytes(generator.randrange(40)))
            assert raw.close_code() == refusal_of(first, second), (first, second)
