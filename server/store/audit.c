/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/audit.h"

#include "server/store/query.h"

/* A word of the code, never a text from outside. */
#define ACT_BYTES_MAX 64

enum status store_audit_add(struct store_db *db, const struct store_audit_entry *entry)
{
    if (entry->act.len > ACT_BYTES_MAX)
        return STATUS_LIMIT;
    CLEANUP(query_end)
    struct query q = query_on(
        db, "INSERT INTO audit (at_ms, actor, act, subject, amount) VALUES (?, ?, ?, ?, ?)");
    query_bind_int(&q, entry->at_ms);
    query_bind_optional_id(&q, &entry->actor);
    query_bind_text(&q, entry->act);
    query_bind_optional_id(&q, &entry->subject);
    query_bind_unsigned(&q, entry->amount);
    return query_run(&q);
}

static void take_entry(struct query *q, struct arena *arena, void *item)
{
    struct store_audit_entry *entry = item;
    query_take_unsigned(q, &entry->number);
    query_take_int(q, &entry->at_ms);
    query_take_id(q, &entry->actor);
    query_take_bytes(q, arena, &entry->act);
    query_take_id(q, &entry->subject);
    query_take_unsigned(q, &entry->amount);
}

enum status store_audit_list(struct store_db *db,
                             uint32_t count_max,
                             struct arena *arena,
                             struct store_audit_list *list)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT * FROM (SELECT number, at_ms, actor, act, subject, amount"
                                  " FROM audit ORDER BY number DESC LIMIT ?) ORDER BY number");
    struct query_rows rows;
    query_bind_int(&q, count_max);
    TRY(query_all(&q, arena, sizeof(struct store_audit_entry), take_entry, &rows));
    *list = (struct store_audit_list){rows.items, rows.count};
    return STATUS_OK;
}

enum status store_audit_last(struct store_db *db, const char *act, int64_t *at_ms)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT coalesce((SELECT at_ms FROM audit WHERE act = ?"
                                  " ORDER BY number DESC LIMIT 1), 0)");
    query_bind_text(&q, span_from_text(act));
    TRY(query_one(&q));
    query_take_int(&q, at_ms);
    return q.status;
}
