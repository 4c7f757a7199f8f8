/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Which messages of the vault have some words. The index is made in memory when somebody first
 * searches (vault/word_index.h), kept up to date as long as the engine lives, and thrown away when
 * a text is edited or deleted: it must not find what is not there any more.
 *
 * Errors: those of vault.h and word_index.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_SEARCH_H
#define WEFT_CORE_SEARCH_H

#include "client-cli/core/channel.h"
#include "client-cli/core/entry.h"

/* The newest `count_max` messages with all the words, oldest first, of one channel or of all. */
struct search_query {
    struct span words;
    const struct channel *channel; /* NULL: all */
    size_t count_max;
    enum status (*visit)(void *context, struct channel *channel, const struct stored_entry *entry);
    void *context;
};

/* `found` is how many there are. */
MUST_CHECK enum status
search_find(struct engine *engine, const struct search_query *query, size_t *found);

/* A text is not what it was. */
void search_forget(struct engine *engine);

/* Appends all words of a message, with the names of those whom it mentions; nothing for one
 * without words. */
MUST_CHECK enum status search_words(struct engine *engine,
                                    const struct channel *channel,
                                    const struct stored_entry *entry,
                                    struct buffer *words);

#endif
