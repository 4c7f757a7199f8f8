#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each lint finds what it is for: small trees with one fault each, and the same without it."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import checkout  # noqa: E402
import format as format_lint  # noqa: E402
import fuzzed  # noqa: E402
import layers  # noqa: E402
import names  # noqa: E402
import quotes  # noqa: E402
import sizes  # noqa: E402
import spdx  # noqa: E402
import symbols  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEADER = "/* SPDX-License-Identifier: %s */\n"
README = """# Weft

## Layout

```
server/      the daemon
  store      what it keeps
tests/       what shows it
```
"""


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
        return full

    def find(self, check):
        return check(checkout.Checkout(self.root))


class Fuzzed(Case):
    def setUp(self):
        super().setUp()
        self.write("protocol/a/a.h", "/* thing_read(struct span bytes); */\n"
                   "enum status thing_decode(struct span bytes,\n    struct thing *thing);\n")
        self.write("protocol/a/b.h", "enum status large_read(struct large *large, struct span *out);\n")
        self.write("tests/fuzz/fuzz_a.c", "")

    def page(self, row):
        self.write("tests/fuzz/DESIGN.md", f"| decoder | target |\n|---|---|\n{row}\n")
        return self.find(fuzzed.check)

    def test_a_decoder_with_a_target_is_fine(self):
        self.assertEqual(self.page("| `protocol/a/a.h` | fuzz_a |"), [])

    def test_a_decoder_without_one_is_found(self):
        self.assertEqual(self.page(""), [
            "protocol/a/a.h:1: thing_decode has no target in tests/fuzz/DESIGN.md"])

    def test_what_is_not_there_is_found(self):
        self.assertEqual(len(self.page("| `protocol/a/a.h` `protocol/a/c.h` | fuzz_b |")), 2)


class Layers(Case):
    def one(self, path, text):
        self.write(path, text)
        return self.find(layers.check)

    def test_arrows_down_are_allowed(self):
        self.write("protocol/mls/member/a.c", '#include "protocol/mls/public/b.h"\n')
        self.write("client-cli/core/a.c", '#include "protocol/mls/member/b.h"\n')
        self.write("server/handler/a.c", '#include "server/store/b.h"\n#include <time.h>\n')
        self.assertEqual(self.find(layers.check), [])

    def test_every_arrow_up_is_found(self):
        for path, header in (
                ("protocol/base/a.c", "protocol/codec/b.h"),
                ("protocol/codec/a.c", "protocol/crypto/b.h"),
                ("protocol/crypto/a.c", "protocol/mls/public/b.h"),
                ("protocol/mls/public/a.c", "protocol/mls/member/b.h"),
                ("protocol/wire/a.h", "protocol/mls/public/b.h"),
                ("protocol/channel/a.c", "protocol/mls/member/b.h"),
                ("protocol/format/a.c", "server/store/b.h"),
                ("server/main.c", "protocol/mls/member/b.h"),
                ("server/handler/a.c", "protocol/content/b.h"),
                ("server/store/a.c", "server/handler/b.h"),
                ("client-cli/core/a.c", "server/store/b.h"),
                ("client-cli/core/a.c", "client-cli/commands/b.h")):
            with self.subTest(path=path, header=header):
                found = self.one(path, f'int a;\n  # include "{header}"\n')
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(f"{path}:2:"), found)
                os.remove(os.path.join(self.root, path))

    def test_an_include_beside_the_root_is_found(self):
        self.assertEqual(len(self.one("server/store/a.c", '#include "b.h"\n')), 1)

    def test_input_output_and_clocks_stay_out_of_protocol(self):
        for header in ("stdio.h", "time.h", "sys/socket.h", "unistd.h", "pthread.h"):
            with self.subTest(header=header):
                self.assertEqual(len(self.one("protocol/wire/a.c", f"#include <{header}>\n")), 1)

    def test_libraries_keep_to_their_rooms(self):
        for path, header in (
                ("server/session/a.c", "libwebsockets.h"), ("server/weave/a.c", "sqlite3.h"),
                ("client-cli/core/a.c", "sqlite3.h"), ("server/stage/a.c", "igraph/igraph.h"),
                ("server/stage/a.c", "igraph.h"), ("protocol/wire/a.c", "openssl/evp.h")):
            with self.subTest(path=path, header=header):
                self.assertEqual(len(self.one(path, f"#include <{header}>\n")), 1)
                os.remove(os.path.join(self.root, path))

    def test_a_second_libwebsockets_file_is_found(self):
        self.assertEqual(self.one("server/transport/a.c", "#include <libwebsockets.h>\n"), [])
        self.assertEqual(len(self.one("server/transport/b.c", "#include <libwebsockets.h>\n")), 1)

    def test_a_library_linked_upwards_is_found(self):
        self.write("protocol/mls/member/CMakeLists.txt",
                   "weft_library(weft_mls_member\n SOURCES a.c\n USES weft_codec)\n")
        self.write("protocol/codec/CMakeLists.txt", "weft_library(weft_codec SOURCES a.c)\n")
        self.assertEqual(self.find(layers.check), [])
        self.write("server/CMakeLists.txt",
                   "add_executable(weftd main.c)\n"
                   "target_link_libraries(weftd PRIVATE weft_flags weft_mls_member)\n")
        self.write("server/weave/CMakeLists.txt",
                   "weft_library(weft_weave SOURCES a.c USES PkgConfig::SQLITE)\n")
        found = self.find(layers.check)
        self.assertEqual(len(found), 2, found)


