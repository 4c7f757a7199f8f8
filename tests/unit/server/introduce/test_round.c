/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/introduce/sample.h"

#include "server/introduce/reason.h"
#include "server/introduce/round.h"

static struct sample sample;
static bool takes_part[SAMPLE_PEOPLE_MAX];
static struct arena arena;

static void everybody_takes_part(void)
{
    for (uint32_t i = 0; i < SAMPLE_PEOPLE_MAX; i++)
        takes_part[i] = i < sample.network.person_count;
}

static struct round
choose(enum store_introduction_kind kind, uint32_t count, const struct round_past *past)
{
    struct round round;
    const struct round_options options = {.kind = kind, .count = count, .seed = 7};
    arena_clear(&arena);
    arena_init(&arena, 1u << 20);
    assert_int_equal(round_choose(&sample.network, past, &options, &arena, &round), STATUS_OK);
    return round;
}

static uint32_t number_of(const struct id *person)
{
    return network_find(&sample.network, person);
}

static void pairs_people_of_different_groups_once_each(void **state)
{
    (void)state;
    bool taken[SAMPLE_PEOPLE_MAX] = {false};
    sample_init(&sample, 40, 4);
    sample_ring(&sample);
    everybody_takes_part();
    const struct round_past past = {.takes_part = takes_part};
    struct round round = choose(STORE_INTRODUCTION_PAIR, 8, &past);
    assert_int_equal(round.count, 8);
    for (size_t i = 0; i < round.count; i++) {
        const struct round_meeting *meeting = &round.meetings[i];
        uint32_t a = number_of(&meeting->people[0]), b = number_of(&meeting->people[1]);
        assert_int_equal(meeting->person_count, 2);
        assert_int_not_equal(sample.groups[a], sample.groups[b]);
        assert_false(taken[a] || taken[b]);
        assert_true(meeting->reasons[0].len > 20 && meeting->reasons[1].len > 20);
        taken[a] = taken[b] = true;
    }
    round = choose(STORE_INTRODUCTION_PAIR, 0, &past);
    assert_int_equal(round.count, 2); /* a twentieth of forty */
}

static void leaves_out_who_does_not_take_part_and_who_is_barred(void **state)
{
    (void)state;
    sample_init(&sample, 8, 8);
    everybody_takes_part();
    for (uint32_t i = 3; i < 8; i++)
        takes_part[i] = false;
    struct graph_pair barred[] = {{0, 1}, {2, 1}};
    struct round_past past = {.takes_part = takes_part, .barred = barred, .barred_count = 2};
    struct round round = choose(STORE_INTRODUCTION_PAIR, 4, &past);
    assert_int_equal(round.count, 1);
    assert_int_equal(number_of(&round.meetings[0].people[0]), 0);
    assert_int_equal(number_of(&round.meetings[0].people[1]), 2);
    sample.never[0] = (struct graph_pair){0, 2};
    sample.network.never_count = 1;
    assert_int_equal(choose(STORE_INTRODUCTION_PAIR, 4, &past).count, 0);
    sample.network.never_count = 0;
    sample.people[0].opted_in = false;
    assert_int_equal(choose(STORE_INTRODUCTION_PAIR, 4, &past).count, 0);
}

/* Each of the people in wards of their own can say of an introduction that it is one of the others.
 */
static void nobody_gets_one_that_could_be_about_few(void **state)
{
    (void)state;
    const struct round_past past = {.takes_part = takes_part};
    sample_init(&sample, REASON_CROWD_MIN, REASON_CROWD_MIN);
    everybody_takes_part();
    assert_int_equal(choose(STORE_INTRODUCTION_PAIR, 4, &past).count, 0);
    assert_int_equal(choose(STORE_INTRODUCTION_COFFEE, 0, &past).count, 2);
    sample_init(&sample, REASON_CROWD_MIN + 1, REASON_CROWD_MIN + 1);
    everybody_takes_part();
    assert_int_equal(choose(STORE_INTRODUCTION_PAIR, 4, &past).count, 3);
    takes_part[5] = false; /* which nobody can look up */
    assert_int_equal(choose(STORE_INTRODUCTION_PAIR, 4, &past).count, 2);
    sample_tie(&sample, 0, 1); /* each of the two knows that it is not the other */
    struct round round = choose(STORE_INTRODUCTION_PAIR, 4, &past);
    assert_int_equal(round.count, 1);
    assert_true(number_of(&round.meetings[0].people[0]) >= 2);
    sample_init(&sample, REASON_CROWD_MIN + 1, REASON_CROWD_MIN + 1);
    sample.people[5].opted_in = false; /* which everybody can */
    everybody_takes_part();
    assert_int_equal(choose(STORE_INTRODUCTION_PAIR, 4, &past).count, 0);
}

