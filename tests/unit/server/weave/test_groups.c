/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/groups.h"
#include "tests/unit/server/weave/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define GROUPS_OF_TEST 8

/* People of groups of the given sizes, in the order of the groups. */
struct plan {
    uint32_t group_count;
    uint32_t sizes[GROUPS_OF_TEST];
    struct graph_tie ties[512];
    size_t tie_count;
};

static uint32_t first_of(const struct plan *plan, uint32_t group)
{
    uint32_t first = 0;
    for (uint32_t i = 0; i < group; i++)
        first += plan->sizes[i];
    return first;
}

/* Ties the first `count` people of one group to as many of another, one to one. */
static void tie_groups(struct plan *plan, uint32_t a, uint32_t b, uint32_t count)
{
    uint32_t shift = a == b ? plan->sizes[a] / 2 : 0;
    for (uint32_t i = 0; i < count; i++)
        plan->ties[plan->tie_count++] =
            (struct graph_tie){first_of(plan, a) + i, first_of(plan, b) + i + shift, 1};
}

static struct graph *graph_of(const struct plan *plan)
{
    uint32_t groups[512], people = first_of(plan, plan->group_count);
    for (uint32_t group = 0, u = 0; group < plan->group_count; group++)
        for (uint32_t i = 0; i < plan->sizes[group]; i++)
            groups[u++] = group;
    struct graph_snapshot snapshot = {.person_count = people,
                                      .groups = groups,
                                      .group_count = plan->group_count,
                                      .ties = plan->ties,
                                      .tie_count = plan->tie_count};
    struct graph *graph = NULL;
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_OK);
    return graph;
}

static struct groups_parts parts_of(const struct plan *plan)
{
    struct graph *graph = graph_of(plan);
    struct groups_parts parts;
    assert_int_equal(groups_parts_init(graph, &parts), STATUS_OK);
    graph_free(&graph);
    return parts;
}

static struct groups_matrix matrix_of(const struct plan *plan)
{
    struct graph *graph = graph_of(plan);
    struct groups_parts parts;
    struct groups_matrix matrix;
    assert_int_equal(groups_parts_init(graph, &parts), STATUS_OK);
    assert_int_equal(groups_matrix_init(graph, &parts, &matrix), STATUS_OK);
    groups_parts_clear(&parts);
    graph_free(&graph);
    return matrix;
}

static void
assert_cell(const struct groups_matrix *matrix, uint32_t a, uint32_t b, uint64_t ties, bool hidden)
{
    assert_ptr_equal(groups_matrix_cell(matrix, a, b), groups_matrix_cell(matrix, b, a));
    assert_int_equal(groups_matrix_cell(matrix, a, b)->ties, ties);
    assert_int_equal(groups_matrix_cell(matrix, a, b)->hidden, hidden);
}

static void shows_groups_of_ten_and_hides_groups_of_nine(void **state)
{
    (void)state;
    struct plan plan = {.group_count = 5, .sizes = {10, 9, 30, 3, 0}};
    struct groups_parts parts = parts_of(&plan);
    assert_int_equal(parts.count, 3);
    assert_int_equal(parts.group[0], 0);
    assert_int_equal(parts.group[1], 2);
    assert_int_equal(parts.group[2], GRAPH_NONE);
    assert_int_equal(parts.people[2], 12);
    assert_int_equal(parts.of_group[1], 2);
    assert_int_equal(parts.of_group[3], 2);
    assert_int_equal(parts.of_group[4], GRAPH_NONE);
    groups_parts_clear(&parts);
}

static void hides_a_second_group_beside_a_single_small_one(void **state)
{
    (void)state;
    struct plan plan = {.group_count = 3, .sizes = {20, 9, 15}};
    struct groups_parts parts = parts_of(&plan);
    assert_int_equal(parts.count, 2);
    assert_int_equal(parts.group[0], 0);
    assert_int_equal(parts.people[1], 24);
    groups_parts_clear(&parts);
    /* Two small ones of nine people together need a third. */
    plan = (struct plan){.group_count = 4, .sizes = {4, 5, 30, 12}};
    parts = parts_of(&plan);
    assert_int_equal(parts.count, 2);
    assert_int_equal(parts.group[0], 2);
    assert_int_equal(parts.people[1], 21);
    groups_parts_clear(&parts);
}

