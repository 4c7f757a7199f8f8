/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/mesh.h"

#include <stdlib.h>
#include <string.h>

/* With fewer groups the coarse picture shows too little, with more it costs more than it saves: a
 * dense matrix of cells is inverted each time. */
#define CELLS_MIN 32
#define CELLS_MAX 2048

/* Cells that are cut along a walk through the network where the groups are few. */
#define CELLS_CUT 256

void mesh_free(struct mesh **mesh)
{
    struct mesh *old = *mesh;
    *mesh = NULL;
    if (old == NULL)
        return;
    free(old->nodes);
    free(old->starts);
    free(old->to);
    free(old->weights);
    free(old->degrees);
    free(old->cells);
    free(old);
}

static uint32_t largest_label(const struct mesh_start *start, uint32_t *size)
{
    uint32_t best = 0;
    *size = 0;
    for (uint32_t i = 0; i < start->components->count; i++)
        if (start->components->sizes[i] > *size) {
            *size = start->components->sizes[i];
            best = i;
        }
    return best;
}

static enum status number_nodes(const struct mesh_start *start, struct mesh *mesh, uint32_t *places)
{
    uint32_t size, label = largest_label(start, &size);
    mesh->nodes = calloc(size + 1u, sizeof(uint32_t));
    mesh->starts = calloc(size + 1u, sizeof(uint64_t));
    mesh->degrees = calloc(size + 1u, sizeof(float));
    mesh->cells = calloc(size + 1u, sizeof(uint32_t));
    if (mesh->nodes == NULL || mesh->starts == NULL || mesh->degrees == NULL || mesh->cells == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t u = 0; u < start->graph->node_count; u++) {
        places[u] = GRAPH_NONE;
        if (start->components->labels[u] != label)
            continue;
        places[u] = mesh->n;
        mesh->nodes[mesh->n++] = u;
    }
    return STATUS_OK;
}

static void add_arc(struct mesh *mesh, uint64_t *cursor, uint32_t to, float weight)
{
    if (mesh->weights != NULL)
        mesh->weights[*cursor] = weight;
    mesh->to[(*cursor)++] = to;
}

static enum status
fill_arcs(const struct mesh_start *start, const uint32_t *places, struct mesh *mesh)
{
    const struct graph *graph = start->graph;
    uint64_t *cursors = calloc(mesh->n + 1u, sizeof(uint64_t));
    if (cursors == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < mesh->n; i++) {
        cursors[i] = mesh->starts[i];
        uint32_t u = mesh->nodes[i];
        for (uint64_t arc = graph->starts[u]; arc < graph->starts[u + 1]; arc++)
            add_arc(mesh, &cursors[i], places[graph->neighbours[arc]], graph->weights[arc]);
    }
    for (size_t i = 0; i < start->extra_count; i++) {
        uint32_t a = places[start->extra[i].a], b = places[start->extra[i].b];
        if (a == GRAPH_NONE)
            continue;
        add_arc(mesh, &cursors[a], b, (float)start->extra_weight);
        add_arc(mesh, &cursors[b], a, (float)start->extra_weight);
    }
    free(cursors);
    return STATUS_OK;
}

static enum status
fill_ties(const struct mesh_start *start, const uint32_t *places, struct mesh *mesh)
{
    for (uint32_t i = 0; i < mesh->n; i++)
        mesh->starts[i + 1] = graph_degree(start->graph, mesh->nodes[i]);
    for (size_t i = 0; i < start->extra_count; i++)
        if (places[start->extra[i].a] != GRAPH_NONE) {
            mesh->starts[places[start->extra[i].a] + 1]++;
            mesh->starts[places[start->extra[i].b] + 1]++;
        }
    for (uint32_t i = 0; i < mesh->n; i++)
        mesh->starts[i + 1] += mesh->starts[i];
    uint64_t count = mesh->starts[mesh->n];
    mesh->to = calloc(count + MESH_AHEAD, sizeof(uint32_t));
    mesh->weights = start->weighted ? calloc(count + 1, sizeof(float)) : NULL;
    if (mesh->to == NULL || (start->weighted && mesh->weights == NULL))
        return STATUS_NO_MEMORY;
    TRY(fill_arcs(start, places, mesh));
    for (uint32_t i = 0; i < mesh->n; i++)
        for (uint64_t arc = mesh->starts[i]; arc < mesh->starts[i + 1]; arc++)
            mesh->degrees[i] += mesh->weights != NULL ? mesh->weights[arc] : 1;
    return STATUS_OK;
}

