/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * From a command line to an exit code: finds the command, opens what it needs, runs it here or in
 * the process that holds the profile.
 * Thread rule: the main thread.
 */
#ifndef WEFT_COMMANDS_PROGRAM_H
#define WEFT_COMMANDS_PROGRAM_H

#include "client-cli/commands/relay.h"
#include "client-cli/core/engine.h"

/* `argv` without the program's name. Returns the exit code. */
int program_main(int argc, const char *const *argv);

/* Runs a command that another process asked for, with this process's engine. */
int program_run_for_other(struct engine *engine,
                          const char *profile_directory,
                          const struct relay_request *request,
                          const struct out_sink *sink);

#endif
