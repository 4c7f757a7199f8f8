/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/introduce/reason.h"

#include "protocol/base/limits.h"

#include <stdio.h>
#include <stdlib.h>

/* A group is named as brought near only when it is no small cell. */
#define GROUP_PEOPLE_MIN WEAVE_CELL_PEOPLE_MIN

struct reasons {
    const struct network *network;
    const struct graph *graph;
    const struct interests *interests;
    struct graph_components components;
    uint32_t open;           /* people who may be introduced */
    uint32_t *open_in_group; /* of these, in each group */
    uint32_t *group_starts;  /* where each group's nodes start in: */
    uint32_t *by_group;
    /* Of the person whose reason is being written: whom it cannot be about, since they are tied or
     * were introduced before; those with something in common, and then nodes within two steps (all
     * are nodes, in the same order); groups of which somebody is. */
    bool *known;
    uint32_t *near;
    uint32_t *group_near;
    uint32_t mark;
};

static uint32_t people_in_group(const struct reasons *reasons, uint32_t group)
{
    return reasons->group_starts[group + 1] - reasons->group_starts[group];
}

/* The nodes, sorted by group. */
static void sort_by_group(struct reasons *reasons)
{
    const struct graph *graph = reasons->graph;
    uint32_t *starts = reasons->group_starts;
    for (uint32_t u = 0; u < graph->node_count; u++)
        starts[graph_group(graph, u) + 1]++;
    for (uint32_t g = 0; g < graph->group_count; g++)
        starts[g + 1] += starts[g];
    for (uint32_t u = graph->node_count; u-- > 0;) {
        uint32_t g = graph_group(graph, u);
        reasons->by_group[starts[g] + reasons->group_near[g]++] = u;
    }
    for (uint32_t g = 0; g < graph->group_count; g++)
        reasons->group_near[g] = 0;
}

static enum status count_people(struct reasons *reasons)
{
    const struct network *network = reasons->network;
    reasons->open_in_group = calloc(network->group_count + 1u, sizeof(uint32_t));
    reasons->group_starts = calloc(network->group_count + 2u, sizeof(uint32_t));
    reasons->group_near = calloc(network->group_count + 1u, sizeof(uint32_t));
    reasons->by_group = calloc(reasons->graph->node_count + 1u, sizeof(uint32_t));
    reasons->near = calloc(reasons->graph->node_count + 1u, sizeof(uint32_t));
    reasons->known = calloc(network->person_count + 1u, sizeof(bool));
    if (reasons->open_in_group == NULL || reasons->group_starts == NULL ||
        reasons->group_near == NULL || reasons->by_group == NULL || reasons->near == NULL ||
        reasons->known == NULL)
        return STATUS_NO_MEMORY;
    sort_by_group(reasons);
    for (uint32_t i = 0; i < network->person_count; i++) {
        bool open = network_may_be_introduced(network, i);
        reasons->open += open;
        reasons->open_in_group[network->groups[i]] += open;
    }
    return graph_components_init(reasons->graph, &reasons->components);
}

enum status reasons_new(const struct network *network,
                        const struct graph *graph,
                        const struct interests *interests,
                        struct reasons **reasons)
{
    struct reasons *made = calloc(1, sizeof *made);
    if (made == NULL)
        return STATUS_NO_MEMORY;
    *made = (struct reasons){.network = network, .graph = graph, .interests = interests};
    enum status status = count_people(made);
    if (status != STATUS_OK) {
        reasons_free(&made);
        return status;
    }
    *reasons = made;
    return STATUS_OK;
}

void reasons_free(struct reasons **reasons)
{
    if (*reasons == NULL)
        return;
    free((*reasons)->open_in_group);
    free((*reasons)->group_starts);
    free((*reasons)->by_group);
    free((*reasons)->known);
    free((*reasons)->group_near);
    free((*reasons)->near);
    graph_components_clear(&(*reasons)->components);
    free(*reasons);
    *reasons = NULL;
}

/* ---- what they have in common ---- */

/* Whether a fact that fits so many of `all` people tells nobody apart. */
static bool is_crowd(uint32_t fitting, uint32_t all)
{
    return fitting >= REASON_CROWD_MIN || fitting == all;
}

static const char *words_before(enum interests_kind kind)
{
    switch (kind) {
    case INTERESTS_BOTH_WORK_ON:
        return "You both work on ";
    case INTERESTS_OTHER_CAN_HELP:
        return "They can help with something you work on: ";
    case INTERESTS_PERSON_CAN_HELP:
        return "They work on something you can help with: ";
    }
    return "";
}

/* Sets or clears the marks of whom the reader knows already, and counts those who may be
 * introduced, of another group than the reader's: in all, and in the other's group. */
