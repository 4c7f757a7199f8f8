/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/store/fixture.h"

#include "server/store/contacts.h"
#include "server/store/invitations.h"
#include "server/store/limits.h"
#include "server/store/profiles.h"
#include "server/store/reads.h"
#include "server/store/sessions.h"

static struct store_session session_of(const struct id *channel, uint32_t number)
{
    return (struct store_session){
        .session = id_number(number),
        .channel = *channel,
        .format = SPAN_LITERAL("format"),
        .created_by = *channel,
        .created_at_ms = NOW,
        .state = STORE_SESSION_PLANNED,
        .remaining_ms = -1,
    };
}

static void keeps_a_session_as_given_and_once(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id other = make_person(f->db, 2);
    struct store_session session = session_of(&channel, 10);
    struct store_session found;
    struct store_session_list list;
    bool again;
    session.starts_at_ms = NOW + DAY;
    session.parent = id_number(5);
    ASSERT_OK(store_sessions_add(f->db, &session, &again));
    assert_false(again);
    ASSERT_OK(store_sessions_add(f->db, &session, &again));
    assert_true(again);
    session.created_by = other;
    ASSERT_STATUS(store_sessions_add(f->db, &session, &again), STATUS_EXISTS);
    ASSERT_OK(store_sessions_get(f->db, &session.session, &f->arena, &found));
    assert_int_equal(found.starts_at_ms, NOW + DAY);
    assert_int_equal(found.remaining_ms, -1);
    assert_true(id_equal(&found.parent, &session.parent));
    assert_true(span_equal(found.format, SPAN_LITERAL("format")));
    assert_true(id_is_none(&found.owner));
    ASSERT_OK(store_sessions_of_channel(f->db, &channel, &f->arena, &list));
    assert_int_equal(list.count, 1);
    session = session_of(&channel, 11);
    session.channel = id_number(99);
    ASSERT_STATUS(store_sessions_add(f->db, &session, &again), STATUS_NOT_FOUND);
}

static void a_stage_change_names_the_counter_it_saw(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct store_session next = session_of(&channel, 10);
    struct store_session found;
    bool again;
    ASSERT_OK(store_sessions_add(f->db, &next, &again));
    next.state = STORE_SESSION_RUNNING;
    next.stage_counter = 1;
    next.remaining_ms = 60000;
    next.control_message = id_number(50);
    next.started_at_ms = NOW;
    ASSERT_OK(store_sessions_change(f->db, &next, 0));
    ASSERT_OK(store_sessions_change(f->db, &next, 0)); /* a retry */
    struct store_session rival = next;
    rival.control_message = id_number(51);
    ASSERT_STATUS(store_sessions_change(f->db, &rival, 0), STATUS_CONFLICT);
    ASSERT_STATUS(store_sessions_change(f->db, &rival, 1), STATUS_CONFLICT);
    rival.stage_counter = 2;
    rival.stage_index = 1;
    ASSERT_OK(store_sessions_change(f->db, &rival, 1));
    ASSERT_STATUS(store_sessions_change(f->db, &next, 0), STATUS_CONFLICT);
    ASSERT_OK(store_sessions_get(f->db, &next.session, &f->arena, &found));
    assert_int_equal(found.stage_index, 1);
    assert_int_equal(found.stage_counter, 2);
    rival.session = id_number(99);
    ASSERT_STATUS(store_sessions_change(f->db, &rival, 1), STATUS_NOT_FOUND);
}

static void a_tick_counts_only_for_the_stage_it_was_made_for(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct store_session session = session_of(&channel, 10);
    struct store_session found;
    bool again;
    session.state = STORE_SESSION_RUNNING;
    session.stage_counter = 3;
    session.remaining_ms = 5000;
    ASSERT_OK(store_sessions_add(f->db, &session, &again));
    ASSERT_OK(store_sessions_tick(f->db, &session.session, 3, 4000));
    ASSERT_OK(store_sessions_tick(f->db, &session.session, 2, 1));
    ASSERT_OK(store_sessions_get(f->db, &session.session, &f->arena, &found));
    assert_int_equal(found.remaining_ms, 4000);
    session.state = STORE_SESSION_PAUSED;
    session.stage_counter = 4;
    session.remaining_ms = 3500;
    ASSERT_OK(store_sessions_change(f->db, &session, 3));
    ASSERT_OK(store_sessions_tick(f->db, &session.session, 4, 1));
    ASSERT_OK(store_sessions_get(f->db, &session.session, &f->arena, &found));
    assert_int_equal(found.remaining_ms, 3500);
}