/* The nodes in the order of a breadth-first walk from the first. `seen` is all false. */
static void walk(const struct mesh *mesh, bool *seen, uint32_t *order)
{
    uint32_t head = 0, tail = 0;
    if (mesh->n != 0)
        order[tail++] = 0;
    seen[0] = true;
    while (head < tail) {
        uint32_t u = order[head++];
        for (uint64_t arc = mesh->starts[u]; arc < mesh->starts[u + 1]; arc++)
            if (!seen[mesh->to[arc]]) {
                seen[mesh->to[arc]] = true;
                order[tail++] = mesh->to[arc];
            }
    }
}

/* What cells are made from. */
struct cutting {
    const struct graph *graph;
    uint32_t *order; /* of a walk */
    bool *seen;
    uint32_t *sizes;      /* of the groups, in the mesh */
    uint32_t *numbers;    /* of the groups: their cells */
    uint32_t group_count; /* that have people here */
};

static void cut_along(const struct cutting *cutting, struct mesh *mesh)
{
    uint32_t length = mesh->n / CELLS_CUT + 1;
    for (uint32_t i = 0; i < mesh->n; i++)
        mesh->cells[cutting->order[i]] = i / length;
    mesh->cell_count = (mesh->n + length - 1) / length;
}

/* Cells of whole groups, taken as the walk meets them: one each, or several where there are too
 * many. */
static void cut_by_groups(struct cutting *cutting, struct mesh *mesh)
{
    uint32_t least = cutting->group_count <= CELLS_MAX ? 1 : 2 * (mesh->n / CELLS_MAX + 1);
    uint32_t cell = 0, people = 0;
    memset(cutting->numbers, 0xFF, cutting->graph->group_count * sizeof(uint32_t));
    for (uint32_t i = 0; i < mesh->n; i++) {
        uint32_t u = cutting->order[i], group = cutting->graph->groups[mesh->nodes[u]];
        if (cutting->numbers[group] == GRAPH_NONE) {
            if (people >= least) {
                cell++;
                people = 0;
            }
            cutting->numbers[group] = cell;
            people += cutting->sizes[group];
        }
        mesh->cells[u] = cutting->numbers[group];
    }
    mesh->cell_count = mesh->n == 0 ? 0 : cell + 1;
}

static enum status fill_cells(const struct graph *graph, struct mesh *mesh)
{
    struct cutting cutting = {.graph = graph};
    cutting.order = calloc(mesh->n + 1u, sizeof(uint32_t));
    cutting.seen = calloc(mesh->n + 1u, sizeof(bool));
    cutting.sizes = calloc(graph->group_count + 1u, sizeof(uint32_t));
    cutting.numbers = calloc(graph->group_count + 1u, sizeof(uint32_t));
    enum status status = STATUS_NO_MEMORY;
    if (cutting.order != NULL && cutting.seen != NULL && cutting.sizes != NULL &&
        cutting.numbers != NULL) {
        walk(mesh, cutting.seen, cutting.order);
        for (uint32_t i = 0; graph->groups != NULL && i < mesh->n; i++)
            cutting.group_count += cutting.sizes[graph->groups[mesh->nodes[i]]]++ == 0;
        if (cutting.group_count < CELLS_MIN)
            cut_along(&cutting, mesh);
        else
            cut_by_groups(&cutting, mesh);
        status = STATUS_OK;
    }
    free(cutting.order);
    free(cutting.seen);
    free(cutting.sizes);
    free(cutting.numbers);
    return status;
}

enum status mesh_new(const struct mesh_start *start, struct mesh **mesh)
{
    CLEANUP(mesh_free) struct mesh *made = calloc(1, sizeof(*made));
    uint32_t *places = calloc(start->graph->node_count + 1u, sizeof(*places));
    if (made == NULL || places == NULL) {
        free(places);
        return STATUS_NO_MEMORY;
    }
    enum status status = number_nodes(start, made, places);
    if (status == STATUS_OK)
        status = fill_ties(start, places, made);
    free(places);
    TRY(status);
    TRY(fill_cells(start->graph, made));
    *mesh = made;
    made = NULL;
    return STATUS_OK;
}
