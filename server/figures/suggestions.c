/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/figures/suggestions.h"

#include "protocol/statistics/document.h"
#include "server/weave/groups.h"

static uint32_t default_count(const struct network *network)
{
    uint64_t count = ((uint64_t)network->person_count * SUGGESTIONS_PERCENT + 99) / 100;
    return count > SUGGESTIONS_MAX ? SUGGESTIONS_MAX : (uint32_t)count;
}

static json_t *
part_name(const struct network *network, const struct groups_parts *parts, uint32_t part)
{
    uint32_t group = parts->group[part];
    if (group == GRAPH_NONE)
        return json_null();
    struct span name = network->group_names[group];
    return json_stringn(name.len == 0 ? "" : (const char *)name.ptr, name.len);
}

static json_t *describe(const struct network *network,
                        const struct groups_parts *parts,
                        const struct groups_needs *needs)
{
    json_t *pairs = json_array();
    json_int_t total = 0;
    for (uint32_t i = 0; i < needs->count; i++) {
        const struct groups_need *need = &needs->list[i];
        json_array_append_new(pairs,
                              json_pack("{s:o, s:o, s:I}", "a", part_name(network, parts, need->a),
                                        "b", part_name(network, parts, need->b), "introductions",
                                        (json_int_t)need->introductions));
        total += need->introductions;
    }
    return json_pack("{s:I, s:I, s:o}", "people", (json_int_t)network->person_count,
                     "introductions", total, "pairs", pairs);
}

static enum status write_needs(const struct network *network,
                               const struct graph *graph,
                               const struct introductions *introductions,
                               struct buffer *text)
{
    struct groups_parts parts;
    struct groups_needs needs = {0};
    TRY(groups_parts_init(graph, &parts));
    enum status status = groups_needs_init(graph, &parts, introductions, &needs);
    if (status == STATUS_OK)
        status = document_append(describe(network, &parts, &needs), text);
    groups_needs_clear(&needs);
    groups_parts_clear(&parts);
    return status;
}

enum status suggestions_write(const struct network *network,
                              const struct suggestions_options *asked,
                              struct buffer *text)
{
    struct introductions_options options = {
        .count = asked->count != 0 ? asked->count : default_count(network),
        .cancelled = asked->cancelled,
        .context = asked->context,
    };
    struct introductions introductions = {0};
    struct graph *graph = NULL;
    TRY(network_graph(network, true, &graph));
    enum status status = introductions_choose(graph, &options, &introductions);
    if (status == STATUS_OK)
        status = write_needs(network, graph, &introductions, text);
    introductions_clear(&introductions);
    graph_free(&graph);
    return status;
}
