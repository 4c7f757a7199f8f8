#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names: README's layout map is the tree, no file is called after nothing in particular, and no
path of somebody's machine is committed."""
import re

import checkout

VAGUE = {"util", "utils", "common", "types", "helper", "helpers", "misc", "shared"}

# Somebody's home or scratch directory. Tests make their own, named /tmp/weft-...
MACHINE_PATH = re.compile(r"(?<![\w.$}/-])/(?:(?:home|Users|root|work|mnt)/[\w.]|tmp/(?!weft)[\w.])")

MAP = re.compile(r"^## Layout\n+```\n(.*?)^```", re.MULTILINE | re.DOTALL)


def read_map(readme):
    """The folders of the map: "name/  text" at the margin, and indented lines of its folders,
    "a  b  c/d   text", where three spaces or more begin the text."""
    match = MAP.search(readme)
    if not match:
        return None
    folders = set()
    top = None
    for line in match.group(1).splitlines():
        names = re.split(r"\s{3,}", line.strip())[0].split()
        if not line.startswith(" "):
            top = names[0].rstrip("/")
            folders.add(top)
        else:
            folders.update(f"{top}/{name.rstrip('/')}" for name in names)
    return folders


def folders_of(tree):
    """Folders of the first two levels that hold a tracked file; hidden ones aside."""
    folders = set()
    for path in tree.files:
        parts = path.split("/")[:-1]
        if parts and not parts[0].startswith("."):
            folders.update("/".join(parts[:depth]) for depth in (1, 2) if len(parts) >= depth)
    return folders


def check_map(tree):
    named = read_map(tree.text("README.md")) if "README.md" in tree.files else None
    if named is None:
        return ['README.md:1: has no "## Layout" with a map']
    present = folders_of(tree)
    return ([f"README.md:1: the layout map lacks {name}" for name in sorted(present - named)] +
            [f"README.md:1: the layout map names {name}, which is not there"
             for name in sorted(named - present)])


def check(tree):
    findings = check_map(tree)
    for path in tree.files:
        name = path.split("/")[-1]
        if name.split(".")[0] in VAGUE and name.endswith((".c", ".h", ".py")):
            findings.append(f"{path}:1: says nothing by its name")
        for number, line in enumerate(tree.text(path).split("\n"), 1):
            if MACHINE_PATH.search(line):
                findings.append(f"{path}:{number}: holds a path of one machine")
    return findings


if __name__ == "__main__":
    checkout.run(check)
