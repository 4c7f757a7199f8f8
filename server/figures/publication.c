/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/figures/publication.h"

#include "server/figures/whole.h"

#include <stdlib.h>
#include <string.h>

/* What a cell is of, the first byte of its key. */
enum scope { SCOPE_WHOLE, SCOPE_COUNT, SCOPE_PEOPLE, SCOPE_TIES, SCOPE_INTRODUCED };

void publication_init(struct publication *publication)
{
    *publication = (struct publication){.arena = ARENA_INIT(PUBLICATION_BYTES_MAX)};
    statistics_init(&publication->statistics);
}

void publication_clear(struct publication *publication)
{
    statistics_clear(&publication->statistics);
    arena_clear(&publication->arena);
    publication_init(publication);
}

/* One publication in the making. */
struct making {
    const struct network *network;
    const struct graph *graph;
    const struct publication *before; /* or NULL */
    struct publication *made;
    struct groups_parts parts;
    uint32_t *earlier; /* of each part: which it was before, or GRAPH_NONE */
};

/* ---- keys ---- */

static int compare_keys(const void *a, const void *b)
{
    return span_compare(((const struct publication_cell *)a)->key,
                        ((const struct publication_cell *)b)->key);
}

static const struct publication_cell *find_cell(const struct publication *publication,
                                                struct span key)
{
    struct publication_cell wanted = {.key = key};
    if (publication == NULL || publication->cell_count == 0)
        return NULL;
    return bsearch(&wanted, publication->cells, publication->cell_count, sizeof wanted,
                   compare_keys);
}

/* What was published of it last; 0 when nothing was. */
static uint64_t value_of(const struct publication *publication, struct span key)
{
    const struct publication_cell *cell = find_cell(publication, key);
    return cell == NULL ? 0 : cell->value;
}

/* The kind and name of each part, so that a key means the same next week. */
static enum status key_of(struct arena *arena,
                          enum scope scope,
                          const struct statistics_part *a,
                          const struct statistics_part *b,
                          struct span *key)
{
    void *taken = NULL;
    size_t len = 4 + a->name.len + b->name.len;
    TRY(arena_take(arena, len, 1, &taken));
    uint8_t *bytes = taken;
    bytes[0] = (uint8_t)scope;
    bytes[1] = (uint8_t)a->kind;
    if (a->name.len != 0)
        memcpy(bytes + 2, a->name.ptr, a->name.len);
    bytes[2 + a->name.len] = 0; /* no name holds one */
    bytes[3 + a->name.len] = (uint8_t)b->kind;
    if (b->name.len != 0)
        memcpy(bytes + 4 + a->name.len, b->name.ptr, b->name.len);
    *key = span_of(taken, len);
    return STATUS_OK;
}

static enum status
keep(struct publication *made, struct span key, uint64_t value, const struct marks *marks)
{
    struct publication_cell *cell = &made->cells[made->cell_count];
    void *taken = NULL;
    TRY(arena_take(&made->arena, marks->count, sizeof *marks->list, &taken));
    if (marks->count != 0)
        memcpy(taken, marks->list, marks->count * sizeof *marks->list);
    *cell = (struct publication_cell){key, value, {taken, marks->count}};
    made->cell_count++;
    return STATUS_OK;
}

static void sort_cells(struct publication *publication)
{
    if (publication->cell_count != 0)
        qsort(publication->cells, publication->cell_count, sizeof *publication->cells,
              compare_keys);
}

/* Of parts that are not told now: what was published of them is what they go on from, some day. */
static enum status keep_others(const struct publication *before, struct publication *made)
{
    sort_cells(made);
    struct publication own = {.cells = made->cells, .cell_count = made->cell_count};
    for (size_t i = 0; before != NULL && i < before->cell_count; i++) {
        const struct publication_cell *cell = &before->cells[i];
        struct span key;
        if (find_cell(&own, cell->key) != NULL)
            continue;
        TRY(arena_copy(&made->arena, cell->key, &key));
        TRY(keep(made, key, cell->value, &cell->marks));
    }
    sort_cells(made);
    return STATUS_OK;
}

/* ---- which groups are told ---- */

static bool same_part(const struct statistics_part *a, const struct statistics_part *b)
{
    return a->kind == b->kind && span_equal(a->name, b->name);
}

static uint32_t find_part(const struct publication *before, const struct statistics_part *part)
{
    if (before == NULL)
        return GRAPH_NONE;
    for (uint32_t i = 0; i < before->statistics.part_count; i++)
        if (same_part(&before->statistics.parts[i], part))
            return i;
    return GRAPH_NONE;
}

