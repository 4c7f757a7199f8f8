/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/graph.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct graph *graph_of(const struct graph_snapshot *snapshot)
{
    struct graph *graph = NULL;
    assert_int_equal(graph_new(snapshot, &graph), STATUS_OK);
    return graph;
}

static void keeps_neighbours_sorted_and_adds_up_repeats(void **state)
{
    (void)state;
    static const struct graph_tie ties[] = {
        {3, 0, 1}, {0, 2, 1}, {0, 1, 2}, {0, 3, 0.5}, {2, 1, 1}};
    struct graph_snapshot snapshot = {.person_count = 5, .ties = ties, .tie_count = 5};
    struct graph *graph = graph_of(&snapshot);
    assert_int_equal(graph->node_count, 5);
    assert_int_equal(graph->tie_count, 4);
    assert_int_equal(graph_degree(graph, 0), 3);
    static const uint32_t wanted[] = {1, 2, 3};
    assert_memory_equal(graph_neighbours(graph, 0), wanted, sizeof(wanted));
    assert_float_equal(graph->weights[graph->starts[0] + 2], 1.5, 1e-6);
    assert_int_equal(graph_degree(graph, 4), 0);
    assert_true(graph_is_tied(graph, 3, 0));
    assert_false(graph_is_tied(graph, 3, 1));
    graph_free(&graph);
    assert_null(graph);
}

static void leaves_out_people_who_are_not_counted(void **state)
{
    (void)state;
    static const struct graph_tie ties[] = {{0, 1, 1}, {1, 2, 1}, {0, 3, 1}};
    static const uint8_t consents[] = {GRAPH_COUNTED | GRAPH_PROPOSABLE, 0, GRAPH_COUNTED,
                                       GRAPH_COUNTED | GRAPH_PROPOSABLE};
    static const uint32_t groups[] = {0, 1, 1, 2};
    struct graph_snapshot snapshot = {.person_count = 4,
                                      .groups = groups,
                                      .group_count = 3,
                                      .consents = consents,
                                      .ties = ties,
                                      .tie_count = 3};
    struct graph *graph = graph_of(&snapshot);
    assert_int_equal(graph->node_count, 3);
    assert_int_equal(graph->tie_count, 1);
    assert_int_equal(graph->nodes[1], GRAPH_NONE);
    assert_int_equal(graph->nodes[2], 1);
    assert_int_equal(graph->persons[1], 2);
    assert_int_equal(graph_group(graph, 1), 1);
    assert_false(graph_may_pair(graph, 0, 1)); /* person 2 is counted and never proposed */
    assert_false(graph_may_pair(graph, 0, 2)); /* tied */
    graph_free(&graph);
}

static void pairs_all_who_are_counted_in_a_graph_for_counts(void **state)
{
    (void)state;
    static const uint8_t consents[] = {GRAPH_COUNTED | GRAPH_PROPOSABLE, GRAPH_COUNTED, 0};
    static const uint32_t groups[] = {0, 1, 2};
    struct graph_snapshot snapshot = {
        .person_count = 3, .groups = groups, .group_count = 3, .consents = consents};
    struct graph *graph = graph_of(&snapshot);
    assert_false(graph_may_pair(graph, 0, 1));
    graph_free(&graph);
    snapshot.for_counts_only = true;
    graph = graph_of(&snapshot);
    assert_true(graph->for_counts_only);
    assert_int_equal(graph->node_count, 2);
    assert_true(graph_may_pair(graph, 0, 1));
    graph_free(&graph);
}

static void never_pairs_the_never_match_list_or_one_group(void **state)
{
    (void)state;
    static const uint32_t groups[] = {0, 0, 1, 2};
    static const struct graph_pair never[] = {{3, 0}, {0, 3}};
    struct graph_snapshot snapshot = {
        .person_count = 4, .groups = groups, .group_count = 3, .never = never, .never_count = 2};
    struct graph *graph = graph_of(&snapshot);
    assert_false(graph_may_pair(graph, 0, 0));
    assert_false(graph_may_pair(graph, 0, 1));
    assert_true(graph_may_pair(graph, 0, 2));
    assert_false(graph_may_pair(graph, 0, 3));
    assert_false(graph_may_pair(graph, 3, 0));
    assert_true(graph_may_pair(graph, 3, 1));
    graph_free(&graph);
}

