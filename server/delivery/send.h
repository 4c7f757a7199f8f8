/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Appends application messages: form, stage and rate are checked on the loop (a PrivateMessage has
 * nothing that could be verified without its keys), membership and epoch in the store's
 * transaction.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_DELIVERY_SEND_H
#define WEFT_DELIVERY_SEND_H

#include "server/delivery/delivery.h"

/* Ends the call of a CHANNEL_SEND. */
void send_begin(struct delivery *delivery, struct channel *channel, struct call *call);

#endif
