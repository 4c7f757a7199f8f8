/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/stage/stage_clock.h"

#include "server/base/clock.h"

#define MINUTE_MS (INT64_C(60) * 1000)

void stage_clock_plan(const struct stage_now *now, struct stage_clock *clock)
{
    *clock = (struct stage_clock){
        .state = SESSION_PLANNED,
        .counter = STAGE_CLOCK_COUNTER_FIRST,
        .since_ms = now->monotonic_ms,
        .changed_ms = now->monotonic_ms,
        .state_before = SESSION_PLANNED,
    };
}

static bool has_begun(const struct stage_clock *clock)
{
    return clock->state == SESSION_RUNNING || clock->state == SESSION_PAUSED;
}

enum status stage_clock_restore(const struct format *format,
                                const struct stage_clock *stored,
                                const struct stage_now *now,
                                struct stage_clock *clock)
{
    if (stored->stage >= format->stage_count)
        return STATUS_CORRUPT;
    struct stage_clock restored = *stored;
    restored.timed = has_begun(stored) && format->stages[stored->stage].minutes != 0;
    if (!restored.timed)
        restored.remaining_ms = 0;
    restored.since_ms = now->monotonic_ms;
    /* Nothing that was on its way before is still coming. */
    restored.changed_ms = now->monotonic_ms - STAGE_CLOCK_GRACE_MS;
    restored.state_before = stored->state;
    restored.stage_before = stored->stage;
    *clock = restored;
    return STATUS_OK;
}

int64_t stage_clock_remaining(const struct stage_clock *clock, int64_t monotonic_ms)
{
    if (!clock->timed)
        return 0;
    if (clock->state != SESSION_RUNNING)
        return clock->remaining_ms;
    return clock->remaining_ms - (monotonic_ms - clock->since_ms);
}

/* ---- changes ---- */

/* What an action does to a copy of the clock whose remaining time is that of `now`. */
struct change_context {
    const struct format *format;
    const struct stage_change *change;
    const struct stage_now *now;
};

static void enter(const struct change_context *context, uint16_t stage, struct stage_clock *next)
{
    const struct format_stage *entered = &context->format->stages[stage];
    next->state = SESSION_RUNNING;
    next->stage = stage;
    next->timed = entered->minutes != 0;
    next->remaining_ms = entered->minutes * MINUTE_MS;
    next->deadline_ms = entered->deadline_days == 0
                            ? 0
                            : context->now->wall_ms + entered->deadline_days * CLOCK_DAY_MS;
}

static enum status do_start(const struct change_context *context, struct stage_clock *next)
{
    enter(context, 0, next);
    return STATUS_OK;
}

static enum status do_end(const struct change_context *context, struct stage_clock *next)
{
    (void)context;
    next->state = SESSION_ENDED;
    next->timed = false;
    next->remaining_ms = 0;
    next->deadline_ms = 0;
    return STATUS_OK;
}

static enum status do_next(const struct change_context *context, struct stage_clock *next)
{
    size_t following = (size_t)next->stage + 1;
    if (following >= context->format->stage_count)
        return do_end(context, next);
    enter(context, (uint16_t)following, next);
    return STATUS_OK;
}

static enum status do_extend(const struct change_context *context, struct stage_clock *next)
{
    int64_t by_ms = context->change->minutes * MINUTE_MS;
    if (by_ms == 0 || (!next->timed && next->deadline_ms == 0))
        return STATUS_INVALID;
    if (next->timed)
        next->remaining_ms += by_ms;
    else
        next->deadline_ms += by_ms;
    return STATUS_OK;
}

static enum status do_pause(const struct change_context *context, struct stage_clock *next)
{
    (void)context;
    next->state = SESSION_PAUSED;
    return STATUS_OK;
}

static enum status do_resume(const struct change_context *context, struct stage_clock *next)
{
    (void)context;
    next->state = SESSION_RUNNING;
    return STATUS_OK;
}

#define FROM(state) (1u << (state))

struct action {
    enum wire_stage_action action;
    unsigned from; /* the states that allow it */
    enum status (*apply)(const struct change_context *context, struct stage_clock *next);
    const char *refusal;
};

static const struct action actions[] = {
    {STAGE_START, FROM(SESSION_PLANNED), do_start, "the session has been started already"},
    {STAGE_NEXT, FROM(SESSION_RUNNING) | FROM(SESSION_PAUSED), do_next,
     "the session is not running"},
    {STAGE_EXTEND, FROM(SESSION_RUNNING) | FROM(SESSION_PAUSED), do_extend,
     "the session is not running"},
    {STAGE_PAUSE, FROM(SESSION_RUNNING), do_pause, "the session is not running"},
    {STAGE_RESUME, FROM(SESSION_PAUSED), do_resume, "the session is not paused"},
    {STAGE_END, FROM(SESSION_PLANNED) | FROM(SESSION_RUNNING) | FROM(SESSION_PAUSED), do_end,
     "the session has ended"},
};

static const struct action *find_action(uint8_t number)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (actions[i].action == number)
            return &actions[i];
    }
    return NULL;
}

enum status stage_clock_change(const struct stage_clock *clock,
                               const struct format *format,
                               const struct stage_change *change,
                               const struct stage_now *now,
                               struct stage_clock *next,
                               const char **detail)
{
    const struct action *action = find_action(change->action);
    if (action == NULL)
        return STATUS_INVALID;
    if (change->counter != clock->counter) {
        *detail = "the session has moved on meanwhile";
        return STATUS_CONFLICT;
    }
    if ((action->from & FROM(clock->state)) == 0) {
        *detail = action->refusal;
        return STATUS_NOT_NOW;
    }
    struct change_context context = {format, change, now};
    struct stage_clock changed = *clock;
    changed.remaining_ms = stage_clock_remaining(clock, now->monotonic_ms);
    enum status status = action->apply(&context, &changed);
    if (status != STATUS_OK) {
        *detail = "there is nothing to extend: name minutes, in a stage that has a clock";
        return status;
    }
    changed.counter++;
    changed.since_ms = now->monotonic_ms;
    changed.changed_ms = now->monotonic_ms;
    changed.state_before = clock->state;
    changed.stage_before = clock->stage;
    *next = changed;
    return STATUS_OK;
}

/* ---- the floor ---- */

enum status stage_clock_may_speak(const struct stage_clock *clock,
                                  const struct format *format,
                                  uint16_t roles,
                                  uint32_t counter,
                                  int64_t monotonic_ms,
                                  const char **detail)
{
    enum wire_session_state state = clock->state;
    uint16_t stage = clock->stage;
    bool recent = monotonic_ms - clock->changed_ms < STAGE_CLOCK_GRACE_MS;
    bool late = counter + 1 == clock->counter && recent;
    if (late) {
        state = clock->state_before;
        stage = clock->stage_before;
    }
    if (state == SESSION_PLANNED || state == SESSION_ENDED)
        return STATUS_OK;
    if (counter != clock->counter && !late) {
        *detail = "the session has moved on: look where it stands and send again";
        return STATUS_CONFLICT;
    }
    if (state == SESSION_PAUSED) {
        *detail = "the session is paused";
        return STATUS_NOT_NOW;
    }
    if (!format_may_speak(&format->stages[stage], roles)) {
        *detail = "it is the turn of others in this stage: notes and raised hands are open";
        return STATUS_NOT_NOW;
    }
    return STATUS_OK;
}
