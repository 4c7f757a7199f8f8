/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Appends application messages: form, stage and rate are checked on the loop (a PrivateMessage has
 * nothing that could be verified without its keys), membership and epoch in the store's
 * transaction. A message that deletes others makes tombstones of them in the same transaction.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_DELIVERY_SEND_H
#define WEFT_DELIVERY_SEND_H

#include "server/delivery/delivery.h"

/* What is asked, lent from the call's request. */
struct send_request {
    uint32_t generation;
    struct span message;
    const struct wire_cursor *deleted;
    size_t deleted_count;
};

/* Ends the call of a CHANNEL_SEND or CHANNEL_DELETE. */
void send_begin(struct delivery *delivery,
                struct channel *channel,
                struct call *call,
                const struct send_request *request);

#endif
