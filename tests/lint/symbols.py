#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the binaries show of the architecture, read with nm and objdump.

    symbols.py server PROGRAM WEFT_MLS_MEMBER.a WEFT_WIRE.a
        weftd carries no symbol of mls/member: that the server cannot read is a fact of the link.
        It does carry some of wire/, which shows that its symbols can be seen.
    symbols.py pure LIBRARY...
        The libraries of protocol/ call nothing that does I/O or reads a clock, and have no
        variables of their own.
"""
import os
import re
import subprocess
import sys

import checkout

# Calls that protocol/ must not make. Randomness and time are passed in; crypto/random_system
# asks libsodium, which is the one door.
IMPURE = {
    "accept", "bind", "clock_gettime", "connect", "fopen", "fprintf", "fputs", "fread", "fwrite",
    "getenv", "gettimeofday", "localtime", "open", "open64", "printf", "pthread_create",
    "pthread_mutex_lock", "puts", "rand", "random", "read", "recv", "send", "setlocale", "socket",
    "stderr", "stdout", "strtok", "time", "write",
}

# What compilers add for sanitizers and coverage.
COMPILER_MADE = re.compile(r"^(_?_?[Aa][Ss]an|__?ubsan|__tsan|__gcov|__llvm|__sancov|__odr_asan|"
                           r"__unnamed_|_?\.L|\.)")
# A constant with addresses in it lies in .data.rel.ro, which is read-only once it is loaded.
VARIABLE = re.compile(r"^[0-9a-f]+ [lgu ].{5}O (\.bss|\.data|\.tbss|\.tdata)"
                      r"(?!\.rel\.ro)\S*\s+([0-9a-f]+)\s+(?:\.hidden )?(\S+)$")

# Variables that stand, by library, each with its reason.
VARIABLES_ALLOWED = {
    # provider.c: OpenSSL's algorithms, looked up once (a lookup costs more than a hash) and
    # constant from then on.
    "libweft_crypto.a": ("table", "table_once"),
}


def output_of(*command):
    """What the command prints; a tool that fails or is missing fails the lint."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                          universal_newlines=True).stdout


def symbols(path, *options):
    lines = output_of("nm", "--format=posix", *options, path).splitlines()
    # A line that names an archive's member has one word.
    return {words[0] for words in (line.split() for line in lines) if len(words) >= 2}


def defined(path):
    """The external symbols that the file defines."""
    return symbols(path, "--defined-only", "--extern-only")


def check_server(program, member, present):
    member_only = defined(member)
    own = symbols(program, "--defined-only")
    if not member_only:
        return [f"{member}:1: defines no symbol, so nothing can be shown"]
    if not own & defined(present):
        return [f"{program}:1: carries no symbol of {present} either: stripped, or not the server?"]
    return [f"{program}:1: carries {name} of mls/member" for name in sorted(own & member_only)]


def check_pure(libraries):
    findings = []
    for library in libraries:
        if not defined(library):
            findings.append(f"{library}:1: defines no symbol")
        for name in sorted(symbols(library, "--undefined-only") & IMPURE):
            findings.append(f"{library}:1: calls {name}: no I/O and no clock in protocol/")
        for line in output_of("objdump", "--syms", library).splitlines():
            match = VARIABLE.match(line)
            if not match or int(match.group(2), 16) == 0 or COMPILER_MADE.match(match.group(3)):
                continue
            if match.group(3) not in VARIABLES_ALLOWED.get(os.path.basename(library), ()):
                findings.append(f"{library}:1: has the variable {match.group(3)}: no globals in"
                                " protocol/")
    return findings


def check(_tree, what, *paths):
    if what == "server":
        return check_server(*paths)
    return check_pure(paths)


if __name__ == "__main__":
    checkout.run(check, *sys.argv[1:])
