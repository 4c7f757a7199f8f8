/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Which new tie lowers the total effective resistance most, kept exactly while ties are added.
 *
 * With P the pseudo-inverse of the Laplacian, a tie (u, v) lowers the trace of P by
 * |P(e_u - e_v)|^2 / (1 + R), where R = P_uu + P_vv - 2 P_uv: all of it stands in P and P x P.
 * Both take a change of rank one or two for each tie that is added, so that a step costs n^2 and
 * not n^3 (Sherman and Morrison). DESIGN.md has the sources.
 *
 * Errors: STATUS_LIMIT above WEAVE_DENSE_PEOPLE_MAX people, STATUS_NO_MEMORY, STATUS_INTERNAL.
 * Thread rule: that of dense.h.
 */
#ifndef WEFT_WEAVE_RESISTANCE_H
#define WEFT_WEAVE_RESISTANCE_H

#include "server/weave/graph.h"

struct resistance;

/* Everything is lent for the call. */
struct resistance_start {
    const struct graph *graph;
    const struct graph_pair *extra; /* ties that were added already */
    size_t extra_count;
    const struct graph_components *components; /* with them */
    const bool *closed;                        /* of each node: no pair with it is open */
};

/* Open are all pairs within one component that graph_may_pair allows, but for closed nodes. */
MUST_CHECK enum status resistance_new(const struct resistance_start *start,
                                      struct resistance **resistance);

/* `*resistance` becomes NULL; NULL is allowed. */
void resistance_free(struct resistance **resistance);

/* No pair with this node is open any more. */
void resistance_close_node(struct resistance *resistance, uint32_t u);

/* The open pair with the largest drop in the trace of P, the first of equals. False when none is
 * open. */
bool resistance_best(const struct resistance *resistance, struct graph_pair *pair, double *drop);

/* Adds a tie, which is then no open pair any more. Close nodes before: the best pair is found
 * while the matrices are passed through. */
void resistance_add(struct resistance *resistance, struct graph_pair pair);

/* The diagonal of the pseudo-inverse of the graph as it is, component by component: how remote
 * each node is from the others of its component. `remoteness` has node_count entries. */
MUST_CHECK enum status resistance_remoteness(const struct graph *graph,
                                             const struct graph_components *components,
                                             double *remoteness);

#endif
