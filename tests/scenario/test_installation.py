# SPDX-License-Identifier: AGPL-3.0-or-later
"""`cmake --install`, as README.md prints it: both programs, and what systemd and people then look for, each
where the unit says."""
import re
import subprocess

import pytest

PREFIX = "/usr/local/"


@pytest.fixture
def installed(weftd_program, tmp_path):
    build = weftd_program.parents[1]
    subprocess.run(["cmake", "--install", build, "--prefix", tmp_path], check=True, stdout=subprocess.DEVNULL)
    return tmp_path


def test_both_programs_are_installed_and_run(installed):
    for name in ("weftd", "weft"):
        told = subprocess.run([installed / "bin" / name, "--version"], check=True, capture_output=True, text=True)
        assert told.stdout.startswith(name)


def test_what_the_unit_names_is_installed_and_so_is_the_unit(installed):
    unit = (installed / "lib/systemd/system/weftd.service").read_text()
    named = re.findall(PREFIX + r"(\S+)", unit)
    assert any(path == "bin/weftd" for path in named), unit
    for path in named:
        assert (installed / path).is_file(), path
    assert not re.search(r"=(?:file:)?/usr/(?!local/)", unit), "the unit names what an installation does not bring"


def test_systemd_finds_nothing_wrong_with_the_unit(installed):
    unit = installed / "lib/systemd/system/weftd.service"
    unit.write_text(unit.read_text().replace(PREFIX, f"{installed}/"))
    # Whatever it says of units of the machine's own.
    verify = ["systemd-analyze", "verify", "--recursive-errors=no", "--man=no", unit]
    told = subprocess.run(verify, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
