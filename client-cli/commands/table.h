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

/* Another spelling of the beginning of a command's name. */
struct command_alias {
    const char *name; /* one or more words */
    const char *of;   /* one word: a noun of the table, or the beginning of another alias */
};
extern const struct command_alias command_aliases[];
extern const size_t command_alias_count;

/* The command that argv begins with, and how many words its name has; NULL when there is none. */
const struct command *table_find(int argc, const char *const *argv, int *words);

/* The noun that argv begins with, and how many words it takes there; NULL when no command has it.
 */
const char *table_noun(int argc, const char *const *argv, int *words);

#endif
