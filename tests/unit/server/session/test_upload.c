/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/session/upload.h"

#include "protocol/base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum status take(struct upload *upload,
                        uint32_t request,
                        uint32_t offset,
                        uint32_t total,
                        const char *text,
                        bool *whole)
{
    struct wire_part part = {offset, total, span_from_text(text)};
    return upload_take(upload, request, &part, whole);
}

static void puts_pieces_together(void **state)
{
    (void)state;
    struct upload upload;
    bool whole = false;
    upload_init(&upload);
    assert_int_equal(take(&upload, 7, 0, 6, "abc", &whole), STATUS_OK);
    assert_false(whole);
    assert_int_equal(take(&upload, 7, 3, 6, "def", &whole), STATUS_OK);
    assert_true(whole);
    assert_true(span_equal(buffer_span(&upload.bytes), SPAN_LITERAL("abcdef")));
    upload_clear(&upload);
}

static void refuses_pieces_out_of_order_and_drops_all(void **state)
{
    (void)state;
    struct upload upload;
    bool whole = false;
    upload_init(&upload);
    assert_int_equal(take(&upload, 7, 0, 6, "abc", &whole), STATUS_OK);
    assert_int_equal(take(&upload, 7, 4, 6, "ef", &whole), STATUS_MALFORMED);
    assert_int_equal(take(&upload, 7, 3, 6, "def", &whole), STATUS_MALFORMED);
    assert_int_equal(take(&upload, 7, 0, 3, "abc", &whole), STATUS_OK);
    assert_true(whole);
    upload_clear(&upload);
}

static void refuses_more_than_was_announced_empty_pieces_and_another_upload(void **state)
{
    (void)state;
    struct upload upload;
    bool whole = false;
    upload_init(&upload);
    assert_int_equal(take(&upload, 7, 0, 2, "abc", &whole), STATUS_MALFORMED);
    assert_int_equal(take(&upload, 7, 0, 2, "", &whole), STATUS_MALFORMED);
    assert_int_equal(take(&upload, 7, 0, 0, "", &whole), STATUS_MALFORMED);
    assert_int_equal(take(&upload, 7, 0, 6, "abc", &whole), STATUS_OK);
    assert_int_equal(take(&upload, 8, 3, 6, "def", &whole), STATUS_MALFORMED);
    assert_int_equal(take(&upload, 7, 0, 6, "abc", &whole), STATUS_OK);
    assert_int_equal(take(&upload, 7, 3, 7, "def", &whole), STATUS_MALFORMED);
    upload_clear(&upload);
}

static void refuses_what_is_larger_than_an_object(void **state)
{
    (void)state;
    struct upload upload;
    bool whole = false;
    upload_init(&upload);
    assert_int_equal(take(&upload, 7, 0, LIMIT_OBJECT_BYTES + 1, "abc", &whole), STATUS_LIMIT);
    assert_int_equal(take(&upload, 7, 0, UINT32_MAX, "abc", &whole), STATUS_LIMIT);
    upload_clear(&upload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_pieces_together),
        cmocka_unit_test(refuses_pieces_out_of_order_and_drops_all),
        cmocka_unit_test(refuses_more_than_was_announced_empty_pieces_and_another_upload),
        cmocka_unit_test(refuses_what_is_larger_than_an_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
