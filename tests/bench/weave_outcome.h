/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The network after introductions: when all of them are accepted, and when some are.
 */
#ifndef WEFT_BENCH_WEAVE_OUTCOME_H
#define WEFT_BENCH_WEAVE_OUTCOME_H

#include "server/weave/introductions.h"
#include "server/weave/spectral.h"

/* What the pairs are introduced into. */
struct weave_outcome {
    const struct graph *graph;
    double tie_weight; /* of a new tie */
    bool weighted;
    uint64_t seed;
};

/* The graph with the pairs tied; the caller frees it. */
struct graph *weave_outcome_graph(const struct weave_outcome *outcome,
                                  const struct introductions *chosen);

/* Resistance and connectivity; false where no two people are connected. */
bool weave_outcome_figures(const struct weave_outcome *outcome,
                           const struct graph *graph,
                           struct spectral_figures *figures);

/* The mean resistance to be expected when each pair is accepted or not by its own probability: over
 * 100 draws up to 400 people, 16 where it can be computed exactly and 4 above. */
double weave_outcome_expected(const struct weave_outcome *outcome,
                              const struct introductions *chosen,
                              const struct pairwise *acceptance);

#endif
