/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Somebody leaves a channel into which another device of theirs is about to be added. */
#include "tests/unit/server/delivery/room.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/random_system.h"
#include "server/delivery/work.h"
#include "server/delivery/work_items.h"
#include "server/handler/handler.h"
#include "server/store/key_packages.h"
#include "server/store/wants.h"

#include <stdlib.h>

#define TELEPHONE 2 /* the maker's further device */

static enum status make_telephone(struct store_db *db, void *context)
{
    (void)context;
    struct id person = id_number(ROOM_CHANNEL);
    struct id device = make_device(db, TELEPHONE, &person);
    struct id ref = id_number(100);
    struct store_key_package package = {
        .device = device,
        .ref = id_span(&ref),
        .bytes = SPAN_LITERAL("a KeyPackage"),
        .expires_at_ms = NOW + DAY,
    };
    TRY(store_key_packages_add(db, &package, NOW));
    return store_wants_add_everywhere(db, &device);
}

static void sign(const struct room *room, struct message_leave *leave, struct buffer *signature)
{
    const struct mls_leaf_node *leaf =
        mls_tree_leaf(mls_public_group_tree(room->channel->group), 0);
    *leave = (struct message_leave){
        .channel = room->channel->id,
        .generation = 1,
        .device = room->maker.identity.device,
        .encryption_key = leaf->encryption_key,
        .time = NOW,
    };
    ASSERT_OK(message_leave_sign(leave, secret_span(&room->maker.leaf_private), signature));
    leave->signature = buffer_span(signature);
}

static void leave(struct room *room)
{
    CLEANUP(buffer_clear) struct buffer signature = BUFFER_INIT(256);
    struct wire_channel_leave_request request;
    struct services services = {.hub = &room->hub, .delivery = room->delivery};
    struct call *call = calloc(1, sizeof *call);
    assert_non_null(call);
    sign(room, &request.leave, &signature);
    call->hub = &room->hub;
    call->request = &request;
    call->person = room->maker.identity.person;
    call->device = room->maker.identity.device;
    arena_init(&call->arena, 1u << 22);
    buffer_init(&call->bytes, 1);
    channel_leave_handle(&services, room->channel, call);
}

static void who_leaves_is_not_brought_back_by_another_device(void **state)
{
    struct room *room = *state;
    ASSERT_OK(fixture_run(room->store, make_telephone, NULL));
    work_gather(room->delivery, room->channel);
    assert_int_equal(work_items_count_adds(room->channel->work), 1);
    leave(room);
    assert_non_null(room->channel->work->removes);
    assert_int_equal(work_items_count_adds(room->channel->work), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_leaves_is_not_brought_back_by_another_device, room_open,
                                        room_close),
    };
    return crypto_start() == STATUS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
