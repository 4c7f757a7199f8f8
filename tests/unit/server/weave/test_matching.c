/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/matching.h"
#include "server/weave/seeded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PEOPLE_MAX 40

struct table {
    bool allowed[PEOPLE_MAX][PEOPLE_MAX];
};

static bool allows(void *context, uint32_t i, uint32_t j)
{
    return ((const struct table *)context)->allowed[i][j];
}

static void allow(struct table *table, uint32_t i, uint32_t j)
{
    table->allowed[i][j] = table->allowed[j][i] = true;
}

static uint32_t grow(struct table *table, uint32_t people, uint32_t *partners)
{
    struct matching_rules rules = {.count = people, .allows = allows, .context = table};
    assert_int_equal(matching_grow(&rules, partners), STATUS_OK);
    uint32_t paired = 0;
    for (uint32_t i = 0; i < people; i++) {
        if (partners[i] == GRAPH_NONE)
            continue;
        assert_int_equal(partners[partners[i]], i);
        assert_true(table->allowed[i][partners[i]]);
        paired++;
    }
    return paired / 2;
}

static uint32_t grow_from_nothing(struct table *table, uint32_t people)
{
    uint32_t partners[PEOPLE_MAX];
    memset(partners, 0xFF, sizeof(partners));
    return grow(table, people, partners);
}

/* By trying everything. */
static uint32_t most_pairs(const struct table *table, uint32_t people, uint32_t taken)
{
    uint32_t i = 0;
    while (i < people && (taken >> i & 1))
        i++;
    if (i == people)
        return 0;
    uint32_t most = most_pairs(table, people, taken | 1U << i);
    for (uint32_t j = i + 1; j < people; j++) {
        if ((taken >> j & 1) || !table->allowed[i][j])
            continue;
        uint32_t with = 1 + most_pairs(table, people, taken | 1U << i | 1U << j);
        most = with > most ? with : most;
    }
    return most;
}

static void finds_as_many_pairs_as_there_can_be(void **state)
{
    (void)state;
    uint64_t random = 5;
    for (uint32_t run = 0; run < 400; run++) {
        struct table table = {0};
        uint32_t people = 2 + seeded_below(&random, 9), ties = seeded_below(&random, 2 * people);
        for (uint32_t k = 0; k < ties; k++) {
            uint32_t i = seeded_below(&random, people), j = seeded_below(&random, people);
            if (i != j)
                allow(&table, i, j);
        }
        assert_int_equal(grow_from_nothing(&table, people), most_pairs(&table, people, 0));
    }
}

static void finds_a_way_through_a_blossom(void **state)
{
    (void)state;
    /* A cycle of five with a tail at two of its people. */
    struct table table = {0};
    for (uint32_t i = 0; i < 5; i++)
        allow(&table, i, (i + 1) % 5);
    allow(&table, 0, 5);
    allow(&table, 2, 6);
    allow(&table, 6, 7);
    uint32_t partners[PEOPLE_MAX];
    memset(partners, 0xFF, sizeof(partners));
    partners[1] = 2;
    partners[2] = 1;
    partners[3] = 4;
    partners[4] = 3;
    assert_int_equal(grow(&table, 8, partners), 4);
}

static void keeps_everybody_paired_who_was(void **state)
{
    (void)state;
    struct table table = {0};
    allow(&table, 0, 1);
    allow(&table, 1, 2);
    allow(&table, 2, 3);
    uint32_t partners[] = {GRAPH_NONE, 2, 1, GRAPH_NONE};
    assert_int_equal(grow(&table, 4, partners), 2);
    assert_int_equal(partners[0], 1);
    assert_int_equal(partners[3], 2);
}

static void pairs_nobody_where_nothing_is_allowed(void **state)
{
    (void)state;
    struct table table = {0};
    assert_int_equal(grow_from_nothing(&table, 0), 0);
    assert_int_equal(grow_from_nothing(&table, 1), 0);
    assert_int_equal(grow_from_nothing(&table, PEOPLE_MAX), 0);
}

static bool at_once(void *context)
{
    (void)context;
    return true;
}

static void stops_when_it_is_cancelled(void **state)
{
    (void)state;
    struct table table = {0};
    uint32_t partners[] = {GRAPH_NONE, GRAPH_NONE};
    allow(&table, 0, 1);
    struct matching_rules rules = {2, allows, at_once, &table};
    assert_int_equal(matching_grow(&rules, partners), STATUS_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_as_many_pairs_as_there_can_be),
        cmocka_unit_test(finds_a_way_through_a_blossom),
        cmocka_unit_test(keeps_everybody_paired_who_was),
        cmocka_unit_test(pairs_nobody_where_nothing_is_allowed),
        cmocka_unit_test(stops_when_it_is_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
