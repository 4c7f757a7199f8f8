/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Coming into an open channel by somebody else's hand: the server asks a member who is online to
 * add us, together with whoever else comes just then. Cheaper for everybody than an external
 * commit, of which each waits for the one before. Errors: those of engine.h and channel_join.h.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_CHANNEL_ASK_H
#define WEFT_CORE_CHANNEL_ASK_H

#include "client-cli/core/channel.h"

/* Asks, and waits while members are asked. STATUS_NOT_FOUND when nobody is there who could, or
 * nobody does: then an external commit is the way in. STATUS_TIMEOUT, explained, when they are
 * slow. */
MUST_CHECK enum status channel_ask(struct engine *engine, const struct id *id);

#endif
