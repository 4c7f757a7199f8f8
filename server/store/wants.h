/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Devices that are to be in a channel because another device of their person is. A row waits until
 * a member commits the Add; it goes when nobody of the person is there any more. Errors, results
 * and thread rule: store.h.
 */
#ifndef WEFT_STORE_WANTS_H
#define WEFT_STORE_WANTS_H

#include "server/store/devices.h"

/* A new device: everywhere where an active device of its person is and does not ask to leave. */
MUST_CHECK enum status store_wants_add_everywhere(struct store_db *db, const struct id *device);

/* The device has become a member: it is wanted no longer, and the others of its person are. */
MUST_CHECK enum status store_wants_joined(struct store_db *db,
                                          const struct id *channel,
                                          const struct id *device,
                                          const struct id *person);

/* The device is a member no longer: unless another active one of its person is, none is wanted. */
MUST_CHECK enum status
store_wants_left(struct store_db *db, const struct id *channel, const struct id *device);

/* The person asks to leave: none of theirs is wanted. */
MUST_CHECK enum status
store_wants_end(struct store_db *db, const struct id *channel, const struct id *person);

/* A revoked device is wanted nowhere. */
MUST_CHECK enum status store_wants_forget_device(struct store_db *db, const struct id *device);

struct store_want {
    struct id device;
    struct id person;
};
struct store_want_list {
    struct store_want *items;
    size_t count;
};

/* At most `count_max` of a channel, those that can log in and have KeyPackages. */
MUST_CHECK enum status store_wants_list(struct store_db *db,
                                        const struct id *channel,
                                        uint32_t count_max,
                                        struct arena *arena,
                                        struct store_want_list *wants);

/* In how many channels the person is with an active device; for others, without confidential ones.
 */
MUST_CHECK enum status store_wants_channels_of_person(struct store_db *db,
                                                      const struct id *person,
                                                      bool with_confidential,
                                                      uint32_t *count);

#endif
