/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/bridges.h"

#include <stdlib.h>
#include <string.h>

/* One place in so many is for those who are favoured. */
#define FIFTH 5

/* One round: the pool is what is joined so far, and grows at its end. */
struct joining {
    const struct graph *graph;
    const struct bridges_options *options;
    uint32_t *loads;
    uint32_t *members; /* nodes by component, the least remote first */
    uint32_t *starts;  /* of each component in members, and the end */
    bool *joined;      /* of each component: it is or was in a pool */
    uint32_t *pool;
    uint32_t pool_count;
    /* Of each group: before this place in the pool, nobody may be paired with it. A place that
     * was passed is never free again, so that each is passed once a group. */
    uint32_t *cursors;
    struct graph_pair *pairs;
    uint32_t pair_count;
    uint32_t pair_max;
    uint32_t favoured_places; /* in the pairs */
};

static void joining_clear(struct joining *joining)
{
    free(joining->members);
    free(joining->starts);
    free(joining->joined);
    free(joining->pool);
    free(joining->cursors);
}

struct member {
    uint32_t component;
    uint32_t node;
    double remoteness;
};

static int compare_members(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    if (x->component != y->component)
        return x->component < y->component ? -1 : 1;
    if (x->remoteness < y->remoteness || x->remoteness > y->remoteness)
        return x->remoteness < y->remoteness ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

static enum status sort_members(const struct graph_components *components, struct joining *joining)
{
    uint32_t n = joining->graph->node_count;
    struct member *sorted = calloc(n, sizeof(*sorted));
    if (sorted == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t u = 0; u < n; u++)
        sorted[u] = (struct member){components->labels[u], u, joining->options->remoteness[u]};
    qsort(sorted, n, sizeof(*sorted), compare_members);
    for (uint32_t i = 0; i < n; i++)
        joining->members[i] = sorted[i].node;
    for (uint32_t i = 0; i < components->count; i++)
        joining->starts[i + 1] = joining->starts[i] + components->sizes[i];
    free(sorted);
    return STATUS_OK;
}

static enum status joining_init(const struct graph_components *components, struct joining *joining)
{
    uint32_t n = joining->graph->node_count;
    joining->members = calloc(n, sizeof(uint32_t));
    joining->starts = calloc(components->count + 1u, sizeof(uint32_t));
    joining->joined = calloc(components->count, sizeof(bool));
    joining->pool = calloc(n, sizeof(uint32_t));
    joining->cursors = calloc(joining->graph->group_count + 1u, sizeof(uint32_t));
    if (joining->members == NULL || joining->starts == NULL || joining->joined == NULL ||
        joining->pool == NULL || joining->cursors == NULL)
        return STATUS_NO_MEMORY;
    return sort_members(components, joining);
}

static bool is_open(const struct joining *joining, uint32_t u)
{
    return joining->graph->proposable[u] && joining->loads[u] < joining->options->load_cap;
}

static bool is_favoured(const struct joining *joining, uint32_t u)
{
    return joining->options->favoured != NULL && joining->options->favoured[u];
}

/* The same as partner_of among those who are favoured. */
static uint32_t favoured_partner_of(const struct joining *joining, uint32_t v)
{
    for (uint32_t i = 0; i < joining->pool_count; i++) {
        uint32_t u = joining->pool[i];
        if (is_favoured(joining, u) && is_open(joining, u) && graph_may_pair(joining->graph, u, v))
            return u;
    }
    return GRAPH_NONE;
}

/* Somebody of the pool who may be paired with `v`, the earliest; GRAPH_NONE when there is none. */
static uint32_t partner_of(struct joining *joining, uint32_t v)
{
    const struct graph *graph = joining->graph;
    uint32_t *cursor = &joining->cursors[graph->groups[v]];
    while (*cursor < joining->pool_count &&
           (!is_open(joining, joining->pool[*cursor]) ||
            graph->groups[joining->pool[*cursor]] == graph->groups[v]))
        ++*cursor;
    for (uint32_t i = *cursor; i < joining->pool_count; i++) {
        uint32_t u = joining->pool[i];
        if (is_open(joining, u) && graph_may_pair(graph, u, v))
            return u;
    }
    return GRAPH_NONE;
}

static void add_to_pool(struct joining *joining, uint32_t component)
{
    uint32_t start = joining->starts[component], count = joining->starts[component + 1] - start;
    memcpy(joining->pool + joining->pool_count, joining->members + start,
           (size_t)count * sizeof(uint32_t));
    joining->pool_count += count;
    joining->joined[component] = true;
}

/* Whether those who are favoured would have less than a fifth of the places without the next. */
static bool must_favour(const struct joining *joining)
{
    return joining->options->favoured != NULL &&
           FIFTH * joining->favoured_places < 2 * (joining->pair_count + 1);
}

/* Whose end of a tie must be somebody who is favoured. */
enum favour { FAVOUR_NONE, FAVOUR_NEWCOMER, FAVOUR_POOL };

static bool join_by(struct joining *joining, uint32_t component, enum favour favour)
{
    for (uint32_t i = joining->starts[component]; i < joining->starts[component + 1]; i++) {
        uint32_t v = joining->members[i];
        if (!is_open(joining, v) || (favour == FAVOUR_NEWCOMER && !is_favoured(joining, v)))
            continue;
        uint32_t u =
            favour == FAVOUR_POOL ? favoured_partner_of(joining, v) : partner_of(joining, v);
        if (u == GRAPH_NONE)
            continue;
        joining->pairs[joining->pair_count++] = (struct graph_pair){u < v ? u : v, u < v ? v : u};
        joining->loads[u]++;
        joining->loads[v]++;
        joining->favoured_places += (uint32_t)is_favoured(joining, u) + is_favoured(joining, v);
        add_to_pool(joining, component);
        return true;
    }
    return false;
}

static bool join(struct joining *joining, uint32_t component)
{
    return (must_favour(joining) && (join_by(joining, component, FAVOUR_NEWCOMER) ||
                                     join_by(joining, component, FAVOUR_POOL))) ||
           join_by(joining, component, FAVOUR_NONE);
}

/* Joins to the pool all that can be, from component `first` on: what was refused may find a
 * partner once the pool has grown. */
static void fill_pool(struct joining *joining, uint32_t first, uint32_t component_count)
{
    bool progress = true;
    while (progress) {
        progress = false;
        for (uint32_t i = first; i < component_count; i++) {
            if (joining->pair_count == joining->pair_max)
                return;
            if (!joining->joined[i])
                progress |= join(joining, i);
        }
    }
}

enum status bridges_choose(const struct graph *graph,
                           const struct graph_components *components,
                           const struct bridges_options *options,
                           uint32_t *loads,
                           struct graph_pair *pairs,
                           uint32_t *pair_count)
{
    if (components->count < 2 || graph->groups == NULL)
        return STATUS_OK;
    CLEANUP(joining_clear)
    struct joining joining = {.graph = graph,
                              .options = options,
                              .loads = loads,
                              .pairs = pairs,
                              .pair_count = *pair_count,
                              .pair_max = *pair_count + options->count};
    TRY(joining_init(components, &joining));
    for (uint32_t i = 0; i < components->count; i++) {
        if (joining.joined[i])
            continue;
        joining.pool_count = 0;
        memset(joining.cursors, 0, (graph->group_count + 1u) * sizeof(uint32_t));
        add_to_pool(&joining, i);
        fill_pool(&joining, i + 1, components->count);
    }
    *pair_count = joining.pair_count;
    return STATUS_OK;
}
