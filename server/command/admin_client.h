/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The other end of the admin socket: sends a command to the server that runs on a state directory
 * and prints what it says.
 */
#ifndef WEFT_COMMAND_ADMIN_CLIENT_H
#define WEFT_COMMAND_ADMIN_CLIENT_H

#include "protocol/base/buffer.h"

/* STATUS_NOT_FOUND when no server listens there: run in place. Otherwise prints to stdout and
 * stderr, and `*exit_code` is the command's. */
MUST_CHECK enum status admin_client_run(const char *socket_path, struct span line, int *exit_code);

#endif
