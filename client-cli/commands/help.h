/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Help, out of the table.
 * Thread rule: pure but for `out`.
 */
#ifndef WEFT_COMMANDS_HELP_H
#define WEFT_COMMANDS_HELP_H

#include "client-cli/commands/command.h"

/* Everything, one line a command. */
void help_show_all(struct out *out);

/* The commands of one noun, or the one command when it stands alone. */
void help_show_noun(struct out *out, const char *noun);

void help_show_command(struct out *out, const struct command *command);

#endif
