/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Answers too large for a frame, kept for their connection until it has pulled them.
 *
 * A client pulls one after another, so few are kept: the oldest gives way.
 * Errors: STATUS_NOT_FOUND, STATUS_MALFORMED. Thread rule: loop thread only.
 */
#ifndef WEFT_SESSION_LARGE_H
#define WEFT_SESSION_LARGE_H

#include "protocol/base/buffer.h"

/* Of one connection: the next may be asked for while one is pulled. */
#define LARGE_ANSWERS_MAX 2

struct large_answer {
    uint32_t request;
    struct buffer bytes;
};

struct large {
    struct large_answer answers[LARGE_ANSWERS_MAX];
    size_t next; /* to be replaced */
};

void large_clear(struct large *large);

/* Takes the bytes; `bytes` is then empty. */
void large_keep(struct large *large, uint32_t request, struct buffer *bytes);

/* At most LIMIT_PART_BYTES from `offset`, lent until the next call. It stays
 * until it is replaced, so that a lost piece can be asked for again. */
MUST_CHECK enum status
large_read(struct large *large, uint32_t request, uint32_t offset, struct span *piece);

#endif
