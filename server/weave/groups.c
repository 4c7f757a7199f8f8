/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/groups.h"

#include <stdlib.h>
#include <string.h>

struct sized_group {
    uint32_t people;
    uint32_t group;
};

static int compare_sized(const void *a, const void *b)
{
    const struct sized_group *x = a, *y = b;
    if (x->people != y->people)
        return x->people < y->people ? -1 : 1;
    return x->group < y->group ? -1 : x->group > y->group;
}

/* How many of the groups, in ascending order of size, make the pool. */
static uint32_t pool_size(const struct sized_group *groups, uint32_t count)
{
    uint32_t pooled = 0;
    uint64_t people = 0;
    while (pooled < count && groups[pooled].people < WEAVE_CELL_PEOPLE_MIN)
        people += groups[pooled++].people;
    while (pooled != 0 && pooled < count && (pooled == 1 || people < WEAVE_CELL_PEOPLE_MIN))
        people += groups[pooled++].people;
    return people != 0 && people < WEAVE_CELL_PEOPLE_MIN ? count + 1 : pooled;
}

/* Groups that have people, ascending by size; how many. */
static uint32_t sort_groups(const struct graph *graph, struct sized_group *groups)
{
    for (uint32_t i = 0; i < graph->group_count; i++)
        groups[i] = (struct sized_group){0, i};
    for (uint32_t u = 0; u < graph->node_count; u++)
        groups[graph->groups[u]].people++;
    uint32_t count = 0;
    for (uint32_t i = 0; i < graph->group_count; i++)
        if (groups[i].people != 0)
            groups[count++] = groups[i];
    qsort(groups, count, sizeof(*groups), compare_sized);
    return count;
}

static void add_part(struct groups_parts *parts, uint32_t group)
{
    parts->group[parts->count] = group;
    parts->people[parts->count++] = 0;
}

/* Parts in the order of their groups, the pool last. */
static void number_parts(const struct sized_group *groups,
                         uint32_t count,
                         uint32_t pooled,
                         struct groups_parts *parts)
{
    for (uint32_t i = pooled; i < count; i++)
        parts->of_group[groups[i].group] = 0;
    for (uint32_t i = 0; i < parts->group_count; i++)
        if (parts->of_group[i] == 0) {
            parts->of_group[i] = parts->count;
            add_part(parts, i);
        }
    for (uint32_t i = 0; i < pooled; i++)
        parts->of_group[groups[i].group] = parts->count;
    if (pooled != 0)
        add_part(parts, GRAPH_NONE);
    for (uint32_t i = 0; i < count; i++)
        parts->people[parts->of_group[groups[i].group]] += groups[i].people;
}

/* On an error too, `*parts` is the caller's to clear. */
static enum status parts_new(const struct graph *graph, struct groups_parts *parts)
{
    *parts = (struct groups_parts){.group_count = graph->group_count};
    parts->of_group = calloc(graph->group_count + 1u, sizeof(uint32_t));
    parts->group = calloc(graph->group_count + 1u, sizeof(uint32_t));
    parts->people = calloc(graph->group_count + 1u, sizeof(uint32_t));
    if (parts->of_group == NULL || parts->group == NULL || parts->people == NULL)
        return STATUS_NO_MEMORY;
    memset(parts->of_group, 0xFF, ((size_t)graph->group_count + 1) * sizeof(uint32_t));
    return STATUS_OK;
}

enum status groups_parts_init(const struct graph *graph, struct groups_parts *parts)
{
    CLEANUP(groups_parts_clear) struct groups_parts made = {0};
    TRY(parts_new(graph, &made));
    struct sized_group *groups = calloc(graph->group_count + 1u, sizeof(*groups));
    if (groups == NULL)
        return STATUS_NO_MEMORY;
    uint32_t count = graph->groups == NULL ? 0 : sort_groups(graph, groups);
    uint32_t pooled = pool_size(groups, count);
    if (pooled <= count)
        number_parts(groups, count, pooled, &made);
    free(groups);
    *parts = made;
    made = (struct groups_parts){0};
    return STATUS_OK;
}

enum status
groups_parts_choose(const struct graph *graph, const bool *alone, struct groups_parts *parts)
{
    CLEANUP(groups_parts_clear) struct groups_parts made = {0};
    TRY(parts_new(graph, &made));
    struct sized_group *groups = calloc(graph->group_count + 1u, sizeof(*groups));
    if (groups == NULL)
        return STATUS_NO_MEMORY;
    uint32_t count = graph->groups == NULL ? 0 : sort_groups(graph, groups), pooled = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!alone[groups[i].group]) {
            struct sized_group before = groups[pooled];
            groups[pooled++] = groups[i];
            groups[i] = before;
        }
    number_parts(groups, count, pooled, &made);
    free(groups);
    *parts = made;
    made = (struct groups_parts){0};
    return STATUS_OK;
}

