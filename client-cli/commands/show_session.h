/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How a session is shown: where it stands, what to do now, whose turn it is, how long is left.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_COMMANDS_SHOW_SESSION_H
#define WEFT_COMMANDS_SHOW_SESSION_H

#include "client-cli/commands/out.h"
#include "client-cli/core/session.h"

enum show_session_extent {
    SHOW_SESSION_CHANGE, /* some lines, when it moved on */
    SHOW_SESSION_ALL,    /* with answers, and what was said out of place */
};

/* The channel's session as it was refreshed last; STATUS_NOT_FOUND, explained, without one. */
MUST_CHECK enum status show_session(struct out *out,
                                    struct engine *engine,
                                    struct channel *channel,
                                    enum show_session_extent extent);

/* "7 min", "2 days 3 h", "over time by 2 min". */
#define SHOW_SESSION_TIME_SIZE 48
void show_session_time(int64_t left_ms, char text[SHOW_SESSION_TIME_SIZE]);

#endif
