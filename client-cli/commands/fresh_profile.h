/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A profile that is made by a link: of somebody who joins, or of another device.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_COMMANDS_FRESH_PROFILE_H
#define WEFT_COMMANDS_FRESH_PROFILE_H

#include "client-cli/commands/command.h"
#include "protocol/wire/invite_link.h"

/* The first argument as a link. It has a secret in it, and an argument is for everybody on this
 * machine to see: "-" takes it from the standard input. */
MUST_CHECK enum status fresh_profile_link(struct invocation *invocation, struct invite_link *link);

/* Makes the profile, with a passphrase when one is asked for; one that was never confirmed is
 * opened again, so that what was interrupted can go on. STATUS_EXISTS for one that has joined. */
MUST_CHECK enum status fresh_profile_open(struct invocation *invocation, struct engine **engine);

#endif
