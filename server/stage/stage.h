/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Sessions that are not ended: their clocks, who may use the floor, and who is told of changes.
 *
 * A change is stored before it is true here, and told only then. Each second what is left of each
 * running stage is stored, so that a restart goes on where it stood: time without the server does
 * not count. The row of a running session carries a lease of this process; a second process that
 * found it would leave the session alone.
 *
 * The clock never moves a session on by itself: a stage that is over time waits for a facilitator.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_STAGE_STAGE_H
#define WEFT_STAGE_STAGE_H

#include "protocol/wire/sessions.h"
#include "server/delivery/delivery.h"

struct stage;

/* Sets the hooks of `delivery`, which must outlive it. */
MUST_CHECK enum status stage_new(struct delivery *delivery, struct stage **stage);

/* `*stage` becomes NULL. NULL is allowed. Its jobs are done: the store was closed before. */
void stage_free(struct stage **stage);

/* Takes up the sessions of the store, which has not been started yet. Whoever has the store's lock
 * knows that no other process runs a clock, so leases of earlier ones are taken over. Errors:
 * those of store.h; STATUS_CORRUPT for a session that cannot be run. */
MUST_CHECK enum status stage_restore(struct stage *stage);

/* Once a second. */
void stage_tick(struct stage *stage);

/* Ends the call of a SESSION_CREATE, whose caller may make one in this channel, and whose format
 * is the channel's and can be run. */
void stage_create(struct stage *stage, struct channel *channel, struct call *call);

/* Ends the call of a SESSION_STAGE about a session of this channel, of which the caller is a
 * member. */
void stage_change(struct stage *stage, struct channel *channel, struct call *call);

/* The channel's session as a client is told of it; lends from the session until the next event.
 * STATUS_NOT_FOUND without one that is not ended. */
MUST_CHECK enum status
stage_describe(const struct stage *stage, const struct id *channel, struct wire_session *described);

/* The same of the channel's last session that ended, from the store: inside run() only. Lends from
 * the arena. STATUS_NOT_FOUND. */
MUST_CHECK enum status stage_last_ended(struct store_db *db,
                                        const struct id *channel,
                                        int64_t now_ms,
                                        struct arena *arena,
                                        struct wire_session *described);

#endif
