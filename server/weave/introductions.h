/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Which introductions across groups would connect the whole network best.
 *
 * First the parts that have no tie to each other are joined, largest first, at the people closest
 * to all others of their part. Then, up to WEAVE_DENSE_PEOPLE_MAX people, one pair after another
 * is taken that lowers the total effective resistance most, and exchanged for a better one if there
 * is one; above it the same is done on a sketch of the network (exact.h, sketch.h, DESIGN.md).
 * The same input and seed give the same choice.
 *
 * Only pairs that graph_may_pair allows, and at most `load_cap` new ties a person.
 * Errors: STATUS_NO_MEMORY, STATUS_INTERNAL when a library fails, STATUS_CANCELLED,
 * STATUS_INVALID for a weight that is not above 0.
 * Thread rule: library.h (LAPACK runs single-threaded: one caller at a time).
 */
#ifndef WEFT_WEAVE_INTRODUCTIONS_H
#define WEFT_WEAVE_INTRODUCTIONS_H

#include "server/weave/pairwise.h"

enum introductions_method {
    INTRODUCTIONS_BY_SIZE,    /* resistance up to WEAVE_DENSE_PEOPLE_MAX people, sketch above */
    INTRODUCTIONS_RESISTANCE, /* greedy, then exchange; STATUS_LIMIT above that number */
    INTRODUCTIONS_DEGREE,     /* the least connected people are paired */
    INTRODUCTIONS_GREEDY,     /* exact greedy alone; STATUS_LIMIT above that number */
    INTRODUCTIONS_SKETCH,     /* greedy on a sketch of the network, at any size */
};

struct introductions_options {
    uint32_t count;    /* of pairs wanted */
    uint32_t load_cap; /* 0: WEAVE_LOAD_CAP */
    enum introductions_method method;
    uint64_t seed;                    /* breaks ties of INTRODUCTIONS_DEGREE */
    bool (*cancelled)(void *context); /* asked before each pair; NULL: never */
    void *context;
    /* Of pairs of nodes; NULL: not known. With acceptance, what is maximised is the expected gain;
     * with relevance, the most relevant of nearly equal pairs is taken. */
    const struct pairwise *acceptance; /* values up to 1 */
    const struct pairwise *relevance;
    /* At least a fifth of the places for the fifth with the fewest ties (introductions_mark_poor),
     * if there is a way. Takes several times as long. */
    bool fair;
    bool weighted;     /* ties count by their weight; otherwise 1 */
    double tie_weight; /* of a new tie; 0: 1 */
};

/* Marks the fifth of the people (rounded down) with the fewest ties, of equals those who come
 * first. `poor` has node_count entries. */
MUST_CHECK enum status introductions_mark_poor(const struct graph *graph, bool *poor);

struct introductions_pair {
    uint32_t u; /* nodes, u < v */
    uint32_t v;
    double gain; /* drop in the mean effective resistance; HUGE_VAL: it joined two parts;
                    0: not computed (by degree) */
};

/* Best first. Fewer than wanted when no more pairs are allowed. */
struct introductions {
    uint32_t count;
    struct introductions_pair *pairs;
    enum introductions_method method; /* the one that was used */
};

MUST_CHECK enum status introductions_choose(const struct graph *graph,
                                            const struct introductions_options *options,
                                            struct introductions *introductions);

void introductions_clear(struct introductions *introductions);

#endif
