/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What kind of network it is, in a letter, a stage and two warnings.
 *
 * The score is the share of the largest component times the geometric mean of six parts, each at
 * least .02: A >= .75 > B >= .48 > C >= .29 > D. The thresholds rest on networks that were made up;
 * indicator_profile_caveat says so and is shown wherever the letter is. Its blind spot is a network
 * that hangs on a few hubs, so that the share of ties that touch the best connected is shown too.
 * DESIGN.md has definitions and sources.
 *
 * Errors: STATUS_INVALID for a network without groups, without a tie or under three people;
 * STATUS_NO_MEMORY, STATUS_INTERNAL. Thread rule: library.h.
 */
#ifndef WEFT_WEAVE_PROFILE_H
#define WEFT_WEAVE_PROFILE_H

#include "protocol/statistics/indicator.h"
#include "server/weave/graph.h"

#define PROFILE_ENUM(name, key, text) PROFILE_##name,
enum profile_part { INDICATOR_ASPECTS(PROFILE_ENUM) PROFILE_PART_COUNT };

/* Fragments: less than half of the people hang together. Hub and spoke: most shortest ways lead
 * through one person. Several hubs: neither, and below B. Core and periphery: B or better. */
enum profile_stage { INDICATOR_STAGES(PROFILE_ENUM) PROFILE_STAGE_COUNT };
#undef PROFILE_ENUM

struct profile {
    double parts[PROFILE_PART_COUNT]; /* 0 to 1 */
    double largest_component;         /* share of the people */
    double score;
    char letter; /* 'A' to 'D' */
    enum profile_stage stage;
    double hub_share;  /* of the ties: those that touch the best-connected 5 % of the people */
    uint32_t covering; /* people of a coverage set: everybody is in it or tied to one of it */
};

/* The coverage set is chosen greedily, not the smallest there is. `in_cover` has node_count
 * entries, to tell each member alone; or NULL. */
MUST_CHECK enum status
profile_compute(const struct graph *graph, uint64_t seed, bool *in_cover, struct profile *profile);

#endif