static void drops_weak_ties_and_then_isolates_when_asked(void **state)
{
    (void)state;
    static const struct graph_tie ties[] = {{0, 1, 4}, {1, 0, 6}, {1, 2, 9}, {3, 2, 12}};
    static const uint32_t groups[] = {0, 1, 0, 1, 0};
    struct graph_snapshot snapshot = {.person_count = 5,
                                      .groups = groups,
                                      .group_count = 2,
                                      .ties = ties,
                                      .tie_count = 4,
                                      .weight_min = 10};
    struct graph *graph = graph_of(&snapshot);
    assert_int_equal(graph->node_count, 5);
    assert_int_equal(graph->tie_count, 2);
    graph_free(&graph);
    snapshot.without_isolates = true;
    graph = graph_of(&snapshot);
    assert_int_equal(graph->node_count, 4);
    assert_int_equal(graph->tie_count, 2);
    assert_int_equal(graph->persons[3], 3);
    assert_int_equal(graph->nodes[4], GRAPH_NONE);
    graph_free(&graph);
}

static void refuses_snapshots_that_contradict_themselves(void **state)
{
    (void)state;
    static const uint32_t groups[] = {0, 2};
    static const double weights[] = {0, -1, NAN, INFINITY};
    struct graph *graph = NULL;
    struct graph_tie tie = {0, 2, 1};
    struct graph_snapshot snapshot = {.person_count = 2, .ties = &tie, .tie_count = 1};
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_INVALID);
    tie.b = 0;
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_INVALID);
    tie.b = 1;
    for (size_t i = 0; i < 4; i++) {
        tie.weight = weights[i];
        assert_int_equal(graph_new(&snapshot, &graph), STATUS_INVALID);
    }
    tie.weight = 1;
    snapshot.groups = groups;
    snapshot.group_count = 2;
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_INVALID);
    snapshot.group_count = 3;
    struct graph_pair self = {1, 1};
    snapshot.never = &self;
    snapshot.never_count = 1;
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_INVALID);
    snapshot.never_count = 0;
    snapshot.tie_count = (size_t)WEAVE_ROWS_MAX + 1;
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_LIMIT);
    assert_null(graph);
}

static void numbers_components_by_size(void **state)
{
    (void)state;
    static const struct graph_tie ties[] = {{1, 2, 1}, {3, 4, 1}, {4, 5, 1}};
    struct graph_snapshot snapshot = {.person_count = 7, .ties = ties, .tie_count = 3};
    struct graph *graph = graph_of(&snapshot);
    struct graph_components components;
    assert_int_equal(graph_components_init(graph, &components), STATUS_OK);
    static const uint32_t sizes[] = {3, 2, 1, 1}, labels[] = {2, 1, 1, 0, 0, 0, 3};
    assert_int_equal(components.count, 4);
    assert_memory_equal(components.sizes, sizes, sizeof(sizes));
    assert_memory_equal(components.labels, labels, sizeof(labels));
    graph_components_clear(&components);
    graph_free(&graph);
}

static void takes_an_empty_network(void **state)
{
    (void)state;
    struct graph_snapshot snapshot = {0};
    struct graph *graph = graph_of(&snapshot);
    struct graph_components components;
    assert_int_equal(graph->node_count, 0);
    assert_int_equal(graph_components_init(graph, &components), STATUS_OK);
    assert_int_equal(components.count, 0);
    graph_components_clear(&components);
    graph_free(&graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_neighbours_sorted_and_adds_up_repeats),
        cmocka_unit_test(leaves_out_people_who_are_not_counted),
        cmocka_unit_test(pairs_all_who_are_counted_in_a_graph_for_counts),
        cmocka_unit_test(never_pairs_the_never_match_list_or_one_group),
        cmocka_unit_test(drops_weak_ties_and_then_isolates_when_asked),
        cmocka_unit_test(refuses_snapshots_that_contradict_themselves),
        cmocka_unit_test(numbers_components_by_size),
        cmocka_unit_test(takes_an_empty_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
