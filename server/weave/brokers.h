/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * People whose loss would split the network: articulation points, and how much hangs on each
 * (Hopcroft and Tarjan 1973). To be told to nobody but each of them alone.
 *
 * Errors: STATUS_NO_MEMORY. Thread rule: pure functions.
 */
#ifndef WEFT_WEAVE_BROKERS_H
#define WEFT_WEAVE_BROKERS_H

#include "server/weave/graph.h"

/* Of each node, how many others would be cut off from the largest part of what it holds together
 * now, if it left: 0 for all who hold nothing together. `cut_off` has node_count entries. */
MUST_CHECK enum status brokers_find(const struct graph *graph, uint32_t *cut_off);

#endif
