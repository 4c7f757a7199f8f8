# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server that lies, with all of its keys: twelve lies, each while somebody joins, while a session runs, and after a
connection that was lost, and others at one moment. Whatever it does is refused or shown, and each test says in which
words: nothing is silent.
The same steps without the lie show nothing. WEFT_LIES=all tells every lie at every moment, else each of the twelve at
one, with four of the controls."""
import os
import shutil
import tempfile

import pytest

import lies_of_answers  # noqa: F401  each registers its cells
import lies_of_log  # noqa: F401
import lies_of_people  # noqa: F401
from weft_lies import CELLS, Community, Lie
from weft_scenario import Scene

MOMENTS = ("joining", "session", "return")
ALL = os.environ.get("WEFT_LIES") == "all"


def chosen():
    """All, or each lie that has all three moments at one of them."""
    told_at = {}
    for lie, moment, *_ in CELLS:
        told_at.setdefault(lie, []).append(moment)
    always = [lie for lie, moments in told_at.items() if len(moments) == len(MOMENTS)]
    return [pytest.param(lie, moment, function, shown, id=f"{lie.replace(' ', '-')}-{moment}")
            for lie, moment, function, shown in CELLS
            if ALL or (lie in always and moment == MOMENTS[(always.index(lie) + 1) % len(MOMENTS)])]


@pytest.fixture(scope="module")
def community(weftd_program, weft_program):
    directory = tempfile.mkdtemp(prefix="weft-")
    try:
        with Scene(weftd_program, weft_program, directory) as scene:
            yield Community(scene)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="module")
def table(request):
    """What was seen of each lie: printed when all are done."""
    rows = []
    yield rows
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print()
        for lie, moment, outcome, seen in rows:
            print(f"{lie:20} {moment:8} {outcome}")
            for who, what in sorted(seen):
                print(f"    {who}: {what}")


def tell(community, scene, lying, function):
    lie = Lie(community, scene, lying)
    try:
        function(lie)
    finally:
        lie.close()
    return lie


@pytest.mark.parametrize("lie,moment,function,shown", chosen())
def test_a_lie_is_refused_or_shown(community, scene, table, lie, moment, function, shown):
    told = tell(community, scene, True, function)
    assert told.liar.lies, "the lie was told"
    assert told.seen == shown, f"seen: {sorted(told.seen)}"
    outcome = "refused" if any(what.startswith("exit code") for _, what in told.seen) else "shown"
    table.append((lie, moment, outcome, told.seen))


@pytest.mark.parametrize("lie,moment,function,shown", chosen() if ALL else chosen()[::3])
def test_without_the_lie_nothing_is_shown(community, scene, lie, moment, function, shown):
    assert tell(community, scene, False, function).seen == set()
