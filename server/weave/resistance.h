/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Which new tie lowers the total effective resistance most, kept exactly while ties are added and
 * taken away.
 *
 * With P the pseudo-inverse of the Laplacian, a tie (u, v) of weight w lowers the trace of P by
 * |P(e_u - e_v)|^2 / (1/w + R), where R = P_uu + P_vv - 2 P_uv: all of it stands in P and P x P.
 * Both take a change of rank one or two for each tie, so that a step costs n^2 and not n^3
 * (Sherman and Morrison). A tie that is made with probability p only counts p times, in its gain
 * and in the change of P: the expectation to first order. DESIGN.md has the sources.
 *
 * Errors: STATUS_LIMIT above WEAVE_DENSE_PEOPLE_MAX people, STATUS_NO_MEMORY, STATUS_INTERNAL.
 * Thread rule: that of dense.h.
 */
#ifndef WEFT_WEAVE_RESISTANCE_H
#define WEFT_WEAVE_RESISTANCE_H

#include "server/weave/dense.h"
#include "server/weave/pairwise.h"

struct resistance;

/* Everything is lent for the call. */
struct resistance_start {
    const struct dense_ties *ties;
    const struct graph_components *components; /* with the extra ties */
    const bool *closed;                        /* of each node at first */
    const struct pairwise *acceptance;         /* NULL: everybody accepts */
    const double *bonus; /* of each node, added to the gain of its pairs; NULL: none */
    double tie_weight;   /* of a new tie, above 0 */
};

/* Open are all pairs within one component that graph_may_pair allows, but for the extra ties. */
MUST_CHECK enum status resistance_new(const struct resistance_start *start,
                                      struct resistance **resistance);

/* `*resistance` becomes NULL; NULL is allowed. */
void resistance_free(struct resistance **resistance);

/* A closed node has no open pair. To be set before the tie that closes it is added: the best pair
 * is found while the matrices are passed through. */
void resistance_set_closed(struct resistance *resistance, uint32_t u, bool closed);

struct resistance_choice {
    struct graph_pair pair;
    double drop;  /* in the trace of P, times the probability */
    double score; /* drop and bonus */
};

/* The open pair with the largest score, which is above 0; the first of equals. False when none is
 * open. */
bool resistance_best(const struct resistance *resistance, struct resistance_choice *best);

/* Of the open pairs whose score is at least `least`, the one with the highest value above that of
 * `*best`'s pair; `*best` stays where there is none. */
void resistance_most_valued(const struct resistance *resistance,
                            const struct pairwise *values,
                            double least,
                            struct resistance_choice *best);

/* The same as resistance_best if the tie `pair`, which was added with certainty, were not there.
 * `loss` is the score that the tie itself would have then. It stays no open pair. */
bool resistance_best_without(struct resistance *resistance,
                             struct graph_pair pair,
                             struct resistance_choice *best,
                             double *loss);

/* Adds a tie, which is then no open pair any more. */
void resistance_add(struct resistance *resistance, struct graph_pair pair);

/* Takes away a tie that was added; it is an open pair again. Only without acceptance. */
void resistance_remove(struct resistance *resistance, struct graph_pair pair);

/* P(e_a - e_b): node_count numbers. */
void resistance_change(const struct resistance *resistance, struct graph_pair pair, double *change);

/* The largest eigenvalue of P: 1 / algebraic connectivity. */
MUST_CHECK enum status resistance_largest(struct resistance *resistance, double *eigenvalue);

/* The diagonal of the pseudo-inverse of the graph as it is, component by component: how remote
 * each node is from the others of its component. `remoteness` has node_count entries. */
MUST_CHECK enum status resistance_remoteness(const struct graph *graph,
                                             bool weighted,
                                             const struct graph_components *components,
                                             double *remoteness);

#endif
