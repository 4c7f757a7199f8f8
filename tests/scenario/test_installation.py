# SPDX-License-Identifier: AGPL-3.0-or-later
"""`cmake --install`, as README.md prints it: both programs, and what systemd and people then look for, each
where the unit says."""
import os
import re
import subprocess
import time

import pytest

PREFIX = "/usr/local/"
DAY_S = 24 * 3600


@pytest.fixture
def installed(weftd_program, tmp_path):
    build = weftd_program.parents[1]
    subprocess.run(["cmake", "--install", build, "--prefix", tmp_path], check=True, stdout=subprocess.DEVNULL)
    return tmp_path


def test_both_programs_are_installed_and_run(installed):
    for name in ("weftd", "weft"):
        told = subprocess.run([installed / "bin" / name, "--version"], check=True, capture_output=True, text=True)
        assert told.stdout.startswith(name)


def units(installed):
    found = sorted((installed / "lib/systemd/system").iterdir())
    assert [unit.name for unit in found] == ["weftd-backup.service", "weftd-backup.timer", "weftd.service"]
    return found


def test_what_the_units_name_is_installed_and_so_are_they(installed):
    for unit in units(installed):
        named = re.findall(PREFIX + r"([^\s']+)", unit.read_text())
        assert "bin/weftd" in named or unit.suffix == ".timer", unit
        for path in named:
            assert (installed / path).is_file(), (unit, path)
        assert not re.search(r"=(?:file:)?/usr/(?!local/)", unit.read_text()), (
            f"{unit} names what an installation does not bring")


def test_systemd_finds_nothing_wrong_with_the_units(installed):
    for unit in units(installed):
        unit.write_text(unit.read_text().replace(PREFIX, f"{installed}/"))
    # Whatever it says of units of the machine's own.
    verify = ["systemd-analyze", "verify", "--recursive-errors=no", "--man=no", *units(installed)]
    told = subprocess.run(verify, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr


def test_a_night_makes_a_backup_and_takes_away_those_of_weeks_ago(scene, installed):
    server = scene.server()
    backups = scene.directory / "backups"
    fresh, old, foreign = (backups / name for name in ("20260101T023000Z", "20251201T023000Z", "other"))
    for folder in (fresh, old, foreign):
        folder.mkdir(parents=True)
        (folder / "weftd.db").touch()
    for folder in (old, foreign):
        os.utime(folder, (time.time() - 16 * DAY_S,) * 2)
    unit = (installed / "lib/systemd/system/weftd-backup.service").read_text()
    steps = re.findall(r"^ExecStart(?:Post)?=/bin/sh -c '(.*)'$", unit, re.MULTILINE)
    assert len(steps) == 2

    def night():
        for step in steps:
            for written, meant in (("$$", "$"), ("%%", "%"), ("/var/backups/weft", str(backups)),
                                   ("/usr/local/bin/weftd", f"{installed}/bin/weftd --state {server.state}")):
                step = step.replace(written, meant)
            done = subprocess.run(["/bin/sh", "-c", step], capture_output=True, text=True)
            if done.returncode != 0:
                return done
        return done

    assert night().returncode == 0
    made = [folder.name for folder in backups.iterdir() if folder not in (fresh, old, foreign)]
    assert fresh.exists() and foreign.exists() and not old.exists()
    assert len(made) == 1 and re.fullmatch(r"2\d{7}T\d{6}Z", made[0]) and (backups / made[0] / "weftd.db").stat().st_size
    # A night without a backup takes none away.
    os.utime(fresh, (time.time() - 16 * DAY_S,) * 2)
    server.stop()
    (server.state / "weftd.db").rename(server.state / "elsewhere.db")
    assert night().returncode != 0
    assert fresh.exists()
