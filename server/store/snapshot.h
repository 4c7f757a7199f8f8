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
    /* How often they were asked within the last week, in all; and how often of these to a channel,
     * which is all that another person may be able to tell. */
    uint32_t contacts_this_week;
    uint32_t invitations_this_week;
    /* When they were invited to a channel last; 0: never. */
    int64_t invited_at_ms;
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

/* That a person took part in the session of a channel. */
struct store_participation {
    struct id channel;
    struct id person;
    /* How many people did, whoever they are. */
    uint32_t size;
    /* The last that this person contributed. */
    int64_t last_at_ms;
};

/*
 * Who took part in sessions: members of a channel whose session began, who contributed to it, and
 * are joined and opted in. Ordered by channel: whoever follow each other with the same channel
 * share it. A confidential channel is never in it, nor is one without a session, nor a member who
 * said nothing.
 */
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
