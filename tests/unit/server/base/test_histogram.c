/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void counts_each_step_with_those_below_it(void **state)
{
    (void)state;
    struct histogram histogram = {0};
    struct histogram_figures figures;
    histogram_add(&histogram, 0);
    histogram_add(&histogram, 100);
    histogram_add(&histogram, 101);
    histogram_add(&histogram, 10000000);
    histogram_add(&histogram, 10000001);
    histogram_read(&histogram, &figures);
    assert_int_equal(figures.at_most[0], 2);
    assert_int_equal(figures.at_most[1], 3);
    assert_int_equal(figures.at_most[HISTOGRAM_STEPS - 1], 4);
    assert_int_equal(figures.count, 5);
    assert_int_equal(figures.sum_us, 20000202);
}

static void steps_rise(void **state)
{
    (void)state;
    for (size_t i = 1; i < HISTOGRAM_STEPS; i++)
        assert_true(histogram_bounds_us[i] > histogram_bounds_us[i - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_each_step_with_those_below_it),
        cmocka_unit_test(steps_rise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
