/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/session/budget.h"

#include "protocol/crypto/random_system.h"
#include "server/session/hub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR_MS 3600000

static int64_t now_ms;

static int64_t read_now(void *context)
{
    (void)context;
    return now_ms;
}

static const struct clock_source clock_of_test = {.wall_ms = read_now, .monotonic_ms = read_now};

static int set_up(void **state)
{
    struct hub *hub = calloc(1, sizeof *hub);
    struct config *config = calloc(1, sizeof *config);
    assert_non_null(hub);
    assert_non_null(config);
    assert_int_equal(config_init(config), STATUS_OK);
    hub->config = config;
    hub->clock = &clock_of_test;
    hub->random = random_system();
    now_ms = 0;
    assert_int_equal(hub_init(hub), STATUS_OK);
    *state = hub;
    return 0;
}

static int tear_down(void **state)
{
    struct hub *hub = *state;
    struct config *config = (struct config *)(uintptr_t)hub->config;
    hub_clear(hub);
    config_clear(config);
    free(config);
    free(hub);
    return 0;
}

static uint32_t spend_all(struct hub *hub, const struct id *person, enum budget budget)
{
    uint32_t spent = 0;
    uint32_t wait_ms = 0;
    while (hub_spend(hub, person, budget, 1, &wait_ms) == STATUS_OK)
        spent++;
    assert_true(wait_ms > 0);
    return spent;
}

static void every_budget_has_a_name_a_text_a_burst_and_an_end(void **state)
{
    struct hub *hub = *state;
    const struct id person = {{1}};
    for (enum budget budget = 0; budget < BUDGET_COUNT; budget++) {
        assert_non_null(budget_rows[budget].name);
        assert_non_null(strstr(budget_rows[budget].detail, "wait"));
        assert_true(hub->rates[budget].per_hour > 0);
        assert_int_equal(spend_all(hub, &person, budget), hub->rates[budget].burst);
    }
}

static void what_one_account_spends_no_other_lacks(void **state)
{
    struct hub *hub = *state;
    const struct id first = {{1}};
    const struct id second = {{2}};
    for (enum budget budget = 0; budget < BUDGET_COUNT; budget++) {
        uint32_t spent = spend_all(hub, &first, budget);
        assert_int_equal(spend_all(hub, &second, budget), spent);
    }
}

static void an_hour_gives_what_the_rate_says(void **state)
{
    struct hub *hub = *state;
    for (enum budget budget = 0; budget < BUDGET_COUNT; budget++) {
        const struct bucket_rate *rate = &hub->rates[budget];
        now_ms = 0;
        const struct id other = {{3, (uint8_t)budget}};
        (void)spend_all(hub, &other, budget);
        now_ms = HOUR_MS;
        uint32_t least = rate->per_hour < rate->burst ? rate->per_hour : rate->burst;
        assert_in_range(spend_all(hub, &other, budget), least - 1, least);
    }
}

static void an_account_with_an_empty_budget_is_not_forgotten(void **state)
{
    struct hub *hub = *state;
    const struct id person = {{1}};
    struct account *account = NULL;
    assert_int_equal(hub_account(hub, &person, &account), STATUS_OK);
    assert_true(account_is_idle(account, hub->rates, now_ms));
    (void)spend_all(hub, &person, BUDGET_CHANNELS);
    hub_tick(hub);
    assert_ptr_equal(id_map_find(&hub->accounts, &person), account);
    now_ms = 5 * HOUR_MS;
    hub_tick(hub);
    assert_null(id_map_find(&hub->accounts, &person));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_budget_has_a_name_a_text_a_burst_and_an_end),
        TEST(what_one_account_spends_no_other_lacks),
        TEST(an_hour_gives_what_the_rate_says),
        TEST(an_account_with_an_empty_budget_is_not_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
