/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Changes to the members of a channel, as creation and commits make them. For this folder only;
 * channels.h has what others may ask.
 */
#ifndef WEFT_STORE_MEMBERS_H
#define WEFT_STORE_MEMBERS_H

#include "server/store/store.h"

/* STATUS_DENIED unless the device is active and the person's, who is not suspended. */
MUST_CHECK enum status
store_members_check_device(struct store_db *db, const struct id *device, const struct id *person);

/* STATUS_CONFLICT when the device is a member or the leaf is taken. */
MUST_CHECK enum status store_members_add(struct store_db *db,
                                         const struct id *channel,
                                         const struct id *person,
                                         const struct id *device,
                                         uint32_t leaf,
                                         int64_t now_ms);

/* Also ends what waited for it. STATUS_CONFLICT unless the device is a member at this leaf. */
MUST_CHECK enum status store_members_remove(struct store_db *db,
                                            const struct id *channel,
                                            const struct id *device,
                                            uint32_t leaf);

/* STATUS_DENIED unless the device is active and a member, and its person not suspended.
 * `*took_part_at_ms` is when it was last seen to take part, to the minute; -1: never. May be NULL.
 */
MUST_CHECK enum status store_members_check(struct store_db *db,
                                           const struct id *channel,
                                           const struct id *device,
                                           int64_t *took_part_at_ms);

/* Keeps that a member wrote, unless that was kept less than a minute before: `*took_part_at_ms`,
 * which is then `now_ms`. */
MUST_CHECK enum status store_members_take_part(struct store_db *db,
                                               const struct id *channel,
                                               const struct id *device,
                                               int64_t now_ms,
                                               int64_t *took_part_at_ms);

#endif
