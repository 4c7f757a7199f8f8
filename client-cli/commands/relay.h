/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One engine a profile, several terminals: the process that holds the vault listens on a Unix
 * socket (0600) in the profile's folder and runs commands for others of the same profile.
 *
 * One JSON object a line. Asked: {"argv": [...], "cwd": text, "input": text, "colour": bool}.
 * Answered: {"text": text, "way": sum of enum out_way} any number of times, then {"exit": number}.
 * Errors: STATUS_IO; STATUS_NOT_FOUND when nobody listens. Thread rule: the engine's thread.
 */
#ifndef WEFT_COMMANDS_RELAY_H
#define WEFT_COMMANDS_RELAY_H

#include "client-cli/commands/out.h"

#include <uv.h>

struct relay;

struct relay_request {
    int argc;
    const char *const *argv;
    const char *working_directory;
    struct span input;
    bool colour;
};

struct relay_handler {
    /* A request waits: end whatever wait is on the loop, and call relay_serve from there. */
    void (*wake)(void *context);
    /* Runs it; `sink` takes its output. Returns the exit code. */
    int (*run)(void *context, const struct relay_request *request, const struct out_sink *sink);
    void *context;
};

/* Listens; the socket of a process that died is replaced (the vault's lock keeps out living
 * ones). */
MUST_CHECK enum status relay_open(uv_loop_t *loop,
                                  const char *profile_directory,
                                  const struct relay_handler *handler,
                                  struct relay **relay);

/* Runs what was asked meanwhile, one after another; not for who has gone away before their turn. */
void relay_serve(struct relay *relay);

/* Stops listening and removes the socket. NULL is allowed. */
void relay_close(struct relay **relay);

/* Whether a process listens at this profile. */
bool relay_is_there(const char *profile_directory);

/* Asks the process that holds the profile, and shows its answer through `sink`. STATUS_LIMIT when
 * it would not take so long a request: it is not sent. */
MUST_CHECK enum status relay_ask(const char *profile_directory,
                                 const struct relay_request *request,
                                 const struct out_sink *sink,
                                 int *exit_code);

#endif
