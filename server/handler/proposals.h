/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Why somebody was proposed to a channel, kept until they are invited: the person asked should read
 * the reason that the asker saw, and a client must not be able to write another.
 *
 * The last PROPOSALS_KEPT are in memory; an invitation after that, or after a restart, comes
 * without a reason. Thread rule: loop thread only.
 */
#ifndef WEFT_HANDLER_PROPOSALS_H
#define WEFT_HANDLER_PROPOSALS_H

#include "protocol/base/id.h"
#include "protocol/base/limits.h"

/* Eight people each for a hundred peer assists that are being put together at the same time. */
#define PROPOSALS_KEPT 800

struct proposals;

MUST_CHECK enum status proposals_new(struct proposals **proposals);

/* `*proposals` becomes NULL. NULL is allowed. */
void proposals_free(struct proposals **proposals);

/* Replaces an earlier reason; at most LIMIT_TITLE_BYTES of it. */
void proposals_keep(struct proposals *proposals,
                    const struct id *channel,
                    const struct id *person,
                    struct span reason);

/* Empty when none is kept; lent until the next change. */
struct span proposals_reason(const struct proposals *proposals,
                             const struct id *channel,
                             const struct id *person);

#endif
