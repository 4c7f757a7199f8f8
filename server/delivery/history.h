/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who is to seal and to share what was said in a channel before somebody joined it: one online
 * member after another, those who are members longest first, each with a lease. What they say to
 * whom they know; the server only asks, and keeps the sealed segments as it keeps files.
 *
 * Who waits is in the store; the rest is forgotten with the channel and comes again when somebody
 * asks.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_DELIVERY_HISTORY_H
#define WEFT_DELIVERY_HISTORY_H

#include "protocol/wire/history.h"
#include "server/delivery/delivery.h"
#include "server/store/files.h"

bool history_is_shared(const struct channel *channel);

/* Counts a request of a person in the channel: how long it must wait; 0: not at all. */
uint32_t history_spend_ask(const struct delivery *delivery,
                           struct channel *channel,
                           const struct id *person);

/* A device waits for the keys, which is durable, and not from those who answered. Whether another
 * member is online to be asked. */
bool history_ask(struct delivery *delivery,
                 struct channel *channel,
                 const struct id *device,
                 const struct wire_history_ask_request *request);

/* Whether this device is to share now: it is asked already, or asks itself while nobody else is. */
bool history_take(struct delivery *delivery, struct channel *channel, const struct id *device);

/* Whether it is this device's turn: nobody else was asked since. Only then it may begin and finish
 * segments, which take the place of others. */
bool history_holds(const struct channel *channel, const struct id *device);

/* It goes on: nobody else need be asked yet. */
void history_go_on(struct delivery *delivery, struct channel *channel, const struct id *device);

/* Its turn is over: `asked_by` has been answered, which is durable. Somebody else who asked
 * meanwhile still waits. */
void history_done(struct delivery *delivery, struct channel *channel, const struct id *asked_by);

/* The policy changed, and so the segments are deleted, which is durable. */
void history_close(struct delivery *delivery,
                   struct channel *channel,
                   const struct store_file_ids *segments);

/* The log has this entry now. */
void history_grew(struct delivery *delivery, struct channel *channel, uint64_t sequence);

/* A client has logged in: what waits in its channels, and nobody holds, is offered. */
void history_client_arrived(struct delivery *delivery, struct client *client);

/* Once a second: leases that ran out. */
void history_tick(struct delivery *delivery);

#endif
