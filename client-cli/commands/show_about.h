/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How messages show that they are about each other: what a reply answers, what an edit, a reaction
 * or a deletion did. All of it comes from this reader's own vault: what they cannot read there,
 * nobody's reply shows them.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_COMMANDS_SHOW_ABOUT_H
#define WEFT_COMMANDS_SHOW_ABOUT_H

#include "client-cli/commands/out.h"
#include "client-cli/core/channel.h"
#include "client-cli/core/entry.h"

struct show_entry_around;

/* Lines of one entry begin so. */
#define SHOW_INDENT "    "

/* The text of a message, with the names of those whom it mentions. */
void show_about_text(struct out *out, struct engine *engine, struct span text, json_t *record);

/* Above a message that replies: what to, in a line. */
void show_about_reply(struct out *out,
                      struct engine *engine,
                      const struct channel *channel,
                      const struct id *reply_to,
                      json_t *record);

/* Below a message: who reacted to it. */
void show_about_reactions(struct out *out,
                          struct engine *engine,
                          const struct channel *channel,
                          const struct stored_entry *entry,
                          json_t *record);

/* An edit, a reaction or a deletion, in a line of its own; nothing for people when the message that
 * it is about is on the screen: it shows there. False for another kind. */
bool show_about_other(struct out *out,
                      struct engine *engine,
                      const struct channel *channel,
                      const struct stored_entry *entry,
                      const struct show_entry_around *around,
                      json_t *record);

/* That a message is gone, and by whom. */
#define SHOW_ABOUT_DELETED_SIZE (LIMIT_NAME_BYTES + 32)
void show_about_deleted(struct engine *engine,
                        const struct stored_entry *entry,
                        char text[SHOW_ABOUT_DELETED_SIZE],
                        json_t *record);

#endif
