/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words for what is measured of a network, for both sides: the keys of JSON, and what people
 * read beside a number. What the numbers are and how they are computed stands in server/weave/.
 *
 * Errors: none. Thread rule: constants.
 */
#ifndef WEFT_STATISTICS_INDICATOR_H
#define WEFT_STATISTICS_INDICATOR_H

/* INDICATOR(name, key, label, text) */
#define INDICATORS(INDICATOR)                                                                      \
    INDICATOR(PEOPLE, "people", "People", "who are counted")                                       \
    INDICATOR(TIES, "ties", "Ties", "who works with or talks to whom")                             \
    INDICATOR(GROUPS, "groups", "Groups", "that have people")                                      \
    INDICATOR(MEAN_DEGREE, "mean_degree", "Ties of a person", "on average")                        \
    INDICATOR(DENSITY, "density", "Density", "share of all the ties there could be")               \
    INDICATOR(DEGREE_CENTRALISATION, "degree_centralisation", "Centralisation of ties",            \
              "1: one holds all ties; 0: shared evenly")                                           \
    INDICATOR(BETWEENNESS_CENTRALISATION, "betweenness_centralisation", "Centralisation of ways",  \
              "1: all ways lead through one; 0: many")                                             \
    INDICATOR(MEAN_PATH, "mean_path", "Steps between two people",                                  \
              "on average, when all are connected")                                                \
    INDICATOR(MEAN_PATH_REACHABLE, "mean_path_reachable", "Steps, where there is a way",           \
              "on average, of pairs that have one")                                                \
    INDICATOR(EFFICIENCY, "efficiency", "Efficiency", "1: all are one step apart; 0: no ways")     \
    INDICATOR(CLUSTERING, "clustering", "Clustering", "share of contacts who know each other")     \
    INDICATOR(TWO_STEP_REACH, "2_step_reach", "Reach in two steps",                                \
              "share of the others within two steps")                                              \
    INDICATOR(E_I, "e_i", "Across or within groups", "-1: all within groups; 1: all across")       \
    INDICATOR(E_I_RANDOM, "e_i_random", "  the same by chance", "if ties paid no heed to groups")  \
    INDICATOR(E_I_RESCALED, "e_i_rescaled", "  compared with chance",                              \
              "0: as by chance; -1: within; 1: across")                                            \
    INDICATOR(COMPONENTS, "components", "Separate parts", "that have no tie to each other")        \
    INDICATOR(LARGEST_COMPONENT, "largest_component", "Largest part",                              \
              "share of the people who are in it")                                                 \
    INDICATOR(ISOLATES, "isolates", "People without a tie", "nobody they work with or talk to")    \
    INDICATOR(ALGEBRAIC_CONNECTIVITY, "algebraic_connectivity", "Algebraic connectivity",          \
              "higher: largest part is harder to cut")                                             \
    INDICATOR(MEAN_RESISTANCE, "mean_resistance", "Mean resistance",                               \
              "lower: more ways between two people")

#define INDICATOR_ENUM(name, key, label, text) INDICATOR_##name,
enum indicator { INDICATORS(INDICATOR_ENUM) INDICATOR_COUNT };
#undef INDICATOR_ENUM

/* What the letter from A to D is made of. ASPECT(name, key, text) */
#define INDICATOR_ASPECTS(ASPECT)                                                                  \
    ASPECT(ACROSS, "across", "ties across groups, against what chance would give")                 \
    ASPECT(SHORT_WAYS, "short_ways", "how short ways are, against a random network as large")      \
    ASPECT(MANY_WAYS, "many_ways", "how many ways lead from one to another")                       \
    ASPECT(SHARED_MIDDLE, "shared_middle", "1 when no single person stands between the others")    \
    ASPECT(NO_CHAINS, "no_chains", "people who stay connected whoever leaves")                     \
    ASPECT(GROUPS_MESHED, "groups_meshed", "groups tied to three others or more")

#define INDICATOR_ENUM(name, key, text) INDICATOR_ASPECT_##name,
enum indicator_aspect { INDICATOR_ASPECTS(INDICATOR_ENUM) INDICATOR_ASPECT_COUNT };
#undef INDICATOR_ENUM

/* The least score of each letter; D is what is below C. */
#define INDICATOR_A_LEAST 0.75
#define INDICATOR_B_LEAST 0.48
#define INDICATOR_C_LEAST 0.29

/* The stages of a network [Krebs and Holley]. STAGE(name, key, text) */
#define INDICATOR_STAGES(STAGE)                                                                    \
    STAGE(FRAGMENTS, "fragments", "scattered fragments: most people have no way to most others")   \
    STAGE(HUB_AND_SPOKE, "hub_and_spoke", "a single hub: most ways lead through one person")       \
    STAGE(MULTI_HUB, "multi_hub", "several hubs: groups hang together by some of their people")    \
    STAGE(CORE_PERIPHERY, "core_periphery", "core and periphery: many ways between most groups")

#define INDICATOR_ENUM(name, key, text) INDICATOR_STAGE_##name,
enum indicator_stage { INDICATOR_STAGES(INDICATOR_ENUM) INDICATOR_STAGE_COUNT };
#undef INDICATOR_ENUM

/* Never NULL. */
const char *indicator_key(enum indicator indicator);
const char *indicator_label(enum indicator indicator);
const char *indicator_text(enum indicator indicator);
const char *indicator_aspect_key(enum indicator_aspect aspect);
const char *indicator_aspect_text(enum indicator_aspect aspect);
const char *indicator_stage_key(enum indicator_stage stage);
const char *indicator_stage_text(enum indicator_stage stage);

/* Two sentences to be shown with the letter. */
const char *indicator_profile_caveat(void);

#endif
