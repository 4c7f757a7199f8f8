/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Devices that have to leave a channel and wait for a member to commit their Remove: the person
 * leaves, or a fact of the directory log says so. A commit that removes the device ends the row
 * (log.h).
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_REMOVALS_H
#define WEFT_STORE_REMOVALS_H

#include "server/store/store.h"

enum store_removal_reason {
    STORE_REMOVAL_LEFT = 1,
    STORE_REMOVAL_REVOKED = 2,
    STORE_REMOVAL_SUSPENDED = 3,
    STORE_REMOVAL_ERASED = 4,
    STORE_REMOVAL_ABSENT = 5,
};

struct store_removal {
    struct id channel;
    struct id device;
    enum store_removal_reason reason;
    /* For `left`: the request signed by the leaf. Otherwise empty. */
    struct span request;
    int64_t asked_at_ms;
};

struct store_removal_list {
    struct store_removal *items;
    size_t count;
};

/* A newer request to leave takes the place of an older, which need not count any more, and that of
 * an absence; any other reason stands. STATUS_NOT_FOUND unless the device is a member. */
MUST_CHECK enum status store_removals_add(struct store_db *db, const struct store_removal *removal);

/* The person's request to leave stands for a device of theirs that is added before it is carried
 * out, unless they were let in anew since. */
MUST_CHECK enum status store_removals_extend_leave(struct store_db *db,
                                                   const struct id *channel,
                                                   const struct id *person,
                                                   const struct id *device);

/* One for every channel of the device, without a request. Revoked and erased are for good and take
 * the place of any reason; others that of an absence. */
MUST_CHECK enum status store_removals_add_everywhere(struct store_db *db,
                                                     const struct id *device,
                                                     enum store_removal_reason reason,
                                                     int64_t now_ms);

/* Ends those of the device that wait for this reason, which is none any more. */
MUST_CHECK enum status store_removals_withdraw(struct store_db *db,
                                               const struct id *device,
                                               enum store_removal_reason reason);

/* Of the channel, oldest first. */
MUST_CHECK enum status store_removals_list(struct store_db *db,
                                           const struct id *channel,
                                           struct arena *arena,
                                           struct store_removal_list *removals);

/* The channels of which the device is still a member: "can still read N channels". For others than
 * its person and whoever shuts it out, without confidential ones. */
MUST_CHECK enum status store_removals_count_of_device(struct store_db *db,
                                                      const struct id *device,
                                                      bool with_confidential,
                                                      uint32_t *count);

/* Channels with removals, accepted knocks or wanted devices that wait, in order of id after
 * `after`. */
MUST_CHECK enum status store_removals_channels(struct store_db *db,
                                               const struct id *after,
                                               uint32_t count_max,
                                               struct arena *arena,
                                               const struct id **channels,
                                               size_t *channels_count);

#endif
