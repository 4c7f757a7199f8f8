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

/* What else is on the screen. */
struct show_entry_around {
    bool with_title;    /* several channels are shown at once */
    uint64_t seen_from; /* the first entry there: edits and reactions to it, or to what comes after
                         * it, show where the message is. UINT64_MAX: each is news */
};

void show_entry(struct out *out,
                struct engine *engine,
                const struct channel *channel,
                const struct stored_entry *entry,
                const struct show_entry_around *around);

/* What is no message, and of which channel it is where several are shown. */
void show_entry_aside(struct out *out,
                      const struct channel *channel,
                      const struct show_entry_around *around,
                      const char *text);

/* Local time as YYYY-MM-DD HH:MM. */
#define SHOW_TIME_SIZE 24
void show_entry_time(int64_t time_ms, char text[SHOW_TIME_SIZE]);

#endif
