/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Lines that end between words, as a screen is wide. A character of UTF-8 counts as one column, and
 * a word that is longer than a line stays whole. What makes letters bold counts as nothing.
 * Errors: those of buffer.h. Thread rule: pure functions.
 */
#ifndef WEFT_COMMANDS_WRAP_H
#define WEFT_COMMANDS_WRAP_H

#include "protocol/base/buffer.h"

/* On a narrower screen lines break all the same. */
#define WRAP_COLUMNS_MIN 40

/* Appends `text` with each of its lines in lines of at most `columns` characters. What continues a
 * line stands below its first word, behind the blanks and the mark ("weft:", "--") in front. */
MUST_CHECK enum status wrap_text(struct span text, size_t columns, struct buffer *out);

#endif
