/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/assisters.h"
#include "tests/unit/server/weave/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC(text)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

static const struct span request_topics[] = {TOPIC("sepsis"), TOPIC("Discharge"),
                                             TOPIC("handover")};

/* Groups of ten: 0 is the asker's. 0 - 10 - 20 - 30 is a chain of hubs with the rest of their
 * groups around them; group 4 has no tie to anybody outside. Person 0 asks. */
enum { GROUP_SIZE = 10, GROUP_COUNT = 5, PEOPLE = 50 };

static struct graph *graph_of_hubs(const struct graph_pair *never, size_t never_count)
{
    static uint32_t groups[PEOPLE];
    static struct graph_tie ties[PEOPLE];
    size_t count = 0;
    for (uint32_t u = 0; u < PEOPLE; u++) {
        groups[u] = u / GROUP_SIZE;
        if (u % GROUP_SIZE != 0)
            ties[count++] = (struct graph_tie){u - u % GROUP_SIZE, u, 1};
    }
    for (uint32_t group = 1; group < 4; group++)
        ties[count++] = (struct graph_tie){(group - 1) * GROUP_SIZE, group * GROUP_SIZE, 1};
    struct graph_snapshot snapshot = {.person_count = PEOPLE,
                                      .groups = groups,
                                      .group_count = GROUP_COUNT,
                                      .ties = ties,
                                      .tie_count = count,
                                      .never = never,
                                      .never_count = never_count};
    struct graph *graph = NULL;
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_OK);
    return graph;
}

static struct assisters_candidate candidate_at(uint32_t node)
{
    return (struct assisters_candidate){.node = node,
                                        .group = node / GROUP_SIZE,
                                        .joined = true,
                                        .opted_in = true,
                                        .contacts_per_week = 2};
}

static struct assisters_request request_of(size_t topic_count)
{
    return (struct assisters_request){
        .node = 0, .group = 0, .topics = request_topics, .topic_count = topic_count, .seed = 1};
}

static struct assisters choose(const struct assisters_request *request,
                               const struct assisters_candidate *candidates,
                               size_t count)
{
    struct graph *graph = graph_of_hubs(NULL, 0);
    struct assisters chosen;
    assert_int_equal(assisters_choose(graph, request, candidates, count, &chosen), STATUS_OK);
    graph_free(&graph);
    return chosen;
}

static bool has(const struct assisters *chosen, uint32_t candidate)
{
    for (uint32_t i = 0; i < chosen->count; i++)
        if (chosen->choices[i].candidate == candidate)
            return true;
    return false;
}

static void chooses_eight_of_other_groups_and_spreads_them(void **state)
{
    (void)state;
    struct assisters_candidate candidates[PEOPLE];
    uint32_t of_group[GROUP_COUNT] = {0};
    for (uint32_t u = 0; u < PEOPLE; u++)
        candidates[u] = candidate_at(u);
    struct assisters_request request = request_of(0);
    struct assisters chosen = choose(&request, candidates, PEOPLE);
    assert_int_equal(chosen.count, WEAVE_ASSISTERS_MAX);
    assert_int_equal(chosen.eligible, PEOPLE - GROUP_SIZE);
    assert_false(chosen.too_few);
    for (uint32_t i = 0; i < chosen.count; i++) {
        of_group[candidates[chosen.choices[i].candidate].group]++;
        for (uint32_t j = 0; j < i; j++)
            assert_int_not_equal(chosen.choices[i].candidate, chosen.choices[j].candidate);
    }
    assert_int_equal(of_group[0], 0);
    for (uint32_t group = 1; group < GROUP_COUNT; group++)
        assert_true(of_group[group] >= 1);
}

static void never_chooses_who_did_not_agree_or_has_no_contact_left(void **state)
{
    (void)state;
    struct assisters_candidate candidates[8];
    for (uint32_t i = 0; i < 8; i++)
        candidates[i] = candidate_at(20 + i);
    candidates[0].joined = false;
    candidates[1].opted_in = false;
    candidates[2].contacts_this_week = 2;
    candidates[3].contacts_per_week = 0;
    candidates[4].group = 0;
    candidates[5].group = GRAPH_NONE;
    struct assisters_request request = request_of(0);
    struct assisters chosen = choose(&request, candidates, 8);
    assert_int_equal(chosen.eligible, 2);
    assert_int_equal(chosen.count, 2);
    assert_true(has(&chosen, 6) && has(&chosen, 7));
    assert_true(chosen.too_few);
}

