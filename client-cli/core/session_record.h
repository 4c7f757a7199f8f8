/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What remains of a session: its messages out of the vault, each with the stage it was said in, and
 * the harvest made of them, as a draft or as it was given to the group.
 *
 * A harvest counts as given when a facilitator, the assistee or a note-taker sent it into the
 * channel; the last one stands. Where the format asks for approval, it is approved once everybody
 * who took part and is still in the channel has said yes, and nobody's last word is no; whoever
 * sent it has said yes with it.
 *
 * Errors: those of engine.h and harvest.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_SESSION_RECORD_H
#define WEFT_CORE_SESSION_RECORD_H

#include "client-cli/core/entry.h"
#include "client-cli/core/harvest.h"
#include "client-cli/core/session.h"
#include "client-cli/core/session_steps.h"

/* Where the session's part of the log begins: after the last word that a facilitator said about
 * another session of this channel; 1 when there was none. */
MUST_CHECK enum status
session_record_begin(struct engine *engine, struct channel *channel, uint64_t *sequence);

/* The stages of the past, from the facilitators' words in the log. `view` is lent for their
 * life. */
MUST_CHECK enum status session_record_steps(struct engine *engine,
                                            struct channel *channel,
                                            const struct session_view *view,
                                            struct session_steps *steps);

/* What is wrong with where a message was said, for people; NULL when nothing is. Whose turn it was
 * is not asked: roles change, and entry_take.h looks at them while they are known. */
const char *session_record_breach(const struct session_steps *steps,
                                  const struct stored_entry *entry);

struct session_harvest {
    struct content_harvest harvest;
    bool given; /* else a draft, made here and now */
    struct id message;
    struct id by;
    int64_t time;    /* when it was given; of a draft: now */
    bool approved;   /* true too where the format asks for no approval */
    size_t said_yes; /* the sender included */
    size_t said_no;
    struct id *waiting; /* who took part and has not said anything yet */
    size_t waiting_count;
    struct arena arena;
};
void session_harvest_clear(struct session_harvest *harvest);

/* Out of the messages that we have. `follow_up` is a day that was agreed on; 0: the deadline of the
 * format's last stage, while the session is in it. */
MUST_CHECK enum status session_record_draft(struct engine *engine,
                                            struct channel *channel,
                                            const struct session_view *view,
                                            int64_t follow_up,
                                            struct session_harvest *harvest);

/* The one that was given to the group. STATUS_NOT_FOUND when none was. */
MUST_CHECK enum status session_record_given(struct engine *engine,
                                            struct channel *channel,
                                            const struct session_view *view,
                                            struct session_harvest *harvest);

#endif