class Spdx(Case):
    def test_the_licence_goes_by_the_folder(self):
        self.write("protocol/a.c", HEADER % "Apache-2.0")
        self.write("server/a.c", HEADER % "AGPL-3.0-or-later")
        self.write("notes.md", "no header here\n")
        self.assertEqual(self.find(spdx.check), [])

    def test_a_wrong_or_missing_header_is_found(self):
        self.write("protocol/a.c", HEADER % "AGPL-3.0-or-later")
        self.write("server/a.h", HEADER % "Apache-2.0")
        self.write("server/late.c", "\n\n\n" + HEADER % "AGPL-3.0-or-later")
        self.write("deploy/start", "#!/bin/sh\n")
        self.write("server/CMakeLists.txt", "add_library(a)\n")
        self.assertEqual(len(self.find(spdx.check)), 5)


class Names(Case):
    def setUp(self):
        super().setUp()
        self.write("README.md", README)
        self.write("server/store/a.c", "")
        self.write("tests/run", "")

    def test_a_map_that_is_the_tree_passes(self):
        self.assertEqual(self.find(names.check), [])

    def test_a_folder_that_the_map_lacks_is_found(self):
        self.write("server/stage/a.c", "")
        self.assertEqual(self.find(names.check), ["README.md:1: the layout map lacks server/stage"])

    def test_a_folder_that_is_gone_is_found(self):
        shutil.rmtree(os.path.join(self.root, "server/store"))
        self.write("server/a.c", "")
        self.assertEqual(len(self.find(names.check)), 1)

    def test_a_readme_without_a_map_is_found(self):
        self.write("README.md", "# Weft\n")
        self.assertEqual(len(self.find(names.check)), 1)

    def test_a_machine_path_is_found(self):
        for folder in ("home", "tmp", "root"):
            self.write("tests/run", "ls /" + folder + "/somebody\n")
            self.assertEqual(len(self.find(names.check)), 1)

    def test_a_template_for_mkdtemp_is_no_machine_path(self):
        self.write("tests/a.c", 'char folder[] = "/tmp/weft-XXXXXX";\n')
        self.assertEqual(self.find(names.check), [])

    def test_a_vague_name_is_found(self):
        self.write("server/store/util.c", "")
        self.write("server/store/common.h", "")
        self.assertEqual(len(self.find(names.check)), 2)


class Format(Case):
    def test_badly_formatted_code_is_found(self):
        shutil.copy(os.path.join(ROOT, ".clang-format"), self.root)
        self.write("a.c", "int f(void)\n{\n    return 1;\n}\n")
        try:
            self.assertEqual(self.find(format_lint.check), [])
        except checkout.Skip as reason:
            self.skipTest(str(reason))
        self.write("a.c", "int f(void) {\n  return 1; }\n")
        self.assertEqual(len(self.find(format_lint.check)), 1)


class Sizes(Case):
    def test_a_file_over_the_maximum_is_found(self):
        self.write("a.c", "\n" * sizes.FILE_LINES_MAX)
        self.assertEqual(self.find(sizes.check), [])
        self.write("a.c", "\n" * (sizes.FILE_LINES_MAX + 1))
        self.assertEqual(len(self.find(sizes.check)), 1)

    def test_functions_are_measured(self):
        text = "static int\nlong_one(int a,\n         int b)\n{\n" + "    a++;\n" * 70 + "}\n"
        self.assertEqual(sizes.functions("int x;\n\n" + text), [("long_one", 3, 70)])