void groups_parts_clear(struct groups_parts *parts)
{
    free(parts->of_group);
    free(parts->group);
    free(parts->people);
    *parts = (struct groups_parts){0};
}

const struct groups_cell *
groups_matrix_cell(const struct groups_matrix *matrix, uint32_t a, uint32_t b)
{
    return &matrix->cells[statistics_place(matrix->part_count, a, b)];
}

static struct groups_cell *cell_at(const struct groups_matrix *matrix, uint32_t a, uint32_t b)
{
    return &matrix->cells[statistics_place(matrix->part_count, a, b)];
}

static uint32_t part_of(const struct graph *graph, const struct groups_parts *parts, uint32_t u)
{
    return parts->of_group[graph->groups[u]];
}

/* `seen` has part_count entries, of the node that last had a tie into the part, plus one. */
static void count_cells(const struct graph *graph,
                        const struct groups_parts *parts,
                        const struct groups_matrix *matrix,
                        uint32_t *seen)
{
    for (uint32_t u = 0; u < graph->node_count; u++) {
        uint32_t part = part_of(graph, parts, u);
        for (uint32_t i = 0; i < graph_degree(graph, u); i++) {
            uint32_t v = graph_neighbours(graph, u)[i];
            uint32_t other = part_of(graph, parts, v);
            struct groups_cell *cell = cell_at(matrix, part, other);
            cell->ties += u < v;
            cell->people += seen[other] != u + 1;
            seen[other] = u + 1;
        }
    }
}

static bool is_pool(const struct groups_parts *parts, uint32_t part)
{
    return parts->group[part] == GRAPH_NONE;
}

/* Ties of the pool's people with each other, within groups or between them, and who hold them. */
static struct groups_cell
count_in_pool(const struct graph *graph, const struct groups_parts *parts, bool within)
{
    struct groups_cell counted = {0};
    for (uint32_t u = 0; u < graph->node_count; u++) {
        bool holds = false;
        for (uint32_t i = 0; i < graph_degree(graph, u); i++) {
            uint32_t v = graph_neighbours(graph, u)[i];
            if (!is_pool(parts, part_of(graph, parts, u)) ||
                !is_pool(parts, part_of(graph, parts, v)) ||
                (graph->groups[u] == graph->groups[v]) != within)
                continue;
            counted.ties += u < v;
            holds = true;
        }
        counted.people += holds;
    }
    return counted;
}

/* Leaves out of the pool's own cell what few hold of either kind. */
static void
part_pool(const struct graph *graph, const struct groups_parts *parts, struct groups_matrix *matrix)
{
    uint32_t pool = parts->count - 1;
    if (parts->count == 0 || !is_pool(parts, pool))
        return;
    struct groups_cell *cell = cell_at(matrix, pool, pool);
    for (int within = 0; within < 2; within++) {
        struct groups_cell counted = count_in_pool(graph, parts, within != 0);
        matrix->pool_hides[within] = counted.people < WEAVE_CELL_PEOPLE_MIN;
        if (matrix->pool_hides[within])
            cell->ties -= counted.ties;
    }
    cell->hidden = matrix->pool_hides[0] && matrix->pool_hides[1];
}

/* Whether a tie is of a hidden cell within (or across) parts, or of what the pool hides. */
static bool is_hidden(const struct graph *graph,
                      const struct groups_parts *parts,
                      const struct groups_matrix *matrix,
                      uint32_t u,
                      uint32_t v,
                      bool within)
{
    uint32_t part = part_of(graph, parts, u), other = part_of(graph, parts, v);
    bool in_pool = part == other && is_pool(parts, part);
    bool same = in_pool ? graph->groups[u] == graph->groups[v] : part == other;
    return same == within &&
           (cell_at(matrix, part, other)->hidden || (in_pool && matrix->pool_hides[within]));
}

static uint32_t people_hidden(const struct graph *graph,
                              const struct groups_parts *parts,
                              const struct groups_matrix *matrix,
                              bool within)
{
    uint32_t people = 0;
    for (uint32_t u = 0; u < graph->node_count; u++) {
        bool hidden = false;
        for (uint32_t i = 0; i < graph_degree(graph, u) && !hidden; i++)
            hidden = is_hidden(graph, parts, matrix, u, graph_neighbours(graph, u)[i], within);
        people += hidden;
    }
    return people;
}

