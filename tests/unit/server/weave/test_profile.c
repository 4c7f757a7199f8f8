/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/profile.h"
#include "tests/unit/server/weave/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct graph *graph_of(uint32_t people,
                              const uint32_t *groups,
                              uint32_t group_count,
                              const struct graph_tie *ties,
                              size_t tie_count)
{
    struct graph_snapshot snapshot = {.person_count = people,
                                      .groups = groups,
                                      .group_count = group_count,
                                      .ties = ties,
                                      .tie_count = tie_count};
    struct graph *graph = NULL;
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_OK);
    return graph;
}

static struct profile profile_of(const struct graph *graph)
{
    struct profile profile;
    assert_int_equal(profile_compute(graph, 1, NULL, &profile), STATUS_OK);
    return profile;
}

/* One person in the middle of eight others, of three groups. */
static struct graph *star(void)
{
    static const uint32_t groups[] = {0, 0, 0, 1, 1, 1, 2, 2, 2};
    struct graph_tie ties[8];
    for (uint32_t i = 0; i < 8; i++)
        ties[i] = (struct graph_tie){0, i + 1, 1};
    return graph_of(9, groups, 3, ties, 8);
}

static void knows_the_parts_of_a_star(void **state)
{
    (void)state;
    struct graph *graph = star();
    bool in_cover[9];
    struct profile profile;
    assert_int_equal(profile_compute(graph, 1, in_cover, &profile), STATUS_OK);
    /* 6 of 8 ties across, against 2/3 of all pairs: more than chance. */
    sample_assert_near(profile.parts[PROFILE_ACROSS], 1, 1e-12);
    sample_assert_near(profile.parts[PROFILE_SHARED_MIDDLE], 0, 1e-12);
    sample_assert_near(profile.parts[PROFILE_NO_CHAINS], 2.0 / 9, 1e-12);
    /* Resistance: 8 pairs at 1 and 28 at 2. Least: 2 x (8/2 + 1/9) / 9. */
    sample_assert_near(profile.parts[PROFILE_MANY_WAYS], (2 * (4 + 1.0 / 9) / 9) / (64.0 / 36),
                       1e-9);
    /* Group 0 is tied to the two others, they only to it. */
    sample_assert_near(profile.parts[PROFILE_GROUPS_MESHED], 1.0 / 3, 1e-12);
    sample_assert_near(profile.hub_share, 1, 1e-12);
    assert_int_equal(profile.stage, PROFILE_HUB_AND_SPOKE);
    assert_int_equal(profile.covering, 1);
    assert_true(in_cover[0]);
    for (int i = 1; i < 9; i++)
        assert_false(in_cover[i]);
    graph_free(&graph);
}

static void tells_fragments_from_a_network_that_hangs_together(void **state)
{
    (void)state;
    static const uint32_t groups[] = {0, 1, 2, 0, 1, 2, 0, 1};
    static const struct graph_tie pairs[] = {{0, 1, 1}, {1, 2, 1}, {3, 4, 1}, {5, 6, 1}};
    struct graph *graph = graph_of(8, groups, 3, pairs, 4);
    struct profile profile = profile_of(graph);
    assert_int_equal(profile.stage, PROFILE_FRAGMENTS);
    sample_assert_near(profile.largest_component, 3.0 / 8, 1e-12);
    /* The middle of three, one of each two, and the one alone. */
    assert_int_equal(profile.covering, 4);
    graph_free(&graph);
    struct graph_tie all[28];
    size_t count = 0;
    for (uint32_t i = 0; i < 8; i++)
        for (uint32_t j = i + 1; j < 8; j++)
            all[count++] = (struct graph_tie){i, j, 1};
    graph = graph_of(8, groups, 3, all, count);
    profile = profile_of(graph);
    assert_int_equal(profile.stage, PROFILE_CORE_PERIPHERY);
    assert_int_equal(profile.letter, 'A');
    sample_assert_near(profile.score, 1, 1e-9);
    assert_int_equal(profile.covering, 1);
    graph_free(&graph);
}

static void refuses_a_network_that_has_no_profile(void **state)
{
    (void)state;
    static const uint32_t groups[] = {0, 1, 2};
    static const struct graph_tie tie = {0, 1, 1};
    struct profile profile;
    struct graph *graph = graph_of(3, groups, 3, NULL, 0);
    assert_int_equal(profile_compute(graph, 1, NULL, &profile), STATUS_INVALID);
    graph_free(&graph);
    graph = graph_of(3, NULL, 0, &tie, 1);
    assert_int_equal(profile_compute(graph, 1, NULL, &profile), STATUS_INVALID);
    graph_free(&graph);
    graph = graph_of(2, groups, 3, &tie, 1);
    assert_int_equal(profile_compute(graph, 1, NULL, &profile), STATUS_INVALID);
    graph_free(&graph);
}

static void assert_score(const char *name, double weight_min, double score, char letter)
{
    struct graph *graph = sample_shared(name, weight_min, true);
    if (graph == NULL)
        skip();
    struct profile profile = profile_of(graph);
    print_message("%s: %.3f %c, stage %d, coverage %u of %u, hubs touch %.2f\n", name,
                  profile.score, profile.letter, (int)profile.stage, profile.covering,
                  graph->node_count, profile.hub_share);
    /* Half a unit of the last digit, and what one random network more or less efficient makes. */
    sample_assert_near(profile.score, score, .006);
    assert_int_equal(profile.letter, letter);
    graph_free(&graph);
}

static void reaches_the_known_scores_of_real_networks(void **state)
{
    (void)state;
    assert_score("hospital_lyon", 15, .87, 'A');
    assert_score("workplace_InVS15", 10, .78, 'A');
    assert_score("email_eu_core", 0, .83, 'A');
}

static void reaches_the_known_score_of_trusts_in_a_line(void **state)
{
    (void)state;
    assert_score("gen_health2k", 0, .20, 'D');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_parts_of_a_star),
        cmocka_unit_test(tells_fragments_from_a_network_that_hangs_together),
        cmocka_unit_test(refuses_a_network_that_has_no_profile),
        cmocka_unit_test(reaches_the_known_scores_of_real_networks),
        cmocka_unit_test(reaches_the_known_score_of_trusts_in_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
