/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/library.h"
#include "server/weave/measures.h"
#include "tests/unit/server/weave/sample.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct measures measures_of(struct graph *graph)
{
    struct measures measures;
    assert_int_equal(measures_compute(graph, NULL, &measures), STATUS_OK);
    graph_free(&graph);
    return measures;
}

static void assert_value(const struct measures *measures, enum measures_kind kind, double wanted)
{
    const struct measures_value *value = &measures->values[kind];
    if (!value->defined || fabs(value->value - wanted) > 0.00005 || value->error != 0)
        fail_msg("%s is %.6f (%s), not %.4f", indicator_key((enum indicator)kind), value->value,
                 value->defined ? "defined" : "absent", wanted);
}

static void assert_absent(const struct measures *measures, enum measures_kind kind)
{
    if (measures->values[kind].defined)
        fail_msg("%s is %f, not absent", indicator_key((enum indicator)kind),
                 measures->values[kind].value);
}

/* The known values, in the order of the literature's usual table; NAN: absent. */
struct known {
    double density, degree, betweenness, path, efficiency, clustering, reach, e_i;
};

static void assert_known(struct graph *graph, struct known known)
{
    const struct measures measures = measures_of(graph);
    const double wanted[] = {known.density,    known.degree,     known.betweenness, known.path,
                             known.efficiency, known.clustering, known.reach,       known.e_i};
    static const enum measures_kind kinds[] = {MEASURES_DENSITY,
                                               MEASURES_DEGREE_CENTRALISATION,
                                               MEASURES_BETWEENNESS_CENTRALISATION,
                                               MEASURES_MEAN_PATH,
                                               MEASURES_EFFICIENCY,
                                               MEASURES_CLUSTERING,
                                               MEASURES_TWO_STEP_REACH,
                                               MEASURES_E_I};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (isnan(wanted[i]))
            assert_absent(&measures, kinds[i]);
        else
            assert_value(&measures, kinds[i], wanted[i]);
    }
}

static void knows_the_star(void **state)
{
    (void)state;
    assert_known(sample_star(10),
                 (struct known){.2000, 1.0000, 1.0000, 1.8000, .6000, 0, 1.0000, NAN});
}

static void knows_the_chain(void **state)
{
    (void)state;
    assert_known(sample_chain(10),
                 (struct known){.2000, .0278, .2469, 3.6667, .4287, 0, .3778, NAN});
}

static void knows_two_cliques_with_0_1_and_2_bridges(void **state)
{
    (void)state;
    assert_known(sample_two_cliques(0), (struct known){.4444, 0, 0, NAN, .4444, 1, .4444, -1});
    assert_known(sample_two_cliques(1),
                 (struct known){.4667, .1111, .4938, 1.8889, .6741, .9200, .6444, -.9048});
    assert_known(sample_two_cliques(2),
                 (struct known){.4889, .0833, .1481, 1.7111, .7111, .8400, .8000, -.8182});
    const struct measures apart = measures_of(sample_two_cliques(0));
    assert_value(&apart, MEASURES_COMPONENTS, 2);
    assert_value(&apart, MEASURES_LARGEST_COMPONENT, .5);
    assert_value(&apart, MEASURES_MEAN_PATH_REACHABLE, 1);
}

static void knows_the_kite(void **state)
{
    (void)state;
    assert_known(sample_kite(),
                 (struct known){.4000, .3333, .2963, 1.9778, .6463, .5200, .7333, NAN});
}

/* Closed forms: the star has eigenvalues 0, 1, n; the chain 2 - 2 cos(pi k / n), and resistances
 * that are distances; the complete graph n. */
static void knows_connectivity_and_resistance_of_simple_graphs(void **state)
{
    (void)state;
    const struct measures star = measures_of(sample_star(10));
    assert_value(&star, MEASURES_ALGEBRAIC_CONNECTIVITY, 1);
    assert_value(&star, MEASURES_MEAN_RESISTANCE, 1.8);
    const struct measures chain = measures_of(sample_chain(10));
    assert_value(&chain, MEASURES_ALGEBRAIC_CONNECTIVITY, 2 - 2 * cos(acos(-1) / 10));
    assert_value(&chain, MEASURES_MEAN_RESISTANCE, 11.0 / 3);
    const struct measures cliques = measures_of(sample_two_cliques(0));
    assert_value(&cliques, MEASURES_ALGEBRAIC_CONNECTIVITY, 5);
    assert_value(&cliques, MEASURES_MEAN_RESISTANCE, .4);
}

