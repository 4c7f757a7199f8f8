/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/coffee.h"

#include "server/weave/introductions.h"
#include "server/weave/matching.h"

#include <stdlib.h>
#include <string.h>

/* What a pair is, the better first. */
enum kind { KIND_NEW, KIND_TIED, KIND_WITHIN, KIND_REPEAT, KIND_NEVER };

/* What it costs: one of a worse kind is more than all that an exchange of two pairs can save on the
 * better ones. A repeat costs up to one more, the later it was. */
static const float kind_costs[] = {
    [KIND_NEW] = 0, [KIND_TIED] = 1, [KIND_WITHIN] = 10, [KIND_REPEAT] = 100, [KIND_NEVER] = 1e6F};

/* Exchanges between tables: passes over all; most rounds need one. */
#define PASSES_MAX 8

struct party {
    const struct graph *graph;
    const struct coffee_options *options;
    struct pairwise *past; /* how late a pair met last: above 0 to 1; 0: never */
    uint32_t count;        /* who take part */
    uint32_t *nodes;       /* of each of them */
    uint32_t *partners;    /* of each of them */
    uint32_t *thirds;      /* of each of them, who sits with them and their partner */
    bool *is_third;        /* of each of them: is such a one */
    enum kind worst;       /* that may be taken now */
};

static void party_clear(struct party *party)
{
    pairwise_free(&party->past);
    free(party->nodes);
    free(party->partners);
    free(party->thirds);
    free(party->is_third);
}

static bool takes_part(const struct party *party, uint32_t u)
{
    return party->graph->proposable[u] &&
           (party->options->takes_part == NULL || party->options->takes_part[u]);
}

static enum status read_past(struct party *party)
{
    size_t count = party->options->past_count;
    if (count > WEAVE_ROWS_MAX)
        return STATUS_LIMIT;
    struct pairwise_entry *entries = calloc(count + 1, sizeof(*entries));
    if (entries == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct graph_pair *pair = &party->options->past[i];
        entries[i] = (struct pairwise_entry){pair->a, pair->b, (float)(i + 1) / (float)count};
    }
    enum status status = pairwise_new(party->graph->node_count, entries, count, 0, &party->past);
    free(entries);
    return status;
}

static enum status party_init(struct party *party)
{
    uint32_t n = party->graph->node_count;
    TRY(read_past(party));
    for (uint32_t u = 0; u < n; u++)
        party->count += takes_part(party, u);
    if (party->count > COFFEE_PEOPLE_MAX)
        return STATUS_LIMIT;
    party->nodes = calloc(party->count + 1u, sizeof(uint32_t));
    party->partners = calloc(party->count + 1u, sizeof(uint32_t));
    party->thirds = calloc(party->count + 1u, sizeof(uint32_t));
    party->is_third = calloc(party->count + 1u, sizeof(bool));
    if (party->nodes == NULL || party->partners == NULL || party->thirds == NULL ||
        party->is_third == NULL)
        return STATUS_NO_MEMORY;
    uint32_t next = 0;
    for (uint32_t u = 0; u < n; u++)
        if (takes_part(party, u))
            party->nodes[next++] = u;
    memset(party->partners, 0xFF, party->count * sizeof(uint32_t));
    memset(party->thirds, 0xFF, party->count * sizeof(uint32_t));
    return STATUS_OK;
}

static enum kind kind_of(const struct party *party, uint32_t i, uint32_t j)
{
    uint32_t u = party->nodes[i], v = party->nodes[j];
    if (i == j || graph_is_never(party->graph, u, v))
        return KIND_NEVER;
    if (pairwise_value(party->past, u, v) > 0)
        return KIND_REPEAT;
    if (graph_group(party->graph, u) == graph_group(party->graph, v))
        return KIND_WITHIN;
    return graph_is_tied(party->graph, u, v) ? KIND_TIED : KIND_NEW;
}

static float cost_of(const struct party *party, uint32_t i, uint32_t j)
{
    return kind_costs[kind_of(party, i, j)] +
           pairwise_value(party->past, party->nodes[i], party->nodes[j]);
}

static bool allows(void *context, uint32_t i, uint32_t j)
{
    const struct party *party = context;
    return kind_of(party, i, j) <= party->worst;
}

static bool is_cancelled(void *context)
{
    const struct coffee_options *options = ((const struct party *)context)->options;
    return options->cancelled != NULL && options->cancelled(options->context);
}

static void pair_up(struct party *party, uint32_t i, uint32_t j)
{
    party->partners[i] = j;
    party->partners[j] = i;
}

