/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How an entry of a channel's log is shown, wherever one is.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_COMMANDS_SHOW_ENTRY_H
#define WEFT_COMMANDS_SHOW_ENTRY_H

#include "client-cli/commands/out.h"
#include "client-cli/core/channel.h"
#include "client-cli/core/entry.h"

/* `with_title`: several channels are shown at once. */
void show_entry(struct out *out,
                struct engine *engine,
                const struct channel *channel,
                const struct stored_entry *entry,
                bool with_title);

/* Local time as YYYY-MM-DD HH:MM. */
#define SHOW_TIME_SIZE 24
void show_entry_time(int64_t time_ms, char text[SHOW_TIME_SIZE]);

#endif
