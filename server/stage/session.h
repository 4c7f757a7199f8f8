/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A session in memory, and the service's state: what the files of stage/ share among themselves.
 */
#ifndef WEFT_STAGE_SESSION_H
#define WEFT_STAGE_SESSION_H

#include "server/stage/stage.h"
#include "server/stage/stage_clock.h"
#include "server/store/sessions.h"

/* How long a process owns a running session without a sign of life, and how often it gives one. */
#define SESSION_LEASE_MS 10000
#define SESSION_LEASE_RENEW_MS 3000

struct stage {
    struct hub *hub;
    struct delivery *delivery;
    struct id owner;           /* of the leases: this process */
    struct id_map sessions;    /* struct session by its id */
    struct id_map by_channel;  /* the same by channel: one each */
    struct session_tick *tick; /* on its way to the store */
    int64_t leased_ms;         /* monotonic, when leases were renewed last */
};

struct session {
    struct id id;
    struct id channel;
    struct id parent;
    struct id created_by;
    int64_t created_at_ms;
    int64_t starts_at_ms;
    int64_t started_at_ms;
    struct id control; /* the message of the last change */
    struct stage_clock clock;
    struct span bytes; /* of the format; in the arena, as what is decoded of it */
    struct format format;
    struct arena arena;
};

/* From a row that is stored: STATUS_CORRUPT when it cannot be run, STATUS_NO_MEMORY. */
MUST_CHECK enum status
session_new(const struct store_session *row, const struct stage_now *now, struct session **session);

/* `*session` becomes NULL. NULL is allowed. */
void session_free(struct session **session);

/* The row with another clock and control message; times of start and end follow the state. Lends
 * the format from the session. */
void session_row(const struct session *session,
                 const struct stage_clock *clock,
                 const struct id *control,
                 const struct stage_now *now,
                 struct store_session *row);

void session_describe(const struct session *session,
                      const struct stage_now *now,
                      struct wire_session *described);

/* ---- stage.c, for change.c ---- */

struct stage_now stage_now(const struct stage *stage);

/* NULL unless it is in memory. */
struct session *stage_find(const struct stage *stage, const struct id *session);

/* Takes a session up, which then belongs to `stage`; and gives one up, which frees it. */
MUST_CHECK enum status stage_add(struct stage *stage, struct session *session);
void stage_remove(struct stage *stage, struct session *session);

/* Tells the channel's subscribers how a session stands. */
void stage_tell(struct stage *stage, const struct session *session);

#endif
