# SPDX-License-Identifier: AGPL-3.0-or-later
"""A certificate is renewed while weftd runs: SIGHUP reads it, and clients go on, because the server signs
for the new key. Files that do not fit each other change nothing."""
import os
import shutil
import signal
import ssl

from weft_scenario import until


def served(server):
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", server.port)))


def file(server, name):
    return ssl.PEM_cert_to_DER_cert((server.state / name).read_text())


def reload(server, times):
    os.kill(server.pid, signal.SIGHUP)
    until("the certificate to be read", lambda: server.log().count("certificate_read") == times)


def test_a_renewed_certificate_is_served_without_a_restart(scene):
    server, other = scene.server(), scene.server("other", start=False)
    ann = scene.person("Ann", server.invite(group="Ward 7"))
    first = served(server)
    assert first == file(server, "tls.crt")
    shutil.copy(other.state / "tls.crt", server.state / "tls.crt")
    reload(server, 1)
    assert served(server) == first, "the key is not of this certificate"
    assert "tls.key is not the key of" in server.log() and "the one in use stays" in server.log()
    ann.run("sync")
    shutil.copy(other.state / "tls.key", server.state / "tls.key")
    reload(server, 2)
    assert served(server) == file(server, "tls.crt") != first
    ann.run("sync")
    server.stop()


def test_a_new_machine_needs_the_keys_the_configuration_and_a_backup_alone(scene):
    server = scene.server()
    ann = scene.person("Ann", server.invite(group="Ward 7"))
    backup = server.directory / "backup"
    server.admin("backup", backup)
    server.stop()
    kept = server.directory / "old"
    server.state.rename(kept)
    server.state.mkdir(mode=0o700)
    for name in ("log.key", "next-log.key", "weftd.conf"):
        shutil.copy(kept / name, server.state / name)
    server.admin("restore", backup)
    assert "right" in server.admin("check-config").text
    server.start()
    ann.run("sync")
    assert (server.state / "tls.key").stat().st_mode & 0o777 == 0o600
    server.stop()
    server.start()
    ann.run("sync")
    server.stop()
