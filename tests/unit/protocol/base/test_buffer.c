/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void grows_to_its_maximum_and_not_past_it(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer buffer = BUFFER_INIT(1000);
    for (size_t i = 0; i < 1000; i++) {
        uint8_t byte = (uint8_t)i;
        assert_int_equal(buffer_append(&buffer, span_of(&byte, 1)), STATUS_OK);
    }
    assert_int_equal(buffer_append(&buffer, SPAN_LITERAL("x")), STATUS_LIMIT);
    assert_int_equal(buffer_reserve(&buffer, SIZE_MAX), STATUS_LIMIT);
    uint8_t *start = NULL;
    assert_int_equal(buffer_extend(&buffer, SIZE_MAX - 500, &start), STATUS_LIMIT);
    assert_null(start);
    assert_int_equal(buffer.len, 1000);
    assert_true(buffer.capacity <= 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(buffer.ptr[i], (uint8_t)i);
    assert_int_equal(buffer_append(&buffer, SPAN_EMPTY), STATUS_OK);
}

static void a_failed_append_changes_nothing(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer buffer = BUFFER_INIT(4);
    assert_int_equal(buffer_append(&buffer, SPAN_LITERAL("abc")), STATUS_OK);
    assert_int_equal(buffer_append(&buffer, SPAN_LITERAL("de")), STATUS_LIMIT);
    assert_true(span_equal(buffer_span(&buffer), SPAN_LITERAL("abc")));
}

static void an_empty_buffer_owns_nothing(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer buffer = BUFFER_INIT(0);
    uint8_t *start = NULL;
    assert_int_equal(buffer_append(&buffer, SPAN_EMPTY), STATUS_OK);
    assert_int_equal(buffer_extend(&buffer, 0, &start), STATUS_OK);
    assert_int_equal(buffer_append(&buffer, SPAN_LITERAL("x")), STATUS_LIMIT);
    assert_int_equal(buffer_span(&buffer).len, 0);
    assert_null(buffer.ptr);
}

static void what_is_cut_off_is_wiped(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer buffer = BUFFER_INIT(100);
    assert_int_equal(buffer_append(&buffer, SPAN_LITERAL("open:secret")), STATUS_OK);
    buffer_truncate(&buffer, 5);
    assert_int_equal(buffer.len, 5);
    assert_memory_equal(buffer.ptr, "open:\0\0\0\0\0\0", 11);
    buffer_truncate(&buffer, 5);
    buffer_truncate(&buffer, 0);
    assert_memory_equal(buffer.ptr, "\0\0\0\0\0", 5);
}

static void an_extension_is_zero_even_where_bytes_were(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer buffer = BUFFER_INIT(100);
    uint8_t *start;
    assert_int_equal(buffer_extend(&buffer, 8, &start), STATUS_OK);
    memset(start, 0xaa, 8);
    buffer.len = 0; /* not wiped, as a careless owner might leave it */
    assert_int_equal(buffer_extend(&buffer, 8, &start), STATUS_OK);
    assert_memory_equal(start, "\0\0\0\0\0\0\0\0", 8);
    assert_ptr_equal(start, buffer.ptr);
}

static void can_be_used_again_after_it_was_cleared(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 3);
    assert_int_equal(buffer_append(&buffer, SPAN_LITERAL("abc")), STATUS_OK);
    buffer_clear(&buffer);
    assert_int_equal(buffer.len, 0);
    assert_int_equal(buffer_append(&buffer, SPAN_LITERAL("abcd")), STATUS_LIMIT);
    assert_int_equal(buffer_append(&buffer, SPAN_LITERAL("def")), STATUS_OK);
    assert_true(span_equal(buffer_span(&buffer), SPAN_LITERAL("def")));
    buffer_clear(&buffer);
    buffer_clear(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_to_its_maximum_and_not_past_it),
        cmocka_unit_test(a_failed_append_changes_nothing),
        cmocka_unit_test(an_empty_buffer_owns_nothing),
        cmocka_unit_test(what_is_cut_off_is_wiped),
        cmocka_unit_test(an_extension_is_zero_even_where_bytes_were),
        cmocka_unit_test(can_be_used_again_after_it_was_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
