/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/introductions.h"

#include "server/weave/bridges.h"
#include "server/weave/exact.h"
#include "server/weave/resistance.h"
#include "server/weave/seeded.h"
#include "server/weave/sketch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Pairs whose gain is at least 1 - this share of the best are nearly equal to it; and how much of
 * the whole gain must be kept, or the share is halved, so many times. The margin above 99 % is for
 * what a gain that is summed up pair by pair leaves out. */
#define NEARLY_EQUAL 0.05
#define GAIN_KEPT 0.992
#define SLACKS_TRIED 4

/* The people with the fewest ties: one in five, for one place in five. */
#define FIFTH 5

/* Bonuses that are tried to find the least that is fair: within a fifth of it. Each costs a choice,
 * so that in a large network one that is fair and keeps so much of the gain is good enough. */
#define BONUSES_TRIED 8
#define FAIR_GAIN_KEPT 0.999

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

static enum status add_bridges(struct choosing *choosing)
{
    struct bridges_options options = {choosing->wanted, choosing->load_cap, choosing->remoteness,
                                      choosing->favoured};
    TRY(bridges_choose(choosing->graph, &choosing->components, &options, choosing->loads,
                       choosing->pairs, &choosing->count));
    for (uint32_t i = 0; i < choosing->count; i++)
        choosing->gains[i] = HUGE_VAL;
    choosing->bridge_count = choosing->count;
    return STATUS_OK;
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

static enum status find_remoteness(struct choosing *choosing)
{
    const struct graph *graph = choosing->graph;
    if (graph->node_count <= WEAVE_DENSE_PEOPLE_MAX)
        return resistance_remoteness(graph, choosing->options->weighted, &choosing->components,
                                     choosing->remoteness);
    for (uint32_t u = 0; u < graph->node_count; u++)
        choosing->remoteness[u] = 1.0 / (1 + graph_degree(graph, u));
    return STATUS_OK;
}

static enum status join_parts(struct choosing *choosing)
{
    if (choosing->components.count < 2)
        return STATUS_OK;
    TRY(find_remoteness(choosing));
    TRY(add_bridges(choosing));
    return merge_components(choosing);
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
    bool *closed = calloc(graph->node_count + 1u, sizeof(*closed));
    if (closed == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t u = 0; u < graph->node_count; u++)
        closed[u] = !graph->proposable[u] || graph->groups == NULL;
    enum status status = STATUS_OK;
    while (choosing->count < choosing->wanted) {
        if (choosing_is_cancelled(choosing)) {
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
            choosing_add(choosing, (struct graph_pair){u < v ? u : v, u < v ? v : u}, 0);
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

/* One choice to be made, and what may be tried differently with it. */
struct task {
    const struct graph *graph;
    const struct introductions_options *options;
    enum introductions_method method;
    const bool *favoured; /* where parts are joined */
};

static enum status run_method(enum introductions_method method, struct choosing *choosing)
{
    switch (method) {
    case INTRODUCTIONS_GREEDY:
        return exact_choose(choosing, false);
    case INTRODUCTIONS_RESISTANCE:
        /* An exchange would undo what acceptance and relevance had their say in. */
        return exact_choose(choosing, choosing->options->acceptance == NULL &&
                                          choosing->options->relevance == NULL);
    case INTRODUCTIONS_DEGREE:
        return choose_by_degree(choosing);
    case INTRODUCTIONS_SKETCH:
    case INTRODUCTIONS_BY_SIZE:
        break;
    }
    return sketch_choose(choosing);
}

/* Replaces `*introductions` on success. */
static enum status
attempt(const struct task *task, double slack, const double *bonus, struct introductions *made)
{
    const struct introductions_options *options = task->options;
    CLEANUP(choosing_clear)
    struct choosing choosing = {.graph = task->graph,
                                .options = options,
                                .load_cap =
                                    options->load_cap != 0 ? options->load_cap : WEAVE_LOAD_CAP,
                                .tie_weight = options->tie_weight > 0 ? options->tie_weight : 1,
                                .slack = slack,
                                .favoured = task->favoured,
                                .bonus = bonus};
    TRY(choosing_init(&choosing));
    TRY(join_parts(&choosing));
    TRY(run_method(task->method, &choosing));
    struct introductions copied = {.method = task->method};
    TRY(copy_pairs(&choosing, &copied));
    introductions_clear(made);
    *made = copied;
    return STATUS_OK;
}

/* What the pairs that are no bridges gain together. */
static double total_gain(const struct introductions *introductions)
{
    double sum = 0;
    for (uint32_t i = 0; i < introductions->count; i++)
        if (introductions->pairs[i].gain < HUGE_VAL)
            sum += introductions->pairs[i].gain;
    return sum;
}

/* The most relevant of nearly equal pairs, as long as nearly all of the gain is kept. */
static enum status choose_relevantly(const struct task *task, struct introductions *made)
{
    CLEANUP(introductions_clear) struct introductions plain = {0};
    struct introductions_options options = *task->options;
    options.relevance = NULL;
    struct task without = {task->graph, &options, task->method, NULL};
    TRY(attempt(&without, 0, NULL, &plain));
    double slack = NEARLY_EQUAL, least = GAIN_KEPT * total_gain(&plain);
    for (int i = 0; i < SLACKS_TRIED; i++) {
        TRY(attempt(task, slack, NULL, made));
        if (total_gain(made) >= least)
            break;
        slack /= 2;
    }
    return STATUS_OK;
}

struct by_degree {
    uint32_t degree;
    uint32_t node;
};

static int compare_degrees(const void *a, const void *b)
{
    const struct by_degree *x = a, *y = b;
    if (x->degree != y->degree)
        return x->degree < y->degree ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

enum status introductions_mark_poor(const struct graph *graph, bool *poor)
{
    uint32_t n = graph->node_count;
    struct by_degree *sorted = calloc(n + 1u, sizeof(*sorted));
    if (sorted == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t u = 0; u < n; u++)
        sorted[u] = (struct by_degree){graph_degree(graph, u), u};
    qsort(sorted, n, sizeof(*sorted), compare_degrees);
    for (uint32_t i = 0; i < n; i++)
        poor[sorted[i].node] = i < n / FIFTH;
    free(sorted);
    return STATUS_OK;
}

/* A fifth of the places or more, two places a pair. */
static bool is_fair(const bool *poor, const struct introductions *introductions)
{
    uint64_t places = 0;
    for (uint32_t i = 0; i < introductions->count; i++)
        places += (uint64_t)poor[introductions->pairs[i].u] + poor[introductions->pairs[i].v];
    return FIFTH * places >= 2 * (uint64_t)introductions->count;
}

/* The least bonus for a poor person's place that makes the choice fair: the same bonus for all
 * places gives up the least gain in all (Lagrange). Halves the ratio of a bonus that is too small
 * to one that is enough. */
static enum status search_bonus(const struct task *task,
                                const bool *poor,
                                double slack,
                                double *bonus,
                                struct introductions *made)
{
    CLEANUP(introductions_clear) struct introductions tried = {0};
    uint32_t n = task->graph->node_count;
    /* In the trace of the pseudo-inverse; the last gain is about what a place costs. */
    double price = made->pairs[made->count - 1].gain * (n - 1) / 2, low = 0, high = HUGE_VAL;
    bool large = task->method == INTRODUCTIONS_SKETCH;
    double enough = large ? FAIR_GAIN_KEPT * total_gain(made) : HUGE_VAL;
    for (int i = 0; i < BONUSES_TRIED; i++) {
        for (uint32_t u = 0; u < n; u++)
            bonus[u] = poor[u] ? price : 0;
        TRY(attempt(task, slack, bonus, &tried));
        bool fair = is_fair(poor, &tried);
        if (fair || isinf(high)) {
            struct introductions before = *made;
            *made = tried;
            tried = before;
        }
        if (fair && total_gain(made) >= enough)
            break;
        *(fair ? &high : &low) = price;
        price = isinf(high) ? 4 * low : low > 0 ? sqrt(low * high) : high / 4;
    }
    return STATUS_OK;
}

/* First by whom parts are joined; what is left to do, by a bonus. */
static enum status make_fair(const struct task *task,
                             const bool *poor,
                             double slack,
                             double *bonus,
                             struct introductions *made)
{
    struct task fair = *task;
    if (is_fair(poor, made))
        return STATUS_OK;
    if (isinf(made->pairs[0].gain)) {
        fair.favoured = poor;
        TRY(attempt(&fair, slack, NULL, made));
    }
    if (is_fair(poor, made) || total_gain(made) <= 0)
        return STATUS_OK;
    return search_bonus(&fair, poor, slack, bonus, made);
}

static enum status choose_fairly(const struct task *task, struct introductions *made)
{
    double slack = task->options->relevance != NULL ? NEARLY_EQUAL : 0;
    TRY(attempt(task, slack, NULL, made));
    uint32_t n = task->graph->node_count;
    bool *poor = calloc(n + 1u, sizeof(*poor));
    double *bonus = calloc(n + 1u, sizeof(*bonus));
    enum status status = poor != NULL && bonus != NULL ? introductions_mark_poor(task->graph, poor)
                                                       : STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = make_fair(task, poor, slack, bonus, made);
    free(poor);
    free(bonus);
    return status;
}

static bool is_weight(double weight)
{
    return weight >= 0 && weight <= WEAVE_WEIGHT_MAX;
}

enum status introductions_choose(const struct graph *graph,
                                 const struct introductions_options *options,
                                 struct introductions *introductions)
{
    struct task task = {graph, options, options->method, NULL};
    bool small = graph->node_count <= WEAVE_DENSE_PEOPLE_MAX;
    if (task.method == INTRODUCTIONS_BY_SIZE)
        task.method = small ? INTRODUCTIONS_RESISTANCE : INTRODUCTIONS_SKETCH;
    if (!small && (task.method == INTRODUCTIONS_RESISTANCE || task.method == INTRODUCTIONS_GREEDY))
        return STATUS_LIMIT;
    if (!is_weight(options->tie_weight))
        return STATUS_INVALID;
    CLEANUP(introductions_clear) struct introductions made = {0};
    if (options->fair)
        TRY(choose_fairly(&task, &made));
    else if (options->relevance != NULL)
        TRY(choose_relevantly(&task, &made));
    else
        TRY(attempt(&task, 0, NULL, &made));
    *introductions = made;
    made = (struct introductions){0};
    return STATUS_OK;
}

void introductions_clear(struct introductions *introductions)
{
    free(introductions->pairs);
    *introductions = (struct introductions){0};
}
