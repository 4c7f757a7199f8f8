/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The functions behind the table's rows, one file each or one file a noun.
 * Errors: statuses, explained with command_explain or engine_explain. Thread rule: the engine's.
 */
#ifndef WEFT_COMMANDS_VERBS_H
#define WEFT_COMMANDS_VERBS_H

#include "client-cli/commands/command.h"

MUST_CHECK enum status help_run(struct invocation *invocation);
MUST_CHECK enum status join_run(struct invocation *invocation);
MUST_CHECK enum status status_run(struct invocation *invocation);

MUST_CHECK enum status own_profile_show_run(struct invocation *invocation);
MUST_CHECK enum status own_profile_set_run(struct invocation *invocation);
MUST_CHECK enum status people_run(struct invocation *invocation);
MUST_CHECK enum status group_list_run(struct invocation *invocation);
MUST_CHECK enum status invitation_list_run(struct invocation *invocation);
MUST_CHECK enum status invitation_accept_run(struct invocation *invocation);
MUST_CHECK enum status invitation_decline_run(struct invocation *invocation);
MUST_CHECK enum status stats_run(struct invocation *invocation);

#endif
