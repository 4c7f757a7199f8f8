/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * From words on a command line to the body of a message.
 * Thread rule: pure functions but for the explanation.
 */
#ifndef WEFT_COMMANDS_SAYING_H
#define WEFT_COMMANDS_SAYING_H

#include "client-cli/commands/command.h"
#include "protocol/content/kinds.h"

struct saying {
    union {
        struct content_text text;
        struct content_idea idea;
        struct content_action action;
    } body;
};

/* The names of the kinds that people say in words (revision_is_text), with commas. */
const char *saying_kind_names(void);

/* That a text is over LIMIT_TEXT_BYTES, and what to do; no full stop at its end. */
const char *saying_too_long(void);

/* Appends the positionals from `from` on as one text; "-" alone is the standard input. Explains
 * what is wrong with an empty or too long one. */
MUST_CHECK enum status saying_text(struct invocation *invocation, size_t from, struct buffer *text);

/* The body of such a kind, with --because (or --why), --owner and --by (or --due) of the
 * command line; what is wrong with those is explained. Lends from them and from `text`. */
MUST_CHECK enum status
saying_body(struct invocation *invocation, uint16_t kind, struct span text, struct saying *saying);

/* YYYY-MM-DD as noon UTC, which is the same day nearly everywhere; STATUS_USAGE, explained. */
MUST_CHECK enum status
saying_day(struct invocation *invocation, const char *text, int64_t *time_ms);

#endif