static void never_chooses_from_the_never_match_list(void **state)
{
    (void)state;
    static const struct graph_pair never[] = {{25, 0}};
    struct graph *graph = graph_of_hubs(never, 1);
    struct assisters_candidate candidates[] = {candidate_at(25), candidate_at(26)};
    struct assisters_request request = request_of(0);
    struct assisters chosen;
    assert_int_equal(assisters_choose(graph, &request, candidates, 2, &chosen), STATUS_OK);
    assert_int_equal(chosen.count, 1);
    assert_int_equal(chosen.choices[0].candidate, 1);
    graph_free(&graph);
}

static void takes_as_many_as_there_are_and_says_so(void **state)
{
    (void)state;
    struct assisters_candidate candidates[6];
    for (uint32_t i = 0; i < 6; i++)
        candidates[i] = candidate_at(10 + 5 * i);
    struct assisters_request request = request_of(0);
    for (uint32_t count = 0; count <= 6; count++) {
        struct assisters chosen = choose(&request, candidates, count);
        assert_int_equal(chosen.count, count);
        assert_int_equal(chosen.too_few, count < WEAVE_ASSISTERS_MIN);
    }
}

static void prefers_who_knows_the_matter(void **state)
{
    (void)state;
    static const struct span others[] = {TOPIC("parking")}, same[] = {TOPIC("SEPSIS")};
    struct assisters_candidate candidates[] = {candidate_at(21), candidate_at(22),
                                               candidate_at(23)};
    candidates[0].topics = others;
    candidates[0].topic_count = 1;
    candidates[1].topics = same;
    candidates[1].topic_count = 1;
    candidates[2].can_help_with = SPAN_LITERAL("Early discharge; sepsis-bundles");
    struct assisters_request request = request_of(3);
    request.wanted = 2;
    struct assisters chosen = choose(&request, candidates, 3);
    assert_int_equal(chosen.count, 2);
    assert_int_equal(chosen.choices[0].candidate, 2);
    assert_int_equal(chosen.choices[0].reason.topics_shared, 0);
    assert_int_equal(chosen.choices[0].reason.topics_helped, 3);
    assert_int_equal(chosen.choices[1].candidate, 1);
    assert_int_equal(chosen.choices[1].reason.topics_shared, 1);
}

static void finds_topics_as_whole_words_only(void **state)
{
    (void)state;
    static const struct span nothing = {NULL, 0};
    struct assisters_request empty = {.node = 0, .group = 0, .topics = &nothing, .topic_count = 1};
    static const char *const without[] = {"antisepsis", "sepsiss", "\xC3\xA9sepsis", "", "seps is"};
    struct assisters_candidate candidate = candidate_at(21);
    struct assisters_request request = request_of(3);
    for (size_t i = 0; i < sizeof(without) / sizeof(*without); i++) {
        candidate.can_help_with = span_from_text(without[i]);
        struct assisters chosen = choose(&request, &candidate, 1);
        assert_int_equal(chosen.choices[0].reason.topics_helped, 0);
        chosen = choose(&empty, &candidate, 1);
        assert_int_equal(chosen.choices[0].reason.topics_helped, 0);
    }
}

