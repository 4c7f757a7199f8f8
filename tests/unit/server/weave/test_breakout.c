/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/breakout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint32_t groups_of[200];

static struct breakout_options
options_of(uint32_t people, uint32_t group_count, uint32_t room_size, uint32_t rounds)
{
    for (uint32_t i = 0; i < people; i++)
        groups_of[i] = i % group_count;
    return (struct breakout_options){
        .people = people, .room_size = room_size, .rounds = rounds, .groups = groups_of};
}

static struct breakout seat(const struct breakout_options *options)
{
    struct breakout breakout = {0};
    assert_int_equal(breakout_init(options, &breakout), STATUS_OK);
    return breakout;
}

/* Counts afresh what the rooms say of themselves, and how full they are. */
static void assert_counts(const struct breakout_options *options, const struct breakout *breakout)
{
    uint32_t met = 0, repeats = 0, people = options->people;
    for (uint32_t i = 0; i < people; i++)
        for (uint32_t j = i + 1; j < people; j++) {
            uint32_t together = 0;
            bool counts = options->groups[i] != options->groups[j];
            for (uint32_t round = 0; round < options->rounds; round++)
                together +=
                    breakout->rooms[round * people + i] == breakout->rooms[round * people + j];
            for (size_t tie = 0; tie < options->tie_count; tie++)
                counts &= options->ties[tie].a != i || options->ties[tie].b != j;
            met += counts && together != 0;
            repeats += together > 1 ? together - 1 : 0;
        }
    assert_int_equal(breakout->met, met);
    assert_int_equal(breakout->repeats, repeats);
    assert_true(met <= breakout->bound);
    for (uint32_t round = 0; round < options->rounds; round++)
        for (uint32_t room = 0; room < breakout->room_count; room++) {
            uint32_t size = 0;
            for (uint32_t i = 0; i < people; i++)
                size += breakout->rooms[round * people + i] == room;
            assert_in_range(size, people / breakout->room_count,
                            (people + breakout->room_count - 1) / breakout->room_count);
            assert_true(size <= options->room_size);
        }
}

static void seats_everybody_with_strangers_where_that_can_be(void **state)
{
    (void)state;
    /* Four groups of four, rooms of four: five rounds of nobody twice is the affine plane; four
     * groups are then met in four of them. One round must be perfect. */
    struct breakout_options options = options_of(16, 4, 4, 1);
    struct breakout breakout = seat(&options);
    assert_int_equal(breakout.met, 24);
    assert_int_equal(breakout.bound, 24);
    assert_counts(&options, &breakout);
    breakout_clear(&breakout);
}

static void reaches_the_known_shares_of_two_hundred_people(void **state)
{
    (void)state;
    struct breakout_options options = options_of(200, 20, 5, 4);
    struct breakout breakout = seat(&options);
    assert_counts(&options, &breakout);
    assert_int_equal(breakout.bound, 1600);
    assert_int_equal(breakout.met, 1600);
    breakout_clear(&breakout);
    /* Five seats and four groups: two of each room are of one group, 9 of 10 pairs are left. */
    options = options_of(200, 4, 5, 4);
    breakout = seat(&options);
    assert_counts(&options, &breakout);
    assert_int_equal(breakout.bound, 1440);
    assert_int_equal(breakout.met, 1440);
    breakout_clear(&breakout);
    options = options_of(50, 5, 5, 10);
    breakout = seat(&options);
    assert_counts(&options, &breakout);
    assert_int_equal(breakout.bound, 1000);
    assert_true(breakout.met >= 870);
    breakout_clear(&breakout);
}

static void counts_a_tie_as_met_before(void **state)
{
    (void)state;
    static const struct graph_pair ties[] = {{0, 1}, {2, 3}};
    struct breakout_options options = options_of(4, 4, 2, 1);
    options.ties = ties;
    options.tie_count = 2;
    struct breakout breakout = seat(&options);
    assert_int_equal(breakout.met, 2);
    assert_int_not_equal(breakout.rooms[0], breakout.rooms[1]);
    assert_counts(&options, &breakout);
    breakout_clear(&breakout);
}

