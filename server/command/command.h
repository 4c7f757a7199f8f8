/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The commands of weftd that work on a store: one file each, one table.
 *
 * The same function serves both ways: while `serve` runs, the command is sent to it over the
 * socket of the state directory and runs on its loop; otherwise the store is opened and it runs in
 * place. So a command begins, gives jobs to store and pools, and finishes: command_finish is
 * called exactly once.
 * Ownership: whoever runs a command owns the call until `finished`. Thread rule: loop thread only.
 */
#ifndef WEFT_COMMAND_COMMAND_H
#define WEFT_COMMAND_COMMAND_H

#include "server/command/app.h"
#include "server/command/exit_code.h"
#include "server/command/progress.h"

#include <jansson.h>

#define COMMAND_ARGUMENTS_MAX 32
#define COMMAND_FILES_MAX 2
/* What a command prints: an export or a list of some thousand rows. */
#define COMMAND_OUTPUT_MAX (16u << 20)

struct command_call {
    struct app *app;
    const struct command *command;
    int argc; /* without the command's own name */
    const char **argv;
    /* Contents of the files that the table says the command reads, in order. */
    struct span files[COMMAND_FILES_MAX];
    bool json;
    struct buffer out;
    struct buffer err;
    bool incomplete;    /* something is in neither of them */
    struct arena arena; /* for whatever lives as long as the call */
    void *state;        /* the command's own, from the arena */
    int exit_code;
    /* NULL, or shows how far it is. Any thread; not after the call is finished. */
    void (*progress)(struct command_call *call, enum progress_step step, int percent);
    void (*finished)(struct command_call *call);
    void *context; /* of whoever runs it */
};

struct command {
    const char *name;
    void (*begin)(struct command_call *call);
    const char *usage; /* after the name */
    const char *help;
    int files; /* so many of its last arguments are files that it reads */
    /* NULL, or what the process that was called does: it asks for what the command prints, and
     * makes of it what belongs into its own terminal and directories. Returns an exit code. */
    int (*show)(const struct app_place *place, bool json, int argc, const char **argv);
    bool writes; /* its last argument is a path that it writes, made absolute on the way */
};

extern const struct command commands[];
extern const size_t command_count;

/* NULL when there is none. */
const struct command *command_find(const char *name);

/* Sets the call up; `argv` is lent. */
void command_init(struct command_call *call,
                  const struct command *command,
                  struct app *app,
                  int argc,
                  const char **argv);
void command_clear(struct command_call *call);

/* Ends the call: calls `finished`, which may free it. A status that is not OK is printed, after
 * `what` (or its own text alone, when NULL). */
void command_finish(struct command_call *call, enum status status, const char *what);

/* Ends it with a status that command_complain has told. */
void command_fail(struct command_call *call, enum status status);

/* Ends it with the command's usage. */
void command_usage(struct command_call *call);

/* Ends it as one that was used wrongly, in a way that command_complain has told. */
void command_misused(struct command_call *call);

/* How far it is, for whoever watches (progress.h). Any thread, until the call is finished. */
void command_progress(struct command_call *call, enum progress_step step, int percent);

/* Text for people, to stdout. Formatting as printf. */
__attribute__((format(printf, 2, 3))) void
command_print(struct command_call *call, const char *format, ...);

/* Text for people, to stderr. */
__attribute__((format(printf, 2, 3))) void
command_complain(struct command_call *call, const char *format, ...);

/* One JSON line to stdout; takes the object. */
void command_print_json(struct command_call *call, json_t *object);

/* Remote or imported text, cleaned of control characters, as a JSON string; NULL without memory. */
json_t *command_json_text(struct span text);

/* Null for none. */
json_t *command_json_id(const struct id *id);

/* Such a text as a C string in the call's arena; "" without memory. */
const char *command_clean(struct command_call *call, struct span text);

/* A time for people, in UTC; "" for one that no calendar has. */
#define COMMAND_TIME_SIZE 32
void command_time(int64_t time_ms, char text[COMMAND_TIME_SIZE]);

/* An option's value: `--name VALUE`. Takes both out of argc/argv. NULL when it is not there.
 * `*wrong` tells of one without a value, or that comes twice. */
const char *command_take_option(struct command_call *call, const char *name, bool *wrong);

/* A number from 1 to `most`; false for any other text. */
MUST_CHECK bool command_number(const char *text, uint32_t most, uint32_t *number);

/* The command's own object, zeroed, as call->state. */
MUST_CHECK enum status command_take_state(struct command_call *call, size_t size, void **state);

int stats_show(const struct app_place *place, bool json, int argc, const char **argv);

#define COMMAND_PROTOTYPE(name) void name##_command_begin(struct command_call *call);
COMMAND_PROTOTYPE(audit)
COMMAND_PROTOTYPE(backup)
COMMAND_PROTOTYPE(invite)
COMMAND_PROTOTYPE(person)
COMMAND_PROTOTYPE(device)
COMMAND_PROTOTYPE(import)
COMMAND_PROTOTYPE(stats)
COMMAND_PROTOTYPE(suggest)
#undef COMMAND_PROTOTYPE

#endif
