/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/graph.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every tie once from each end, by the node it leaves from. */
struct arcs {
    uint64_t *starts;
    uint32_t *to;
    float *weights; /* NULL for the never-match list */
};

static void arcs_clear(struct arcs *arcs)
{
    free(arcs->starts);
    free(arcs->to);
    free(arcs->weights);
    *arcs = (struct arcs){0};
}

/* calloc that gives something to free for 0 items too, so that NULL always means no memory. */
static void *allocate(size_t count, size_t size)
{
    return calloc(count == 0 ? 1 : count, size);
}

static enum status
arcs_allocate(uint32_t node_count, uint64_t arc_count, bool weighted, struct arcs *arcs)
{
    arcs->starts = allocate((size_t)node_count + 1, sizeof(uint64_t));
    arcs->to = allocate(arc_count, sizeof(uint32_t));
    arcs->weights = weighted ? allocate(arc_count, sizeof(float)) : NULL;
    if (arcs->starts == NULL || arcs->to == NULL || (weighted && arcs->weights == NULL))
        return STATUS_NO_MEMORY;
    return STATUS_OK;
}

static enum status check_tie(uint32_t a, uint32_t b, uint32_t person_count)
{
    return a < person_count && b < person_count && a != b ? STATUS_OK : STATUS_INVALID;
}

static enum status check_snapshot(const struct graph_snapshot *snapshot)
{
    if (snapshot->person_count > WEAVE_ROWS_MAX || snapshot->tie_count > WEAVE_ROWS_MAX ||
        snapshot->never_count > WEAVE_ROWS_MAX)
        return STATUS_LIMIT;
    if ((snapshot->ties == NULL && snapshot->tie_count != 0) ||
        (snapshot->never == NULL && snapshot->never_count != 0))
        return STATUS_INVALID;
    for (uint32_t i = 0; snapshot->groups != NULL && i < snapshot->person_count; i++)
        if (snapshot->groups[i] >= snapshot->group_count)
            return STATUS_INVALID;
    for (size_t i = 0; i < snapshot->tie_count; i++) {
        const struct graph_tie *tie = &snapshot->ties[i];
        TRY(check_tie(tie->a, tie->b, snapshot->person_count));
        if (!isfinite(tie->weight) || tie->weight <= 0)
            return STATUS_INVALID;
    }
    for (size_t i = 0; i < snapshot->never_count; i++)
        TRY(check_tie(snapshot->never[i].a, snapshot->never[i].b, snapshot->person_count));
    return STATUS_OK;
}

/* Turns counts at starts[node + 1] into where each node's arcs start. */
static void counts_to_starts(uint64_t *starts, uint32_t node_count)
{
    for (uint32_t i = 0; i < node_count; i++)
        starts[i + 1] += starts[i];
}

/* The transpose of symmetric arcs is the same arcs with every node's neighbours in ascending
 * order: a sort in linear time. `cursor` has node_count entries. */
static void
arcs_transpose(uint32_t node_count, const struct arcs *from, uint64_t *cursor, struct arcs *sorted)
{
    memcpy(sorted->starts, from->starts, ((size_t)node_count + 1) * sizeof(uint64_t));
    memcpy(cursor, from->starts, (size_t)node_count * sizeof(uint64_t));
    for (uint32_t u = 0; u < node_count; u++) {
        for (uint64_t i = from->starts[u]; i < from->starts[u + 1]; i++) {
            uint64_t place = cursor[from->to[i]]++;
            sorted->to[place] = u;
            if (from->weights != NULL)
                sorted->weights[place] = from->weights[i];
        }
    }
}

/* Makes one arc of equal neighbours that stand together, adding their weights, and drops those
 * below `weight_min`; in place. */
