/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Computing with the network without stopping the loop: a snapshot is read from the store, the
 * work is done on the figures' thread at low priority, and the result comes back to the loop.
 *
 * The published figures are one JSON document, the same for members and admins, from one frozen
 * snapshot. It stands for a week, imports and restarts notwithstanding; publication.h says what may
 * change in the next one. Below ten people it holds their number alone, and is not kept.
 * Thread rule: loop thread; `compute` on the figures' thread, `look_up` inside run().
 */
#ifndef WEFT_FIGURES_FIGURES_H
#define WEFT_FIGURES_FIGURES_H

#include "server/figures/network.h"
#include "server/session/hub.h"

/* Half a minute of them in a community of 100,000: more would only be waiting. */
#define FIGURES_JOBS_MAX 32

struct figures;

MUST_CHECK enum status figures_new(struct hub *hub, struct figures **figures);

/* `*figures` becomes NULL. NULL is allowed. What was on its way is dropped: store and pools are
 * closed before. */
void figures_free(struct figures **figures);

/* A computation over the network as it is now; embedded in the caller's own struct until `done`. */
struct figures_job {
    bool with_interests;
    /* It may take minutes, and calls figures_breathe now and then, so that the others need not
     * wait: one of this kind at a time, and one of the others. */
    bool takes_long;
    /* In the snapshot's own read: what else is needed. May be NULL. */
    enum status (*look_up)(struct store_db *db, struct figures_job *job);
    enum status (*compute)(struct figures_job *job, const struct network *network);
    void (*done)(struct figures_job *job, enum status status);

    /* Figures' own. */
    struct figures *figures;
    struct figures_job *next;
    struct store_job load;
    struct pool_job work;
    struct network *network;
};

/* One after another: a snapshot of a large community is some hundred megabytes. `done` is called
 * exactly once, for what cannot be begun too: STATUS_RATE_LIMITED when FIGURES_JOBS_MAX wait. */
void figures_submit(struct figures *figures, struct figures_job *job);

/* On the figures' thread, in `compute` of a job that takes long: what else waits goes first. */
void figures_breathe(struct figures *figures);

/* Somebody who waits for the document; embedded until `ready`. */
struct figures_waiter {
    /* `document` is JSON text, lent during the call; empty unless status is STATUS_OK. */
    void (*ready)(struct figures_waiter *waiter, struct span document, enum status status);
    struct figures_waiter *next;
};

/* The publication that stands, or the next one when its week is over. */
void figures_document(struct figures *figures, struct figures_waiter *waiter);

/* When published figures may change next; 0: when somebody asks. */
int64_t figures_next_ms(const struct figures *figures);

/* About once a second: a publication that is due is made, though nobody asks, so that the trend
 * has no gaps. */
void figures_tick(struct figures *figures);

#endif
