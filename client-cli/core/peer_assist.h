/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a peer assist needs besides a channel and a session: the topics it was asked about, kept for
 * the search for assisters, and the visitors' role.
 * Errors: those of engine.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_PEER_ASSIST_H
#define WEFT_CORE_PEER_ASSIST_H

#include "client-cli/core/channel.h"

/* Keeps the topics of a channel that we asked in. */
MUST_CHECK enum status peer_assist_keep_topics(struct engine *engine,
                                               struct channel *channel,
                                               const struct wire_topic *topics,
                                               size_t count);

/* Those topics; none when nothing was kept. They lend from `record` and the arena. */
MUST_CHECK enum status peer_assist_topics(struct engine *engine,
                                          const struct channel *channel,
                                          struct buffer *record,
                                          struct arena *arena,
                                          struct wire_topic **topics,
                                          size_t *count);

/* Makes everybody who is in the channel without a role an assister, by one commit, when the
 * session's format has assisters and we facilitate; else nothing is done. `given` is how many. */
MUST_CHECK enum status
peer_assist_welcome_visitors(struct engine *engine, struct channel *channel, size_t *given);

#endif
