/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Which introductions across groups would connect the whole network best.
 *
 * First the parts that have no tie to each other are joined, largest first, at the people closest
 * to all others of their part. Then, up to WEAVE_DENSE_PEOPLE_MAX people, one pair after another
 * is taken that lowers the total effective resistance most (exact greedy, DESIGN.md); above it,
 * the least connected people are paired.
 *
 * Only pairs that graph_may_pair allows, and at most `load_cap` new ties a person.
 * Errors: STATUS_NO_MEMORY, STATUS_INTERNAL when a library fails, STATUS_CANCELLED.
 * Thread rule: library.h (LAPACK runs single-threaded: one caller at a time).
 */
#ifndef WEFT_WEAVE_INTRODUCTIONS_H
#define WEFT_WEAVE_INTRODUCTIONS_H

#include "server/weave/graph.h"

enum introductions_method {
    INTRODUCTIONS_BY_SIZE,    /* resistance up to WEAVE_DENSE_PEOPLE_MAX people, degree above */
    INTRODUCTIONS_RESISTANCE, /* STATUS_LIMIT above WEAVE_DENSE_PEOPLE_MAX people */
    INTRODUCTIONS_DEGREE,
};

struct introductions_options {
    uint32_t count;    /* of pairs wanted */
    uint32_t load_cap; /* 0: WEAVE_LOAD_CAP */
    enum introductions_method method;
    uint64_t seed;                    /* breaks ties of INTRODUCTIONS_DEGREE */
    bool (*cancelled)(void *context); /* asked before each pair; NULL: never */
    void *context;
};

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
