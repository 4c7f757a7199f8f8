/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/coffee.h"
#include "tests/unit/server/weave/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PEOPLE_MAX 64
#define PAST_MAX 2048

/* A ring of people in groups that take turns: enough ties for a network, and nobody's contacts in
 * the way. */
struct cafe {
    struct graph_snapshot snapshot;
    uint32_t groups[PEOPLE_MAX];
    struct graph_tie ties[PEOPLE_MAX];
    struct graph_pair past[PAST_MAX];
    size_t past_count;
    bool takes_part[PEOPLE_MAX];
    struct graph *graph;
};

static void open_cafe(struct cafe *cafe)
{
    assert_int_equal(graph_new(&cafe->snapshot, &cafe->graph), STATUS_OK);
}

static struct cafe *cafe_of(uint32_t people, uint32_t group_count)
{
    struct cafe *cafe = calloc(1, sizeof(*cafe));
    assert_non_null(cafe);
    for (uint32_t u = 0; u < people; u++) {
        cafe->groups[u] = u % group_count;
        cafe->ties[u] = (struct graph_tie){u, (u + 1) % people, 1};
        cafe->takes_part[u] = true;
    }
    cafe->snapshot = (struct graph_snapshot){.person_count = people,
                                             .groups = cafe->groups,
                                             .group_count = group_count,
                                             .ties = cafe->ties,
                                             .tie_count = people > 2 ? people : 0};
    return cafe;
}

static void close_cafe(struct cafe **cafe)
{
    graph_free(&(*cafe)->graph);
    free(*cafe);
    *cafe = NULL;
}

static void met(struct cafe *cafe, uint32_t a, uint32_t b)
{
    assert_true(cafe->past_count < PAST_MAX);
    cafe->past[cafe->past_count++] = (struct graph_pair){a, b};
}

static bool did_meet(const struct cafe *cafe, uint32_t a, uint32_t b)
{
    for (size_t i = 0; i < cafe->past_count; i++)
        if ((cafe->past[i].a == a && cafe->past[i].b == b) ||
            (cafe->past[i].a == b && cafe->past[i].b == a))
            return true;
    return false;
}

static struct coffee hold_round(struct cafe *cafe)
{
    struct coffee_options options = {
        .takes_part = cafe->takes_part, .past = cafe->past, .past_count = cafe->past_count};
    struct coffee coffee = {0};
    if (cafe->graph == NULL)
        open_cafe(cafe);
    assert_int_equal(coffee_round(cafe->graph, &options, &coffee), STATUS_OK);
    return coffee;
}

/* Everybody who takes part sits at one table or is named as alone, and the counts are true. */
static void assert_seated(const struct cafe *cafe, const struct coffee *coffee)
{
    uint32_t seats[PEOPLE_MAX] = {0}, across = 0, repeats = 0;
    for (uint32_t i = 0; i < coffee->table_count; i++) {
        const struct coffee_table *table = &coffee->tables[i];
        bool differ = true, again = false;
        assert_in_range(table->count, 2, COFFEE_SEATS);
        for (uint32_t s = 0; s < table->count; s++) {
            seats[table->people[s]]++;
            for (uint32_t t = 0; t < s; t++) {
                uint32_t a = table->people[t], b = table->people[s];
                assert_true(a < b);
                assert_false(graph_is_never(cafe->graph, a, b));
                differ &= cafe->groups[a] != cafe->groups[b];
                again |= did_meet(cafe, a, b);
            }
        }
        across += differ;
        repeats += again;
    }
    for (uint32_t i = 0; i < coffee->alone_count; i++)
        seats[coffee->alone[i]]++;
    for (uint32_t u = 0; u < cafe->snapshot.person_count; u++)
        assert_int_equal(seats[u], cafe->takes_part[u]);
    assert_int_equal(coffee->across, across);
    assert_int_equal(coffee->repeats, repeats);
}

static void remember(struct cafe *cafe, struct coffee *coffee)
{
    for (uint32_t i = 0; i < coffee->table_count; i++)
        for (uint32_t s = 0; s < coffee->tables[i].count; s++)
            for (uint32_t t = 0; t < s; t++)
                met(cafe, coffee->tables[i].people[t], coffee->tables[i].people[s]);
    coffee_clear(coffee);
}

static void pairs_everybody_with_strangers_round_after_round(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {12, 13, 60, 61};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct cafe *cafe = cafe_of(sizes[i], 4);
        for (uint32_t round = 0; round < (sizes[i] > 50 ? 16 : 4); round++) {
            struct coffee coffee = hold_round(cafe);
            assert_seated(cafe, &coffee);
            assert_int_equal(coffee.table_count, sizes[i] / 2);
            assert_int_equal(coffee.alone_count, 0);
            assert_int_equal(coffee.across, coffee.table_count);
            assert_int_equal(coffee.repeats, 0);
            remember(cafe, &coffee);
        }
        close_cafe(&cafe);
    }
}

