# SPDX-License-Identifier: AGPL-3.0-or-later
"""The wire without weft: a client that speaks protocol/PROTOCOL.md, well or badly, and a proxy that
sits between weft and weftd. Written from that page alone, so that it also shows that the page is
enough to write a client from."""
import base64
import hashlib
import os
import pathlib
import select
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time

from weft_scenario import decode_link

SERVER_HELLO, CLIENT_HELLO, REQUEST, RESPONSE, EVENT, PART = range(1, 7)
EVENT_ENTRY, EVENT_BEHIND, EVENT_WORK, EVENT_WELCOME, EVENT_DIRECTORY, EVENT_KNOCK, EVENT_CLOSING = 100, 101, 102, 105, 106, 107, 108
NO_SUCH_EVENT = 999

INVITE_SHOW, REDEEM, LOGIN, PING, READ = range(1, 6)
LOG_ENTRIES = 10
(PAIRING_OPEN, PAIRING_STEP, PAIRING_SHOW, PAIRING_ANSWER, PAIRING_FINISH, DEVICE_LIST,
 DEVICE_REVOKE) = range(11, 18)
PERSON_GET, PEOPLE, PROFILE_SET, GROUPS, READ_POSITIONS = range(20, 25)
KEY_PACKAGES_PUBLISH, KEY_PACKAGES_COUNT, KEY_PACKAGES_FETCH = range(30, 33)
(CHANNEL_CREATE, CHANNEL_LIST, CHANNEL_SHOW, CHANNEL_GROUP, CHANNEL_COMMIT, CHANNEL_SEND, CHANNEL_PAGE,
 CHANNEL_ENTRY, CHANNEL_SUBSCRIBE, CHANNEL_KNOCK, CHANNEL_KNOCKS, CHANNEL_KNOCK_ANSWER, CHANNEL_LEAVE,
 WELCOMES, WELCOME_DONE, READ_POSITION, WORK_LIST, CHANNEL_REPORT, CHANNEL_CONTINUE,
 CHANNEL_GENERATION) = range(40, 60)
SESSION_CREATE, SESSION_SHOW, SESSION_STAGE, CHANNEL_DELETE = range(60, 64)
HISTORY_ASK, HISTORY_SHOW, HISTORY_BEGIN, HISTORY_SHARED = range(64, 68)
FILE_BEGIN, FILE_PUT, FILE_DONE, FILE_GET, FILE_DROP = range(74, 79)
ASSISTERS_PROPOSE, ASSISTERS_INVITE, INVITATIONS, INVITATION_ANSWER = range(70, 74)
STATS, NETWORK, SUGGESTIONS, SUGGESTION_ANSWER, SUGGESTION_OPENED, SUGGESTION_MET, COFFEE = range(80, 87)
CHANNEL_KEEP = 95
LOG_RESTORES = 97
REQUESTS = (*range(1, 6), *range(10, 18), *range(20, 25), *range(30, 33), *range(40, 68), *range(70, 79),
            *range(80, 87), 95, 97)

CODES = ("ok large malformed unsupported limit unauthenticated denied not_found exists conflict not_now rate_limited "
         "expired wrong_epoch invalid bad_signature full internal").split()

BINARY, CLOSE, PING_FRAME, PONG = 2, 8, 9, 10


class Closed(Exception):
    """The other side ended the connection; `code` is WebSocket's, or None."""

    def __init__(self, code=None):
        super().__init__(f"closed with {code}")
        self.code = code


def vector(data):
    """RFC 9420, 2.1.2."""
    if len(data) < 1 << 6:
        return bytes([len(data)]) + data
    if len(data) < 1 << 14:
        return struct.pack(">H", 0x4000 | len(data)) + data
    return struct.pack(">I", 0x80000000 | len(data)) + data


