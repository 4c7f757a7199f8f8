/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Takes commands from the Unix socket of the state directory (0600) and runs them on the loop.
 * Whoever may open the socket may read the store's files anyway: there is no other check.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_COMMAND_ADMIN_SERVER_H
#define WEFT_COMMAND_ADMIN_SERVER_H

#include "server/command/command.h"

struct admin_server;
struct uv_loop_s;

/* A socket left by a server that was killed is replaced: the store's lock is ours. STATUS_IO,
 * STATUS_LIMIT for a path too long for a socket. */
MUST_CHECK enum status admin_server_open(struct uv_loop_s *loop,
                                         struct app *app,
                                         const char *socket_path,
                                         struct admin_server **server);

/* Stops listening, removes the socket, and closes the connections that have not asked for anything
 * yet. Commands that run are finished first: the caller runs the loop until admin_server_is_idle,
 * then frees. */
void admin_server_stop(struct admin_server *server);
bool admin_server_is_idle(const struct admin_server *server);

/* `*server` becomes NULL; NULL is allowed. */
void admin_server_free(struct admin_server **server);

#endif
