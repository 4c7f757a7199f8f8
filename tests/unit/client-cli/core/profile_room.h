/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A profile in a folder of its own, with its engine, for tests of what the engine keeps.
 * Thread rule: one thread.
 */
#ifndef WEFT_TEST_PROFILE_ROOM_H
#define WEFT_TEST_PROFILE_ROOM_H

#include "client-cli/core/channel.h"

struct profile_room {
    char directory[64];
    struct engine_options options;
    struct engine *engine;
};

void profile_room_open(struct profile_room *room);

/* The engine ends and the folder goes. */
void profile_room_close(struct profile_room *room);

/* A channel with a random id, not yet stored. */
struct channel *profile_room_channel(struct profile_room *room);

/* The directory gets the account's device: approved by another one of its person's, or the first
 * without one. */
void profile_room_enrol(struct profile_room *room,
                        const struct account *account,
                        const struct account *by);

#endif
