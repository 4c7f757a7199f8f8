/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/pairings.h"

#include "server/store/query.h"

#define COLUMNS "pairing, device, person, state, commitment, approver, nonce, entry, expires_at_ms"

static enum status
delete_others(struct store_db *db, const struct store_pairing *pairing, int64_t now_ms)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "DELETE FROM pairings WHERE device = ? OR expires_at_ms <= ?");
    query_bind_id(&q, &pairing->device);
    query_bind_int(&q, now_ms);
    return query_run(&q);
}

enum status
store_pairings_open(struct store_db *db, const struct store_pairing *pairing, int64_t now_ms)
{
    TRY(delete_others(db, pairing, now_ms));
    CLEANUP(query_end)
    struct query q = query_on(db, "INSERT INTO pairings (" COLUMNS ")"
                                  " VALUES (?, ?, ?, 1, zeroblob(32), x'', zeroblob(32), x'', ?)");
    query_bind_id(&q, &pairing->pairing);
    query_bind_id(&q, &pairing->device);
    query_bind_id(&q, &pairing->person);
    query_bind_int(&q, pairing->expires_at_ms);
    return query_run(&q);
}

enum status store_pairings_get(struct store_db *db,
                               const struct id *pairing,
                               int64_t now_ms,
                               struct arena *arena,
                               struct store_pairing *found)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT " COLUMNS " FROM pairings WHERE pairing = ? AND expires_at_ms > ?");
    struct store_pairing taken = {0};
    int state = 0;
    query_bind_id(&q, pairing);
    query_bind_int(&q, now_ms);
    TRY(query_one(&q));
    query_take_id(&q, &taken.pairing);
    query_take_id(&q, &taken.device);
    query_take_id(&q, &taken.person);
    query_take_enum(&q, STORE_PAIRING_REFUSED, &state);
    query_take_hash(&q, &taken.commitment);
    query_take_bytes(&q, arena, &taken.approver);
    query_take_hash(&q, &taken.nonce);
    query_take_bytes(&q, arena, &taken.entry);
    query_take_int(&q, &taken.expires_at_ms);
    taken.state = (enum store_pairing_state)state;
    TRY(q.status);
    *found = taken;
    return STATUS_OK;
}

enum status store_pairings_advance(struct store_db *db,
                                   const struct store_pairing *pairing,
                                   enum store_pairing_state before)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE pairings SET state = ?, commitment = ?, approver = ?,"
                                  " nonce = ?, entry = ? WHERE pairing = ? AND state = ?");
    uint64_t changed = 0;
    query_bind_int(&q, pairing->state);
    query_bind_hash(&q, &pairing->commitment);
    query_bind_bytes(&q, pairing->approver);
    query_bind_hash(&q, &pairing->nonce);
    query_bind_bytes(&q, pairing->entry);
    query_bind_id(&q, &pairing->pairing);
    query_bind_int(&q, before);
    TRY(query_run_counted(&q, &changed));
    return changed == 0 ? STATUS_CONFLICT : STATUS_OK;
}
