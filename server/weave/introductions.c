/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/introductions.h"

#include "server/weave/bridges.h"
#include "server/weave/resistance.h"
#include "server/weave/seeded.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The choice while it grows. */
struct choosing {
    const struct graph *graph;
    const struct introductions_options *options;
    uint32_t load_cap;
    uint32_t *loads;
    struct graph_components components;
    double *remoteness;
    struct graph_pair *pairs;
    double *gains;
    uint32_t bridge_count;
    uint32_t count;
    uint32_t wanted;
};

static void choosing_clear(struct choosing *choosing)
{
    free(choosing->loads);
    free(choosing->remoteness);
    free(choosing->pairs);
    free(choosing->gains);
    graph_components_clear(&choosing->components);
}

static enum status choosing_init(struct choosing *choosing)
{
    uint32_t n = choosing->graph->node_count;
    /* Nobody has more than load_cap new ties, nor more than all others. */
    uint64_t most = (uint64_t)n * (choosing->load_cap < n ? choosing->load_cap : n) / 2;
    choosing->wanted = choosing->options->count < most ? choosing->options->count : (uint32_t)most;
    choosing->loads = calloc(n + 1u, sizeof(uint32_t));
    choosing->remoteness = calloc(n + 1u, sizeof(double));
    choosing->pairs = calloc(choosing->wanted + 1u, sizeof(struct graph_pair));
    choosing->gains = calloc(choosing->wanted + 1u, sizeof(double));
    if (choosing->loads == NULL || choosing->remoteness == NULL || choosing->pairs == NULL ||
        choosing->gains == NULL)
        return STATUS_NO_MEMORY;
    return graph_components_init(choosing->graph, &choosing->components);
}

static bool is_cancelled(const struct choosing *choosing)
{
    return choosing->options->cancelled != NULL &&
           choosing->options->cancelled(choosing->options->context);
}

static enum status add_bridges(struct choosing *choosing)
{
    struct bridges_options options = {choosing->wanted, choosing->load_cap, choosing->remoteness};
    TRY(bridges_choose(choosing->graph, &choosing->components, &options, choosing->loads,
                       choosing->pairs, &choosing->count));
    for (uint32_t i = 0; i < choosing->count; i++)
        choosing->gains[i] = HUGE_VAL;
    choosing->bridge_count = choosing->count;
    return STATUS_OK;
}

static void add_pair(struct choosing *choosing, struct graph_pair pair, double gain)
{
    choosing->pairs[choosing->count] = pair;
    choosing->gains[choosing->count++] = gain;
    choosing->loads[pair.a]++;
    choosing->loads[pair.b]++;
}

static uint32_t root_of(const uint32_t *parents, uint32_t label)
{
    while (parents[label] != label)
        label = parents[label];
    return label;
}

/* The components once the bridges stand: labels are merged, not numbered anew. */
static enum status merge_components(struct choosing *choosing)
{
    struct graph_components *components = &choosing->components;
    uint32_t *parents = calloc(components->count + 1u, sizeof(*parents));
    if (parents == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < components->count; i++)
        parents[i] = i;
    for (uint32_t i = 0; i < choosing->bridge_count; i++) {
        uint32_t a = root_of(parents, components->labels[choosing->pairs[i].a]);
        uint32_t b = root_of(parents, components->labels[choosing->pairs[i].b]);
        /* Towards the larger one, so that ways stay short. */
        parents[a < b ? b : a] = a < b ? a : b;
        components->sizes[a < b ? a : b] += components->sizes[a < b ? b : a];
    }
    for (uint32_t u = 0; u < choosing->graph->node_count; u++)
        components->labels[u] = root_of(parents, components->labels[u]);
    free(parents);
    return STATUS_OK;
}

static enum status choose_greedily(struct choosing *choosing, struct resistance *resistance)
{
    uint32_t n = choosing->graph->node_count;
    struct graph_pair pair;
    double drop;
    while (choosing->count < choosing->wanted && resistance_best(resistance, &pair, &drop)) {
        if (is_cancelled(choosing))
            return STATUS_CANCELLED;
        /* The mean resistance of a pair is 2 / (n - 1) times the trace. */
        add_pair(choosing, pair, 2 * drop / (n - 1));
        if (choosing->loads[pair.a] >= choosing->load_cap)
            resistance_close_node(resistance, pair.a);
        if (choosing->loads[pair.b] >= choosing->load_cap)
            resistance_close_node(resistance, pair.b);
        resistance_add(resistance, pair);
    }
    return STATUS_OK;
}

