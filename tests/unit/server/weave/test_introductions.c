/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/introductions.h"
#include "server/weave/measures.h"
#include "tests/unit/server/weave/sample.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct introductions choose(const struct graph *graph, struct introductions_options options)
{
    struct introductions chosen = {0};
    assert_int_equal(introductions_choose(graph, &options, &chosen), STATUS_OK);
    return chosen;
}

/* The graph with the introductions made. */
static struct graph *graph_with(const struct graph *graph, const struct introductions *chosen)
{
    struct graph_tie *ties = calloc(graph->tie_count + chosen->count + 1, sizeof(*ties));
    size_t count = 0;
    for (uint32_t u = 0; u < graph->node_count; u++)
        for (uint32_t i = 0; i < graph_degree(graph, u); i++)
            if (u < graph_neighbours(graph, u)[i])
                ties[count++] = (struct graph_tie){u, graph_neighbours(graph, u)[i], 1};
    for (uint32_t i = 0; i < chosen->count; i++)
        ties[count++] = (struct graph_tie){chosen->pairs[i].u, chosen->pairs[i].v, 1};
    struct graph_snapshot snapshot = {.person_count = graph->node_count,
                                      .groups = graph->groups,
                                      .group_count = graph->group_count,
                                      .ties = ties,
                                      .tie_count = count};
    struct graph *made = NULL;
    assert_int_equal(graph_new(&snapshot, &made), STATUS_OK);
    free(ties);
    return made;
}

static struct measures measures_with(const struct graph *graph, const struct introductions *chosen)
{
    struct graph *made = graph_with(graph, chosen);
    struct measures measures;
    assert_int_equal(measures_compute(made, NULL, &measures), STATUS_OK);
    graph_free(&made);
    return measures;
}

static double resistance_of(const struct measures *measures)
{
    assert_true(measures->values[MEASURES_MEAN_RESISTANCE].defined);
    return measures->values[MEASURES_MEAN_RESISTANCE].value;
}

/* Every rule that a choice must keep, whatever the method. */
static void
assert_allowed(const struct graph *graph, const struct introductions *chosen, uint32_t load_cap)
{
    uint32_t *loads = calloc(graph->node_count + 1u, sizeof(*loads));
    for (uint32_t i = 0; i < chosen->count; i++) {
        const struct introductions_pair *pair = &chosen->pairs[i];
        assert_true(pair->u < pair->v);
        assert_true(graph_may_pair(graph, pair->u, pair->v));
        assert_true(++loads[pair->u] <= load_cap);
        assert_true(++loads[pair->v] <= load_cap);
        for (uint32_t j = 0; j < i; j++)
            assert_false(chosen->pairs[j].u == pair->u && chosen->pairs[j].v == pair->v);
    }
    free(loads);
}

/* The best of all pairs, tried one by one. */
static double best_resistance_by_trial(const struct graph *graph)
{
    double best = HUGE_VAL;
    for (uint32_t u = 0; u < graph->node_count; u++)
        for (uint32_t v = u + 1; v < graph->node_count; v++) {
            if (!graph_may_pair(graph, u, v))
                continue;
            struct introductions_pair pair = {u, v, 0};
            struct introductions one = {1, &pair, INTRODUCTIONS_RESISTANCE};
            struct measures measures = measures_with(graph, &one);
            best = resistance_of(&measures) < best ? resistance_of(&measures) : best;
        }
    return best;
}

static void takes_the_pair_that_lowers_resistance_most_again_and_again(void **state)
{
    (void)state;
    struct graph *graph = sample_two_cliques(1);
    for (int step = 0; step < 4; step++) {
        struct measures before = measures_with(graph, &(struct introductions){0});
        struct introductions chosen = choose(graph, (struct introductions_options){.count = 1});
        assert_int_equal(chosen.count, 1);
        struct measures after = measures_with(graph, &chosen);
        sample_assert_near(resistance_of(&after), best_resistance_by_trial(graph), 1e-9);
        sample_assert_near(chosen.pairs[0].gain, resistance_of(&before) - resistance_of(&after),
                           1e-9);
        struct graph *next = graph_with(graph, &chosen);
        introductions_clear(&chosen);
        graph_free(&graph);
        graph = next;
    }
    graph_free(&graph);
}

