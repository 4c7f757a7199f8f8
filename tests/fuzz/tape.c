/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/fuzz/tape.h"

struct tape tape_of(const uint8_t *data, size_t size)
{
    return (struct tape){data, data + size};
}

uint8_t tape_u8(struct tape *tape)
{
    return tape->at == tape->end ? 0 : *tape->at++;
}

size_t tape_choose(struct tape *tape, size_t below)
{
    return tape_u8(tape) % below;
}

struct span tape_rest(const struct tape *tape)
{
    return span_of(tape->at, (size_t)(tape->end - tape->at));
}

struct span tape_take(struct tape *tape, size_t count)
{
    struct span rest = tape_rest(tape);
    struct span taken = span_of(rest.ptr, count < rest.len ? count : rest.len);
    tape->at += taken.len;
    return taken;
}

/* Puts `bytes` in the place of `dropped` bytes from `at`. */
static void splice(struct buffer *buffer, size_t at, size_t dropped, struct span bytes)
{
    struct buffer rest = BUFFER_INIT(SIZE_MAX);
    size_t after = at + dropped < buffer->len ? at + dropped : buffer->len;
    MUST(buffer_append(&rest, span_of(buffer->ptr + after, buffer->len - after)));
    buffer_truncate(buffer, at);
    MUST(buffer_append(buffer, bytes));
    MUST(buffer_append(buffer, buffer_span(&rest)));
    buffer_clear(&rest);
}

bool tape_edit(struct tape *tape, struct buffer *bytes)
{
    size_t edits = tape_choose(tape, 8);
    for (size_t i = 0; i < edits && bytes->len != 0; i++) {
        size_t high = tape_u8(tape);
        size_t at = (high << 8 | tape_u8(tape)) % bytes->len;
        uint8_t how = tape_u8(tape);
        if (how < 128)
            bytes->ptr[at] ^= tape_u8(tape);
        else if (how < 160)
            bytes->ptr[at] = tape_u8(tape);
        else
            splice(bytes, at, how % 4, tape_take(tape, how / 4 % 8));
    }
    return edits != 0;
}
