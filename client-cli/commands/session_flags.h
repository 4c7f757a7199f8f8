/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the commands that make a channel read alike from their command line.
 * Errors: STATUS_USAGE and STATUS_NOT_UTF8, explained. Thread rule: pure functions but for the
 * explanation.
 */
#ifndef WEFT_COMMANDS_SESSION_FLAGS_H
#define WEFT_COMMANDS_SESSION_FLAGS_H

#include "client-cli/commands/command.h"
#include "protocol/channel/extension.h"

/* --open, --private or --confidential; restricted when none is given. */
MUST_CHECK enum status session_flags_visibility(struct invocation *invocation,
                                                enum channel_visibility *visibility);

/* All positionals as the title, appended. */
MUST_CHECK enum status session_flags_title(struct invocation *invocation, struct buffer *title);

/* --brief, lent from the command line; empty when it is not given. */
MUST_CHECK enum status session_flags_brief(struct invocation *invocation, struct span *brief);

#endif