static void rescales_e_i_so_that_random_is_0(void **state)
{
    (void)state;
    /* Five groups of twelve, every possible tie: nobody pays heed to groups. */
    enum { PEOPLE = 60 };
    static uint32_t groups[PEOPLE];
    static struct graph_tie ties[PEOPLE * PEOPLE];
    size_t count = 0;
    for (uint32_t i = 0; i < PEOPLE; i++) {
        groups[i] = i / 12;
        for (uint32_t j = 0; j < i; j++)
            ties[count++] = (struct graph_tie){i, j, 1};
    }
    struct graph_snapshot snapshot = {.person_count = PEOPLE,
                                      .groups = groups,
                                      .group_count = 5,
                                      .ties = ties,
                                      .tie_count = count};
    struct graph *graph = NULL;
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_OK);
    const struct measures all = measures_of(graph);
    assert_value(&all, MEASURES_E_I, .6271);
    assert_value(&all, MEASURES_E_I_RANDOM, .6271);
    assert_value(&all, MEASURES_E_I_RESCALED, 0);
    const struct measures within = measures_of(sample_two_cliques(0));
    assert_value(&within, MEASURES_E_I_RANDOM, .1111);
    assert_value(&within, MEASURES_E_I_RESCALED, -1);
}

static struct measures measures_of_people(uint32_t people, const uint32_t *groups, uint32_t count)
{
    struct graph_snapshot snapshot = {
        .person_count = people, .groups = groups, .group_count = count};
    struct graph *graph = NULL;
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_OK);
    return measures_of(graph);
}

static void has_defined_answers_for_an_empty_network(void **state)
{
    (void)state;
    const struct measures empty = measures_of_people(0, NULL, 0);
    assert_value(&empty, MEASURES_PEOPLE, 0);
    assert_value(&empty, MEASURES_COMPONENTS, 0);
    static const enum measures_kind absent[] = {
        MEASURES_MEAN_DEGREE,       MEASURES_DENSITY,        MEASURES_MEAN_PATH,
        MEASURES_EFFICIENCY,        MEASURES_CLUSTERING,     MEASURES_E_I,
        MEASURES_LARGEST_COMPONENT, MEASURES_MEAN_RESISTANCE};
    for (size_t i = 0; i < sizeof(absent) / sizeof(*absent); i++)
        assert_absent(&empty, absent[i]);
}

static void has_defined_answers_for_one_person_and_for_two(void **state)
{
    (void)state;
    const uint32_t groups[] = {0, 1};
    const struct measures one = measures_of_people(1, groups, 1);
    assert_value(&one, MEASURES_ISOLATES, 1);
    assert_value(&one, MEASURES_LARGEST_COMPONENT, 1);
    assert_value(&one, MEASURES_CLUSTERING, 0);
    assert_absent(&one, MEASURES_DENSITY);
    assert_absent(&one, MEASURES_EFFICIENCY);
    assert_absent(&one, MEASURES_MEAN_PATH_REACHABLE);
    assert_absent(&one, MEASURES_E_I);
    const struct measures two = measures_of_people(2, groups, 2);
    assert_value(&two, MEASURES_DENSITY, 0);
    assert_absent(&two, MEASURES_DEGREE_CENTRALISATION);
    assert_absent(&two, MEASURES_BETWEENNESS_CENTRALISATION);
    assert_value(&two, MEASURES_E_I_RANDOM, 1);
    assert_absent(&two, MEASURES_E_I_RESCALED);
}

static void has_defined_answers_when_nobody_has_a_tie(void **state)
{
    (void)state;
    static const uint32_t groups[12] = {0, 1, 2};
    const struct measures isolates = measures_of_people(12, groups, 3);
    assert_value(&isolates, MEASURES_ISOLATES, 12);
    assert_value(&isolates, MEASURES_COMPONENTS, 12);
    assert_value(&isolates, MEASURES_EFFICIENCY, 0);
    assert_value(&isolates, MEASURES_TWO_STEP_REACH, 0);
    assert_value(&isolates, MEASURES_DEGREE_CENTRALISATION, 0);
    assert_value(&isolates, MEASURES_BETWEENNESS_CENTRALISATION, 0);
    assert_absent(&isolates, MEASURES_MEAN_PATH);
    assert_absent(&isolates, MEASURES_MEAN_PATH_REACHABLE);
    assert_absent(&isolates, MEASURES_E_I);
    assert_absent(&isolates, MEASURES_ALGEBRAIC_CONNECTIVITY);
}

