/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/crypto/random_system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void starting_again_does_nothing(void **state)
{
    (void)state;
    assert_int_equal(crypto_start(), STATUS_OK);
    assert_int_equal(crypto_start(), STATUS_OK);
}

static void fills_all_of_it_and_differently_each_time(void **state)
{
    (void)state;
    /* More than getrandom gives at once to a caller that a signal interrupts. */
    enum { SIZE = 1000 };
    uint8_t first[SIZE] = {0}, second[SIZE] = {0};
    assert_int_equal(random_fill(random_system(), first, SIZE), STATUS_OK);
    assert_int_equal(random_fill(random_system(), second, SIZE), STATUS_OK);
    assert_memory_not_equal(first, second, SIZE);
    /* 16 zeros in a row have a chance of 2^-118. */
    static const uint8_t zeros[16];
    for (size_t i = 0; i + sizeof zeros <= SIZE; i++)
        assert_memory_not_equal(first + i, zeros, sizeof zeros);
}

static void fills_nothing_when_asked_for_nothing(void **state)
{
    (void)state;
    uint8_t byte = 0xaa;
    assert_int_equal(random_fill(random_system(), &byte, 0), STATUS_OK);
    assert_int_equal(byte, 0xaa);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starting_again_does_nothing),
        cmocka_unit_test(fills_all_of_it_and_differently_each_time),
        cmocka_unit_test(fills_nothing_when_asked_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
