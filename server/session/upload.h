/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A request that comes in parts: put together in order, one at a time on a connection.
 * Errors: STATUS_MALFORMED (out of order, or another upload in between), STATUS_LIMIT.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_SESSION_UPLOAD_H
#define WEFT_SESSION_UPLOAD_H

#include "protocol/wire/frame.h"

struct upload {
    uint32_t request;
    uint32_t total;
    struct buffer bytes;
};

void upload_init(struct upload *upload);
void upload_clear(struct upload *upload);

/* Takes a FRAME_PART's body. `*whole` tells that all of it is there: upload.bytes is then the
 * request's frame, until upload_clear. An error drops the upload. */
MUST_CHECK enum status
upload_take(struct upload *upload, uint32_t request, const struct wire_part *part, bool *whole);

#endif
