/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/introduce/round.h"

#include "protocol/base/limits.h"
#include "server/introduce/acceptance.h"
#include "server/introduce/reason.h"
#include "server/store/coffee.h"
#include "server/weave/coffee.h"
#include "server/weave/introductions.h"

#include <stdlib.h>

/* ---- what happened before ---- */

struct loading {
    const struct network *network;
    struct round_past *past;
};

static enum status grow(void **items, size_t count, size_t size, size_t *capacity)
{
    if (count < *capacity)
        return STATUS_OK;
    size_t more = *capacity == 0 ? 256 : 2 * *capacity;
    void *grown = realloc(*items, more * size);
    if (grown == NULL)
        return STATUS_NO_MEMORY;
    *items = grown;
    *capacity = more;
    return STATUS_OK;
}

static enum status take_barred(void *context, const struct store_pair *pair)
{
    struct loading *loading = context;
    struct round_past *past = loading->past;
    struct graph_pair taken = {network_find(loading->network, &pair->a),
                               network_find(loading->network, &pair->b)};
    if (taken.a == GRAPH_NONE || taken.b == GRAPH_NONE)
        return STATUS_OK;
    TRY(grow((void **)&past->barred, past->barred_count, sizeof taken, &past->barred_capacity));
    past->barred[past->barred_count++] = taken;
    return STATUS_OK;
}

static enum status take_history(void *context, const struct store_history *history)
{
    struct round_past *past = ((struct loading *)context)->past;
    TRY(grow((void **)&past->history, past->history_count, sizeof *history,
             &past->history_capacity));
    past->history[past->history_count++] = *history;
    return STATUS_OK;
}

static enum status leave_out(void *context, const struct id *person)
{
    struct loading *loading = context;
    uint32_t at = network_find(loading->network, person);
    if (at != GRAPH_NONE)
        loading->past->takes_part[at] = false;
    return STATUS_OK;
}

static enum status let_in(void *context, const struct id *person)
{
    struct loading *loading = context;
    uint32_t at = network_find(loading->network, person);
    if (at != GRAPH_NONE)
        loading->past->takes_part[at] = true;
    return STATUS_OK;
}

static enum status load_pair_round(struct store_db *db, struct loading *loading)
{
    const struct network *network = loading->network;
    for (uint32_t i = 0; i < network->person_count; i++)
        loading->past->takes_part[i] = true;
    TRY(store_introductions_walk_waiting(db, network->taken_at_ms, leave_out, loading));
    TRY(store_introductions_walk_barred(db, network->taken_at_ms, take_barred, loading));
    return store_introductions_walk_history(db, network->taken_at_ms, take_history, loading);
}

static enum status load_coffee_round(struct store_db *db, struct loading *loading)
{
    TRY(store_coffee_walk(db, let_in, loading));
    return store_introductions_walk_barred(db, loading->network->taken_at_ms, take_barred, loading);
}

/* Who was asked as often as they allow is asked no more, and people of no group by nobody. */
static void leave_out_the_rest(struct loading *loading)
{
    const struct network *network = loading->network;
    for (uint32_t i = 0; i < network->person_count; i++) {
        const struct store_node *node = &network->people[i];
        if (!network_may_be_introduced(network, i) ||
            node->contacts_this_week >= node->contacts_per_week_max)
            loading->past->takes_part[i] = false;
    }
}

enum status round_past_load(struct store_db *db,
                            const struct network *network,
                            enum store_introduction_kind kind,
                            struct round_past *past)
{
    struct loading loading = {network, past};
    past->takes_part = calloc((size_t)network->person_count + 1, sizeof(bool));
    if (past->takes_part == NULL)
        return STATUS_NO_MEMORY;
    TRY(kind == STORE_INTRODUCTION_COFFEE ? load_coffee_round(db, &loading)
                                          : load_pair_round(db, &loading));
    leave_out_the_rest(&loading);
    return STATUS_OK;
}

