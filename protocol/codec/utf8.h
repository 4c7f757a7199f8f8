/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text in UTF-8: whether it is that, and where its characters begin.
 *
 * What is cut is a span of the text that was given, and never ends inside a character of valid
 * UTF-8; of other bytes only the count is kept.
 * Source: RFC 3629. Thread rule: pure functions.
 */
#ifndef WEFT_CODEC_UTF8_H
#define WEFT_CODEC_UTF8_H

#include "protocol/base/span.h"

/* Whether `text` is valid UTF-8 (no surrogates, no overlong forms) without NUL. */
bool utf8_is_valid(struct span text);

/* Whether a character begins with this byte: it is not a further one of a character. */
static inline bool utf8_begins(uint8_t byte)
{
    return (byte & 0xc0) != 0x80;
}

/* How many characters there are. */
size_t utf8_count(struct span text);

/* The first characters, at most so many. */
struct span utf8_first(struct span text, size_t characters);

/* The whole characters that the first `bytes` have room for. */
struct span utf8_fitting(struct span text, size_t bytes);

#endif
