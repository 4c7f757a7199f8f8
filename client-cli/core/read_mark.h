/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How far somebody has read, between their own devices: each tells the server at most once a minute
 * and a channel, and learns from it what the others read. The server knows it, as it knows who is
 * in which channel. Errors: those of engine.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_READ_MARK_H
#define WEFT_CORE_READ_MARK_H

#include "client-cli/core/channel.h"
#include "protocol/wire/channels.h"

/* Whether the others may be told of this channel again. */
bool read_mark_is_due(const struct engine *engine, const struct channel *channel);

/* Tells of every channel where something was shown and it is due. */
MUST_CHECK enum status read_mark_send(struct engine *engine);

/* Asks what other devices have shown. Does nothing for somebody who has no other. */
MUST_CHECK enum status read_mark_fetch(struct engine *engine);

/* What another device has shown is not new here either. */
MUST_CHECK enum status
read_mark_take(struct engine *engine, const struct id *channel, const struct wire_cursor *position);

#endif
