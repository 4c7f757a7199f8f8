/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Every allocation of the network folder is made to fail in turn: each must come back as an error,
 * with nothing set, nothing leaked (the sanitizer says) and nothing left half-done.
 */
#include "server/weave/assisters.h"
#include "server/weave/brokers.h"
#include "server/weave/coffee.h"
#include "server/weave/groups.h"
#include "server/weave/measures.h"
#include "server/weave/tables.h"
#include "tests/unit/failing_memory.h"
#include "tests/unit/server/weave/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Runs `step` with the first allocation failing, then the second, until none is left to fail. */
static void assert_survives(enum status (*step)(void *context), void *context)
{
    long failing = 0;
    for (bool done = false; !done; failing++) {
        failing_memory_begin(failing);
        enum status status = step(context);
        done = !failing_memory_end();
        assert_int_equal(status, done ? STATUS_OK : STATUS_NO_MEMORY);
        assert_true(failing < 1000);
    }
    assert_true(failing > 1); /* something was made to fail */
}

static enum status read_tables(void *context)
{
    (void)context;
    static struct tables_errors errors;
    struct tables_people *people = NULL;
    struct tables_ties *ties = NULL;
    enum status status = tables_people_read(
        SPAN_LITERAL(
            "person_id,name,group\n1,\"A \"\"b\"\"\",g\n\"2\"\"\",B,\"h \"\"i\"\"\"\n3,C,g\n"),
        &errors, &people);
    if (status == STATUS_OK)
        status = tables_ties_read(SPAN_LITERAL("person_a,person_b\n1,\"2\"\"\"\n1,3\n"),
                                  people->index, &errors, &ties);
    assert_true(status == STATUS_OK || ties == NULL);
    tables_ties_free(&ties);
    tables_people_free(&people);
    return status;
}

/* Thirty people of three groups in four parts: rings of ten, eight and eleven, and one alone. */
static enum status make_graph(struct graph **graph)
{
    static uint32_t groups[30];
    static struct graph_tie ties[29];
    static const struct graph_pair never[] = {{0, 29}};
    static const uint32_t ends[] = {10, 18, 29};
    for (uint32_t u = 0; u < 30; u++)
        groups[u] = u % 3;
    for (uint32_t part = 0, u = 0; part < 3; part++)
        for (uint32_t first = u; u < ends[part]; u++)
            ties[u] = (struct graph_tie){u, u + 1 < ends[part] ? u + 1 : first, 1};
    struct graph_snapshot snapshot = {.person_count = 30,
                                      .groups = groups,
                                      .group_count = 3,
                                      .ties = ties,
                                      .tie_count = 29,
                                      .never = never,
                                      .never_count = 1,
                                      .without_isolates = false};
    return graph_new(&snapshot, graph);
}

static enum status build_graph(void *context)
{
    (void)context;
    struct graph *graph = NULL;
    enum status status = make_graph(&graph);
    assert_true((status == STATUS_OK) == (graph != NULL));
    graph_free(&graph);
    return status;
}

static enum status measure(void *context)
{
    struct measures measures;
    struct measures_options options = {.seed = 1};
    return measures_compute(context, &options, &measures);
}

static enum status estimate(void *context)
{
    struct measures measures;
    struct measures_options options = {.exact_max = 1, .without_dense = true};
    return measures_compute(context, &options, &measures);
}

static enum status introduce_by(const struct graph *graph, enum introductions_method method)
{
    struct introductions_options options = {.count = 10, .method = method};
    struct introductions chosen = {0};
    enum status status = introductions_choose(graph, &options, &chosen);
    assert_true((status == STATUS_OK) == (chosen.pairs != NULL));
    introductions_clear(&chosen);
    return status;
}

static enum status introduce_by_resistance(void *context)
{
    return introduce_by(context, INTRODUCTIONS_RESISTANCE);
}

static enum status introduce_by_degree(void *context)
{
    return introduce_by(context, INTRODUCTIONS_DEGREE);
}

static enum status introduce_by_sketch(void *context)
{
    return introduce_by(context, INTRODUCTIONS_SKETCH);
}

static enum status publish(void *context)
{
    CLEANUP(groups_parts_clear) struct groups_parts parts = {0};
    CLEANUP(groups_matrix_clear) struct groups_matrix matrix = {0};
    CLEANUP(groups_needs_clear) struct groups_needs needs = {0};
    struct introductions_pair pair = {0, 1, 1};
    struct introductions chosen = {1, &pair, INTRODUCTIONS_RESISTANCE};
    TRY(groups_parts_init(context, &parts));
    TRY(groups_matrix_init(context, &parts, &matrix));
    return groups_needs_init(context, &parts, &chosen, &needs);
}

static enum status choose_assisters(void *context)
{
    struct assisters_request request = {.node = 0, .group = 0};
    struct assisters_candidate candidate = {
        .node = 4, .group = 1, .joined = true, .opted_in = true, .contacts_per_week = 1};
    struct assisters chosen;
    return assisters_choose(context, &request, &candidate, 1, &chosen);
}

static void estimating_measures_survives(void **state)
{
    (void)state;
    struct graph_snapshot snapshot = {.person_count = WEAVE_SAMPLES + 1};
    struct graph *graph = NULL;
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_OK);
    assert_survives(estimate, graph);
    graph_free(&graph);
}

static enum status find_brokers(void *context)
{
    uint32_t cut_off[30];
    return brokers_find(context, cut_off);
}

static enum status hold_coffee_round(void *context)
{
    static const struct graph_pair past[] = {{0, 1}, {4, 8}};
    struct coffee_options options = {.past = past, .past_count = 2};
    struct coffee coffee = {0};
    enum status status = coffee_round(context, &options, &coffee);
    assert_true((status == STATUS_OK) == (coffee.tables != NULL));
    coffee_clear(&coffee);
    return status;
}

static void reading_tables_survives(void **state)
{
    (void)state;
    assert_survives(read_tables, NULL);
}

static void building_a_graph_survives(void **state)
{
    (void)state;
    assert_survives(build_graph, NULL);
}

static void all_that_uses_a_graph_survives(void **state)
{
    (void)state;
    struct graph *graph = NULL;
    assert_int_equal(make_graph(&graph), STATUS_OK);
    assert_survives(measure, graph);
    assert_survives(introduce_by_resistance, graph);
    assert_survives(introduce_by_degree, graph);
    assert_survives(introduce_by_sketch, graph);
    assert_survives(publish, graph);
    assert_survives(choose_assisters, graph);
    assert_survives(find_brokers, graph);
    assert_survives(hold_coffee_round, graph);
    graph_free(&graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_tables_survives),
        cmocka_unit_test(building_a_graph_survives),
        cmocka_unit_test(estimating_measures_survives),
        cmocka_unit_test(all_that_uses_a_graph_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
