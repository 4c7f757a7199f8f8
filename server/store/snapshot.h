/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What weave/ computes from: all nodes and all ties, streamed inside one read job, so that the
 * figures come from one moment. No names, no content, no confidential channel.
 * Errors, results and thread rule: store.h. A callback's failure ends the walk and is returned.
 */
#ifndef WEFT_STORE_SNAPSHOT_H
#define WEFT_STORE_SNAPSHOT_H

#include "server/store/people.h"
#include "server/store/ties.h"

struct store_node {
    struct id person;
    /* None when not known. */
    struct id group;
    enum store_person_state state;
    bool opted_in;
    uint32_t contacts_per_week_max;
    /* How often they were asked within the last week. */
    uint32_t contacts_this_week;
};

/* Every person that is not erased, in order of id. */
MUST_CHECK enum status store_snapshot_nodes(struct store_db *db,
                                            int64_t now_ms,
                                            enum status (*each)(void *context,
                                                                const struct store_node *node),
                                            void *context);

/* Every stored tie, ordered by (a, b, kind), a < b. */
MUST_CHECK enum status store_snapshot_ties(struct store_db *db,
                                           enum status (*each)(void *context,
                                                               const struct store_tie *tie),
                                           void *context);

/* A person's part in a channel that counts. */
struct store_participation {
    struct id channel;
    struct id person;
    /* Members of the channel, people rather than devices. */
    uint32_t size;
    /* The person's application entries, and the last of them (0: none). */
    uint64_t entries;
    int64_t last_at_ms;
};

/* Members now of channels that are not confidential, ordered by channel: whoever follow each other
 * with the same channel share it. */
MUST_CHECK enum status store_snapshot_participation(
    struct store_db *db,
    enum status (*each)(void *context, const struct store_participation *part),
    void *context);

/* A topic or an offer of help of a person who joined and opted in. */
struct store_interest {
    struct id person;
    bool can_help_with;
    /* Valid during the call. */
    struct span text;
};

/* Ordered by person. */
MUST_CHECK enum status
store_snapshot_interests(struct store_db *db,
                         enum status (*each)(void *context, const struct store_interest *interest),
                         void *context);

#endif
