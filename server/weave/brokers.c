/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/brokers.h"

#include <stdlib.h>
#include <string.h>

struct visit {
    uint32_t parent;
    uint32_t place;     /* in the order of the walk */
    uint32_t low;       /* the earliest place that its subtree is tied to */
    uint32_t size;      /* of its subtree */
    uint32_t separated; /* people of the subtrees that only this node ties to the rest */
    uint32_t largest;   /* the largest of those subtrees */
    uint64_t arc;       /* the next one to follow */
};

/* A walk in depth over one component after another. */
struct walk {
    const struct graph *graph;
    struct visit *visits;
    uint32_t *order;
    uint32_t count;
};

static void enter(struct walk *walk, uint32_t u, uint32_t parent)
{
    walk->visits[u] = (struct visit){.parent = parent,
                                     .place = walk->count,
                                     .low = walk->count,
                                     .size = 1,
                                     .arc = walk->graph->starts[u]};
    walk->order[walk->count++] = u;
}

/* Tells the parent what was found below it. */
static void leave(struct walk *walk, const struct visit *visit)
{
    struct visit *parent = &walk->visits[visit->parent];
    parent->size += visit->size;
    if (visit->low < parent->low)
        parent->low = visit->low;
    if (visit->low < parent->place)
        return;
    parent->separated += visit->size;
    if (visit->size > parent->largest)
        parent->largest = visit->size;
}

/* Walks the component of `root`; the size of it. */
static uint32_t walk_from(struct walk *walk, uint32_t root)
{
    uint32_t u = root;
    enter(walk, root, GRAPH_NONE);
    while (u != GRAPH_NONE) {
        struct visit *visit = &walk->visits[u];
        if (visit->arc == walk->graph->starts[u + 1]) {
            u = visit->parent;
            if (u != GRAPH_NONE)
                leave(walk, visit);
            continue;
        }
        uint32_t v = walk->graph->neighbours[visit->arc++];
        if (walk->visits[v].size == 0) {
            enter(walk, v, u);
            u = v;
        } else if (v != visit->parent && walk->visits[v].place < visit->low) {
            visit->low = walk->visits[v].place;
        }
    }
    return walk->visits[root].size;
}

enum status brokers_find(const struct graph *graph, uint32_t *cut_off)
{
    uint32_t n = graph->node_count;
    struct walk walk = {.graph = graph,
                        .visits = calloc(n + 1u, sizeof(*walk.visits)),
                        .order = calloc(n + 1u, sizeof(uint32_t))};
    bool has_memory = walk.visits != NULL && walk.order != NULL;
    for (uint32_t root = 0; has_memory && root < n; root++) {
        if (walk.visits[root].size != 0)
            continue;
        uint32_t first = walk.count, others = walk_from(&walk, root) - 1;
        for (uint32_t i = first; i < walk.count; i++) {
            const struct visit *visit = &walk.visits[walk.order[i]];
            uint32_t rest = others - visit->separated;
            cut_off[walk.order[i]] = others - (rest > visit->largest ? rest : visit->largest);
        }
    }
    free(walk.visits);
    free(walk.order);
    return has_memory ? STATUS_OK : STATUS_NO_MEMORY;
}
