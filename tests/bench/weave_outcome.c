/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/bench/weave_outcome.h"

#include "server/weave/seeded.h"
#include "tests/bench/weave_input.h"

#include <stdlib.h>

#define SMALL_PEOPLE 400
#define DRAWS_SMALL 100
#define DRAWS_EXACT 16
#define DRAWS_ESTIMATED 4

struct graph *weave_outcome_graph(const struct weave_outcome *outcome,
                                  const struct introductions *chosen)
{
    const struct graph *graph = outcome->graph;
    struct graph_tie *ties = weave_input_allocate(graph->tie_count + chosen->count, sizeof(*ties));
    size_t count = 0;
    for (uint32_t u = 0; u < graph->node_count; u++)
        for (uint64_t i = graph->starts[u]; i < graph->starts[u + 1]; i++)
            if (u < graph->neighbours[i])
                ties[count++] =
                    (struct graph_tie){u, graph->neighbours[i], (double)graph->weights[i]};
    for (uint32_t i = 0; i < chosen->count; i++)
        ties[count++] =
            (struct graph_tie){chosen->pairs[i].u, chosen->pairs[i].v, outcome->tie_weight};
    struct graph_snapshot snapshot = {.person_count = graph->node_count,
                                      .groups = graph->groups,
                                      .group_count = graph->group_count,
                                      .ties = ties,
                                      .tie_count = count};
    struct graph *made = NULL;
    weave_input_check(graph_new(&snapshot, &made), "graph");
    free(ties);
    return made;
}

bool weave_outcome_figures(const struct weave_outcome *outcome,
                           const struct graph *graph,
                           struct spectral_figures *figures)
{
    struct spectral_options options = {.weighted = outcome->weighted, .seed = outcome->seed};
    enum status status = spectral_measure(graph, &options, figures);
    if (status == STATUS_INVALID)
        return false;
    weave_input_check(status, "resistance");
    return true;
}

/* The mean resistance when those accept whom the lot falls on. */
static double draw_once(const struct weave_outcome *outcome,
                        const struct introductions *chosen,
                        const struct pairwise *acceptance,
                        uint64_t *state)
{
    struct introductions accepted = {0};
    struct spectral_figures figures = {0};
    accepted.pairs = weave_input_allocate(chosen->count, sizeof(*accepted.pairs));
    for (uint32_t i = 0; i < chosen->count; i++) {
        const struct introductions_pair *pair = &chosen->pairs[i];
        double lot = (double)(seeded_next(state) >> 11) * 0x1p-53;
        if (lot < (double)pairwise_value(acceptance, pair->u, pair->v))
            accepted.pairs[accepted.count++] = *pair;
    }
    struct graph *graph = weave_outcome_graph(outcome, &accepted);
    (void)weave_outcome_figures(outcome, graph, &figures);
    graph_free(&graph);
    introductions_clear(&accepted);
    return figures.mean_resistance;
}

double weave_outcome_expected(const struct weave_outcome *outcome,
                              const struct introductions *chosen,
                              const struct pairwise *acceptance)
{
    uint32_t people = outcome->graph->node_count, draws = DRAWS_ESTIMATED;
    if (people <= WEAVE_DENSE_PEOPLE_MAX)
        draws = people <= SMALL_PEOPLE ? DRAWS_SMALL : DRAWS_EXACT;
    double sum = 0;
    uint64_t state = outcome->seed;
    for (uint32_t i = 0; i < draws; i++)
        sum += draw_once(outcome, chosen, acceptance, &state);
    return sum / draws;
}
