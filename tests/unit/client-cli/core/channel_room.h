/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The client of somebody in a world's channel (protocol/channel/world.h), with a vault of its own.
 */
#ifndef WEFT_TEST_CHANNEL_ROOM_H
#define WEFT_TEST_CHANNEL_ROOM_H

#include "tests/unit/client-cli/core/profile_room.h"
#include "tests/unit/protocol/channel/world.h"

struct channel_room {
    struct profile_room profile;
    struct world world;
    struct channel *channel;
    struct directory *own; /* the engine's, while it has the world's */
};

/* An open channel of the world's first person. */
struct channel_room *channel_room_open(void);

/* The client becomes that of the world's person `who`, whose group it takes. */
void channel_room_enter(struct channel_room *room, size_t who);

void channel_room_close(struct channel_room *room);

#endif
