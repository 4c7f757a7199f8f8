/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/key_packages.h"

#include "server/store/limits.h"
#include "server/store/query.h"

/* Whether the device is active and how many one-time packages it has. */
static enum status check_room(struct store_db *db, const struct store_key_package *package)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT d.state, (SELECT count(*) FROM key_packages k"
                                  " WHERE k.device = d.device AND k.last_resort = 0)"
                                  " FROM devices d WHERE d.device = ?");
    int64_t state = 0;
    int64_t count = 0;
    query_bind_id(&q, &package->device);
    enum status status = query_one(&q);
    if (status == STATUS_NOT_FOUND)
        return STATUS_DENIED;
    TRY(status);
    query_take_int(&q, &state);
    query_take_int(&q, &count);
    TRY(q.status);
    if (state != 1)
        return STATUS_DENIED;
    return !package->last_resort && count >= STORE_KEY_PACKAGES_MAX ? STATUS_LIMIT : STATUS_OK;
}

static enum status
is_known(struct store_db *db, const struct store_key_package *package, bool *known)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT 1 FROM key_packages WHERE device = ? AND ref = ?");
    query_bind_id(&q, &package->device);
    query_bind_bytes(&q, package->ref);
    return query_next(&q, known);
}

static enum status delete_last_resort(struct store_db *db, const struct id *device)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "DELETE FROM key_packages WHERE device = ? AND last_resort = 1");
    query_bind_id(&q, device);
    return query_run(&q);
}

static enum status delete_expired_of(struct store_db *db, const struct id *device, int64_t now_ms)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "DELETE FROM key_packages WHERE device = ? AND expires_at_ms <= ?");
    query_bind_id(&q, device);
    query_bind_int(&q, now_ms);
    return query_run(&q);
}

enum status
store_key_packages_add(struct store_db *db, const struct store_key_package *package, int64_t now_ms)
{
    bool known;
    TRY(is_known(db, package, &known));
    if (known)
        return STATUS_OK;
    TRY(delete_expired_of(db, &package->device, now_ms));
    TRY(check_room(db, package));
    if (package->last_resort)
        TRY(delete_last_resort(db, &package->device));
    CLEANUP(query_end)
    struct query q = query_on(
        db, "INSERT INTO key_packages (device, ref, bytes, last_resort, used, expires_at_ms)"
            " VALUES (?, ?, ?, ?, 0, ?)");
    query_bind_id(&q, &package->device);
    query_bind_bytes(&q, package->ref);
    query_bind_bytes(&q, package->bytes);
    query_bind_int(&q, package->last_resort);
    query_bind_int(&q, package->expires_at_ms);
    return query_run(&q);
}

/* Whether the taker has had all one-time packages of the device that one person gets. */
static enum status has_had_enough(struct store_db *db,
                                  const struct id *device,
                                  const struct id *taker,
                                  int64_t now_ms,
                                  bool *enough)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT 1 FROM key_package_takings"
                     " WHERE device = ? AND taker = ? AND taken >= ? AND since_ms > ?");
    query_bind_id(&q, device);
    query_bind_id(&q, taker);
    query_bind_int(&q, STORE_KEY_PACKAGES_PER_TAKER);
    query_bind_int(&q, now_ms - STORE_KEY_PACKAGES_TAKER_MS);
    return query_next(&q, enough);
}

static enum status
count_taking(struct store_db *db, const struct id *device, const struct id *taker, int64_t now_ms)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO key_package_takings (device, taker, taken, since_ms)"
                     " VALUES (?1, ?2, 1, ?3) ON CONFLICT (device, taker) DO UPDATE SET"
                     " taken = CASE WHEN since_ms > ?4 THEN taken + 1 ELSE 1 END,"
                     " since_ms = CASE WHEN since_ms > ?4 THEN since_ms ELSE ?3 END");
    query_bind_id(&q, device);
    query_bind_id(&q, taker);
    query_bind_int(&q, now_ms);
    query_bind_int(&q, now_ms - STORE_KEY_PACKAGES_TAKER_MS);
    return query_run(&q);
}

