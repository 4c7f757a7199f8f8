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

#include "server/weave/graph.h"

/* MEASURE(name, key, text): the key is the one of JSON. */
#define MEASURES_LIST(MEASURE)                                                                     \
    MEASURE(PEOPLE, "people", "people who are counted")                                            \
    MEASURE(TIES, "ties", "ties between them")                                                     \
    MEASURE(GROUPS, "groups", "groups that have people")                                           \
    MEASURE(MEAN_DEGREE, "mean_degree", "ties of a person, on average")                            \
    MEASURE(DENSITY, "density", "share of all possible ties that exist")                           \
    MEASURE(DEGREE_CENTRALISATION, "degree_centralisation",                                        \
            "1 when one person holds all ties, 0 when all have as many")                           \
    MEASURE(BETWEENNESS_CENTRALISATION, "betweenness_centralisation",                              \
            "1 when every path leads through one person")                                          \
    MEASURE(MEAN_PATH, "mean_path",                                                                \
            "steps between two people, on average, when all are connected")                        \
    MEASURE(MEAN_PATH_REACHABLE, "mean_path_reachable",                                            \
            "steps between two people, on average over the pairs that can reach each other")       \
    MEASURE(EFFICIENCY, "efficiency", "mean of 1/steps over all pairs, 0 where there is no path")  \
    MEASURE(CLUSTERING, "clustering", "share of a person's contacts who know each other")          \
    MEASURE(TWO_STEP_REACH, "2_step_reach", "share of the others within two steps of a person")    \
    MEASURE(E_I, "e_i", "ties across groups against ties within: -1 all within, 1 all across")     \
    MEASURE(E_I_RANDOM, "e_i_random", "the same if ties paid no heed to groups")                   \
    MEASURE(E_I_RESCALED, "e_i_rescaled", "e_i with 0 at random, -1 all within, 1 all across")     \
    MEASURE(COMPONENTS, "components", "parts that have no tie to each other")                      \
    MEASURE(LARGEST_COMPONENT, "largest_component", "share of the people in the largest part")     \
    MEASURE(ISOLATES, "isolates", "people without a tie")                                          \
    MEASURE(ALGEBRAIC_CONNECTIVITY, "algebraic_connectivity",                                      \
            "how hard it is to cut the largest part in two")                                       \
    MEASURE(MEAN_RESISTANCE, "mean_resistance",                                                    \
            "effective resistance between two people of the largest part, on average")

#define MEASURES_ENUM(name, key, text) MEASURES_##name,
enum measures_kind { MEASURES_LIST(MEASURES_ENUM) MEASURES_COUNT };
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

/* Name for JSON and a line for people; never NULL. */
const char *measures_key(enum measures_kind kind);
const char *measures_text(enum measures_kind kind);

/* Whether the measure is defined and may be shown to others than those who run the server. The
 * whole network is one cell: below WEAVE_CELL_PEOPLE_MIN people nothing is shown but `people`.
 * People without a tie are a cell too: one to nine of them are hidden, and so is what would tell
 * their number (components, largest_component). */
bool measures_may_show(const struct measures *measures, enum measures_kind kind);

#endif
