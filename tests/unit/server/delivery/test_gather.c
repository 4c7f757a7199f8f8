/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What waits for members to commit, gathered while other things happen in the store. */
#include "tests/unit/server/delivery/room.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/random_system.h"
#include "server/delivery/validate.h"
#include "server/delivery/work.h"
#include "server/delivery/work_items.h"
#include "server/store/generations.h"
#include "server/store/key_packages.h"
#include "server/store/knocks.h"
#include "server/store/members.h"
#include "tests/unit/failing_memory.h"

#define NEWCOMER 2
#define TELEPHONE 3 /* the maker's */
#define PACKAGES 3  /* the first is the last resort, which goes out again and again */

static enum status let_in(struct store_db *db, void *context)
{
    (void)context;
    struct id channel = id_number(ROOM_CHANNEL);
    struct id newcomer = id_number(NEWCOMER);
    struct store_knock knock;
    for (uint32_t i = 0; i < PACKAGES; i++) {
        struct id ref = id_number(100 + i);
        struct store_key_package package = {
            .device = newcomer,
            .ref = id_span(&ref),
            .bytes = SPAN_LITERAL("a KeyPackage"),
            .last_resort = i == 0,
            .expires_at_ms = NOW + DAY,
        };
        TRY(store_key_packages_add(db, &package, NOW));
    }
    TRY(store_knocks_add(db, &channel, &newcomer, NOW, &knock));
    return store_knocks_answer(db, &channel, &newcomer, true, &channel, NOW);
}

static struct party newcomer;

static int open_with_newcomer(void **state)
{
    room_open(state);
    room_add_person(*state, NEWCOMER, &newcomer);
    return fixture_run(((struct room *)*state)->store, let_in, NULL) == STATUS_OK ? 0 : 1;
}

/* ---- the next generation ---- */

struct next {
    struct store_job job;
    struct room *room;
    struct id let_in;
};

static enum status next_run(struct store_db *db, struct store_job *job)
{
    const struct next *next = (const struct next *)(const void *)job;
    struct id maker = id_number(ROOM_CHANNEL);
    struct store_generation_new row = {
        .channel = maker,
        .generation = 2,
        .base = UINT64_C(1) << 32,
        .person = maker,
        .device = maker,
        .people = &next->let_in,
        .people_count = 1,
        .now_ms = NOW,
    };
    bool again = false;
    TRY(store_channels_set_state(db, &maker, STORE_CHANNEL_FROZEN));
    return store_generations_begin(db, &row, &again);
}

static void next_done(struct store_job *job, enum status status)
{
    struct room *room = ((struct next *)(void *)job)->room;
    struct mls_public_group *group = NULL;
    const struct channel_member first = {.person = id_number(ROOM_CHANNEL),
                                         .device = id_number(ROOM_CHANNEL)};
    ASSERT_OK(status);
    room_make_group(room, 2, &group);
    delivery_continue(room->delivery, room->channel, &group, 2, &first);
    work_gather(room->delivery, room->channel);
}

/* Two of one device are a commit that no member can make. */
static void a_newcomer_who_is_gathered_as_the_channel_goes_on_waits_once(void **state)
{
    struct room *room = *state;
    struct next next = {{.run = next_run, .done = next_done}, room, id_number(NEWCOMER)};
    room_start(room);
    ASSERT_OK(store_write(room->store, &next.job));
    work_gather(room->delivery, room->channel);
    room_wait_written(room);
    room_settle(room);
    assert_int_equal(room->channel->row.generation, 2);
    assert_non_null(room->channel->work);
    assert_false(room->channel->work->gathering);
    assert_int_equal(work_items_count_adds(room->channel->work), 1);
}

/* ---- after a commit ---- */

static enum status shut_out(struct store_db *db, void *context)
{
    (void)context;
    struct id device = id_number(ROOM_CHANNEL);
    return store_removals_add_everywhere(db, &device, STORE_REMOVAL_REVOKED, NOW);
}

static size_t count_removes(const struct work *work)
{
    size_t count = 0;
    for (const struct work_remove *remove = work->removes; remove != NULL; remove = remove->next)
        count++;
    return count;
}

/* The maker's telephone, added while the maker leaves. */
static enum status add_telephone(struct store_db *db, void *context)
{
    (void)context;
    struct id maker = id_number(ROOM_CHANNEL);
    struct id telephone = make_device(db, TELEPHONE, &maker);
    TRY(store_members_add(db, &maker, &maker, &telephone, 1, NOW));
    return store_removals_add_everywhere(db, &telephone, STORE_REMOVAL_REVOKED, NOW);
}

static void what_a_commit_has_to_be_removed_is_asked_for_with_the_rest(void **state)
{
    struct room *room = *state;
    const struct channel_member telephone = {
        .person = id_number(ROOM_CHANNEL), .device = id_number(TELEPHONE), .leaf = 1};
    ASSERT_OK(fixture_run(room->store, shut_out, NULL));
    work_gather(room->delivery, room->channel);
    assert_int_equal(count_removes(room->channel->work), 1);
    ASSERT_OK(fixture_run(room->store, add_telephone, NULL));
    ASSERT_OK(channel_add_member(room->channel, &telephone));
    work_after_commit(room->delivery, room->channel);
    assert_int_equal(count_removes(room->channel->work), 2);
}

/* ---- memory ends ---- */

/* Whether an allocation failed, of which the number is given. The store has no threads here. */
static bool shut_out_without_memory(struct room *room, long number)
{
    struct id device = id_number(ROOM_CHANNEL);
    failing_memory_begin(number);
    work_away(room->delivery, &device);
    return failing_memory_end();
}

static bool is_asked_for(const struct room *room)
{
    const struct work *work = room->channel->work;
    return work != NULL && work->removes != NULL && work_items_count_adds(work) == 1;
}

/* Or a device that was shut out stays in its channels until something else happens there. */
static void what_could_not_be_gathered_is_gathered_later(void **state)
{
    struct room *room = *state;
    long number = 0;
    ASSERT_OK(fixture_run(room->store, shut_out, NULL));
    for (; shut_out_without_memory(room, number); number++) {
        for (int seconds = 0; seconds < 10; seconds++) {
            room->now_ms += 1000;
            delivery_tick(room->delivery);
        }
        assert_true(is_asked_for(room));
        work_items_drop(room->channel);
    }
    assert_true(number > 3);
    assert_true(is_asked_for(room));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_commit_has_to_be_removed_is_asked_for_with_the_rest,
                                        open_with_newcomer, room_close),
        cmocka_unit_test_setup_teardown(what_could_not_be_gathered_is_gathered_later,
                                        open_with_newcomer, room_close),
        cmocka_unit_test_setup_teardown(
            a_newcomer_who_is_gathered_as_the_channel_goes_on_waits_once, open_with_newcomer,
            room_close),
    };
    return crypto_start() == STATUS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