static enum status choose_by_resistance(struct choosing *choosing)
{
    const struct graph *graph = choosing->graph;
    if (choosing->components.count > 1) {
        TRY(resistance_remoteness(graph, &choosing->components, choosing->remoteness));
        TRY(add_bridges(choosing));
        TRY(merge_components(choosing));
    }
    if (choosing->count == choosing->wanted)
        return STATUS_OK;
    bool *closed = calloc(graph->node_count + 1u, sizeof(*closed));
    if (closed == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t u = 0; u < graph->node_count; u++)
        closed[u] = choosing->loads[u] >= choosing->load_cap;
    CLEANUP(resistance_free) struct resistance *resistance = NULL;
    struct resistance_start start = {.graph = graph,
                                     .extra = choosing->pairs,
                                     .extra_count = choosing->count,
                                     .components = &choosing->components,
                                     .closed = closed};
    enum status status = resistance_new(&start, &resistance);
    free(closed);
    TRY(status);
    return choose_greedily(choosing, resistance);
}

/* Ties so far, new ones included; the seed decides between equals. */
static bool is_poorer(const struct choosing *choosing, uint32_t u, uint32_t v)
{
    uint32_t ties_u = graph_degree(choosing->graph, u) + choosing->loads[u];
    uint32_t ties_v = graph_degree(choosing->graph, v) + choosing->loads[v];
    if (ties_u != ties_v)
        return ties_u < ties_v;
    return seeded_for(choosing->options->seed, u) < seeded_for(choosing->options->seed, v);
}

static bool was_chosen(const struct choosing *choosing, uint32_t u, uint32_t v)
{
    for (uint32_t i = 0; i < choosing->count; i++) {
        const struct graph_pair *pair = &choosing->pairs[i];
        if ((pair->a == u && pair->b == v) || (pair->a == v && pair->b == u))
            return true;
    }
    return false;
}

/* The poorest open node; with `partner`, of those that may be paired with it. */
static uint32_t poorest(const struct choosing *choosing, const bool *closed, uint32_t partner)
{
    uint32_t best = GRAPH_NONE;
    for (uint32_t u = 0; u < choosing->graph->node_count; u++) {
        if (closed[u] || choosing->loads[u] >= choosing->load_cap)
            continue;
        if (best != GRAPH_NONE && !is_poorer(choosing, u, best))
            continue;
        if (partner != GRAPH_NONE && (!graph_may_pair(choosing->graph, u, partner) ||
                                      (choosing->loads[u] != 0 && choosing->loads[partner] != 0 &&
                                       was_chosen(choosing, u, partner))))
            continue;
        best = u;
    }
    return best;
}

static enum status choose_by_degree(struct choosing *choosing)
{
    const struct graph *graph = choosing->graph;
    for (uint32_t u = 0; u < graph->node_count; u++)
        choosing->remoteness[u] = 1.0 / (1 + graph_degree(graph, u));
    TRY(add_bridges(choosing));
    bool *closed = calloc(graph->node_count + 1u, sizeof(*closed));
    if (closed == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t u = 0; u < graph->node_count; u++)
        closed[u] = !graph->proposable[u] || graph->groups == NULL;
    enum status status = STATUS_OK;
    while (choosing->count < choosing->wanted) {
        if (is_cancelled(choosing)) {
            status = STATUS_CANCELLED;
            break;
        }
        uint32_t u = poorest(choosing, closed, GRAPH_NONE);
        if (u == GRAPH_NONE)
            break;
        uint32_t v = poorest(choosing, closed, u);
        if (v == GRAPH_NONE)
            closed[u] = true;
        else
            add_pair(choosing, (struct graph_pair){u < v ? u : v, u < v ? v : u}, 0);
    }
    free(closed);
    return status;
}

static enum status copy_pairs(const struct choosing *choosing, struct introductions *introductions)
{
    struct introductions_pair *pairs = calloc(choosing->count + 1u, sizeof(*pairs));
    if (pairs == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < choosing->count; i++)
        pairs[i] = (struct introductions_pair){choosing->pairs[i].a, choosing->pairs[i].b,
                                               choosing->gains[i]};
    introductions->count = choosing->count;
    introductions->pairs = pairs;
    return STATUS_OK;
}

enum status introductions_choose(const struct graph *graph,
                                 const struct introductions_options *options,
                                 struct introductions *introductions)
{
    enum introductions_method method = options->method;
    if (method == INTRODUCTIONS_BY_SIZE)
        method = graph->node_count <= WEAVE_DENSE_PEOPLE_MAX ? INTRODUCTIONS_RESISTANCE
                                                             : INTRODUCTIONS_DEGREE;
    if (method == INTRODUCTIONS_RESISTANCE && graph->node_count > WEAVE_DENSE_PEOPLE_MAX)
        return STATUS_LIMIT;
    CLEANUP(choosing_clear)
    struct choosing choosing = {.graph = graph,
                                .options = options,
                                .load_cap =
                                    options->load_cap != 0 ? options->load_cap : WEAVE_LOAD_CAP};
    TRY(choosing_init(&choosing));
    TRY(method == INTRODUCTIONS_RESISTANCE ? choose_by_resistance(&choosing)
                                           : choose_by_degree(&choosing));
    TRY(copy_pairs(&choosing, introductions));
    introductions->method = method;
    return STATUS_OK;
}

void introductions_clear(struct introductions *introductions)
{
    free(introductions->pairs);
    *introductions = (struct introductions){0};
}
