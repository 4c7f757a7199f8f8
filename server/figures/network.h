/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The network as the store has it at one moment: people, groups and ties, in the form that weave/
 * computes from. Ties are declared ones (imported), accepted invitations, introductions that led to
 * a meeting, and sessions in which both took part.
 *
 * What must not count is left out here, where nothing later can forget it: ties of sessions are
 * made only between people who both opted in, and never of a confidential channel (snapshot.h);
 * and every graph that is made of the network keeps the never-match list.
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

/*
 * Taking part in the same sessions ties two people by the sum, over these sessions, of
 * 1 / (people in it - 1), halved with every half year since. Below the least weight it is no tie:
 * having sat in one large hall is none, nor a small session of long ago. Above the most it counts
 * no further, so that a declared tie, which weighs 1, always weighs more.
 */
#define NETWORK_SESSION_HALVED_MS (INT64_C(182) * 24 * 3600 * 1000)
#define NETWORK_SESSION_WEIGHT_MIN .1
#define NETWORK_SESSION_WEIGHT_MAX .5

/* Above it a session alone stays below a quarter of the least weight, and would make thousands of
 * pairs. */
#define NETWORK_SESSION_PEOPLE_MAX 40

/* A topic of a person who joined and opted in, or what they can help with. */
struct network_interest {
    uint32_t person;
    bool can_help_with;
    struct span text;
};

/* Where a tie comes from. */
enum network_origin {
    NETWORK_IMPORTED,
    NETWORK_INTRODUCED, /* of an invitation or introduction */
    NETWORK_SHARED,     /* of sessions */
};

struct network {
    int64_t taken_at_ms;
    struct store_node *people; /* by rising id */
    uint32_t *groups;          /* of each person: a position in group_names */
    uint32_t person_count;
    struct span *group_names; /* the last one is empty: people of no group */
    uint32_t group_count;     /* with it */
    struct graph_tie *ties;
    uint8_t *tie_origins; /* of each tie: enum network_origin */
    size_t tie_count;
    struct graph_pair *never; /* the never-match list */
    size_t never_count;
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

/* Whether the person joined and opted in, is of a group, and wants contacts: whom an introduction
 * may be about. */
bool network_may_be_introduced(const struct network *network, uint32_t person);

/* Everybody is counted; whoever joined and opted in may be proposed. `for_counts_only` as in
 * graph.h, and of imported ties alone: such counts are told at any time, and asked for before and
 * after would tell of two people that they met. */
MUST_CHECK enum status
network_graph(const struct network *network, bool for_counts_only, struct graph **graph);

/* Whom a round of introductions may bring together: those of `takes_part` (of each person) who may
 * be introduced, but for the pairs in `barred`. */
struct network_round {
    const bool *takes_part;
    const struct graph_pair *barred; /* of persons */
    size_t barred_count;
};

MUST_CHECK enum status network_graph_of_round(const struct network *network,
                                              const struct network_round *round,
                                              struct graph **graph);

#endif
