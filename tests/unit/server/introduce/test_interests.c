/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/introduce/sample.h"

#include "server/introduce/interests.h"

#include <stdlib.h>

static const bool everybody[SAMPLE_PEOPLE_MAX] = {true, true, true, true, true, true, true, true};
static const bool nobody[SAMPLE_PEOPLE_MAX];

static uint32_t between(const struct sample *sample,
                        uint32_t person,
                        uint32_t other,
                        struct interests_common common[3])
{
    struct interests *interests = NULL;
    const struct interests_pair pair = {person, other, nobody};
    assert_int_equal(interests_new(&sample->network, &interests), STATUS_OK);
    uint32_t count = interests_between(interests, &pair, common);
    interests_free(&interests);
    return count;
}

static void compares_words_and_not_how_they_are_written(void **state)
{
    (void)state;
    static struct sample sample;
    struct interests_common common[3];
    sample_init(&sample, 3, 3);
    sample_topic(&sample, 0, "Falls, at NIGHT!");
    sample_topic(&sample, 1, "  falls at night");
    sample_topic(&sample, 2, "falls at nights");
    assert_int_equal(between(&sample, 0, 1, common), 1);
    assert_int_equal(common[0].kind, INTERESTS_BOTH_WORK_ON);
    assert_true(span_equal(common[0].words, SPAN_LITERAL("Falls, at NIGHT!")));
    assert_int_equal(common[0].others, 1);
    assert_int_equal(between(&sample, 0, 2, common), 0);
}

static void an_offer_is_found_by_one_of_its_words(void **state)
{
    (void)state;
    static struct sample sample;
    struct interests_common common[3];
    sample_init(&sample, 2, 2);
    sample_topic(&sample, 0, "sepsis");
    sample_offer(&sample, 1, "Spotting sepsis in the emergency room");
    assert_int_equal(between(&sample, 0, 1, common), 1);
    assert_int_equal(common[0].kind, INTERESTS_OTHER_CAN_HELP);
    assert_true(span_equal(common[0].words, SPAN_LITERAL("sepsis")));
    assert_int_equal(between(&sample, 1, 0, common), 1);
    assert_int_equal(common[0].kind, INTERESTS_PERSON_CAN_HELP);
    assert_true(span_equal(common[0].words, SPAN_LITERAL("Spotting sepsis in the emergency room")));
}

static void counts_who_else_it_could_be(void **state)
{
    (void)state;
    static struct sample sample;
    struct interests_common common[3];
    sample_init(&sample, 8, 4);
    for (uint32_t i = 0; i < 8; i++)
        sample_topic(&sample, i, "falls");
    sample.people[7].opted_in = false;
    assert_int_equal(between(&sample, 0, 1, common), 1);
    assert_int_equal(common[0].others, 5); /* not of the own group, not who opted out */
    assert_int_equal(common[0].others_in_group, 2);
}

static void counts_whoever_shares_anything_once(void **state)
{
    (void)state;
    static struct sample sample;
    struct interests *interests = NULL;
    uint32_t marks[SAMPLE_PEOPLE_MAX] = {0};
    sample_init(&sample, 5, 5);
    sample_topic(&sample, 0, "falls");
    sample_offer(&sample, 0, "sepsis at night");
    sample_topic(&sample, 1, "falls");
    sample_topic(&sample, 1, "sepsis");
    sample_offer(&sample, 2, "falls on stairs");
    sample_topic(&sample, 3, "night");
    sample_topic(&sample, 4, "stairs");
    const struct interests_pair pair = {0, 1, nobody};
    assert_int_equal(interests_new(&sample.network, &interests), STATUS_OK);
    assert_int_equal(interests_count_others(interests, &pair, marks, 1), 3);
    assert_int_equal(interests_count_others(interests, &pair, marks, 2), 3);
    interests_free(&interests);
}

static void pairs_add_up_and_are_across_groups(void **state)
{
    (void)state;
    static struct sample sample;
    struct interests *interests = NULL;
    struct pairwise_entry *pairs = NULL;
    size_t count = 0;
    sample_init(&sample, 4, 2);
    sample_topic(&sample, 0, "falls");
    sample_topic(&sample, 0, "sepsis");
    sample_topic(&sample, 1, "Falls");
    sample_offer(&sample, 1, "sepsis");
    sample_topic(&sample, 2, "falls");
    assert_int_equal(interests_new(&sample.network, &interests), STATUS_OK);
    assert_int_equal(interests_pairs(interests, everybody, &pairs, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(pairs[0].a, 0);
    assert_int_equal(pairs[0].b, 1);
    assert_true(pairs[0].value > 2.9f && pairs[0].value < 3.1f);
    assert_int_equal(pairs[1].a, 1);
    assert_int_equal(pairs[1].b, 2);
    free(pairs);
    assert_int_equal(interests_pairs(interests, nobody, &pairs, &count), STATUS_OK);
    assert_int_equal(count, 0);
    free(pairs);
    interests_free(&interests);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_words_and_not_how_they_are_written),
        cmocka_unit_test(an_offer_is_found_by_one_of_its_words),
        cmocka_unit_test(counts_who_else_it_could_be),
        cmocka_unit_test(counts_whoever_shares_anything_once),
        cmocka_unit_test(pairs_add_up_and_are_across_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
