/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/introduce/sample.h"

#include "server/introduce/acceptance.h"

#include <math.h>

static struct sample sample;

static struct store_history history_of(uint32_t person, bool shared, uint32_t asked, uint32_t taken)
{
    return (struct store_history){sample.people[person].person, shared, asked, taken};
}

static double estimate(const struct store_history *history, size_t count, uint32_t a, uint32_t b)
{
    struct acceptance acceptance;
    assert_int_equal(acceptance_init(&sample.network, history, count, &acceptance), STATUS_OK);
    double p = acceptance_of(&acceptance, a, b, false);
    acceptance_clear(&acceptance);
    return p;
}

static void is_what_others_found_before_anybody_answered(void **state)
{
    (void)state;
    sample_init(&sample, 4, 2);
    assert_true(fabs(estimate(NULL, 0, 0, 1) - .61 * .61) < 1e-9);
}

static void follows_what_a_person_answered(void **state)
{
    (void)state;
    sample_init(&sample, 4, 2);
    const struct store_history once[] = {history_of(0, false, 1, 0)};
    const struct store_history always[] = {history_of(0, false, 10, 0),
                                           history_of(1, false, 10, 10)};
    double first = estimate(NULL, 0, 0, 2), refused_once = estimate(once, 1, 0, 2);
    assert_true(refused_once < first && refused_once > first / 2);
    assert_true(estimate(always, 2, 0, 2) < estimate(always, 2, 3, 2) / 2);
    assert_true(estimate(always, 2, 1, 2) > estimate(always, 2, 3, 2));
}

static void learns_what_something_in_common_is_worth(void **state)
{
    (void)state;
    struct acceptance acceptance;
    sample_init(&sample, 4, 2);
    const struct store_history history[] = {history_of(0, true, 20, 18),
                                            history_of(1, false, 20, 4)};
    assert_int_equal(acceptance_init(&sample.network, history, 2, &acceptance), STATUS_OK);
    assert_true(acceptance_of(&acceptance, 2, 3, true) >
                1.5 * acceptance_of(&acceptance, 2, 3, false));
    acceptance_clear(&acceptance);
}

static void writes_nobody_off(void **state)
{
    (void)state;
    sample_init(&sample, 2, 2);
    const struct store_history history[] = {history_of(0, false, 1000, 0),
                                            history_of(1, false, 1000, 0)};
    double p = estimate(history, 2, 0, 1);
    assert_true(p > ACCEPTANCE_LEAST - 1e-9 && p < ACCEPTANCE_LEAST + 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_what_others_found_before_anybody_answered),
        cmocka_unit_test(follows_what_a_person_answered),
        cmocka_unit_test(learns_what_something_in_common_is_worth),
        cmocka_unit_test(writes_nobody_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
