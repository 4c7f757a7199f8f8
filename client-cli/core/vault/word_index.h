/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * An index of words in memory: which numbers have texts with all of some words, whatever their
 * case and accents. SQLite's full-text search (FTS5) on a database that has no file: what the
 * vault keeps sealed is in plain text nowhere on disk.
 *
 * Errors: STATUS_NO_MEMORY, STATUS_LIMIT, STATUS_INTERNAL. Thread rule: one thread at a time.
 */
#ifndef WEFT_VAULT_WORD_INDEX_H
#define WEFT_VAULT_WORD_INDEX_H

#include "protocol/base/buffer.h"

/* Words of one search; more narrow nothing down. */
#define WORD_INDEX_WORDS_MAX 16

struct word_index;

MUST_CHECK enum status word_index_new(struct word_index **index);

/* NULL is allowed. */
void word_index_free(struct word_index **index);

/* `number` is new, and at most INT64_MAX. Only the words are kept, not the text. */
MUST_CHECK enum status word_index_add(struct word_index *index, uint64_t number, struct span text);

/* Calls `visit` with the numbers of all texts that have, for each of `words`, a word that begins
 * so; the highest first. STATUS_CANCELLED from it ends the search without an error. Without a
 * single letter or digit in `words` there is nothing to find. */
MUST_CHECK enum status word_index_find(struct word_index *index,
                                       struct span words,
                                       enum status (*visit)(void *context, uint64_t number),
                                       void *context);

#endif
