/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How a channel goes on when its group cannot: somebody committed what others cannot follow, or the
 * server was put back from a backup.
 *
 * A frozen channel goes on in its next generation: one member makes a new group with the channel's
 * rules as they were, the server takes the first, and everybody of the last good roster is let in
 * again, by Welcome or, into an open channel, by themselves. What was read so far stays.
 * Errors: those of engine.h; STATUS_REMOVED when the channel goes on without us. Thread rule: the
 * engine's thread.
 */
#ifndef WEFT_CORE_CHANNEL_CONTINUE_H
#define WEFT_CORE_CHANNEL_CONTINUE_H

#include "client-cli/core/channel.h"

/* Reports what we are stuck at, asks the server how the channel stands, and does what is ours to
 * do. When there is nothing to do but wait, that is said and the state tells. */
MUST_CHECK enum status channel_continue_look(struct engine *engine, struct channel *channel);

/* The same for whoever is about to open a Welcome into a later generation: leaves the channel
 * waiting for it. */
MUST_CHECK enum status channel_continue_make_way(struct engine *engine, struct channel *channel);

/* Whom our own next generation would have let in: once the channel is entered as it is now. In the
 * caller's transaction. */
MUST_CHECK enum status channel_continue_forget(struct engine *engine,
                                               const struct channel *channel);

/* STATUS_UNTRUSTED, explained: the server names a later generation and shows none. */
MUST_CHECK enum status channel_continue_explain_hidden(struct engine *engine);

/* Whether a group has the rules that this channel had here, and gives nobody a role that they had
 * not: STATUS_UNTRUSTED, explained. Both are lent. */
MUST_CHECK enum status channel_continue_check_rules(struct engine *engine,
                                                    struct channel *channel,
                                                    const struct mls_public_group *next);

/* The same of the group that a Welcome or the log offers. Says how many are in it that were not
 * here before, and admits those who were. In the transaction in which the new group takes the place
 * of the old; both are lent. */
MUST_CHECK enum status channel_continue_check(struct engine *engine,
                                              struct channel *channel,
                                              const struct mls_public_group *next);

#endif