static void
set_known(struct reasons *reasons, uint32_t reader, uint32_t other, bool known, uint32_t counts[2])
{
    const struct network *network = reasons->network;
    const struct graph *graph = reasons->graph;
    uint32_t u = graph->nodes[reader];
    uint64_t never_count = graph->never_starts[u + 1] - graph->never_starts[u];
    uint64_t count = graph_degree(graph, u) + never_count;
    for (uint64_t i = 0; i < count; i++) {
        uint32_t v = i < never_count ? graph->never[graph->never_starts[u] + i]
                                     : graph_neighbours(graph, u)[i - never_count];
        uint32_t person = graph->persons[v];
        if (reasons->known[person] == known)
            continue;
        reasons->known[person] = known;
        if (!network_may_be_introduced(network, person) ||
            network->groups[person] == network->groups[reader])
            continue;
        counts[0]++;
        counts[1] += network->groups[person] == network->groups[other];
    }
}

uint32_t reasons_possible(struct reasons *reasons, uint32_t reader)
{
    const struct network *network = reasons->network;
    uint32_t known[2] = {0, 0}, unmarked[2] = {0, 0};
    set_known(reasons, reader, reader, true, known);
    set_known(reasons, reader, reader, false, unmarked);
    return reasons->open - reasons->open_in_group[network->groups[reader]] - known[0];
}

static enum status write_named(const struct interests_common *common, struct buffer *text)
{
    TRY(buffer_append(text, span_from_text(words_before(common->kind))));
    TRY(buffer_append(text, common->words));
    return buffer_append(text, SPAN_LITERAL(". "));
}

static enum status write_group(const struct reasons *reasons, uint32_t other, struct buffer *text)
{
    const struct network *network = reasons->network;
    TRY(buffer_append(text, SPAN_LITERAL("They are in ")));
    TRY(buffer_append(text, network->group_names[network->groups[other]]));
    return buffer_append(text, SPAN_LITERAL(". "));
}

/* The first thing in common that may be named, or that there is something; and into `where` the
 * other's group if both may be: two facts fit fewer people than each. */
static enum status write_common(struct reasons *reasons,
                                uint32_t reader,
                                uint32_t other,
                                struct buffer *text,
                                struct buffer *where)
{
    const struct network *network = reasons->network;
    const uint32_t *in_group = reasons->open_in_group;
    const struct interests_pair pair = {reader, other, reasons->known};
    struct interests_common common[3];
    uint32_t known[2] = {0, 0}, unmarked[2] = {0, 0};
    set_known(reasons, reader, other, true, known);
    uint32_t all = reasons->open - in_group[network->groups[reader]] - known[0];
    uint32_t fitting_in_group = in_group[network->groups[other]] - known[1];
    uint32_t count = interests_between(reasons->interests, &pair, common);
    uint32_t sharing =
        interests_count_others(reasons->interests, &pair, reasons->near, ++reasons->mark);
    set_known(reasons, reader, other, false, unmarked);
    uint32_t at = 0;
    while (at < count && !is_crowd(common[at].others, all))
        at++;
    if (at < count) {
        TRY(write_named(&common[at], text));
        fitting_in_group = common[at].others_in_group;
    } else if (count > 0 && is_crowd(sharing, all)) {
        TRY(buffer_append(text, SPAN_LITERAL("You have something in common in what you work on or "
                                             "can help with. ")));
        fitting_in_group = 0;
    }
    return is_crowd(fitting_in_group, all) ? write_group(reasons, other, where) : STATUS_OK;
}

/* ---- what a tie would join ---- */

static void mark(struct reasons *reasons, uint32_t node)
{
    reasons->near[node] = reasons->mark;
    reasons->group_near[graph_group(reasons->graph, node)] = reasons->mark;
}

static void mark_near(struct reasons *reasons, uint32_t node)
{
    const struct graph *graph = reasons->graph;
    const uint32_t *first = graph_neighbours(graph, node);
    reasons->mark++;
    mark(reasons, node);
    for (uint32_t i = 0; i < graph_degree(graph, node); i++) {
        const uint32_t *second = graph_neighbours(graph, first[i]);
        mark(reasons, first[i]);
        for (uint32_t k = 0; k < graph_degree(graph, first[i]); k++)
            mark(reasons, second[k]);
    }
}

struct brought {
    uint32_t people; /* who come within two steps, the other included */
    uint32_t groups; /* of which nobody was */
    uint32_t named;  /* the largest of these that may be named, or GRAPH_NONE */
};

