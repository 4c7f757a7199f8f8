/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * An input that is read as a tape of choices: each takes a byte, and zeros follow the end, so that
 * every input means something and a small change of it is a small change of what is done.
 * Ownership: a tape lends from the input. Thread rule: one thread.
 */
#ifndef WEFT_FUZZ_TAPE_H
#define WEFT_FUZZ_TAPE_H

#include "protocol/base/buffer.h"
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>

#define MUST(call) fuzz_expect((call) == STATUS_OK)

struct tape {
    const uint8_t *at;
    const uint8_t *end;
};

struct tape tape_of(const uint8_t *data, size_t size);
uint8_t tape_u8(struct tape *tape);
/* Less than `below`. */
size_t tape_choose(struct tape *tape, size_t below);
/* At most `count` bytes. */
struct span tape_take(struct tape *tape, size_t count);
struct span tape_rest(const struct tape *tape);

/* Up to seven changes of single bytes and short runs; usually none. True when something
 * changed. */
bool tape_edit(struct tape *tape, struct buffer *bytes);

#endif
