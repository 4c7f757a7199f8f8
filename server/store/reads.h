/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Read positions: how far each person has read each channel, for their other devices.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_READS_H
#define WEFT_STORE_READS_H

#include "server/store/store.h"

/* Moves the position forward; an earlier one changes nothing. */
MUST_CHECK enum status store_reads_set(struct store_db *db,
                                       const struct id *person,
                                       const struct id *channel,
                                       uint32_t generation,
                                       uint64_t sequence);

struct store_read {
    struct id channel;
    uint32_t generation;
    uint64_t sequence;
};
struct store_read_list {
    struct store_read *items;
    size_t count;
};

/* At most `count_max` of a person. */
MUST_CHECK enum status store_reads_of_person(struct store_db *db,
                                             const struct id *person,
                                             uint32_t count_max,
                                             struct arena *arena,
                                             struct store_read_list *reads);

#endif
