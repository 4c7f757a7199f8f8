/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Questions to the person at the terminal.
 * Errors: STATUS_CANCELLED when there is nobody to ask, STATUS_LIMIT. Thread rule: one thread.
 */
#ifndef WEFT_COMMANDS_TERMINAL_H
#define WEFT_COMMANDS_TERMINAL_H

#include "protocol/base/buffer.h"

/* Asks on the standard error and reads a line from the standard input. */
MUST_CHECK enum status terminal_ask(const char *question, struct buffer *answer);

/* The same without showing what is typed, for a passphrase. */
MUST_CHECK enum status terminal_ask_secret(const char *question, struct buffer *answer);

/* Whether bold letters are wanted on the standard output: a terminal, and no NO_COLOR. */
bool terminal_has_colour(void);

/* How wide the terminal is at this descriptor; 0 where there is none. */
size_t terminal_columns(int descriptor);

/* Whether a terminal is there whose last line can be replaced. */
bool terminal_replaces_lines(int descriptor);

#endif
