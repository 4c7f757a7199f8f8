/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/brokers.h"
#include "server/weave/seeded.h"
#include "tests/unit/server/weave/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PEOPLE_MAX 64

static void assert_cut_off(struct graph *graph, const uint32_t *wanted)
{
    uint32_t cut_off[PEOPLE_MAX];
    assert_int_equal(brokers_find(graph, cut_off), STATUS_OK);
    for (uint32_t u = 0; u < graph->node_count; u++)
        assert_int_equal(cut_off[u], wanted[u]);
    graph_free(&graph);
}

static void counts_who_would_be_cut_off(void **state)
{
    (void)state;
    static const uint32_t star[10] = {8}, chain[] = {0, 1, 2, 3, 4, 4, 3, 2, 1, 0};
    static const uint32_t kite[] = {0, 0, 0, 0, 0, 0, 0, 2, 1, 0};
    static const uint32_t bridged[] = {4, 0, 0, 0, 0, 4, 0, 0, 0, 0}, apart[10] = {0};
    assert_cut_off(sample_star(10), star);
    assert_cut_off(sample_chain(10), chain);
    assert_cut_off(sample_kite(), kite);
    assert_cut_off(sample_two_cliques(1), bridged);
    assert_cut_off(sample_two_cliques(2), apart);
    assert_cut_off(sample_two_cliques(0), apart);
}

static void finds_nobody_in_a_network_without_people(void **state)
{
    (void)state;
    struct graph_snapshot snapshot = {0};
    struct graph *graph = NULL;
    uint32_t cut_off[1] = {7};
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_OK);
    assert_int_equal(brokers_find(graph, cut_off), STATUS_OK);
    assert_int_equal(cut_off[0], 7);
    graph_free(&graph);
}

static struct graph *graph_of(uint32_t people, const struct graph_tie *ties, size_t count)
{
    struct graph_snapshot snapshot = {.person_count = people, .ties = ties, .tie_count = count};
    struct graph *graph = NULL;
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_OK);
    return graph;
}

/* By taking the person out. */
static uint32_t cut_off_by_trial(const struct graph *graph, uint32_t gone)
{
    struct graph_tie ties[2 * PEOPLE_MAX];
    struct graph_components before = {0}, after = {0};
    size_t count = 0;
    for (uint32_t u = 0; u < graph->node_count; u++)
        for (uint32_t i = 0; i < graph_degree(graph, u); i++) {
            uint32_t v = graph_neighbours(graph, u)[i];
            if (u < v && u != gone && v != gone)
                ties[count++] = (struct graph_tie){u, v, 1};
        }
    struct graph *without = graph_of(graph->node_count, ties, count);
    assert_int_equal(graph_components_init(graph, &before), STATUS_OK);
    assert_int_equal(graph_components_init(without, &after), STATUS_OK);
    uint32_t largest = 0, others = before.sizes[before.labels[gone]] - 1;
    for (uint32_t u = 0; u < graph->node_count; u++)
        if (u != gone && before.labels[u] == before.labels[gone] &&
            after.sizes[after.labels[u]] > largest)
            largest = after.sizes[after.labels[u]];
    graph_components_clear(&before);
    graph_components_clear(&after);
    graph_free(&without);
    return others - largest;
}

static void agrees_with_taking_each_person_out(void **state)
{
    (void)state;
    uint64_t random = 3;
    for (uint32_t run = 0; run < 60; run++) {
        struct graph_tie ties[2 * PEOPLE_MAX];
        uint32_t people = 2 + seeded_below(&random, 24), cut_off[PEOPLE_MAX];
        size_t count = 0;
        for (uint32_t k = 0; k < people + people / 4; k++) {
            uint32_t u = seeded_below(&random, people), v = seeded_below(&random, people);
            if (u != v)
                ties[count++] = (struct graph_tie){u, v, 1};
        }
        struct graph *graph = graph_of(people, ties, count);
        assert_int_equal(brokers_find(graph, cut_off), STATUS_OK);
        for (uint32_t u = 0; u < people; u++)
            assert_int_equal(cut_off[u], cut_off_by_trial(graph, u));
        graph_free(&graph);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_who_would_be_cut_off),
        cmocka_unit_test(finds_nobody_in_a_network_without_people),
        cmocka_unit_test(agrees_with_taking_each_person_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
