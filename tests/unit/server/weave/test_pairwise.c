/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/pairwise.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void finds_a_pair_from_both_ends_and_the_rest_by_default(void **state)
{
    (void)state;
    static const struct pairwise_entry entries[] = {
        {4, 1, .25F}, {0, 3, .5F}, {1, 0, .75F}, {3, 0, 1}};
    struct pairwise *pairwise = NULL;
    assert_int_equal(pairwise_new(5, entries, 4, .125F, &pairwise), STATUS_OK);
    for (uint32_t u = 0; u < 5; u++)
        for (uint32_t v = 0; v < 5; v++) {
            uint32_t low = u < v ? u : v, high = u < v ? v : u;
            float expected = .125F;
            if (low == 1 && high == 4)
                expected = .25F;
            if (low == 0 && high == 1)
                expected = .75F;
            if (low == 0 && high == 3)
                expected = 1; /* the last of two */
            assert_true(pairwise_value(pairwise, u, v) == expected);
        }
    pairwise_free(&pairwise);
    assert_null(pairwise);
}

static void refuses_what_is_no_pair_or_no_value(void **state)
{
    (void)state;
    static const struct pairwise_entry bad[] = {{0, 0, 1},  {0, 2, 1},   {2, 0, 1},
                                                {0, 1, -1}, {0, 1, NAN}, {0, 1, INFINITY}};
    struct pairwise *pairwise = NULL;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_int_equal(pairwise_new(2, &bad[i], 1, 0, &pairwise), STATUS_INVALID);
    assert_null(pairwise);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_pair_from_both_ends_and_the_rest_by_default),
        cmocka_unit_test(refuses_what_is_no_pair_or_no_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
