/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Takes one entry of a log into the group and the vault: the heart of channel_log.h.
 * Errors: those that make the whole transaction fail (memory, vault); everything that an entry
 * itself can do wrong ends in what is stored about it. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_ENTRY_TAKE_H
#define WEFT_CORE_ENTRY_TAKE_H

#include "client-cli/core/channel.h"

/* In the caller's transaction, the group being in memory. Moves the cursor by one; an entry that
 * was taken before is left alone, and so is one that sets channel->outrun. STATUS_CONFLICT when it
 * does not follow the cursor. */
MUST_CHECK enum status
entry_take(struct engine *engine, struct channel *channel, const struct wire_entry *entry);

#endif
