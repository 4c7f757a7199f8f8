/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/read_mark.h"

#include "protocol/crypto/random_system.h"
#include "protocol/wire/channels.h"
#include "tests/unit/client-cli/core/profile_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct wire_cursor mark = {.generation = 1, .sequence = 50};

static struct channel *open_room(struct profile_room *room)
{
    profile_room_open(room);
    struct channel *channel = profile_room_channel(room);
    channel->state = CHANNEL_STATE_MEMBER;
    channel->generation = 1;
    channel->cursor = 60;
    channel->shown = 10;
    return channel;
}

/* One of ours; the keys stay in `account`. */
static void add_device(struct profile_room *room, struct account *account, const struct account *by)
{
    account->person = room->engine->account.person;
    assert_int_equal(account_make_keys(account, random_system()), STATUS_OK);
    room->engine->account.person = account->person;
    profile_room_enrol(room, account, by);
}

static void who_has_one_device_reads_with_no_other(void **state)
{
    struct profile_room room;
    struct account first = ACCOUNT_INIT;
    (void)state;
    struct channel *channel = open_room(&room);
    add_device(&room, &first, NULL);
    assert_int_equal(read_mark_take(room.engine, &channel->id, &mark), STATUS_OK);
    assert_int_equal(channel->shown, 10);
    profile_room_close(&room);
}

static void what_another_device_has_read_is_read(void **state)
{
    struct profile_room room;
    struct account first = ACCOUNT_INIT;
    struct account second = ACCOUNT_INIT;
    (void)state;
    struct channel *channel = open_room(&room);
    add_device(&room, &first, NULL);
    add_device(&room, &second, &first);
    assert_int_equal(read_mark_take(room.engine, &channel->id, &mark), STATUS_OK);
    assert_int_equal(channel->shown, 50);
    profile_room_close(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_one_device_reads_with_no_other),
        cmocka_unit_test(what_another_device_has_read_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
