/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What kind of network it is, in a letter, a stage and two warnings.
 *
 * The score is the share of the largest component times the geometric mean of six parts, each at
 * least .02: A >= .75 > B >= .48 > C >= .29 > D. The thresholds rest on networks that were made up;
 * profile_caveat says so and is shown wherever the letter is. Its blind spot is a network that
 * hangs on a few hubs, so that the share of ties that touch the best connected is shown too.
 * DESIGN.md has definitions and sources.
 *
 * Errors: STATUS_INVALID for a network without groups, without a tie or under three people;
 * STATUS_NO_MEMORY, STATUS_INTERNAL. Thread rule: library.h.
 */
#ifndef WEFT_WEAVE_PROFILE_H
#define WEFT_WEAVE_PROFILE_H

#include "server/weave/graph.h"

/* PROFILE(name, key, text) */
#define PROFILE_PARTS(PART)                                                                        \
    PART(ACROSS, "across", "ties across groups, against what chance would give")                   \
    PART(SHORT_WAYS, "short_ways", "how short ways are, against a random network as large")        \
    PART(MANY_WAYS, "many_ways", "how many ways lead from one to another")                         \
    PART(SHARED_MIDDLE, "shared_middle", "1 when no single person stands between the others")      \
    PART(NO_CHAINS, "no_chains", "people who stay connected whoever leaves")                       \
    PART(GROUPS_MESHED, "groups_meshed", "groups tied to three others or more")

#define PROFILE_ENUM(name, key, text) PROFILE_##name,
enum profile_part { PROFILE_PARTS(PROFILE_ENUM) PROFILE_PART_COUNT };
#undef PROFILE_ENUM

/* After Krebs and Holley. */
enum profile_stage {
    PROFILE_FRAGMENTS,      /* less than half of the people hang together */
    PROFILE_HUB_AND_SPOKE,  /* most shortest ways lead through one person */
    PROFILE_MULTI_HUB,      /* neither, and below B */
    PROFILE_CORE_PERIPHERY, /* B or better */
};

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

/* Names for JSON and lines for people; never NULL. */
const char *profile_key(enum profile_part part);
const char *profile_text(enum profile_part part);
const char *profile_stage_text(enum profile_stage stage);

/* Two sentences to be shown with the letter. */
const char *profile_caveat(void);

#endif