static struct statistics_part describe_group(const struct network *network, uint32_t group)
{
    if (group == GRAPH_NONE)
        return (struct statistics_part){.kind = STATISTICS_POOL};
    struct span name = network->group_names[group];
    return (struct statistics_part){.kind = name.len == 0 ? STATISTICS_NO_GROUP : STATISTICS_GROUP,
                                    .name = name};
}

/* What is published of a part's people, after what was; the first time, they themselves. */
static enum status step_part(const struct making *making,
                             const struct statistics_part *part,
                             uint64_t people,
                             struct span *key,
                             uint64_t *published)
{
    static const struct statistics_part nothing = {0};
    TRY(key_of(&making->made->arena, SCOPE_PEOPLE, part, &nothing, key));
    *published =
        making->before == NULL ? people : whole_step(value_of(making->before, *key), people);
    return STATUS_OK;
}

/* A group that was told stays told until what would be published of it is under the minimum; one
 * that was not is told from the minimum on. */
static enum status is_told(const struct making *making, uint32_t group, uint32_t people, bool *told)
{
    struct statistics_part part = describe_group(making->network, group);
    struct span key;
    uint64_t published;
    TRY(step_part(making, &part, people, &key, &published));
    *told = people != 0 && published >= WEAVE_CELL_PEOPLE_MIN;
    return STATUS_OK;
}

static enum status choose_parts(struct making *making)
{
    const struct graph *graph = making->graph;
    if (making->before == NULL)
        return groups_parts_init(graph, &making->parts);
    uint32_t *people = calloc(graph->group_count + 1u, sizeof *people);
    bool *alone = calloc(graph->group_count + 1u, sizeof *alone);
    enum status status = STATUS_NO_MEMORY;
    if (people != NULL && alone != NULL) {
        for (uint32_t u = 0; u < graph->node_count; u++)
            people[graph->groups[u]]++;
        status = STATUS_OK;
        for (uint32_t i = 0; i < graph->group_count && status == STATUS_OK; i++)
            status = is_told(making, i, people[i], &alone[i]);
        if (status == STATUS_OK)
            status = groups_parts_choose(graph, alone, &making->parts);
    }
    free(people);
    free(alone);
    return status;
}

/* A pool that is new holds two groups or more, as weave/groups.h asks, and enough people. */
static bool pool_is_told(const struct making *making, uint32_t was, uint64_t people)
{
    const struct groups_parts *parts = &making->parts;
    uint32_t groups = 0;
    for (uint32_t i = 0; i < parts->group_count; i++)
        groups += parts->of_group[i] == parts->count - 1;
    return people >= WEAVE_CELL_PEOPLE_MIN && (was != GRAPH_NONE || groups > 1);
}

static enum status tell_parts(struct making *making)
{
    struct statistics *statistics = &making->made->statistics;
    const struct groups_parts *parts = &making->parts;
    void *taken = NULL, *earlier = NULL;
    TRY(arena_take(&statistics->arena, parts->count, sizeof *statistics->parts, &taken));
    TRY(arena_take(&making->made->arena, parts->count, sizeof *making->earlier, &earlier));
    statistics->parts = taken;
    making->earlier = earlier;
    for (uint32_t i = 0; i < parts->count; i++) {
        static const struct marks none = {0};
        struct statistics_part part = describe_group(making->network, parts->group[i]);
        uint32_t was = find_part(making->before, &part);
        struct span key;
        TRY(step_part(making, &part, parts->people[i], &key, &part.people));
        TRY(keep(making->made, key, part.people, &none));
        if (making->before != NULL && part.kind == STATISTICS_POOL &&
            !pool_is_told(making, was, part.people))
            continue; /* it is the last: the places of the others stay */
        TRY(arena_copy(&statistics->arena, part.name, &part.name));
        making->earlier[i] = was;
        statistics->parts[statistics->part_count++] = part;
    }
    return STATUS_OK;
}

/* ---- the cells of a matrix ---- */

/* A table of ties between groups: of all ties, or of those that introductions made. */
struct table {
    enum scope scope;
    const struct graph *graph;
    const uint64_t *before; /* its cells of the publication before, or NULL */
    struct groups_matrix matrix;
    struct marks *marks; /* of its cells now */
};

static uint64_t
cell_before(const struct making *making, const struct table *table, uint32_t a, uint32_t b)
{
    uint32_t x = making->earlier[a], y = making->earlier[b];
    if (table->before == NULL || x == GRAPH_NONE || y == GRAPH_NONE)
        return STATISTICS_HIDDEN;
    return table->before[statistics_place(making->before->statistics.part_count, x, y)];
}

