/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The roles of a channel as people type and read them.
 * Thread rule: pure functions.
 */
#ifndef WEFT_COMMANDS_ROLE_NAMES_H
#define WEFT_COMMANDS_ROLE_NAMES_H

#include "client-cli/commands/command.h"

/* The bit of enum channel_role; STATUS_USAGE, explained, for a name that is none. */
MUST_CHECK enum status
role_names_find(struct invocation *invocation, const char *name, uint16_t *role);

/* "facilitator, assistee"; empty without a role. */
#define ROLE_NAMES_SIZE 80
void role_names_text(uint16_t roles, char text[ROLE_NAMES_SIZE]);

#endif
