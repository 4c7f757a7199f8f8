# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every scenario starts from: the programs under test and the shared data, both named by the
environment (CMakeLists.txt). A scenario without its programs or its data is skipped, and says so;
a file of which nothing ran but skips exits with 77, which CTest shows as skipped."""
import os
import pathlib

import pytest

SKIPPED = 77


def program(variable):
    """The path of a program of this build. It must be there when the build has the target."""
    path = os.environ.get(variable)
    if path is None:
        pytest.skip(f"this build has no {variable.lower().replace('_program', '')}")
    assert os.access(path, os.X_OK), f"{path} is not there, or not a program"
    return pathlib.Path(path)


@pytest.fixture(scope="session")
def weftd_program():
    return program("WEFTD_PROGRAM")


@pytest.fixture(scope="session")
def weft_program():
    return program("WEFT_PROGRAM")


@pytest.fixture(scope="session")
def shared():
    """The folder of shared data: networks/, mls-vectors/."""
    path = pathlib.Path(os.environ.get("WEFT_SHARED", ""))
    if not (path / "networks").is_dir():
        pytest.skip(f"no shared data at {path} (WEFT_SHARED)")
    return path


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    ran = reporter.stats.get("passed", []) if reporter else []
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if exitstatus == pytest.ExitCode.OK and skipped and not ran:
        session.exitstatus = SKIPPED
