#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every source file names its licence in its first three lines: Apache-2.0 under protocol/, so
that others can take the MLS, and AGPL-3.0-or-later everywhere else."""
import re

import checkout

ENDINGS = (".c", ".h", ".py", ".sh", ".sql", ".cmake", "CMakeLists.txt")
HEADER = re.compile(r"SPDX-License-Identifier: ([\w.+-]+)")


def is_source(tree, path):
    if path.endswith(ENDINGS):
        return True
    return "." not in path.split("/")[-1] and tree.text(path).startswith("#!")


def licence_of(path):
    return "Apache-2.0" if path.startswith("protocol/") else "AGPL-3.0-or-later"


def check(tree):
    findings = []
    for path in tree.files:
        if not is_source(tree, path):
            continue
        match = HEADER.search("\n".join(tree.text(path).split("\n")[:3]))
        if not match:
            findings.append(f"{path}:1: has no SPDX-License-Identifier in its first lines")
        elif match.group(1) != licence_of(path):
            findings.append(f"{path}:1: says {match.group(1)}, should be {licence_of(path)}")
    return findings


if __name__ == "__main__":
    checkout.run(check)
