/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Paths on request. After many have joined, the parents of a channel's tree are blank, and each
 * commit with a path is encrypted to members one by one. The server has the tree: once nobody comes
 * or goes any more it asks online members, one after another, for a commit of nothing but a path,
 * whoever's spares the others the most first. After a storm those are at evenly spaced leaves.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_DELIVERY_PATHS_H
#define WEFT_DELIVERY_PATHS_H

#include "server/delivery/delivery.h"

/* After a commit that added or removed somebody: the tree is another, and more may come. */
void paths_somebody_moved(struct delivery *delivery, struct channel *channel);

/* Once a second: asks for a path where one is due. */
void paths_tick(struct delivery *delivery);

/* Of the members that may be asked, the one whose path spares the most (`spared` by leaf, as
 * mls_path_costs gives it); facilitators only when no other spares anything. NULL: nobody does. */
const struct channel_member *paths_choose(const struct channel *channel,
                                          const uint32_t *spared,
                                          bool (*may_ask)(const void *context,
                                                          const struct channel_member *member),
                                          const void *context);

#endif
