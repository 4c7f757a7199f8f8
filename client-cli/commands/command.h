/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A command of `weft`: one row of the table (table.h), and one call of it.
 *
 * A command writes through `out` and never to the terminal itself, so that it can run in the
 * process that holds the vault for another one that asked.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_COMMANDS_COMMAND_H
#define WEFT_COMMANDS_COMMAND_H

#include "client-cli/commands/arguments.h"
#include "client-cli/commands/out.h"
#include "client-cli/core/engine.h"

/* What must be there before a command runs. */
enum command_needs {
    COMMAND_NEEDS_NOTHING,    /* makes its own way: help, join */
    COMMAND_NEEDS_VAULT,      /* works offline */
    COMMAND_NEEDS_CONNECTION, /* logged in */
};

enum command_trait {
    /* Holds the engine until it is stopped, and serves other commands meanwhile: never handed to
     * another process. */
    COMMAND_STAYS = 1 << 0,
    /* Asks at the terminal: not for other processes either. */
    COMMAND_ASKS = 1 << 1,
};

struct invocation;

struct command {
    const char *noun;
    const char *verb; /* NULL: the noun alone */
    enum status (*run)(struct invocation *invocation);
    const char *usage; /* the positionals */
    const char *summary;
    const char *details; /* may be NULL */
    const struct flag *flags;
    enum command_needs needs;
    unsigned traits; /* enum command_trait */
    size_t positional_min;
    size_t positional_max; /* SIZE_MAX: any number */
};

struct invocation {
    const struct command *command;
    struct arguments arguments;
    struct out *out;
    struct engine *engine;         /* NULL for COMMAND_NEEDS_NOTHING */
    const char *profile_directory; /* NULL without a profile */
    const char *working_directory; /* of whoever asked, for relative paths */
    struct span input;             /* the standard input, when an argument is "-" */
    char explanation[600];         /* of a failure, for people; the engine's counts when empty */
};

/* Keeps a text for people and returns `status`. */
__attribute__((format(printf, 3, 4))) enum status
command_explain(struct invocation *invocation, enum status status, const char *format, ...);

/* What the invocation's engine has to tell goes to whoever asked: for a command that opens its
 * engine itself. */
void command_listen(struct invocation *invocation);

/* Runs one call with its arguments read and what it needs at hand, and shows its error. */
MUST_CHECK enum status command_run(struct invocation *invocation);

#endif
