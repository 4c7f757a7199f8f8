/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/session_steps.h"

#include "protocol/content/kinds.h"
#include "protocol/format/catalogue.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A running session of a peer assist with this counter and stage, and its signed changes: one
 * action for each counter from 1 on; 0: nobody signed it. */
struct past {
    struct wire_session present;
    struct session_steps steps;
};

static void past_begin(struct past *past,
                       uint32_t counter,
                       enum wire_session_state state,
                       uint16_t stage,
                       const uint8_t *actions)
{
    past->present =
        (struct wire_session){.state = (uint8_t)state, .stage = stage, .counter = counter};
    const struct format *format = format_catalogue_find(SPAN_LITERAL("peer-assist"));
    assert_int_equal(session_steps_init(format, &past->present, &past->steps), STATUS_OK);
    for (uint32_t at = 1; at < counter; at++) {
        struct content_stage step = {.action = actions[at - 1], .counter = at};
        if (step.action != 0)
            session_steps_add(&past->steps, &step);
    }
}

/* The index of the stage at a counter; -1 when there is none. */
static int stage_at(const struct past *past, uint32_t counter)
{
    const struct format_stage *stage = session_steps_stage(&past->steps, counter);
    return stage == NULL ? -1 : (int)(stage - past->steps.format->stages);
}

static void follows_the_facilitators_changes(void **state)
{
    (void)state;
    struct past past;
    const uint8_t actions[] = {STAGE_START, STAGE_NEXT,   STAGE_EXTEND,
                               STAGE_PAUSE, STAGE_RESUME, STAGE_NEXT};
    past_begin(&past, 7, SESSION_RUNNING, 2, actions);
    const int expected[] = {-1, -1, 0, 1, 1, 1, 1, 2};
    for (uint32_t counter = 0; counter <= 7; counter++)
        assert_int_equal(stage_at(&past, counter), expected[counter]);
    assert_int_equal(stage_at(&past, 8), -1);
    session_steps_clear(&past.steps);
}

static void tells_stages_beyond_a_change_that_nobody_signed_from_the_present(void **state)
{
    (void)state;
    struct past past;
    const uint8_t actions[] = {STAGE_START, STAGE_NEXT, 0, STAGE_NEXT, STAGE_EXTEND};
    past_begin(&past, 6, SESSION_RUNNING, 5, actions);
    assert_int_equal(stage_at(&past, 2), 0);
    assert_int_equal(stage_at(&past, 3), 1);
    assert_int_equal(stage_at(&past, 4), 4);
    assert_int_equal(stage_at(&past, 5), 5);
    assert_int_equal(stage_at(&past, 6), 5);
    session_steps_clear(&past.steps);
}

static void does_not_know_what_lies_between_two_gaps(void **state)
{
    (void)state;
    struct past past;
    const uint8_t actions[] = {STAGE_START, 0, STAGE_NEXT, 0, STAGE_NEXT};
    past_begin(&past, 6, SESSION_RUNNING, 5, actions);
    assert_int_equal(stage_at(&past, 2), 0);
    assert_int_equal(stage_at(&past, 3), -1);
    assert_int_equal(stage_at(&past, 4), -1);
    assert_int_equal(stage_at(&past, 5), 4);
    session_steps_clear(&past.steps);
}

static void knows_the_stage_that_a_session_ended_in(void **state)
{
    (void)state;
    struct past past;
    const uint8_t by_end[] = {0, STAGE_NEXT, STAGE_END};
    past_begin(&past, 4, SESSION_ENDED, 3, by_end);
    assert_int_equal(stage_at(&past, 4), -1);
    assert_int_equal(stage_at(&past, 3), 3);
    assert_int_equal(stage_at(&past, 2), 2);
    session_steps_clear(&past.steps);
    const uint8_t by_next[] = {0, STAGE_NEXT, STAGE_NEXT};
    past_begin(&past, 4, SESSION_ENDED, 7, by_next);
    assert_int_equal(stage_at(&past, 4), -1);
    assert_int_equal(stage_at(&past, 3), 7);
    assert_int_equal(stage_at(&past, 2), 6);
    session_steps_clear(&past.steps);
}

static void the_first_of_two_changes_of_one_counter_counts(void **state)
{
    (void)state;
    struct past past;
    const uint8_t actions[] = {STAGE_START, STAGE_EXTEND};
    past_begin(&past, 3, SESSION_RUNNING, 0, actions);
    session_steps_add(&past.steps, &(struct content_stage){.action = STAGE_NEXT, .counter = 2});
    assert_int_equal(stage_at(&past, 3), 0);
    session_steps_clear(&past.steps);
}

static void leaves_out_changes_of_counters_that_never_were(void **state)
{
    (void)state;
    struct past past;
    const uint8_t actions[] = {STAGE_START};
    past_begin(&past, 2, SESSION_RUNNING, 0, actions);
    session_steps_add(&past.steps, &(struct content_stage){.action = STAGE_NEXT, .counter = 0});
    session_steps_add(&past.steps, &(struct content_stage){.action = STAGE_NEXT, .counter = 2});
    session_steps_add(&past.steps,
                      &(struct content_stage){.action = STAGE_NEXT, .counter = UINT32_MAX});
    assert_int_equal(stage_at(&past, 2), 0);
    assert_int_equal(stage_at(&past, 3), -1);
    session_steps_clear(&past.steps);
}

static void a_server_that_counts_to_the_sky_takes_no_memory_for_it(void **state)
{
    (void)state;
    struct past past;
    past.present =
        (struct wire_session){.state = SESSION_RUNNING, .stage = 3, .counter = UINT32_MAX};
    const struct format *format = format_catalogue_find(SPAN_LITERAL("peer-assist"));
    assert_int_equal(session_steps_init(format, &past.present, &past.steps), STATUS_OK);
    assert_int_equal(past.steps.count, SESSION_STEPS_MAX);
    assert_int_equal(stage_at(&past, UINT32_MAX), 3);
    assert_int_equal(stage_at(&past, UINT32_MAX - 1), -1);
    session_steps_clear(&past.steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_facilitators_changes),
        cmocka_unit_test(tells_stages_beyond_a_change_that_nobody_signed_from_the_present),
        cmocka_unit_test(does_not_know_what_lies_between_two_gaps),
        cmocka_unit_test(knows_the_stage_that_a_session_ended_in),
        cmocka_unit_test(the_first_of_two_changes_of_one_counter_counts),
        cmocka_unit_test(leaves_out_changes_of_counters_that_never_were),
        cmocka_unit_test(a_server_that_counts_to_the_sky_takes_no_memory_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
