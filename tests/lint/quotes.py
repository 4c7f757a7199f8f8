#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every sentence of RFC 9420, 5 to 16, that says MUST is quoted above the code that keeps it and
above the test that shows it, or excused with a reason.

The sentences themselves are not kept here: musts.tsv has the section, the number of words and a
hash of each, and excused.tsv those that are not quoted, with the reason. With the RFC's text at
hand (rfc9420.md of its authors' repository):

    quotes.py --list RFC      writes musts.tsv to standard output
    quotes.py --missing RFC   says which sentences lack a quote in the code, or in the tests
"""
import hashlib
import os
import re
import sys

import checkout

HERE = os.path.dirname(os.path.abspath(__file__))
SECTIONS = range(5, 17)
CODE = ("protocol/", "server/", "client-cli/")
TESTS = ("tests/unit/", "tests/vectors/", "tests/interop/", "tests/fuzz/")
PAGE = "protocol/mls/DESIGN.md"
COMMENT = re.compile(r"/\*.*?\*/", re.S)
ITEM = re.compile(r"\s*(\*|-|\d+\.) ")
SENTENCE_END = re.compile(r"(?<=[.:;])\s+(?=[A-Z`*\"(])")


def words(text):
    """The words of a text, without the marks of Markdown, references and punctuation. A reference
    is {{name}} in the authors' text, and Section 1.2 or [NAME] as published and in quotes."""
    text = re.sub(r"\{\{[^}]*\}\}|\bSection [0-9.]*[0-9]|\[[A-Z][A-Z0-9-]+\]", "", text)
    text = re.sub(r"<[^>]+>", "", text)
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).split()


def digest(some_words):
    return hashlib.sha256(" ".join(some_words).encode()).hexdigest()[:24]


def paragraphs(rfc):
    """(section, paragraph) of the Markdown text, code blocks left out."""
    numbers, section, begun, code, lines = [0] * 7, None, False, False, []
    for line in rfc.split("\n") + [""]:
        heading = re.match(r"(#+) (.*)", line)
        fence = line.startswith("~~~")
        if lines and (fence or heading or not line.strip() or ITEM.match(line)):
            yield section, " ".join(lines)
            lines = []
        if fence:
            code = not code
        elif heading and not code:
            begun = begun or heading.group(2).lower().startswith("introduction")
            depth = len(heading.group(1))
            if begun:
                numbers[depth] += 1
                numbers[depth + 1:] = [0] * (6 - depth)
                section = ".".join(str(number) for number in numbers[1:depth + 1])
        elif line.strip() and not code:
            lines.append(line.strip())


def sentences(rfc):
    """(section, sentence) for each sentence with a MUST in the sections that count."""
    for section, paragraph in paragraphs(rfc):
        if section is None or int(section.split(".")[0]) not in SECTIONS:
            continue
        for sentence in SENTENCE_END.split(paragraph):
            if re.search(r"\bMUST\b", sentence):
                yield section, sentence


def read_table(name):
    rows = []
    with open(os.path.join(HERE, name), encoding="utf-8") as table:
        for line in table:
            if line.strip() and not line.startswith("#"):
                rows.append(tuple(line.rstrip("\n").split("\t")))
    return rows


def quoted(tree, folders, lengths):
    """The hashes of all runs of words, of the lengths that occur, in comments that name the RFC."""
    found = set()
    for path in tree.files:
        if not path.startswith(folders) or not path.endswith((".c", ".h")):
            continue
        for comment in COMMENT.findall(tree.text(path)):
            if "RFC 9420" not in comment:
                continue
            run = words(re.sub(r"\n\s*\*", "\n", comment))
            for length in lengths:
                for start in range(len(run) - length + 1):
                    found.add(digest(run[start:start + length]))
    return found


def state(tree):
    """(musts, in the code, in the tests, excused): rows of musts.tsv, and hashes."""
    musts = read_table("musts.tsv")
    lengths = sorted({int(row[1]) for row in musts})
    excused = {row[0]: row for row in read_table("excused.tsv")}
    return musts, quoted(tree, CODE, lengths), quoted(tree, TESTS, lengths), excused


def counts(musts, code, tests, excused):
    """What the design page says: how many there are, are quoted twice, are excused."""
    keys = [key for _, _, key in musts]
    covered = sum(key in code and key in tests and key not in excused for key in keys)
    return f"{len(keys)} MUSTs: {covered} quoted, {sum(key in excused for key in keys)} excused"


def check(tree):
    musts, code, tests, excused = state(tree)
    findings = []
    for section, _, key in musts:
        if key in excused:
            continue
        if key not in code:
            findings.append(f"RFC 9420, {section}: MUST {key} is not quoted above any check")
        if key not in tests:
            findings.append(f"RFC 9420, {section}: MUST {key} is not quoted above any test")
    for key, row in excused.items():
        if key not in {row[2] for row in musts}:
            findings.append(f"tests/lint/excused.tsv: {key} is no MUST of musts.tsv")
        elif len(row) != 2 or not row[1].strip():
            findings.append(f"tests/lint/excused.tsv: {key} has no reason")
    said = counts(musts, code, tests, excused)
    if PAGE in tree.files and said not in tree.text(PAGE):
        findings.append(f"{PAGE}:1: does not say \"{said}\"")
    return findings


def print_list(rfc):
    print("# RFC 9420, 5 to 16: each sentence that says MUST, as section, words and hash.")
    for section, sentence in sentences(rfc):
        run = words(sentence)
        print(f"{section}\t{len(run)}\t{digest(run)}")


def print_missing(rfc):
    _, code, tests, excused = state(checkout.Checkout(os.path.dirname(os.path.dirname(HERE))))
    for section, sentence in sentences(rfc):
        key = digest(words(sentence))
        lacks = [name for name, found in (("code", code), ("tests", tests)) if key not in found]
        if lacks and key not in excused:
            print(f"{section}\t{key}\tlacks: {', '.join(lacks)}\n    {sentence}")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in ("--list", "--missing"):
        with open(sys.argv[2], encoding="utf-8") as text:
            (print_list if sys.argv[1] == "--list" else print_missing)(text.read())
    else:
        checkout.run(check)
