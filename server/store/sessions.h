/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Sessions: where the clock of each stands. Every change of a stage raises the counter, which the
 * change has to name; the process that runs the clock holds a lease of the row.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_SESSIONS_H
#define WEFT_STORE_SESSIONS_H

#include "server/store/store.h"

enum store_session_state {
    STORE_SESSION_PLANNED = 1,
    STORE_SESSION_RUNNING = 2,
    STORE_SESSION_PAUSED = 3,
    STORE_SESSION_ENDED = 4,
};

struct store_session {
    struct id session;
    struct id channel;
    /* None for a session that is no child room. */
    struct id parent;
    /* The encoded session format. */
    struct span format;
    struct id created_by;
    int64_t created_at_ms;
    /* Planned start, 0 for none. */
    int64_t starts_at_ms;
    int64_t started_at_ms;
    int64_t ended_at_ms;

    enum store_session_state state;
    uint32_t stage_index;
    /* Raised by every change. */
    uint64_t stage_counter;
    /* Of a stage with a length: what is left of it, -1 for a stage without. */
    int64_t remaining_ms;
    /* Of a stage with a deadline in days: wall time, 0 for none. */
    int64_t deadline_ms;
    /* The signed control message of the last change; none: `set by the server`. */
    struct id control_message;

    /* The process that runs the clock, and until when; none and 0 for nobody. */
    struct id owner;
    int64_t lease_until_ms;
};

struct store_session_list {
    struct store_session *items;
    size_t count;
};

/* A new session as given, without an owner. When the same person has made this id already, changes
 * nothing and sets `*again`. STATUS_EXISTS when somebody else has, STATUS_NOT_FOUND without the
 * channel. */
MUST_CHECK enum status
store_sessions_add(struct store_db *db, const struct store_session *session, bool *again);

/* STATUS_NOT_FOUND. */
MUST_CHECK enum status store_sessions_get(struct store_db *db,
                                          const struct id *session,
                                          struct arena *arena,
                                          struct store_session *found);

/* All of the channel, oldest first. */
MUST_CHECK enum status store_sessions_of_channel(struct store_db *db,
                                                 const struct id *channel,
                                                 struct arena *arena,
                                                 struct store_session_list *sessions);

/* Of those that are not ended, in all channels, the oldest that were made after `after`; none: the
 * oldest of all. */
MUST_CHECK enum status store_sessions_open(struct store_db *db,
                                           const struct id *after,
                                           uint32_t count_max,
                                           struct arena *arena,
                                           struct store_session_list *sessions);

/*
 * Changes state, stage, counter, remaining time, deadline, control message, start and end to those
 * of `next`, if the stored counter is `counter_before`. `next->stage_counter` must be one more.
 * When the stored change is the same (counter and control message, which is not none), changes
 * nothing. STATUS_CONFLICT otherwise: somebody else was first. STATUS_NOT_FOUND.
 */
MUST_CHECK enum status store_sessions_change(struct store_db *db,
                                             const struct store_session *next,
                                             uint64_t counter_before);

/* The clock's tick: stores what is left, if the counter is still this one and the session runs;
 * otherwise does nothing. */
MUST_CHECK enum status store_sessions_tick(struct store_db *db,
                                           const struct id *session,
                                           uint64_t stage_counter,
                                           int64_t remaining_ms);

/* Takes or renews the lease. STATUS_CONFLICT while another owner's lease runs, STATUS_NOT_FOUND. */
MUST_CHECK enum status store_sessions_lease(struct store_db *db,
                                            const struct id *session,
                                            const struct id *owner,
                                            int64_t now_ms,
                                            int64_t until_ms);

#endif