static void bring(struct reasons *reasons, uint32_t node, bool may_name, struct brought *brought)
{
    const struct network *network = reasons->network;
    uint32_t group = graph_group(reasons->graph, node);
    if (reasons->near[node] == reasons->mark)
        return;
    brought->people++;
    if (reasons->group_near[group] == reasons->mark ||
        !network_has_group(network, reasons->graph->persons[node]))
        return;
    reasons->group_near[group] = reasons->mark;
    brought->groups++;
    uint32_t people = people_in_group(reasons, group);
    if (may_name && people >= GROUP_PEOPLE_MIN &&
        (brought->named == GRAPH_NONE || people > people_in_group(reasons, brought->named)))
        brought->named = group;
}

/* Whether anybody of the one's group is tied to anybody of the other's. */
static bool groups_are_tied(const struct reasons *reasons, uint32_t u, uint32_t v)
{
    const struct graph *graph = reasons->graph;
    uint32_t group = graph_group(graph, u);
    for (uint32_t i = reasons->group_starts[group]; i < reasons->group_starts[group + 1]; i++) {
        uint32_t node = reasons->by_group[i];
        const uint32_t *neighbours = graph_neighbours(graph, node);
        for (uint32_t k = 0; k < graph_degree(graph, node); k++)
            if (graph_group(graph, neighbours[k]) == graph_group(graph, v))
                return true;
    }
    return false;
}

/* 1, 2 or 5 times a power of ten, not above it. */
static uint32_t rounded_down(uint32_t number)
{
    uint32_t power = 1;
    while (power <= number / 10)
        power *= 10;
    return number >= 5 * power ? 5 * power : number >= 2 * power ? 2 * power : power;
}

static enum status
write_brought(struct reasons *reasons, const struct brought *brought, struct buffer *text)
{
    char number[96];
    if (brought->named != GRAPH_NONE) {
        TRY(buffer_append(text, SPAN_LITERAL("It would bring ")));
        TRY(buffer_append(text, reasons->network->group_names[brought->named]));
        snprintf(number, sizeof number, "%s within two steps of you. ",
                 brought->groups > 1 ? " and other groups" : "");
        return buffer_append(text, span_from_text(number));
    }
    if (brought->people < GROUP_PEOPLE_MIN)
        return STATUS_OK;
    snprintf(number, sizeof number, "It would bring %u people or more within two steps of you. ",
             rounded_down(brought->people));
    return buffer_append(text, span_from_text(number));
}

static enum status
write_joined(struct reasons *reasons, uint32_t reader, uint32_t other, struct buffer *text)
{
    const struct graph *graph = reasons->graph;
    uint32_t u = graph->nodes[reader], v = graph->nodes[other];
    struct brought brought = {.named = GRAPH_NONE};
    if (reasons->components.labels[u] != reasons->components.labels[v])
        TRY(buffer_append(text, SPAN_LITERAL("No chain of contacts leads from you to them yet. ")));
    else if (!groups_are_tied(reasons, u, v))
        TRY(buffer_append(text, SPAN_LITERAL("Your two groups have no tie yet. ")));
    mark_near(reasons, u);
    bring(reasons, v, false, &brought);
    const uint32_t *neighbours = graph_neighbours(graph, v);
    for (uint32_t i = 0; i < graph_degree(graph, v); i++)
        bring(reasons, neighbours[i], true, &brought);
    return write_brought(reasons, &brought, text);
}

/* Of one group, or tied, as people at a coffee table may be. */
static bool are_close(const struct reasons *reasons, uint32_t reader, uint32_t other)
{
    const struct graph *graph = reasons->graph;
    uint32_t u = graph->nodes[reader], v = graph->nodes[other];
    return graph_group(graph, u) == graph_group(graph, v) || graph_is_tied(graph, u, v);
}

enum status
reasons_write(struct reasons *reasons, uint32_t reader, uint32_t other, struct buffer *text)
{
    CLEANUP(buffer_clear) struct buffer common = BUFFER_INIT(LIMIT_REASON_BYTES);
    CLEANUP(buffer_clear) struct buffer where = BUFFER_INIT(LIMIT_REASON_BYTES);
    CLEANUP(buffer_clear) struct buffer joined = BUFFER_INIT(LIMIT_REASON_BYTES);
    TRY(write_common(reasons, reader, other, &common, &where));
    TRY(write_joined(reasons, reader, other, &joined));
    if (common.len + joined.len == 0 && !are_close(reasons, reader, other))
        TRY(buffer_append(&joined, SPAN_LITERAL("Of all ties across groups, this is one that would "
                                                "connect everybody best. ")));
    TRY(buffer_append(text, buffer_span(&common)));
    TRY(buffer_append(text, buffer_span(&where)));
    TRY(buffer_append(text, buffer_span(&joined)));
    if (text->len != 0)
        buffer_truncate(text, text->len - 1); /* the last space */
    return STATUS_OK;
}