static void arcs_merge(uint32_t node_count, double weight_min, struct arcs *arcs)
{
    uint64_t kept = 0, read = 0;
    for (uint32_t u = 0; u < node_count; u++) {
        uint64_t end = arcs->starts[u + 1];
        arcs->starts[u] = kept;
        while (read < end) {
            uint32_t to = arcs->to[read];
            double weight = 0;
            for (; read < end && arcs->to[read] == to; read++)
                weight += arcs->weights != NULL ? (double)arcs->weights[read] : 1.0;
            if (weight < weight_min)
                continue;
            arcs->to[kept] = to;
            if (arcs->weights != NULL)
                arcs->weights[kept] = (float)weight;
            kept++;
        }
    }
    arcs->starts[node_count] = kept;
}

/* One way to read ties, which have weights, and the never-match list, which has none. */
struct pair_list {
    const struct graph_tie *ties;
    const struct graph_pair *pairs;
    size_t count;
    bool is_weighted;
};

static struct graph_tie pair_at(const struct pair_list *list, size_t i)
{
    if (list->is_weighted)
        return list->ties[i];
    assert(list->pairs != NULL);
    return (struct graph_tie){list->pairs[i].a, list->pairs[i].b, 1.0};
}

/* Arcs of the pairs whose people are both nodes, unsorted. */
static enum status arcs_gather(const struct pair_list *list,
                               const uint32_t *nodes,
                               uint32_t node_count,
                               struct arcs *arcs)
{
    TRY(arcs_allocate(node_count, 2 * (uint64_t)list->count, list->is_weighted, arcs));
    for (size_t i = 0; i < list->count; i++) {
        struct graph_tie tie = pair_at(list, i);
        if (nodes[tie.a] == GRAPH_NONE || nodes[tie.b] == GRAPH_NONE)
            continue;
        arcs->starts[nodes[tie.a] + 1]++;
        arcs->starts[nodes[tie.b] + 1]++;
    }
    counts_to_starts(arcs->starts, node_count);
    uint64_t *cursor = allocate(node_count, sizeof(uint64_t));
    if (cursor == NULL)
        return STATUS_NO_MEMORY;
    memcpy(cursor, arcs->starts, (size_t)node_count * sizeof(uint64_t));
    for (size_t i = 0; i < list->count; i++) {
        struct graph_tie tie = pair_at(list, i);
        uint32_t u = nodes[tie.a], v = nodes[tie.b];
        if (u == GRAPH_NONE || v == GRAPH_NONE)
            continue;
        uint64_t at_u = cursor[u]++, at_v = cursor[v]++;
        arcs->to[at_u] = v;
        arcs->to[at_v] = u;
        if (arcs->weights != NULL)
            arcs->weights[at_u] = arcs->weights[at_v] = (float)tie.weight;
    }
    free(cursor);
    return STATUS_OK;
}

/* Sorted arcs without repeats. */
static enum status arcs_build(const struct pair_list *list,
                              const uint32_t *nodes,
                              uint32_t node_count,
                              double weight_min,
                              struct arcs *arcs)
{
    CLEANUP(arcs_clear) struct arcs gathered = {0};
    TRY(arcs_gather(list, nodes, node_count, &gathered));
    TRY(arcs_allocate(node_count, gathered.starts[node_count], gathered.weights != NULL, arcs));
    uint64_t *cursor = allocate(node_count, sizeof(uint64_t));
    if (cursor == NULL)
        return STATUS_NO_MEMORY;
    arcs_transpose(node_count, &gathered, cursor, arcs);
    free(cursor);
    arcs_merge(node_count, weight_min, arcs);
    return STATUS_OK;
}

/* Numbers the people who are counted and, when `arcs` over all counted people are given, have a
 * tie. */
static void
number_nodes(const struct graph_snapshot *snapshot, const struct arcs *arcs, struct graph *graph)
{
    graph->node_count = 0;
    uint32_t counted = 0;
    for (uint32_t person = 0; person < snapshot->person_count; person++) {
        graph->nodes[person] = GRAPH_NONE;
        if (snapshot->consents != NULL && !(snapshot->consents[person] & GRAPH_COUNTED))
            continue;
        uint32_t u = counted++;
        if (arcs == NULL || arcs->starts[u] != arcs->starts[u + 1])
            graph->nodes[person] = graph->node_count++;
    }
}

