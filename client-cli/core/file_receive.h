/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Getting a file of a channel. Each chunk is compared with the hash in the message, which its
 * sender signed, before it is opened; only what was checked is written.
 *
 * The bytes go to a file beside the target, which is renamed when all of it is durable there, so
 * that a name never stands for half a file. One that was broken off goes on after its last chunk
 * that is still as it must be.
 *
 * Errors: STATUS_EXISTS (the target is there), STATUS_UNTRUSTED (the server sent something else),
 * STATUS_NOT_FOUND (it is not on the server any more), STATUS_IO, STATUS_FULL, those of engine.h.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_FILE_RECEIVE_H
#define WEFT_CORE_FILE_RECEIVE_H

#include "client-cli/core/file_send.h"

struct file_target {
    const char *directory;
    const char *name; /* in it: no slash */
    bool replace;     /* whatever has that name */
    struct file_progress progress;
};

MUST_CHECK enum status file_receive(struct engine *engine,
                                    const struct channel *channel,
                                    const struct content_file *file,
                                    const struct file_target *target);

#endif
