/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/stage/stage_clock.h"

#define MINUTE INT64_C(60000)
#define DAY (24 * 60 * MINUTE)
#define WALL INT64_C(1800000000000)
#define HOST CHANNEL_ROLE_HOST
#define ASSISTER CHANNEL_ROLE_ASSISTER

#define TEXT(text_)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text_), sizeof(text_) - 1                                                \
    }

static const struct format_stage stages[] = {
    {.name = TEXT("context"), .minutes = 10, .speak = HOST},
    {.name = TEXT("ideas"), .minutes = 20, .speak = ASSISTER},
    {.name = TEXT("open"), .speak = FORMAT_EVERYBODY},
    {.name = TEXT("later"), .deadline_days = 28, .speak = FORMAT_EVERYBODY},
};
static const struct format format = {.stages = stages, .stage_count = 4};

/* A clock and the time it is driven by. */
struct session {
    struct stage_clock clock;
    struct stage_now now;
    const char *detail;
};

static struct session planned(void)
{
    struct session session = {.now = {WALL, 5000}};
    stage_clock_plan(&session.now, &session.clock);
    return session;
}

static void pass(struct session *session, int64_t ms)
{
    session->now.wall_ms += ms;
    session->now.monotonic_ms += ms;
}

static enum status
change_with(struct session *session, enum wire_stage_action action, uint16_t minutes)
{
    struct stage_change change = {(uint8_t)action, minutes, session->clock.counter};
    struct stage_clock next;
    enum status status = stage_clock_change(&session->clock, &format, &change, &session->now, &next,
                                            &session->detail);
    if (status == STATUS_OK)
        session->clock = next;
    return status;
}

static enum status change(struct session *session, enum wire_stage_action action)
{
    return change_with(session, action, 0);
}

static int64_t remaining(const struct session *session)
{
    return stage_clock_remaining(&session->clock, session->now.monotonic_ms);
}

static enum status speak(struct session *session, uint16_t roles, uint32_t counter)
{
    return stage_clock_may_speak(&session->clock, &format, roles, counter,
                                 session->now.monotonic_ms, &session->detail);
}

#define ASSERT_OK(call) assert_int_equal((call), STATUS_OK)
#define ASSERT_STATUS(call, expected) assert_int_equal((call), (expected))

static void starts_once_with_the_first_stage(void **state)
{
    (void)state;
    struct session session = planned();
    assert_int_equal(session.clock.counter, STAGE_CLOCK_COUNTER_FIRST);
    assert_int_equal(remaining(&session), 0);
    ASSERT_OK(change(&session, STAGE_START));
    assert_int_equal(session.clock.state, SESSION_RUNNING);
    assert_int_equal(session.clock.stage, 0);
    assert_int_equal(session.clock.counter, STAGE_CLOCK_COUNTER_FIRST + 1);
    assert_true(session.clock.timed);
    assert_int_equal(remaining(&session), 10 * MINUTE);
    ASSERT_STATUS(change(&session, STAGE_START), STATUS_NOT_NOW);
}

static void only_end_and_start_are_for_a_planned_session(void **state)
{
    (void)state;
    struct session session = planned();
    ASSERT_STATUS(change(&session, STAGE_NEXT), STATUS_NOT_NOW);
    ASSERT_STATUS(change_with(&session, STAGE_EXTEND, 5), STATUS_NOT_NOW);
    ASSERT_STATUS(change(&session, STAGE_PAUSE), STATUS_NOT_NOW);
    ASSERT_STATUS(change(&session, STAGE_RESUME), STATUS_NOT_NOW);
    assert_non_null(session.detail);
    ASSERT_OK(change(&session, STAGE_END));
    assert_int_equal(session.clock.state, SESSION_ENDED);
}

static void counts_down_and_goes_over_time(void **state)
{
    (void)state;
    struct session session = planned();
    ASSERT_OK(change(&session, STAGE_START));
    pass(&session, 4 * MINUTE);
    assert_int_equal(remaining(&session), 6 * MINUTE);
    pass(&session, 9 * MINUTE);
    assert_int_equal(remaining(&session), -3 * MINUTE);
    assert_int_equal(session.clock.state, SESSION_RUNNING);
}

static void wall_time_does_not_move_a_stage_in_minutes(void **state)
{
    (void)state;
    struct session session = planned();
    ASSERT_OK(change(&session, STAGE_START));
    session.now.wall_ms += DAY;
    assert_int_equal(remaining(&session), 10 * MINUTE);
}

static void a_pause_stops_the_clock(void **state)
{
    (void)state;
    struct session session = planned();
    ASSERT_OK(change(&session, STAGE_START));
    pass(&session, 1 * MINUTE);
    ASSERT_OK(change(&session, STAGE_PAUSE));
    pass(&session, 30 * MINUTE);
    assert_int_equal(remaining(&session), 9 * MINUTE);
    ASSERT_STATUS(change(&session, STAGE_PAUSE), STATUS_NOT_NOW);
    ASSERT_OK(change(&session, STAGE_RESUME));
    ASSERT_STATUS(change(&session, STAGE_RESUME), STATUS_NOT_NOW);
    pass(&session, 1 * MINUTE);
    assert_int_equal(remaining(&session), 8 * MINUTE);
}

