/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The other end of the admin socket: sends a command to the server that runs on a state directory
 * and takes what it says.
 */
#ifndef WEFT_COMMAND_ADMIN_CLIENT_H
#define WEFT_COMMAND_ADMIN_CLIENT_H

#include "protocol/base/buffer.h"

/* What a command printed, and how it ended. */
struct admin_answer {
    struct buffer out;
    struct buffer err;
    int exit_code;
};

/* Of the size that a command may print; the caller clears both buffers. */
void admin_answer_init(struct admin_answer *answer);
void admin_answer_clear(struct admin_answer *answer);

/* `progress` gets each text of that which comes before the answer. STATUS_NOT_FOUND when no server
 * listens there: run in place. */
MUST_CHECK enum status admin_client_run(const char *socket_path,
                                        struct span line,
                                        void (*progress)(const char *text),
                                        struct admin_answer *answer);

#endif
