/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests about the files of a channel (PROTOCOL.md, 6.12). The server keeps encrypted chunks: it
 * knows how many bytes there are, who sent them, and which message they go with.
 * Thread rule: plain data.
 */
#ifndef WEFT_WIRE_FILES_H
#define WEFT_WIRE_FILES_H

#include "protocol/base/id.h"
#include "protocol/base/limits.h"
#include "protocol/wire/requests.h"

/* FILE_BEGIN: begins an upload, or tells where one that was broken off goes on. */
struct wire_file_begin_request {
    struct id channel;
    struct id file;
    struct id message; /* that will announce it: when that one is deleted, so is the file */
    uint64_t size;     /* of all encrypted chunks together */
};
struct wire_file_begin_response {
    uint32_t chunks; /* that the server has: the next is the one with this index */
    bool complete;
};

/* FILE_PUT: the chunks come in order; one that is there already is written again. */
struct wire_file_put_request {
    struct id channel;
    struct id file;
    uint32_t index;
    struct span bytes;
};

/* FILE_DONE: the server compares the hash and makes the file durable. */
struct wire_file_done_request {
    struct id channel;
    struct id file;
    uint8_t sha256[32]; /* over the SHA-256 of every encrypted chunk, in order */
};

struct wire_file_get_request {
    struct id channel;
    struct id file;
    uint32_t index;
};
struct wire_file_get_response {
    struct span bytes;
};

/* FILE_DROP: gives up an upload of one's own. */
struct wire_file_drop_request {
    struct id channel;
    struct id file;
};

#endif
