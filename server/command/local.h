/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The commands that are about this process or this directory, and never run inside a server:
 * init, serve, restore, check-config. Each returns an exit code and prints by itself.
 */
#ifndef WEFT_COMMAND_LOCAL_H
#define WEFT_COMMAND_LOCAL_H

#include "server/command/app.h"

struct local_command {
    const char *name;
    int (*run)(const struct app_place *place, bool json, int argc, const char **argv);
    const char *usage;
    const char *help;
};

extern const struct local_command local_commands[];
extern const size_t local_command_count;

int init_run(const struct app_place *place, bool json, int argc, const char **argv);
int serve_run(const struct app_place *place, bool json, int argc, const char **argv);
int restore_run(const struct app_place *place, bool json, int argc, const char **argv);
int check_config_run(const struct app_place *place, bool json, int argc, const char **argv);

/* Runs `name` with its arguments over the socket of a running server or, when there is none, in
 * place. */
int remote_run(
    const struct app_place *place, const char *name, bool json, int argc, const char **argv);

/* Runs `name` without arguments likewise, and appends what it prints; its errors are printed.
 * Returns the exit code. */
int remote_collect(const struct app_place *place, const char *name, struct buffer *printed);

#endif
