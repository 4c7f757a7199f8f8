/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The rows of a member's group in memory, so that a peer can be restarted in the middle of a
 * history.
 * Thread rule: one thread.
 */
#ifndef WEFT_TESTS_INTEROP_MEMORY_ROWS_H
#define WEFT_TESTS_INTEROP_MEMORY_ROWS_H

#include "protocol/mls/member/group.h"

struct memory_rows_row;

struct memory_rows {
    struct memory_rows_row *rows;
    size_t count;
    size_t capacity;
    size_t next; /* of the enumeration */
};

void memory_rows_clear(struct memory_rows *table);

/* Stores what changed in the group since the last call. */
MUST_CHECK enum status memory_rows_store(struct memory_rows *table, struct mls_group *group);

/* A group from the rows. */
MUST_CHECK enum status memory_rows_restore(struct memory_rows *table,
                                           const struct mls_options *options,
                                           struct mls_group **group);

#endif
