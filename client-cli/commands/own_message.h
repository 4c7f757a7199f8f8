/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Which message a command means: by the number that `read` and `follow` show, or by its id.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_COMMANDS_OWN_MESSAGE_H
#define WEFT_COMMANDS_OWN_MESSAGE_H

#include "client-cli/commands/command.h"
#include "client-cli/core/channel.h"
#include "client-cli/core/entry.h"

struct own_message {
    struct stored_entry entry; /* lends from the two */
    struct buffer record;
    struct arena arena;
};
#define OWN_MESSAGE_INIT                                                                           \
    {                                                                                              \
        .record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX), .arena = ARENA_INIT(LIMIT_DECODED_BYTES)    \
    }
void own_message_clear(struct own_message *message);

/* The message of this channel that `text` names; of an edit's number, the message that was edited.
 * Explains what to do otherwise. */
MUST_CHECK enum status own_message_find(struct invocation *invocation,
                                        struct channel *channel,
                                        const char *text,
                                        struct own_message *message);

/* The first positionals of a command about a message, [CHANNEL] NUMBER, with `words` or more after
 * them; `*at` is where those begin. The channel may be left out by somebody with one channel, when
 * no more than `words` follow. Brings the channel up to date first. */
MUST_CHECK enum status own_message_take(struct invocation *invocation,
                                        size_t words,
                                        size_t *at,
                                        struct channel **channel,
                                        struct own_message *message);

#endif
