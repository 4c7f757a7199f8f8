/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/ties.h"

#include "server/store/query.h"

#include <math.h>

enum status store_ties_set(struct store_db *db, const struct store_tie *tie)
{
    if (id_equal(&tie->a, &tie->b) || !isfinite(tie->weight) || tie->weight <= 0)
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

enum status store_ties_clear(struct store_db *db, enum store_tie_kind kind)
{
    CLEANUP(query_end) struct query q = query_on(db, "DELETE FROM ties WHERE kind = ?");
    query_bind_int(&q, kind);
    return query_run(&q);
}
