/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Finds the channels in which something waits to be committed: at the start, and after acts that
 * may concern any channel.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_DELIVERY_LOOK_H
#define WEFT_DELIVERY_LOOK_H

#include "server/delivery/delivery.h"

/* Looks through the store for channels with removals or adds that wait. */
void look_for_work(struct delivery *delivery);

#endif