static void one_process_runs_the_clock(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct store_session session = session_of(&channel, 10);
    struct id first = id_number(61);
    struct id second = id_number(62);
    struct store_session_list list;
    bool again;
    ASSERT_OK(store_sessions_add(f->db, &session, &again));
    ASSERT_OK(store_sessions_lease(f->db, &session.session, &first, NOW, NOW + 10000));
    ASSERT_OK(store_sessions_lease(f->db, &session.session, &first, NOW + 5000, NOW + 15000));
    ASSERT_STATUS(store_sessions_lease(f->db, &session.session, &second, NOW + 14999, NOW + 20000),
                  STATUS_CONFLICT);
    ASSERT_OK(store_sessions_lease(f->db, &session.session, &second, NOW + 15000, NOW + 20000));
    ASSERT_STATUS(store_sessions_lease(f->db, &first, &first, NOW, NOW), STATUS_NOT_FOUND);
    ASSERT_OK(store_sessions_open(f->db, &(struct id){{0}}, 10, &f->arena, &list));
    assert_int_equal(list.count, 1);
    assert_true(id_equal(&list.items[0].owner, &second));
    session.state = STORE_SESSION_ENDED;
    session.stage_counter = 1;
    ASSERT_OK(store_sessions_change(f->db, &session, 0));
    ASSERT_OK(store_sessions_open(f->db, &(struct id){{0}}, 10, &f->arena, &list));
    assert_int_equal(list.count, 0);
}

static struct store_invitation
invitation_of(const struct id *channel, const struct id *person, uint32_t number)
{
    return (struct store_invitation){
        .invitation = id_number(number),
        .channel = *channel,
        .person = *person,
        .invited_by = *channel,
        .reason = SPAN_LITERAL("reason"),
        .created_at_ms = NOW + number,
    };
}

static struct id willing_person(struct store_db *db, uint32_t number, uint32_t contacts_max)
{
    struct id person = make_person(db, number);
    struct store_profile profile = {.opted_in = true, .contacts_per_week_max = contacts_max};
    ASSERT_OK(store_profiles_set(db, &person, &profile));
    return person;
}

static void asks_only_people_who_opted_in_and_once_a_channel(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id unwilling = make_person(f->db, 2);
    struct id person = willing_person(f->db, 3, 1);
    struct store_invitation invitation = invitation_of(&channel, &unwilling, 10);
    struct store_invitation_list list;
    bool again;
    ASSERT_STATUS(store_invitations_add(f->db, &invitation, &again), STATUS_DENIED);
    invitation.person = person;
    ASSERT_OK(store_invitations_add(f->db, &invitation, &again));
    assert_false(again);
    ASSERT_OK(store_invitations_add(f->db, &invitation, &again));
    assert_true(again);
    invitation.invitation = id_number(11);
    ASSERT_STATUS(store_invitations_add(f->db, &invitation, &again), STATUS_EXISTS);
    ASSERT_OK(store_invitations_of_person(f->db, &person, &f->arena, &list));
    assert_int_equal(list.count, 1);
    assert_true(span_equal(list.items[0].reason, SPAN_LITERAL("reason")));
}