/* The same network in which only those who take part may be introduced, and nobody again. */
static enum status graph_of_round(const struct party *party, struct graph **made)
{
    const struct graph *graph = party->graph;
    size_t ties_count = 0, never_count = 0, past_count = party->options->past_count;
    struct graph_tie *ties = calloc(graph->tie_count + 1, sizeof(*ties));
    struct graph_pair *never =
        calloc(graph->never_starts[graph->node_count] + past_count + 1, sizeof(*never));
    uint8_t *consents = calloc(graph->node_count + 1u, sizeof(*consents));
    enum status status = STATUS_NO_MEMORY;
    if (ties != NULL && never != NULL && consents != NULL) {
        for (uint32_t u = 0; u < graph->node_count; u++) {
            consents[u] = takes_part(party, u) ? GRAPH_COUNTED | GRAPH_PROPOSABLE : GRAPH_COUNTED;
            for (uint64_t k = graph->starts[u]; k < graph->starts[u + 1]; k++)
                if (u < graph->neighbours[k])
                    ties[ties_count++] =
                        (struct graph_tie){u, graph->neighbours[k], (double)graph->weights[k]};
            for (uint64_t k = graph->never_starts[u]; k < graph->never_starts[u + 1]; k++)
                never[never_count++] = (struct graph_pair){u, graph->never[k]};
        }
        for (size_t k = 0; k < past_count; k++)
            never[never_count++] = party->options->past[k];
        struct graph_snapshot snapshot = {.person_count = graph->node_count,
                                          .groups = graph->groups,
                                          .group_count = graph->group_count,
                                          .consents = consents,
                                          .ties = ties,
                                          .tie_count = ties_count,
                                          .never = never,
                                          .never_count = never_count};
        status = graph_new(&snapshot, made);
    }
    free(ties);
    free(never);
    free(consents);
    return status;
}

