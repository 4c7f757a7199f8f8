/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/base/bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct bucket_rate rate = {.per_hour = 60 * 60, .burst = 5};

static bool take(struct bucket *bucket, int64_t now_ms)
{
    uint32_t wait_ms = 0;
    return bucket_take(bucket, &rate, now_ms, 1, &wait_ms);
}

static void gives_its_burst_and_no_more(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, &rate, 1000);
    for (int i = 0; i < 5; i++)
        assert_true(take(&bucket, 1000));
    assert_false(take(&bucket, 1000));
}

static void says_when_the_next_token_comes(void **state)
{
    (void)state;
    struct bucket bucket;
    uint32_t wait_ms = 0;
    bucket_init(&bucket, &rate, 0);
    assert_true(bucket_take(&bucket, &rate, 0, 5, &wait_ms));
    assert_false(bucket_take(&bucket, &rate, 400, 1, &wait_ms));
    assert_in_range(wait_ms, 600, 602);
    assert_true(bucket_take(&bucket, &rate, 400 + wait_ms, 1, &wait_ms));
}

static void keeps_the_rate_over_many_small_steps(void **state)
{
    (void)state;
    struct bucket bucket;
    uint32_t wait_ms = 0;
    bucket_init(&bucket, &rate, 0);
    assert_true(bucket_take(&bucket, &rate, 0, 5, &wait_ms));
    int taken = 0;
    /* Asked every 7 ms for a minute: 60 tokens, whatever is lost in rounding. */
    for (int64_t now_ms = 0; now_ms <= 60000; now_ms += 7)
        taken += take(&bucket, now_ms);
    assert_in_range(taken, 59, 60);
}

static void counts_what_takes_most_of_a_day(void **state)
{
    (void)state;
    const struct bucket_rate slow = {.per_hour = 1, .burst = 2};
    struct bucket bucket;
    uint32_t wait_ms = 0;
    bucket_init(&bucket, &slow, 0);
    assert_true(bucket_take(&bucket, &slow, 0, 2, &wait_ms));
    assert_false(bucket_take(&bucket, &slow, 0, 1, &wait_ms));
    assert_in_range(wait_ms, 3600000, 3600001);
    for (int64_t now_ms = 0; now_ms < 3600000; now_ms += 7)
        assert_false(bucket_take(&bucket, &slow, now_ms, 1, &wait_ms));
    assert_true(bucket_take(&bucket, &slow, 3600002, 1, &wait_ms));
}

static void takes_back_what_cost_nothing_but_no_more_than_it_holds(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, &rate, 0);
    for (int i = 0; i < 5; i++)
        assert_true(take(&bucket, 0));
    bucket_give(&bucket, &rate, 1);
    assert_true(take(&bucket, 0));
    assert_false(take(&bucket, 0));
    bucket_give(&bucket, &rate, 100);
    for (int i = 0; i < 5; i++)
        assert_true(take(&bucket, 0));
    assert_false(take(&bucket, 0));
}

static void is_never_fuller_than_its_burst(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, &rate, 0);
    assert_true(take(&bucket, 0));
    assert_false(bucket_is_full(&bucket, &rate, 500));
    assert_true(bucket_is_full(&bucket, &rate, INT64_MAX / 4));
    for (int i = 0; i < 5; i++)
        assert_true(take(&bucket, INT64_MAX / 4));
    assert_false(take(&bucket, INT64_MAX / 4));
}

static void survives_a_clock_that_goes_backwards(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, &rate, 100000);
    for (int i = 0; i < 5; i++)
        assert_true(take(&bucket, 50000));
    assert_false(take(&bucket, 50000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_its_burst_and_no_more),
        cmocka_unit_test(says_when_the_next_token_comes),
        cmocka_unit_test(keeps_the_rate_over_many_small_steps),
        cmocka_unit_test(counts_what_takes_most_of_a_day),
        cmocka_unit_test(takes_back_what_cost_nothing_but_no_more_than_it_holds),
        cmocka_unit_test(is_never_fuller_than_its_burst),
        cmocka_unit_test(survives_a_clock_that_goes_backwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
