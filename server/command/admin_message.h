/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a command sends to a running server over STATE/weftd.sock and gets back: one JSON line
 * each way and, where they were asked for, lines before the answer that tell how far it is.
 *
 *     {"argv": ["invite", "list"], "json": false, "progress": true, "files": ["BASE64", ...]}
 *     {"progress": "copying: 40 %"}
 *     {"exit": 0, "stdout": "...", "stderr": "..."}
 *
 * Files go as base64 because an import may hold bytes that are not text, which its reader reports.
 */
#ifndef WEFT_COMMAND_ADMIN_MESSAGE_H
#define WEFT_COMMAND_ADMIN_MESSAGE_H

#include "server/command/command.h"

#define ADMIN_SOCKET_NAME "weftd.sock"

/* Two import files of the largest practical size, in base64. */
#define ADMIN_LINE_MAX (512u << 20)

/* Room for an import of a region of 200,000 people, or ten million ties between short ids: at its
 * largest it takes under 1 GiB of the server for some minutes. */
#define ADMIN_FILE_MAX (128u << 20)

struct admin_request {
    int argc;
    const char *const *argv;
    bool json;
    bool progress;
    const struct span *files;
    size_t file_count;
};

/* Appends the request's line. */
MUST_CHECK enum status admin_message_write(const struct admin_request *request,
                                           struct buffer *line);

/* Reads a file whole. STATUS_NOT_FOUND, STATUS_IO, STATUS_LIMIT. */
MUST_CHECK enum status admin_message_read_file(const char *path, struct buffer *bytes);

#endif