static void extends_what_is_left_also_over_time_and_while_paused(void **state)
{
    (void)state;
    struct session session = planned();
    ASSERT_OK(change(&session, STAGE_START));
    pass(&session, 12 * MINUTE);
    ASSERT_OK(change_with(&session, STAGE_EXTEND, 5));
    assert_int_equal(remaining(&session), 3 * MINUTE);
    ASSERT_OK(change(&session, STAGE_PAUSE));
    ASSERT_OK(change_with(&session, STAGE_EXTEND, 2));
    pass(&session, MINUTE);
    assert_int_equal(remaining(&session), 5 * MINUTE);
    assert_int_equal(session.clock.state, SESSION_PAUSED);
}

static void extends_by_minutes_where_there_is_a_clock(void **state)
{
    (void)state;
    struct session session = planned();
    ASSERT_OK(change(&session, STAGE_START));
    ASSERT_STATUS(change_with(&session, STAGE_EXTEND, 0), STATUS_INVALID);
    ASSERT_OK(change(&session, STAGE_NEXT));
    ASSERT_OK(change(&session, STAGE_NEXT));
    ASSERT_STATUS(change_with(&session, STAGE_EXTEND, 5), STATUS_INVALID);
    assert_false(session.clock.timed);
    assert_int_equal(remaining(&session), 0);
}

static void a_deadline_is_wall_time_and_no_pause_moves_it(void **state)
{
    (void)state;
    struct session session = planned();
    ASSERT_OK(change(&session, STAGE_START));
    for (int i = 0; i < 3; i++)
        ASSERT_OK(change(&session, STAGE_NEXT));
    assert_int_equal(session.clock.deadline_ms, WALL + 28 * DAY);
    ASSERT_OK(change(&session, STAGE_PAUSE));
    pass(&session, DAY);
    ASSERT_OK(change(&session, STAGE_RESUME));
    assert_int_equal(session.clock.deadline_ms, WALL + 28 * DAY);
    ASSERT_OK(change_with(&session, STAGE_EXTEND, 24 * 60));
    assert_int_equal(session.clock.deadline_ms, WALL + 29 * DAY);
}

static void next_after_the_last_stage_ends_the_session(void **state)
{
    (void)state;
    struct session session = planned();
    ASSERT_OK(change(&session, STAGE_START));
    for (uint16_t i = 1; i < 4; i++) {
        ASSERT_OK(change(&session, STAGE_NEXT));
        assert_int_equal(session.clock.stage, i);
    }
    ASSERT_OK(change(&session, STAGE_NEXT));
    assert_int_equal(session.clock.state, SESSION_ENDED);
    assert_int_equal(session.clock.stage, 3);
    ASSERT_STATUS(change(&session, STAGE_END), STATUS_NOT_NOW);
    ASSERT_STATUS(change(&session, STAGE_NEXT), STATUS_NOT_NOW);
}

static void next_out_of_a_pause_runs(void **state)
{
    (void)state;
    struct session session = planned();
    ASSERT_OK(change(&session, STAGE_START));
    ASSERT_OK(change(&session, STAGE_PAUSE));
    ASSERT_OK(change(&session, STAGE_NEXT));
    assert_int_equal(session.clock.state, SESSION_RUNNING);
    assert_int_equal(remaining(&session), 20 * MINUTE);
}

static void refuses_a_change_of_another_counter_or_kind_and_stays_as_it_is(void **state)
{
    (void)state;
    struct session session = planned();
    struct stage_clock before = session.clock;
    struct stage_clock next = {0};
    struct stage_change change = {STAGE_START, 0, before.counter + 1};
    const char *detail = NULL;
    ASSERT_STATUS(
        stage_clock_change(&session.clock, &format, &change, &session.now, &next, &detail),
        STATUS_CONFLICT);
    assert_non_null(detail);
    change.counter = 0;
    ASSERT_STATUS(
        stage_clock_change(&session.clock, &format, &change, &session.now, &next, &detail),
        STATUS_CONFLICT);
    change = (struct stage_change){0, 0, before.counter};
    ASSERT_STATUS(
        stage_clock_change(&session.clock, &format, &change, &session.now, &next, &detail),
        STATUS_INVALID);
    change.action = STAGE_END + 1;
    ASSERT_STATUS(
        stage_clock_change(&session.clock, &format, &change, &session.now, &next, &detail),
        STATUS_INVALID);
    assert_int_equal(next.counter, 0);
    assert_memory_equal(&session.clock, &before, sizeof before);
}

static void time_without_the_server_does_not_count(void **state)
{
    (void)state;
    struct session session = planned();
    ASSERT_OK(change(&session, STAGE_START));
    pass(&session, 4 * MINUTE);
    struct stage_clock stored = {
        .state = SESSION_RUNNING,
        .counter = session.clock.counter,
        .remaining_ms = remaining(&session),
    };
    struct stage_now later = {WALL + 3 * DAY, 17};
    ASSERT_OK(stage_clock_restore(&format, &stored, &later, &session.clock));
    session.now = later;
    assert_int_equal(remaining(&session), 6 * MINUTE);
    pass(&session, MINUTE);
    assert_int_equal(remaining(&session), 5 * MINUTE);
    ASSERT_OK(speak(&session, HOST, session.clock.counter));
    ASSERT_STATUS(speak(&session, HOST, session.clock.counter - 1), STATUS_CONFLICT);
}

