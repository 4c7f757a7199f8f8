#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The arrows between the folders point down only.

Read from the #include lines and from the libraries that CMake links. The rows of LAYERS are the
architecture: whoever adds a folder adds its row, and whoever adds an arrow has to defend it here.
"""
import os
import re

import checkout

BASE = ("protocol/base", "protocol/codec", "protocol/crypto")
# What the server may know of the protocol: nothing that holds a member's secrets, and nothing of
# what members say inside the encryption.
SHARED = BASE + ("protocol/mls/public", "protocol/directory", "protocol/channel", "protocol/wire",
                 "protocol/format", "protocol/json", "protocol/statistics")
SERVER = SHARED + ("server/limits.h", "server/base")
CLIENT = SHARED + ("protocol/mls/member", "protocol/content")

# A folder (or file) and the folders that it may use besides itself. The longest prefix decides.
LAYERS = {
    "protocol/base": (),
    "protocol/codec": ("protocol/base",),
    "protocol/crypto": ("protocol/base", "protocol/codec"),
    "protocol/mls/public": BASE,
    "protocol/mls/member": BASE + ("protocol/mls/public",),
    "protocol/directory": BASE,
    "protocol/wire": BASE,
    "protocol/channel": BASE + ("protocol/mls/public", "protocol/directory", "protocol/wire"),
    "protocol/content": BASE,
    "protocol/format": BASE + ("protocol/channel", "protocol/content"),
    "protocol/json": (),
    "protocol/statistics": BASE + ("protocol/json",),
    "server/limits.h": BASE,
    "server/base": BASE + ("server/limits.h",),
    "server/config": SERVER,
    "server/store": SERVER,
    "server/weave": SERVER + ("server/store",),
    "server/transport": SERVER,
    "server/session": SERVER + ("server/config", "server/store", "server/transport"),
    "server/figures": SERVER + ("server/config", "server/store", "server/weave",
                                "server/transport", "server/session"),
    "server/introduce": SERVER + ("server/config", "server/store", "server/weave",
                                  "server/transport", "server/session", "server/figures"),
    "server/delivery": SERVER + ("server/config", "server/store", "server/transport",
                                 "server/session"),
    "server/stage": SERVER + ("server/config", "server/store", "server/transport",
                              "server/session", "server/delivery"),
    "server/handler": SERVER + ("server/config", "server/store", "server/weave",
                                "server/transport", "server/session", "server/delivery",
                                "server/stage", "server/figures", "server/introduce"),
    "server": SERVER + ("server/config", "server/store", "server/weave", "server/transport",
                        "server/session", "server/delivery", "server/stage", "server/figures",
                        "server/introduce", "server/handler", "server/command"),
    "client-cli/core/vault": CLIENT,
    "client-cli/core": CLIENT + ("client-cli/core/vault",),
    "client-cli/screen": CLIENT + ("client-cli/core", "client-cli/core/vault"),
    "client-cli": CLIENT + ("client-cli/core", "client-cli/core/vault", "client-cli/screen",
                            "client-cli/commands"),
}

# protocol/ is bytes in, bytes out: no files, no sockets, no clock, no threads.
PROTOCOL_HEADERS = {
    "assert.h", "errno.h", "inttypes.h", "limits.h", "stdalign.h", "stdarg.h", "stdatomic.h",
    "stdbool.h", "stddef.h", "stdint.h", "stdlib.h", "string.h",
}

# The files that touch more, with the reason.
HEADERS_ALLOWED = {
    # The system's randomness: the one door.
    ("protocol/crypto/random_system.c", "sys/random.h"),
    # pthread_once: OpenSSL's algorithms, looked up once.
    ("protocol/crypto/provider.c", "pthread.h"),
    # vsnprintf: numbers as people read them.
    ("protocol/statistics/page.c", "stdio.h"),
}

# base/ keeps secrets in libsodium's memory, wire/ writes its base64.
SODIUM_FOLDERS = ("protocol/base", "protocol/crypto", "protocol/wire")

JSON_FOLDERS = ("protocol/json", "protocol/statistics")

# Headers of libraries, and the only folders that may include them. One file each for
# libwebsockets, whose callbacks would otherwise spread.
LIBRARY_FOLDERS = {
    "libwebsockets.h": ("server/transport", "client-cli/core"),
    "sqlite3.h": ("server/store", "client-cli/core/vault"),
    "igraph/": ("server/weave",),
    "igraph.h": ("server/weave",),
}
ONE_FILE_A_FOLDER = ("libwebsockets.h",)
LIBRARY_TARGETS = {
    "PkgConfig::WEBSOCKETS": LIBRARY_FOLDERS["libwebsockets.h"],
    "PkgConfig::SQLITE": LIBRARY_FOLDERS["sqlite3.h"],
    "PkgConfig::IGRAPH": LIBRARY_FOLDERS["igraph.h"],
    "PkgConfig::CMOCKA": (),
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"]+)[>"]', re.MULTILINE)
LINK = re.compile(r"\b(?:weft_library|target_link_libraries)\s*\(([^)]*)\)", re.DOTALL)
LIBRARY = re.compile(r"\b(?:weft_library|add_executable)\s*\(\s*([\w.-]+)")


def layer_of(path):
    """The row of LAYERS for a file or folder, or None outside the product."""
    fitting = [row for row in LAYERS if path == row or path.startswith(row + "/")]
    return max(fitting, key=len, default=None)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def may_use(own, other):
    return own == other or other in LAYERS[own]


def check_include(path, own, kind, header):
    """One include; returns what is wrong with it, or None."""
    for prefix, folders in LIBRARY_FOLDERS.items():
        if header.startswith(prefix) and own not in folders:
            return f"<{header}> belongs to {' and '.join(folders)} only"
    if kind == "<":
        if not own.startswith("protocol/"):
            return None
        if header in PROTOCOL_HEADERS or (path, header) in HEADERS_ALLOWED:
            return None
        if header == "jansson.h" and own in JSON_FOLDERS:
            return None
        if header == "math.h" and own == "protocol/statistics":  # it draws circles
            return None
        if header == "sodium.h" and own in SODIUM_FOLDERS:
            return None
        if header.startswith("openssl/") and own == "protocol/crypto":
            return None
        return f"<{header}> is not for {own}: bytes in, bytes out"
    other = layer_of(header)
    if other is None:
        return f'"{header}" is not a path from the root to a header of the product'
    if not may_use(own, other):
        return f"{own} may not use {other}"
    return None


def check_includes(tree):
    findings = []
    holders = {}
    for path in tree.c_files():
        own = layer_of(path)
        if own is None:
            continue
        text = tree.text(path)
        for match in INCLUDE.finditer(text):
            kind, header = match.groups()
            wrong = check_include(path, own, kind, header)
            if wrong:
                findings.append(f"{path}:{line_of(text, match.start())}: {wrong}")
            if header in ONE_FILE_A_FOLDER:
                holders.setdefault((own, header), []).append(path)
    for (own, header), paths in holders.items():
        if len(paths) > 1 or paths[0].endswith(".h"):
            findings.append(f"{paths[-1]}:1: <{header}> belongs in one .c file of {own},"
                            f" found in {', '.join(paths)}")
    return findings


def check_links(tree):
    lists = [(path, re.sub(r"#.*", "", tree.text(path))) for path in tree.files
             if path.split("/")[-1] == "CMakeLists.txt" and layer_of(path)]
    homes = {}
    for path, text in lists:
        for match in LIBRARY.finditer(text):
            homes[match.group(1)] = layer_of(path)
    findings = []
    for path, text in lists:
        for match in LINK.finditer(text):
            name, *used = match.group(1).split()
            own = homes.get(name, layer_of(path))
            for target in used:
                where = f"{path}:{line_of(text, match.start())}"
                if target in homes and not may_use(own, homes[target]):
                    findings.append(f"{where}: {name} may not link {target}")
                if target in LIBRARY_TARGETS and own not in LIBRARY_TARGETS[target]:
                    findings.append(f"{where}: {name} may not link {target}")
    return findings


def check(tree):
    return check_includes(tree) + check_links(tree)


if __name__ == "__main__":
    checkout.run(check)
