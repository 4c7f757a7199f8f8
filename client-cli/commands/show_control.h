/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What people see of the messages that clients send each other: who may come in, what the channel
 * is called, the session's clock, keys of what was said before. What it does is told in one line;
 * what says nothing to anybody, or was told before, in none.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_COMMANDS_SHOW_CONTROL_H
#define WEFT_COMMANDS_SHOW_CONTROL_H

#include "client-cli/commands/show_entry.h"

/* Whether people are shown nothing of an entry. */
bool show_control_is_silent(struct engine *engine,
                            const struct channel *channel,
                            const struct stored_entry *entry);

/* Shows an entry that is such a message, if there is anything to show; false of any other. */
bool show_control(struct out *out,
                  struct engine *engine,
                  const struct channel *channel,
                  const struct stored_entry *entry,
                  const struct show_entry_around *around);

#endif