static void finds_strangers_among_two_hundred_who_know_twenty_each(void **state)
{
    (void)state;
    static const uint32_t steps[] = {1, 3, 7, 12, 19, 33, 47, 58, 71, 93};
    static struct graph_pair ties[2000];
    struct breakout_options options = options_of(200, 20, 5, 4);
    for (uint32_t i = 0; i < 200; i++)
        for (uint32_t k = 0; k < 10; k++) {
            uint32_t other = (i + steps[k]) % 200;
            ties[options.tie_count++] =
                i < other ? (struct graph_pair){i, other} : (struct graph_pair){other, i};
        }
    options.ties = ties;
    struct breakout breakout = seat(&options);
    assert_counts(&options, &breakout);
    assert_int_equal(breakout.bound, 1600);
    assert_int_equal(breakout.met, 1600);
    breakout_clear(&breakout);
}

static void fills_rooms_evenly_when_people_do_not_divide(void **state)
{
    (void)state;
    for (uint32_t people = 1; people <= 23; people++) {
        struct breakout_options options = options_of(people, 3, 4, 3);
        struct breakout breakout = seat(&options);
        assert_counts(&options, &breakout);
        breakout_clear(&breakout);
    }
}

static void leaves_hosts_where_they_are(void **state)
{
    (void)state;
    uint32_t hosts[12];
    memset(hosts, 0xFF, sizeof(hosts));
    hosts[3] = 0;
    hosts[7] = 2;
    struct breakout_options options = options_of(12, 6, 4, 3);
    options.host_rooms = hosts;
    struct breakout breakout = seat(&options);
    for (uint32_t round = 0; round < 3; round++) {
        assert_int_equal(breakout.rooms[round * 12 + 3], 0);
        assert_int_equal(breakout.rooms[round * 12 + 7], 2);
    }
    assert_counts(&options, &breakout);
    breakout_clear(&breakout);
}

static void gives_the_same_rooms_for_the_same_seed(void **state)
{
    (void)state;
    struct breakout_options options = options_of(60, 6, 5, 3);
    options.seed = 7;
    struct breakout one = seat(&options), other = seat(&options);
    assert_memory_equal(one.rooms, other.rooms, 180 * sizeof(*one.rooms));
    breakout_clear(&one);
    breakout_clear(&other);
}

static void refuses_what_makes_no_rooms(void **state)
{
    (void)state;
    uint32_t hosts[12];
    struct breakout breakout = {0};
    struct breakout_options options = options_of(12, 3, 4, 1);
    options.people = 0;
    assert_int_equal(breakout_init(&options, &breakout), STATUS_INVALID);
    options = options_of(12, 3, 1, 1);
    assert_int_equal(breakout_init(&options, &breakout), STATUS_INVALID);
    options = options_of(12, 3, 4, 0);
    assert_int_equal(breakout_init(&options, &breakout), STATUS_INVALID);
    options = options_of(12, 3, 4, BREAKOUT_ROUNDS_MAX + 1);
    assert_int_equal(breakout_init(&options, &breakout), STATUS_LIMIT);
    options = options_of(12, 3, 4, 1);
    memset(hosts, 0, sizeof(hosts)); /* twelve in a room of four */
    options.host_rooms = hosts;
    assert_int_equal(breakout_init(&options, &breakout), STATUS_INVALID);
    memset(hosts, 0xFF, sizeof(hosts));
    hosts[0] = 3;
    assert_int_equal(breakout_init(&options, &breakout), STATUS_INVALID);
    static const struct graph_pair tie = {0, 12};
    options = options_of(12, 3, 4, 1);
    options.ties = &tie;
    options.tie_count = 1;
    assert_int_equal(breakout_init(&options, &breakout), STATUS_INVALID);
    assert_null(breakout.rooms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seats_everybody_with_strangers_where_that_can_be),
        cmocka_unit_test(reaches_the_known_shares_of_two_hundred_people),
        cmocka_unit_test(counts_a_tie_as_met_before),
        cmocka_unit_test(finds_strangers_among_two_hundred_who_know_twenty_each),
        cmocka_unit_test(fills_rooms_evenly_when_people_do_not_divide),
        cmocka_unit_test(leaves_hosts_where_they_are),
        cmocka_unit_test(gives_the_same_rooms_for_the_same_seed),
        cmocka_unit_test(refuses_what_makes_no_rooms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
