/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One number for some pairs of nodes, and another for all the rest: how likely a pair is to accept
 * an introduction, or how much it has in common.
 *
 * Errors: STATUS_INVALID for a node out of range, a pair of one node or a value that is not finite
 * or is negative; STATUS_LIMIT above WEAVE_ROWS_MAX entries; STATUS_NO_MEMORY.
 * Thread rule: may be read from any thread.
 */
#ifndef WEFT_WEAVE_PAIRWISE_H
#define WEFT_WEAVE_PAIRWISE_H

#include "server/weave/graph.h"

struct pairwise_entry {
    uint32_t a; /* nodes, in either order */
    uint32_t b;
    float value;
};

/* Each pair from both ends, the others of a node ascending. */
struct pairwise {
    uint32_t node_count;
    uint64_t *starts;
    uint32_t *others;
    float *values; /* beside others */
    float missing; /* of every pair that is not listed */
};

/* Of a pair that is listed again, in either order, the last value counts. */
MUST_CHECK enum status pairwise_new(uint32_t node_count,
                                    const struct pairwise_entry *entries,
                                    size_t entry_count,
                                    float missing,
                                    struct pairwise **pairwise);

/* `*pairwise` becomes NULL; NULL is allowed. */
void pairwise_free(struct pairwise **pairwise);

float pairwise_value(const struct pairwise *pairwise, uint32_t u, uint32_t v);

#endif