/* One-time packages first, the oldest of them. */
static enum status find_to_take(struct store_db *db,
                                const struct id *device,
                                bool only_last_resort,
                                int64_t now_ms,
                                struct arena *arena,
                                struct store_key_package *package,
                                int64_t *row)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT k.row, k.ref, k.bytes, k.last_resort, k.expires_at_ms"
                     " FROM key_packages k JOIN devices d ON d.device = k.device AND d.state = 1"
                     " WHERE k.device = ? AND k.expires_at_ms > ? AND k.last_resort >= ?"
                     " ORDER BY k.last_resort, k.row LIMIT 1");
    query_bind_id(&q, device);
    query_bind_int(&q, now_ms);
    query_bind_int(&q, only_last_resort);
    TRY(query_one(&q));
    query_take_int(&q, row);
    query_take_bytes(&q, arena, &package->ref);
    query_take_bytes(&q, arena, &package->bytes);
    query_take_bool(&q, &package->last_resort);
    query_take_int(&q, &package->expires_at_ms);
    return q.status;
}

static enum status run_on_row(struct store_db *db, const char *sql, int64_t row)
{
    CLEANUP(query_end) struct query q = query_on(db, sql);
    query_bind_int(&q, row);
    return query_run(&q);
}

enum status store_key_packages_take(struct store_db *db,
                                    const struct id *device,
                                    const struct id *taker,
                                    int64_t now_ms,
                                    struct arena *arena,
                                    struct store_key_package *package)
{
    struct store_key_package found = {.device = *device};
    int64_t row = 0;
    bool enough = false;
    TRY(has_had_enough(db, device, taker, now_ms, &enough));
    TRY(find_to_take(db, device, enough, now_ms, arena, &found, &row));
    if (found.last_resort) {
        TRY(run_on_row(db, "UPDATE key_packages SET used = 1 WHERE row = ?", row));
    } else {
        TRY(run_on_row(db, "DELETE FROM key_packages WHERE row = ?", row));
        TRY(count_taking(db, device, taker, now_ms));
    }
    *package = found;
    return STATUS_OK;
}

enum status store_key_packages_count(struct store_db *db,
                                     const struct id *device,
                                     int64_t now_ms,
                                     struct store_key_package_counts *counts)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT count(*) FILTER (WHERE last_resort = 0),"
                                  " count(*) FILTER (WHERE last_resort = 1),"
                                  " count(*) FILTER (WHERE last_resort = 1 AND used = 1)"
                                  " FROM key_packages WHERE device = ? AND expires_at_ms > ?");
    struct store_key_package_counts taken = {0};
    query_bind_id(&q, device);
    query_bind_int(&q, now_ms);
    TRY(query_one(&q));
    query_take_unsigned32(&q, &taken.one_time);
    query_take_bool(&q, &taken.last_resort);
    query_take_bool(&q, &taken.last_resort_used);
    TRY(q.status);
    *counts = taken;
    return STATUS_OK;
}

enum status store_key_packages_delete_of_device(struct store_db *db, const struct id *device)
{
    CLEANUP(query_end) struct query q = query_on(db, "DELETE FROM key_packages WHERE device = ?");
    query_bind_id(&q, device);
    return query_run(&q);
}

static enum status forget_takings(struct store_db *db, int64_t now_ms)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "DELETE FROM key_package_takings WHERE since_ms <= ?");
    query_bind_int(&q, now_ms - STORE_KEY_PACKAGES_TAKER_MS);
    return query_run(&q);
}

enum status store_key_packages_expire(struct store_db *db, int64_t now_ms)
{
    TRY(forget_takings(db, now_ms));
    CLEANUP(query_end)
    struct query q = query_on(db, "DELETE FROM key_packages WHERE expires_at_ms <= ?");
    query_bind_int(&q, now_ms);
    return query_run(&q);
}
