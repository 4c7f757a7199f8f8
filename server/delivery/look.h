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

/* What waits could not be read, for want of memory, of room in the store's line or on its disk:
 * some seconds later it is looked for. */
void look_later(struct delivery *delivery);

/* Once a second. */
void look_tick(struct delivery *delivery);

#endif
