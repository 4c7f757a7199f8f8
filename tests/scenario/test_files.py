# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files in a channel: sent and saved whole, taken up again after kills of the server and the client,
refused when the server changed a byte, and gone with their message."""
import errno
import hashlib
import os
import random
import signal
import struct

from weft_access_world import GENERATION, Handover
from weft_fault import ERROR, NAME, Faults, Way
from weft_liar import Frame, Liar
from weft_scenario import CONFLICT, NETWORK, NOT_FOUND, NOT_NOW, PATIENCE_S, TRUST, USAGE, link_by_way_of, until
from weft_talk import share_channel
from weft_wire import (CHANNEL_DELETE, CHANNEL_PAGE, CHANNEL_SEND, CODES, EVENT, EVENT_BEHIND, FILE_BEGIN, FILE_DONE, FILE_DROP,
                       FILE_GET, FILE_PUT, REQUEST, RESPONSE, CutsOff, vector, websocket_frame)

CHUNK = 262160  # an encrypted chunk of full length


def make_file(scene, name, size, seed=1):
    path = scene.directory / name
    path.write_bytes(random.Random(seed).randbytes(size))
    return path


def stored(server):
    """The files that the server keeps."""
    return sorted(path for path in (server.state / "files").iterdir())


def send(person, channel, path):
    return person.json("file", "send", channel, path)[-1]["sequence"]


def test_a_file_arrives_as_it_was_sent_and_the_server_knows_no_name(scene):
    server = scene.server()
    (ann, bea), channel = share_channel(scene, server, ("Ann", "Bea"))
    for size in (0, 1, 700_000):
        path = make_file(scene, f"quarter-{size}.csv", size)
        number = send(ann, channel, path)
        bea.run("file", "save", channel, number, "--as", bea.home)
        assert (bea.home / path.name).read_bytes() == path.read_bytes()
        assert (bea.home / path.name).stat().st_mode & 0o777 == 0o600
    assert f"quarter-700000.csv, 700000 bytes (to keep it: weft file save {number})" in bea.run("read", channel).text
    assert [path.name for path in bea.home.iterdir() if path.name.endswith(".part")] == []
    assert server.occurrences("quarter-") == []
    assert server.occurrences(path.read_bytes()[1000:1032]) == []
    # Nothing is replaced unasked, and other things are no files.
    assert "--force" in bea.run("file", "save", channel, number, "--as", bea.home, code=CONFLICT).error
    bea.run("file", "save", channel, number, "--as", bea.home, "--force")
    bea.run("file", "save", channel, number, "--as", bea.home / "other.csv")
    assert (bea.home / "other.csv").read_bytes() == path.read_bytes()
    ann.run("say", channel, "no file")
    bea.run("file", "save", channel, number + 1, code=NOT_FOUND)
    folder = ann.run("file", "send", channel, scene.directory, code=USAGE)
    assert f"{scene.directory.name} is not a plain file" in folder.error
    ann.run("file", "send", channel, scene.directory / "nothing", code=NOT_FOUND)
    os.truncate(path, (100 << 20) + 1)
    too_large = ann.run("file", "send", channel, path, code=USAGE)
    assert "104857601 bytes, at most 104857600 (100 MiB)" in too_large.error
    stranger = scene.person("Cy", server.invite(group="Ward of Cy"))
    assert stranger.run("file", "save", channel, number, code=None).code in (NOT_FOUND, NOT_NOW)
    server.stop()


def kill_at(person, words, percent):
    """Begins `weft file ...` and kills it once so much is done."""
    stream = person.stream(*words)
    stream.wait_record(f"{percent} %", lambda record: record["type"] == "progress" and
                       record["done"] * 100 >= percent * record["total"])
    stream.end(signal.SIGKILL)


def test_twenty_mebibytes_go_on_after_the_client_and_the_server_were_killed(scene):
    server = scene.server()
    (ann, bea), channel = share_channel(scene, server, ("Ann", "Bea"))
    path = make_file(scene, "scan.pdf", 20 << 20)
    kill_at(ann, ("file", "send", channel, path), 25)
    [part] = stored(server)
    there = part.stat().st_size // CHUNK
    assert 0 < there < 80
    again = ann.stream("file", "send", channel, path)
    first = again.wait_record("the first chunk", lambda record: record["type"] == "progress")
    assert first["done"] >= (there - 1) << 18, "it went on where it stopped"
    again.wait_record("half", lambda record: record["type"] == "progress" and record["done"] >= 10 << 20)
    server.kill()
    server.start()  # the same port: the sender comes back by itself
    number = again.wait_record("the end", lambda record: record["type"] == "said")["sequence"]
    assert again.process.wait(PATIENCE_S) == 0
    assert [path.stat().st_size for path in stored(server)] == [(20 << 20) + 80 * 16]
    kill_at(bea, ("file", "save", channel, number, "--as", bea.home), 40)
    assert not (bea.home / "scan.pdf").exists()
    [half] = bea.home.glob(".weft-*.part")
    with open(half, "r+b") as damaged:  # what was there is checked before it counts
        damaged.write(b"not what was sent")
    bea.run("file", "save", channel, number, "--as", bea.home)
    assert (bea.home / "scan.pdf").read_bytes() == path.read_bytes()
    assert list(bea.home.glob(".weft-*.part")) == []
    server.stop()


def test_uploads_that_broke_off_for_good_make_room_for_new_ones(scene):
    server = scene.server()
    (ann, bea), channel = share_channel(scene, server, ("Ann", "Bea"))
    paths = [make_file(scene, f"scan-{number}.pdf", 4 << 20, seed=number) for number in range(10)]
    for path in paths:
        kill_at(ann, ("file", "send", channel, path), 5)
    assert len(stored(server)) <= 8
    for path in (paths[0], paths[-1]):  # which was given up, and which goes on
        number = send(ann, channel, path)
        bea.run("file", "save", channel, number, "--as", bea.home)
        assert (bea.home / path.name).read_bytes() == path.read_bytes()
    server.stop()


def test_a_chunk_that_was_changed_cut_or_moved_is_refused(scene):
    server = scene.server()
    (ann, bea), channel = share_channel(scene, server, ("Ann", "Bea"))
    number = send(ann, channel, make_file(scene, "scan.pdf", 3 << 18))
    [path] = stored(server)
    good = path.read_bytes()
    swapped = good[CHUNK:2 * CHUNK] + good[:CHUNK] + good[2 * CHUNK:]
    for bad in (good[:-1], good[:-1] + bytes([good[-1] ^ 1]), swapped, good[:CHUNK], good + b"x"):
        path.write_bytes(bad)
        target = bea.home / "scan.pdf"
        if bad == good + b"x":  # what follows the last chunk is of no file
            bea.run("file", "save", channel, number, "--as", target)
            continue
        assert "not what its sender sent" in bea.run("file", "save", channel, number, "--as", target, code=TRUST).error
        assert not target.exists()
        for part in bea.home.glob(".weft-*.part"):
            part.unlink()
    path.unlink()
    bea.run("file", "save", channel, number, "--as", bea.home / "again.pdf", code=NOT_FOUND)
    server.stop()


def test_a_file_goes_with_its_message_and_a_forgotten_one_at_the_next_start(scene):
    server = scene.server()
    (ann, bea), channel = share_channel(scene, server, ("Ann", "Bea"))
    number = send(ann, channel, make_file(scene, "scan.pdf", 1000))
    bea.run("sync")
    assert len(stored(server)) == 1
    ann.run("delete", channel, number)
    until("the file is removed", lambda: stored(server) == [])
    bea.run("file", "save", channel, number, "--as", bea.home, code=NOT_FOUND)
    (server.state / "files" / ("ab" * 16)).write_bytes(b"left behind by a crash")
    server.restart()
    assert stored(server) == []
    server.stop()


def test_whoever_deletes_an_own_message_of_the_same_id_takes_nobodys_file(scene):
    server = scene.server()
    proxy = Handover(server)
    (ann, bea), channel = share_channel(
        scene, server, ("Ann", "Bea"), link=lambda name: link_by_way_of(proxy.port, server.invite(group=f"Ward of {name}")))
    path = make_file(scene, "scan.pdf", 1000)
    sent = ann.json("file", "send", channel, path)[-1]
    said = bytes.fromhex(bea.one("say", channel, "Hello")["message"])
    hello = proxy.recorded[CHANNEL_SEND][-1]
    connection = proxy.take(bea)
    code, answer = connection.request(CHANNEL_SEND, hello.replace(said, bytes.fromhex(sent["message"])))
    assert code == "ok"
    deleted = hello.replace(said, os.urandom(16)) + vector(GENERATION + answer[:8])
    assert connection.request(CHANNEL_DELETE, deleted)[0] == "ok"
    connection.connection.close()
    ann.run("file", "save", channel, sent["sequence"], "--as", ann.home)
    assert (ann.home / "scan.pdf").read_bytes() == path.read_bytes()
    proxy.close()
    server.stop()


def test_a_folder_that_cannot_rename_with_flags_takes_files_too(scene, faults_library):
    """As NFS, where the homes of many a ward are, and much that FUSE mounts."""
    server = scene.server()
    (ann, bea), channel = share_channel(scene, server, ("Ann", "Bea"))
    path = make_file(scene, "scan.pdf", 1000)
    number = send(ann, channel, path)
    folder = scene.directory / "saved"
    folder.mkdir()
    faults = Faults(faults_library, scene.directory / "faults", [folder])
    bea.environment = faults.environment(bea.environment)
    faults["kinds"] = NAME

    def save(name, code=0):
        faults.fail(renaming, Way("no flags", NAME, ERROR, errno.EINVAL))
        return bea.run("file", "save", channel, number, "--as", folder / name, code=code)

    bea.run("file", "save", channel, number, "--as", folder / "first.pdf")
    renaming = faults["calls"]
    save("second.pdf")
    assert faults.call.startswith("renameat2")
    assert (folder / "second.pdf").read_bytes() == path.read_bytes()
    assert sorted(name.name for name in folder.iterdir()) == ["first.pdf", "second.pdf"]
    assert "--force" in save("second.pdf", CONFLICT).error
    server.stop()


def test_a_connection_that_ends_between_two_chunks_ends_nothing(scene):
    """In what else is done there: the server has told of something, and is asked for it."""
    server = scene.server()
    with Liar(server) as liar:
        (ann, bea), channel = share_channel(
            scene, server, ("Ann", "Bea"), link=lambda name: link_by_way_of(liar.port, server.invite(group=f"Ward of {name}")))
        path = make_file(scene, "scan.pdf", 3 << 18)
        number = send(ann, channel, path)
        told, cut = [], []

        def rule(talk, way, frame):
            if frame.type == RESPONSE and frame.number == FILE_GET and not told:
                told.append(True)
                return [Frame(EVENT, 0, EVENT_BEHIND, b""), frame]
            if frame.is_request(CHANNEL_PAGE) and told and not cut:
                cut.append(True)
                liar.cut()
                return []
            return None

        liar.rule(rule)
        bea.run("file", "save", channel, number, "--as", bea.home)
        assert cut and (bea.home / "scan.pdf").read_bytes() == path.read_bytes()
    server.stop()


def test_a_file_is_sent_once_whatever_was_lost_and_again_after_it_was_deleted(scene):
    server = scene.server()
    with CutsOff(server) as proxy:
        (ann, bea), channel = share_channel(
            scene, server, ("Ann", "Bea"), link=lambda name: link_by_way_of(proxy.port, server.invite(group=f"Ward of {name}")))
        path = make_file(scene, "scan.pdf", 1000)

        def lose_the_answer():
            proxy.cutting = "down", CHANNEL_SEND
            ann.run("file", "send", channel, path, code=NETWORK)

        def sent_to_bea():
            return [record["sequence"] for record in bea.json("read", channel) if record.get("kind") == "file"]

        lose_the_answer()
        first = send(ann, channel, path)
        assert sent_to_bea() == [first]
        lose_the_answer()
        ann.run("sync")
        _, second = sent_to_bea()
        ann.run("delete", channel, second)
        third = send(ann, channel, path)
        assert sent_to_bea() == [first, third]
        bea.run("file", "save", channel, third, "--as", bea.home)
        assert (bea.home / "scan.pdf").read_bytes() == path.read_bytes()
    server.stop()


def test_a_changed_file_is_another_upload_and_names_are_made_harmless(scene):
    server = scene.server()
    (ann, bea), channel = share_channel(scene, server, ("Ann", "Bea"))
    path = make_file(scene, "-rf\u202e.pdf", 2 << 20)
    kill_at(ann, ("file", "send", channel, "--", path), 20)
    path.write_bytes(path.read_bytes()[::-1])
    number = ann.json("file", "send", channel, "--", path)[-1]["sequence"]
    assert len(stored(server)) == 2, "no key encrypts two contents"
    saved = bea.json("file", "save", channel, number, "--as", bea.home)[-1]
    assert saved["file_name"] == "_rf\ufffd.pdf"
    assert (bea.home / saved["file_name"]).read_bytes() == path.read_bytes()
    os.unlink(path)
    server.stop()


def test_of_what_is_asked_of_a_file_in_one_breath_the_first_is_done(scene):
    """Else a chunk could be written after the whole was checked, and before it counts as complete."""
    server = scene.server()
    with Handover(server) as proxy:
        ann = scene.person("Ann", link_by_way_of(proxy.port, server.invite(group="Ward 7")))
        channel = bytes.fromhex(ann.one("channel", "create", "Falls")["channel"])
        with proxy.take(ann) as connection:
            for number, second in enumerate((FILE_PUT, FILE_DONE, FILE_DROP)):
                file = os.urandom(16)
                chunk, other = bytes([number]) * 1000, bytes([number + 1]) * 1000
                whole = hashlib.sha256(hashlib.sha256(chunk).digest()).digest()
                begin = channel + file + os.urandom(16) + struct.pack(">Q", len(chunk))
                assert connection.request(FILE_BEGIN, begin)[0] == "ok"
                assert connection.request(FILE_PUT, channel + file + bytes(4) + vector(chunk))[0] == "ok"
                rest = {FILE_PUT: bytes(4) + vector(other), FILE_DONE: bytes(32), FILE_DROP: b""}[second]
                frames = (Frame(REQUEST, 2000, FILE_DONE, channel + file + whole),
                          Frame(REQUEST, 2001, second, channel + file + rest))
                connection.send_raw(b"".join(websocket_frame(frame.bytes(), mask=bytes(4)) for frame in frames))
                codes = {request: CODES[int.from_bytes(body[:2], "big")]
                         for _, request, _, body in (connection.receive() for _ in frames)}
                assert codes == {2000: "ok", 2001: "rate_limited"}
                assert (server.state / "files" / file.hex()).read_bytes() == chunk
                assert connection.request(second, channel + file + rest)[0] == ("ok" if second == FILE_DONE else "exists")
    server.stop()
