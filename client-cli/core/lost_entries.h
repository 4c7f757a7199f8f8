/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the directory log said before the server was put back from a backup, and does not say any
 * more. Who was shut out would be let in again: so whoever still has the signed statement hands it
 * in, to the letter, and what nobody can repeat for others is said, with what to do about it.
 * Errors: those of engine.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_LOST_ENTRIES_H
#define WEFT_CORE_LOST_ENTRIES_H

#include "client-cli/core/engine.h"

struct lost_entries {
    size_t joined;
    size_t shut_out;
    struct buffer
        statements; /* of those who were shut out, one after another, each with its size */
};

#define LOST_ENTRIES_INIT                                                                          \
    {                                                                                              \
        .statements = BUFFER_INIT(LIMIT_OBJECT_BYTES)                                              \
    }

void lost_entries_clear(struct lost_entries *lost);

/* Keeps one entry. */
MUST_CHECK enum status lost_entries_note(struct lost_entries *lost, struct span entry_bytes);

/* Says what was lost, and hands in again what can be; call it when the directory is up to date.
 * What the server refuses is said and no error. */
MUST_CHECK enum status lost_entries_repeat(struct engine *engine, const struct lost_entries *lost);

#endif
