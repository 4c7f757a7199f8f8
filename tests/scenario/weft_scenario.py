# SPDX-License-Identifier: AGPL-3.0-or-later
"""The real weftd and the real weft, driven from Python.

    with Scene(weftd, weft, directory) as scene:
        server = scene.server()                    # init, serve, listening
        ann = scene.person("ann", server.invite(group="Ward 7"))
        channel = ann.json("channel", "create", "Falls")[-1]["channel"]

Everything that is started is ended with the scene, whatever happens. Nothing sleeps for luck: what
is awaited is an event with a deadline, and a deadline that passes fails with what was seen until
then. A program that a sanitizer stopped fails the scenario even where nobody asked for its result.
"""
import base64
import contextlib
import copy
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

# Sanitizers make everything several times slower, and two cores may be shared with another test.
PATIENCE_S = float(os.environ.get("WEFT_PATIENCE_S", "60"))

# Exit codes that weft and weftd share (client-cli/commands/exit_code.h).
OK, USAGE, INTERNAL, NETWORK, TRUST, RATE_LIMIT, AUTHENTICATION, NOT_FOUND, CONFLICT, NOT_NOW = range(10)

SANITIZER = re.compile(rb"(ERROR: \w+Sanitizer|runtime error:|WARNING: ThreadSanitizer|assertion .* failed|"
                       rb"(protocol|server|client-cli)/\S+ \w+: Assertion .* failed)")
SANITIZER_EXIT = 99


def sanitizer_options():
    # LeakSanitizer stops its own process with ptrace, which programs that guard their memory
    # (PR_SET_DUMPABLE) forbid to all but root.
    leaks = 1 if os.geteuid() == 0 else 0
    return {
        "ASAN_OPTIONS": f"exitcode={SANITIZER_EXIT}:detect_leaks={leaks}:abort_on_error=0",
        "UBSAN_OPTIONS": f"halt_on_error=1:print_stacktrace=1:exitcode={SANITIZER_EXIT}",
        "TSAN_OPTIONS": f"exitcode={SANITIZER_EXIT}",
    }


class Unexpected(AssertionError):
    """A program did something else than the scenario says."""


def until(what, condition, patience_s=PATIENCE_S):
    """Waits for a fact outside our processes' output (a file, a port): asks until it is so."""
    deadline = time.monotonic() + patience_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Unexpected(f"after {patience_s:.0f} s still not: {what}")
        time.sleep(0.01)


