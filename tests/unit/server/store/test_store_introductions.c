/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/store/fixture.h"

#include "server/store/coffee.h"
#include "server/store/introductions.h"
#include "server/store/profiles.h"
#include "server/store/ties.h"

#define WEEK (7 * DAY)

static struct id make_willing(struct store_db *db, uint32_t number)
{
    const struct store_profile profile = {.opted_in = true, .contacts_per_week_max = 2};
    struct id person = make_person(db, number);
    ASSERT_OK(store_profiles_set(db, &person, &profile));
    return person;
}

/* Of the persons `a` and `b`, with sides 100 and 200 above the introduction's number. */
static struct store_introduction introduction_of(uint32_t number, uint32_t a, uint32_t b)
{
    return (struct store_introduction){
        .introduction = id_number(number),
        .kind = STORE_INTRODUCTION_PAIR,
        .created_at_ms = NOW,
        .ends_at_ms = NOW + 2 * WEEK,
        .people = {{id_number(a), id_number(number + 100), SPAN_LITERAL("why a")},
                   {id_number(b), id_number(number + 200), SPAN_LITERAL("why b")}},
        .person_count = 2,
    };
}

static enum status choose(struct fixture *f,
                          uint32_t side,
                          uint32_t person,
                          enum store_choice choice,
                          int64_t now_ms,
                          bool *agreed)
{
    const struct id side_id = id_number(side), person_id = id_number(person);
    const struct store_choosing choosing = {
        .choice = choice,
        .now_ms = now_ms,
        .snooze_until_ms = now_ms + 4 * WEEK,
        .ask_at_ms = now_ms + 3 * WEEK,
        .channel = id_number(77),
    };
    return store_introductions_choose(f->db, &side_id, &person_id, &choosing, agreed);
}

static struct store_side get(struct fixture *f, uint32_t side, uint32_t person)
{
    const struct id side_id = id_number(side), person_id = id_number(person);
    struct store_side found;
    ASSERT_OK(store_introductions_get(f->db, &side_id, &person_id, &f->arena, &found));
    return found;
}

static size_t shown(struct fixture *f, uint32_t person, int64_t now_ms)
{
    const struct id id = id_number(person);
    struct store_side_list sides;
    ASSERT_OK(store_introductions_of_person(f->db, &id, now_ms, &f->arena, &sides));
    return sides.count;
}

static enum status count_pair(void *context, const struct store_pair *pair)
{
    (void)pair;
    ++*(size_t *)context;
    return STATUS_OK;
}

static size_t barred(struct fixture *f, int64_t now_ms)
{
    size_t count = 0;
    ASSERT_OK(store_introductions_walk_barred(f->db, now_ms, count_pair, &count));
    return count;
}

static void refuses_whoever_does_not_want_to_be_asked(void **state)
{
    struct fixture *f = *state;
    struct store_introduction introduction = introduction_of(10, 1, 2);
    make_willing(f->db, 1);
    struct id other = make_person(f->db, 2);
    ASSERT_STATUS(store_introductions_add(f->db, &introduction), STATUS_DENIED);
    assert_int_equal(shown(f, 1, NOW), 0);
    struct store_profile profile = {.opted_in = true, .contacts_per_week_max = 0};
    ASSERT_OK(store_profiles_set(f->db, &other, &profile));
    ASSERT_STATUS(store_introductions_add(f->db, &introduction), STATUS_RATE_LIMITED);
    profile.contacts_per_week_max = 1;
    ASSERT_OK(store_profiles_set(f->db, &other, &profile));
    ASSERT_OK(store_introductions_add(f->db, &introduction));
    assert_int_equal(shown(f, 1, NOW), 1);
    introduction = introduction_of(11, 1, 2);
    ASSERT_STATUS(store_introductions_add(f->db, &introduction), STATUS_RATE_LIMITED);
    introduction.person_count = 1;
    ASSERT_STATUS(store_introductions_add(f->db, &introduction), STATUS_USAGE);
}

