/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A coffee round: everybody who takes part gets somebody to meet, of another group and nobody they
 * met at an earlier round, in the pairs that would connect the network best.
 *
 * Pairs are of four kinds, and a worse kind is taken only for those who are left without: across
 * groups and not tied yet; across groups; of one group; met at an earlier round, the earliest
 * first. Among the first kind the choice is that of introductions.h with one new tie a person. Of
 * an odd number, or where the never-match list leaves some over, a table has three.
 * The same input and seed give the same round.
 *
 * Whoever may not be proposed takes no part, and no table holds a pair of the never-match list.
 * Errors: STATUS_INVALID for a node out of range or a pair of one node; STATUS_LIMIT above
 * COFFEE_PEOPLE_MAX who take part; STATUS_DENIED for a graph that is for counts only;
 * STATUS_NO_MEMORY, STATUS_INTERNAL, STATUS_CANCELLED. Thread rule: that of introductions.h.
 */
#ifndef WEFT_WEAVE_COFFEE_H
#define WEFT_WEAVE_COFFEE_H

#include "server/weave/graph.h"

/* More than sign up in a region; each may be held against each other. */
#define COFFEE_PEOPLE_MAX 10000

#define COFFEE_SEATS 3

/* Everything is lent for the call. */
struct coffee_options {
    const bool *takes_part;        /* of each node; NULL: everybody who may be proposed */
    const struct graph_pair *past; /* nodes who met at an earlier round, the earliest first */
    size_t past_count;
    uint64_t seed;
    bool (*cancelled)(void *context); /* NULL: never */
    void *context;
};

struct coffee_table {
    uint32_t people[COFFEE_SEATS]; /* nodes, ascending */
    uint32_t count;                /* 2 or 3 */
};

struct coffee {
    uint32_t table_count;
    struct coffee_table *tables; /* by the lowest node */
    uint32_t alone_count;
    uint32_t *alone;  /* nodes who take part and have nobody they may meet, ascending */
    uint32_t across;  /* tables where all are of different groups */
    uint32_t repeats; /* tables where two met before */
};

MUST_CHECK enum status coffee_round(const struct graph *graph,
                                    const struct coffee_options *options,
                                    struct coffee *coffee);

void coffee_clear(struct coffee *coffee);

#endif
