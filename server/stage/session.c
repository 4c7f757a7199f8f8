/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/stage/session.h"

#include "protocol/base/limits.h"

#include <stdlib.h>

/* What store/ keeps as the rest of a stage without a length. */
#define NOT_TIMED (-1)

static enum status
fill(const struct store_session *row, const struct stage_now *now, struct session *session)
{
    TRY(arena_copy(&session->arena, row->format, &session->bytes));
    if (format_decode(session->bytes, &session->arena, &session->format) != STATUS_OK ||
        row->stage_index > UINT16_MAX || row->stage_counter > UINT32_MAX)
        return STATUS_CORRUPT;
    struct stage_clock stored = {
        .state = (enum wire_session_state)row->state,
        .stage = (uint16_t)row->stage_index,
        .counter = (uint32_t)row->stage_counter,
        .remaining_ms = row->remaining_ms,
        .deadline_ms = row->deadline_ms,
    };
    return stage_clock_restore(&session->format, &stored, now, &session->clock);
}

enum status
session_new(const struct store_session *row, const struct stage_now *now, struct session **session)
{
    struct session *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->id = row->session;
    fresh->channel = row->channel;
    fresh->parent = row->parent;
    fresh->created_by = row->created_by;
    fresh->created_at_ms = row->created_at_ms;
    fresh->starts_at_ms = row->starts_at_ms;
    fresh->started_at_ms = row->started_at_ms;
    fresh->control = row->control_message;
    arena_init(&fresh->arena, LIMIT_DECODED_BYTES);
    enum status status = fill(row, now, fresh);
    if (status != STATUS_OK) {
        session_free(&fresh);
        return status;
    }
    *session = fresh;
    return STATUS_OK;
}

void session_free(struct session **session)
{
    if (*session == NULL)
        return;
    arena_clear(&(*session)->arena);
    free(*session);
    *session = NULL;
}

void session_row(const struct session *session,
                 const struct stage_clock *clock,
                 const struct id *control,
                 const struct stage_now *now,
                 struct store_session *row)
{
    bool starts = session->started_at_ms == 0 && clock->state == SESSION_RUNNING;
    *row = (struct store_session){
        .session = session->id,
        .channel = session->channel,
        .parent = session->parent,
        .format = session->bytes,
        .created_by = session->created_by,
        .created_at_ms = session->created_at_ms,
        .starts_at_ms = session->starts_at_ms,
        .started_at_ms = starts ? now->wall_ms : session->started_at_ms,
        .ended_at_ms = clock->state == SESSION_ENDED ? now->wall_ms : 0,
        .state = (enum store_session_state)clock->state,
        .stage_index = clock->stage,
        .stage_counter = clock->counter,
        .remaining_ms = clock->timed ? stage_clock_remaining(clock, now->monotonic_ms) : NOT_TIMED,
        .deadline_ms = clock->deadline_ms,
        .control_message = *control,
    };
}

void session_describe(const struct session *session,
                      const struct stage_now *now,
                      struct wire_session *described)
{
    const struct stage_clock *clock = &session->clock;
    *described = (struct wire_session){
        .session = session->id,
        .channel = session->channel,
        .parent = session->parent,
        .format = session->bytes,
        .state = (uint8_t)clock->state,
        .stage = clock->stage,
        .counter = clock->counter,
        .timed = clock->timed,
        .remaining_ms = stage_clock_remaining(clock, now->monotonic_ms),
        .deadline = clock->deadline_ms,
        .starts = session->starts_at_ms,
        .control = session->control,
        .now = now->wall_ms,
    };
}
