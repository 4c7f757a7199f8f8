/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/exact.h"

#include "server/weave/exchange.h"
#include "server/weave/resistance.h"

#include <stdlib.h>

static enum status choose_greedily(struct choosing *choosing, struct resistance *resistance)
{
    const struct pairwise *relevance = choosing->options->relevance;
    uint32_t n = choosing->graph->node_count;
    struct resistance_choice best;
    while (choosing->count < choosing->wanted && resistance_best(resistance, &best)) {
        if (choosing_is_cancelled(choosing))
            return STATUS_CANCELLED;
        if (relevance != NULL)
            resistance_most_valued(resistance, relevance, (1 - choosing->slack) * best.score,
                                   &best);
        /* The mean resistance of a pair is 2 / (n - 1) times the trace. */
        choosing_add(choosing, best.pair, 2 * best.drop / (n - 1));
        resistance_set_closed(resistance, best.pair.a, choosing_is_full(choosing, best.pair.a));
        resistance_set_closed(resistance, best.pair.b, choosing_is_full(choosing, best.pair.b));
        resistance_add(resistance, best.pair);
    }
    return STATUS_OK;
}

/* Who is full with bridges is so from the start: found when the first tie is looked for. */
static enum status start(struct choosing *choosing, struct resistance **resistance)
{
    struct dense_ties ties = {.graph = choosing->graph,
                              .extra = choosing->pairs,
                              .extra_count = choosing->count,
                              .extra_weight = choosing->tie_weight,
                              .weighted = choosing->options->weighted};
    bool *closed = calloc(choosing->graph->node_count + 1u, sizeof(*closed));
    if (closed == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t u = 0; u < choosing->graph->node_count; u++)
        closed[u] = choosing_is_full(choosing, u);
    struct resistance_start start = {.ties = &ties,
                                     .components = &choosing->components,
                                     .closed = closed,
                                     .acceptance = choosing->options->acceptance,
                                     .bonus = choosing->bonus,
                                     .tie_weight = choosing->tie_weight};
    enum status status = resistance_new(&start, resistance);
    free(closed);
    return status;
}

enum status exact_choose(struct choosing *choosing, bool exchanges)
{
    if (choosing->count == choosing->wanted)
        return STATUS_OK;
    CLEANUP(resistance_free) struct resistance *resistance = NULL;
    TRY(start(choosing, &resistance));
    TRY(choose_greedily(choosing, resistance));
    if (!exchanges || choosing->count == choosing->bridge_count)
        return STATUS_OK;
    return exchange_run(choosing, resistance);
}