void round_past_clear(struct round_past *past)
{
    free(past->takes_part);
    free(past->barred);
    free(past->history);
    *past = (struct round_past){0};
}

/* ---- a round on its way ---- */

struct making {
    const struct network *network;
    const struct round_past *past;
    const struct round_options *options;
    struct arena *arena;
    struct round *round;
    struct graph *graph;
    struct interests *interests;
    struct reasons *reasons;
    struct acceptance acceptance;
    bool *takes_part;              /* of each person, with the crowd kept */
    struct pairwise_entry *common; /* pairs with something in common */
    size_t common_count;
    struct pairwise *relevance;
    struct pairwise *likely;
    uint32_t taking_part;
};

static void making_clear(struct making *making)
{
    reasons_free(&making->reasons);
    interests_free(&making->interests);
    acceptance_clear(&making->acceptance);
    pairwise_free(&making->relevance);
    pairwise_free(&making->likely);
    graph_free(&making->graph);
    free(making->common);
    free(making->takes_part);
}

/* Whoever could tell of an introduction whom it is about, because few could be, gets none. At a
 * coffee table people are named at once. */
static void keep_crowd(struct making *making)
{
    for (uint32_t i = 0; i < making->network->person_count; i++)
        if (making->takes_part[i] && reasons_possible(making->reasons, i) < REASON_CROWD_MIN) {
            making->takes_part[i] = false;
            graph_withdraw(making->graph, making->graph->nodes[i]);
        }
}

static enum status prepare(struct making *making)
{
    const struct network *network = making->network;
    const struct round_past *past = making->past;
    const struct network_round round = {past->takes_part, past->barred, past->barred_count};
    making->takes_part = calloc((size_t)network->person_count + 1, sizeof(bool));
    if (making->takes_part == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < network->person_count; i++)
        making->takes_part[i] = past->takes_part[i];
    TRY(network_graph_of_round(network, &round, &making->graph));
    TRY(interests_new(network, &making->interests));
    TRY(reasons_new(network, making->graph, making->interests, &making->reasons));
    if (making->options->kind == STORE_INTRODUCTION_PAIR)
        keep_crowd(making);
    for (uint32_t i = 0; i < network->person_count; i++)
        making->taking_part += making->takes_part[i];
    return interests_pairs(making->interests, making->takes_part, &making->common,
                           &making->common_count);
}

/* Every person of the network is a node, in the same order: both lists may name either. */
static enum status weigh_relevance(struct making *making)
{
    return pairwise_new(making->graph->node_count, making->common, making->common_count, 0,
                        &making->relevance);
}

static void add_likely(const struct making *making,
                       uint32_t a,
                       uint32_t b,
                       bool shared,
                       struct pairwise_entry *entries,
                       size_t *count)
{
    double p = acceptance_of(&making->acceptance, a, b, shared);
    entries[(*count)++] = (struct pairwise_entry){a, b, (float)p};
}

/* Whoever takes part with whoever else of another group does; `entries` has room. */
static void
add_each_pair(const struct making *making, struct pairwise_entry *entries, size_t *count)
{
    const bool *takes_part = making->takes_part;
    const uint32_t *groups = making->network->groups;
    for (uint32_t a = 0; a < making->network->person_count; a++) {
        for (uint32_t b = a + 1; takes_part[a] && b < making->network->person_count; b++)
            if (takes_part[b] && groups[a] != groups[b])
                add_likely(making, a, b, false, entries, count);
    }
}

static enum status weigh_acceptance(struct making *making)
{
    const struct round_past *past = making->past;
    bool each = making->taking_part <= ROUND_EACH_PAIR_PEOPLE;
    size_t pairs = each ? (size_t)making->taking_part * making->taking_part / 2 : 0;
    size_t count = 0;
    TRY(acceptance_init(making->network, past->history, past->history_count, &making->acceptance));
    struct pairwise_entry *entries = calloc(pairs + making->common_count + 1, sizeof *entries);
    if (entries == NULL)
        return STATUS_NO_MEMORY;
    if (each)
        add_each_pair(making, entries, &count);
    /* Of a pair that is listed again the last counts. */
    for (size_t i = 0; i < making->common_count; i++)
        add_likely(making, making->common[i].a, making->common[i].b, true, entries, &count);
    float usual = (float)(ACCEPTANCE_AT_FIRST * ACCEPTANCE_AT_FIRST);
    enum status status =
        pairwise_new(making->graph->node_count, entries, count, usual, &making->likely);
    free(entries);
    return status;
}