static void tells_of_the_others_only_when_all_have_accepted(void **state)
{
    struct fixture *f = *state;
    struct store_introduction introduction = introduction_of(10, 1, 2);
    struct id others[STORE_INTRODUCTION_PEOPLE_MAX];
    size_t count;
    bool agreed;
    make_willing(f->db, 1);
    make_willing(f->db, 2);
    ASSERT_OK(store_introductions_add(f->db, &introduction));
    ASSERT_STATUS(choose(f, 110, 2, STORE_CHOICE_ACCEPT, NOW, &agreed), STATUS_NOT_FOUND);
    ASSERT_OK(choose(f, 110, 1, STORE_CHOICE_ACCEPT, NOW, &agreed));
    assert_false(agreed);
    struct store_side side = get(f, 110, 1);
    ASSERT_STATUS(store_introductions_others(f->db, &side, others, &count), STATUS_DENIED);
    assert_true(id_is_none(&side.channel));
    ASSERT_STATUS(store_introductions_set_opened(f->db, &side.side, &side.person), STATUS_CONFLICT);
    ASSERT_STATUS(store_introductions_set_met(f->db, &side.side, &side.person, STORE_ANSWER_YES,
                                              STORE_ANSWER_NONE, NOW),
                  STATUS_CONFLICT);
    ASSERT_OK(choose(f, 210, 2, STORE_CHOICE_ACCEPT, NOW + 1, &agreed));
    assert_true(agreed);
    ASSERT_OK(choose(f, 210, 2, STORE_CHOICE_ACCEPT, NOW + 1, &agreed));
    assert_false(agreed); /* the same again is no news */
    side = get(f, 110, 1);
    ASSERT_OK(store_introductions_others(f->db, &side, others, &count));
    const struct id second = id_number(2), channel = id_number(77);
    assert_int_equal(count, 1);
    assert_true(id_equal(&others[0], &second));
    assert_true(id_equal(&side.channel, &channel));
    ASSERT_STATUS(choose(f, 110, 1, STORE_CHOICE_DECLINE, NOW + 2, &agreed), STATUS_CONFLICT);
    ASSERT_OK(choose(f, 110, 1, STORE_CHOICE_NEVER, NOW + 2, &agreed));
}

static void ends_when_its_time_is_over(void **state)
{
    struct fixture *f = *state;
    struct store_introduction introduction = introduction_of(10, 1, 2);
    bool agreed;
    make_willing(f->db, 1);
    make_willing(f->db, 2);
    ASSERT_OK(store_introductions_add(f->db, &introduction));
    ASSERT_OK(choose(f, 110, 1, STORE_CHOICE_ACCEPT, NOW, &agreed));
    int64_t end = introduction.ends_at_ms;
    ASSERT_STATUS(choose(f, 210, 2, STORE_CHOICE_ACCEPT, end, &agreed), STATUS_NOT_NOW);
    assert_int_equal(shown(f, 2, end), 0);
    assert_int_equal(shown(f, 1, end), 1);
    assert_int_equal(shown(f, 1, end + STORE_OVER_SHOWN_MS), 0);
    assert_int_equal(barred(f, end + STORE_UNANSWERED_MS - 1), 1);
    assert_int_equal(barred(f, end + STORE_UNANSWERED_MS), 0);
}

static void keeps_apart_whoever_declined_or_snoozed_or_never_wants_to(void **state)
{
    struct fixture *f = *state;
    bool agreed;
    size_t never = 0;
    for (uint32_t i = 1; i <= 6; i++)
        make_willing(f->db, i);
    for (uint32_t i = 0; i < 3; i++) {
        struct store_introduction introduction = introduction_of(10 + i, 1 + 2 * i, 2 + 2 * i);
        ASSERT_OK(store_introductions_add(f->db, &introduction));
        ASSERT_OK(choose(f, 210 + i, 2 + 2 * i, STORE_CHOICE_ACCEPT, NOW, &agreed));
    }
    ASSERT_OK(choose(f, 110, 1, STORE_CHOICE_DECLINE, NOW, &agreed));
    ASSERT_OK(choose(f, 111, 3, STORE_CHOICE_SNOOZE, NOW, &agreed));
    ASSERT_OK(choose(f, 112, 5, STORE_CHOICE_NEVER, NOW, &agreed));
    assert_int_equal(barred(f, NOW + 3 * WEEK), 2);
    assert_int_equal(barred(f, NOW + 5 * WEEK), 1);
    assert_int_equal(barred(f, NOW + STORE_DECLINED_MS), 0);
    ASSERT_OK(store_introductions_walk_never(f->db, NOW + DAY, count_pair, &never));
    assert_int_equal(never, 0); /* the other still waits, and would see it */
    ASSERT_OK(store_introductions_walk_never(f->db, NOW + 3 * WEEK, count_pair, &never));
    assert_int_equal(never, 1);
    struct store_introduction again = introduction_of(20, 6, 5);
    ASSERT_STATUS(store_introductions_add(f->db, &again), STATUS_DENIED);
}

