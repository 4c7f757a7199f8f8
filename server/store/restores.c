/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/restores.h"

#include "server/store/query.h"

enum status store_restores_last(struct store_db *db, uint32_t *number)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT ifnull(max(number), 0) FROM directory_restores");
    TRY(query_one(&q));
    query_take_unsigned32(&q, number);
    return q.status;
}

static enum status
write_statement(struct store_db *db, uint32_t number, struct span bytes, int64_t now_ms)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO directory_restores (number, at_ms, bytes) VALUES (?, ?, ?)");
    query_bind_int(&q, number);
    query_bind_int(&q, now_ms);
    query_bind_bytes(&q, bytes);
    return query_run(&q);
}

enum status
store_restores_mark(struct store_db *db, uint32_t number, struct span bytes, int64_t now_ms)
{
    static const char *const statements[] = {
        "UPDATE channels SET state = 2 WHERE state = 1",
        "DELETE FROM key_packages",
        "DELETE FROM key_package_takings",
        "DELETE FROM welcomes",
    };
    TRY(write_statement(db, number, bytes, now_ms));
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        TRY(store_db_execute(db, statements[i]));
    return STATUS_OK;
}

static void take_bytes(struct query *q, struct arena *arena, void *item)
{
    query_take_bytes(q, arena, item);
}

enum status store_restores_list(struct store_db *db,
                                uint32_t after,
                                struct arena *arena,
                                struct store_restore_list *list)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT bytes FROM directory_restores WHERE number > ?"
                                  " ORDER BY number LIMIT 100");
    struct query_rows rows;
    query_bind_int(&q, after);
    TRY(query_all(&q, arena, sizeof(struct span), take_bytes, &rows));
    *list = (struct store_restore_list){rows.items, rows.count};
    return STATUS_OK;
}