static void asks_nobody_more_often_in_a_week_than_they_allow(void **state)
{
    struct fixture *f = *state;
    struct id person = willing_person(f->db, 50, 2);
    bool again;
    uint32_t contacts;
    for (uint32_t i = 1; i <= 3; i++) {
        struct id channel = make_channel(f->db, i);
        struct store_invitation invitation = invitation_of(&channel, &person, i);
        ASSERT_STATUS(store_invitations_add(f->db, &invitation, &again),
                      i <= 2 ? STATUS_OK : STATUS_RATE_LIMITED);
    }
    ASSERT_OK(store_contacts_count(f->db, &person, NOW + 3, &contacts));
    assert_int_equal(contacts, 2);
    struct id third = id_number(3);
    struct store_invitation later = invitation_of(&third, &person, 4);
    later.created_at_ms = NOW + 1 + STORE_CONTACT_WINDOW_MS;
    ASSERT_OK(store_invitations_add(f->db, &later, &again));
    ASSERT_OK(store_contacts_count(f->db, &person, later.created_at_ms, &contacts));
    assert_int_equal(contacts, 2);
    struct id busy = willing_person(f->db, 51, 0);
    struct store_invitation none = invitation_of(&third, &busy, 5);
    ASSERT_STATUS(store_invitations_add(f->db, &none, &again), STATUS_RATE_LIMITED);
}

static void an_answer_is_given_once_and_by_who_was_asked(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id person = willing_person(f->db, 3, 1);
    struct store_invitation invitation = invitation_of(&channel, &person, 10);
    struct store_invitation found;
    struct store_invitation_list list;
    struct id *id = &invitation.invitation;
    bool again;
    ASSERT_OK(store_invitations_add(f->db, &invitation, &again));
    ASSERT_STATUS(store_invitations_answer(f->db, id, &channel, STORE_INVITATION_ACCEPTED, NOW),
                  STATUS_NOT_FOUND);
    ASSERT_STATUS(store_invitations_answer(f->db, id, &person, STORE_INVITATION_SENT, NOW),
                  STATUS_USAGE);
    ASSERT_OK(store_invitations_answer(f->db, id, &person, STORE_INVITATION_SNOOZED, NOW + 20));
    ASSERT_OK(store_invitations_answer(f->db, id, &person, STORE_INVITATION_ACCEPTED, NOW + 30));
    ASSERT_OK(store_invitations_answer(f->db, id, &person, STORE_INVITATION_ACCEPTED, NOW + 40));
    ASSERT_STATUS(store_invitations_answer(f->db, id, &person, STORE_INVITATION_DECLINED, NOW),
                  STATUS_CONFLICT);
    ASSERT_OK(store_invitations_get(f->db, id, &f->arena, &found));
    assert_int_equal(found.state, STORE_INVITATION_ACCEPTED);
    assert_int_equal(found.answered_at_ms, NOW + 30);
    ASSERT_OK(store_invitations_of_person(f->db, &person, &f->arena, &list));
    assert_int_equal(list.count, 0);
    ASSERT_OK(store_invitations_of_channel(f->db, &channel, &f->arena, &list));
    assert_int_equal(list.count, 1);
}

static void a_read_position_only_moves_forward(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct store_read_list reads;
    ASSERT_OK(store_reads_of_person(f->db, &channel, 10, &f->arena, &reads));
    assert_int_equal(reads.count, 0);
    ASSERT_OK(store_reads_set(f->db, &channel, &channel, 1, 9));
    ASSERT_OK(store_reads_set(f->db, &channel, &channel, 1, 8));
    ASSERT_OK(store_reads_of_person(f->db, &channel, 10, &f->arena, &reads));
    assert_int_equal(reads.items[0].sequence, 9);
    ASSERT_OK(store_reads_set(f->db, &channel, &channel, 2, 1));
    ASSERT_OK(store_reads_of_person(f->db, &channel, 10, &f->arena, &reads));
    assert_int_equal(reads.count, 1);
    assert_int_equal(reads.items[0].generation, 2);
    assert_int_equal(reads.items[0].sequence, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open_db, fixture_close_db)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_a_session_as_given_and_once),
        TEST(a_stage_change_names_the_counter_it_saw),
        TEST(a_tick_counts_only_for_the_stage_it_was_made_for),
        TEST(one_process_runs_the_clock),
        TEST(asks_only_people_who_opted_in_and_once_a_channel),
        TEST(asks_nobody_more_often_in_a_week_than_they_allow),
        TEST(an_answer_is_given_once_and_by_who_was_asked),
        TEST(a_read_position_only_moves_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
