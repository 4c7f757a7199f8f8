/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A choice of introductions while it grows: what introductions.c and the methods behind it
 * (exact.h, sketch.h) share. Nobody else includes it.
 * Thread rule: introductions.h.
 */
#ifndef WEFT_WEAVE_CHOOSING_H
#define WEFT_WEAVE_CHOOSING_H

#include "server/weave/introductions.h"

struct choosing {
    const struct graph *graph;
    const struct introductions_options *options;
    uint32_t load_cap;
    double tie_weight;
    double slack;         /* the share of the best score that may be given up for relevance */
    const double *bonus;  /* of each node, added to the drop in the trace; NULL: none */
    const bool *favoured; /* of each node, where parts are joined; NULL: nobody */
    uint32_t *loads;      /* new ties of each node */
    struct graph_components components; /* with the bridges, once they stand */
    double *remoteness;
    struct graph_pair *pairs;
    double *gains; /* as in struct introductions_pair */
    uint32_t bridge_count;
    uint32_t count;
    uint32_t wanted;
};

static inline bool choosing_is_cancelled(const struct choosing *choosing)
{
    return choosing->options->cancelled != NULL &&
           choosing->options->cancelled(choosing->options->context);
}

static inline bool choosing_is_full(const struct choosing *choosing, uint32_t u)
{
    return choosing->loads[u] >= choosing->load_cap;
}

static inline void choosing_add(struct choosing *choosing, struct graph_pair pair, double gain)
{
    choosing->pairs[choosing->count] = pair;
    choosing->gains[choosing->count++] = gain;
    choosing->loads[pair.a]++;
    choosing->loads[pair.b]++;
}

#endif
