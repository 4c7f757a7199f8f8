/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/ties.h"

#include "server/store/query.h"

#include <math.h>

enum status store_ties_set(struct store_db *db, const struct store_tie *tie)
{
    if (tie->kind == STORE_TIE_SESSIONS || id_equal(&tie->a, &tie->b) || !isfinite(tie->weight) ||
        tie->weight <= 0)
        return STATUS_USAGE;
    bool in_order = span_compare(id_span(&tie->a), id_span(&tie->b)) < 0;
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO ties (a, b, kind, weight, at_ms) VALUES (?, ?, ?, ?, ?)"
                     " ON CONFLICT (a, b, kind) DO UPDATE"
                     " SET weight = excluded.weight, at_ms = excluded.at_ms");
    query_bind_id(&q, in_order ? &tie->a : &tie->b);
    query_bind_id(&q, in_order ? &tie->b : &tie->a);
    query_bind_int(&q, tie->kind);
    query_bind_real(&q, tie->weight);
    query_bind_int(&q, tie->at_ms);
    return query_run(&q);
}

enum status store_ties_count(struct store_db *db, enum store_tie_kind kind, uint64_t *count)
{
    CLEANUP(query_end) struct query q = query_on(db, "SELECT count(*) FROM ties WHERE kind = ?");
    query_bind_int(&q, kind);
    TRY(query_one(&q));
    query_take_unsigned(&q, count);
    return q.status;
}

enum status store_ties_remove(struct store_db *db,
                              const struct id *a,
                              const struct id *b,
                              enum store_tie_kind kind)
{
    bool in_order = span_compare(id_span(a), id_span(b)) < 0;
    CLEANUP(query_end)
    struct query q = query_on(db, "DELETE FROM ties WHERE a = ? AND b = ? AND kind = ?");
    query_bind_id(&q, in_order ? a : b);
    query_bind_id(&q, in_order ? b : a);
    query_bind_int(&q, kind);
    return query_run(&q);
}

static void take_own_tie(struct query *q, struct arena *arena, void *item)
{
    struct store_own_tie *tie = item;
    int kind = 0;
    (void)arena;
    query_take_id(q, &tie->other);
    query_take_enum(q, STORE_TIE_SESSIONS, &kind);
    tie->kind = (enum store_tie_kind)kind;
}

#define SELECT_SESSION_TIES                                                                        \
    "SELECT o.person, 4 FROM channel_members m JOIN channels c ON c.channel = m.channel"           \
    " JOIN channel_members o ON o.channel = m.channel"                                             \
    " JOIN people p ON p.person = m.person AND p.state = 2 AND p.opted_in = 1"                     \
    " JOIN people q ON q.person = o.person AND q.state = 2 AND q.opted_in = 1"                     \
    " WHERE m.person = ?1 AND o.person <> ?1 AND c.visibility <> 4 AND m.took_part = 1"            \
    " AND o.took_part = 1 AND EXISTS (SELECT 1 FROM sessions s"                                    \
    "   WHERE s.channel = m.channel AND s.started_at_ms > 0)"                                      \
    " AND (SELECT count(DISTINCT n.person) FROM channel_members n"                                 \
    "   WHERE n.channel = m.channel AND n.took_part = 1) <= ?2"

/* By this person's own answer: the tie itself tells what the other said. */
#define SELECT_MET                                                                                 \
    "SELECT o.person, 3 FROM introduction_sides m"                                                 \
    " JOIN introduction_sides o ON o.introduction = m.introduction AND o.person <> m.person"       \
    " JOIN people p ON p.person = o.person AND p.state <> 4 WHERE m.person = ?1 AND m.met = 1"

enum status store_ties_of_person(struct store_db *db,
                                 const struct id *person,
                                 uint32_t session_people_max,
                                 struct arena *arena,
                                 struct store_own_tie_list *ties)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT b AS other, kind FROM ties WHERE a = ?1 AND kind <> 3 UNION ALL"
                     " SELECT a, kind FROM ties WHERE b = ?1 AND kind <> 3 UNION " SELECT_MET
                     " UNION " SELECT_SESSION_TIES " ORDER BY other, kind LIMIT ?3");
    struct query_rows rows;
    query_bind_id(&q, person);
    query_bind_int(&q, session_people_max);
    query_bind_int(&q, STORE_OWN_TIES_MAX);
    TRY(query_all(&q, arena, sizeof(struct store_own_tie), take_own_tie, &rows));
    *ties = (struct store_own_tie_list){rows.items, rows.count};
    return STATUS_OK;
}

enum status store_ties_clear(struct store_db *db, enum store_tie_kind kind)
{
    CLEANUP(query_end) struct query q = query_on(db, "DELETE FROM ties WHERE kind = ?");
    query_bind_int(&q, kind);
    return query_run(&q);
}
