/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Getting into a channel and out of it: making one, the Welcome of others, leaving. By a commit of
 * one's own: channel_enter.h.
 * Errors: those of engine.h and group.h, explained. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_CHANNEL_JOIN_H
#define WEFT_CORE_CHANNEL_JOIN_H

#include "client-cli/core/channel.h"

struct channel_plan {
    struct id id; /* one that was agreed on; none: a fresh one */
    struct span title;
    struct span brief;
    enum channel_visibility visibility;
    enum channel_history history; /* 0: from joining */
    uint16_t own_roles;           /* the creator is always a facilitator too */
    struct span format_digest;    /* of the session it is for, or empty */
};

/* Makes a channel with ourselves in it. STATUS_EXISTS when somebody else was first with its id:
 * then nothing is left here but a channel that we are not in. */
MUST_CHECK enum status channel_join_create(struct engine *engine,
                                           const struct channel_plan *plan,
                                           struct channel **channel);

/* Asks again for a channel that the server has not confirmed. */
MUST_CHECK enum status channel_join_create_again(struct engine *engine, struct channel *channel);

/* A group of ourselves alone in the channel's generation, in the place of what is in memory. */
MUST_CHECK enum status channel_join_new_group(struct engine *engine,
                                              struct channel *channel,
                                              const struct channel_extension *extension);

/* Whoever was in the channel before us knew so much of the directory; STATUS_UNTRUSTED when we do
 * not. */
MUST_CHECK enum status channel_join_check_known(struct engine *engine, uint64_t known);

/* A group that is new to us begins after this sequence, with what its last commit knew of the
 * directory: sets the record, not the vault. */
MUST_CHECK enum status
channel_join_begin_at(struct channel *channel, uint64_t sequence, uint64_t log_size);

/* Takes up every Welcome that waits for this device. */
MUST_CHECK enum status channel_join_welcomes(struct engine *engine);

/* Asks the others to remove us; nothing more is received. */
MUST_CHECK enum status channel_join_leave(struct engine *engine, struct channel *channel);

#endif