static void repeats_the_earliest_when_everybody_has_met(void **state)
{
    (void)state;
    struct cafe *cafe = cafe_of(4, 4);
    met(cafe, 0, 1);
    met(cafe, 2, 3);
    met(cafe, 0, 2);
    met(cafe, 1, 3);
    met(cafe, 0, 3);
    met(cafe, 1, 2);
    struct coffee coffee = hold_round(cafe);
    assert_seated(cafe, &coffee);
    assert_int_equal(coffee.repeats, 2);
    assert_int_equal(coffee.tables[0].people[1], 1);
    assert_int_equal(coffee.tables[1].people[1], 3);
    coffee_clear(&coffee);
    close_cafe(&cafe);
}

static void stays_within_a_group_only_for_those_left_over(void **state)
{
    (void)state;
    struct cafe *cafe = cafe_of(14, 2);
    for (uint32_t u = 0; u < 14; u++)
        cafe->groups[u] = u < 4; /* four of one group, ten of the other */
    struct coffee coffee = hold_round(cafe);
    assert_seated(cafe, &coffee);
    assert_int_equal(coffee.table_count, 7);
    assert_int_equal(coffee.across, 4);
    coffee_clear(&coffee);
    close_cafe(&cafe);
}

static void never_seats_those_who_never_want_to(void **state)
{
    (void)state;
    static const struct graph_pair never[] = {{0, 1}, {0, 2}, {0, 3}, {0, 4}};
    struct cafe *cafe = cafe_of(5, 5);
    cafe->snapshot.never = never;
    cafe->snapshot.never_count = 4;
    struct coffee coffee = hold_round(cafe);
    assert_seated(cafe, &coffee);
    assert_int_equal(coffee.alone_count, 1);
    assert_int_equal(coffee.alone[0], 0);
    assert_int_equal(coffee.table_count, 2);
    coffee_clear(&coffee);
    close_cafe(&cafe);
}

static void leaves_out_who_takes_no_part_or_may_not_be_proposed(void **state)
{
    (void)state;
    uint8_t consents[8];
    memset(consents, GRAPH_COUNTED | GRAPH_PROPOSABLE, sizeof(consents));
    consents[3] = GRAPH_COUNTED;
    struct cafe *cafe = cafe_of(8, 4);
    cafe->snapshot.consents = consents;
    cafe->takes_part[6] = false;
    open_cafe(cafe);
    struct coffee coffee = hold_round(cafe);
    cafe->takes_part[3] = false; /* as the graph says */
    assert_seated(cafe, &coffee);
    assert_int_equal(coffee.table_count, 3);
    coffee_clear(&coffee);
    close_cafe(&cafe);
}

static void answers_for_very_few_people(void **state)
{
    (void)state;
    for (uint32_t people = 0; people < 4; people++) {
        struct cafe *cafe = cafe_of(people, 1);
        struct coffee coffee = hold_round(cafe);
        assert_seated(cafe, &coffee);
        assert_int_equal(coffee.table_count, people / 2);
        assert_int_equal(coffee.alone_count, people == 1);
        coffee_clear(&coffee);
        close_cafe(&cafe);
    }
}

/* The best pairs of a round are the engine's: across the only bridge between two chains. */
static void takes_the_pairs_that_connect_best(void **state)
{
    (void)state;
    struct cafe *cafe = cafe_of(20, 2);
    for (uint32_t u = 0; u < 20; u++)
        cafe->groups[u] = u >= 10;
    cafe->snapshot.tie_count = 19; /* a chain */
    struct coffee coffee = hold_round(cafe);
    assert_seated(cafe, &coffee);
    assert_int_equal(coffee.across, 10);
    /* An end of the chain gets somebody far; which end, its symmetry leaves open. */
    uint32_t longest = 0;
    for (uint32_t i = 0; i < coffee.table_count; i++) {
        const uint32_t *people = coffee.tables[i].people;
        if ((people[0] == 0 || people[1] == 19) && people[1] - people[0] > longest)
            longest = people[1] - people[0];
    }
    assert_in_range(longest, 15, 19);
    coffee_clear(&coffee);
    close_cafe(&cafe);
}

static void refuses_what_makes_no_sense(void **state)
{
    (void)state;
    struct cafe *cafe = cafe_of(4, 2);
    struct graph_pair wrong = {0, 4};
    struct coffee_options options = {.past = &wrong, .past_count = 1};
    struct coffee coffee = {0};
    open_cafe(cafe);
    assert_int_equal(coffee_round(cafe->graph, &options, &coffee), STATUS_INVALID);
    wrong.b = 0;
    assert_int_equal(coffee_round(cafe->graph, &options, &coffee), STATUS_INVALID);
    graph_free(&cafe->graph);
    cafe->snapshot.for_counts_only = true;
    open_cafe(cafe);
    options.past_count = 0;
    assert_int_equal(coffee_round(cafe->graph, &options, &coffee), STATUS_DENIED);
    assert_null(coffee.tables);
    close_cafe(&cafe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_everybody_with_strangers_round_after_round),
        cmocka_unit_test(repeats_the_earliest_when_everybody_has_met),
        cmocka_unit_test(stays_within_a_group_only_for_those_left_over),
        cmocka_unit_test(never_seats_those_who_never_want_to),
        cmocka_unit_test(leaves_out_who_takes_no_part_or_may_not_be_proposed),
        cmocka_unit_test(answers_for_very_few_people),
        cmocka_unit_test(takes_the_pairs_that_connect_best),
        cmocka_unit_test(refuses_what_makes_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