def free_port():
    """Below the ports that outgoing connections take, so that nobody gets it by chance."""
    for _ in range(200):
        port = random.SystemRandom().randrange(10000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Unexpected("no free port between 10000 and 32000")


def fill_disk(directory, leave_bytes):
    """Takes all but so many bytes of a disk; removing the file gives them back."""
    disk = os.statvfs(directory)
    filler = directory / "filler"
    with open(filler, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_frsize - leave_bytes)
    return filler


def parse_lines(text):
    """JSON lines; what is not JSON is a bug of the program's."""
    lines = []
    for line in text.splitlines():
        if line.strip():
            try:
                lines.append(json.loads(line))
            except ValueError as error:
                raise Unexpected(f"not a JSON line: {line!r}") from error
    return lines


class Result:
    """What a program that ended left: its exit code and its output."""

    def __init__(self, argv, code, out, err):
        self.argv, self.code, self.out, self.err = argv, code, out, err

    @property
    def text(self):
        return self.out.decode()

    @property
    def error(self):
        return self.err.decode(errors="replace")

    @property
    def lines(self):
        return parse_lines(self.text)

    def __str__(self):
        return f"{' '.join(map(str, self.argv))}\nexit code {self.code}\n{self.text}{self.error}"

    def expect(self, *codes):
        if self.code not in codes:
            raise Unexpected(f"expected exit code {' or '.join(map(str, codes))}: {self}")
        return self


class Stream:
    """A program that goes on, its standard output read line by line in the background."""

    def __init__(self, argv, environment, log_path, on_line=None, typed=False):
        self.argv = argv
        self.log_path = log_path
        self.seen = []
        self.on_line = on_line
        self._changed = threading.Condition()
        self._ended = False
        with open(log_path, "ab") as log:
            self.process = subprocess.Popen(argv, env=environment, stdin=subprocess.PIPE if typed else subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=log)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def type(self, line):
        """Answers a question, of a program that was started to be typed to."""
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def _read(self):
        for raw in self.process.stdout:
            line = raw.decode(errors="replace").rstrip("\n")
            if self.on_line is not None:
                self.on_line(line)
            with self._changed:
                self.seen.append(line)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_line(self, what, wanted, patience_s=PATIENCE_S, since=0):
        """The first line from number `since` on of which `wanted` is true."""
        deadline = time.monotonic() + patience_s
        at = since
        with self._changed:
            while True:
                for line in self.seen[at:]:
                    if wanted(line):
                        return line
                at = len(self.seen)
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    why = "it ended" if self._ended else f"{patience_s:.0f} s passed"
                    shown = "\n".join(self.seen[-40:])
                    raise Unexpected(f"{' '.join(map(str, self.argv))}: {why} before {what}\n{shown}\n{self.log()}")
                self._changed.wait(left)

    def wait_end_or_line(self, what, wanted):
        """Until such a line comes, or the program ends before, which is as good."""
        try:
            self.wait_line(what, wanted)
        except Unexpected:
            if not self._ended:
                raise
            self.process.wait(PATIENCE_S)

    def records(self):
        with self._changed:
            return parse_lines("\n".join(self.seen))

    def wait_record(self, what, wanted, patience_s=PATIENCE_S, since=0):
        """The same of a program that prints JSON lines."""
        found = self.wait_line(what, lambda line: wanted(json.loads(line)), patience_s, since)
        return json.loads(found)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def is_running(self):
        return self.process.poll() is None

    def end(self, how=signal.SIGTERM, patience_s=PATIENCE_S):
        """Sends the signal and waits; the exit code, negative for a signal."""
        if self.is_running():
            self.process.send_signal(how)
        try:
            code = self.process.wait(patience_s)
        except subprocess.TimeoutExpired as error:
            self.process.kill()
            self.process.wait()
            raise Unexpected(f"{' '.join(map(str, self.argv))} did not end on {how!r}\n{self.log()}") from error
        self._reader.join(patience_s)
        return code


class Server:
    """A community's weftd: its state directory, its process, its admin commands."""

    def __init__(self, scene, name="server", community="Scenario", directory=None):
        self.scene = scene
        self.directory = (directory or scene.directory) / name
        self.state = self.directory / "state"
        self.directory.mkdir()
        self.port = free_port()
        self.log_path = self.directory / "weftd.log"
        self.stream = None
        self.starts = 0
        result = self.admin("init", "--community", community, "--host", "127.0.0.1", "--port", str(self.port))
        self.first_link = result.text.strip()

    def admin(self, *arguments, code=OK, json_lines=False):
        argv = [self.scene.weftd, "--state", self.state, *(["--json"] if json_lines else []), *arguments]
        return self.scene.run(argv, code=code)

    def json(self, *arguments, code=OK):
        return self.admin(*arguments, code=code, json_lines=True).lines

    def configure(self, **values):
        """Sets keys of weftd.conf; takes effect at the next start."""
        path = self.state / "weftd.conf"
        text = path.read_text()
        for key, value in values.items():
            text, count = re.subn(rf"(?m)^#? ?{key} *=.*$", f"{key} = {value}", text)
            if count == 0:
                text += f"{key} = {value}\n"
        path.write_text(text)

    def begin(self, environment=None):
        """Starts it, and does not wait until it listens: it may not come to that."""
        self.starts += 1
        self.stream = self.scene.stream([self.scene.weftd, "--state", self.state, "serve"], self.log_path, environment)

    def start(self, environment=None):
        self.begin(environment)
        self.stream.wait_line("listening", lambda line: line.startswith("listening on"))
        return self

    def copied(self, scene):
        """The same, stopped, in another scene's directory and with its state as it is now: on the same port."""
        twin = copy.copy(self)
        twin.scene, twin.stream, twin.starts = scene, None, 0
        twin.directory = scene.directory / self.directory.relative_to(self.scene.directory)
        twin.state = twin.directory / "state"
        twin.log_path = twin.directory / "weftd.log"
        shutil.copytree(self.directory, twin.directory, ignore=shutil.ignore_patterns("*.sock"))
        return twin

    @property
    def pid(self):
        return self.stream.process.pid

    def stop(self):
        code = self.stream.end(signal.SIGTERM)
        if code != OK:
            raise Unexpected(f"weftd ended with {code}\n{self.log()}")

    def kill(self):
        """As a power cut would, but for the disk's own cache."""
        self.stream.end(signal.SIGKILL)

    def restart(self):
        self.stop()
        return self.start()

    def log(self):
        return self.log_path.read_text(errors="replace")

    def invite(self, *, group=None, person=None, role=None):
        arguments = ["invite"]
        for option, value in (("--group", group), ("--person", person), ("--role", role)):
            if value is not None:
                arguments += [option, str(value)]
        return self.json(*arguments)[-1]["link"]

    def sql(self, statement, *values):
        """Done in its database, beside it."""
        with contextlib.closing(sqlite3.connect(self.state / "weftd.db")) as database:
            rows = database.execute(statement, values).fetchall()
            database.commit()
            return rows

    def files(self):
        """Everything that weftd wrote: database, write-ahead log, keys, configuration, its log."""
        return [path for path in sorted(self.directory.rglob("*")) if path.is_file()]

    def occurrences(self, needle):
        needle = needle if isinstance(needle, bytes) else needle.encode()
        return [path.name for path in self.files() if needle in path.read_bytes()]


class Person:
    """Somebody with a profile of their own, on a machine of their own as far as weft can tell."""

    PLACES = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")

    def __init__(self, scene, name, directory=None):
        self.scene = scene
        self.name = name
        self.home = (directory or scene.directory) / "people" / re.sub(r"\W+", "-", name)
        self.home.mkdir(parents=True)
        self.streams = 0
        self._id = None
        self._live_at_home()
        for variable in self.PLACES:
            pathlib.Path(self.environment[variable]).mkdir(mode=0o700)

    def __repr__(self):
        return self.name

    def _live_at_home(self):
        self.environment = {**self.scene.environment, "HOME": str(self.home)}
        for variable in self.PLACES:
            self.environment[variable] = str(self.home / variable.lower())

    def copied(self, scene):
        """The same person, in another scene's directory and with the profile as it is now."""
        twin = copy.copy(self)
        twin.scene = scene
        twin.home = scene.directory / self.home.relative_to(self.scene.directory)
        shutil.copytree(self.home, twin.home, ignore=shutil.ignore_patterns("*.sock"))
        twin._live_at_home()
        return twin

    def argv(self, *arguments, json_lines=False):
        words = list(map(str, arguments))
        if json_lines:
            words.insert(words.index("--") if "--" in words else len(words), "--json")
        return [self.scene.weft, *words]

    def run(self, *arguments, code=OK, stdin=None, json_lines=False, patience_s=PATIENCE_S):
        """Runs `weft ARGUMENTS`; `code` is the exit code that it must have, None for any."""
        argv = self.argv(*arguments, json_lines=json_lines)
        return self.scene.run(argv, environment=self.environment, code=code, stdin=stdin, patience_s=patience_s)

    def json(self, *arguments, code=OK, stdin=None):
        return self.run(*arguments, code=code, stdin=stdin, json_lines=True).lines

    def one(self, *arguments):
        """The single record that a command prints."""
        lines = self.json(*arguments)
        if len(lines) != 1:
            raise Unexpected(f"weft {' '.join(map(str, arguments))} printed {len(lines)} records: {lines}")
        return lines[0]

    def stream(self, *arguments, json_lines=True, on_line=None, typed=False):
        """A command that goes on, such as follow; or that asks, and is typed to."""
        self.streams += 1
        argv = self.argv(*arguments, json_lines=json_lines)
        return self.scene.stream(argv, self.home / f"stream-{self.streams}.log", self.environment, on_line, typed)

    @property
    def id(self):
        if self._id is None:
            self._id = self.json("status")[0]["person"]
        return self._id

    @property
    def profile(self):
        """The folder of the default profile."""
        return self.home / "xdg_data_home" / "weft" / "default"

    def follow(self, *channels):
        """`weft follow`, once it has caught up."""
        following = self.stream("follow", *channels)
        following.wait_record("following", lambda record: record["type"] == "following")
        return following

    def profile_files(self):
        return [path for path in sorted(self.home.rglob("*")) if path.is_file()]


class Scene:
    """A directory, the programs, and everything that was started: all of it ends with the scene."""

    def __init__(self, weftd, weft, directory):
        self.weftd, self.weft = weftd, weft
        self.directory = pathlib.Path(directory)
        self.streams = []
        self.broken = []  # what sanitizers said
        self.environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC",
                            "TERM": "dumb", "NO_COLOR": "1", **sanitizer_options()}

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for stream in reversed(self.streams):
            if stream.is_running():
                stream.process.kill()
            stream.process.wait()
        for log in {stream.log_path for stream in self.streams}:
            self._check(log.name, log.read_bytes())
        if kind is None:
            if self.broken:
                raise Unexpected("\n".join(self.broken))
            if "WEFT_KEEP" not in os.environ:
                shutil.rmtree(self.directory, ignore_errors=True)

    def _check(self, what, text):
        if SANITIZER.search(text):
            self.broken.append(f"{what}: {text[-6000:].decode(errors='replace')}")

    def run(self, argv, environment=None, code=OK, stdin=None, patience_s=PATIENCE_S):
        argv = [str(argument) if isinstance(argument, pathlib.Path) else argument for argument in argv]
        standard_input = stdin.encode() if isinstance(stdin, str) else stdin
        try:
            done = subprocess.run(argv, env=environment or self.environment, input=standard_input or b"",
                                  capture_output=True, timeout=patience_s, check=False)
        except subprocess.TimeoutExpired as error:
            out, err = error.stdout or b"", error.stderr or b""
            raise Unexpected(f"not done after {patience_s:.0f} s: {Result(argv, None, out, err)}") from error
        result = Result(argv, done.returncode, done.stdout, done.stderr)
        if SANITIZER.search(done.stderr):
            raise Unexpected(f"a sanitizer stopped it: {result}")
        return result if code is None else result.expect(code)

    def stream(self, argv, log_path, environment=None, on_line=None, typed=False):
        argv = [str(argument) for argument in argv]
        stream = Stream(argv, environment or self.environment, log_path, on_line, typed)
        self.streams.append(stream)
        return stream

    def server(self, name="server", start=True, directory=None, **configuration):
        server = Server(self, name, directory=directory)
        if configuration:
            server.configure(**configuration)
        return server.start() if start else server

    def person(self, name, link=None, directory=None):
        """A new person; joins when there is a link."""
        person = Person(self, name, directory)
        if link is not None:
            person.run("join", link, "--name", name, "--yes")
        return person

    def people(self, names, link_of):
        """Several at once; `link_of(name)` makes each one's invite."""
        return self.together(lambda name: self.person(name, link_of(name)), names)

    @staticmethod
    def together(function, items, width=4):
        """The function of all items at the same time; results in their order."""
        with ThreadPoolExecutor(max_workers=width) as pool:
            return list(pool.map(function, items))


def decode_link(link):
    """(host, port, secret, log key, hash of the next key) of an invite link: PROTOCOL.md, 5."""
    match = re.fullmatch(r"weft://([^:/]+):(\d+)/join#([A-Za-z0-9_-]+)", link)
    if match is None:
        raise Unexpected(f"not an invite link: {link!r}")
    fragment = base64.urlsafe_b64decode(match[3] + "=" * (-len(match[3]) % 4))
    if len(fragment) != 81 or fragment[0] != 1:
        raise Unexpected(f"not a fragment of version 1: {fragment.hex()}")
    return match[1], int(match[2]), fragment[1:17], fragment[17:49], fragment[49:]


def encode_link(host, port, secret, log_key, next_log_key_sha256):
    fragment = b"\x01" + secret + log_key + next_log_key_sha256
    return f"weft://{host}:{port}/join#{base64.urlsafe_b64encode(fragment).decode().rstrip('=')}"


def link_by_way_of(port, link):
    """The same invite link, to another port of the same host."""
    host, _, *rest = decode_link(link)
    return encode_link(host, port, *rest)