static void of_equals_those_with_something_in_common(void **state)
{
    (void)state;
    sample_init(&sample, 24, 12);
    sample_ring(&sample);
    sample_topic(&sample, 3, "falls");
    sample_topic(&sample, 16, "falls");
    everybody_takes_part();
    const struct round_past past = {.takes_part = takes_part};
    struct round round = choose(STORE_INTRODUCTION_PAIR, 1, &past);
    assert_int_equal(round.count, 1);
    assert_true(round.meetings[0].shared);
}

static void asks_those_who_say_yes_before_those_who_do_not(void **state)
{
    (void)state;
    sample_init(&sample, 24, 12);
    sample_ring(&sample);
    everybody_takes_part();
    struct store_history history[24];
    for (uint32_t i = 0; i < 24; i++)
        history[i] =
            (struct store_history){sample.people[i].person, false, 20, i == 2 || i == 15 ? 20 : 1};
    const struct round_past past = {
        .takes_part = takes_part, .history = history, .history_count = 24};
    struct round round = choose(STORE_INTRODUCTION_PAIR, 1, &past);
    assert_int_equal(round.count, 1);
    assert_int_equal(number_of(&round.meetings[0].people[0]), 2);
    assert_int_equal(number_of(&round.meetings[0].people[1]), 15);
}

static void coffee_seats_everybody_and_never_twice_the_same(void **state)
{
    (void)state;
    struct graph_pair past_pairs[64];
    size_t past_count = 0;
    sample_init(&sample, 8, 4);
    everybody_takes_part();
    for (int i = 0; i < 3; i++) {
        const struct round_past past = {
            .takes_part = takes_part, .barred = past_pairs, .barred_count = past_count};
        struct round round = choose(STORE_INTRODUCTION_COFFEE, 0, &past);
        assert_int_equal(round.count, 4);
        for (size_t k = 0; k < round.count; k++) {
            struct graph_pair pair = {number_of(&round.meetings[k].people[0]),
                                      number_of(&round.meetings[k].people[1])};
            for (size_t p = 0; p < past_count; p++)
                assert_false(past_pairs[p].a == pair.a && past_pairs[p].b == pair.b);
            past_pairs[past_count++] = pair;
        }
    }
}

static bool always(void *context)
{
    (void)context;
    return true;
}

static void ends_when_it_is_cancelled(void **state)
{
    (void)state;
    struct round round;
    sample_init(&sample, 40, 4);
    sample_ring(&sample);
    everybody_takes_part();
    const struct round_past past = {.takes_part = takes_part};
    const struct round_options options = {.kind = STORE_INTRODUCTION_PAIR, .cancelled = always};
    assert_int_equal(round_choose(&sample.network, &past, &options, &arena, &round),
                     STATUS_CANCELLED);
}

static void an_empty_network_has_no_round(void **state)
{
    (void)state;
    sample_init(&sample, 0, 0);
    const struct round_past past = {.takes_part = takes_part};
    assert_int_equal(choose(STORE_INTRODUCTION_PAIR, 0, &past).count, 0);
    assert_int_equal(choose(STORE_INTRODUCTION_COFFEE, 0, &past).count, 0);
    sample_init(&sample, 1, 1);
    assert_int_equal(choose(STORE_INTRODUCTION_PAIR, 3, &past).count, 0);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_people_of_different_groups_once_each),
        cmocka_unit_test(leaves_out_who_does_not_take_part_and_who_is_barred),
        cmocka_unit_test(nobody_gets_one_that_could_be_about_few),
        cmocka_unit_test(of_equals_those_with_something_in_common),
        cmocka_unit_test(asks_those_who_say_yes_before_those_who_do_not),
        cmocka_unit_test(coffee_seats_everybody_and_never_twice_the_same),
        cmocka_unit_test(ends_when_it_is_cancelled),
        cmocka_unit_test(an_empty_network_has_no_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
