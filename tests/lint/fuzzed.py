#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every decoder has a fuzz target: a header that exports a function which decodes, reads, parses,
peeks at or opens bytes stands in the table of tests/fuzz/DESIGN.md beside a target that exists."""
import re

import checkout

PAGE = "tests/fuzz/DESIGN.md"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
PROTOTYPE = re.compile(r"\b([a-z][a-z0-9_]*)\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*;")
DECODES = re.compile(r"_(decode|read|parse|peek|open)(_|$)")
BYTES = re.compile(r"struct (span \w|reader \*)")
ROW = re.compile(r"^\| (`.*?`) \| (.*) \|$", re.MULTILINE)


def decoders(tree):
    """By header, the first function that decodes."""
    found = {}
    for path in tree.ending(".h"):
        if path.startswith("tests/"):
            continue
        for name, arguments in PROTOTYPE.findall(COMMENT.sub("", tree.text(path))):
            if DECODES.search(name) and BYTES.search(arguments):
                found.setdefault(path, name)
    return found


def check(tree):
    page = tree.text(PAGE) if PAGE in tree.files else ""
    named = set()
    findings = []
    for headers, targets in ROW.findall(page):
        named.update(re.findall(r"`([^`]+)`", headers))
        for target in re.findall(r"\bfuzz_\w+", targets):
            if f"tests/fuzz/{target}.c" not in tree.files:
                findings.append(f"{PAGE}:1: names {target}, which is not there")
    for header, name in sorted(decoders(tree).items()):
        if header not in named:
            findings.append(f"{header}:1: {name} has no target in {PAGE}")
    return findings + [f"{PAGE}:1: names {header}, which is not there"
                       for header in sorted(named - set(tree.files))]


if __name__ == "__main__":
    checkout.run(check)
