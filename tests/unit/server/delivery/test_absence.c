/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whose device is said to be away, while its person comes back. */
#include "tests/unit/server/delivery/room.h"

#include "protocol/crypto/random_system.h"
#include "server/delivery/absence.h"
#include "server/store/devices.h"

#define AWAY 2
#define BACK 3

struct login {
    struct store_job job;
    struct room *room;
    int64_t now_ms;
};

static enum status login_run(struct store_db *db, struct store_job *job)
{
    struct id device = id_number(BACK);
    uint64_t counter = 0;
    return store_devices_seen(db, &device, 1, ((struct login *)(void *)job)->now_ms, &counter);
}

static void login_done(struct store_job *job, enum status status)
{
    struct id device = id_number(BACK);
    ASSERT_OK(status);
    absence_over(((struct login *)(void *)job)->room->delivery, &device);
}

static bool is_away(const struct room *room, uint32_t number)
{
    struct id device = id_number(number);
    return directory_find(community_directory(room->community), &device)->absent;
}

/* Entries of the directory are written one after another: whoever logs in while others' are, and is
 * said to be away after that, would be taken out of their channels before their eyes. */
static void who_logs_in_meanwhile_is_not_said_to_be_away(void **state)
{
    struct room *room = *state;
    struct party away, back;
    room_add_person(room, AWAY, &away);
    room_add_person(room, BACK, &back);
    room->config.absence_days = 100;
    room->now_ms += 200 * DAY;
    struct login login = {{.run = login_run, .done = login_done}, room, room->now_ms};
    room_start(room);
    absence_tick(room->delivery);
    room_wait_read(room);
    store_drain_completed(room->store); /* one entry is written, the others wait */
    ASSERT_OK(store_write(room->store, &login.job));
    room_settle(room);
    assert_true(is_away(room, AWAY));
    assert_false(is_away(room, BACK));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_logs_in_meanwhile_is_not_said_to_be_away, room_open,
                                        room_close),
    };
    return crypto_start() == STATUS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
