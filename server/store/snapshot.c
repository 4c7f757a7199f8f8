/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/snapshot.h"

#include "server/store/limits.h"
#include "server/store/query.h"

static void take_node(struct query *q, struct store_node *node)
{
    int state = 0;
    query_take_id(q, &node->person);
    query_take_id(q, &node->group);
    query_take_enum(q, STORE_PERSON_ERASED, &state);
    query_take_bool(q, &node->opted_in);
    query_take_unsigned32(q, &node->contacts_per_week_max);
    query_take_unsigned32(q, &node->contacts_this_week);
    query_take_unsigned32(q, &node->invitations_this_week);
    query_take_int(q, &node->invited_at_ms);
    node->state = (enum store_person_state)state;
}

enum status store_snapshot_nodes(struct store_db *db,
                                 int64_t now_ms,
                                 enum status (*each)(void *context, const struct store_node *node),
                                 void *context)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT p.person, d.group_id, p.state, p.opted_in, p.contacts_per_week_max,"
                     " (SELECT count(*) FROM contacts c"
                     "   WHERE c.person = p.person AND c.at_ms > ?1),"
                     " (SELECT count(*) FROM invitations i"
                     "   WHERE i.person = p.person AND i.created_at_ms > ?1),"
                     " ifnull((SELECT max(i.created_at_ms) FROM invitations i"
                     "   WHERE i.person = p.person), 0)"
                     " FROM people p LEFT JOIN person_details d ON d.person = p.person"
                     " WHERE p.state <> 4 ORDER BY p.person");
    query_bind_int(&q, now_ms - STORE_CONTACT_WINDOW_MS);
    for (;;) {
        struct store_node node = {0};
        bool has_row;
        TRY(query_next(&q, &has_row));
        if (!has_row)
            return STATUS_OK;
        take_node(&q, &node);
        TRY(q.status);
        TRY(each(context, &node));
    }
}

static void take_tie(struct query *q, struct store_tie *tie)
{
    int kind = 0;
    query_take_id(q, &tie->a);
    query_take_id(q, &tie->b);
    query_take_enum(q, STORE_TIE_MET, &kind);
    query_take_real(q, &tie->weight);
    query_take_int(q, &tie->at_ms);
    tie->kind = (enum store_tie_kind)kind;
}

enum status store_snapshot_ties(struct store_db *db,
                                enum status (*each)(void *context, const struct store_tie *tie),
                                void *context)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT a, b, kind, weight, at_ms FROM ties ORDER BY a, b, kind");
    for (;;) {
        struct store_tie tie = {0};
        bool has_row;
        TRY(query_next(&q, &has_row));
        if (!has_row)
            return STATUS_OK;
        take_tie(&q, &tie);
        TRY(q.status);
        TRY(each(context, &tie));
    }
}

static void take_participation(struct query *q, struct store_participation *part)
{
    query_take_id(q, &part->channel);
    query_take_id(q, &part->person);
    query_take_unsigned32(q, &part->size);
    query_take_int(q, &part->last_at_ms);
}

enum status store_snapshot_participation(
    struct store_db *db,
    enum status (*each)(void *context, const struct store_participation *part),
    void *context)
{
    CLEANUP(query_end)
    struct query q = query_on(
        db, "SELECT m.channel, m.person, (SELECT count(DISTINCT o.person) FROM channel_members o"
            "   WHERE o.channel = m.channel AND o.took_part = 1), max(m.last_at_ms)"
            " FROM channel_members m JOIN channels c ON c.channel = m.channel"
            " JOIN people p ON p.person = m.person"
            " WHERE c.visibility <> 4 AND m.took_part = 1 AND p.state = 2 AND p.opted_in = 1"
            " AND EXISTS (SELECT 1 FROM sessions s"
            "   WHERE s.channel = m.channel AND s.started_at_ms > 0)"
            " GROUP BY m.channel, m.person ORDER BY m.channel, m.person");
    for (;;) {
        struct store_participation part = {0};
        bool has_row;
        TRY(query_next(&q, &has_row));
        if (!has_row)
            return STATUS_OK;
        take_participation(&q, &part);
        TRY(q.status);
        TRY(each(context, &part));
    }
}

enum status store_snapshot_interests(struct store_db *db,
                                     enum status (*each)(void *context,
                                                         const struct store_interest *interest),
                                     void *context)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT i.person, i.kind = 2, i.text FROM profile_items i"
                     " JOIN people p ON p.person = i.person AND p.state = 2 AND p.opted_in = 1"
                     " ORDER BY i.person, i.kind, i.position");
    for (;;) {
        struct store_interest interest = {0};
        bool has_row;
        TRY(query_next(&q, &has_row));
        if (!has_row)
            return STATUS_OK;
        query_take_id(&q, &interest.person);
        query_take_bool(&q, &interest.can_help_with);
        query_borrow_bytes(&q, &interest.text);
        TRY(q.status);
        TRY(each(context, &interest));
    }
}
