/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/paths.h"

#include "protocol/crypto/random_system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PEOPLE 4

/* Person i + 1 is at leaf i; the first facilitates. */
static struct channel *channel_of_four(void)
{
    static struct channel_role_item roles[] = {
        {.person = {{1}}, .roles = CHANNEL_ROLE_FACILITATOR},
        {.person = {{2}}, .roles = CHANNEL_ROLE_SPONSOR},
    };
    struct channel *channel = test_calloc(1, sizeof *channel);
    channel->extension.roles = roles;
    channel->extension.role_count = 2;
    assert_int_equal(id_map_init(&channel->members, random_system()), STATUS_OK);
    assert_int_equal(id_map_init(&channel->people, random_system()), STATUS_OK);
    for (uint8_t i = 0; i < PEOPLE; i++) {
        struct channel_member member = {
            .person = {{(uint8_t)(i + 1)}}, .device = {{(uint8_t)(i + 1)}}, .leaf = i};
        assert_int_equal(channel_add_member(channel, &member), STATUS_OK);
    }
    return channel;
}

static void free_four(struct channel *channel)
{
    for (uint8_t i = 0; i < PEOPLE; i++)
        channel_remove_member(channel, &(struct id){{(uint8_t)(i + 1)}});
    id_map_clear(&channel->members);
    id_map_clear(&channel->people);
    test_free(channel);
}

/* `context` says of each leaf whether it may be asked. */
static bool may_ask(const void *context, const struct channel_member *member)
{
    const bool *asked = context;
    return asked[member->leaf];
}

/* The leaf that is chosen, or PEOPLE. */
static uint32_t
choose(const struct channel *channel, const uint32_t spared[PEOPLE], const bool asked[PEOPLE])
{
    const struct channel_member *member = paths_choose(channel, spared, may_ask, asked);
    return member == NULL ? PEOPLE : member->leaf;
}

static void asks_whoever_spares_the_most_and_facilitators_last(void **state)
{
    (void)state;
    static const bool all[PEOPLE] = {true, true, true, true};
    static const bool without_third[PEOPLE] = {true, true, false, true};
    static const bool first_alone[PEOPLE] = {true, false, false, false};
    static const bool nobody[PEOPLE] = {false};
    static const uint32_t spared[PEOPLE] = {9, 3, 5, 4};
    struct channel *channel = channel_of_four();
    assert_int_equal(choose(channel, spared, all), 2);
    assert_int_equal(choose(channel, spared, without_third), 3);
    assert_int_equal(choose(channel, spared, first_alone), 0);
    assert_int_equal(choose(channel, spared, nobody), PEOPLE);
    free_four(channel);
}

static void asks_nobody_whose_path_spares_nothing(void **state)
{
    (void)state;
    static const bool all[PEOPLE] = {true, true, true, true};
    struct channel *channel = channel_of_four();
    assert_int_equal(choose(channel, (const uint32_t[PEOPLE]){1, 0, 0, 0}, all), 0);
    assert_int_equal(choose(channel, (const uint32_t[PEOPLE]){0, 0, 0, 0}, all), PEOPLE);
    free_four(channel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_whoever_spares_the_most_and_facilitators_last),
        cmocka_unit_test(asks_nobody_whose_path_spares_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
