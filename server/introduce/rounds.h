/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Rounds of introductions and of coffee: made when their time comes, or when an operator asks.
 * Whoever is in one is told at once if they are connected, and else when they ask.
 *
 * When a round was last begun is in the store, so that a restart brings none forward; the first
 * comes an interval after the server first ran.
 * Errors: those of figures.h and round.h. Thread rule: loop thread only.
 */
#ifndef WEFT_INTRODUCE_ROUNDS_H
#define WEFT_INTRODUCE_ROUNDS_H

#include "server/figures/figures.h"
#include "server/introduce/round.h"

/* Introductions, or tables, under which an operator is told no number, in the audit log neither:
 * ten people have a part in five. */
#define ROUNDS_TOLD_MIN (WEAVE_CELL_PEOPLE_MIN / 2)

struct rounds;

MUST_CHECK enum status rounds_new(struct hub *hub, struct figures *figures, struct rounds **rounds);

/* `*rounds` becomes NULL. NULL is allowed. Store and pools are closed before. */
void rounds_free(struct rounds **rounds);

/* Reads when the last rounds were; the clock runs from then on. Before the store's threads run. */
MUST_CHECK enum status rounds_restore(struct rounds *rounds);

/* Ends a round that is being chosen, which may take minutes in a large network: the server stops.
 */
void rounds_cancel(struct rounds *rounds);

/* Once a second. */
void rounds_tick(struct rounds *rounds);

/* Somebody who waits for a round; embedded until `ready`. */
struct rounds_waiter {
    /* How many introductions or tables were made. */
    void (*ready)(struct rounds_waiter *waiter, uint64_t made, enum status status);
};

/* A round now; `count` 0: the usual number. STATUS_CONFLICT, through `ready`, while another is on
 * its way. */
void rounds_begin(struct rounds *rounds,
                  enum store_introduction_kind kind,
                  uint32_t count,
                  struct rounds_waiter *waiter);

#endif
