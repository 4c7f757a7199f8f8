/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who took this device out of a channel, and why, of a commit that was checked: nobody has to
 * believe the server that they are out, where it shows what a member signed.
 *
 * Errors: those of vault.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_CHANNEL_OUT_H
#define WEFT_CORE_CHANNEL_OUT_H

#include "client-cli/core/channel.h"
#include "protocol/mls/public/public_group.h"

/* Of a commit that removes us and that the policy allows: which of the policy's reasons it has.
 * `header` is that of the commit, `by` the committer. Before it is merged. Sets channel->out, not
 * the vault. */
MUST_CHECK enum status channel_out_note(struct engine *engine,
                                        struct channel *channel,
                                        const struct mls_staged_commit *staged,
                                        struct span header,
                                        const struct id *by);

/* Says so, once that is durable. */
void channel_out_tell(struct engine *engine, const struct channel *channel);

/* STATUS_REMOVED, explained: we are out by the server's word, and it shows no commit that says so.
 */
MUST_CHECK enum status channel_out_explain_unproven(struct engine *engine);

#endif
