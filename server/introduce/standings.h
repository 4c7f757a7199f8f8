/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How each person stands in the network, to be told to that person alone: whether others would be
 * cut off without them, and whether they are of the coverage set. Never counted over, listed or
 * published; the figures for everybody are figures/publication.h.
 *
 * Computed from one snapshot when somebody asks, and not again for a week or until an import: what
 * a person sees must not follow what somebody else does from one hour to the next.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_INTRODUCE_STANDINGS_H
#define WEFT_INTRODUCE_STANDINGS_H

#include "server/figures/figures.h"

struct standings;

MUST_CHECK enum status
standings_new(struct hub *hub, struct figures *figures, struct standings **standings);

/* `*standings` becomes NULL. NULL is allowed. Store and pools are closed before. */
void standings_free(struct standings **standings);

struct standing {
    bool in_network; /* the person was counted */
    int64_t as_of_ms;
    uint32_t cut_off; /* people who would be cut off without them (weave/brokers.h) */
    bool in_cover;    /* one of the coverage set (weave/profile.h) */
    uint32_t covering;
};

/* Somebody who asks; embedded until `ready`. */
struct standings_waiter {
    struct id person;
    void (*ready)(struct standings_waiter *waiter,
                  const struct standing *standing,
                  enum status status);
    struct standings_waiter *next;
};

void standings_find(struct standings *standings, struct standings_waiter *waiter);

/* After an import: the next answer is a new one. */
void standings_forget(struct standings *standings);

#endif
