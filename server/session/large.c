/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/session/large.h"

#include "protocol/base/limits.h"

void large_clear(struct large *large)
{
    for (size_t i = 0; i < LARGE_ANSWERS_MAX; i++)
        buffer_clear(&large->answers[i].bytes);
}

void large_keep(struct large *large, uint32_t request, struct buffer *bytes)
{
    struct large_answer *place = &large->answers[large->next];
    large->next = (large->next + 1) % LARGE_ANSWERS_MAX;
    buffer_clear(&place->bytes);
    place->request = request;
    place->bytes = *bytes;
    buffer_init(bytes, bytes->size_bytes_max);
}

enum status large_read(struct large *large, uint32_t request, uint32_t offset, struct span *piece)
{
    for (size_t i = 0; i < LARGE_ANSWERS_MAX; i++) {
        struct large_answer *answer = &large->answers[i];
        if (answer->bytes.len == 0 || answer->request != request)
            continue;
        if (offset > answer->bytes.len)
            return STATUS_MALFORMED;
        size_t left = answer->bytes.len - offset;
        *piece =
            span_of(answer->bytes.ptr + offset, left < LIMIT_PART_BYTES ? left : LIMIT_PART_BYTES);
        return STATUS_OK;
    }
    return STATUS_NOT_FOUND;
}
