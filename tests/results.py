#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Closes a run: names what did not pass, then prints "N passed, N failed, N skipped".

    results.py RESULTS.xml CTEST_STATUS

A CTest test counts once, as CTest recorded it; a test that could not be started has failed.
Cases that were skipped inside a test that passed are named too. Exits with 1 when a test failed,
when none ran, or when CTest itself failed.
"""
import re
import sys
import xml.etree.ElementTree as tree

# A skipped case as cmocka and pytest (-rs) print it.
SKIPPED_CASE = re.compile(r"^(?:\[  SKIPPED \] (?!\d+ test)|SKIPPED \[\d+\] )(.*)$", re.MULTILINE)


def outcome(case):
    """passed, failed or skipped. CTest calls "notrun" both a test that skipped itself and one
    whose program is not there."""
    status = case.get("status")
    if status == "run":
        return "passed"
    if status == "disabled":
        return "skipped"
    reason = case.find("skipped")
    if status == "notrun" and reason is not None and reason.get("message", "").startswith("SKIP_"):
        return "skipped"
    return "failed"


def main(path, ctest_status):
    try:
        cases = tree.parse(path).getroot().findall("testcase")
    except (OSError, tree.ParseError) as error:
        print(f"tests/run: no results: {error}")
        cases = []
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    print()
    for case in cases:
        result = outcome(case)
        counts[result] += 1
        if result != "passed":
            print(f"{result}: {case.get('name')}")
        output = case.findtext("system-out") or ""
        for skipped in dict.fromkeys(SKIPPED_CASE.findall(output)):
            print(f"  skipped inside {case.get('name')}: {skipped}")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    if counts["failed"] > 0 or counts["passed"] == 0 or ctest_status != 0:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
