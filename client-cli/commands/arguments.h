/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A command line, read against the flags that the command has.
 *
 * Flags may stand anywhere; `--` ends them. A flag is `--name`, `--name VALUE` or `--name=VALUE`.
 * Ownership: everything is lent from argv. Errors: STATUS_USAGE, with a text that names the
 * argument; STATUS_LIMIT past ARGUMENTS_MAX. Thread rule: pure functions.
 */
#ifndef WEFT_COMMANDS_ARGUMENTS_H
#define WEFT_COMMANDS_ARGUMENTS_H

#include "protocol/base/buffer.h"

/* A message typed word by word is the longest line. */
#define ARGUMENTS_MAX 4096

struct flag {
    const char *name;  /* without the dashes; NULL ends a list */
    const char *value; /* what its value is called in the help; NULL: it takes none */
    const char *help;
};

struct arguments {
    const char **positional;
    size_t positional_count;
    const struct flag **flags; /* those that were given, in order */
    const char **values;       /* theirs; NULL for a flag without a value */
    size_t flag_count;
    char problem[200]; /* why arguments_parse failed */
};

/* `flags` and `more` are lists that a flag without a name ends; either may be NULL. */
MUST_CHECK enum status arguments_parse(const struct flag *flags,
                                       const struct flag *more,
                                       int argc,
                                       const char *const *argv,
                                       struct arguments *arguments);

/* Frees the lists; the arguments themselves are argv's. */
void arguments_clear(struct arguments *arguments);

bool arguments_has(const struct arguments *arguments, const char *flag);

/* The last value given, or NULL. */
const char *arguments_value(const struct arguments *arguments, const char *flag);

/* The value number `at` of a flag that may be repeated, or NULL. */
const char *arguments_value_at(const struct arguments *arguments, const char *flag, size_t at);

/* A whole number in [min, max]; `missing` when the flag was not given. */
MUST_CHECK enum status arguments_number(struct arguments *arguments,
                                        const char *flag,
                                        int64_t min,
                                        int64_t max,
                                        int64_t missing,
                                        int64_t *number);

/* Appends the positionals from `first` on, with a space between them. */
MUST_CHECK enum status
arguments_join(const struct arguments *arguments, size_t first, struct buffer *text);

#endif
