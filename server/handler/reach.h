/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How far a device may read a channel's log: a member all of it; whoever was taken out, up to the
 * commit that did it, so that they can check by whom and why. Nobody else gets anything, and who
 * may come back after an absence is not led past where they stopped (HANDLER_MEMBER_OR_FORMER).
 * Errors: as without it (handler.c): STATUS_DENIED, or STATUS_NOT_FOUND where the channel is not
 * listed. Thread rule: reach_begin on the loop thread, reach_find in a job.
 */
#ifndef WEFT_HANDLER_REACH_H
#define WEFT_HANDLER_REACH_H

#include "server/handler/handler.h"
#include "server/store/store.h"

struct reach {
    struct id device;
    bool member;
    enum status refusal; /* of whoever is neither */
    uint64_t last;       /* the last entry that may be read; 0: to the end */
};

void reach_begin(const struct channel *channel, const struct call *call, struct reach *reach);

MUST_CHECK enum status
reach_find(struct store_db *db, const struct id *channel, uint32_t generation, struct reach *reach);

/* For task.explain. */
const char *reach_explain(enum status status);

#endif
