/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a command line begins with a command's name: the functions of table.h. */
#include "client-cli/commands/table.h"

#include <string.h>

/* "peer assist stage next" */
#define NAME_WORDS_MAX 4

/* How many words `name` has when the first words are its; else 0. */
static int begin_with(int count, const char *const *words, const char *name)
{
    for (int i = 0; i < count; i++) {
        size_t length = strlen(words[i]);
        if (strncmp(name, words[i], length) != 0)
            return 0;
        if (name[length] == '\0')
            return i + 1;
        if (name[length] != ' ')
            return 0;
        name += length + 1;
    }
    return 0;
}

/* Puts `alias->of` in place of the words that are its other spelling; returns how many words fewer
 * there are. */
static int replace_alias(const struct command_alias *alias, int *count, const char **words)
{
    int matched = begin_with(*count, words, alias->name);
    if (matched == 0)
        return 0;
    words[0] = alias->of;
    for (int i = matched; i < *count; i++)
        words[i - matched + 1] = words[i];
    *count -= matched - 1;
    return matched - 1;
}

/* The first words of argv with the other spellings replaced, and how many words that saved. */
static int read_name(int argc, const char *const *argv, const char **name, int *count)
{
    int saved = 0;
    *count = argc < NAME_WORDS_MAX ? argc : NAME_WORDS_MAX;
    for (int i = 0; i < *count; i++)
        name[i] = argv[i];
    for (size_t i = 0; i < command_alias_count; i++)
        saved += replace_alias(&command_aliases[i], count, name);
    return saved;
}

const struct command *table_find(int argc, const char *const *argv, int *words)
{
    const char *name[NAME_WORDS_MAX];
    int count = 0;
    int saved = read_name(argc, argv, name, &count);
    const struct command *alone = NULL;
    for (size_t i = 0; count > 0 && i < command_table_count; i++) {
        const struct command *command = &command_table[i];
        if (strcmp(command->noun, name[0]) != 0)
            continue;
        if (command->verb == NULL) {
            alone = command;
        } else if (count > 1 && strcmp(command->verb, name[1]) == 0) {
            *words = 2 + saved;
            return command;
        }
    }
    *words = 1 + saved;
    return alone;
}

const char *table_noun(int argc, const char *const *argv, int *words)
{
    const char *name[NAME_WORDS_MAX];
    int count = 0;
    *words = 1 + read_name(argc, argv, name, &count);
    for (size_t i = 0; count > 0 && i < command_table_count; i++)
        if (strcmp(command_table[i].noun, name[0]) == 0)
            return command_table[i].noun;
    return NULL;
}