/* What is published of one cell. Where the one before stands, its marks stand with it. */
static enum status
tell_cell(const struct making *making, struct table *table, uint32_t a, uint32_t b)
{
    struct publication *made = making->made;
    const struct statistics_part *parts = made->statistics.parts;
    size_t place = statistics_place(making->parts.count, a, b);
    struct groups_cell *cell = &table->matrix.cells[place];
    struct span key;
    TRY(key_of(&made->arena, table->scope, &parts[a], &parts[b], &key));
    const struct publication_cell *old = find_cell(making->before, key);
    const struct marks *now = &table->marks[place];
    if (old != NULL && marks_changed(&old->marks, now) < WEAVE_CELL_PEOPLE_MIN) {
        uint64_t was = cell_before(making, table, a, b);
        cell->hidden = was == STATISTICS_HIDDEN;
        cell->ties = was;
        return keep(made, key, old->value, &old->marks);
    }
    uint64_t published = value_of(making->before, key);
    if (cell->hidden)
        return keep(made, key, published, now);
    if (making->before != NULL)
        cell->ties = whole_step(published, cell->ties);
    cell->hidden = cell->ties == 0;
    bool stands = old != NULL && cell->ties == published;
    return keep(made, key, cell->ties, stands ? &old->marks : now); /* unless it is hidden yet */
}

/* The ties of a pool that is not told are hidden as well. */
static void hide_untold(const struct making *making, struct table *table)
{
    uint32_t count = making->parts.count;
    for (uint32_t b = making->made->statistics.part_count; b < count; b++)
        for (uint32_t a = 0; a < count; a++)
            table->matrix.cells[statistics_place(count, a, b)].hidden = true;
}

static enum status tell_cells(const struct making *making, struct table *table, uint64_t **cells)
{
    struct publication *made = making->made;
    uint32_t told = made->statistics.part_count;
    void *taken = NULL;
    TRY(arena_take(&made->statistics.arena, statistics_cell_count(told), sizeof **cells, &taken));
    *cells = taken;
    size_t cell = made->cell_count;
    for (uint32_t a = 0; a < told; a++)
        for (uint32_t b = a; b < told; b++)
            TRY(tell_cell(making, table, a, b));
    hide_untold(making, table);
    groups_matrix_complement(table->graph, &making->parts, &table->matrix);
    for (uint32_t a = 0; a < told; a++)
        for (uint32_t b = a; b < told; b++, cell++) {
            const struct groups_cell *found = groups_matrix_cell(&table->matrix, a, b);
            (*cells)[statistics_place(told, a, b)] =
                found->hidden ? STATISTICS_HIDDEN : found->ties;
            if (found->hidden)
                made->cells[cell].value = value_of(making->before, made->cells[cell].key);
        }
    return STATUS_OK;
}

static enum status tell_table(const struct making *making, struct table *table, uint64_t **cells)
{
    TRY(groups_matrix_count(table->graph, &making->parts, &table->matrix));
    enum status status = marks_of_cells(making->network, table->graph, &making->parts,
                                        &table->matrix, &making->made->arena, &table->marks);
    if (status == STATUS_OK)
        status = tell_cells(making, table, cells);
    groups_matrix_clear(&table->matrix);
    return status;
}

static enum status tell_tables(const struct making *making, const struct graph *introduced)
{
    struct statistics *statistics = &making->made->statistics;
    const struct statistics *before = making->before == NULL ? NULL : &making->before->statistics;
    struct table ties = {.scope = SCOPE_TIES,
                         .graph = making->graph,
                         .before = before == NULL ? NULL : before->cells};
    struct table more = {.scope = SCOPE_INTRODUCED,
                         .graph = introduced,
                         .before = before == NULL ? NULL : before->introductions.cells};
    if (statistics->part_count > STATISTICS_MATRIX_PARTS ||
        making->parts.count > STATISTICS_MATRIX_PARTS)
        return STATUS_OK;
    TRY(tell_table(making, &ties, &statistics->cells));
    if (!statistics->introductions.shown)
        return STATUS_OK;
    return tell_table(making, &more, &statistics->introductions.cells);
}

/* ---- the whole ---- */

static enum status count_key(struct arena *arena, int count, struct span *key)
{
    const uint8_t bytes[] = {SCOPE_COUNT, (uint8_t)count};
    return arena_copy(arena, SPAN_OF(bytes), key);
}