static void takes_back_what_somebody_said_who_opts_out_or_is_erased(void **state)
{
    struct fixture *f = *state;
    bool agreed;
    for (uint32_t i = 1; i <= 4; i++)
        make_willing(f->db, i);
    for (uint32_t i = 0; i < 2; i++) {
        struct store_introduction introduction = introduction_of(10 + i, 1 + 2 * i, 2 + 2 * i);
        ASSERT_OK(store_introductions_add(f->db, &introduction));
        ASSERT_OK(choose(f, 210 + i, 2 + 2 * i, STORE_CHOICE_ACCEPT, NOW, &agreed));
    }
    const struct id leaving = id_number(2), erased = id_number(4);
    ASSERT_OK(store_introductions_withdraw(f->db, &leaving, NOW));
    ASSERT_OK(store_people_erase(f->db, &erased, NOW));
    ASSERT_OK(choose(f, 110, 1, STORE_CHOICE_ACCEPT, NOW, &agreed));
    assert_false(agreed);
    ASSERT_OK(choose(f, 111, 3, STORE_CHOICE_ACCEPT, NOW, &agreed));
    assert_false(agreed);
    assert_int_equal(get(f, 211, 4).reason.len, 0);
    assert_int_equal(get(f, 111, 3).reason.len, 5);
}

static bool are_tied(struct fixture *f)
{
    uint64_t count;
    ASSERT_OK(store_ties_count(f->db, STORE_TIE_MET, &count));
    return count == 1;
}

static void say_met(struct fixture *f, uint32_t side, uint32_t person, enum store_answer met)
{
    const struct id side_id = id_number(side), person_id = id_number(person);
    ASSERT_OK(store_introductions_set_met(f->db, &side_id, &person_id, met, STORE_ANSWER_YES, NOW));
}

static void a_meeting_is_a_tie_unless_one_of_them_says_no(void **state)
{
    struct fixture *f = *state;
    struct store_introduction introduction = introduction_of(10, 1, 2);
    bool agreed;
    make_willing(f->db, 1);
    make_willing(f->db, 2);
    ASSERT_OK(store_introductions_add(f->db, &introduction));
    ASSERT_OK(choose(f, 110, 1, STORE_CHOICE_ACCEPT, NOW, &agreed));
    ASSERT_OK(choose(f, 210, 2, STORE_CHOICE_ACCEPT, NOW, &agreed));
    assert_false(are_tied(f));
    say_met(f, 110, 1, STORE_ANSWER_YES);
    assert_true(are_tied(f));
    say_met(f, 210, 2, STORE_ANSWER_NO);
    assert_false(are_tied(f));
    say_met(f, 110, 1, STORE_ANSWER_YES);
    assert_false(are_tied(f));
    say_met(f, 210, 2, STORE_ANSWER_YES);
    assert_true(are_tied(f));
    assert_int_equal(barred(f, NOW + 4000 * DAY), 1); /* introduced once, and never again */
    const struct id second = id_number(2);
    ASSERT_OK(store_people_erase(f->db, &second, NOW));
    say_met(f, 110, 1, STORE_ANSWER_YES);
    assert_false(are_tied(f)); /* to nobody who is erased */
}

static void tells_each_thing_once_and_reminds_once(void **state)
{
    (void)state;
    struct store_side side = {.created_at_ms = NOW, .ends_at_ms = NOW + 2 * WEEK};
    assert_int_equal(store_side_news(&side, NOW), STORE_TOLD_NEW);
    assert_int_equal(store_side_news(&side, NOW + WEEK), STORE_TOLD_NEW | STORE_TOLD_REMINDED);
    side.told = STORE_TOLD_NEW;
    assert_int_equal(store_side_news(&side, NOW + WEEK - 1), 0);
    assert_int_equal(store_side_news(&side, NOW + WEEK), STORE_TOLD_REMINDED);
    assert_int_equal(store_side_news(&side, NOW + 2 * WEEK), 0);
    side.choice = STORE_CHOICE_ACCEPT;
    assert_int_equal(store_side_news(&side, NOW + WEEK), 0);
    side.agreed_at_ms = NOW + 1;
    side.ask_at_ms = NOW + 3 * WEEK;
    assert_int_equal(store_side_news(&side, NOW + WEEK), STORE_TOLD_AGREED);
    side.told |= STORE_TOLD_AGREED;
    assert_int_equal(store_side_news(&side, NOW + 3 * WEEK), STORE_TOLD_ASKED);
    side.met = STORE_ANSWER_NO;
    assert_int_equal(store_side_news(&side, NOW + 3 * WEEK), 0);
}