static enum status fill_nodes(const struct graph_snapshot *snapshot, struct graph *graph)
{
    graph->persons = allocate(graph->node_count, sizeof(uint32_t));
    graph->proposable = allocate(graph->node_count, sizeof(bool));
    if (graph->persons == NULL || graph->proposable == NULL)
        return STATUS_NO_MEMORY;
    if (snapshot->groups != NULL) {
        graph->groups = allocate(graph->node_count, sizeof(uint32_t));
        if (graph->groups == NULL)
            return STATUS_NO_MEMORY;
        graph->group_count = snapshot->group_count;
    }
    for (uint32_t person = 0; person < snapshot->person_count; person++) {
        uint32_t u = graph->nodes[person];
        if (u == GRAPH_NONE)
            continue;
        graph->persons[u] = person;
        graph->proposable[u] = snapshot->for_counts_only || snapshot->consents == NULL ||
                               (snapshot->consents[person] & GRAPH_PROPOSABLE) != 0;
        if (graph->groups != NULL)
            graph->groups[u] = snapshot->groups[person];
    }
    return STATUS_OK;
}

static enum status fill_ties(const struct graph_snapshot *snapshot, struct graph *graph)
{
    struct pair_list ties = {snapshot->ties, NULL, snapshot->tie_count, true};
    CLEANUP(arcs_clear) struct arcs arcs = {0};
    TRY(arcs_build(&ties, graph->nodes, graph->node_count, snapshot->weight_min, &arcs));
    if (snapshot->without_isolates) {
        number_nodes(snapshot, &arcs, graph);
        arcs_clear(&arcs);
        TRY(arcs_build(&ties, graph->nodes, graph->node_count, snapshot->weight_min, &arcs));
    }
    graph->tie_count = arcs.starts[graph->node_count] / 2;
    graph->starts = arcs.starts;
    graph->neighbours = arcs.to;
    graph->weights = arcs.weights;
    arcs = (struct arcs){0};
    return STATUS_OK;
}

static enum status fill_never(const struct graph_snapshot *snapshot, struct graph *graph)
{
    struct pair_list pairs = {NULL, snapshot->never, snapshot->never_count, false};
    CLEANUP(arcs_clear) struct arcs arcs = {0};
    TRY(arcs_build(&pairs, graph->nodes, graph->node_count, 0, &arcs));
    graph->never_starts = arcs.starts;
    graph->never = arcs.to;
    arcs.starts = NULL;
    arcs.to = NULL;
    return STATUS_OK;
}

enum status graph_new(const struct graph_snapshot *snapshot, struct graph **graph)
{
    TRY(check_snapshot(snapshot));
    CLEANUP(graph_free) struct graph *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return STATUS_NO_MEMORY;
    made->person_count = snapshot->person_count;
    made->for_counts_only = snapshot->for_counts_only;
    made->nodes = allocate(snapshot->person_count, sizeof(uint32_t));
    if (made->nodes == NULL)
        return STATUS_NO_MEMORY;
    number_nodes(snapshot, NULL, made);
    TRY(fill_ties(snapshot, made));
    TRY(fill_never(snapshot, made));
    TRY(fill_nodes(snapshot, made));
    *graph = made;
    made = NULL;
    return STATUS_OK;
}

void graph_free(struct graph **graph)
{
    struct graph *old = *graph;
    *graph = NULL;
    if (old == NULL)
        return;
    free(old->groups);
    free(old->persons);
    free(old->nodes);
    free(old->proposable);
    free(old->starts);
    free(old->neighbours);
    free(old->weights);
    free(old->never_starts);
    free(old->never);
    free(old);
}

