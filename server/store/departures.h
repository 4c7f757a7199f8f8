/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Where a device was taken out of a channel: up to there it may still read, and so see who did it.
 * A device that is a member again has none.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_DEPARTURES_H
#define WEFT_STORE_DEPARTURES_H

#include "server/store/store.h"

struct store_departure {
    uint32_t generation;
    uint64_t sequence; /* of the commit */
};

/* In the transaction that takes the device out; the next when it comes in. */
MUST_CHECK enum status store_departures_note(struct store_db *db,
                                             const struct id *channel,
                                             const struct id *device,
                                             const struct store_departure *departure);
MUST_CHECK enum status
store_departures_forget(struct store_db *db, const struct id *channel, const struct id *device);

/* STATUS_NOT_FOUND: it is a member, never was, or was left behind in a generation. */
MUST_CHECK enum status store_departures_get(struct store_db *db,
                                            const struct id *channel,
                                            const struct id *device,
                                            struct store_departure *departure);

#endif