/* Hides one cell more within (or across) parts where the hidden ones would be told. */
static void hide_one_more(const struct graph *graph,
                          const struct groups_parts *parts,
                          const struct groups_matrix *matrix,
                          bool within)
{
    uint32_t hidden = matrix->pool_hides[within];
    struct groups_cell *smallest = NULL;
    for (uint32_t a = 0; a < matrix->part_count; a++)
        for (uint32_t b = a; b < (within ? a + 1 : matrix->part_count); b++) {
            if (!within && a == b)
                continue;
            struct groups_cell *cell = cell_at(matrix, a, b);
            hidden += cell->hidden;
            if (!cell->hidden && (smallest == NULL || cell->people < smallest->people))
                smallest = cell;
        }
    if (hidden == 0 || smallest == NULL)
        return;
    /* One cell more is enough for both: it is a second one, and enough people hold it. */
    if (hidden == 1 || people_hidden(graph, parts, matrix, within) < WEAVE_CELL_PEOPLE_MIN)
        smallest->hidden = true;
}

enum status groups_matrix_count(const struct graph *graph,
                                const struct groups_parts *parts,
                                struct groups_matrix *matrix)
{
    uint32_t count = parts->count;
    if (count > GROUPS_PARTS_MAX)
        return STATUS_LIMIT;
    size_t cells = statistics_cell_count(count);
    struct groups_matrix made = {.part_count = count};
    made.cells = calloc(cells + 1, sizeof(*made.cells));
    uint32_t *seen = calloc(count + 1u, sizeof(*seen));
    if (made.cells == NULL || seen == NULL) {
        free(made.cells);
        free(seen);
        return STATUS_NO_MEMORY;
    }
    if (count != 0)
        count_cells(graph, parts, &made, seen);
    for (size_t i = 0; i < cells; i++)
        made.cells[i].hidden = made.cells[i].people < WEAVE_CELL_PEOPLE_MIN;
    part_pool(graph, parts, &made);
    free(seen);
    *matrix = made;
    return STATUS_OK;
}

void groups_matrix_complement(const struct graph *graph,
                              const struct groups_parts *parts,
                              struct groups_matrix *matrix)
{
    if (matrix->part_count == 0)
        return;
    hide_one_more(graph, parts, matrix, true);
    hide_one_more(graph, parts, matrix, false);
}

enum status groups_matrix_init(const struct graph *graph,
                               const struct groups_parts *parts,
                               struct groups_matrix *matrix)
{
    TRY(groups_matrix_count(graph, parts, matrix));
    groups_matrix_complement(graph, parts, matrix);
    return STATUS_OK;
}

void groups_matrix_clear(struct groups_matrix *matrix)
{
    free(matrix->cells);
    *matrix = (struct groups_matrix){0};
}

static int compare_parts(const void *a, const void *b)
{
    const struct groups_need *x = a, *y = b;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return x->b < y->b ? -1 : x->b > y->b;
}

static int compare_needs(const void *a, const void *b)
{
    const struct groups_need *x = a, *y = b;
    if (x->introductions != y->introductions)
        return x->introductions > y->introductions ? -1 : 1;
    return compare_parts(a, b);
}

/* Makes one entry of those of the same parts that stand together; how many remain. */
static uint32_t add_up(struct groups_need *list, uint32_t count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (kept != 0 && compare_parts(&list[kept - 1], &list[i]) == 0)
            list[kept - 1].introductions++;
        else
            list[kept++] = list[i];
    }
    return kept;
}

enum status groups_needs_init(const struct graph *graph,
                              const struct groups_parts *parts,
                              const struct introductions *introductions,
                              struct groups_needs *needs)
{
    uint32_t count = parts->count == 0 ? 0 : introductions->count;
    struct groups_need *list = calloc(count + 1u, sizeof(*list));
    if (list == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t u = part_of(graph, parts, introductions->pairs[i].u);
        uint32_t v = part_of(graph, parts, introductions->pairs[i].v);
        list[i] = (struct groups_need){u < v ? u : v, u < v ? v : u, 1};
    }
    qsort(list, count, sizeof(*list), compare_parts);
    count = add_up(list, count);
    qsort(list, count, sizeof(*list), compare_needs);
    *needs = (struct groups_needs){count, list};
    return STATUS_OK;
}

void groups_needs_clear(struct groups_needs *needs)
{
    free(needs->list);
    *needs = (struct groups_needs){0};
}