static void shows_nothing_of_fewer_than_ten_people(void **state)
{
    (void)state;
    static const struct plan plans[] = {{.group_count = 2, .sizes = {4, 5}},
                                        {.group_count = 1, .sizes = {9}},
                                        {.group_count = 1, .sizes = {1}},
                                        {.group_count = 0}};
    for (size_t i = 0; i < 4; i++) {
        struct groups_parts parts = parts_of(&plans[i]);
        assert_int_equal(parts.count, 0);
        groups_parts_clear(&parts);
        struct groups_matrix matrix = matrix_of(&plans[i]);
        assert_int_equal(matrix.part_count, 0);
        groups_matrix_clear(&matrix);
    }
    struct plan small = {.group_count = 3, .sizes = {4, 5, 6}};
    struct groups_parts parts = parts_of(&small);
    assert_int_equal(parts.count, 1);
    assert_int_equal(parts.people[0], 15);
    groups_parts_clear(&parts);
}

static void hides_cells_that_nine_people_hold_and_one_more(void **state)
{
    (void)state;
    struct plan plan = {.group_count = 4, .sizes = {20, 20, 20, 20}};
    for (uint32_t i = 0; i < 4; i++)
        tie_groups(&plan, i, i, 6 + i); /* held by 12 people and more */
    tie_groups(&plan, 0, 1, 4);         /* held by 8 people: hidden */
    tie_groups(&plan, 0, 2, 5);         /* by 10: the smallest shown, hidden with it */
    tie_groups(&plan, 0, 3, 6);
    tie_groups(&plan, 1, 2, 7);
    tie_groups(&plan, 1, 3, 8);
    tie_groups(&plan, 2, 3, 9);
    struct groups_matrix matrix = matrix_of(&plan);
    for (uint32_t i = 0; i < 4; i++)
        assert_cell(&matrix, i, i, 6 + i, false);
    assert_cell(&matrix, 0, 1, 4, true);
    assert_cell(&matrix, 0, 2, 5, true);
    assert_cell(&matrix, 0, 3, 6, false);
    assert_cell(&matrix, 1, 2, 7, false);
    assert_cell(&matrix, 1, 3, 8, false);
    assert_cell(&matrix, 2, 3, 9, false);
    assert_int_equal(groups_matrix_cell(&matrix, 2, 3)->people, 18);
    groups_matrix_clear(&matrix);
}

static void hides_another_cell_when_few_people_hold_the_hidden_ones(void **state)
{
    (void)state;
    struct plan plan = {.group_count = 3, .sizes = {20, 20, 20}};
    tie_groups(&plan, 0, 1, 3);
    tie_groups(&plan, 0, 2, 3); /* the same three of group 0: nine people hold both cells */
    tie_groups(&plan, 1, 2, 10);
    struct groups_matrix matrix = matrix_of(&plan);
    assert_cell(&matrix, 0, 1, 3, true);
    assert_cell(&matrix, 0, 2, 3, true);
    assert_cell(&matrix, 1, 2, 10, true);
    groups_matrix_clear(&matrix);
    plan.tie_count = 0;
    tie_groups(&plan, 0, 1, 4);
    tie_groups(&plan, 2, 0, 3); /* eleven people, none too few */
    tie_groups(&plan, 1, 2, 10);
    matrix = matrix_of(&plan);
    assert_cell(&matrix, 0, 2, 3, true);
    assert_cell(&matrix, 1, 2, 10, false);
    groups_matrix_clear(&matrix);
}

