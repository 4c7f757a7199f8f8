/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/figures/network.h"

#include <stdlib.h>
#include <string.h>

/* Names of groups, and the interests of everybody who opted in: 200,000 people of ten each. */
#define TEXTS_BYTES_MAX (256u << 20)

struct group_place {
    struct id group;
    uint32_t place;
};

/* A network on its way: what grows has a capacity. */
struct loading {
    struct network *network;
    struct group_place *places; /* by rising id */
    size_t people_capacity;
    size_t group_capacity;
    size_t tie_capacity;
    size_t interest_capacity;
};

/* Room for one more; the contents stay. */
static enum status grow(void **items, size_t count, size_t size, size_t *capacity)
{
    if (count < *capacity)
        return STATUS_OK;
    if (count >= WEAVE_ROWS_MAX)
        return STATUS_LIMIT;
    size_t more = *capacity == 0 ? 1024 : 2 * *capacity;
    void *grown = realloc(*items, more * size);
    if (grown == NULL)
        return STATUS_NO_MEMORY;
    *items = grown;
    *capacity = more;
    return STATUS_OK;
}

static int compare_places(const void *a, const void *b)
{
    const struct group_place *x = a, *y = b;
    return memcmp(x->group.bytes, y->group.bytes, ID_SIZE);
}

static enum status load_groups(struct store_db *db, struct loading *loading)
{
    struct network *network = loading->network;
    struct store_group_list list;
    TRY(store_groups_list(db, &network->texts, &list));
    network->group_names = calloc(list.count + 1, sizeof *network->group_names);
    loading->places = calloc(list.count + 1, sizeof *loading->places);
    if (network->group_names == NULL || loading->places == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < list.count; i++) {
        network->group_names[i] = list.items[i].name;
        loading->places[i] = (struct group_place){list.items[i].group, (uint32_t)i};
    }
    network->group_count = (uint32_t)list.count + 1;
    qsort(loading->places, list.count, sizeof *loading->places, compare_places);
    return STATUS_OK;
}

static uint32_t place_of_group(const struct loading *loading, const struct id *group)
{
    uint32_t none = loading->network->group_count - 1;
    const struct group_place key = {.group = *group};
    const struct group_place *found =
        bsearch(&key, loading->places, none, sizeof key, compare_places);
    return found == NULL ? none : found->place;
}

static enum status take_node(void *context, const struct store_node *node)
{
    struct loading *loading = context;
    struct network *network = loading->network;
    uint32_t count = network->person_count;
    TRY(grow((void **)&network->people, count, sizeof *network->people, &loading->people_capacity));
    TRY(grow((void **)&network->groups, count, sizeof *network->groups, &loading->group_capacity));
    network->people[count] = *node;
    network->groups[count] = place_of_group(loading, &node->group);
    network->person_count++;
    return STATUS_OK;
}

static enum status take_tie(void *context, const struct store_tie *tie)
{
    struct loading *loading = context;
    struct network *network = loading->network;
    struct graph_tie taken = {
        .a = network_find(network, &tie->a),
        .b = network_find(network, &tie->b),
        .weight = tie->weight,
    };
    if (taken.a == GRAPH_NONE || taken.b == GRAPH_NONE)
        return STATUS_OK; /* of somebody who is not counted any more */
    TRY(grow((void **)&network->ties, network->tie_count, sizeof taken, &loading->tie_capacity));
    network->ties[network->tie_count++] = taken;
    return STATUS_OK;
}

static enum status take_interest(void *context, const struct store_interest *interest)
{
    struct loading *loading = context;
    struct network *network = loading->network;
    struct network_interest taken = {
        .person = network_find(network, &interest->person),
        .can_help_with = interest->can_help_with,
    };
    if (taken.person == GRAPH_NONE)
        return STATUS_OK;
    TRY(arena_copy(&network->texts, interest->text, &taken.text));
    TRY(grow((void **)&network->interests, network->interest_count, sizeof taken,
             &loading->interest_capacity));
    network->interests[network->interest_count++] = taken;
    return STATUS_OK;
}

static enum status
load(struct store_db *db, int64_t now_ms, bool with_interests, struct loading *loading)
{
    TRY(load_groups(db, loading));
    TRY(store_snapshot_nodes(db, now_ms, take_node, loading));
    TRY(store_snapshot_ties(db, take_tie, loading));
    return with_interests ? store_snapshot_interests(db, take_interest, loading) : STATUS_OK;
}

enum status
network_load(struct store_db *db, int64_t now_ms, bool with_interests, struct network **network)
{
    struct loading loading = {.network = calloc(1, sizeof **network)};
    if (loading.network == NULL)
        return STATUS_NO_MEMORY;
    loading.network->taken_at_ms = now_ms;
    arena_init(&loading.network->texts, TEXTS_BYTES_MAX);
    enum status status = load(db, now_ms, with_interests, &loading);
    free(loading.places);
    if (status != STATUS_OK) {
        network_free(&loading.network);
        return status;
    }
    *network = loading.network;
    return STATUS_OK;
}

void network_free(struct network **network)
{
    if (*network == NULL)
        return;
    free((*network)->people);
    free((*network)->groups);
    free((*network)->group_names);
    free((*network)->ties);
    free((*network)->interests);
    arena_clear(&(*network)->texts);
    free(*network);
    *network = NULL;
}

static int compare_people(const void *a, const void *b)
{
    const struct id *key = a;
    const struct store_node *node = b;
    return memcmp(key->bytes, node->person.bytes, ID_SIZE);
}

uint32_t network_find(const struct network *network, const struct id *person)
{
    if (network->person_count == 0)
        return GRAPH_NONE;
    const struct store_node *found = bsearch(person, network->people, network->person_count,
                                             sizeof *network->people, compare_people);
    return found == NULL ? GRAPH_NONE : (uint32_t)(found - network->people);
}

bool network_has_group(const struct network *network, uint32_t person)
{
    return network->groups[person] != network->group_count - 1;
}

enum status network_graph(const struct network *network, bool for_counts_only, struct graph **graph)
{
    uint8_t *consents = calloc((size_t)network->person_count + 1, 1);
    if (consents == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < network->person_count; i++) {
        const struct store_node *node = &network->people[i];
        bool proposable = node->state == STORE_PERSON_JOINED && node->opted_in;
        consents[i] = (uint8_t)(GRAPH_COUNTED | (proposable ? GRAPH_PROPOSABLE : 0));
    }
    struct graph_snapshot snapshot = {
        .person_count = network->person_count,
        .groups = network->groups,
        .group_count = network->group_count,
        .consents = consents,
        .ties = network->ties,
        .tie_count = network->tie_count,
        .for_counts_only = for_counts_only,
    };
    enum status status = graph_new(&snapshot, graph);
    free(consents);
    return status;
}
