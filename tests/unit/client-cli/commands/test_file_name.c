/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/file_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *given, const char *expected)
{
    char name[FILE_NAME_SIZE];
    file_name_clean(span_from_text(given), name);
    assert_string_equal(name, expected);
}

static void a_name_is_the_last_part_of_a_path(void **state)
{
    (void)state;
    expect("scan.pdf", "scan.pdf");
    expect("/etc/passwd", "passwd");
    expect("../../.ssh/authorized_keys", "authorized_keys");
    expect("C:\\temp\\scan.pdf", "scan.pdf");
    expect("scan/..", "_.");
    expect("..", "_.");
    expect(".", "_");
    expect("", "file");
    expect("folder/", "file");
}

static void a_name_is_neither_hidden_nor_a_flag_nor_obeyed_by_a_terminal(void **state)
{
    (void)state;
    expect(".bashrc", "_bashrc");
    expect("-rf", "_rf");
    expect("~root", "_root");
    expect("a\033[2Jb\nc", "a\xef\xbf\xbd[2Jb c");
    expect("a\xe2\x80\xae"
           "fdp.exe",
           "a\xef\xbf\xbd"
           "fdp.exe");
}

static void a_long_name_is_cut_between_two_characters(void **state)
{
    (void)state;
    char given[601];
    char name[FILE_NAME_SIZE];
    for (size_t i = 0; i < 600; i += 2)
        memcpy(given + i, "\xc3\xa9", 2);
    given[600] = '\0';
    file_name_clean(span_from_text(given), name);
    assert_int_equal(strlen(name), 254);
}

static void the_ending_tells_the_type(void **state)
{
    (void)state;
    assert_string_equal(file_name_media_type("Scan.PDF"), "application/pdf");
    assert_string_equal(file_name_media_type("scan"), "application/octet-stream");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_the_last_part_of_a_path),
        cmocka_unit_test(a_name_is_neither_hidden_nor_a_flag_nor_obeyed_by_a_terminal),
        cmocka_unit_test(a_long_name_is_cut_between_two_characters),
        cmocka_unit_test(the_ending_tells_the_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
