#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files and functions stay small enough to read: a file of more than 700 lines fails, and longer
ones than the aims (600 lines a file, 60 a function) are told, since a rule that makes a piece of
code worse is the wrong rule."""
import re
import statistics

import checkout

FILE_LINES_AIM = 600
FILE_LINES_MAX = 700
FUNCTION_LINES_AIM = 60

# A body in Linux braces: both braces at the margin, the name on a line before.
BODY = re.compile(r"^(\w[^;{}#]*?\b(\w+)\([^;{}]*\))\n\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)


def functions(text):
    """(name, line, lines of the body) of each function."""
    return [(match.group(2), text.count("\n", 0, match.start()) + 1, match.group(3).count("\n"))
            for match in BODY.finditer(text)]


def check(tree):
    findings = []
    lengths = []
    for path in tree.ending(".c", ".h", ".py"):
        text = tree.text(path)
        lines = text.count("\n")
        if lines > FILE_LINES_MAX:
            findings.append(f"{path}:1: has {lines} lines; would two files be calmer?")
        elif lines > FILE_LINES_AIM:
            print(f"told: {path}:1: has {lines} lines")
        for name, line, length in functions(text) if not path.endswith(".py") else ():
            lengths.append(length)
            if length > FUNCTION_LINES_AIM:
                print(f"told: {path}:{line}: {name} has {length} lines")
    if lengths:
        print(f"told: {len(lengths)} functions, median {statistics.median(lengths):g} lines")
    return findings


if __name__ == "__main__":
    checkout.run(check)
