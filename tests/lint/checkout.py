# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the lints share: the files of the checkout, and how a lint reports.

A lint is a program whose check() returns findings, each "path:line: what is wrong". It exits with
0 when there are none, 1 when there are some, and 77, which CTest shows as skipped, when the tool
that it needs is missing.
"""
import os
import subprocess
import sys

SKIPPED = 77


class Skip(Exception):
    """The lint cannot run here; the text says why."""


class Checkout:
    """The tracked files under `root`, or, without git, every file outside build folders."""

    def __init__(self, root):
        self.root = root
        self.files = sorted(path for path in self._list() if os.path.isfile(self.path(path)))

    def _list(self):
        if os.path.exists(os.path.join(self.root, ".git")):
            command = ["git", "-c", "safe.directory=*", "-C", self.root, "ls-files", "-z"]
            listed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
            return [name for name in listed.decode().split("\0") if name]
        found = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in ("build", "__pycache__")]
            found += [os.path.relpath(os.path.join(folder, name), self.root) for name in names]
        return found

    def path(self, name):
        return os.path.join(self.root, name)

    def text(self, name):
        """The file's text; bytes that are not UTF-8 are replaced."""
        with open(self.path(name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def ending(self, *endings):
        return [name for name in self.files if name.endswith(endings)]

    def c_files(self):
        return self.ending(".c", ".h")


def run(check, *arguments):
    """Runs check(Checkout, *arguments) over the project and exits."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    checkout = Checkout(root)
    try:
        findings = check(checkout, *arguments)
    except Skip as reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    for finding in findings:
        print(finding)
    print(f"{len(checkout.files)} files, {len(findings)} findings")
    sys.exit(1 if findings or not checkout.files else 0)
