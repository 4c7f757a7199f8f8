/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/figures/marks.h"

#include "server/weave/seeded.h"

#include <stdlib.h>
#include <string.h>

#define MARK_BYTES 8

static uint64_t mix(uint64_t value)
{
    return seeded_for(value, 0);
}

static uint64_t number_of(const struct id *id)
{
    uint64_t number;
    memcpy(&number, id->bytes, sizeof number);
    return mix(number);
}

static const struct store_node *
person_of(const struct network *network, const struct graph *graph, uint32_t node)
{
    return &network->people[graph->persons[node]];
}

/* Of each node of the graph; added up in any order they say whom a person has ties with. */
static enum status number_nodes(const struct network *network,
                                const struct graph *graph,
                                struct arena *arena,
                                uint64_t **numbers)
{
    void *taken = NULL;
    TRY(arena_take(arena, graph->node_count, sizeof **numbers, &taken));
    *numbers = taken;
    for (uint32_t u = 0; u < graph->node_count; u++)
        (*numbers)[u] = number_of(&person_of(network, graph, u)->person);
    return STATUS_OK;
}

static int compare_marks(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void sort(struct marks *marks)
{
    if (marks->count != 0)
        qsort(marks->list, marks->count, sizeof *marks->list, compare_marks);
}

enum status marks_of_network(const struct network *network,
                             const struct graph *graph,
                             struct arena *arena,
                             struct marks *marks)
{
    uint64_t *numbers = NULL;
    void *taken = NULL;
    TRY(number_nodes(network, graph, arena, &numbers));
    TRY(arena_take(arena, graph->node_count, sizeof *marks->list, &taken));
    *marks = (struct marks){taken, graph->node_count};
    for (uint32_t u = 0; u < graph->node_count; u++) {
        uint64_t sum = mix(numbers[u]) ^ number_of(&person_of(network, graph, u)->group);
        for (uint32_t i = 0; i < graph_degree(graph, u); i++)
            sum += mix(numbers[u] ^ numbers[graph_neighbours(graph, u)[i]]);
        marks->list[u] = mix(sum);
    }
    sort(marks);
    return STATUS_OK;
}

/* Adds one node's marks to the cells of its ties. `sums` and `touched` have an entry a part; the
 * sums are zero before and after. */
static void mark_node(const struct graph *graph,
                      const struct groups_parts *parts,
                      const uint64_t *numbers,
                      uint32_t u,
                      struct marks *cells,
                      uint64_t *sums,
                      uint32_t *touched)
{
    uint32_t own = parts->of_group[graph->groups[u]], count = 0;
    for (uint32_t i = 0; i < graph_degree(graph, u); i++) {
        uint32_t v = graph_neighbours(graph, u)[i];
        uint32_t part = parts->of_group[graph->groups[v]];
        if (sums[part] == 0) {
            touched[count++] = part;
            sums[part] = mix(numbers[u]) | 1; /* so that it is not nothing */
        }
        sums[part] += mix(numbers[u] ^ numbers[v]) << 1;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct marks *cell = &cells[statistics_place(parts->count, own, touched[i])];
        cell->list[cell->count++] = mix(sums[touched[i]]);
        sums[touched[i]] = 0;
    }
}

enum status marks_of_cells(const struct network *network,
                           const struct graph *graph,
                           const struct groups_parts *parts,
                           const struct groups_matrix *matrix,
                           struct arena *arena,
                           struct marks **cells)
{
    void *made = NULL, *sums = NULL, *touched = NULL;
    uint64_t *numbers = NULL;
    size_t count = statistics_cell_count(parts->count);
    TRY(number_nodes(network, graph, arena, &numbers));
    TRY(arena_take(arena, count, sizeof **cells, &made));
    TRY(arena_take(arena, parts->count, sizeof(uint64_t), &sums));
    TRY(arena_take(arena, parts->count, sizeof(uint32_t), &touched));
    *cells = made;
    for (size_t i = 0; i < count; i++) {
        void *taken = NULL;
        TRY(arena_take(arena, matrix->cells[i].people, sizeof(uint64_t), &taken));
        (*cells)[i].list = taken;
    }
    for (uint32_t u = 0; u < graph->node_count; u++)
        mark_node(graph, parts, numbers, u, *cells, sums, touched);
    for (size_t i = 0; i < count; i++)
        sort(&(*cells)[i]);
    return STATUS_OK;
}

size_t marks_changed(const struct marks *before, const struct marks *after)
{
    size_t left = 0, entered = 0, i = 0, k = 0;
    while (i < before->count || k < after->count) {
        bool old = k == after->count || (i < before->count && before->list[i] < after->list[k]);
        bool new = i == before->count || (k < after->count && after->list[k] < before->list[i]);
        left += old;
        entered += new;
        i += !new;
        k += !old;
    }
    /* Somebody whose ties changed is in both. */
    return left > entered ? left : entered;
}

enum status marks_write(const struct marks *marks, struct arena *arena, struct span *bytes)
{
    void *taken = NULL;
    TRY(arena_take(arena, marks->count, MARK_BYTES, &taken));
    for (size_t i = 0; i < marks->count; i++)
        for (size_t k = 0; k < MARK_BYTES; k++)
            ((uint8_t *)taken)[i * MARK_BYTES + k] = (uint8_t)(marks->list[i] >> 8 * k);
    *bytes = span_of(taken, marks->count * MARK_BYTES);
    return STATUS_OK;
}

enum status marks_read(struct span bytes, struct arena *arena, struct marks *marks)
{
    void *taken = NULL;
    size_t count = bytes.len / MARK_BYTES;
    if (bytes.len % MARK_BYTES != 0)
        return STATUS_CORRUPT;
    TRY(arena_take(arena, count, sizeof *marks->list, &taken));
    *marks = (struct marks){taken, count};
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < MARK_BYTES; k++)
            marks->list[i] |= (uint64_t)bytes.ptr[i * MARK_BYTES + k] << 8 * k;
    return STATUS_OK;
}
