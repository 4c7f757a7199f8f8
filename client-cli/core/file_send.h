/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Sending a file into a channel: encrypted here, chunk by chunk, and announced by a message once
 * the server has all of it.
 *
 * What is broken off, by the network, the server or the end of this program, goes on where the
 * server stands when the same file is sent to the same channel again: the vault keeps key and ids
 * by the hash of the contents. A file that changes while it is sent is given up before a second
 * content is encrypted under its key.
 *
 * Errors: STATUS_LIMIT (too large, or no room on the server), STATUS_CONFLICT (it changed),
 * STATUS_IO, those of engine.h and session.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_FILE_SEND_H
#define WEFT_CORE_FILE_SEND_H

#include "client-cli/core/channel.h"
#include "client-cli/core/channel_say.h"

/* Who is told how far it is; `tell` may be NULL. */
struct file_progress {
    void (*tell)(void *context, uint64_t done, uint64_t total);
    void *context;
};

struct file_to_send {
    int descriptor; /* a plain file, open for reading */
    struct span name;
    struct span media_type;
    struct file_progress progress;
};

/* Returns when the message that announces the file is in the log. */
MUST_CHECK enum status file_send(struct engine *engine,
                                 struct channel *channel,
                                 const struct file_to_send *file,
                                 struct channel_said *said);

#endif
