/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Answers that are written first and revealed together: the keys of our own until their reveal, and
 * everybody's answers with what became of them.
 *
 * A key is in the vault before its answer leaves. It is sent once the session has come to a stage
 * with a reveal after the one it was written in, or has ended; with whatever command reaches the
 * server first.
 * Errors: those of engine.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_SEALED_ANSWERS_H
#define WEFT_CORE_SEALED_ANSWERS_H

#include "client-cli/core/channel.h"
#include "client-cli/core/channel_say.h"
#include "client-cli/core/floor.h"

/* Seals `text` under a key of its own and says it. STATUS_NOT_NOW unless the session's present
 * stage asks for sealed answers. */
MUST_CHECK enum status sealed_answers_say(struct engine *engine,
                                          struct channel *channel,
                                          struct span text,
                                          struct channel_said *said);

/* Appends what we wrote ourselves, out of an answer whose key is still kept. STATUS_NOT_FOUND. */
MUST_CHECK enum status sealed_answers_own(struct engine *engine,
                                          const struct channel *channel,
                                          const struct id *message,
                                          const struct content_sealed *sealed,
                                          struct buffer *text);

/* Sends the keys that are due; `revealed` is how many. Of a channel without a session nothing is
 * due. The caller has brought the session up to date. */
MUST_CHECK enum status
sealed_answers_reveal(struct engine *engine, struct channel *channel, size_t *revealed);

/* The answer that a reveal by `person` opens, out of what we have of the channel's log; appended to
 * `text`. REVEAL_WAITING when the answer is not there. */
MUST_CHECK enum status sealed_answers_open(struct engine *engine,
                                           const struct channel *channel,
                                           const struct id *person,
                                           const struct content_reveal *reveal,
                                           enum floor_reveal *result,
                                           struct buffer *text);

/* One sealed answer of the channel. */
struct sealed_answer {
    struct id message;
    struct id person;
    uint64_t sequence;
    uint32_t stage_counter;
    enum floor_reveal reveal;
    struct span text; /* when it is open */
};

struct sealed_answer_list {
    struct sealed_answer *items; /* in the order in which they were said */
    size_t count;
    struct arena arena;
};
void sealed_answer_list_clear(struct sealed_answer_list *list);

/* All answers of the channel's present session, as far as we have its log. Only a reveal by the
 * answer's own author counts. */
MUST_CHECK enum status sealed_answers_list(struct engine *engine,
                                           struct channel *channel,
                                           struct sealed_answer_list *list);

#endif
