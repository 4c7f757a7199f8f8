/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/devices.h"

#include "server/store/key_packages.h"
#include "server/store/prefix.h"
#include "server/store/query.h"
#include "server/store/wants.h"
#include "server/store/welcomes.h"

#define DEVICE_COLUMNS                                                                             \
    "device, person, login_key, leaf_key, state, created_at_ms, revoked_at_ms, seen_at_ms,"        \
    " vault_counter"

static void take_device(struct query *q, struct arena *arena, void *item)
{
    (void)arena;
    struct store_device *device = item;
    int state = 0;
    query_take_id(q, &device->device);
    query_take_id(q, &device->person);
    query_take_key(q, &device->login_key);
    query_take_key(q, &device->leaf_key);
    query_take_enum(q, STORE_DEVICE_REVOKED, &state);
    query_take_int(q, &device->created_at_ms);
    query_take_int(q, &device->revoked_at_ms);
    query_take_int(q, &device->seen_at_ms);
    query_take_unsigned(q, &device->vault_counter);
    device->state = (enum store_device_state)state;
}

/* The columns are unique each; this sees a login key that serves as a leaf key elsewhere. */
static enum status is_known_key(struct store_db *db, const struct store_key *key, bool *is_known)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT 1 FROM devices WHERE login_key = ?1 OR leaf_key = ?1");
    query_bind_key(&q, key);
    return query_next(&q, is_known);
}

enum status store_devices_add(struct store_db *db,
                              const struct id *device,
                              const struct id *person,
                              const struct store_key *login_key,
                              const struct store_key *leaf_key,
                              int64_t now_ms)
{
    bool login_known;
    bool leaf_known;
    TRY(is_known_key(db, login_key, &login_known));
    TRY(is_known_key(db, leaf_key, &leaf_known));
    if (login_known || leaf_known || span_equal(SPAN_OF(*login_key), SPAN_OF(*leaf_key)))
        return STATUS_EXISTS;
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO devices (" DEVICE_COLUMNS ") VALUES (?, ?, ?, ?, 1, ?, 0, 0, 0)");
    query_bind_id(&q, device);
    query_bind_id(&q, person);
    query_bind_key(&q, login_key);
    query_bind_key(&q, leaf_key);
    query_bind_int(&q, now_ms);
    return query_run(&q);
}

static enum status set_revoked(struct store_db *db, const struct id *device, int64_t now_ms)
{
    CLEANUP(query_end)
    struct query q = query_on(
        db, "UPDATE devices SET state = 2, revoked_at_ms = ? WHERE device = ? AND state = 1");
    query_bind_int(&q, now_ms);
    query_bind_id(&q, device);
    return query_run(&q);
}

/* The knock that let the device in is used up: a later one is about another device. */
static enum status end_used_knocks(struct store_db *db, const struct id *device)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "DELETE FROM knocks WHERE state = 2 AND (channel, person) IN"
                     " (SELECT channel, person FROM channel_members WHERE device = ?)");
    query_bind_id(&q, device);
    return query_run(&q);
}

enum status store_devices_revoke(struct store_db *db, const struct id *device, int64_t now_ms)
{
    struct store_device found;
    TRY(store_devices_get(db, device, &found));
    TRY(set_revoked(db, device, now_ms));
    TRY(end_used_knocks(db, device));
    TRY(store_wants_forget_device(db, device));
    TRY(store_key_packages_delete_of_device(db, device));
    return store_welcomes_delete_of_device(db, device);
}

enum status
store_devices_revoke_of_person(struct store_db *db, const struct id *person, int64_t now_ms)
{
    struct store_device_list devices;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(1u << 20);
    TRY(store_devices_of_person(db, person, &arena, &devices));
    for (size_t i = 0; i < devices.count; i++)
        TRY(store_devices_revoke(db, &devices.items[i].device, now_ms));
    return STATUS_OK;
}

enum status
store_devices_get(struct store_db *db, const struct id *device, struct store_device *found)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT " DEVICE_COLUMNS " FROM devices WHERE device = ?");
    struct store_device taken = {0};
    query_bind_id(&q, device);
    TRY(query_one(&q));
    take_device(&q, NULL, &taken);
    TRY(q.status);
    *found = taken;
    return STATUS_OK;
}

enum status store_devices_of_person(struct store_db *db,
                                    const struct id *person,
                                    struct arena *arena,
                                    struct store_device_list *devices)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT " DEVICE_COLUMNS " FROM devices"
                                  " WHERE person = ? ORDER BY created_at_ms, device");
    struct query_rows rows;
    query_bind_id(&q, person);
    TRY(query_all(&q, arena, sizeof(struct store_device), take_device, &rows));
    *devices = (struct store_device_list){rows.items, rows.count};
    return STATUS_OK;
}

enum status store_devices_by_prefix(struct store_db *db, struct span hex_digits, struct id *device)
{
    return store_prefix_find(
        db, "SELECT device FROM devices WHERE device BETWEEN ? AND ? ORDER BY device LIMIT 2",
        hex_digits, device);
}

enum status
store_devices_count_active(struct store_db *db, const struct id *person, uint32_t *count)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT count(*) FROM devices WHERE person = ? AND state = 1");
    query_bind_id(&q, person);
    TRY(query_one(&q));
    query_take_unsigned32(&q, count);
    return q.status;
}

enum status store_devices_seen(struct store_db *db,
                               const struct id *device,
                               uint64_t vault_counter,
                               int64_t now_ms,
                               uint64_t *counter_before)
{
    struct store_device found;
    TRY(store_devices_get(db, device, &found));
    if (found.state != STORE_DEVICE_ACTIVE)
        return STATUS_DENIED;
    CLEANUP(query_end)
    struct query q =
        query_on(db, "UPDATE devices SET vault_counter = ?, seen_at_ms = ? WHERE device = ?");
    query_bind_unsigned(&q, vault_counter);
    query_bind_int(&q, now_ms);
    query_bind_id(&q, device);
    TRY(query_run(&q));
    *counter_before = found.vault_counter;
    return STATUS_OK;
}

enum status store_devices_unseen(struct store_db *db,
                                 int64_t since_ms,
                                 uint32_t count_max,
                                 struct arena *arena,
                                 struct store_device_list *devices)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT " DEVICE_COLUMNS " FROM devices WHERE state = 1 AND absent = 0"
                     " AND max(seen_at_ms, created_at_ms) < ? AND EXISTS"
                     "  (SELECT 1 FROM people p WHERE p.person = devices.person AND p.state = 2)"
                     " ORDER BY seen_at_ms LIMIT ?");
    struct query_rows rows;
    query_bind_int(&q, since_ms);
    query_bind_int(&q, count_max);
    TRY(query_all(&q, arena, sizeof(struct store_device), take_device, &rows));
    *devices = (struct store_device_list){rows.items, rows.count};
    return STATUS_OK;
}

enum status store_devices_touch(struct store_db *db, const struct id *device, int64_t now_ms)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE devices SET seen_at_ms = ? WHERE device = ?");
    query_bind_int(&q, now_ms);
    query_bind_id(&q, device);
    return query_run(&q);
}

enum status store_devices_set_absent(struct store_db *db, const struct id *device, bool absent)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE devices SET absent = ? WHERE device = ?");
    query_bind_int(&q, absent ? 1 : 0);
    query_bind_id(&q, device);
    return query_run(&q);
}

enum status store_devices_is_absent(struct store_db *db, const struct id *device, bool *absent)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT 1 FROM devices WHERE device = ? AND absent = 1");
    query_bind_id(&q, device);
    return query_next(&q, absent);
}
