/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Whose turn it is in a stage, in words: from the format's data alone.
 * Thread rule: pure functions.
 */
#ifndef WEFT_CORE_SESSION_TURN_H
#define WEFT_CORE_SESSION_TURN_H

#include "protocol/format/format.h"

/* Why somebody with these roles may not say `kind` now, and what they may do instead. False, and
 * an untouched `text`, when they may. `stage` is NULL before the start and after the end, when
 * everybody may speak. */
bool session_turn_refusal(const struct format *format,
                          const struct format_stage *stage,
                          bool paused,
                          uint16_t roles,
                          uint16_t kind,
                          char *text,
                          size_t size);

/* Who may use the floor in this stage: "everybody", "the assistee and the facilitator", "nobody".
 * Titles are cut when `size` is too small. */
void session_turn_speakers(const struct format *format,
                           const struct format_stage *stage,
                           char *text,
                           size_t size);

/* The commands for what this stage asks for, "weft question, weft answer"; "weft say" when it asks
 * for nothing in particular. */
void session_turn_commands(const struct format_stage *stage, char *text, size_t size);

/* The command that says this kind, after `weft`: "last-idea". */
#define SESSION_TURN_COMMAND_SIZE 32
void session_turn_command(uint16_t kind, char text[SESSION_TURN_COMMAND_SIZE]);

#endif