class Reader:
    """Takes fields off the front of a structure."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise ValueError("ends early")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def time(self):
        return int.from_bytes(self.take(8), "big", signed=True)

    def vector(self):
        first = self.take(1)[0]
        size = 1 << (first >> 6)
        length = int.from_bytes(bytes([first & 0x3f]) + self.take(size - 1), "big")
        return self.take(length)

    def text(self):
        return self.vector().decode()

    def rest(self):
        return self.take(len(self.data) - self.at)


def websocket_frame(payload, opcode=BINARY, mask=None, final=True):
    head = bytes([(0x80 if final else 0) | opcode])
    masked = 0x80 if mask is not None else 0
    if len(payload) < 126:
        head += bytes([masked | len(payload)])
    elif len(payload) < 1 << 16:
        head += bytes([masked | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([masked | 127]) + struct.pack(">Q", len(payload))
    if mask is None:
        return head + payload
    repeated = (mask * (len(payload) // 4 + 1))[:len(payload)]
    return head + mask + (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(payload), "big")


class Buffered:
    """Exact reads from a socket."""

    def __init__(self, connection):
        self.connection, self.left = connection, b""

    def receive_more(self):
        try:
            data = self.connection.recv(65536)
        except (ConnectionError, ssl.SSLError) as error:
            raise Closed() from error
        if not data:
            raise Closed()
        self.left += data

    def read(self, count):
        while len(self.left) < count:
            self.receive_more()
        data, self.left = self.left[:count], self.left[count:]
        return data

    def read_through(self, end):
        while end not in self.left:
            self.receive_more()
        at = self.left.index(end) + len(end)
        data, self.left = self.left[:at], self.left[at:]
        return data

    def has_websocket_frame(self):
        if len(self.left) < 2:
            return False
        size = {126: 2, 127: 8}.get(self.left[1] & 0x7f, 0)
        length = int.from_bytes(self.left[2:2 + size], "big") if size else self.left[1] & 0x7f
        mask = 4 if self.left[1] & 0x80 else 0
        return len(self.left) >= 2 + size and len(self.left) >= 2 + size + mask + length

    def websocket_frame(self):
        """(opcode, payload) of the next frame, unmasked."""
        first, second = self.read(2)
        length = second & 0x7f
        if length == 126:
            length = int.from_bytes(self.read(2), "big")
        elif length == 127:
            length = int.from_bytes(self.read(8), "big")
        mask = self.read(4) if second & 0x80 else None
        payload = self.read(length)
        if mask is not None:
            payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        return first & 0x0f, payload


def tls_connect(port, patience_s=20):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    raw = socket.create_connection(("127.0.0.1", port), timeout=patience_s)
    return context.wrap_socket(raw)


def upgrade_request(port, protocol="weft.1"):
    key = base64.b64encode(os.urandom(16)).decode()
    return (f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n").encode()


class Connection:
    """One WebSocket connection; frames go out as they are given, whatever they are."""

    def __init__(self, port, hello=True):
        try:
            self.connection = tls_connect(port)
        except (ConnectionResetError, ssl.SSLZeroReturnError) as error:  # by a server that ends just now
            raise Closed() from error
        self.certificate = self.connection.getpeercert(binary_form=True)
        self.input = Buffered(self.connection)
        self.requests = 0
        self.events = []
        self.send_raw(upgrade_request(port))
        answer = self.input.read_through(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 101"):
            raise Closed()
        self.server_hello = self._parse_hello(self.receive())
        if hello:
            self.send(CLIENT_HELLO, 0, 0, client_hello())

    @classmethod
    def taken_over(cls, connection, input_):
        """One that somebody else opened, and logged in on."""
        self = cls.__new__(cls)
        self.connection, self.input, self.events = connection, input_, []
        self.requests = 1000  # no number that was used before
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    @staticmethod
    def _parse_hello(frame):
        kind, _, _, body = frame
        if kind != SERVER_HELLO:
            raise ValueError("the first frame is not a server hello")
        reader = Reader(body)
        hello = {"version_min": reader.number(2), "version_max": reader.number(2), "server_name": reader.vector(),
                 "log_key": reader.take(32), "tls_key_sha256": reader.take(32), "not_after": reader.time(),
                 "signature": reader.vector(), "nonce": reader.take(32), "capabilities": reader.vector()}
        if reader.rest():
            raise ValueError("bytes after the server hello")
        return hello

    def send_raw(self, data):
        try:
            self.connection.sendall(data)
        except (ConnectionError, ssl.SSLError) as error:
            raise Closed() from error

    def send_message(self, payload, opcode=BINARY):
        self.send_raw(websocket_frame(payload, opcode, mask=os.urandom(4)))

    def send(self, kind, request, number, body):
        self.send_message(struct.pack(">BIH", kind, request, number) + body)

    def receive(self):
        """The next protocol frame: (type, request, kind, body)."""
        while True:
            opcode, payload = self.input.websocket_frame()
            if opcode == CLOSE:
                raise Closed(int.from_bytes(payload[:2], "big") if len(payload) >= 2 else None)
            if opcode == PING_FRAME:
                self.send_message(payload, PONG)
            elif opcode == BINARY:
                kind, request, number = struct.unpack(">BIH", payload[:7])
                return kind, request, number, payload[7:]

    def request(self, number, body):
        """Makes a request: (name of the code, the body after it)."""
        self.requests += 1
        self.send(REQUEST, self.requests, number, body)
        return self.answer(self.requests)

    def answer(self, request):
        while True:
            kind, answered, number, body = self.receive()
            if kind == EVENT:
                self.events.append((number, body))
            elif kind == RESPONSE and answered == request:
                return CODES[int.from_bytes(body[:2], "big")], body[2:]
            else:
                raise ValueError(f"unexpected frame of type {kind} for request {answered}")


def client_hello(version=1, software=b"scenario", capabilities=(1, 2)):
    listed = b"".join(struct.pack(">H", capability) for capability in capabilities)
    return struct.pack(">H", version) + vector(software) + vector(listed)


class Key:
    """An Ed25519 key, held by the openssl program: Python has none of its own. `seed` is that of one that exists."""

    def __init__(self, seed=None):
        self.directory = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.directory.name) / "key.pem"
        if seed is None:
            subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.path], check=True)
        else:  # RFC 8410, 7: the fixed front of a private key of this kind
            self.path.write_text(ssl.DER_cert_to_PEM_cert(bytes.fromhex("302e020100300506032b657004220420") + seed)
                                 .replace("CERTIFICATE", "PRIVATE KEY"))
        public = subprocess.run(["openssl", "pkey", "-in", self.path, "-pubout", "-outform", "DER"],
                                check=True, capture_output=True).stdout
        self.public = public[-32:]

    def sign(self, label, content):
        """What section 1 of the protocol calls Signed."""
        message = self.path.with_suffix(".message")
        message.write_bytes(vector(label.encode()) + vector(content))
        done = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", self.path, "-rawin", "-in", message],
                              check=True, capture_output=True)
        return done.stdout


class Account:
    """A person with one device, made from an invite link's secret by hand."""

    def __init__(self, name="Raw"):
        self.name = name
        self.person, self.device = os.urandom(16), os.urandom(16)
        self.login, self.leaf = Key(), Key()

    def directory_entry(self, invited_by, *, sign_login=None, sign_leaf=None):
        fields = struct.pack(">BBBq", 1, 1, 1, int(time.time() * 1000))
        fields += self.person + self.device + invited_by + bytes(16)
        fields += vector(self.login.public) + vector(self.leaf.public)
        login_signature = (sign_login or self.login).sign("Weft log entry 1", fields)
        leaf_signature = (sign_leaf or self.leaf).sign("Weft log entry 1", fields)
        return fields + vector(login_signature) + vector(leaf_signature) + vector(b"")

    def redeem(self, connection, secret, **wrong):
        code, body = connection.request(INVITE_SHOW, secret)
        if code != "ok":
            return code, body
        reader = Reader(body)
        reader.text(), reader.text(), reader.number(1), reader.text(), reader.text()
        person, invited_by = reader.take(16), reader.take(16)
        if any(person):
            self.person = person
        entry = self.directory_entry(invited_by, **wrong)
        return connection.request(REDEEM, secret + vector(self.name.encode()) + vector(entry))

    def login_request(self, connection, *, key=None, label="Weft login 1", hello=None, device=None):
        hello = hello or connection.server_hello
        device = device or self.device
        proof = vector(hello["server_name"]) + hello["log_key"] + hello["tls_key_sha256"] + hello["nonce"] + device
        return device + vector((key or self.login).sign(label, proof)) + struct.pack(">Q", 1)

    def log_in(self, connection, **wrong):
        return connection.request(LOGIN, self.login_request(connection, **wrong))