static void keeps_its_gains_exact_over_many_steps(void **state)
{
    (void)state;
    struct graph *graph = sample_two_cliques(1);
    struct introductions chosen =
        choose(graph, (struct introductions_options){.count = 10, .load_cap = 3});
    struct measures before = measures_with(graph, &(struct introductions){0});
    struct measures after = measures_with(graph, &chosen);
    double sum = 0;
    for (uint32_t i = 0; i < chosen.count; i++)
        sum += chosen.pairs[i].gain;
    assert_int_equal(chosen.count, 10);
    sample_assert_near(sum, resistance_of(&before) - resistance_of(&after), 1e-9);
    assert_allowed(graph, &chosen, 3);
    introductions_clear(&chosen);
    graph_free(&graph);
}

/* Twelve people of three groups: a ring of six, a pair, and four alone, of whom one may not be
 * proposed. */
static struct graph *graph_in_parts(const struct graph_pair *never, size_t never_count)
{
    static const uint32_t groups[] = {0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 0, 1};
    static const struct graph_tie ties[] = {{0, 1, 1}, {1, 2, 1}, {2, 3, 1}, {3, 4, 1},
                                            {4, 5, 1}, {5, 0, 1}, {6, 7, 1}};
    static const uint8_t consents[] = {3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, GRAPH_COUNTED};
    struct graph_snapshot snapshot = {.person_count = 12,
                                      .groups = groups,
                                      .group_count = 3,
                                      .consents = consents,
                                      .ties = ties,
                                      .tie_count = 7,
                                      .never = never,
                                      .never_count = never_count};
    struct graph *graph = NULL;
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_OK);
    return graph;
}

static void joins_the_parts_first_and_the_largest_first(void **state)
{
    (void)state;
    static const enum introductions_method methods[] = {INTRODUCTIONS_RESISTANCE,
                                                        INTRODUCTIONS_DEGREE};
    struct graph *graph = graph_in_parts(NULL, 0);
    for (size_t i = 0; i < 2; i++) {
        struct introductions chosen = choose(
            graph, (struct introductions_options){.count = 6, .load_cap = 3, .method = methods[i]});
        assert_int_equal(chosen.count, 6);
        assert_int_equal(chosen.method, methods[i]);
        assert_allowed(graph, &chosen, 3);
        /* The pair of 6 and 7 comes before those alone; 11 cannot be joined. */
        assert_true(chosen.pairs[0].v == 6 || chosen.pairs[0].v == 7);
        for (uint32_t j = 0; j < 6; j++)
            assert_int_equal(isinf(chosen.pairs[j].gain) != 0, j < 4);
        struct measures measures = measures_with(graph, &chosen);
        sample_assert_near(measures.values[MEASURES_COMPONENTS].value, 2, 0);
        introductions_clear(&chosen);
    }
    graph_free(&graph);
}

static void joins_only_as_many_parts_as_it_may(void **state)
{
    (void)state;
    struct graph *graph = graph_in_parts(NULL, 0);
    for (uint32_t count = 0; count <= 3; count++) {
        struct introductions chosen = choose(graph, (struct introductions_options){.count = count});
        assert_int_equal(chosen.count, count);
        for (uint32_t i = 0; i < count; i++)
            assert_true(isinf(chosen.pairs[i].gain));
        introductions_clear(&chosen);
    }
    graph_free(&graph);
}