/* So many people, the first two of them tied across groups. */
static struct measures measures_of_a_pair_among(uint32_t people)
{
    static const uint32_t groups[32] = {0, 1};
    static const struct graph_tie tie = {0, 1, 1};
    struct graph_snapshot snapshot = {
        .person_count = people, .groups = groups, .group_count = 2, .ties = &tie, .tie_count = 1};
    struct graph *graph = NULL;
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_OK);
    return measures_of(graph);
}

static void shows_nothing_of_nine_people_but_their_number(void **state)
{
    (void)state;
    const struct measures nine = measures_of_a_pair_among(9);
    for (enum measures_kind kind = 0; kind < MEASURES_COUNT; kind++)
        assert_int_equal(measures_may_show(&nine, kind), kind == MEASURES_PEOPLE);
    const struct measures ten = measures_of(sample_kite());
    for (enum measures_kind kind = 0; kind < MEASURES_COUNT; kind++)
        assert_int_equal(measures_may_show(&ten, kind), ten.values[kind].defined);
}

/* So many people in a chain across two groups, and so many without a tie. */
static struct measures measures_of_a_chain(uint32_t tied, uint32_t isolates)
{
    uint32_t groups[40];
    struct graph_tie ties[40];
    for (uint32_t i = 0; i < 40; i++) {
        groups[i] = i % 2;
        ties[i] = (struct graph_tie){i, i + 1, 1};
    }
    struct graph_snapshot snapshot = {.person_count = tied + isolates,
                                      .groups = groups,
                                      .group_count = 2,
                                      .ties = ties,
                                      .tie_count = tied - 1};
    struct graph *graph = NULL;
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_OK);
    return measures_of(graph);
}

static void hides_how_many_are_without_a_tie_when_they_are_few(void **state)
{
    (void)state;
    const struct measures nine = measures_of_a_chain(12, 9), ten = measures_of_a_chain(12, 10);
    static const enum measures_kind telling[] = {MEASURES_ISOLATES, MEASURES_COMPONENTS,
                                                 MEASURES_LARGEST_COMPONENT};
    for (size_t i = 0; i < 3; i++) {
        assert_false(measures_may_show(&nine, telling[i]));
        assert_true(measures_may_show(&ten, telling[i]));
    }
    assert_true(measures_may_show(&nine, MEASURES_DENSITY));
    assert_true(measures_may_show(&nine, MEASURES_E_I));
    assert_false(measures_may_show(&nine, MEASURES_MEAN_PATH)); /* absent */
}

static void hides_all_that_is_made_of_ties_when_few_have_any(void **state)
{
    (void)state;
    const struct measures nine = measures_of_a_chain(9, 20), ten = measures_of_a_chain(10, 20);
    for (enum measures_kind kind = 0; kind < MEASURES_COUNT; kind++)
        assert_int_equal(measures_may_show(&nine, kind), kind == MEASURES_PEOPLE ||
                                                             kind == MEASURES_GROUPS ||
                                                             kind == MEASURES_E_I_RANDOM);
    assert_true(measures_may_show(&ten, MEASURES_TIES));
    assert_true(measures_may_show(&ten, MEASURES_ISOLATES));
}

static void gives_no_e_i_for_a_single_group(void **state)
{
    (void)state;
    static const struct graph_tie tie = {0, 1, 1};
    static const uint32_t groups[] = {1, 1};
    struct graph_snapshot snapshot = {
        .person_count = 2, .groups = groups, .group_count = 4, .ties = &tie, .tie_count = 1};
    struct graph *graph = NULL;
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_OK);
    const struct measures measures = measures_of(graph);
    assert_value(&measures, MEASURES_GROUPS, 1);
    assert_absent(&measures, MEASURES_E_I);
}

