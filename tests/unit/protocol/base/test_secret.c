/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* More than two chunks of the arena. */
#define SLOTS 500

static void compares_lengths_then_bytes(void **state)
{
    (void)state;
    assert_true(secret_equal(SPAN_LITERAL("abc"), SPAN_LITERAL("abc")));
    assert_false(secret_equal(SPAN_LITERAL("abc"), SPAN_LITERAL("abd")));
    assert_false(secret_equal(SPAN_LITERAL("abc"), SPAN_LITERAL("ab")));
    assert_false(secret_equal(SPAN_LITERAL("abc"), SPAN_EMPTY));
    assert_true(secret_equal(SPAN_EMPTY, SPAN_EMPTY));
}

static void holds_at_most_its_size_and_keeps_nothing_of_what_was_there(void **state)
{
    (void)state;
    uint8_t bytes[SECRET_SIZE_MAX + 1];
    memset(bytes, 0xaa, sizeof bytes);
    struct secret secret;
    assert_int_equal(secret_set(&secret, span_of(bytes, SECRET_SIZE_MAX)), STATUS_OK);
    assert_int_equal(secret_set(&secret, span_of(bytes, sizeof bytes)), STATUS_LIMIT);
    assert_int_equal(secret.len, SECRET_SIZE_MAX);
    assert_int_equal(secret_set(&secret, SPAN_LITERAL("ab")), STATUS_OK);
    assert_int_equal(secret_span(&secret).len, 2);
    for (size_t i = 2; i < SECRET_SIZE_MAX; i++)
        assert_int_equal(secret.bytes[i], 0);
    secret_clear(&secret);
    assert_int_equal(secret.len, 0);
    assert_int_equal(secret.bytes[0], 0);
}

static void may_be_set_from_a_part_of_itself(void **state)
{
    (void)state;
    struct secret secret;
    assert_int_equal(secret_set(&secret, SPAN_LITERAL("abcdef")), STATUS_OK);
    assert_int_equal(secret_set(&secret, span_of(secret.bytes + 2, 4)), STATUS_OK);
    assert_true(secret_equal(secret_span(&secret), SPAN_LITERAL("cdef")));
    assert_int_equal(secret.bytes[4], 0);
}

static bool is_zero(const struct secret *secret)
{
    static const struct secret zero;
    return memcmp(secret, &zero, sizeof zero) == 0;
}

static void slots_are_apart_and_come_back_wiped(void **state)
{
    (void)state;
    struct secret_arena *arena = NULL;
    struct secret *slots[SLOTS];
    assert_int_equal(secret_arena_new(&arena), STATUS_OK);
    for (size_t i = 0; i < SLOTS; i++) {
        assert_int_equal(secret_arena_take(arena, &slots[i]), STATUS_OK);
        assert_true(is_zero(slots[i]));
        memset(slots[i]->bytes, (int)i, SECRET_SIZE_MAX);
        slots[i]->len = SECRET_SIZE_MAX;
    }
    for (size_t i = 0; i < SLOTS; i++)
        assert_int_equal(slots[i]->bytes[SECRET_SIZE_MAX - 1], (uint8_t)i);
    struct secret *given = slots[7];
    secret_arena_give(arena, &slots[7]);
    assert_null(slots[7]);
    struct secret *again = NULL;
    assert_int_equal(secret_arena_take(arena, &again), STATUS_OK);
    assert_ptr_equal(again, given);
    assert_true(is_zero(again));
    secret_arena_free(&arena);
    assert_null(arena);
}

static void giving_and_freeing_nothing_is_allowed(void **state)
{
    (void)state;
    struct secret_arena *arena = NULL;
    struct secret *none = NULL;
    secret_arena_free(&arena);
    assert_int_equal(secret_arena_new(&arena), STATUS_OK);
    secret_arena_give(arena, &none);
    secret_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_lengths_then_bytes),
        cmocka_unit_test(holds_at_most_its_size_and_keeps_nothing_of_what_was_there),
        cmocka_unit_test(may_be_set_from_a_part_of_itself),
        cmocka_unit_test(slots_are_apart_and_come_back_wiped),
        cmocka_unit_test(giving_and_freeing_nothing_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
