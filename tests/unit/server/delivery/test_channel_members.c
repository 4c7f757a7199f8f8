/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/channel.h"

#include "protocol/crypto/random_system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void add(struct channel *channel, uint8_t person, uint8_t device, uint32_t leaf)
{
    struct channel_member member = {.person = {{person}}, .device = {{device}}, .leaf = leaf};
    assert_int_equal(channel_add_member(channel, &member), STATUS_OK);
}

static void counts_people_and_not_their_devices(void **state)
{
    (void)state;
    struct channel *channel = test_calloc(1, sizeof *channel);
    struct id first = {{11}};
    struct id second = {{12}};
    struct id other = {{21}};
    assert_int_equal(id_map_init(&channel->members, random_system()), STATUS_OK);
    assert_int_equal(id_map_init(&channel->people, random_system()), STATUS_OK);
    add(channel, 1, 11, 0);
    add(channel, 1, 12, 1);
    add(channel, 2, 21, 2);
    assert_int_equal(channel_people(channel), 2);
    add(channel, 1, 12, 5); /* at another leaf */
    assert_int_equal(channel_people(channel), 2);
    channel_remove_member(channel, &first);
    channel_remove_member(channel, &first);
    assert_int_equal(channel_people(channel), 2);
    channel_remove_member(channel, &second);
    assert_int_equal(channel_people(channel), 1);
    channel_remove_member(channel, &other);
    assert_int_equal(channel_people(channel), 0);
    id_map_clear(&channel->members);
    id_map_clear(&channel->people);
    test_free(channel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_people_and_not_their_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
