/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/introductions.h"
#include "server/store/query.h"

static enum status walk_pairs(struct query *q,
                              enum status (*each)(void *context, const struct store_pair *pair),
                              void *context)
{
    for (;;) {
        struct store_pair pair;
        bool has_row;
        TRY(query_next(q, &has_row));
        if (!has_row)
            return STATUS_OK;
        query_take_id(q, &pair.a);
        query_take_id(q, &pair.b);
        TRY(q->status);
        TRY(each(context, &pair));
    }
}

enum status store_introductions_walk_never(struct store_db *db,
                                           int64_t now_ms,
                                           enum status (*each)(void *context,
                                                               const struct store_pair *pair),
                                           void *context)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT n.a, n.b FROM never_matched n WHERE NOT EXISTS ("
                     "  SELECT 1 FROM introduction_sides x JOIN introduction_sides y"
                     "    ON y.introduction = x.introduction AND y.person = n.b"
                     "  JOIN introductions i ON i.introduction = x.introduction"
                     "  WHERE x.person = n.a AND i.agreed_at_ms = 0 AND i.ends_at_ms > ?)"
                     " ORDER BY n.a, n.b");
    query_bind_int(&q, now_ms);
    return walk_pairs(&q, each, context);
}

enum status store_introductions_walk_barred(struct store_db *db,
                                            int64_t now_ms,
                                            enum status (*each)(void *context,
                                                                const struct store_pair *pair),
                                            void *context)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT x.person, y.person FROM introductions i"
                     " JOIN introduction_sides x ON x.introduction = i.introduction"
                     " JOIN introduction_sides y ON y.introduction = i.introduction"
                     " WHERE x.person < y.person AND (i.agreed_at_ms > 0 OR i.ends_at_ms > ?1"
                     "   OR x.again_at_ms > ?1 OR y.again_at_ms > ?1"
                     "   OR (i.ends_at_ms > ?1 - ?2 AND (x.choice = 0 OR y.choice = 0)))"
                     " ORDER BY 1, 2");
    query_bind_int(&q, now_ms);
    query_bind_int(&q, STORE_UNANSWERED_MS);
    return walk_pairs(&q, each, context);
}

enum status store_introductions_walk_waiting(struct store_db *db,
                                             int64_t now_ms,
                                             enum status (*each)(void *context,
                                                                 const struct id *person),
                                             void *context)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT DISTINCT s.person FROM introduction_sides s"
                                  " JOIN introductions i ON i.introduction = s.introduction"
                                  " WHERE s.choice = 0 AND i.agreed_at_ms = 0 AND i.ends_at_ms > ?"
                                  " ORDER BY s.person");
    query_bind_int(&q, now_ms);
    for (;;) {
        struct id person;
        bool has_row;
        TRY(query_next(&q, &has_row));
        if (!has_row)
            return STATUS_OK;
        query_take_id(&q, &person);
        TRY(q.status);
        TRY(each(context, &person));
    }
}

/* A snooze says nothing about the next time, nor does opting out or an erasure, which leave a
 * refusal without a time after which to ask again; and coffee is not asked for one by one. */
static const char history_sql[] =
    "SELECT s.person, i.shared, count(*), count(*) FILTER (WHERE s.choice = 1 AND s.met <> 2)"
    " FROM introduction_sides s JOIN introductions i ON i.introduction = s.introduction"
    " WHERE i.kind = 1 AND (s.choice IN (1, 4) OR (s.choice = 2 AND s.again_at_ms > 0)"
    "   OR (s.choice = 0 AND i.ends_at_ms <= ?))"
    " GROUP BY s.person, i.shared ORDER BY s.person, i.shared";

enum status store_introductions_walk_history(
    struct store_db *db,
    int64_t now_ms,
    enum status (*each)(void *context, const struct store_history *history),
    void *context)
{
    CLEANUP(query_end) struct query q = query_on(db, history_sql);
    query_bind_int(&q, now_ms);
    for (;;) {
        struct store_history history;
        bool has_row;
        TRY(query_next(&q, &has_row));
        if (!has_row)
            return STATUS_OK;
        query_take_id(&q, &history.person);
        query_take_bool(&q, &history.shared);
        query_take_unsigned32(&q, &history.asked);
        query_take_unsigned32(&q, &history.taken);
        TRY(q.status);
        TRY(each(context, &history));
    }
}
