/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Devices that have not been seen for long. Their leaves keep every commit large and every secret
 * that was theirs alive; so the directory says that they are absent, members are asked to remove
 * them, and they come back by themselves (protocol/channel/policy.h). One that is seen again is
 * said to be there before anything else.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_DELIVERY_ABSENCE_H
#define WEFT_DELIVERY_ABSENCE_H

#include "server/delivery/delivery.h"

/* Looks now and then. */
void absence_tick(struct delivery *delivery);

/* The device has logged in. */
void absence_over(struct delivery *delivery, const struct id *device);

#endif
