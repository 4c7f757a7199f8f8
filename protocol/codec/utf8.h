/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text in UTF-8: whether it is that, where its characters begin, and which of them are safe to
 * show.
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

/* The length of the character in front, and its code point; 0 when what is there is none, or NUL.
 * `text` is not empty. */
size_t utf8_decode(struct span text, uint32_t *point);

/* Whether a terminal, or a reader's eye, would be led astray by it: C0 and C1 controls,
 * bidirectional controls, line separators, a byte order mark, interlinear and tag characters. */
bool utf8_is_unsafe(uint32_t point);

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