class Symbols(Case):
    """Compiled with the machine's cc, which building needs anyway."""

    def compile(self, name, text, *options):
        source = self.write(f"{name}.c", text)
        made = os.path.join(self.root, name)
        subprocess.run(["cc", source, *options, "-o", made], check=True)
        return made

    def archive(self, name, text):
        made = self.compile(name, text, "-c")
        library = os.path.join(self.root, f"lib{name}.a")
        subprocess.run(["ar", "rc", library, made], check=True)
        return library

    def setUp(self):
        super().setUp()
        self.member = self.archive("member", "int member_secret(void) { return 1; }\n")
        self.public = self.archive("public", "int public_tree(void) { return 2; }\n")

    def server(self, name, text, *options):
        program = self.compile(name, text, self.member, self.public, *options)
        return symbols.check_server(program, self.member, self.public)

    def test_a_server_with_the_public_half_passes(self):
        text = "int public_tree(void);\nint main(void) { return public_tree(); }\n"
        self.assertEqual(self.server("server", text), [])

    def test_a_server_with_a_member_symbol_is_found(self):
        text = ("int public_tree(void);\nint member_secret(void);\n"
                "int main(void) { return public_tree() + member_secret(); }\n")
        found = self.server("server", text)
        self.assertEqual(len(found), 1)
        self.assertIn("member_secret", found[0])

    def test_a_stripped_server_shows_nothing_and_fails(self):
        text = "int public_tree(void);\nint main(void) { return public_tree(); }\n"
        self.assertEqual(len(self.server("server", text, "-s")), 1)

    def test_a_missing_program_fails(self):
        with self.assertRaises(subprocess.CalledProcessError):
            symbols.check_server(os.path.join(self.root, "none"), self.member, self.public)

    def test_pure_code_passes(self):
        self.assertEqual(symbols.check_pure([self.public]), [])

    def test_a_clock_and_a_variable_are_found(self):
        impure = self.archive("impure", "#include <time.h>\nlong now(void) { return time(0); }\n")
        held = self.archive("held", "static int count;\nint next(void) { return count++; }\n")
        self.assertEqual(len(symbols.check_pure([impure])), 1)
        self.assertEqual(len(symbols.check_pure([held])), 1)


RFC = """
# Introduction

Nothing here MUST count.

# Protocol Overview

# Notation

# Terms

# Objects

A group has `members`.  A member MUST say {{hello}} to everybody, in
the order of the tree.  Others may.

## Leaves

* Leaves MUST NOT fall. They may turn.

~~~
A comment that MUST be left out.
~~~

# Beyond
"""


class Quotes(Case):
    def setUp(self):
        super().setUp()
        here, quotes.HERE = quotes.HERE, self.root
        self.addCleanup(setattr, quotes, "HERE", here)
        self.listed = list(quotes.sentences(RFC))
        self.table("musts.tsv", [(section, len(quotes.words(text)), self.key(text))
                                 for section, text in self.listed])
        self.table("excused.tsv", [])

    def table(self, name, rows):
        self.write(name, "# comment\n" + "".join("\t".join(map(str, row)) + "\n" for row in rows))

    def key(self, text):
        return quotes.digest(quotes.words(text))

    def quote(self, path, comment):
        self.write(path, f"int a;\n    /* {comment} */\nint b;\n")

    def quote_all(self, path):
        self.quote(path, 'RFC 9420, 5: "A member MUST say Section 7.1\n     * to everybody, in the '
                   'order of the tree." 5.1: "Leaves MUST NOT fall." As it is.')

    def test_the_sentences_of_the_sections_that_count_are_listed(self):
        self.assertEqual([section for section, _ in self.listed], ["5", "5.1"])
        self.assertTrue(self.listed[0][1].startswith("A member MUST"))

    def test_what_is_quoted_in_code_and_tests_passes(self):
        self.quote_all("protocol/mls/a.c")
        self.quote_all("tests/unit/a.c")
        self.assertEqual(self.find(quotes.check), [])

    def test_a_quote_that_is_missing_on_one_side_is_found(self):
        self.quote_all("protocol/mls/a.c")
        self.quote("tests/unit/a.c", 'RFC 9420, 5.1: "Leaves MUST NOT fall."')
        found = self.find(quotes.check)
        self.assertEqual(len(found), 1, found)
        self.assertIn("RFC 9420, 5: ", found[0])
        self.assertIn("any test", found[0])

    def test_a_part_of_a_sentence_or_another_document_is_no_quote(self):
        self.quote("protocol/mls/a.c", 'RFC 9420, 5.1: "Leaves MUST NOT"')
        self.quote("tests/unit/a.c", 'RFC 9180: "Leaves MUST NOT fall."')
        self.assertEqual(len(self.find(quotes.check)), 4)

    def test_an_excuse_needs_a_reason_and_a_must(self):
        keys = [self.key(text) for _, text in self.listed]
        self.table("excused.tsv", [(keys[0], "By construction."), (keys[1], "Of the future.")])
        self.assertEqual(self.find(quotes.check), [])
        self.table("excused.tsv", [(keys[0], " "), (keys[1], "Of the future."), ("0", "None.")])
        self.assertEqual(len(self.find(quotes.check)), 2)

    def test_the_page_must_say_the_counts(self):
        self.quote_all("protocol/mls/a.c")
        self.quote_all("tests/unit/a.c")
        self.write(quotes.PAGE, "Here are 2 MUSTs: 2 quoted, 0 excused.\n")
        self.assertEqual(self.find(quotes.check), [])
        self.write(quotes.PAGE, "Here are 2 MUSTs: 1 quoted, 1 excused.\n")
        self.assertEqual(len(self.find(quotes.check)), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