static void restores_a_stage_without_length_and_over_time(void **state)
{
    (void)state;
    struct session session = planned();
    struct stage_clock stored = {
        .state = SESSION_RUNNING, .stage = 2, .counter = 7, .remaining_ms = -1};
    ASSERT_OK(stage_clock_restore(&format, &stored, &session.now, &session.clock));
    assert_int_equal(remaining(&session), 0);
    stored =
        (struct stage_clock){.state = SESSION_PAUSED, .stage = 1, .counter = 7, .remaining_ms = -1};
    ASSERT_OK(stage_clock_restore(&format, &stored, &session.now, &session.clock));
    pass(&session, MINUTE);
    assert_int_equal(remaining(&session), -1);
    stored.stage = 4;
    ASSERT_STATUS(stage_clock_restore(&format, &stored, &session.now, &session.clock),
                  STATUS_CORRUPT);
}

static void the_floor_is_everybodys_before_and_after(void **state)
{
    (void)state;
    struct session session = planned();
    ASSERT_OK(speak(&session, 0, 0));
    ASSERT_OK(speak(&session, 0, session.clock.counter));
    ASSERT_OK(change(&session, STAGE_END));
    pass(&session, MINUTE);
    ASSERT_OK(speak(&session, 0, 0));
}

static void the_floor_belongs_to_the_roles_of_the_stage(void **state)
{
    (void)state;
    struct session session = planned();
    ASSERT_OK(change(&session, STAGE_START));
    uint32_t counter = session.clock.counter;
    ASSERT_OK(speak(&session, HOST, counter));
    ASSERT_OK(speak(&session, HOST | ASSISTER, counter));
    ASSERT_STATUS(speak(&session, ASSISTER, counter), STATUS_NOT_NOW);
    ASSERT_STATUS(speak(&session, 0, counter), STATUS_NOT_NOW);
    assert_non_null(session.detail);
    pass(&session, 60 * MINUTE);
    ASSERT_OK(speak(&session, HOST, counter)); /* over time is no reason to be silent */
}

static void a_paused_session_has_no_floor(void **state)
{
    (void)state;
    struct session session = planned();
    ASSERT_OK(change(&session, STAGE_START));
    ASSERT_OK(change(&session, STAGE_PAUSE));
    ASSERT_STATUS(speak(&session, HOST, session.clock.counter), STATUS_NOT_NOW);
}

static void what_was_on_its_way_is_judged_by_the_stage_before_for_two_seconds(void **state)
{
    (void)state;
    struct session session = planned();
    ASSERT_OK(change(&session, STAGE_START));
    uint32_t before = session.clock.counter;
    pass(&session, MINUTE);
    ASSERT_OK(change(&session, STAGE_NEXT));
    pass(&session, STAGE_CLOCK_GRACE_MS - 1);
    ASSERT_OK(speak(&session, HOST, before));
    ASSERT_STATUS(speak(&session, ASSISTER, before), STATUS_NOT_NOW);
    ASSERT_OK(speak(&session, ASSISTER, before + 1));
    ASSERT_STATUS(speak(&session, HOST, before + 1), STATUS_NOT_NOW);
    ASSERT_STATUS(speak(&session, HOST, before - 1), STATUS_CONFLICT);
    ASSERT_STATUS(speak(&session, HOST, before + 2), STATUS_CONFLICT);
    pass(&session, 1);
    ASSERT_STATUS(speak(&session, HOST, before), STATUS_CONFLICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_once_with_the_first_stage),
        cmocka_unit_test(only_end_and_start_are_for_a_planned_session),
        cmocka_unit_test(counts_down_and_goes_over_time),
        cmocka_unit_test(wall_time_does_not_move_a_stage_in_minutes),
        cmocka_unit_test(a_pause_stops_the_clock),
        cmocka_unit_test(extends_what_is_left_also_over_time_and_while_paused),
        cmocka_unit_test(extends_by_minutes_where_there_is_a_clock),
        cmocka_unit_test(a_deadline_is_wall_time_and_no_pause_moves_it),
        cmocka_unit_test(next_after_the_last_stage_ends_the_session),
        cmocka_unit_test(next_out_of_a_pause_runs),
        cmocka_unit_test(refuses_a_change_of_another_counter_or_kind_and_stays_as_it_is),
        cmocka_unit_test(time_without_the_server_does_not_count),
        cmocka_unit_test(restores_a_stage_without_length_and_over_time),
        cmocka_unit_test(the_floor_is_everybodys_before_and_after),
        cmocka_unit_test(the_floor_belongs_to_the_roles_of_the_stage),
        cmocka_unit_test(a_paused_session_has_no_floor),
        cmocka_unit_test(what_was_on_its_way_is_judged_by_the_stage_before_for_two_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
