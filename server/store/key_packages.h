/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The pool of KeyPackages: each one-time package is given out once; the last-resort package is
 * given out when none is left, and stays. Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_KEY_PACKAGES_H
#define WEFT_STORE_KEY_PACKAGES_H

#include "server/store/store.h"

struct store_key_package {
    struct id device;
    /* KeyPackageRef (RFC 9420, 5.2). */
    struct span ref;
    struct span bytes;
    bool last_resort;
    int64_t expires_at_ms;
};

/* A last-resort package replaces the one before. Adding the same ref again changes nothing.
 * STATUS_DENIED unless the device is active; STATUS_LIMIT past STORE_KEY_PACKAGES_MAX one-time
 * packages. */
MUST_CHECK enum status store_key_packages_add(struct store_db *db,
                                              const struct store_key_package *package,
                                              int64_t now_ms);

/* Takes for `taker`, a person, the oldest one-time package that is still valid, or lends the last
 * resort: when no other is left, or when the taker had STORE_KEY_PACKAGES_PER_TAKER of the device's
 * within a day. STATUS_NOT_FOUND when there is neither, or the device is not active. */
MUST_CHECK enum status store_key_packages_take(struct store_db *db,
                                               const struct id *device,
                                               const struct id *taker,
                                               int64_t now_ms,
                                               struct arena *arena,
                                               struct store_key_package *package);

struct store_key_package_counts {
    uint32_t one_time;
    bool last_resort;
    /* It was given out: the device should replace it. */
    bool last_resort_used;
};

/* Only what is still valid. */
MUST_CHECK enum status store_key_packages_count(struct store_db *db,
                                                const struct id *device,
                                                int64_t now_ms,
                                                struct store_key_package_counts *counts);

MUST_CHECK enum status store_key_packages_delete_of_device(struct store_db *db,
                                                           const struct id *device);

/* Deletes what has expired, and who took what more than a day ago. */
MUST_CHECK enum status store_key_packages_expire(struct store_db *db, int64_t now_ms);

#endif
