/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Repeatable numbers from a seed, for samples, for marks and for deciding between equals. Never for
 * secrets.
 * Source: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014; public domain).
 * Thread rule: pure functions over the caller's state.
 */
#ifndef WEFT_WEAVE_SEEDED_H
#define WEFT_WEAVE_SEEDED_H

#include <stdint.h>

static inline uint64_t seeded_next(uint64_t *state)
{
    uint64_t mixed = *state += UINT64_C(0x9E3779B97F4A7C15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}

/* 0 to count - 1. The bias is below count / 2^64. */
static inline uint32_t seeded_below(uint64_t *state, uint32_t count)
{
    return (uint32_t)(((seeded_next(state) >> 32) * count) >> 32);
}

/* A number that depends on seed and item only: the same whatever was asked before. */
static inline uint64_t seeded_for(uint64_t seed, uint64_t item)
{
    uint64_t state = seed ^ (item * UINT64_C(0xD6E8FEB86659FD93));
    return seeded_next(&state);
}

#endif
