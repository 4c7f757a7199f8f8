#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The closing line of tests/run says what happened, and its exit code too."""
import contextlib
import io
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import results  # noqa: E402

PASSED = '<testcase name="a" status="run"><system-out>{}</system-out></testcase>'
FAILED = '<testcase name="b" status="fail"><failure message=""/></testcase>'
SKIPPED = '<testcase name="c" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/></testcase>'
MISSING = '<testcase name="d" status="notrun"><skipped message="Unable to find it"/></testcase>'


def close(cases, ctest_status=0):
    """(exit code, lines) of results.main over these cases."""
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
        file.write(f"<testsuite>{cases}</testsuite>")
        file.flush()
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            code = results.main(file.name, ctest_status)
    return code, printed.getvalue().strip("\n").split("\n")


class Results(unittest.TestCase):
    def test_counts_each_outcome(self):
        code, lines = close(PASSED + PASSED + FAILED + SKIPPED, 8)
        self.assertEqual((code, lines[-1]), (1, "2 passed, 1 failed, 1 skipped"))
        self.assertIn("failed: b", lines)
        self.assertIn("skipped: c", lines)

    def test_passes_with_a_skip(self):
        self.assertEqual(close(PASSED + SKIPPED)[0], 0)

    def test_a_program_that_is_missing_has_failed(self):
        code, lines = close(PASSED + MISSING)
        self.assertEqual((code, lines[-1]), (1, "1 passed, 1 failed, 0 skipped"))

    def test_fails_when_nothing_ran(self):
        self.assertEqual(close("")[0], 1)
        self.assertEqual(close(SKIPPED)[0], 1)

    def test_fails_when_ctest_failed(self):
        self.assertEqual(close(PASSED, 1)[0], 1)

    def test_fails_without_results(self):
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            self.assertEqual(results.main("", 0), 1)
        self.assertTrue(printed.getvalue().endswith("0 passed, 0 failed, 0 skipped\n"))

    def test_names_cases_skipped_inside_a_test(self):
        output = "[  SKIPPED ] no_data\n[  SKIPPED ] 1 test(s)\nSKIPPED [1] test_x.py:3: no data"
        lines = close(PASSED.format(output))[1]
        self.assertIn("  skipped inside a: no_data", lines)
        self.assertIn("  skipped inside a: test_x.py:3: no data", lines)
        self.assertEqual(len(lines), 3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
