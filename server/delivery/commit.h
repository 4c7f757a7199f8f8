/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Commits of a channel, one after another: checked in the pool, appended in the store's
 * transaction if the epoch is still the one they end, merged in memory, acknowledged and fanned
 * out.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_DELIVERY_COMMIT_H
#define WEFT_DELIVERY_COMMIT_H

#include "server/delivery/delivery.h"

/* Ends the call of a CHANNEL_COMMIT. */
void commit_begin(struct delivery *delivery, struct channel *channel, struct call *call);

#endif
