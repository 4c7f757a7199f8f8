/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/session_steps.h"

#include <stdlib.h>

/* A session begins with this counter: 0 means "no session" in a message. */
#define COUNTER_FIRST 1

enum status session_steps_init(const struct format *format,
                               const struct wire_session *present,
                               struct session_steps *steps)
{
    uint32_t count = present->counter < SESSION_STEPS_MAX ? present->counter : SESSION_STEPS_MAX;
    uint8_t *actions = calloc((size_t)count + 1, sizeof *actions);
    if (actions == NULL)
        return STATUS_NO_MEMORY;
    *steps = (struct session_steps){format, present, actions, count};
    return STATUS_OK;
}

void session_steps_clear(struct session_steps *steps)
{
    free(steps->actions);
    *steps = (struct session_steps){0};
}

void session_steps_add(struct session_steps *steps, const struct content_stage *step)
{
    /* The present counter is not changed yet: whoever says so was refused, or lies. */
    if (step->counter < COUNTER_FIRST || step->counter >= steps->count)
        return;
    if (steps->actions[step->counter] == 0)
        steps->actions[step->counter] = step->action;
}

/* Where a session stands. */
struct position {
    enum wire_session_state state;
    size_t stage;
};

static void step_forward(const struct format *format, uint8_t action, struct position *position)
{
    switch (action) {
    case STAGE_START:
        *position = (struct position){SESSION_RUNNING, 0};
        break;
    case STAGE_NEXT:
        if (position->stage + 1 < format->stage_count)
            position->stage++;
        else
            position->state = SESSION_ENDED;
        break;
    case STAGE_END:
        position->state = SESSION_ENDED;
        break;
    default: /* an extension or a pause leaves the stage */
        break;
    }
}

static bool
find_forward(const struct session_steps *steps, uint32_t counter, struct position *position)
{
    *position = (struct position){SESSION_PLANNED, 0};
    for (uint32_t at = COUNTER_FIRST; at < counter; at++) {
        if (at >= steps->count || steps->actions[at] == 0)
            return false;
        step_forward(steps->format, steps->actions[at], position);
    }
    return true;
}

static bool
find_backward(const struct session_steps *steps, uint32_t counter, struct position *position)
{
    *position =
        (struct position){(enum wire_session_state)steps->present->state, steps->present->stage};
    for (uint32_t at = steps->present->counter; at > counter; at--) {
        uint8_t action = at - 1 < steps->count ? steps->actions[at - 1] : 0;
        if (action == 0)
            return false;
        bool was_over = position->state == SESSION_ENDED;
        position->state = action == STAGE_START ? SESSION_PLANNED : SESSION_RUNNING;
        /* The last `next` ended the session and left the stage. */
        if (action == STAGE_NEXT && !was_over && position->stage-- == 0)
            return false;
    }
    return true;
}

const struct format_stage *session_steps_stage(const struct session_steps *steps, uint32_t counter)
{
    struct position position;
    if (counter < COUNTER_FIRST || counter > steps->present->counter)
        return NULL;
    if (!find_forward(steps, counter, &position) && !find_backward(steps, counter, &position))
        return NULL;
    if (position.state == SESSION_PLANNED || position.state == SESSION_ENDED ||
        position.stage >= steps->format->stage_count)
        return NULL;
    return &steps->format->stages[position.stage];
}