static void prefers_whom_the_network_does_not_reach(void **state)
{
    (void)state;
    struct assisters_candidate candidates[] = {candidate_at(10), candidate_at(20), candidate_at(30),
                                               candidate_at(40), candidate_at(41)};
    struct assisters_request request = request_of(0);
    struct assisters chosen = choose(&request, candidates, 5);
    assert_int_equal(chosen.count, 5);
    assert_int_equal(chosen.choices[0].candidate, 3);
    for (uint32_t i = 0; i < 5; i++) {
        const struct assisters_reason *reason = &chosen.choices[i].reason;
        static const uint32_t distances[] = {1, 2, 3, GRAPH_NONE, GRAPH_NONE};
        static const uint32_t near[] = {0, 10, 10, 10, 2};
        static const bool is_new[] = {false, true, true, true, true};
        uint32_t candidate = chosen.choices[i].candidate;
        assert_int_equal(reason->distance, distances[candidate]);
        assert_int_equal(reason->brings_near, near[candidate]);
        assert_int_equal(reason->group_is_new, is_new[candidate]);
        assert_true(reason->in_network);
    }
}

static void leaves_the_usual_suspects_in_peace(void **state)
{
    (void)state;
    struct assisters_candidate candidates[9];
    for (uint32_t i = 0; i < 9; i++) {
        candidates[i] = candidate_at(10 + 4 * i);
        candidates[i].asked_recently = i >= 6;
    }
    struct assisters_request request = request_of(0);
    struct assisters chosen = choose(&request, candidates, 9);
    assert_int_equal(chosen.count, 6); /* enough without those who were asked recently */
    for (uint32_t i = 6; i < 9; i++)
        assert_false(has(&chosen, i));
    candidates[5].asked_recently = true;
    chosen = choose(&request, candidates, 9);
    assert_int_equal(chosen.count, 6);
    for (uint32_t i = 0; i < 5; i++)
        assert_true(has(&chosen, i));
    /* Of two alike, the one with less asked of them this week. */
    struct assisters_candidate two[] = {candidate_at(21), candidate_at(22)};
    two[0].contacts_this_week = 1;
    request.wanted = 1;
    chosen = choose(&request, two, 2);
    assert_int_equal(chosen.choices[0].candidate, 1);
}

static void decides_between_equals_by_the_seed_alone(void **state)
{
    (void)state;
    struct assisters_candidate candidates[9];
    uint32_t times_chosen[9] = {0};
    for (uint32_t i = 0; i < 9; i++)
        candidates[i] = candidate_at(21 + i);
    struct assisters_request request = request_of(0);
    request.wanted = 6;
    for (uint64_t seed = 0; seed < 40; seed++) {
        request.seed = seed;
        struct assisters chosen = choose(&request, candidates, 9);
        struct assisters again = choose(&request, candidates, 9);
        for (uint32_t i = 0; i < 6; i++) {
            times_chosen[chosen.choices[i].candidate]++;
            assert_int_equal(chosen.choices[i].candidate, again.choices[i].candidate);
        }
    }
    for (uint32_t i = 0; i < 9; i++)
        assert_in_range(times_chosen[i], 10, 39);
}

static void takes_an_asker_without_a_node(void **state)
{
    (void)state;
    struct assisters_candidate candidates[] = {candidate_at(10), candidate_at(40), candidate_at(5)};
    candidates[1].node = GRAPH_NONE;
    struct assisters_request request = request_of(0);
    request.node = GRAPH_NONE;
    struct assisters chosen = choose(&request, candidates, 3);
    assert_int_equal(chosen.count, 2);
    assert_int_equal(chosen.choices[0].candidate, 1);
    assert_false(chosen.choices[0].reason.in_network);
    assert_true(chosen.choices[0].reason.group_is_new);
    assert_false(chosen.choices[1].reason.group_is_new);
}

static void refuses_what_is_out_of_range(void **state)
{
    (void)state;
    struct graph *graph = graph_of_hubs(NULL, 0);
    struct assisters chosen;
    struct assisters_candidate candidate = candidate_at(10);
    struct assisters_request request = request_of(0);
    candidate.node = PEOPLE;
    assert_int_equal(assisters_choose(graph, &request, &candidate, 1, &chosen), STATUS_INVALID);
    candidate = candidate_at(10);
    candidate.group = GROUP_COUNT;
    assert_int_equal(assisters_choose(graph, &request, &candidate, 1, &chosen), STATUS_INVALID);
    candidate = candidate_at(10);
    request.node = PEOPLE;
    assert_int_equal(assisters_choose(graph, &request, &candidate, 1, &chosen), STATUS_INVALID);
    request = request_of(0);
    candidate.topic_count = WEAVE_TOPICS_MAX + 1;
    assert_int_equal(assisters_choose(graph, &request, &candidate, 1, &chosen), STATUS_LIMIT);
    candidate.topic_count = 0;
    request = request_of(WEAVE_TOPICS_MAX + 1);
    assert_int_equal(assisters_choose(graph, &request, &candidate, 1, &chosen), STATUS_LIMIT);
    graph_free(&graph);
}

