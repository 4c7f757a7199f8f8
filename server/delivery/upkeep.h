/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * KeyPackages and Welcomes end with their lifetimes, files with their message, messages with their
 * channel's retention; they go in the background.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_DELIVERY_UPKEEP_H
#define WEFT_DELIVERY_UPKEEP_H

#include "server/delivery/delivery.h"

/* Deletes what has expired, now and then. */
void upkeep_tick(struct delivery *delivery);

#endif
