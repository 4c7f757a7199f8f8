/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/meta.h"

#include "server/store/query.h"

enum status store_meta_set(struct store_db *db, const char *key, struct span value)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "INSERT INTO meta (key, value) VALUES (?, ?)"
                                  " ON CONFLICT (key) DO UPDATE SET value = excluded.value");
    query_bind_text(&q, span_from_text(key));
    query_bind_bytes(&q, value);
    return query_run(&q);
}

enum status
store_meta_get(struct store_db *db, const char *key, struct arena *arena, struct span *value)
{
    CLEANUP(query_end) struct query q = query_on(db, "SELECT value FROM meta WHERE key = ?");
    query_bind_text(&q, span_from_text(key));
    TRY(query_one(&q));
    query_take_bytes(&q, arena, value);
    return q.status;
}
