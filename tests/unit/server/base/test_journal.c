/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/base/journal.h"

#include "protocol/crypto/random_system.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int64_t fixed_ms(void *context)
{
    (void)context;
    return INT64_C(1700000000123);
}

static const struct clock_source fixed = {fixed_ms, fixed_ms, NULL};

struct capture {
    char *text;
    size_t len;
    FILE *stream;
    struct journal journal;
};

static void begin(struct capture *capture, enum journal_level lowest)
{
    capture->stream = open_memstream(&capture->text, &capture->len);
    assert_non_null(capture->stream);
    assert_int_equal(
        journal_init(&capture->journal, capture->stream, lowest, &fixed, random_system()),
        STATUS_OK);
}

static void end(struct capture *capture)
{
    journal_clear(&capture->journal);
    fclose(capture->stream);
    free(capture->text);
}

static void writes_one_line_of_keys_and_values(void **state)
{
    (void)state;
    struct capture capture;
    begin(&capture, JOURNAL_INFO);
    JOURNAL(&capture.journal, JOURNAL_INFO, "login", JOURNAL_N("count", 3),
            JOURNAL_S(STATUS_DENIED));
    assert_string_equal(capture.text,
                        "2023-11-14T22:13:20.123Z info login count=3 status=DENIED\n");
    end(&capture);
}

static void never_writes_an_id_but_the_same_hash_for_the_same_id(void **state)
{
    (void)state;
    struct capture capture;
    struct id id = {{0xab, 0xcd, 0xef, 1, 2, 3}};
    char text[ID_TEXT_SIZE];
    id_text(&id, text);
    begin(&capture, JOURNAL_INFO);
    JOURNAL(&capture.journal, JOURNAL_INFO, "a", JOURNAL_I("device", &id));
    JOURNAL(&capture.journal, JOURNAL_INFO, "a", JOURNAL_I("device", &id));
    assert_null(strstr(capture.text, text));
    char *second = strchr(capture.text, '\n') + 1;
    assert_memory_equal(capture.text, second, strlen(second));
    end(&capture);
}

static void cleans_text_that_could_forge_a_line(void **state)
{
    (void)state;
    struct capture capture;
    begin(&capture, JOURNAL_INFO);
    JOURNAL(&capture.journal, JOURNAL_INFO, "a", JOURNAL_T("text", "x\nb login=\x1b[2J\xc3\xa9"));
    assert_non_null(strstr(capture.text, "text=x_b_login__[2J__\n"));
    end(&capture);
}

static void leaves_out_what_is_below_its_level(void **state)
{
    (void)state;
    struct capture capture;
    begin(&capture, JOURNAL_WARNING);
    JOURNAL(&capture.journal, JOURNAL_INFO, "quiet", JOURNAL_N("n", 1));
    JOURNAL(&capture.journal, JOURNAL_ERROR, "loud", JOURNAL_N("n", 1));
    assert_null(strstr(capture.text, "quiet"));
    assert_non_null(strstr(capture.text, "loud"));
    end(&capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_one_line_of_keys_and_values),
        cmocka_unit_test(never_writes_an_id_but_the_same_hash_for_the_same_id),
        cmocka_unit_test(cleans_text_that_could_forge_a_line),
        cmocka_unit_test(leaves_out_what_is_below_its_level),
    };
    return crypto_start() == STATUS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
