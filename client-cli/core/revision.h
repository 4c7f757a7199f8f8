/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What later messages do to earlier ones: edits, deletions, reactions.
 *
 * An edit takes the place of the text in the vault, so that whoever reads the entry (the screen,
 * the harvest, a search) reads what stands now; a deletion overwrites it. Who may is checked here,
 * by senders that MLS has proven: an edit is its author's, a deletion its author's or a
 * facilitator's, a reaction anybody's.
 *
 * Errors: those of engine.h and vault.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_REVISION_H
#define WEFT_CORE_REVISION_H

#include "client-cli/core/channel.h"
#include "client-cli/core/channel_say.h"
#include "client-cli/core/entry.h"

/* Whether people say this kind in words, which may be put better afterwards. */
bool revision_is_text(uint16_t kind);

/* Does what `entry`, whose content this is, asks for, in the caller's transaction. `problem` is set
 * to a static text when it must not be done; what it is about may also not be here at all, which
 * is no problem. Other kinds change nothing. */
MUST_CHECK enum status revision_take(struct engine *engine,
                                     struct channel *channel,
                                     const struct stored_entry *entry,
                                     const struct content *content,
                                     const char **problem);

/* Each message that an edit, a reaction or a deletion is about; none of every other kind, and of
 * what cannot be read. What `visit` fails with ends it, and is returned. */
MUST_CHECK enum status revision_each_target(const struct stored_entry *entry,
                                            enum status (*visit)(void *context,
                                                                 const struct id *message),
                                            void *context);

/* The first of them. STATUS_NOT_FOUND when there is none. */
MUST_CHECK enum status revision_target(const struct stored_entry *entry, struct id *message);

/* A reaction as it stands now. */
struct revision_reaction {
    struct id person;
    struct span text;
};

/* The reactions to a message, in the order in which they came and with nothing that was taken
 * back. Lends from the arena. */
MUST_CHECK enum status revision_reactions(struct engine *engine,
                                          const struct id *channel,
                                          const struct id *message,
                                          struct arena *arena,
                                          struct revision_reaction **reactions,
                                          size_t *count);

/* Deletes a message with its edits, here and on the server. STATUS_DENIED unless it is ours or we
 * facilitate. */
MUST_CHECK enum status revision_delete(struct engine *engine,
                                       struct channel *channel,
                                       const struct stored_entry *entry,
                                       struct channel_said *said);

/* How many people came into the channel after this entry and are still there, when the channel's
 * history begins with joining: they cannot read the message, but would read an edit of it. */
MUST_CHECK enum status revision_newcomers(struct engine *engine,
                                          struct channel *channel,
                                          uint64_t sequence,
                                          size_t *count);

#endif
