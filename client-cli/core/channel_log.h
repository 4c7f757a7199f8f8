/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The log of a channel: takes its entries in order, each checked, and makes them durable with the
 * state of the group in one transaction, before anybody is shown anything.
 *
 * What is checked: a commit against the channel's policy and our replica of the directory; a
 * message's lane and kind, its id against repeats, and what its sender had seen of the log against
 * what we saw. What does not fit is kept with a warning. A commit that was accepted by the server
 * and cannot be followed leaves the channel stuck, and says so.
 *
 * Errors: those of engine.h; STATUS_REMOVED when the channel is over for us. Thread rule: the
 * engine's thread.
 */
#ifndef WEFT_CORE_CHANNEL_LOG_H
#define WEFT_CORE_CHANNEL_LOG_H

#include "client-cli/core/channel.h"
#include "protocol/wire/message_header.h"

/* Pages the log to its end. */
MUST_CHECK enum status channel_log_take_new(struct engine *engine, struct channel *channel);

/* The same, and then a fresh leaf where our keys may have been used by a copy: from here on one may
 * be used. */
MUST_CHECK enum status channel_log_make_ready(struct engine *engine, struct channel *channel);

/* The same, and then what of ours is still on its way: an unconfirmed creation, a pending commit,
 * messages. */
MUST_CHECK enum status channel_log_catch_up(struct engine *engine, struct channel *channel);

/* Whether there is nothing to put right in the channel, as far as its log was read: a catch-up
 * would read the log again, and no more. */
bool channel_log_is_settled(const struct channel *channel);

/* Takes one entry that the server pushed; pages when it does not follow what we have. */
MUST_CHECK enum status channel_log_take_event(struct engine *engine,
                                              struct channel *channel,
                                              const struct wire_entry *entry);

/* Our head of the directory log, for a message of ours. */
MUST_CHECK enum status channel_log_head(const struct engine *engine, struct message_header *header);

#endif
