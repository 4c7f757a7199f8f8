/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When a channel may go on in its next generation, which ends the group before. */
#include "tests/unit/server/delivery/room.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/random_system.h"
#include "protocol/wire/generations.h"
#include "server/handler/handler.h"

#include <stdlib.h>

/* A request of the channel's maker, of which nobody waits for the answer. */
struct next {
    struct wire_channel_continue_request request;
    struct buffer info;
    struct buffer tree;
};

static void next_init(const struct room *room, struct next *next)
{
    struct mls_group *group = NULL;
    struct id channel = id_number(ROOM_CHANNEL);
    *next = (struct next){.info = BUFFER_INIT(LIMIT_OBJECT_BYTES),
                          .tree = BUFFER_INIT(LIMIT_OBJECT_BYTES)};
    party_begin_channel(&room->maker, &channel, 2, CHANNEL_OPEN, &group);
    ASSERT_OK(mls_group_write_group_info(group, false, &next->info));
    ASSERT_OK(mls_group_write_tree(group, &next->tree));
    mls_group_free(&group);
    next->request = (struct wire_channel_continue_request){
        .channel = channel,
        .generation = 2,
        .group_info = buffer_span(&next->info),
        .ratchet_tree = buffer_span(&next->tree),
    };
}

static void next_clear(struct next *next)
{
    buffer_clear(&next->info);
    buffer_clear(&next->tree);
}

static void ask(struct room *room, struct next *next)
{
    struct services services = {.hub = &room->hub, .delivery = room->delivery};
    struct call *call = calloc(1, sizeof *call);
    assert_non_null(call);
    call->hub = &room->hub;
    call->request = &next->request;
    call->person = call->device = id_number(ROOM_CHANNEL);
    arena_init(&call->arena, 1u << 22);
    buffer_init(&call->bytes, 1);
    channel_continue_handle(&services, room->channel, call);
}

static enum status freeze(struct store_db *db, void *context)
{
    (void)context;
    struct id channel = id_number(ROOM_CHANNEL);
    return store_channels_set_state(db, &channel, STORE_CHANNEL_FROZEN);
}

/* Whoever facilitates may report, continue and commit in one breath: the commit is then in a
 * validator, which reads the group, when the store has both others. */
static void lets_go_of_no_group_in_which_a_commit_may_begin(void **state)
{
    struct room *room = *state;
    CLEANUP(next_clear) struct next next;
    next_init(room, &next);
    ASSERT_OK(fixture_run(room->store, freeze, NULL)); /* which the loop has not heard of */
    const struct mls_public_group *before = room->channel->group;
    ask(room, &next);
    assert_ptr_equal(room->channel->group, before);
    assert_int_equal(room->channel->row.generation, 1);

    delivery_freeze(room->delivery, room->channel);
    ask(room, &next);
    assert_int_equal(room->channel->row.generation, 2);
    /* After a lost answer, whatever goes on in it. */
    ask(room, &next);
    assert_int_equal(room->channel->row.generation, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lets_go_of_no_group_in_which_a_commit_may_begin, room_open,
                                        room_close),
    };
    return crypto_start() == STATUS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
