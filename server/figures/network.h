/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The network as the store has it at one moment: people, groups and ties, in the form that weave/
 * computes from. Ties are declared ones (imported) and introductions that both sides accepted; who
 * shares a channel is no tie.
 *
 * Never holds a name of a person. Ownership: the caller's. Errors: those of store.h, STATUS_LIMIT
 * above WEAVE_ROWS_MAX people or ties. Thread rule: network_load inside run(); otherwise it may be
 * read from any thread.
 */
#ifndef WEFT_FIGURES_NETWORK_H
#define WEFT_FIGURES_NETWORK_H

#include "server/store/groups.h"
#include "server/store/snapshot.h"
#include "server/weave/graph.h"

/* A topic of a person who joined and opted in, or what they can help with. */
struct network_interest {
    uint32_t person;
    bool can_help_with;
    struct span text;
};

struct network {
    int64_t taken_at_ms;
    struct store_node *people; /* by rising id */
    uint32_t *groups;          /* of each person: a position in group_names */
    uint32_t person_count;
    struct span *group_names; /* the last one is empty: people of no group */
    uint32_t group_count;     /* with it */
    struct graph_tie *ties;
    size_t tie_count;
    struct network_interest *interests; /* by rising person; topics first */
    size_t interest_count;
    struct arena texts;
};

/* With or without what people say of themselves. */
MUST_CHECK enum status
network_load(struct store_db *db, int64_t now_ms, bool with_interests, struct network **network);

/* `*network` becomes NULL. NULL is allowed. */
void network_free(struct network **network);

/* The person's position, or GRAPH_NONE. */
uint32_t network_find(const struct network *network, const struct id *person);

/* Whether the person belongs to a group. */
bool network_has_group(const struct network *network, uint32_t person);

/* Everybody is counted; whoever joined and opted in may be proposed. `for_counts_only` as in
 * graph.h. */
MUST_CHECK enum status
network_graph(const struct network *network, bool for_counts_only, struct graph **graph);

#endif
