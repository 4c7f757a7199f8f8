/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * People who are named in what is said: "@Ann" on the command line, an id in the message.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_COMMANDS_MENTIONS_H
#define WEFT_COMMANDS_MENTIONS_H

#include "client-cli/commands/command.h"
#include "client-cli/core/channel.h"

struct mentions_person {
    struct id person;
    struct span name;
};

/* Whom the beginning of a text names: the most words of a name that fit, or the beginning of an
 * id. `length` is how much of the text that is; 0 for nobody. `equals` is how many people fit as
 * well, `at` the first of them; a whole name counts more than the beginning of another. */
struct mentions_match {
    size_t length;
    size_t at;
    size_t equals;
};
struct mentions_match
mentions_match(struct span text, const struct mentions_person *people, size_t count);

/* Appends the text with each @Name of a member of the channel as a mention (content/mention.h); as
 * it is with --no-mentions. Explained: STATUS_CONFLICT when several members fit, STATUS_NOT_FOUND
 * for a word that fits none (somebody would believe that a colleague is told), STATUS_LIMIT when
 * the text with its mentions is too long for one message. */
MUST_CHECK enum status mentions_resolve(struct invocation *invocation,
                                        struct channel *channel,
                                        struct span text,
                                        struct buffer *resolved);

#endif
