/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The session of a channel as this client has it: its format, the present stage, whose turn it is,
 * and the moves of a facilitator.
 *
 * The server runs the clock, and is believed in nothing else: the format must be the one whose
 * digest the members agreed on, and a change of stage counts as a facilitator's when the control
 * message that the server names is in the log and says the same. What nobody signed is shown as set
 * by the server.
 *
 * Ownership: a view lends from the channel's session until the next session_refresh. Errors:
 * STATUS_NOT_FOUND (no session), STATUS_REMOVED (the channel is over for us), STATUS_UNTRUSTED
 * (another format than the members'), STATUS_NOT_NOW, STATUS_CONFLICT, those of engine.h.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_SESSION_H
#define WEFT_CORE_SESSION_H

#include "client-cli/core/channel.h"
#include "client-cli/core/channel_say.h"
#include "protocol/format/format.h"

/* Asks the server how the channel's session stands; STATUS_OK too when the channel has none. Costs
 * nothing in a channel whose members agreed on no format. Sends the keys of our sealed answers
 * that are due (sealed_answers.h). */
MUST_CHECK enum status session_refresh(struct engine *engine, struct channel *channel);

/* Who made the last change. */
enum session_mover {
    SESSION_MOVER_NOBODY = 1, /* planned, not changed since */
    SESSION_MOVER_FACILITATOR = 2,
    SESSION_MOVER_SERVER = 3,  /* nobody signed it */
    SESSION_MOVER_UNKNOWN = 4, /* it was before we joined */
};

struct session_view {
    const struct wire_session *wire;
    struct format format;
    const struct format_stage *stage; /* NULL unless the session has begun and is not over */
    enum session_mover mover;
    struct id moved_by; /* the facilitator */
    struct arena arena;
};

void session_view_clear(struct session_view *view);

/* Of what the last refresh or event said, checked against the group and the log as far as it was
 * read. `view` needs session_view_clear after success only. */
MUST_CHECK enum status
session_view_open(struct engine *engine, struct channel *channel, struct session_view *view);

/* Milliseconds that are left of the present stage, below 0 when it is over time, counted on from
 * what the server said last. False for a stage without a clock. */
bool session_time_left(const struct engine *engine,
                       const struct session_view *view,
                       int64_t *left_ms);

/* Makes `format` the one that the members agree on, by a commit: for a channel that was made
 * without a session, or for its next one. STATUS_DENIED unless we facilitate. */
MUST_CHECK enum status
session_agree(struct engine *engine, struct channel *channel, const struct format *format);

/* Plans a session in this channel, whose members agreed on `format`. `starts`: 0 for whenever a
 * facilitator starts it. */
MUST_CHECK enum status session_create(struct engine *engine,
                                      struct channel *channel,
                                      const struct format *format,
                                      int64_t starts);

/* Makes a channel for a session and plans the session; title and brief are said in it too, where
 * the server cannot read them. We facilitate, with `own_roles` besides. One of the same plan in
 * which we are alone, and whose session has not begun, is gone on with: it was broken off. */
struct session_plan {
    const struct format *format;
    struct span title;
    struct span brief; /* may be empty */
    enum channel_visibility visibility;
    uint16_t own_roles;
};
MUST_CHECK enum status session_create_with_channel(struct engine *engine,
                                                   const struct session_plan *plan,
                                                   struct channel **channel);

/* Moves the clock: says so in the channel first, then asks the server. `minutes` for an extension.
 * Brings the channel's session up to date. */
MUST_CHECK enum status session_move(struct engine *engine,
                                    struct channel *channel,
                                    enum wire_stage_action action,
                                    uint16_t minutes);

/* Why we may not say this kind now, as the channel's session stood at the last refresh: explains it
 * for people and returns STATUS_NOT_NOW. STATUS_OK outside a running session. */
MUST_CHECK enum status
session_check_own_turn(struct engine *engine, struct channel *channel, uint16_t kind);

/* channel_say, in the session's present stage: checks the turn first, and looks again where the
 * session stands when it moved on meanwhile. */
MUST_CHECK enum status session_say(struct engine *engine,
                                   struct channel *channel,
                                   uint16_t kind,
                                   const struct id *reply_to,
                                   const void *body,
                                   struct channel_said *said);

/* The same under a message id of the caller's making. */
MUST_CHECK enum status session_say_as(struct engine *engine,
                                      struct channel *channel,
                                      const struct id *message,
                                      uint16_t kind,
                                      const struct id *reply_to,
                                      const void *body,
                                      struct channel_said *said);

#endif
