/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How often a segment of each block was fetched on each member's word, so that nobody has a
 * newcomer fetch without end what gives them nothing: another key of a file in each message, or
 * one segment after another in which all is withheld. It says nothing of what others share, who may
 * say the same: what did not open may have been spoiled on its way, and be whole again.
 *
 * Errors: those of vault.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_HISTORY_TRIES_H
#define WEFT_CORE_HISTORY_TRIES_H

#include "client-cli/core/history_keys.h"

/* Whether what key->shared_by says of the block may be fetched once more: so often in a day, and
 * not what was fetched last on their word. */
MUST_CHECK enum status history_tries_left(struct engine *engine,
                                          const struct channel *channel,
                                          const struct history_key *key,
                                          bool *left);

/* It was fetched to its end, or as far as it could be read. In the caller's transaction. */
MUST_CHECK enum status history_tries_note(struct engine *engine,
                                          const struct channel *channel,
                                          const struct history_key *key);

#endif
