/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Devices that were removed for absence, as weft_channel lists them: what a commit that removes
 * leaves does with the list, and the way back for one of ours.
 * Errors: those of channel_commit.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_DORMANT_H
#define WEFT_CORE_DORMANT_H

#include "client-cli/core/channel_commit.h"

/* Completes proposals that remove leaves: whoever goes for absence is listed, whoever goes for
 * another reason is not, and what is over is left out. `out` is a person whom a facilitator
 * removes, or NULL: none of theirs stays listed. Call it when all removals are in. */
MUST_CHECK enum status dormant_settle(struct engine *engine,
                                      struct channel *channel,
                                      const struct id *out,
                                      struct channel_proposals *proposals);

/* Whose devices have spoken in the channel, or changed it, within CORE_SPOKE_LATELY_MS: sets the
 * place in `spoke` of each that has. */
void dormant_spoke_lately(struct engine *engine,
                          const struct channel *channel,
                          const struct wire_work_remove *removals,
                          size_t count,
                          bool *spoke);

/* A channel that we are told we are not in: when we were away for long, back into it.
 * STATUS_REMOVED, explained, when that is not it. */
MUST_CHECK enum status dormant_return(struct engine *engine, struct channel *channel);

#endif