static bool holds(const uint64_t *starts, const uint32_t *to, uint32_t u, uint32_t v)
{
    uint64_t low = starts[u], high = starts[u + 1];
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (to[middle] == v)
            return true;
        if (to[middle] < v)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

bool graph_is_tied(const struct graph *graph, uint32_t u, uint32_t v)
{
    return holds(graph->starts, graph->neighbours, u, v);
}

bool graph_is_never(const struct graph *graph, uint32_t u, uint32_t v)
{
    return holds(graph->never_starts, graph->never, u, v);
}

void graph_withdraw(struct graph *graph, uint32_t node)
{
    graph->proposable[node] = false;
}

bool graph_may_pair(const struct graph *graph, uint32_t u, uint32_t v)
{
    return u != v && graph->groups != NULL && graph->groups[u] != graph->groups[v] &&
           graph->proposable[u] && graph->proposable[v] && !graph_is_tied(graph, u, v) &&
           !graph_is_never(graph, u, v);
}

/* Labels all that `start` reaches; `queue` has node_count entries. The size of the component. */
static uint32_t
flood(const struct graph *graph, uint32_t start, uint32_t label, uint32_t *labels, uint32_t *queue)
{
    uint32_t head = 0, tail = 0;
    labels[start] = label;
    queue[tail++] = start;
    while (head < tail) {
        uint32_t u = queue[head++];
        const uint32_t *neighbours = graph_neighbours(graph, u);
        for (uint32_t i = 0; i < graph_degree(graph, u); i++) {
            if (labels[neighbours[i]] != GRAPH_NONE)
                continue;
            labels[neighbours[i]] = label;
            queue[tail++] = neighbours[i];
        }
    }
    return tail;
}

struct ranked {
    uint32_t size;
    uint32_t label;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return x->label < y->label ? -1 : x->label > y->label;
}

/* Numbers the components anew, largest first. Labels given in order of lowest node keep that order
 * among equals. */
static enum status rank_components(uint32_t node_count, struct graph_components *components)
{
    struct ranked *ranked = allocate(components->count, sizeof(*ranked));
    uint32_t *new_label = allocate(components->count, sizeof(*new_label));
    if (ranked == NULL || new_label == NULL) {
        free(ranked);
        free(new_label);
        return STATUS_NO_MEMORY;
    }
    for (uint32_t i = 0; i < components->count; i++)
        ranked[i] = (struct ranked){components->sizes[i], i};
    qsort(ranked, components->count, sizeof(*ranked), compare_ranked);
    for (uint32_t i = 0; i < components->count; i++) {
        new_label[ranked[i].label] = i;
        components->sizes[i] = ranked[i].size;
    }
    for (uint32_t u = 0; u < node_count; u++)
        components->labels[u] = new_label[components->labels[u]];
    free(ranked);
    free(new_label);
    return STATUS_OK;
}

enum status graph_components_init(const struct graph *graph, struct graph_components *components)
{
    CLEANUP(graph_components_clear) struct graph_components found = {0};
    uint32_t n = graph->node_count;
    if (n != 0) {
        found.labels = allocate(n, sizeof(uint32_t));
        found.sizes = allocate(n, sizeof(uint32_t));
        uint32_t *queue = allocate(n, sizeof(uint32_t));
        if (found.labels == NULL || found.sizes == NULL || queue == NULL) {
            free(queue);
            return STATUS_NO_MEMORY;
        }
        memset(found.labels, 0xFF, (size_t)n * sizeof(uint32_t));
        for (uint32_t u = 0; u < n; u++)
            if (found.labels[u] == GRAPH_NONE) {
                found.sizes[found.count] = flood(graph, u, found.count, found.labels, queue);
                found.count++;
            }
        free(queue);
        TRY(rank_components(n, &found));
    }
    *components = found;
    found = (struct graph_components){0};
    return STATUS_OK;
}

void graph_components_clear(struct graph_components *components)
{
    free(components->labels);
    free(components->sizes);
    *components = (struct graph_components){0};
}