static enum status see_history(void *context, const struct store_history *history)
{
    struct store_history *seen = context;
    while (seen->asked != 0)
        seen++;
    *seen = *history;
    return STATUS_OK;
}

static void history_is_what_was_answered_or_left(void **state)
{
    struct fixture *f = *state;
    struct store_history seen[8] = {{.asked = 0}};
    bool agreed;
    for (uint32_t i = 1; i <= 3; i++)
        make_willing(f->db, i);
    struct store_introduction first = introduction_of(10, 1, 2);
    struct store_introduction second = introduction_of(11, 1, 3);
    second.shared = true;
    ASSERT_OK(store_introductions_add(f->db, &first));
    ASSERT_OK(store_introductions_add(f->db, &second));
    ASSERT_OK(choose(f, 110, 1, STORE_CHOICE_ACCEPT, NOW, &agreed));
    ASSERT_OK(choose(f, 211, 3, STORE_CHOICE_SNOOZE, NOW, &agreed));
    ASSERT_OK(store_introductions_walk_history(f->db, NOW + 3 * WEEK, see_history, seen));
    assert_int_equal(seen[0].asked, 1); /* person 1, nothing shared: accepted */
    assert_int_equal(seen[0].taken, 1);
    assert_int_equal(seen[1].asked, 1); /* person 1, shared: left until the end */
    assert_int_equal(seen[1].taken, 0);
    assert_true(seen[1].shared);
    assert_int_equal(seen[2].asked, 1); /* person 2: left */
    assert_int_equal(seen[3].asked, 0); /* person 3 snoozed, which says nothing */
    struct store_history later[8] = {{.asked = 0}};
    const struct id opted_out = id_number(2);
    ASSERT_OK(store_introductions_withdraw(f->db, &opted_out, NOW));
    ASSERT_OK(store_introductions_walk_history(f->db, NOW + 3 * WEEK, see_history, later));
    assert_int_equal(later[1].asked, 1);
    assert_int_equal(later[2].asked, 0); /* nor is opting out a refusal */
}

static void coffee_is_for_whoever_signed_up_and_agreed_at_once(void **state)
{
    struct fixture *f = *state;
    struct id others[STORE_INTRODUCTION_PEOPLE_MAX];
    size_t count;
    struct store_introduction table = introduction_of(10, 1, 2);
    const struct id first = make_willing(f->db, 1), second = make_willing(f->db, 2);
    const struct id third = make_person(f->db, 3);
    table.kind = STORE_INTRODUCTION_COFFEE;
    table.channel = id_number(78);
    table.ask_at_ms = NOW + WEEK;
    ASSERT_STATUS(store_coffee_set(f->db, &third, true, NOW), STATUS_DENIED);
    ASSERT_OK(store_coffee_set(f->db, &first, true, NOW));
    ASSERT_OK(store_coffee_set(f->db, &first, true, NOW + 1));
    ASSERT_STATUS(store_introductions_add(f->db, &table), STATUS_DENIED);
    ASSERT_OK(store_coffee_set(f->db, &second, true, NOW));
    ASSERT_OK(store_introductions_add(f->db, &table));
    struct store_side side = get(f, 110, 1);
    ASSERT_OK(store_introductions_others(f->db, &side, others, &count));
    assert_int_equal(count, 1);
    assert_int_equal(store_side_news(&side, NOW), STORE_TOLD_AGREED);
    size_t met = 0;
    ASSERT_OK(store_introductions_walk_barred(f->db, NOW + 100 * WEEK, count_pair, &met));
    assert_int_equal(met, 1);
    ASSERT_OK(store_coffee_set(f->db, &first, false, NOW));
    bool on = true;
    ASSERT_OK(store_coffee_get(f->db, &first, &on));
    assert_false(on);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open_db, fixture_close_db)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(refuses_whoever_does_not_want_to_be_asked),
        TEST(tells_of_the_others_only_when_all_have_accepted),
        TEST(ends_when_its_time_is_over),
        TEST(keeps_apart_whoever_declined_or_snoozed_or_never_wants_to),
        TEST(takes_back_what_somebody_said_who_opts_out_or_is_erased),
        TEST(a_meeting_is_a_tie_unless_one_of_them_says_no),
        TEST(tells_each_thing_once_and_reminds_once),
        TEST(history_is_what_was_answered_or_left),
        TEST(coffee_is_for_whoever_signed_up_and_agreed_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
