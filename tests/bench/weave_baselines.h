/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Usual ways of choosing introductions, to measure ours against: pairs across groups at random,
 * and friends of friends across groups (Adamic and Adar 2003). Both keep the rules that ours keep.
 */
#ifndef WEFT_BENCH_WEAVE_BASELINES_H
#define WEFT_BENCH_WEAVE_BASELINES_H

#include "server/weave/introductions.h"

struct weave_baselines {
    const struct graph *graph;
    uint32_t load_cap;
    uint64_t seed;
    uint32_t wanted;
    uint32_t *loads; /* of each node, 0 at first */
    struct introductions_pair *pairs;
    uint32_t count;
};

/* Add to `pairs` until there are as many as wanted, or none is found. */
void weave_baselines_random(struct weave_baselines *picking);
void weave_baselines_friends_of_friends(struct weave_baselines *picking);

#endif
