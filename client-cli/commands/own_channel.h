/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Which of our channels a command means.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_COMMANDS_OWN_CHANNEL_H
#define WEFT_COMMANDS_OWN_CHANNEL_H

#include "client-cli/commands/command.h"
#include "client-cli/core/channel.h"

/* The channel that `text` names: title, beginning of one, id or beginning of one. NULL: the only
 * channel that we are in. Explains what to do otherwise. */
MUST_CHECK enum status
own_channel_find(struct invocation *invocation, const char *text, struct channel **channel);

/* The only channel that we are in; NULL when there are several or none. */
const struct channel *own_channel_only(const struct engine *engine);

/* The channel of a command that ends in words: positional number `*at`, and the words begin after
 * it. It may be left out by somebody with one channel when the words are one argument: of more, the
 * first is taken for a channel, since a slip must not tell the wrong people. */
MUST_CHECK enum status
own_channel_take(struct invocation *invocation, size_t *at, struct channel **channel);

#endif