static void goes_by_a_sketch_where_dense_matrices_do_not_fit(void **state)
{
    (void)state;
    enum { PEOPLE = WEAVE_DENSE_PEOPLE_MAX + 1 };
    static uint32_t groups[PEOPLE];
    for (uint32_t u = 0; u < PEOPLE; u++)
        groups[u] = u % 7;
    static struct graph_tie ties[PEOPLE];
    for (uint32_t u = 0; u < PEOPLE; u++)
        ties[u] = (struct graph_tie){u, (u + 1) % PEOPLE, 1};
    struct graph_snapshot snapshot = {.person_count = PEOPLE,
                                      .groups = groups,
                                      .group_count = 7,
                                      .ties = ties,
                                      .tie_count = PEOPLE};
    struct graph *graph = NULL;
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_OK);
    struct introductions_options options = {.count = 20, .method = INTRODUCTIONS_RESISTANCE};
    struct introductions chosen = {0};
    assert_int_equal(introductions_choose(graph, &options, &chosen), STATUS_LIMIT);
    options.method = INTRODUCTIONS_BY_SIZE;
    chosen = choose(graph, options);
    assert_int_equal(chosen.method, INTRODUCTIONS_SKETCH);
    assert_int_equal(chosen.count, 20);
    assert_allowed(graph, &chosen, WEAVE_LOAD_CAP);
    introductions_clear(&chosen);
    graph_free(&graph);
}

static void joins_what_is_left_among_itself_when_the_largest_part_is_full(void **state)
{
    (void)state;
    /* Everybody of the ring is on the never-match list of everybody else but each other. */
    struct graph_pair never[6 * 6];
    size_t count = 0;
    for (uint32_t u = 0; u < 6; u++)
        for (uint32_t v = 6; v < 12; v++)
            never[count++] = (struct graph_pair){v, u};
    struct graph *graph = graph_in_parts(never, count);
    struct introductions chosen = choose(graph, (struct introductions_options){.count = 20});
    assert_allowed(graph, &chosen, WEAVE_LOAD_CAP);
    struct measures measures = measures_with(graph, &chosen);
    sample_assert_near(measures.values[MEASURES_COMPONENTS].value, 3, 0);
    introductions_clear(&chosen);
    graph_free(&graph);
}

static void stops_when_no_pair_is_allowed(void **state)
{
    (void)state;
    static const enum introductions_method methods[] = {INTRODUCTIONS_RESISTANCE,
                                                        INTRODUCTIONS_DEGREE};
    for (size_t i = 0; i < 2; i++) {
        struct introductions_options options = {.count = 1000, .load_cap = 1, .method = methods[i]};
        struct graph *without_groups = sample_chain(10);
        struct introductions chosen = choose(without_groups, options);
        assert_int_equal(chosen.count, 0);
        introductions_clear(&chosen);
        graph_free(&without_groups);
        struct graph *cliques = sample_two_cliques(1);
        chosen = choose(cliques, options);
        /* Five, or four when the two who are tied already are left. */
        assert_in_range(chosen.count, 4, 5);
        assert_allowed(cliques, &chosen, 1);
        introductions_clear(&chosen);
        options.load_cap = 100;
        chosen = choose(cliques, options);
        assert_int_equal(chosen.count, 24);
        assert_allowed(cliques, &chosen, 100);
        introductions_clear(&chosen);
        graph_free(&cliques);
    }
}

static void has_nothing_to_say_about_nobody_and_one(void **state)
{
    (void)state;
    static const uint32_t groups[] = {0};
    for (uint32_t people = 0; people <= 1; people++) {
        struct graph_snapshot snapshot = {
            .person_count = people, .groups = groups, .group_count = 1};
        struct graph *graph = NULL;
        assert_int_equal(graph_new(&snapshot, &graph), STATUS_OK);
        struct introductions chosen = choose(graph, (struct introductions_options){.count = 5});
        assert_int_equal(chosen.count, 0);
        introductions_clear(&chosen);
        graph_free(&graph);
    }
}

static bool always(void *context)
{
    ++*(int *)context;
    return true;
}

