#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""C files are as clang-format 14 writes them; another version would write them otherwise."""
import re
import shutil
import subprocess

import checkout

VERSION = "14"


def find_tool():
    for name in (f"clang-format-{VERSION}", "clang-format"):
        path = shutil.which(name)
        if path:
            version = subprocess.run([path, "--version"], check=True, stdout=subprocess.PIPE,
                                     universal_newlines=True).stdout
            if re.search(rf"version {VERSION}\.", version):
                return path
    raise checkout.Skip(f"clang-format {VERSION} is not installed (deploy/dependencies test)")


def check(tree):
    files = tree.c_files()
    if not files:
        return []
    result = subprocess.run([find_tool(), "--dry-run", "-Werror", "--ferror-limit=1", *files],
                            cwd=tree.root, stderr=subprocess.PIPE, universal_newlines=True)
    findings = [line for line in result.stderr.splitlines() if ": error: " in line]
    if result.returncode != 0 and not findings:
        findings = [result.stderr]
    return findings


if __name__ == "__main__":
    checkout.run(check)
