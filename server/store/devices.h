/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Devices: a random id with two Ed25519 keys, one to log in and one for leaves. That the keys
 * belong to the person is said by the directory log; this row is what the server looks up.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_DEVICES_H
#define WEFT_STORE_DEVICES_H

#include "server/store/store.h"

enum store_device_state {
    STORE_DEVICE_ACTIVE = 1,
    /* For ever: keys are never given back. */
    STORE_DEVICE_REVOKED = 2,
};

struct store_device {
    struct id device;
    struct id person;
    struct store_key login_key;
    struct store_key leaf_key;
    enum store_device_state state;
    int64_t created_at_ms;
    /* 0 while active. */
    int64_t revoked_at_ms;
    /* The last login; 0 before the first. */
    int64_t seen_at_ms;
    /* As the client's vault said at its last login; a lower one tells of a restored copy. */
    uint64_t vault_counter;
};

struct store_device_list {
    struct store_device *items;
    size_t count;
};

/* A new active device. STATUS_EXISTS for an id or a key that any device has or had. */
MUST_CHECK enum status store_devices_add(struct store_db *db,
                                         const struct id *device,
                                         const struct id *person,
                                         const struct store_key *login_key,
                                         const struct store_key *leaf_key,
                                         int64_t now_ms);

/* Revokes and deletes its KeyPackages and Welcomes. Repeating it changes nothing.
 * STATUS_NOT_FOUND. */
MUST_CHECK enum status
store_devices_revoke(struct store_db *db, const struct id *device, int64_t now_ms);

/* Revokes all devices of the person. */
MUST_CHECK enum status
store_devices_revoke_of_person(struct store_db *db, const struct id *person, int64_t now_ms);

/* STATUS_NOT_FOUND. */
MUST_CHECK enum status
store_devices_get(struct store_db *db, const struct id *device, struct store_device *found);

/* All devices of the person, revoked ones too, oldest first. */
MUST_CHECK enum status store_devices_of_person(struct store_db *db,
                                               const struct id *person,
                                               struct arena *arena,
                                               struct store_device_list *devices);

/* The one device whose id starts with these hex digits (at least 6). STATUS_MALFORMED,
 * STATUS_NOT_FOUND, STATUS_CONFLICT when several do. */
MUST_CHECK enum status
store_devices_by_prefix(struct store_db *db, struct span hex_digits, struct id *device);

/* Those that can log in. */
MUST_CHECK enum status
store_devices_count_active(struct store_db *db, const struct id *person, uint32_t *count);

/* A login: keeps the time and the vault's counter, and gives the counter of the login before.
 * STATUS_NOT_FOUND, STATUS_DENIED for a revoked device. */
MUST_CHECK enum status store_devices_seen(struct store_db *db,
                                          const struct id *device,
                                          uint64_t vault_counter,
                                          int64_t now_ms,
                                          uint64_t *counter_before);

/* Active devices, of people who may log in, that have not logged in since, or come since, this
 * time, and are not said to be absent; whether or not they are in a channel, which the directory
 * tells nobody. At most so many, those longest away first. */
MUST_CHECK enum status store_devices_unseen(struct store_db *db,
                                            int64_t since_ms,
                                            uint32_t count_max,
                                            struct arena *arena,
                                            struct store_device_list *devices);

/* Keeps what the directory says. */
MUST_CHECK enum status
store_devices_set_absent(struct store_db *db, const struct id *device, bool absent);

MUST_CHECK enum status
store_devices_is_absent(struct store_db *db, const struct id *device, bool *absent);

/* It is seen now, without a login. */
MUST_CHECK enum status
store_devices_touch(struct store_db *db, const struct id *device, int64_t now_ms);

#endif