static void can_be_cancelled(void **state)
{
    (void)state;
    struct graph *graph = sample_two_cliques(1);
    int asked = 0;
    struct introductions_options options = {.count = 3, .cancelled = always, .context = &asked};
    struct introductions chosen = {0};
    assert_int_equal(introductions_choose(graph, &options, &chosen), STATUS_CANCELLED);
    options.method = INTRODUCTIONS_DEGREE;
    assert_int_equal(introductions_choose(graph, &options, &chosen), STATUS_CANCELLED);
    assert_int_equal(asked, 2);
    assert_null(chosen.pairs);
    graph_free(&graph);
}

/* Resistance, algebraic connectivity and efficiency after so many introductions. */
struct figure {
    uint32_t count;
    double connectivity, resistance, efficiency;
};

static void assert_figures(const char *name, const struct figure *figures, size_t count)
{
    struct graph *graph = sample_shared(name, 0, true);
    if (graph == NULL)
        skip();
    for (size_t i = 0; i < count; i++) {
        struct introductions chosen = choose(
            graph, (struct introductions_options){
                       .count = figures[i].count, .load_cap = 3, .method = INTRODUCTIONS_GREEDY});
        assert_int_equal(chosen.count, figures[i].count);
        assert_allowed(graph, &chosen, 3);
        const struct measures after = measures_with(graph, &chosen);
        const struct measures_value *values = after.values;
        sample_assert_near(values[MEASURES_ALGEBRAIC_CONNECTIVITY].value, figures[i].connectivity,
                           .0006);
        sample_assert_near(resistance_of(&after), figures[i].resistance, .0006);
        sample_assert_near(values[MEASURES_EFFICIENCY].value, figures[i].efficiency, .00006);
        introductions_clear(&chosen);
    }
    graph_free(&graph);
}

static void reaches_the_known_figures_on_a_real_network(void **state)
{
    (void)state;
    static const struct figure figures[] = {
        {10, .707, .3497, .4202}, {50, .728, .2947, .4203}, {99, .934, .2506, .4207}};
    assert_figures("email_eu_core", figures, 3);
}

static void reaches_the_known_figures_on_a_chain_of_cliques(void **state)
{
    (void)state;
    static const struct figure figures[] = {
        {10, .0095, 2.168, .1348}, {50, .0576, .800, .1837}, {100, .1366, .519, .2076}};
    assert_figures("gen_chaincliques", figures, 3);
}

/* A ring of `people`, in groups that take turns. */
static struct graph *ring_of(uint32_t people, uint32_t group_count)
{
    uint32_t *groups = calloc(people, sizeof(*groups));
    struct graph_tie *ties = calloc(people, sizeof(*ties));
    for (uint32_t u = 0; u < people; u++) {
        groups[u] = u % group_count;
        ties[u] = (struct graph_tie){u, (u + 1) % people, 1};
    }
    struct graph_snapshot snapshot = {.person_count = people,
                                      .groups = groups,
                                      .group_count = group_count,
                                      .ties = ties,
                                      .tie_count = people};
    struct graph *graph = NULL;
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_OK);
    free(groups);
    free(ties);
    return graph;
}

static void exchanges_pairs_for_better_ones_and_keeps_the_connectivity(void **state)
{
    (void)state;
    struct graph *graph = sample_shared("gen_chaincliques", 0, true);
    if (graph == NULL)
        skip();
    struct introductions_options options = {.count = 10, .method = INTRODUCTIONS_GREEDY};
    struct introductions greedy = choose(graph, options);
    options.method = INTRODUCTIONS_RESISTANCE;
    struct introductions exchanged = choose(graph, options);
    assert_allowed(graph, &exchanged, WEAVE_LOAD_CAP);
    const struct measures before = measures_with(graph, &(struct introductions){0});
    const struct measures by_greedy = measures_with(graph, &greedy);
    const struct measures after = measures_with(graph, &exchanged);
    assert_true(resistance_of(&after) < resistance_of(&by_greedy));
    assert_true(after.values[MEASURES_ALGEBRAIC_CONNECTIVITY].value >=
                by_greedy.values[MEASURES_ALGEBRAIC_CONNECTIVITY].value - 1e-12);
    /* The gains were found anew for the new order, and are those of each pair after the others. */
    double sum = 0;
    for (uint32_t i = 0; i < exchanged.count; i++)
        sum += exchanged.pairs[i].gain;
    sample_assert_near(sum, resistance_of(&before) - resistance_of(&after), 1e-6);
    introductions_clear(&greedy);
    introductions_clear(&exchanged);
    graph_free(&graph);
}

