/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of rows that changed and were not stored yet.
 *
 * Adding must not fail after a change was made, so whoever changes something reserves first.
 * Errors: STATUS_NO_MEMORY. Thread rule: one thread at a time.
 */
#ifndef WEFT_MLS_MEMBER_ROW_SET_H
#define WEFT_MLS_MEMBER_ROW_SET_H

#include "protocol/mls/member/rows.h"

#include <stdbool.h>
#include <stddef.h>

struct mls_row_set {
    struct mls_row_key *keys; /* sorted and without repetition after mls_row_set_sort only */
    size_t count;
    size_t capacity;
};

void mls_row_set_clear(struct mls_row_set *set);

/* Makes room for `count` more keys. */
MUST_CHECK enum status mls_row_set_reserve(struct mls_row_set *set, size_t count);

/* Adds a key for which room was reserved. */
void mls_row_set_add(struct mls_row_set *set,
                     enum mls_row_kind kind,
                     uint64_t epoch,
                     uint32_t index);

/* Adds every key of `other`; room was reserved. */
void mls_row_set_add_all(struct mls_row_set *set, const struct mls_row_set *other);

/* Sorts and drops repetitions. */
void mls_row_set_sort(struct mls_row_set *set);

#endif
