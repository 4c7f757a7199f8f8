/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The Laplacian of one connected part of a network, with ties that were added: what the solver
 * works on. Its nodes are numbered anew.
 *
 * Each node is in a cell: cells are what a coarse picture of the network is made of, and follow
 * the groups where these are neither few nor many.
 * Errors: STATUS_NO_MEMORY. Thread rule: pure functions.
 */
#ifndef WEFT_WEAVE_MESH_H
#define WEFT_WEAVE_MESH_H

#include "server/weave/graph.h"

/* So many entries of `to` after the last may be read: what comes after so many ties is fetched
 * while one is worked on. Rows of other nodes lie anywhere, and a pass would wait for each. */
#define MESH_AHEAD 8

struct mesh {
    uint32_t n;
    uint32_t *nodes;  /* of the graph, ascending */
    uint64_t *starts; /* n + 1 */
    uint32_t *to;     /* and MESH_AHEAD more: 0 */
    float *weights;   /* beside `to`; NULL: all 1 */
    float *degrees;   /* sums of the weights */
    uint32_t *cells;
    uint32_t cell_count;
};

/* Everything is lent for the call. */
struct mesh_start {
    const struct graph *graph;
    const struct graph_components *components; /* with the extra ties; labels need not be dense */
    const struct graph_pair *extra;
    size_t extra_count;
    double extra_weight;
    bool weighted; /* ties count by their weight; otherwise 1, and so do the extra ones */
};

/* The largest component; the first of equals. */
MUST_CHECK enum status mesh_new(const struct mesh_start *start, struct mesh **mesh);

/* `*mesh` becomes NULL; NULL is allowed. */
void mesh_free(struct mesh **mesh);

#endif
