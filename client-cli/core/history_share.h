/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Sharing what was said in a channel, when it is our turn: seals what is not sealed as it stands
 * now, and says the keys in the channel.
 *
 * The key of a segment is in the vault before its first byte leaves, so that an upload that was
 * broken off goes on, and no key encrypts two contents.
 * Errors: those of engine.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_HISTORY_SHARE_H
#define WEFT_CORE_HISTORY_SHARE_H

#include "client-cli/core/channel.h"

/* Asks the server whether it is our turn, and does it. Of a channel that shares its history, once
 * somebody has answered what we wanted of it ourselves: who still has not all gives what there is.
 */
MUST_CHECK enum status history_share(struct engine *engine, struct channel *channel);

#endif