def joined(server, name="Ann", role=None):
    """An account of this server's, by a fresh invite."""
    account = Account(name)
    with Connection(server.port) as connection:
        assert account.redeem(connection, decode_link(server.invite(group="Ward 7", role=role))[2])[0] == "ok"
    return account


def logged_in(server, account):
    connection = Connection(server.port)
    assert account.log_in(connection)[0] == "ok"
    return connection


def refusal(code, why=b""):
    """The body of an answer that refuses, without a word of when to come back."""
    return CODES.index(code).to_bytes(2, "big") + vector(why) + bytes(4)


def turned(data, bit):
    """The same with one bit changed."""
    wrong = bytearray(data)
    wrong[bit // 8] ^= 1 << bit % 8
    return bytes(wrong)


def spki_sha256(certificate):
    """SHA-256 of the certificate's public key, as the hello has it."""
    public = subprocess.run(["openssl", "x509", "-inform", "DER", "-pubkey", "-noout"], input=certificate,
                            check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public,
                         check=True, capture_output=True).stdout
    return hashlib.sha256(der).digest()


class Proxy:
    """Between weft and weftd, frame by frame. With the server's own certificate it is a network that
    damages what it carries; with another it is somebody in the middle.

    `change(direction, number, payload)` gets "up" or "down", the number of the message in that
    direction of its connection, and the bytes; it returns what to pass on, or None to cut the
    connection."""

    def __init__(self, server_port, certificate, key, change=None, port=0):
        self.server_port = server_port
        self.change = change or (lambda direction, number, payload: payload)
        self.up_frames = 0
        self.up_bytes = 0    # of TLS records' contents: WebSocket frames with their heads
        self.down_bytes = 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.open = set()
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._cut(self.listener)  # wakes the thread that accepts, which would keep the port
        self.thread.join()
        self.listener.close()
        for connection in list(self.open):
            self._cut(connection)

    @staticmethod
    def _cut(connection):
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _accept(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw):
        try:
            raw.settimeout(60)
            client = self.context.wrap_socket(raw, server_side=True)
            server = tls_connect(self.server_port, 60)
        except OSError:
            raw.close()
            return
        self.open |= {client, server}
        up, down = Buffered(client), Buffered(server)
        try:
            server.sendall(up.read_through(b"\r\n\r\n"))
            client.sendall(down.read_through(b"\r\n\r\n"))
            self._carry({client: ("up", up, server), server: ("down", down, client)})
        except (OSError, Closed):
            pass
        self.open -= {client, server}
        client.close()
        self._leave(down)

    def _leave(self, down):
        """The client is gone; what becomes of the server's side."""
        down.connection.close()

    def _carry(self, ways):
        """One thread for both ways: a TLS connection must not be used by two."""
        numbers = {"up": 0, "down": 0}
        while True:
            for direction, source, sink in ways.values():
                while source.has_websocket_frame():
                    if not self._pass_on(direction, numbers, source.websocket_frame(), sink):
                        return
            waiting = [connection for connection in ways if connection.pending()]
            if not waiting:
                waiting, _, _ = select.select(list(ways), [], [], 60)
                if not waiting:
                    return
            for connection in waiting:
                ways[connection][1].receive_more()

    def _pass_on(self, direction, numbers, frame, sink):
        opcode, payload = frame
        if opcode == BINARY:
            payload = self.change(direction, numbers[direction], payload)
            numbers[direction] += 1
            if payload is None:
                return False
        out = websocket_frame(payload, opcode, bytes(4) if direction == "up" else None)
        if direction == "up":
            self.up_frames += 1
            self.up_bytes += len(out)
        else:
            self.down_bytes += len(out)
        sink.sendall(out)
        return True


class CutsOff(Proxy):
    """Cuts the connection in the place of the next request, `cutting` being ("up", kind), or of the answer to one, being
    ("down", kind)."""

    def __init__(self, server):
        self.cutting = None
        super().__init__(server.port, server.state / "tls.crt", server.state / "tls.key", self.look)

    def look(self, direction, _, payload):
        if (direction, int.from_bytes(payload[5:7], "big")) != self.cutting or payload[0] not in (REQUEST, RESPONSE):
            return payload
        self.cutting = None
        return None
