/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a channel allows people who have several devices, or whom an admin gave a new one. */
#include "tests/unit/protocol/channel/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_member_adds_further_devices_of_its_own_person_and_no_others(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_PRIVATE);
    struct party *people = world.people;
    world_make_further(&world, &people[3], &people[2], &people[2]);
    assert_int_equal(world_add(&world, &people[0], &people[2]), STATUS_OK);
    assert_int_equal(world_add(&world, &people[2], &people[4]), STATUS_DENIED);
    assert_int_equal(world_add(&world, &people[2], &people[3]), STATUS_OK);
    world_end(&world);
}

static void who_is_not_a_member_brings_no_device_of_theirs_in(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_PRIVATE);
    struct party *people = world.people;
    world_make_further(&world, &people[3], &people[2], &people[2]);
    assert_int_equal(world_add(&world, &people[0], &people[2]), STATUS_OK);
    assert_int_equal(world_join_external(&world, &people[3], false), STATUS_DENIED);
    world_shut_out(&world, &people[2]);
    assert_int_equal(world_add(&world, &people[2], &people[3]), STATUS_DENIED);
    world_end(&world);
}

static void a_device_that_an_admin_set_up_is_let_in_by_a_member_only(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_OPEN);
    struct party *people = world.people;
    assert_int_equal(world_add(&world, &people[0], &people[1]), STATUS_OK);
    assert_int_equal(world_add(&world, &people[0], &people[2]), STATUS_OK);
    world_make_further(&world, &people[3], &people[2], &people[1]);
    assert_int_equal(world_join_external(&world, &people[3], false), STATUS_DENIED);
    /* Nor one that it approves. */
    world_make_further(&world, &people[4], &people[3], &people[3]);
    assert_int_equal(world_join_external(&world, &people[4], false), STATUS_DENIED);
    /* The old one is shut out by the same entry. */
    assert_int_equal(world_add(&world, &people[2], &people[4]), STATUS_DENIED);
    assert_int_equal(world_remove(&world, &people[0], &people[2], NULL), STATUS_OK);
    assert_int_equal(world_add(&world, &people[0], &people[3]), STATUS_OK);
    assert_int_equal(world_add(&world, &people[3], &people[4]), STATUS_OK);
    assert_int_equal(world_join_external(&world, &people[3], true), STATUS_OK);
    world_end(&world);
}

/* A request to leave, signed by the party's leaf as it is now. */
struct request {
    struct message_leave leave;
    uint8_t key[64];
    struct buffer signature;
};

static void
ask_to_leave(const struct world *world, const struct party *party, struct request *request)
{
    const struct mls_leaf_node *leaf =
        mls_tree_leaf(mls_public_group_tree(world->server), mls_group_own_leaf(party->group));
    assert_true(leaf->encryption_key.len <= sizeof request->key);
    memcpy(request->key, leaf->encryption_key.ptr, leaf->encryption_key.len);
    request->signature = BUFFER_INIT(SIGNATURE_SIZE_MAX);
    request->leave =
        (struct message_leave){.channel = world->channel,
                               .generation = 1,
                               .device = party->identity.device,
                               .encryption_key = span_of(request->key, leaf->encryption_key.len)};
    assert_int_equal(
        message_leave_sign(&request->leave, secret_span(&party->leaf_private), &request->signature),
        STATUS_OK);
    request->leave.signature = buffer_span(&request->signature);
}

/* A private channel of three, the third with the fourth party as a second device. */
static void begin_with_two_devices(struct world *world)
{
    struct party *people = world->people;
    world_begin(world, CHANNEL_PRIVATE);
    world_make_further(world, &people[3], &people[2], &people[2]);
    assert_int_equal(world_add(world, &people[0], &people[1]), STATUS_OK);
    assert_int_equal(world_add(world, &people[0], &people[2]), STATUS_OK);
    assert_int_equal(world_add(world, &people[2], &people[3]), STATUS_OK);
}

static void one_device_leaves_for_all_of_its_person_and_nobody_else(void **state)
{
    (void)state;
    struct world world;
    struct request request;
    struct party *people = world.people;
    begin_with_two_devices(&world);
    assert_int_equal(world_add(&world, &people[0], &people[4]), STATUS_OK);
    ask_to_leave(&world, &people[2], &request);
    assert_int_equal(world_remove(&world, &people[1], &people[4], &request.leave), STATUS_DENIED);
    assert_int_equal(world_remove(&world, &people[1], &people[3], &request.leave), STATUS_OK);
    assert_int_equal(world_remove(&world, &people[1], &people[2], &request.leave), STATUS_OK);
    buffer_clear(&request.signature);
    world_end(&world);
}

static void a_device_that_was_shut_out_leaves_for_nobody(void **state)
{
    (void)state;
    struct world world;
    struct request request;
    struct party *people = world.people;
    begin_with_two_devices(&world);
    ask_to_leave(&world, &people[2], &request);
    world_shut_out(&world, &people[2]);
    assert_int_equal(world_remove(&world, &people[1], &people[3], &request.leave), STATUS_DENIED);
    /* It goes itself, whether or not it asked. */
    assert_int_equal(world_remove(&world, &people[1], &people[2], &request.leave), STATUS_OK);
    assert_int_equal(world_remove(&world, &people[1], &people[3], &request.leave), STATUS_DENIED);
    buffer_clear(&request.signature);
    ask_to_leave(&world, &people[3], &request);
    assert_int_equal(world_remove(&world, &people[1], &people[3], &request.leave), STATUS_OK);
    buffer_clear(&request.signature);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_adds_further_devices_of_its_own_person_and_no_others),
        cmocka_unit_test(who_is_not_a_member_brings_no_device_of_theirs_in),
        cmocka_unit_test(a_device_that_an_admin_set_up_is_let_in_by_a_member_only),
        cmocka_unit_test(a_device_that_was_shut_out_leaves_for_nobody),
        cmocka_unit_test(one_device_leaves_for_all_of_its_person_and_nobody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
