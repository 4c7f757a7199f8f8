/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Following channels: shows what is said as it becomes durable, answers what the server asks of an
 * online member, serves the other commands of the profile, and comes back after a broken
 * connection.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_COMMANDS_FOLLOW_H
#define WEFT_COMMANDS_FOLLOW_H

#include "client-cli/commands/command.h"

MUST_CHECK enum status follow_run(struct invocation *invocation);

#endif
