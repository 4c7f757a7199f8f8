/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/bench/weave_baselines.h"

#include "server/weave/seeded.h"
#include "tests/bench/weave_input.h"

#include <math.h>
#include <stdlib.h>

/* Draws for each random pair before it is taken that there is none left. */
#define DRAWS_PER_PAIR 400

static bool pick(struct weave_baselines *picking, uint32_t u, uint32_t v)
{
    uint32_t cap = picking->load_cap;
    if (!graph_may_pair(picking->graph, u, v) || picking->loads[u] >= cap ||
        picking->loads[v] >= cap)
        return false;
    for (uint32_t i = 0; i < picking->count; i++) {
        const struct introductions_pair *pair = &picking->pairs[i];
        if ((pair->u == u && pair->v == v) || (pair->u == v && pair->v == u))
            return false;
    }
    picking->loads[u]++;
    picking->loads[v]++;
    picking->pairs[picking->count++] = (struct introductions_pair){u, v, 0};
    return true;
}

void weave_baselines_random(struct weave_baselines *picking)
{
    uint64_t state = picking->seed;
    uint32_t n = picking->graph->node_count;
    uint64_t draws = (uint64_t)picking->wanted * DRAWS_PER_PAIR;
    for (; draws != 0 && picking->count < picking->wanted; draws--) {
        uint32_t u = seeded_below(&state, n), v = seeded_below(&state, n);
        (void)pick(picking, u, v);
    }
}

struct scored {
    uint32_t u;
    uint32_t v;
    double score;
};

static int compare_scored(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    if (x->score < y->score || x->score > y->score)
        return x->score > y->score ? -1 : 1;
    if (x->u != y->u)
        return x->u < y->u ? -1 : 1;
    return x->v < y->v ? -1 : x->v > y->v;
}

/* Scores of u's friends' friends: each common friend counts 1/log of their ties. `scores` is all 0
 * before and after. Appends those across groups to `list`. */
static size_t score_from(const struct graph *graph, uint32_t u, double *scores, struct scored *list)
{
    size_t count = 0;
    for (uint64_t i = graph->starts[u]; i < graph->starts[u + 1]; i++) {
        uint32_t friend = graph->neighbours[i];
        double weight = 1 / log(graph_degree(graph, friend) > 2 ? graph_degree(graph, friend) : 2);
        for (uint64_t j = graph->starts[friend]; j < graph->starts[friend + 1]; j++)
            scores[graph->neighbours[j]] += weight;
    }
    for (uint64_t i = graph->starts[u]; i < graph->starts[u + 1]; i++) {
        uint32_t friend = graph->neighbours[i];
        for (uint64_t j = graph->starts[friend]; j < graph->starts[friend + 1]; j++) {
            uint32_t v = graph->neighbours[j];
            if (scores[v] > 0 && u < v && graph_may_pair(graph, u, v))
                list[count++] = (struct scored){u, v, scores[v]};
            scores[v] = 0;
        }
    }
    return count;
}

void weave_baselines_friends_of_friends(struct weave_baselines *picking)
{
    const struct graph *graph = picking->graph;
    size_t most = 0;
    for (uint32_t u = 0; u < graph->node_count; u++)
        most += (size_t)graph_degree(graph, u) * graph_degree(graph, u);
    struct scored *list = weave_input_allocate(most, sizeof(*list));
    double *scores = weave_input_allocate(graph->node_count, sizeof(*scores));
    size_t count = 0;
    for (uint32_t u = 0; u < graph->node_count; u++)
        count += score_from(graph, u, scores, list + count);
    qsort(list, count, sizeof(*list), compare_scored);
    for (size_t i = 0; i < count && picking->count < picking->wanted; i++)
        (void)pick(picking, list[i].u, list[i].v);
    free(list);
    free(scores);
}
