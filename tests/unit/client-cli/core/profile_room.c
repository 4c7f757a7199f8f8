/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/client-cli/core/profile_room.h"

#include "protocol/crypto/random_system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void profile_room_open(struct profile_room *room)
{
    pid_t holder;
    assert_int_equal(crypto_start(), STATUS_OK);
    strcpy(room->directory, "/tmp/weft-profile-XXXXXX");
    assert_non_null(mkdtemp(room->directory));
    room->options =
        (struct engine_options){.directory = room->directory, .random = random_system()};
    assert_int_equal(engine_create(&room->options, &room->engine, &holder), STATUS_OK);
}

void profile_room_close(struct profile_room *room)
{
    char command[128];
    engine_close(&room->engine);
    snprintf(command, sizeof command, "rm -rf %s", room->directory);
    assert_int_equal(system(command), 0);
}

struct channel *profile_room_channel(struct profile_room *room)
{
    struct channel *channel = NULL;
    struct id id;
    assert_int_equal(id_random(random_system(), &id), STATUS_OK);
    assert_int_equal(channel_new(room->engine, &id, &channel), STATUS_OK);
    return channel;
}
