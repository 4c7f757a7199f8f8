/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Fetches and takes the segments whose keys members said in the channel, one message after another:
 * each of a transaction of its own, so that whoever is interrupted goes on. Segments of which
 * nothing is lacking here are left where they are.
 *
 * Keys are read from the log, and not from what is known of each block now: there a member who says
 * another key after each honest one would hide it from whoever reads both at once.
 * Errors: those of engine.h; what is wrong with a segment is told, and is none. Thread rule: the
 * engine's thread.
 */
#ifndef WEFT_CORE_HISTORY_FETCH_H
#define WEFT_CORE_HISTORY_FETCH_H

#include "client-cli/core/channel.h"
#include "client-cli/core/history_keys.h"

struct history_fetched {
    bool looked;   /* at some message: what is here may have changed */
    bool answered; /* one of them was the end of an answer to somebody who asked */
};

/* Takes what was said after channel->history_read, and raises that. */
MUST_CHECK enum status
history_fetch(struct engine *engine, struct channel *channel, struct history_fetched *fetched);

/* Whether what lies on the server opens with the key, and has its hash: fetches all of it. */
MUST_CHECK enum status history_fetch_opens(struct engine *engine,
                                           const struct channel *channel,
                                           const struct history_key *key,
                                           bool *opens);

#endif