/* ---- what was chosen ---- */

static enum status
write_reason(struct making *making, uint32_t reader, uint32_t other, struct span *reason)
{
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(LIMIT_REASON_BYTES);
    TRY(reasons_write(making->reasons, reader, other, &text));
    return arena_copy(making->arena, buffer_span(&text), reason);
}

static enum status
add_meeting(struct making *making, const uint32_t *nodes, uint32_t count, bool shared)
{
    struct round_meeting *meeting = &making->round->meetings[making->round->count++];
    *meeting = (struct round_meeting){.person_count = count, .shared = shared};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t reader = making->graph->persons[nodes[i]];
        uint32_t other = making->graph->persons[nodes[i == 0 ? 1 : 0]];
        meeting->people[i] = making->network->people[reader].person;
        TRY(write_reason(making, reader, other, &meeting->reasons[i]));
    }
    return STATUS_OK;
}

static enum status make_room(struct making *making, size_t count)
{
    void *meetings = NULL;
    TRY(arena_take(making->arena, count, sizeof(struct round_meeting), &meetings));
    making->round->meetings = meetings;
    return STATUS_OK;
}

static enum status take_pairs(struct making *making, const struct introductions *chosen)
{
    TRY(make_room(making, chosen->count));
    for (uint32_t i = 0; i < chosen->count; i++) {
        const uint32_t nodes[] = {chosen->pairs[i].u, chosen->pairs[i].v};
        bool shared = pairwise_value(making->relevance, nodes[0], nodes[1]) > 0;
        TRY(add_meeting(making, nodes, 2, shared));
    }
    return STATUS_OK;
}

static enum status choose_pairs(struct making *making)
{
    CLEANUP(introductions_clear) struct introductions chosen = {0};
    TRY(weigh_relevance(making));
    TRY(weigh_acceptance(making));
    uint32_t usual = (making->taking_part * ROUND_PERCENT + 99) / 100;
    const struct introductions_options options = {
        .count = making->options->count != 0 ? making->options->count : usual,
        .load_cap = 1,
        .seed = making->options->seed,
        .cancelled = making->options->cancelled,
        .context = making->options->context,
        .acceptance = making->likely,
        .relevance = making->relevance,
        .fair = true,
    };
    TRY(introductions_choose(making->graph, &options, &chosen));
    return take_pairs(making, &chosen);
}

static enum status choose_tables(struct making *making)
{
    CLEANUP(coffee_clear) struct coffee coffee = {0};
    const struct coffee_options options = {
        .seed = making->options->seed,
        .cancelled = making->options->cancelled,
        .context = making->options->context,
    };
    TRY(coffee_round(making->graph, &options, &coffee));
    TRY(make_room(making, coffee.table_count));
    for (uint32_t i = 0; i < coffee.table_count; i++)
        TRY(add_meeting(making, coffee.tables[i].people, coffee.tables[i].count, false));
    return STATUS_OK;
}

enum status round_choose(const struct network *network,
                         const struct round_past *past,
                         const struct round_options *options,
                         struct arena *arena,
                         struct round *round)
{
    CLEANUP(making_clear)
    struct making making = {
        .network = network,
        .past = past,
        .options = options,
        .arena = arena,
        .round = round,
    };
    *round = (struct round){0};
    TRY(prepare(&making));
    return options->kind == STORE_INTRODUCTION_COFFEE ? choose_tables(&making)
                                                      : choose_pairs(&making);
}
