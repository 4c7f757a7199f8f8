/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the server asks an online member to commit: people who were let in, devices that left or
 * were shut out, a path that makes the next ones smaller. The facts are checked here, and again by
 * everybody who follows the commit; the server's word alone moves nobody. Errors: those of
 * channel_commit.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_WORK_H
#define WEFT_CORE_WORK_H

#include "client-cli/core/channel.h"

/* Commits what can be: what is done already or breaks a rule is left out. */
MUST_CHECK enum status
work_do(struct engine *engine, struct channel *channel, const struct wire_work *work);

/* Asks what waits in a channel, and commits it. */
MUST_CHECK enum status work_look(struct engine *engine, struct channel *channel);

/* Lets a person in, whether or not they knocked: says so in the channel and to the server. Whoever
 * is online commits it, we perhaps: work_look, work_await. STATUS_NOT_NOW, explained, for somebody
 * whose device an admin set up, unless it was `checked` that it is theirs. */
MUST_CHECK enum status
work_let_in(struct engine *engine, struct channel *channel, const struct id *person, bool checked);

/* Waits until a person who was let in is a member: committed by us, or by whoever the server asked
 * first. Of somebody whose devices are all absent or shut out it is told that it comes later.
 * STATUS_TIMEOUT when nobody has done it within the server's lease. */
MUST_CHECK enum status
work_await(struct engine *engine, struct channel *channel, const struct id *person);

#endif