static void takes_who_accepts_before_who_does_not(void **state)
{
    (void)state;
    static const enum introductions_method methods[] = {INTRODUCTIONS_RESISTANCE,
                                                        INTRODUCTIONS_SKETCH};
    struct graph *graph = ring_of(40, 4);
    /* Nearly as far apart as can be, and likely; all others are unlikely. */
    static const struct pairwise_entry entries[] = {{3, 21, .9F}, {30, 11, .9F}};
    struct pairwise *acceptance = NULL;
    assert_int_equal(pairwise_new(40, entries, 2, .01F, &acceptance), STATUS_OK);
    for (size_t i = 0; i < 2; i++) {
        struct introductions chosen =
            choose(graph, (struct introductions_options){
                              .count = 2, .method = methods[i], .acceptance = acceptance});
        assert_int_equal(chosen.count, 2);
        for (uint32_t j = 0; j < 2; j++)
            assert_true(pairwise_value(acceptance, chosen.pairs[j].u, chosen.pairs[j].v) > .5F);
        introductions_clear(&chosen);
    }
    pairwise_free(&acceptance);
    graph_free(&graph);
}

static void takes_the_most_relevant_of_nearly_equal_pairs(void **state)
{
    (void)state;
    struct graph *graph = ring_of(40, 4);
    /* Opposite people of other groups are all alike (19 or 21 steps); one such pair is relevant,
     * and so is a pair of near people, which gains too little. */
    static const struct pairwise_entry entries[] = {{5, 26, .5F}, {8, 10, 1.0F}};
    struct pairwise *relevance = NULL;
    assert_int_equal(pairwise_new(40, entries, 2, 0, &relevance), STATUS_OK);
    struct introductions chosen =
        choose(graph, (struct introductions_options){.count = 1, .relevance = relevance});
    assert_int_equal(chosen.pairs[0].u, 5);
    assert_int_equal(chosen.pairs[0].v, 26);
    introductions_clear(&chosen);
    pairwise_free(&relevance);
    graph_free(&graph);
}

static void gives_a_fifth_of_the_places_to_those_with_the_fewest_ties(void **state)
{
    (void)state;
    struct graph *graph = sample_shared("gen_chaincliques", 0, true);
    if (graph == NULL)
        skip();
    bool *poor = calloc(graph->node_count, sizeof(*poor));
    assert_int_equal(introductions_mark_poor(graph, poor), STATUS_OK);
    struct introductions_options options = {.count = 10};
    struct introductions plain = choose(graph, options);
    options.fair = true;
    struct introductions fair = choose(graph, options);
    assert_allowed(graph, &fair, WEAVE_LOAD_CAP);
    uint32_t places = 0, marked = 0;
    double gain = 0, gain_plain = 0;
    for (uint32_t i = 0; i < 10; i++) {
        places += (uint32_t)poor[fair.pairs[i].u] + poor[fair.pairs[i].v];
        gain += fair.pairs[i].gain;
        gain_plain += plain.pairs[i].gain;
    }
    for (uint32_t u = 0; u < graph->node_count; u++)
        marked += poor[u];
    assert_int_equal(marked, graph->node_count / 5);
    assert_true(places >= 4);
    assert_true(gain >= .98 * gain_plain);
    introductions_clear(&plain);
    introductions_clear(&fair);
    free(poor);
    graph_free(&graph);
}

