# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every scenario starts from: the programs under test and the shared data, both named by the
environment (CMakeLists.txt) or found in a build directory (WEFT_BUILD, build/dev unless said). A
scenario without its programs or its data is skipped, and says so; a file of which nothing ran but
skips exits with 77, which CTest shows as skipped."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

import weft_scenario

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77


def program(variable, place):
    """The path of a program of this build. It must be there when the build has the target."""
    path = os.environ.get(variable)
    if path is None:
        found = ROOT / os.environ.get("WEFT_BUILD", "build/dev") / place
        if not os.access(found, os.X_OK):
            pytest.skip(f"no {place} in this build ({variable}, WEFT_BUILD)")
        return found
    assert os.access(path, os.X_OK), f"{path} is not there, or not a program"
    return pathlib.Path(path)


@pytest.fixture(scope="session")
def weftd_program():
    return program("WEFTD_PROGRAM", "server/weftd")


@pytest.fixture(scope="session")
def weft_program():
    return program("WEFT_PROGRAM", "client-cli/weft")


@pytest.fixture(scope="session")
def faults_library():
    """The library of faults that is preloaded (weft_fault.py)."""
    return program("WEFT_FAULTS_LIBRARY", "tests/fault/weft_faults.so")


@pytest.fixture(scope="session")
def say_many():
    """The program that says a lot in a channel."""
    return program("SAY_MANY_PROGRAM", "tests/bench/say_many")


@pytest.fixture(scope="session")
def shared():
    """The folder of shared data: networks/, mls-vectors/."""
    path = pathlib.Path(os.environ.get("WEFT_SHARED", ROOT.parent / "shared"))
    if not (path / "networks").is_dir():
        pytest.skip(f"no shared data at {path} (WEFT_SHARED)")
    return path


@pytest.fixture
def scene(weftd_program, weft_program):
    """A scene in a directory with a short name: a Unix socket's path has at most 107 bytes."""
    directory = tempfile.mkdtemp(prefix="weft-")
    try:
        with weft_scenario.Scene(weftd_program, weft_program, directory) as scene:
            yield scene
    finally:
        if "WEFT_KEEP" not in os.environ:
            shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def server_scene(weftd_program):
    """For scenarios that need no client."""
    directory = tempfile.mkdtemp(prefix="weft-")
    try:
        with weft_scenario.Scene(weftd_program, None, directory) as scene:
            yield scene
    finally:
        if "WEFT_KEEP" not in os.environ:
            shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def small_disk():
    """A disk of its own that can be filled; only root may make one."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="weft-"))
    mount = ["mount", "-t", "tmpfs", "-o", "size=200m", "weft-scenario", directory]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode != 0:
        directory.rmdir()
        pytest.skip("making a small disk takes the right to mount")
    yield directory
    subprocess.run(["umount", directory], check=True)
    directory.rmdir()


def pytest_configure(config):
    # So that fixtures end their processes when the suite is told to stop.
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("stopped by SIGTERM", returncode=1))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    ran = reporter.stats.get("passed", []) if reporter else []
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if exitstatus == pytest.ExitCode.OK and skipped and not ran:
        session.exitstatus = SKIPPED
