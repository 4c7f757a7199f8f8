/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/figures/network.h"

#include "server/store/introductions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Names of groups, and the interests of everybody who opted in: 200,000 people of ten each. */
#define TEXTS_BYTES_MAX (256u << 20)

struct group_place {
    struct id group;
    uint32_t place;
};

/* Who took part in one session, while it is read. */
struct loading_session {
    struct id channel;
    uint32_t people[NETWORK_SESSION_PEOPLE_MAX];
    int64_t last_at_ms[NETWORK_SESSION_PEOPLE_MAX];
    uint32_t count;
    uint32_t size;
};

/* A network on its way: what grows has a capacity. */
struct loading {
    struct network *network;
    struct group_place *places; /* by rising id */
    size_t people_capacity;
    size_t group_capacity;
    size_t tie_capacity;
    size_t origin_capacity;
    size_t interest_capacity;
    size_t never_capacity;
    struct loading_session session;
    struct graph_tie *shared; /* of sessions, a pair once a session */
    size_t shared_count;
    size_t shared_capacity;
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

static enum status
add_tie(struct loading *loading, const struct graph_tie *tie, enum network_origin origin)
{
    struct network *network = loading->network;
    TRY(grow((void **)&network->ties, network->tie_count, sizeof *tie, &loading->tie_capacity));
    TRY(grow((void **)&network->tie_origins, network->tie_count, sizeof *network->tie_origins,
             &loading->origin_capacity));
    network->tie_origins[network->tie_count] = (uint8_t)origin;
    network->ties[network->tie_count++] = *tie;
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
    bool imported = tie->kind == STORE_TIE_IMPORTED;
    return add_tie(loading, &taken, imported ? NETWORK_IMPORTED : NETWORK_INTRODUCED);
}

/* ---- ties of sessions ---- */

static double session_weight(const struct loading *loading, int64_t last_at_ms)
{
    int64_t age_ms = loading->network->taken_at_ms - last_at_ms;
    double halvings = (double)(age_ms > 0 ? age_ms : 0) / (double)NETWORK_SESSION_HALVED_MS;
    return pow(.5, halvings) / (loading->session.size - 1);
}

/* Every pair of the session that was read to its end. */
static enum status end_session(struct loading *loading)
{
    struct loading_session *session = &loading->session;
    for (uint32_t i = 0; i < session->count; i++) {
        for (uint32_t k = i + 1; k < session->count; k++) {
            const int64_t *at = session->last_at_ms;
            TRY(grow((void **)&loading->shared, loading->shared_count, sizeof *loading->shared,
                     &loading->shared_capacity));
            loading->shared[loading->shared_count++] = (struct graph_tie){
                session->people[i],
                session->people[k],
                session_weight(loading, at[i] < at[k] ? at[i] : at[k]),
            };
        }
    }
    session->count = 0;
    return STATUS_OK;
}

static enum status take_participation(void *context, const struct store_participation *part)
{
    struct loading *loading = context;
    struct loading_session *session = &loading->session;
    if (!id_equal(&session->channel, &part->channel))
        TRY(end_session(loading));
    session->channel = part->channel;
    session->size = part->size;
    uint32_t person = network_find(loading->network, &part->person);
    if (part->size > NETWORK_SESSION_PEOPLE_MAX || person == GRAPH_NONE ||
        session->count == NETWORK_SESSION_PEOPLE_MAX)
        return STATUS_OK;
    session->people[session->count] = person;
    session->last_at_ms[session->count++] = part->last_at_ms;
    return STATUS_OK;
}

static int compare_ties(const void *a, const void *b)
{
    const struct graph_tie *x = a, *y = b;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return x->b < y->b ? -1 : x->b > y->b;
}

/* Sums up what a pair has from all its sessions. */
static enum status add_shared_ties(struct loading *loading)
{
    if (loading->shared_count > 0)
        qsort(loading->shared, loading->shared_count, sizeof *loading->shared, compare_ties);
    for (size_t i = 0, next = 0; i < loading->shared_count; i = next) {
        struct graph_tie tie = loading->shared[i];
        for (next = i + 1; next < loading->shared_count &&
                           compare_ties(&loading->shared[i], &loading->shared[next]) == 0;
             next++)
            tie.weight += loading->shared[next].weight;
        if (tie.weight < NETWORK_SESSION_WEIGHT_MIN)
            continue;
        tie.weight = fmin(tie.weight, NETWORK_SESSION_WEIGHT_MAX);
        TRY(add_tie(loading, &tie, NETWORK_SHARED));
    }
    return STATUS_OK;
}

static enum status take_never(void *context, const struct store_pair *pair)
{
    struct loading *loading = context;
    struct network *network = loading->network;
    struct graph_pair taken = {network_find(network, &pair->a), network_find(network, &pair->b)};
    if (taken.a == GRAPH_NONE || taken.b == GRAPH_NONE)
        return STATUS_OK;
    TRY(grow((void **)&network->never, network->never_count, sizeof taken,
             &loading->never_capacity));
    network->never[network->never_count++] = taken;
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
    TRY(store_snapshot_participation(db, take_participation, loading));
    TRY(end_session(loading));
    TRY(add_shared_ties(loading));
    TRY(store_introductions_walk_never(db, now_ms, take_never, loading));
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
    free(loading.shared);
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
    free((*network)->never);
    free((*network)->tie_origins);
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

bool network_may_be_introduced(const struct network *network, uint32_t person)
{
    const struct store_node *node = &network->people[person];
    return node->state == STORE_PERSON_JOINED && node->opted_in &&
           node->contacts_per_week_max > 0 && network_has_group(network, person);
}

static enum status make_graph(const struct network *network,
                              const uint8_t *consents,
                              const struct graph_pair *never,
                              size_t never_count,
                              bool for_counts_only,
                              struct graph **graph)
{
    const struct graph_snapshot snapshot = {
        .person_count = network->person_count,
        .groups = network->groups,
        .group_count = network->group_count,
        .consents = consents,
        .ties = network->ties,
        .tie_count = network->tie_count,
        .never = never,
        .never_count = never_count,
        .for_counts_only = for_counts_only,
    };
    return graph_new(&snapshot, graph);
}

/* The imported ties, in the caller's array. */
static size_t take_declared(const struct network *network, struct graph_tie *ties)
{
    size_t count = 0;
    for (size_t i = 0; i < network->tie_count; i++)
        if (network->tie_origins[i] == NETWORK_IMPORTED)
            ties[count++] = network->ties[i];
    return count;
}

/* Without the never-match list as well: nobody is proposed from it, and it would tell of an answer.
 */
static enum status
make_counted(const struct network *network, const uint8_t *consents, struct graph **graph)
{
    struct graph_tie *ties = calloc(network->tie_count + 1, sizeof *ties);
    if (ties == NULL)
        return STATUS_NO_MEMORY;
    struct network declared = *network;
    declared.ties = ties;
    declared.tie_count = take_declared(network, ties);
    enum status status = make_graph(&declared, consents, NULL, 0, true, graph);
    free(ties);
    return status;
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
    enum status status = for_counts_only ? make_counted(network, consents, graph)
                                         : make_graph(network, consents, network->never,
                                                      network->never_count, false, graph);
    free(consents);
    return status;
}

enum status network_graph_of_round(const struct network *network,
                                   const struct network_round *round,
                                   struct graph **graph)
{
    size_t never_count = network->never_count + round->barred_count;
    uint8_t *consents = calloc((size_t)network->person_count + 1, 1);
    struct graph_pair *never = calloc(never_count + 1, sizeof *never);
    enum status status = consents == NULL || never == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    if (status == STATUS_OK) {
        for (uint32_t i = 0; i < network->person_count; i++) {
            bool proposable = round->takes_part[i] && network_may_be_introduced(network, i);
            consents[i] = (uint8_t)(GRAPH_COUNTED | (proposable ? GRAPH_PROPOSABLE : 0));
        }
        for (size_t i = 0; i < never_count; i++)
            never[i] = i < network->never_count ? network->never[i]
                                                : round->barred[i - network->never_count];
        status = make_graph(network, consents, never, never_count, false, graph);
    }
    free(consents);
    free(never);
    return status;
}
