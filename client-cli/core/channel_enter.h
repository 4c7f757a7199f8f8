/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Entering a channel by an external commit of one's own: an open one, the next generation, anew
 * with a fresh leaf, back after an absence. Errors: those of engine.h and group.h, explained.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_CHANNEL_ENTER_H
#define WEFT_CORE_CHANNEL_ENTER_H

#include "client-cli/core/channel.h"

/* Joins an open channel: a member who is online adds us, or an external commit of our own does;
 * nobody else need be online. */
MUST_CHECK enum status channel_enter_open(struct engine *engine,
                                          const struct wire_channel *info,
                                          struct channel **channel);

/* Comes back into a channel of ours with a fresh leaf in the place of the old one. Unless the
 * person asked for it, only where somebody changed the channel last who was in it with us:
 * STATUS_NOT_NOW. */
MUST_CHECK enum status
channel_enter_resync(struct engine *engine, struct channel *channel, bool asked);

/* Into a later generation of a channel of ours: `least` or one after it. `let_in`: a member has
 * added us there, and the Welcome is lost; else the channel is open. STATUS_NOT_NOW as above;
 * STATUS_UNTRUSTED, explained, when the server does not show such a generation, or one with other
 * rules. */
MUST_CHECK enum status
channel_enter_next(struct engine *engine, struct channel *channel, uint32_t least, bool let_in);

/* Back into a channel from which we were removed for absence, with the leaf's key as it was.
 * STATUS_DENIED, STATUS_NOT_FOUND when we are not listed there, STATUS_EXPIRED after a year,
 * STATUS_NOT_NOW as above. */
MUST_CHECK enum status channel_enter_return(struct engine *engine, struct channel *channel);

#endif
