/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How an introduction is shown, wherever one is.
 * Thread rule: pure but for `out`.
 */
#ifndef WEFT_COMMANDS_SHOW_SUGGESTION_H
#define WEFT_COMMANDS_SHOW_SUGGESTION_H

#include "client-cli/commands/out.h"
#include "protocol/wire/network.h"

/* Some lines: who or what, why, and what to type next; and a record of the type "suggestion". */
void show_suggestion(struct out *out, const struct wire_suggestion *suggestion);

#endif
