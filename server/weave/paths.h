/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Shortest paths from everybody, or from a sample of people, by breadth-first search.
 *
 * Errors: STATUS_NO_MEMORY.
 * Thread rule: pure functions.
 */
#ifndef WEFT_WEAVE_PATHS_H
#define WEFT_WEAVE_PATHS_H

#include "server/weave/graph.h"

struct paths_estimate {
    double value;
    double error; /* standard error; 0 when every person was a starting point */
};

struct paths {
    struct paths_estimate mean;           /* steps, over reachable pairs; see any_pair */
    struct paths_estimate efficiency;     /* mean of 1/steps over all pairs */
    struct paths_estimate two_step_reach; /* share of the others within two steps */
    bool any_pair;                        /* somebody reaches somebody; otherwise no mean */
};

/* From the `source_count` nodes in `sources` (distinct, one or more). The network has two people
 * or more. */
MUST_CHECK enum status paths_compute(const struct graph *graph,
                                     const uint32_t *sources,
                                     uint32_t source_count,
                                     struct paths *paths);

/* `count` distinct nodes chosen by `seed`, ascending; all when there are no more. `sources` has
 * room for `count` of them. */
MUST_CHECK enum status
paths_sample(const struct graph *graph, uint32_t count, uint64_t seed, uint32_t *sources);

/* The steps from `source` to every node, GRAPH_NONE where there is no path. `distances` and
 * `queue` have node_count entries each. How many nodes are reached, `source` among them: the first
 * of `queue`, nearest first. */
uint32_t
paths_from(const struct graph *graph, uint32_t source, uint32_t *distances, uint32_t *queue);

#endif