static void comes_near_the_exact_choice_with_a_sketch(void **state)
{
    (void)state;
    struct graph *graph = sample_shared("gen_chaincliques", 0, true);
    if (graph == NULL)
        skip();
    struct introductions_options options = {.count = 50, .method = INTRODUCTIONS_SKETCH};
    struct introductions one = choose(graph, options), other = choose(graph, options);
    assert_int_equal(one.count, 50);
    assert_allowed(graph, &one, WEAVE_LOAD_CAP);
    assert_int_equal(other.count, one.count);
    assert_memory_equal(one.pairs, other.pairs, one.count * sizeof(*one.pairs));
    const struct measures after = measures_with(graph, &one);
    print_message("sketch: R %.3f, exact greedy .800, random .996\n", resistance_of(&after));
    assert_true(resistance_of(&after) < .82);
    introductions_clear(&one);
    introductions_clear(&other);
    graph_free(&graph);
}

/* Stars of ten that have no tie to each other, each a group: their hubs are closest to all. */
static struct graph *stars_apart(void)
{
    static uint32_t groups[40];
    static struct graph_tie ties[36];
    size_t count = 0;
    for (uint32_t u = 0; u < 40; u++) {
        groups[u] = u / 10;
        if (u % 10 != 0)
            ties[count++] = (struct graph_tie){u - u % 10, u, 1};
    }
    struct graph_snapshot snapshot = {
        .person_count = 40, .groups = groups, .group_count = 4, .ties = ties, .tie_count = count};
    struct graph *graph = NULL;
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_OK);
    return graph;
}

static void is_fair_where_all_that_it_does_is_to_join_parts(void **state)
{
    (void)state;
    struct graph *graph = stars_apart();
    struct introductions_options options = {.count = 3};
    struct introductions plain = choose(graph, options);
    options.fair = true;
    struct introductions fair = choose(graph, options);
    bool poor[40];
    uint32_t places = 0, plain_places = 0;
    assert_allowed(graph, &fair, WEAVE_LOAD_CAP);
    assert_int_equal(introductions_mark_poor(graph, poor), STATUS_OK);
    assert_int_equal(fair.count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(isinf(fair.pairs[i].gain));
        places += (uint32_t)poor[fair.pairs[i].u] + poor[fair.pairs[i].v];
        plain_places += (uint32_t)poor[plain.pairs[i].u] + poor[plain.pairs[i].v];
    }
    assert_int_equal(plain_places, 0);
    assert_true(5 * places >= 6);
    introductions_clear(&plain);
    introductions_clear(&fair);
    graph_free(&graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_pair_that_lowers_resistance_most_again_and_again),
        cmocka_unit_test(keeps_its_gains_exact_over_many_steps),
        cmocka_unit_test(joins_the_parts_first_and_the_largest_first),
        cmocka_unit_test(joins_only_as_many_parts_as_it_may),
        cmocka_unit_test(goes_by_a_sketch_where_dense_matrices_do_not_fit),
        cmocka_unit_test(joins_what_is_left_among_itself_when_the_largest_part_is_full),
        cmocka_unit_test(stops_when_no_pair_is_allowed),
        cmocka_unit_test(has_nothing_to_say_about_nobody_and_one),
        cmocka_unit_test(can_be_cancelled),
        cmocka_unit_test(exchanges_pairs_for_better_ones_and_keeps_the_connectivity),
        cmocka_unit_test(takes_who_accepts_before_who_does_not),
        cmocka_unit_test(takes_the_most_relevant_of_nearly_equal_pairs),
        cmocka_unit_test(gives_a_fifth_of_the_places_to_those_with_the_fewest_ties),
        cmocka_unit_test(comes_near_the_exact_choice_with_a_sketch),
        cmocka_unit_test(reaches_the_known_figures_on_a_real_network),
        cmocka_unit_test(reaches_the_known_figures_on_a_chain_of_cliques),
        cmocka_unit_test(is_fair_where_all_that_it_does_is_to_join_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
