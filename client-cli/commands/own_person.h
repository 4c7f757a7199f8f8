/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Which person a command means.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_COMMANDS_OWN_PERSON_H
#define WEFT_COMMANDS_OWN_PERSON_H

#include "client-cli/commands/command.h"
#include "client-cli/core/channel.h"

/* The person that `text` names: an id or the beginning of one (known_id.h), a name or the beginning
 * of one. Names are looked for among those in the channel and those who knock at it, then among
 * those who show themselves to all. When several fit, they are listed. `channel` may be NULL. */
MUST_CHECK enum status own_person_find(struct invocation *invocation,
                                       struct channel *channel,
                                       const char *text,
                                       struct id *person);

#endif
