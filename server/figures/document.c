/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/figures/document.h"

#include "server/weave/measures.h"

#include <stdlib.h>

/* Significant digits: more than any figure of a network deserves, and .2 stays .2. */
#define DIGITS 10

static bool is_whole(enum measures_kind kind)
{
    return kind == MEASURES_PEOPLE || kind == MEASURES_TIES || kind == MEASURES_GROUPS ||
           kind == MEASURES_COMPONENTS || kind == MEASURES_ISOLATES;
}

static json_t *number(const struct measures *measures, enum measures_kind kind)
{
    double value = measures->values[kind].value;
    if (!measures_may_show(measures, kind))
        return json_null();
    return is_whole(kind) ? json_integer((json_int_t)value) : json_real(value);
}

static bool add_measures(const struct measures *measures, json_t *object)
{
    json_t *estimated = json_object();
    bool ok = json_object_set_new(object, "estimated", estimated) == 0;
    for (int i = 0; i < MEASURES_COUNT && ok; i++) {
        enum measures_kind kind = (enum measures_kind)i;
        double error = measures->values[kind].error;
        ok = json_object_set_new(object, measures_key(kind), number(measures, kind)) == 0;
        if (error > 0 && measures_may_show(measures, kind))
            ok = ok && json_object_set_new(estimated, measures_key(kind), json_real(error)) == 0;
    }
    return ok;
}

/* ---- groups ---- */

struct tables {
    const struct network *network;
    struct groups_parts parts;
    struct groups_matrix matrix;
};

json_t *
document_part_name(const struct network *network, const struct groups_parts *parts, uint32_t part)
{
    uint32_t group = parts->group[part];
    if (group == GRAPH_NONE)
        return json_null();
    struct span name = network->group_names[group];
    return json_stringn(name.len == 0 ? "" : (const char *)name.ptr, name.len);
}

static json_t *part_name(const struct tables *tables, uint32_t part)
{
    return document_part_name(tables->network, &tables->parts, part);
}

static bool add_sizes(const struct tables *tables, json_t *object)
{
    json_t *list = json_array();
    bool ok = json_object_set_new(object, "group_sizes", list) == 0;
    for (uint32_t i = 0; i < tables->parts.count && ok; i++)
        ok = json_array_append_new(list,
                                   json_pack("{s:o, s:I}", "group", part_name(tables, i), "people",
                                             (json_int_t)tables->parts.people[i])) == 0;
    return ok;
}

static json_t *cell_of(const struct tables *tables, uint32_t a, uint32_t b)
{
    const struct groups_cell *cell = groups_matrix_cell(&tables->matrix, a, b);
    json_t *ties = cell->hidden ? json_null() : json_integer((json_int_t)cell->ties);
    return json_pack("{s:o, s:o, s:o}", "a", part_name(tables, a), "b", part_name(tables, b),
                     "ties", ties);
}

static bool add_ties(const struct tables *tables, json_t *object)
{
    if (tables->matrix.cells == NULL)
        return json_object_set_new(object, "group_ties", json_null()) == 0;
    json_t *list = json_array();
    bool ok = json_object_set_new(object, "group_ties", list) == 0;
    for (uint32_t a = 0; a < tables->parts.count; a++) {
        for (uint32_t b = a; b < tables->parts.count && ok; b++)
            ok = json_array_append_new(list, cell_of(tables, a, b)) == 0;
    }
    return ok;
}

static enum status
add_groups(const struct network *network, const struct graph *graph, json_t *object)
{
    struct tables tables = {.network = network};
    TRY(groups_parts_init(graph, &tables.parts));
    enum status status = STATUS_OK;
    if (tables.parts.count <= DOCUMENT_MATRIX_PARTS)
        status = groups_matrix_init(graph, &tables.parts, &tables.matrix);
    if (status == STATUS_OK && !(add_sizes(&tables, object) && add_ties(&tables, object)))
        status = STATUS_NO_MEMORY;
    groups_matrix_clear(&tables.matrix);
    groups_parts_clear(&tables.parts);
    return status;
}

static enum status fill(const struct network *network, const struct graph *graph, json_t *object)
{
    struct measures measures;
    TRY(measures_compute(graph, NULL, &measures));
    bool ok =
        json_object_set_new(object, "as_of", json_integer((json_int_t)network->taken_at_ms)) == 0;
    return ok && add_measures(&measures, object) ? add_groups(network, graph, object)
                                                 : STATUS_NO_MEMORY;
}

enum status document_append(json_t *object, struct buffer *text)
{
    char *dumped =
        object == NULL ? NULL : json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
    json_decref(object);
    if (dumped == NULL)
        return STATUS_NO_MEMORY;
    enum status status = buffer_append(text, span_from_text(dumped));
    free(dumped);
    return status;
}

enum status document_write(const struct network *network, struct buffer *text)
{
    struct graph *graph = NULL;
    TRY(network_graph(network, false, &graph));
    json_t *object = json_object();
    enum status status = object == NULL ? STATUS_NO_MEMORY : fill(network, graph, object);
    graph_free(&graph);
    if (status == STATUS_OK)
        return document_append(object, text);
    json_decref(object);
    return status;
}
