/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Devices that the directory has shut out and whose leaf is still in a channel: they can read what
 * is said there. The server asks one online member after another to commit their removal; should it
 * not, every member's weft sees it in its own tree and directory, says so, and after a while that
 * is another for each of them commits the removal itself.
 *
 * Errors: those of channel_commit.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_SHUT_OUT_H
#define WEFT_CORE_SHUT_OUT_H

#include "client-cli/core/channel.h"
#include "protocol/channel/identity.h"

/* Those of a channel, but for our own: the list is in the arena. Needs the group. */
struct shut_out_list {
    struct channel_identity *items;
    uint32_t *leaves;
    size_t count;
};
MUST_CHECK enum status shut_out_list(const struct engine *engine,
                                     const struct channel *channel,
                                     struct arena *arena,
                                     struct shut_out_list *list);

/* Looks whether there are any, unless nothing can have made some since the last look; when it is
 * due, commits their removal and says so. */
MUST_CHECK enum status shut_out_look(struct engine *engine, struct channel *channel);

/* The same before something is said: names those that are going to read it. */
MUST_CHECK enum status shut_out_look_before(struct engine *engine, struct channel *channel);

#endif