static enum status tell_counts(const struct making *making, const struct whole *whole)
{
    static const struct marks none = {0};
    struct publication *made = making->made;
    uint64_t counts[WHOLE_COUNTS] = {0};
    struct span keys[WHOLE_COUNTS];
    for (int i = 0; i < WHOLE_COUNTS; i++) {
        TRY(count_key(&made->arena, i, &keys[i]));
        counts[i] = value_of(making->before, keys[i]);
    }
    whole_tell(whole, &making->parts, making->before == NULL, counts, &made->statistics);
    for (int i = 0; i < WHOLE_COUNTS; i++)
        TRY(keep(made, keys[i], counts[i], &none));
    return STATUS_OK;
}

static enum status tell_whole(struct making *making, const struct whole *whole)
{
    struct publication *made = making->made;
    static const struct statistics_part nothing = {0};
    struct marks marks;
    struct span key;
    TRY(key_of(&made->arena, SCOPE_WHOLE, &nothing, &nothing, &key));
    TRY(marks_of_network(making->network, making->graph, &made->arena, &marks));
    const struct publication_cell *old = find_cell(making->before, key);
    if (old != NULL && marks_changed(&old->marks, &marks) < WEAVE_CELL_PEOPLE_MIN) {
        whole_keep(&making->before->statistics, &made->statistics);
        return keep(made, key, 0, &old->marks);
    }
    TRY(tell_counts(making, whole));
    return keep(made, key, 0, &marks);
}

/* The trend so far, less the oldest where it is full, and this publication. */
static enum status add_point(const struct making *making)
{
    struct statistics *statistics = &making->made->statistics;
    const struct statistics *before = making->before == NULL ? NULL : &making->before->statistics;
    uint32_t count = before == NULL ? 0 : before->point_count;
    uint32_t dropped = count == STATISTICS_POINTS_MAX;
    void *taken = NULL;
    TRY(arena_take(&statistics->arena, count - dropped + 1, sizeof *statistics->points, &taken));
    statistics->points = taken;
    for (uint32_t i = dropped; i < count; i++)
        statistics->points[statistics->point_count++] = before->points[i];
    struct statistics_point *point = &statistics->points[statistics->point_count++];
    point->as_of_ms = statistics->as_of_ms;
    for (int i = 0; i < STATISTICS_TREND_COUNT; i++)
        point->numbers[statistics_trend[i]] = statistics->numbers[statistics_trend[i]];
    point->score = (struct statistics_number){.value = statistics->profile.score,
                                              .shown = statistics->profile.shown};
    return STATUS_OK;
}

/* Room for the cells of both tables, of the parts and the whole, and for those of before. */
static enum status make_room(const struct making *making)
{
    void *taken = NULL;
    size_t count =
        2 * statistics_cell_count(STATISTICS_MATRIX_PARTS) + making->parts.count + 1 + WHOLE_COUNTS;
    if (making->before != NULL)
        count += making->before->cell_count;
    TRY(arena_take(&making->made->arena, count, sizeof *making->made->cells, &taken));
    making->made->cells = taken;
    return STATUS_OK;
}

static enum status make_all(struct making *making, const struct whole *whole)
{
    TRY(choose_parts(making));
    TRY(make_room(making));
    TRY(tell_parts(making));
    TRY(tell_whole(making, whole));
    TRY(tell_tables(making, whole->introduced));
    TRY(keep_others(making->before, making->made));
    return add_point(making);
}

/* Fewer than ten people: their number, and no publication that others would be compared with. */
static void tell_number(const struct network *network, struct statistics *statistics)
{
    statistics->numbers[INDICATOR_PEOPLE] =
        (struct statistics_number){.value = network->person_count, .shown = true};
    statistics->next_ms = statistics->as_of_ms;
}

enum status publication_make(const struct network *network,
                             const struct publication *before,
                             struct publication *made)
{
    CLEANUP(whole_clear) struct whole whole = {0};
    made->statistics.as_of_ms = network->taken_at_ms;
    made->statistics.next_ms = network->taken_at_ms + PUBLICATION_INTERVAL_MS;
    if (network->person_count < WEAVE_CELL_PEOPLE_MIN) {
        tell_number(network, &made->statistics);
        return before == NULL ? STATUS_OK : STATUS_NOT_NOW;
    }
    TRY(whole_init(network, &whole));
    struct making making = {
        .network = network, .graph = whole.graph, .before = before, .made = made};
    enum status status = make_all(&making, &whole);
    groups_parts_clear(&making.parts);
    return status;
}
