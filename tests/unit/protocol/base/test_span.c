/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void empty_spans_are_equal_whatever_their_pointers(void **state)
{
    (void)state;
    assert_true(span_equal(SPAN_EMPTY, span_of("x", 0)));
    assert_false(span_equal(SPAN_EMPTY, SPAN_LITERAL("x")));
    assert_int_equal(span_compare(SPAN_EMPTY, span_of("x", 0)), 0);
}

static void orders_by_bytes_then_by_length(void **state)
{
    (void)state;
    assert_true(span_compare(SPAN_LITERAL("ab"), SPAN_LITERAL("b")) < 0);
    assert_true(span_compare(SPAN_LITERAL("a"), SPAN_LITERAL("ab")) < 0);
    assert_true(span_compare(SPAN_LITERAL("ab"), SPAN_LITERAL("a")) > 0);
    assert_true(span_compare(SPAN_LITERAL("\xff"), SPAN_LITERAL("\x01")) > 0);
    assert_true(span_compare(SPAN_EMPTY, SPAN_LITERAL("")) == 0);
}

static void finds_a_start_only_where_it_fits(void **state)
{
    (void)state;
    assert_true(span_starts_with(SPAN_LITERAL("weft"), SPAN_LITERAL("we")));
    assert_true(span_starts_with(SPAN_LITERAL("weft"), SPAN_EMPTY));
    assert_true(span_starts_with(SPAN_EMPTY, SPAN_EMPTY));
    assert_false(span_starts_with(SPAN_LITERAL("we"), SPAN_LITERAL("weft")));
    assert_false(span_starts_with(SPAN_LITERAL("weft"), SPAN_LITERAL("ef")));
}

static void takes_the_bytes_of_text_without_its_end(void **state)
{
    (void)state;
    assert_int_equal(span_from_text("weft").len, 4);
    assert_int_equal(span_from_text("").len, 0);
    assert_int_equal(SPAN_LITERAL("a\0b").len, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_spans_are_equal_whatever_their_pointers),
        cmocka_unit_test(orders_by_bytes_then_by_length),
        cmocka_unit_test(finds_a_start_only_where_it_fits),
        cmocka_unit_test(takes_the_bytes_of_text_without_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
