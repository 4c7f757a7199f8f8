/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How a channel stands: its generation and who began it, which change could not be followed and by
 * whom, who was left behind, who is not back yet, and whose devices are out or ought to be.
 * Errors: those of engine.h. Thread rule: the command's thread.
 */
#ifndef WEFT_COMMANDS_SHOW_STANDING_H
#define WEFT_COMMANDS_SHOW_STANDING_H

#include "client-cli/commands/command.h"
#include "client-cli/core/channel.h"

/* `own` is our record of the channel, its group in memory when we are a member; or NULL. */
MUST_CHECK enum status
show_standing(struct invocation *invocation, const struct id *id, struct channel *own);

#endif