static void refuses_a_graph_that_is_for_counts_only(void **state)
{
    (void)state;
    static const uint32_t groups[] = {0, 1};
    struct graph_snapshot snapshot = {
        .person_count = 2, .groups = groups, .group_count = 2, .for_counts_only = true};
    struct graph *graph = NULL;
    struct assisters chosen;
    struct assisters_candidate candidate = candidate_at(1);
    struct assisters_request request = request_of(0);
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_OK);
    assert_int_equal(assisters_choose(graph, &request, &candidate, 1, &chosen), STATUS_DENIED);
    graph_free(&graph);
}

static void assert_sentence(const struct assisters_reason *reason, const char *wanted)
{
    struct assisters_request request = request_of(3);
    CLEANUP(buffer_clear) struct buffer sentence = BUFFER_INIT(1024);
    assert_int_equal(assisters_sentence(reason, &request, SPAN_LITERAL("Ward 7"), &sentence),
                     STATUS_OK);
    assert_int_equal(buffer_append(&sentence, span_of("", 1)), STATUS_OK);
    assert_string_equal((const char *)sentence.ptr, wanted);
}

static void says_the_reason_in_plain_english(void **state)
{
    (void)state;
    struct assisters_reason reason = {.distance = GRAPH_NONE};
    assert_sentence(&reason, "From Ward 7.");
    reason = (struct assisters_reason){.topics_shared = 7,
                                       .topics_helped = 5,
                                       .group_is_new = true,
                                       .in_network = true,
                                       .distance = 4,
                                       .brings_near = 23};
    assert_sentence(&reason,
                    "From Ward 7, a group that has no tie with yours yet; shares your topics: "
                    "sepsis, Discharge and handover; 4 steps away from you; would bring 23 people "
                    "more within two steps of you.");
    reason = (struct assisters_reason){.topics_shared = 1,
                                       .topics_helped = 7,
                                       .in_network = true,
                                       .distance = GRAPH_NONE,
                                       .brings_near = 1};
    assert_sentence(&reason,
                    "From Ward 7; shares your topics: sepsis; offers to help with Discharge and "
                    "handover; no path leads to them yet; would bring 1 person more within two "
                    "steps of you.");
    reason = (struct assisters_reason){.topics_helped = 2, .in_network = true, .distance = 1};
    assert_sentence(&reason,
                    "From Ward 7; offers to help with Discharge; a contact of yours already.");
    struct assisters_request request = request_of(3);
    CLEANUP(buffer_clear) struct buffer full = BUFFER_INIT(10);
    assert_int_equal(assisters_sentence(&reason, &request, SPAN_LITERAL("Ward 7"), &full),
                     STATUS_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses_eight_of_other_groups_and_spreads_them),
        cmocka_unit_test(never_chooses_who_did_not_agree_or_has_no_contact_left),
        cmocka_unit_test(never_chooses_from_the_never_match_list),
        cmocka_unit_test(takes_as_many_as_there_are_and_says_so),
        cmocka_unit_test(prefers_who_knows_the_matter),
        cmocka_unit_test(finds_topics_as_whole_words_only),
        cmocka_unit_test(prefers_whom_the_network_does_not_reach),
        cmocka_unit_test(leaves_the_usual_suspects_in_peace),
        cmocka_unit_test(decides_between_equals_by_the_seed_alone),
        cmocka_unit_test(takes_an_asker_without_a_node),
        cmocka_unit_test(refuses_what_is_out_of_range),
        cmocka_unit_test(refuses_a_graph_that_is_for_counts_only),
        cmocka_unit_test(says_the_reason_in_plain_english),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
