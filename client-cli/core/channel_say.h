/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Saying something in a channel.
 *
 * The message is in the vault, with its id, before it is sent; when the answer is lost, or the
 * epoch changed in between, it is encrypted anew and sent again under the same id, and the server
 * keeps the first. What is not sent yet goes out with the next command that reaches the server.
 *
 * Errors: STATUS_NOT_NOW (not your turn), STATUS_LIMIT, STATUS_DENIED, those of engine.h.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_CHANNEL_SAY_H
#define WEFT_CORE_CHANNEL_SAY_H

#include "client-cli/core/channel.h"
#include "protocol/content/content.h"

struct channel_said {
    struct id message;
    uint64_t sequence;
    int64_t time;
};

/* Says `body`, the struct of `kind` (enum content_kind), and returns when the server has made it
 * durable and our own log has it. `reply_to` may be NULL. The lane is the kind's. */
MUST_CHECK enum status channel_say(struct engine *engine,
                                   struct channel *channel,
                                   uint16_t kind,
                                   const struct id *reply_to,
                                   const void *body,
                                   struct channel_said *said);

/* The same under a message id of the caller's making: for a control message whose id a request
 * names. */
MUST_CHECK enum status channel_say_as(struct engine *engine,
                                      struct channel *channel,
                                      const struct id *message,
                                      uint16_t kind,
                                      const struct id *reply_to,
                                      const void *body,
                                      struct channel_said *said);

/* Says that messages are deleted, and has the server delete them with it: `places` has one for each
 * message of `deletion`. STATUS_DENIED when one may not be deleted. */
MUST_CHECK enum status channel_say_deletion(struct engine *engine,
                                            struct channel *channel,
                                            const struct content_deletion *deletion,
                                            struct wire_cursor *places,
                                            struct channel_said *said);

/* Sends what an earlier call could not. Called after a catch-up. */
MUST_CHECK enum status channel_say_again(struct engine *engine, struct channel *channel);

/* Shows what waits and cannot be said any more, as we are out of the channel: it must not go out
 * when we are let in again some day. */
MUST_CHECK enum status channel_say_give_up(struct engine *engine, struct channel *channel);

/* What we said and the log has not shown yet. */
struct channel_say_own {
    uint8_t lane;
    uint32_t stage_counter;
    struct buffer content;       /* encoded struct content */
    struct buffer authenticated; /* AuthenticatedContent around it */
    bool intact;                 /* the log has what we sent; otherwise nobody can read it */
};

/* Takes what `entry` says we said out of the vault, in the caller's transaction; what `own`
 * has is cleared first.
 * STATUS_NOT_FOUND. */
MUST_CHECK enum status channel_say_take(struct engine *engine,
                                        struct channel *channel,
                                        const struct wire_entry *entry,
                                        struct channel_say_own *own);

#endif
