/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What people type for a thing: an id, the beginning of one, or the beginning of its name.
 *
 * The best match wins: a whole id or name before the beginning of one; letters of ASCII match
 * whatever their case. Two that match equally well are nobody.
 * Thread rule: pure functions.
 */
#ifndef WEFT_COMMANDS_FIND_H
#define WEFT_COMMANDS_FIND_H

#include "protocol/base/id.h"

/* The shortest beginning of an id that is taken for one. */
#define FIND_ID_LETTERS_MIN 6

/* A search among things that are offered one after another. */
struct find {
    const char *wanted;
    unsigned best; /* how well the best so far matches; 0: not at all */
    size_t at;     /* the number of the best */
    size_t equals; /* how many match as well as the best */
    size_t offered;
};

void find_begin(struct find *find, const char *wanted);

/* Offers the next thing: `id` may be NULL, `name` may be empty. */
void find_offer(struct find *find, const struct id *id, struct span name);

/* STATUS_NOT_FOUND when nothing matches, STATUS_CONFLICT when several do equally well; `at` is the
 * number of the one that was offered, from 0. */
MUST_CHECK enum status find_finish(const struct find *find, size_t *at);

#endif
