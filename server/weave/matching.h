/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * As many pairs as there can be, each person in at most one: Edmonds' blossom algorithm (1965).
 *
 * Errors: STATUS_NO_MEMORY, STATUS_CANCELLED. Thread rule: pure functions.
 */
#ifndef WEFT_WEAVE_MATCHING_H
#define WEFT_WEAVE_MATCHING_H

#include "server/weave/graph.h"

struct matching_rules {
    uint32_t count; /* people, numbered from 0 */
    /* Whether the two may be a pair: the same in either order, and never of one with itself. */
    bool (*allows)(void *context, uint32_t i, uint32_t j);
    bool (*cancelled)(void *context); /* asked now and then; NULL: never */
    void *context;
};

/* `partners` has `count` entries: of each person the partner, or GRAPH_NONE. Comes in as a matching
 * that the rules need not allow, and grows to one of the most pairs that the new pairs can give:
 * whoever has a partner keeps one, though not always the same. */
MUST_CHECK enum status matching_grow(const struct matching_rules *rules, uint32_t *partners);

#endif
