/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Changing a channel: who is in it, and what its rules are.
 *
 * A commit is pending, and with its Welcome in the vault, before it is sent; it takes effect when
 * the log brings it back. One that lost its epoch to another is made anew from what is then true.
 *
 * Errors: STATUS_DENIED (the channel's rules), STATUS_CONFLICT when others won again and again,
 * those of engine.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_CHANNEL_COMMIT_H
#define WEFT_CORE_CHANNEL_COMMIT_H

#include "client-cli/core/channel.h"
#include "protocol/wire/message_header.h"

/* What a commit proposes, made for the channel as it is at each attempt. */
struct channel_proposals {
    struct mls_proposal items[LIMIT_ADDS_PER_COMMIT + 1];
    size_t count;
    struct message_leave leaves[LIMIT_ADDS_PER_COMMIT];
    size_t leave_count;
    bool path;           /* a path, even without a proposal */
    struct id work;      /* of the work that asked for it, or none */
    struct arena arena;  /* for whatever the proposals lend from */
    struct buffer bytes; /* likewise */
};

/* Fills `proposals`, which is empty; no proposal and no path means that nothing is left to do. */
struct channel_change {
    enum status (*propose)(struct engine *engine,
                           struct channel *channel,
                           void *context,
                           struct channel_proposals *proposals);
    void *context;
};

/* Commits a change, trying again when others were first. `done` tells whether anything had to be
 * committed. */
MUST_CHECK enum status channel_commit(struct engine *engine,
                                      struct channel *channel,
                                      const struct channel_change *change,
                                      bool *done);

/* Sends a pending commit whose answer was lost. Called after a catch-up. */
MUST_CHECK enum status channel_commit_again(struct engine *engine, struct channel *channel);

/* Forgets the messages of a pending commit, in the caller's transaction: it was applied, or has
 * lost. */
MUST_CHECK enum status channel_commit_forget(struct engine *engine, const struct channel *channel);

/* ---- changes ---- */

/* Removes all devices of a person. STATUS_NOT_FOUND when they are not in the channel. */
MUST_CHECK enum status
channel_commit_remove(struct engine *engine, struct channel *channel, const struct id *person);

/* Whoever was added has a leaf with keys from a KeyPackage, and no part in the keys above it. A
 * commit with a path mends that; it is made once, within CORE_PATH_DAYS of joining, at a time drawn
 * at random so that those who joined together do not commit together. */
MUST_CHECK enum status channel_commit_path(struct engine *engine, struct channel *channel);

/* Gives people role bits and takes others from them. */
struct channel_role_change {
    struct id person;
    uint16_t give;
    uint16_t take;
};
MUST_CHECK enum status channel_commit_roles(struct engine *engine,
                                            struct channel *channel,
                                            const struct channel_role_change *changes,
                                            size_t count);

/* Newcomers read what is said from their joining on, from now on. There is no way back. */
MUST_CHECK enum status channel_commit_no_history(struct engine *engine, struct channel *channel);

/* The encoded GroupContext extensions of a channel: required_capabilities and weft_channel. */
MUST_CHECK enum status channel_commit_extensions(const struct channel_extension *extension,
                                                 struct buffer *bytes);

/* Adds the proposal of those extensions, once at most. */
MUST_CHECK enum status channel_commit_propose_extensions(const struct channel_extension *extension,
                                                         struct channel_proposals *proposals);

#endif
