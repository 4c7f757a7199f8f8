/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The only file that includes igraph. What is taken from it: betweenness, local clustering,
 * biconnected components.
 *
 * igraph aborts the process on an error unless a handler is set, and in the builds that
 * distributions ship its handlers and its stack of things to free are process-wide, not per
 * thread. So: each function here sets a handler that returns the error, and puts the old one back;
 * and ALL CALLS COME FROM ONE THREAD AT A TIME. In weftd that is the network thread, and nothing
 * else may link igraph. The same rule holds for dense.h, since it sets OpenBLAS to one thread for
 * its call.
 *
 * Errors: STATUS_NO_MEMORY, STATUS_INTERNAL for anything else that igraph says.
 */
#ifndef WEFT_WEAVE_LIBRARY_H
#define WEFT_WEAVE_LIBRARY_H

#include "server/weave/graph.h"

/* The igraph version of a graph. */
struct library_graph;

MUST_CHECK enum status library_graph_new(const struct graph *graph, struct library_graph **copy);

/* `*copy` becomes NULL; NULL is allowed. */
void library_graph_free(struct library_graph **copy);

/* The share of each node's pairs of neighbours that are tied, 0 below two neighbours. `values` has
 * node_count entries. */
MUST_CHECK enum status library_clustering(const struct library_graph *copy, double *values);

/* Shortest paths through each node, over unordered pairs of other nodes. With `sources` (distinct),
 * only over pairs with a source, which count one half, or whole when both are sources: so that with
 * all nodes as sources the result is the same as with NULL. `values` has node_count entries. */
MUST_CHECK enum status library_betweenness(const struct library_graph *copy,
                                           const uint32_t *sources,
                                           uint32_t source_count,
                                           double *values);

/* People of the largest biconnected block: those who stay connected whoever of them leaves. 0
 * without a tie. */
MUST_CHECK enum status library_largest_block(const struct library_graph *copy, uint32_t *people);

#endif
