/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The network in memory: people as nodes, ties without direction, compact and sorted (each node's
 * neighbours stand together in ascending order). Made once from a snapshot, never changed.
 *
 * Consent is kept here, where nothing later can forget it: a person who is not counted has neither
 * node nor ties, whoever may not be proposed is never in a suggestion (graph_may_pair), and so is
 * no pair of the never-match list. Ties that must not count (confidential channels) are left out
 * by the caller. People without ties stay.
 *
 * Errors: STATUS_INVALID for a snapshot that contradicts itself, STATUS_LIMIT above
 * WEAVE_ROWS_MAX, STATUS_NO_MEMORY.
 * Thread rule: a graph may be read from any thread.
 */
#ifndef WEFT_WEAVE_GRAPH_H
#define WEFT_WEAVE_GRAPH_H

#include "protocol/base/status.h"
#include "server/weave/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No node, no group, not reachable. */
#define GRAPH_NONE UINT32_MAX

/* What a person allows; combined with |. */
enum graph_consent {
    GRAPH_COUNTED = 1,    /* is a node: counted in aggregates, never named */
    GRAPH_PROPOSABLE = 2, /* may be proposed to others (joined and opted in) */
};

struct graph_tie {
    uint32_t a; /* persons of the snapshot, in either order */
    uint32_t b;
    double weight; /* above 0; the weights of a pair that comes again are added */
};

struct graph_pair {
    uint32_t a;
    uint32_t b;
};

/* Everything is lent for the call. */
struct graph_snapshot {
    uint32_t person_count;
    const uint32_t *groups; /* of each person, below group_count; NULL: no groups */
    uint32_t group_count;
    const uint8_t *consents; /* of each person, enum graph_consent; NULL: counted, proposable */
    const struct graph_tie *ties;
    size_t tie_count;
    const struct graph_pair *never; /* the never-match list */
    size_t never_count;
    double weight_min;     /* ties below it (after adding up) are left out; 0: none */
    bool without_isolates; /* leave out people who then have no tie */
    /* Everybody who is counted may be one of a pair, joined or not: for tables of counts per pair
     * of groups (groups_needs_init). Whoever gets pairs from such a graph shows none of them. */
    bool for_counts_only;
};

struct graph {
    uint32_t node_count;
    uint64_t tie_count;
    uint32_t group_count;
    uint32_t *groups;  /* of each node, or NULL without groups */
    uint32_t *persons; /* of each node: its position in the snapshot, ascending */
    uint32_t *nodes;   /* of each person of the snapshot: its node or GRAPH_NONE */
    uint32_t person_count;
    bool *proposable;       /* of each node */
    bool for_counts_only;   /* as in the snapshot: no pair may be shown */
    uint64_t *starts;       /* node_count + 1: where each node's neighbours start */
    uint32_t *neighbours;   /* 2 x tie_count, ascending within a node */
    float *weights;         /* beside neighbours */
    uint64_t *never_starts; /* the never-match list in the same form */
    uint32_t *never;
};

/* STATUS_INVALID: a person or group out of range, a tie to oneself, a weight that is not a finite
 * number above 0. */
MUST_CHECK enum status graph_new(const struct graph_snapshot *snapshot, struct graph **graph);

/* `*graph` becomes NULL; NULL is allowed. */
void graph_free(struct graph **graph);

static inline uint32_t graph_degree(const struct graph *graph, uint32_t node)
{
    return (uint32_t)(graph->starts[node + 1] - graph->starts[node]);
}

/* The node's neighbours, graph_degree of them. */
static inline const uint32_t *graph_neighbours(const struct graph *graph, uint32_t node)
{
    return graph->neighbours + graph->starts[node];
}

/* The node's group; GRAPH_NONE without groups. */
static inline uint32_t graph_group(const struct graph *graph, uint32_t node)
{
    return graph->groups == NULL ? GRAPH_NONE : graph->groups[node];
}

bool graph_is_tied(const struct graph *graph, uint32_t u, uint32_t v);

/* Whether the pair is on the never-match list. */
bool graph_is_never(const struct graph *graph, uint32_t u, uint32_t v);

/* Whether the two may be introduced to each other: different people of different groups, both
 * proposable, not tied, not on the never-match list. Without groups nobody may. */
bool graph_may_pair(const struct graph *graph, uint32_t u, uint32_t v);

/* The connected component of each node, numbered from 0 by size, largest first (by lowest node
 * where sizes are equal). `labels` has node_count entries, `sizes` as many as there are components.
 * Both belong to the caller (free). A graph without nodes has no components, and both are NULL. */
struct graph_components {
    uint32_t count;
    uint32_t *labels;
    uint32_t *sizes;
};

MUST_CHECK enum status graph_components_init(const struct graph *graph,
                                             struct graph_components *components);

void graph_components_clear(struct graph_components *components);

/* From now on nobody is proposed to this node, nor the node to anybody. There is no way back. */
void graph_withdraw(struct graph *graph, uint32_t node);

#endif
