/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a reason says, and that it fits more people than the one it is about. */
#include "tests/unit/server/introduce/sample.h"

#include "protocol/base/limits.h"
#include "server/introduce/reason.h"

#include <string.h>

static struct sample sample;
static char text[LIMIT_REASON_BYTES + 1];

static const char *reason(uint32_t reader, uint32_t other)
{
    struct graph *graph = NULL;
    struct interests *interests = NULL;
    struct reasons *reasons = NULL;
    CLEANUP(buffer_clear) struct buffer written = BUFFER_INIT(LIMIT_REASON_BYTES);
    assert_int_equal(network_graph(&sample.network, false, &graph), STATUS_OK);
    assert_int_equal(interests_new(&sample.network, &interests), STATUS_OK);
    assert_int_equal(reasons_new(&sample.network, graph, interests, &reasons), STATUS_OK);
    assert_int_equal(reasons_write(reasons, reader, other, &written), STATUS_OK);
    memcpy(text, written.ptr, written.len);
    text[written.len] = '\0';
    reasons_free(&reasons);
    interests_free(&interests);
    graph_free(&graph);
    return text;
}

static bool says(uint32_t reader, uint32_t other, const char *words)
{
    return strstr(reason(reader, other), words) != NULL;
}

static void names_a_topic_that_five_others_have(void **state)
{
    (void)state;
    sample_init(&sample, 20, 10);
    for (uint32_t i = 0; i < 6; i++)
        sample_topic(&sample, i, i == 0 ? "Falls" : "falls");
    assert_true(says(0, 1, "You both work on Falls."));
    assert_false(says(0, 1, "Ward B")); /* one of two there */
    sample_init(&sample, 20, 10);
    for (uint32_t i = 0; i < 5; i++)
        sample_topic(&sample, i, "falls");
    assert_false(says(0, 1, "falls"));
}

static void says_that_there_is_something_where_it_may_not_say_what(void **state)
{
    (void)state;
    sample_init(&sample, 20, 10);
    sample_topic(&sample, 0, "falls");
    sample_topic(&sample, 0, "sepsis");
    for (uint32_t i = 1; i < 7; i++)
        sample_topic(&sample, i, i < 4 ? "falls" : "sepsis");
    assert_true(says(0, 1, "You have something in common"));
    assert_false(says(0, 1, "falls"));
    assert_false(says(0, 7, "something in common"));
}

static void names_what_fits_everybody_it_could_be_about(void **state)
{
    (void)state;
    sample_init(&sample, 2, 2);
    sample_topic(&sample, 0, "falls");
    sample_topic(&sample, 1, "falls");
    assert_string_equal(reason(0, 1), "You both work on falls. They are in Ward B. No chain of "
                                      "contacts leads from you to them yet.");
}

static void those_the_reader_knows_are_no_crowd(void **state)
{
    (void)state;
    sample_init(&sample, 20, 10);
    for (uint32_t i = 0; i < 6; i++)
        sample_topic(&sample, i, "falls");
    sample_tie(&sample, 0, 2);
    assert_false(says(0, 1, "falls"));
    sample.network.tie_count = 0;
    sample.never[0] = (struct graph_pair){0, 3};
    sample.network.never_count = 1;
    assert_false(says(0, 1, "falls"));
}

static void two_facts_fit_fewer_than_each(void **state)
{
    (void)state;
    sample_init(&sample, 24, 2); /* twelve of Ward B */
    assert_true(says(0, 1, "They are in Ward B."));
    sample_init(&sample, 36, 3);
    for (uint32_t i = 0; i < 8; i++)
        sample_topic(&sample, i, "falls");
    assert_true(says(0, 1, "falls"));
    assert_false(says(0, 1, "Ward B")); /* three of them have it */
}

static void says_what_a_tie_would_join(void **state)
{
    (void)state;
    sample_init(&sample, 40, 4);
    sample_ring(&sample);
    assert_true(says(0, 2, "Your two groups have no tie yet."));
    assert_false(says(0, 5, "no tie yet")); /* A and B are tied along the ring */
    sample_init(&sample, 40, 4);
    for (uint32_t i = 2; i < 40; i++)
        sample_tie(&sample, 1, i);
    assert_true(says(0, 1, "No chain of contacts"));
    assert_true(says(0, 1, "It would bring Ward "));
    assert_true(says(0, 1, " within two steps of you."));
}

static void always_says_something(void **state)
{
    (void)state;
    sample_init(&sample, 12, 2);
    sample_ring(&sample);
    assert_string_equal(reason(0, 3), "They are in Ward B. Of all ties across groups, this is one "
                                      "that would connect everybody best.");
}

static void says_nothing_of_gain_where_there_is_none(void **state)
{
    (void)state;
    sample_init(&sample, 12, 2);
    sample_ring(&sample);
    assert_false(says(0, 2, "connect everybody")); /* of one group */
    assert_false(says(0, 1, "connect everybody")); /* tied */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_a_topic_that_five_others_have),
        cmocka_unit_test(says_that_there_is_something_where_it_may_not_say_what),
        cmocka_unit_test(names_what_fits_everybody_it_could_be_about),
        cmocka_unit_test(those_the_reader_knows_are_no_crowd),
        cmocka_unit_test(two_facts_fit_fewer_than_each),
        cmocka_unit_test(says_what_a_tie_would_join),
        cmocka_unit_test(always_says_something),
        cmocka_unit_test(says_nothing_of_gain_where_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