static void counts_ties_that_name_one_person_many_times_as_one_person(void **state)
{
    (void)state;
    struct plan plan = {.group_count = 2, .sizes = {10, 10}};
    for (uint32_t i = 0; i < 10; i++)
        plan.ties[plan.tie_count++] = (struct graph_tie){0, 10 + i, 1};
    struct groups_matrix matrix = matrix_of(&plan);
    assert_int_equal(groups_matrix_cell(&matrix, 0, 1)->people, 11);
    assert_cell(&matrix, 0, 1, 10, false);
    groups_matrix_clear(&matrix);
}

static void refuses_a_matrix_that_nobody_would_read(void **state)
{
    (void)state;
    struct plan plan = {.group_count = 1, .sizes = {10}};
    struct graph *graph = graph_of(&plan);
    struct groups_parts parts = {.count = GROUPS_PARTS_MAX + 1};
    struct groups_matrix matrix;
    assert_int_equal(groups_matrix_init(graph, &parts, &matrix), STATUS_LIMIT);
    graph_free(&graph);
}

static void counts_introductions_per_pair_of_parts(void **state)
{
    (void)state;
    struct plan plan = {.group_count = 4, .sizes = {10, 12, 5, 6}};
    struct graph *graph = graph_of(&plan);
    struct groups_parts parts;
    struct groups_needs needs;
    assert_int_equal(groups_parts_init(graph, &parts), STATUS_OK);
    struct introductions_pair pairs[] = {{0, 23, 1},  {1, 28, 1}, {0, 11, 1},
                                         {22, 27, 1}, {2, 24, 1}, {1, 12, 1}};
    struct introductions chosen = {6, pairs, INTRODUCTIONS_RESISTANCE};
    assert_int_equal(groups_needs_init(graph, &parts, &chosen, &needs), STATUS_OK);
    assert_int_equal(needs.count, 3);
    static const struct groups_need wanted[] = {{0, 2, 3}, {0, 1, 2}, {2, 2, 1}};
    assert_memory_equal(needs.list, wanted, sizeof(wanted));
    groups_needs_clear(&needs);
    groups_parts_clear(&parts);
    graph_free(&graph);
}

static void counts_all_introductions_of_a_real_network(void **state)
{
    (void)state;
    struct graph *graph = sample_shared("email_eu_core", 0, false);
    if (graph == NULL)
        skip();
    struct groups_parts parts;
    struct groups_needs needs;
    struct introductions chosen;
    struct introductions_options options = {.count = 100};
    assert_int_equal(groups_parts_init(graph, &parts), STATUS_OK);
    assert_int_equal(introductions_choose(graph, &options, &chosen), STATUS_OK);
    assert_int_equal(groups_needs_init(graph, &parts, &chosen, &needs), STATUS_OK);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < needs.count; i++) {
        sum += needs.list[i].introductions;
        assert_true(parts.people[needs.list[i].a] >= WEAVE_CELL_PEOPLE_MIN);
        assert_true(parts.people[needs.list[i].b] >= WEAVE_CELL_PEOPLE_MIN);
        assert_true(i == 0 || needs.list[i].introductions <= needs.list[i - 1].introductions);
    }
    assert_int_equal(sum, chosen.count);
    assert_int_equal(chosen.count, 100);
    groups_needs_clear(&needs);
    introductions_clear(&chosen);
    groups_parts_clear(&parts);
    graph_free(&graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_groups_of_ten_and_hides_groups_of_nine),
        cmocka_unit_test(hides_a_second_group_beside_a_single_small_one),
        cmocka_unit_test(shows_nothing_of_fewer_than_ten_people),
        cmocka_unit_test(hides_cells_that_nine_people_hold_and_one_more),
        cmocka_unit_test(hides_another_cell_when_few_people_hold_the_hidden_ones),
        cmocka_unit_test(counts_ties_that_name_one_person_many_times_as_one_person),
        cmocka_unit_test(refuses_a_matrix_that_nobody_would_read),
        cmocka_unit_test(counts_introductions_per_pair_of_parts),
        cmocka_unit_test(counts_all_introductions_of_a_real_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