static uint32_t place_of(const struct party *party, uint32_t node)
{
    uint32_t low = 0, high = party->count;
    while (party->nodes[low] != node) {
        uint32_t middle = low + (high - low) / 2;
        if (party->nodes[middle] <= node)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* What connects the network best, one new tie each. */
static enum status pair_strangers(struct party *party)
{
    CLEANUP(graph_free) struct graph *graph = NULL;
    CLEANUP(introductions_clear) struct introductions chosen = {0};
    struct introductions_options options = {.count = party->count / 2,
                                            .load_cap = 1,
                                            .seed = party->options->seed,
                                            .cancelled = is_cancelled,
                                            .context = party};
    TRY(graph_of_round(party, &graph));
    TRY(introductions_choose(graph, &options, &chosen));
    for (uint32_t i = 0; i < chosen.count; i++)
        pair_up(party, place_of(party, chosen.pairs[i].u), place_of(party, chosen.pairs[i].v));
    return STATUS_OK;
}

/* A partner for those who have none yet, if need be by giving others another one. */
static enum status pair_the_rest(struct party *party)
{
    struct matching_rules rules = {party->count, allows, is_cancelled, party};
    for (enum kind worst = KIND_NEW; worst <= KIND_REPEAT; worst++) {
        party->worst = worst;
        TRY(matching_grow(&rules, party->partners));
    }
    return STATUS_OK;
}

/* The exchange of partners with another pair that saves most; false when none saves. */
static bool exchange_best(struct party *party, uint32_t i)
{
    uint32_t partner = party->partners[i], best = GRAPH_NONE;
    float own = cost_of(party, i, partner), most = 0;
    for (uint32_t j = 0; j < party->count; j++) {
        uint32_t other = party->partners[j];
        if (j == i || j == partner || other == GRAPH_NONE)
            continue;
        float saved =
            own + cost_of(party, j, other) - cost_of(party, i, j) - cost_of(party, partner, other);
        if (saved > most) {
            most = saved;
            best = j;
        }
    }
    if (best == GRAPH_NONE)
        return false;
    uint32_t other = party->partners[best];
    pair_up(party, i, best);
    pair_up(party, partner, other);
    return true;
}

/* The matching has as many pairs as there can be, but not always of the best kinds. */
static enum status improve(struct party *party)
{
    bool changed = true;
    for (uint32_t pass = 0; changed && pass < PASSES_MAX; pass++) {
        changed = false;
        for (uint32_t i = 0; i < party->count; i++) {
            if (party->partners[i] == GRAPH_NONE || cost_of(party, i, party->partners[i]) <= 0)
                continue;
            if (is_cancelled(party))
                return STATUS_CANCELLED;
            changed |= exchange_best(party, i);
        }
    }
    return STATUS_OK;
}

/* The pair, by one of it, with whom `i` sits down at least cost; GRAPH_NONE when they may with
 * none. */
static uint32_t best_seat(const struct party *party, uint32_t i, float *least)
{
    uint32_t best = GRAPH_NONE;
    *least = kind_costs[KIND_NEVER];
    for (uint32_t j = 0; j < party->count; j++) {
        uint32_t other = party->partners[j];
        if (other == GRAPH_NONE || other < j || j == i || other == i ||
            party->thirds[j] != GRAPH_NONE)
            continue;
        float cost = cost_of(party, i, j) + cost_of(party, i, other);
        if (cost < *least) {
            *least = cost;
            best = j;
        }
    }
    return best;
}

/* Somebody who would find a better seat than `i`, while `i` takes theirs; or `i`. */
static uint32_t best_to_move(const struct party *party, uint32_t i)
{
    float least, cost;
    uint32_t best = i;
    (void)best_seat(party, i, &least);
    for (uint32_t j = 0; least > 0 && j < party->count; j++) {
        uint32_t partner = party->partners[j];
        if (partner == GRAPH_NONE || party->thirds[j] != GRAPH_NONE)
            continue;
        float change = cost_of(party, i, partner) - cost_of(party, j, partner);
        if (change >= least || best_seat(party, j, &cost) == GRAPH_NONE || cost + change >= least)
            continue;
        least = cost + change;
        best = j;
    }
    return best;
}

/* Whoever is left sits down with a pair. */
static void add_thirds(struct party *party)
{
    for (uint32_t i = 0; i < party->count; i++) {
        if (party->partners[i] != GRAPH_NONE || party->is_third[i])
            continue;
        float cost;
        uint32_t third = best_to_move(party, i);
        if (third != i) {
            pair_up(party, i, party->partners[third]);
            party->partners[third] = GRAPH_NONE;
        }
        uint32_t seat = best_seat(party, third, &cost);
        if (seat == GRAPH_NONE)
            continue;
        party->thirds[seat] = party->thirds[party->partners[seat]] = third;
        party->is_third[third] = true;
    }
}

static int compare_nodes(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static int compare_tables(const void *a, const void *b)
{
    const struct coffee_table *x = a, *y = b;
    return compare_nodes(&x->people[0], &y->people[0]);
}

/* The table of `i` and those who sit with them. */
static void lay_table(const struct party *party, uint32_t i, struct coffee *coffee)
{
    uint32_t seats[COFFEE_SEATS] = {i, party->partners[i], party->thirds[i]};
    struct coffee_table *table = &coffee->tables[coffee->table_count++];
    bool across = true, repeats = false;
    table->count = seats[2] == GRAPH_NONE ? 2 : 3;
    for (uint32_t s = 0; s < table->count; s++) {
        table->people[s] = party->nodes[seats[s]];
        for (uint32_t t = 0; t < s; t++) {
            repeats |= kind_of(party, seats[s], seats[t]) == KIND_REPEAT;
            across &= graph_group(party->graph, table->people[s]) !=
                      graph_group(party->graph, table->people[t]);
        }
    }
    qsort(table->people, table->count, sizeof(*table->people), compare_nodes);
    coffee->across += across;
    coffee->repeats += repeats;
}

static enum status lay_tables(const struct party *party, struct coffee *coffee)
{
    struct coffee made = {.tables = calloc(party->count / 2 + 1, sizeof(*made.tables)),
                          .alone = calloc(party->count + 1u, sizeof(*made.alone))};
    if (made.tables == NULL || made.alone == NULL) {
        coffee_clear(&made);
        return STATUS_NO_MEMORY;
    }
    for (uint32_t i = 0; i < party->count; i++) {
        if (party->partners[i] == GRAPH_NONE) {
            if (!party->is_third[i])
                made.alone[made.alone_count++] = party->nodes[i];
        } else if (i < party->partners[i]) {
            lay_table(party, i, &made);
        }
    }
    qsort(made.tables, made.table_count, sizeof(*made.tables), compare_tables);
    *coffee = made;
    return STATUS_OK;
}

enum status
coffee_round(const struct graph *graph, const struct coffee_options *options, struct coffee *coffee)
{
    if (graph->for_counts_only)
        return STATUS_DENIED;
    CLEANUP(party_clear) struct party party = {.graph = graph, .options = options};
    TRY(party_init(&party));
    TRY(pair_strangers(&party));
    TRY(pair_the_rest(&party));
    TRY(improve(&party));
    add_thirds(&party);
    return lay_tables(&party, coffee);
}

void coffee_clear(struct coffee *coffee)
{
    free(coffee->tables);
    free(coffee->alone);
    *coffee = (struct coffee){0};
}
