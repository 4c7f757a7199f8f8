/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/client-cli/core/channel_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct channel_room *channel_room_open(void)
{
    struct channel_room *room = calloc(1, sizeof *room);
    assert_non_null(room);
    profile_room_open(&room->profile);
    world_begin(&room->world, CHANNEL_OPEN);
    return room;
}

void channel_room_enter(struct channel_room *room, size_t who)
{
    struct engine *engine = room->profile.engine;
    struct world *world = &room->world;
    room->own = engine->directory;
    engine->directory = world->directory;
    engine->account.person = world->people[who].identity.person;
    engine->account.device = world->people[who].identity.device;
    memcpy(engine->account.leaf_public, world->people[who].leaf_public.bytes,
           sizeof engine->account.leaf_public);
    assert_int_equal(channel_new(engine, &world->channel, &room->channel), STATUS_OK);
    room->channel->group = world->people[who].group;
    world->people[who].group = NULL;
    room->channel->state = CHANNEL_STATE_MEMBER;
    room->channel->generation = 1;
}

void channel_room_close(struct channel_room *room)
{
    room->profile.engine->directory = room->own;
    world_end(&room->world);
    profile_room_close(&room->profile);
    free(room);
}
