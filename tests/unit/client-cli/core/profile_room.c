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

void profile_room_enrol(struct profile_room *room,
                        const struct account *account,
                        const struct account *by)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    struct directory_entry entry = {.version = DIRECTORY_ENTRY_VERSION,
                                    .kind = DIRECTORY_ADD_DEVICE,
                                    .authority = DIRECTORY_BY_FIRST,
                                    .time = 1,
                                    .person = account->person,
                                    .device = account->device,
                                    .login_key = SPAN_OF(account->login_public),
                                    .leaf_key = SPAN_OF(account->leaf_public)};
    struct directory_signers signers = {.login_private_key = SPAN_OF(account->login_private),
                                        .leaf_private_key = SPAN_OF(account->leaf_private)};
    if (by != NULL) {
        entry.authority = DIRECTORY_BY_DEVICE;
        entry.by_person = by->person;
        entry.by_device = by->device;
        signers.authority_private_key = SPAN_OF(by->login_private);
    }
    assert_int_equal(directory_entry_sign(&entry, &signers, &bytes), STATUS_OK);
    assert_int_equal(directory_apply(room->engine->directory, buffer_span(&bytes), true),
                     STATUS_OK);
}