static void counts_betweenness_from_all_sources_like_the_whole(void **state)
{
    (void)state;
    struct graph *graph = sample_kite();
    struct library_graph *copy = NULL;
    double whole[10], from_all[10];
    static const uint32_t sources[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    assert_int_equal(library_graph_new(graph, &copy), STATUS_OK);
    assert_int_equal(library_betweenness(copy, NULL, 0, whole), STATUS_OK);
    assert_int_equal(library_betweenness(copy, sources, 10, from_all), STATUS_OK);
    for (size_t i = 0; i < 10; i++)
        sample_assert_near(whole[i], from_all[i], 1e-9);
    library_graph_free(&copy);
    graph_free(&graph);
}

/* igraph aborts on an error unless its handler is set: here it must come back. */
static void returns_the_errors_of_igraph(void **state)
{
    (void)state;
    struct graph *graph = sample_kite();
    struct library_graph *copy = NULL;
    double values[10];
    static const uint32_t nobody[] = {10};
    assert_int_equal(library_graph_new(graph, &copy), STATUS_OK);
    assert_int_equal(library_betweenness(copy, nobody, 1, values), STATUS_INTERNAL);
    assert_int_equal(library_betweenness(copy, NULL, 0, values), STATUS_OK);
    library_graph_free(&copy);
    graph_free(&graph);
}

static void estimates_within_their_error_above_the_exact_size(void **state)
{
    (void)state;
    struct graph *graph = sample_shared("gen_health2k", 0, true);
    if (graph == NULL)
        skip();
    struct measures exact, again, sampled;
    struct measures_options options = {.without_dense = true};
    assert_int_equal(measures_compute(graph, &options, &exact), STATUS_OK);
    options.exact_max = 1;
    options.seed = 7;
    assert_int_equal(measures_compute(graph, &options, &sampled), STATUS_OK);
    assert_int_equal(measures_compute(graph, &options, &again), STATUS_OK);
    static const enum measures_kind estimated[] = {MEASURES_MEAN_PATH, MEASURES_EFFICIENCY,
                                                   MEASURES_TWO_STEP_REACH,
                                                   MEASURES_BETWEENNESS_CENTRALISATION};
    for (size_t i = 0; i < sizeof(estimated) / sizeof(*estimated); i++) {
        const struct measures_value *value = &sampled.values[estimated[i]];
        double truth = exact.values[estimated[i]].value;
        print_message("%s: exact %.5f, estimate %.5f, error %.5f\n",
                      indicator_key((enum indicator)estimated[i]), truth, value->value,
                      value->error);
        assert_true(value->error > 0);
        assert_true(value->error < 0.25 * truth);
        assert_true(fabs(value->value - truth) < 4 * value->error);
        assert_true(value->value == again.values[estimated[i]].value);
    }
    graph_free(&graph);
}

static void matches_the_published_figures_of_a_real_network(void **state)
{
    (void)state;
    struct graph *graph = sample_shared("email_eu_core", 0, true);
    if (graph == NULL)
        skip();
    assert_int_equal(graph->node_count, 986);
    assert_int_equal(graph->tie_count, 16064);
    struct measures measures = measures_of(graph);
    sample_assert_near(measures.values[MEASURES_ALGEBRAIC_CONNECTIVITY].value, .564, .0005);
    sample_assert_near(measures.values[MEASURES_MEAN_RESISTANCE].value, .3658, .00005);
    sample_assert_near(measures.values[MEASURES_EFFICIENCY].value, .4201, .00005);
    measures = measures_of(sample_shared("email_eu_core", 0, false));
    assert_value(&measures, MEASURES_PEOPLE, 1005);
    assert_value(&measures, MEASURES_GROUPS, 42);
    assert_value(&measures, MEASURES_ISOLATES, 19);
    assert_value(&measures, MEASURES_COMPONENTS, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_star),
        cmocka_unit_test(knows_the_chain),
        cmocka_unit_test(knows_two_cliques_with_0_1_and_2_bridges),
        cmocka_unit_test(knows_the_kite),
        cmocka_unit_test(knows_connectivity_and_resistance_of_simple_graphs),
        cmocka_unit_test(rescales_e_i_so_that_random_is_0),
        cmocka_unit_test(has_defined_answers_for_an_empty_network),
        cmocka_unit_test(has_defined_answers_for_one_person_and_for_two),
        cmocka_unit_test(has_defined_answers_when_nobody_has_a_tie),
        cmocka_unit_test(shows_nothing_of_nine_people_but_their_number),
        cmocka_unit_test(hides_how_many_are_without_a_tie_when_they_are_few),
        cmocka_unit_test(hides_all_that_is_made_of_ties_when_few_have_any),
        cmocka_unit_test(gives_no_e_i_for_a_single_group),
        cmocka_unit_test(counts_betweenness_from_all_sources_like_the_whole),
        cmocka_unit_test(returns_the_errors_of_igraph),
        cmocka_unit_test(estimates_within_their_error_above_the_exact_size),
        cmocka_unit_test(matches_the_published_figures_of_a_real_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
