/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/profile.h"

#include "server/weave/library.h"
#include "server/weave/measures.h"
#include "server/weave/paths.h"
#include "server/weave/seeded.h"
#include "server/weave/spectral.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A part that is nothing must not make all the others nothing. */
#define PART_LEAST 0.02

/* A group tied to so many others does not hang on one of them. */
#define GROUPS_ENOUGH 3

/* Stages: a star has 1, two stars that are tied .6, a network with a few hubs about .2. */
#define FRAGMENTS_BELOW 0.5
#define HUB_FROM 0.5

/* The best-connected: one person in so many. */
#define BEST_CONNECTED 20

/* The groups that have people, and how many others each is tied to. */
struct group_ties {
    uint32_t *sizes;
    uint64_t *pairs; /* both ways, as one number each */
};

static int compare_pairs(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* The share of groups tied to enough others; `pairs` are sorted. */
static double meshed_share(const struct graph *graph,
                           const uint32_t *sizes,
                           const uint64_t *pairs,
                           size_t pair_count)
{
    uint32_t groups = 0, meshed = 0;
    size_t at = 0;
    for (uint32_t group = 0; group < graph->group_count; group++)
        groups += sizes[group] != 0;
    if (groups <= 2)
        return 1;
    uint32_t enough = groups - 1 < GROUPS_ENOUGH ? groups - 1 : GROUPS_ENOUGH;
    while (at < pair_count) {
        uint64_t group = pairs[at] >> 32;
        uint32_t others = 0;
        for (; at < pair_count && pairs[at] >> 32 == group; at++)
            others += at == 0 || pairs[at] != pairs[at - 1];
        meshed += others >= enough;
    }
    return (double)meshed / groups;
}

static void
count_groups(const struct graph *graph, struct group_ties *ties, struct profile *profile)
{
    double same = 0, people = graph->node_count;
    size_t across = 0;
    for (uint32_t u = 0; u < graph->node_count; u++) {
        ties->sizes[graph->groups[u]]++;
        for (uint64_t i = graph->starts[u]; i < graph->starts[u + 1]; i++) {
            uint32_t other = graph->groups[graph->neighbours[i]];
            if (other != graph->groups[u])
                ties->pairs[across++] = (uint64_t)graph->groups[u] << 32 | other;
        }
    }
    for (uint32_t group = 0; group < graph->group_count; group++)
        same += ties->sizes[group] / people * (ties->sizes[group] / people);
    double share = (double)across / 2 / (double)graph->tie_count;
    qsort(ties->pairs, across, sizeof(*ties->pairs), compare_pairs);
    profile->parts[PROFILE_ACROSS] = same < 1 ? fmin(1, share / (1 - same)) : 0;
    profile->parts[PROFILE_GROUPS_MESHED] = meshed_share(graph, ties->sizes, ties->pairs, across);
}

static enum status look_at_groups(const struct graph *graph, struct profile *profile)
{
    struct group_ties ties = {calloc(graph->group_count + 1u, sizeof(*ties.sizes)),
                              calloc(2 * graph->tie_count + 1, sizeof(*ties.pairs))};
    enum status status = STATUS_NO_MEMORY;
    if (ties.sizes != NULL && ties.pairs != NULL) {
        count_groups(graph, &ties, profile);
        status = STATUS_OK;
    }
    free(ties.sizes);
    free(ties.pairs);
    return status;
}

/* A random network with as many people and ties. A pair that is drawn twice is drawn again. */
static enum status random_like(const struct graph *graph, uint64_t seed, struct graph **made)
{
    uint32_t n = graph->node_count;
    uint64_t state = seed, wanted = graph->tie_count;
    struct graph_tie *ties = calloc(wanted + 1, sizeof(*ties));
    if (ties == NULL)
        return STATUS_NO_MEMORY;
    struct graph_snapshot snapshot = {.person_count = n, .ties = ties};
    enum status status = STATUS_OK;
    do {
        while (snapshot.tie_count < wanted) {
            struct graph_tie tie = {seeded_below(&state, n), seeded_below(&state, n), 1};
            if (tie.a != tie.b)
                ties[snapshot.tie_count++] = tie;
        }
        graph_free(made);
        status = graph_new(&snapshot, made);
        if (status != STATUS_OK)
            break;
        snapshot.tie_count = 0;
        for (uint32_t u = 0; u < n; u++)
            for (uint64_t i = (*made)->starts[u]; i < (*made)->starts[u + 1]; i++)
                if (u < (*made)->neighbours[i])
                    ties[snapshot.tie_count++] = (struct graph_tie){u, (*made)->neighbours[i], 1};
    } while (snapshot.tie_count < wanted);
    free(ties);
    return status;
}

static enum status random_efficiency(const struct graph *graph, uint64_t seed, double *efficiency)
{
    CLEANUP(graph_free) struct graph *random = NULL;
    TRY(random_like(graph, seed, &random));
    uint32_t n = graph->node_count, count = n <= WEAVE_EXACT_PEOPLE_MAX ? n : WEAVE_SAMPLES;
    uint32_t *sources = calloc(count, sizeof(*sources));
    if (sources == NULL)
        return STATUS_NO_MEMORY;
    struct paths paths;
    enum status status = paths_sample(random, count, seed, sources);
    if (status == STATUS_OK)
        status = paths_compute(random, sources, count, &paths);
    free(sources);
    TRY(status);
    *efficiency = paths.efficiency.value;
    return STATUS_OK;
}

/* 2 x mean of 1/(degree + 1) over the largest component: no network of these degrees has less
 * resistance. */
static enum status least_resistance(const struct graph *graph, uint32_t *size, double *least)
{
    CLEANUP(graph_components_clear) struct graph_components components = {0};
    TRY(graph_components_init(graph, &components));
    double sum = 0;
    for (uint32_t u = 0; u < graph->node_count; u++)
        if (components.labels[u] == 0)
            sum += 1.0 / (graph_degree(graph, u) + 1.0);
    *size = components.sizes[0];
    *least = 2 * sum / *size;
    return STATUS_OK;
}

static enum status look_at_ways(const struct graph *graph, uint64_t seed, struct profile *profile)
{
    struct measures_options options = {.seed = seed, .without_dense = true};
    struct spectral_options spectral = {.seed = seed};
    struct spectral_figures figures;
    struct measures measures;
    double random, least;
    uint32_t size, block;
    TRY(measures_compute(graph, &options, &measures));
    TRY(random_efficiency(graph, seed, &random));
    TRY(least_resistance(graph, &size, &least));
    TRY(spectral_measure(graph, &spectral, &figures));
    CLEANUP(library_graph_free) struct library_graph *copy = NULL;
    TRY(library_graph_new(graph, &copy));
    TRY(library_largest_block(copy, &block));
    double efficiency = measures.values[MEASURES_EFFICIENCY].value;
    profile->largest_component = (double)size / graph->node_count;
    profile->parts[PROFILE_SHORT_WAYS] = random > 0 ? fmin(1, efficiency / random) : 0;
    profile->parts[PROFILE_MANY_WAYS] = fmin(1, least / figures.mean_resistance);
    profile->parts[PROFILE_SHARED_MIDDLE] =
        1 - measures.values[MEASURES_BETWEENNESS_CENTRALISATION].value;
    profile->parts[PROFILE_NO_CHAINS] = (double)block / size;
    return STATUS_OK;
}

/* People in order of what they would cover, in lists by number; what a person covers only falls,
 * so that each is looked at again at most as often as it fell. */
struct cover {
    const struct graph *graph;
    bool *covered;
    uint32_t *first; /* of each number of people */
    uint32_t *next;  /* of each person */
};

static uint32_t would_cover(const struct cover *cover, uint32_t u)
{
    uint32_t count = !cover->covered[u];
    for (uint64_t i = cover->graph->starts[u]; i < cover->graph->starts[u + 1]; i++)
        count += !cover->covered[cover->graph->neighbours[i]];
    return count;
}

static void put(struct cover *cover, uint32_t u, uint32_t count)
{
    cover->next[u] = cover->first[count];
    cover->first[count] = u;
}

static uint32_t choose_cover(struct cover *cover, uint32_t most, bool *chosen)
{
    uint32_t size = 0;
    for (uint32_t count = most; count > 0; count--)
        while (cover->first[count] != GRAPH_NONE) {
            uint32_t u = cover->first[count], now = would_cover(cover, u);
            cover->first[count] = cover->next[u];
            if (now < count) {
                put(cover, u, now);
                continue;
            }
            size++;
            if (chosen != NULL)
                chosen[u] = true;
            cover->covered[u] = true;
            for (uint64_t i = cover->graph->starts[u]; i < cover->graph->starts[u + 1]; i++)
                cover->covered[cover->graph->neighbours[i]] = true;
        }
    return size;
}

static enum status find_cover(const struct graph *graph, bool *chosen, uint32_t *size)
{
    uint32_t n = graph->node_count, most = 1;
    for (uint32_t u = 0; u < n; u++)
        most = graph_degree(graph, u) + 1 > most ? graph_degree(graph, u) + 1 : most;
    struct cover cover = {graph, calloc(n + 1u, sizeof(bool)), calloc(most + 1u, sizeof(uint32_t)),
                          calloc(n + 1u, sizeof(uint32_t))};
    enum status status = STATUS_NO_MEMORY;
    if (cover.covered != NULL && cover.first != NULL && cover.next != NULL) {
        memset(cover.first, 0xFF, (most + 1u) * sizeof(uint32_t));
        if (chosen != NULL)
            memset(chosen, 0, n * sizeof(*chosen));
        for (uint32_t u = n; u-- > 0;)
            put(&cover, u, graph_degree(graph, u) + 1);
        *size = choose_cover(&cover, most, chosen);
        status = STATUS_OK;
    }
    free(cover.covered);
    free(cover.first);
    free(cover.next);
    return status;
}

/* Of the ties, those that touch one of the best-connected, rounded up to a person; of equals those
 * who come first. */
static enum status find_hub_share(const struct graph *graph, double *share)
{
    uint32_t n = graph->node_count, left = (n - 1) / BEST_CONNECTED + 1;
    uint64_t touching = 0;
    bool *best = calloc(n, sizeof(*best));
    uint32_t *counts = calloc(n, sizeof(*counts));
    if (best == NULL || counts == NULL) {
        free(best);
        free(counts);
        return STATUS_NO_MEMORY;
    }
    for (uint32_t u = 0; u < n; u++)
        counts[graph_degree(graph, u)]++;
    uint32_t degree = n - 1;
    for (; counts[degree] < left; degree--)
        left -= counts[degree];
    for (uint32_t u = 0; u < n; u++)
        if (graph_degree(graph, u) > degree || (graph_degree(graph, u) == degree && left != 0)) {
            best[u] = true;
            left -= graph_degree(graph, u) == degree;
        }
    for (uint32_t u = 0; u < n; u++)
        for (uint64_t i = graph->starts[u]; i < graph->starts[u + 1]; i++)
            touching += u < graph->neighbours[i] && (best[u] || best[graph->neighbours[i]]);
    free(best);
    free(counts);
    *share = (double)touching / (double)graph->tie_count;
    return STATUS_OK;
}

static void judge(struct profile *profile)
{
    double logarithms = 0;
    for (int i = 0; i < PROFILE_PART_COUNT; i++)
        logarithms += log(fmax(profile->parts[i], PART_LEAST));
    profile->score = profile->largest_component * exp(logarithms / PROFILE_PART_COUNT);
    profile->letter = profile->score >= INDICATOR_A_LEAST   ? 'A'
                      : profile->score >= INDICATOR_B_LEAST ? 'B'
                      : profile->score >= INDICATOR_C_LEAST ? 'C'
                                                            : 'D';
    if (profile->largest_component < FRAGMENTS_BELOW)
        profile->stage = PROFILE_FRAGMENTS;
    else if (1 - profile->parts[PROFILE_SHARED_MIDDLE] >= HUB_FROM)
        profile->stage = PROFILE_HUB_AND_SPOKE;
    else
        profile->stage =
            profile->score >= INDICATOR_B_LEAST ? PROFILE_CORE_PERIPHERY : PROFILE_MULTI_HUB;
}

enum status
profile_compute(const struct graph *graph, uint64_t seed, bool *in_cover, struct profile *profile)
{
    if (graph->groups == NULL || graph->tie_count == 0 || graph->node_count < 3)
        return STATUS_INVALID;
    struct profile made = {0};
    TRY(look_at_groups(graph, &made));
    TRY(look_at_ways(graph, seed, &made));
    TRY(find_hub_share(graph, &made.hub_share));
    TRY(find_cover(graph, in_cover, &made.covering));
    judge(&made);
    *profile = made;
    return STATUS_OK;
}
