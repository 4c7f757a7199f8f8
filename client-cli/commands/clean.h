/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Makes text that came from somebody else safe for a terminal. Everything a terminal would obey
 * and not show is replaced by U+FFFD: C0 and C1 controls (with ESC, so that no escape or OSC
 * sequence remains one), bidirectional controls, line separators, tag characters, and bytes that
 * are not UTF-8.
 * Errors: those of buffer.h. Thread rule: pure functions.
 */
#ifndef WEFT_COMMANDS_CLEAN_H
#define WEFT_COMMANDS_CLEAN_H

#include "protocol/base/buffer.h"

/* Appends `text` as one line: tabs and line ends become spaces. */
MUST_CHECK enum status clean_line(struct span text, struct buffer *out);

/* Takes the next line of `*text` (without its end) off its front; false when nothing is left. */
bool clean_next_line(struct span *text, struct span *line);

#endif
