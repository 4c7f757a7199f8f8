/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * All commands in one table, from which dispatch and help come.
 * Thread rule: constant.
 */
#ifndef WEFT_COMMANDS_TABLE_H
#define WEFT_COMMANDS_TABLE_H

#include "client-cli/commands/command.h"

extern const struct command command_table[];
extern const size_t command_table_count;

/* Flags that every command takes. */
extern const struct flag command_common_flags[];

/* The command that argv begins with, and how many words its name has; NULL when there is none. */
const struct command *table_find(int argc, const char *const *argv, int *words);

/* Whether any command has this noun. */
bool table_has_noun(const char *noun);

#endif
