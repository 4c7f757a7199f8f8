/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct flag *find_in(const struct flag *flags, const char *name, size_t length)
{
    for (; flags != NULL && flags->name != NULL; flags++)
        if (strlen(flags->name) == length && memcmp(flags->name, name, length) == 0)
            return flags;
    return NULL;
}

/* Names the argument that is wrong: `before` it, and what is said `after` it. */
static enum status
usage(struct arguments *arguments, const char *before, const char *name, const char *after)
{
    snprintf(arguments->problem, sizeof arguments->problem, "%s%s%s", before, name, after);
    return STATUS_USAGE;
}

static bool is_flag(const char *argument)
{
    return argument[0] == '-' && argument[1] != '\0';
}

/* Reads argv[*at], which is a flag, and its value; moves *at to the last one read. */
static enum status read_flag(const struct flag *flags,
                             const struct flag *more,
                             int argc,
                             const char *const *argv,
                             int *at,
                             struct arguments *arguments)
{
    const char *argument = argv[*at];
    const char *name = argument + (argument[1] == '-' ? 2 : 1);
    const char *equals = strchr(name, '=');
    size_t length = equals == NULL ? strlen(name) : (size_t)(equals - name);
    const struct flag *flag = argument[1] == '-' ? find_in(flags, name, length) : NULL;
    if (flag == NULL && argument[1] == '-')
        flag = find_in(more, name, length);
    if (flag == NULL)
        return usage(arguments, "there is no option ", argument, " here; see --help");
    const char *value = equals == NULL ? NULL : equals + 1;
    if (flag->value == NULL && value != NULL)
        return usage(arguments, "--", flag->name, " takes no value");
    if (flag->value != NULL && value == NULL) {
        if (*at + 1 >= argc)
            return usage(arguments, "--", flag->name, " needs a value");
        value = argv[++*at];
    }
    arguments->flags[arguments->flag_count] = flag;
    arguments->values[arguments->flag_count++] = value;
    return STATUS_OK;
}

enum status arguments_parse(const struct flag *flags,
                            const struct flag *more,
                            int argc,
                            const char *const *argv,
                            struct arguments *arguments)
{
    *arguments = (struct arguments){0};
    if (argc > ARGUMENTS_MAX)
        return STATUS_LIMIT;
    size_t count = (size_t)argc + 1;
    arguments->positional = calloc(count, sizeof *arguments->positional);
    arguments->flags = calloc(count, sizeof *arguments->flags);
    arguments->values = calloc(count, sizeof *arguments->values);
    if (arguments->positional == NULL || arguments->flags == NULL || arguments->values == NULL)
        return STATUS_NO_MEMORY;
    bool flags_end = false;
    for (int i = 0; i < argc; i++) {
        if (!flags_end && strcmp(argv[i], "--") == 0)
            flags_end = true;
        else if (!flags_end && is_flag(argv[i]))
            TRY(read_flag(flags, more, argc, argv, &i, arguments));
        else
            arguments->positional[arguments->positional_count++] = argv[i];
    }
    return STATUS_OK;
}

void arguments_clear(struct arguments *arguments)
{
    free(arguments->positional);
    free(arguments->flags);
    free(arguments->values);
    *arguments = (struct arguments){0};
}

bool arguments_has(const struct arguments *arguments, const char *flag)
{
    for (size_t i = 0; i < arguments->flag_count; i++)
        if (strcmp(arguments->flags[i]->name, flag) == 0)
            return true;
    return false;
}

const char *arguments_value(const struct arguments *arguments, const char *flag)
{
    const char *value = NULL;
    for (size_t i = 0; i < arguments->flag_count; i++)
        if (strcmp(arguments->flags[i]->name, flag) == 0)
            value = arguments->values[i];
    return value;
}

const char *arguments_value_at(const struct arguments *arguments, const char *flag, size_t at)
{
    for (size_t i = 0; i < arguments->flag_count; i++)
        if (strcmp(arguments->flags[i]->name, flag) == 0 && at-- == 0)
            return arguments->values[i];
    return NULL;
}

enum status arguments_number(struct arguments *arguments,
                             const char *flag,
                             int64_t min,
                             int64_t max,
                             int64_t missing,
                             int64_t *number)
{
    const char *text = arguments_value(arguments, flag);
    if (text == NULL) {
        *number = missing;
        return STATUS_OK;
    }
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < min || value > max) {
        snprintf(arguments->problem, sizeof arguments->problem,
                 "--%s takes a whole number from %lld to %lld", flag, (long long)min,
                 (long long)max);
        return STATUS_USAGE;
    }
    *number = value;
    return STATUS_OK;
}

enum status arguments_join(const struct arguments *arguments, size_t first, struct buffer *text)
{
    for (size_t i = first; i < arguments->positional_count; i++) {
        if (i != first)
            TRY(buffer_append(text, SPAN_LITERAL(" ")));
        TRY(buffer_append(text, span_from_text(arguments->positional[i])));
    }
    return STATUS_OK;
}
