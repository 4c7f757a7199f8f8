/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The measures of a network: definitions, sources and limits are in DESIGN.md. Ties count as 1
 * whatever their weight. A measure that a network does not define (the path length of people
 * without ties, E-I with fewer than two groups) is absent: never a made-up number.
 *
 * Exact up to WEAVE_EXACT_PEOPLE_MAX people; beyond it the path measures are estimates from
 * WEAVE_SAMPLES starting points, and `error` is their standard error.
 *
 * Errors: STATUS_NO_MEMORY, STATUS_INTERNAL when a library fails.
 * Thread rule: library.h (everything that uses igraph runs in one thread).
 */
#ifndef WEFT_WEAVE_MEASURES_H
#define WEFT_WEAVE_MEASURES_H

#include "protocol/statistics/indicator.h"
#include "server/weave/graph.h"

/* One for each indicator that is published. */
#define MEASURES_ENUM(name, key, label, text) MEASURES_##name,
enum measures_kind { INDICATORS(MEASURES_ENUM) MEASURES_COUNT };
#undef MEASURES_ENUM

struct measures_value {
    double value;
    double error; /* standard error; 0: exact */
    bool defined; /* otherwise value means nothing and must not be shown */
};

struct measures {
    struct measures_value values[MEASURES_COUNT];
};

/* What to compute. {0} is everything, with seed 0. */
struct measures_options {
    uint64_t seed;      /* of the samples: the same seed gives the same estimates */
    uint32_t exact_max; /* instead of WEAVE_EXACT_PEOPLE_MAX; 0: that */
    bool without_paths; /* leave out what needs shortest paths */
    bool without_dense; /* leave out algebraic connectivity and resistance */
};

/* `options` may be NULL. */
MUST_CHECK enum status measures_compute(const struct graph *graph,
                                        const struct measures_options *options,
                                        struct measures *measures);

/* Whether the measure is defined and may be shown to others than those who run the server. The
 * whole network is one cell: below WEAVE_CELL_PEOPLE_MIN people nothing is shown but `people`.
 * People without a tie are a cell too, and so are those outside the largest part: where one to nine
 * are, `isolates`, `components` and `largest_component` would tell their number and are hidden. So
 * is all that is made of ties where one to nine people have any, and a largest part of so few. */
bool measures_may_show(const struct measures *measures, enum measures_kind kind);

#endif
