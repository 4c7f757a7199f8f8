/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Proposals, invitations and answers with a real store, without threads and without a network.
 * Answers go nowhere; what was decided is seen in the proposals that are kept and in the store. */
#include "tests/unit/server/store/fixture.h"

#include "protocol/crypto/random_system.h"
#include "protocol/wire/channels.h"
#include "protocol/wire/sessions.h"
#include "server/delivery/internal.h"
#include "server/figures/figures.h"
#include "server/handler/handler.h"
#include "server/handler/proposals.h"
#include "server/store/contacts.h"
#include "server/store/invitations.h"
#include "server/store/knocks.h"
#include "server/store/profiles.h"
#include "server/store/ties.h"

#include <stdlib.h>

#define HOST 1 /* made the channel of that number */
#define SAME_GROUP 2
#define CHANNEL HOST
#define FIRST 10 /* people of other groups */
#define LAST 21
#define UNWILLING 30
#define FULL_WEEK 31
#define NOT_JOINED 32

struct server {
    struct fixture *fixture;
    struct store *store;
    struct journal journal;
    FILE *nowhere;
    struct pool *pool;
    struct hub hub;
    struct services services;
    struct channel channel;
    struct channel_role_item role;
    struct channel_member member;
};

static int64_t fixed_ms(void *context)
{
    (void)context;
    return NOW + DAY;
}

static const struct clock_source fixed_clock = {.wall_ms = fixed_ms, .monotonic_ms = fixed_ms};

/* ---- who there is ---- */

static struct id ensure_group(struct store_db *db, const char *name, uint32_t number)
{
    struct id fresh = id_number(number);
    struct id group;
    ASSERT_OK(store_groups_ensure(db, span_from_text(name), &fresh, &group));
    return group;
}

static void put_into(struct store_db *db, uint32_t number, const struct id *group)
{
    struct id person = id_number(number);
    ASSERT_OK(store_people_rename(db, &person, SPAN_LITERAL("Somebody"), group));
}

static void make_willing(struct store_db *db, uint32_t number, uint32_t contacts, bool opted_in)
{
    static const struct span topics[] = {{(const uint8_t *)"falls", 5}};
    struct store_profile profile = {
        .opted_in = opted_in,
        .contacts_per_week_max = contacts,
        .topics = topics,
        .topics_count = 1,
    };
    struct id person = id_number(number);
    ASSERT_OK(store_profiles_set(db, &person, &profile));
}

static enum status make_community(struct store_db *db, void *context)
{
    (void)context;
    struct id ours = ensure_group(db, "Ward 1", 200);
    struct id others[] = {ensure_group(db, "Ward 2", 201), ensure_group(db, "Ward 3", 202),
                          ensure_group(db, "Ward 4", 203)};
    (void)make_channel(db, CHANNEL);
    put_into(db, HOST, &ours);
    (void)make_person(db, SAME_GROUP);
    put_into(db, SAME_GROUP, &ours);
    make_willing(db, SAME_GROUP, 3, true);
    for (uint32_t i = FIRST; i <= LAST; i++) {
        struct id person = make_person(db, i);
        (void)make_device(db, i, &person);
        put_into(db, i, &others[i % 3]);
        make_willing(db, i, 2, true);
    }
    for (uint32_t i = UNWILLING; i <= FULL_WEEK; i++) {
        (void)make_person(db, i);
        put_into(db, i, &others[0]);
    }
    make_willing(db, UNWILLING, 2, false);
    make_willing(db, FULL_WEEK, 0, true);
    struct store_person node = {
        .person = id_number(NOT_JOINED),
        .role = STORE_ROLE_STAFF,
        .state = STORE_PERSON_IMPORTED,
        .group = others[1],
        .external_id = SPAN_LITERAL("n32"),
        .created_at_ms = NOW,
    };
    return store_people_add(db, &node);
}

static int set_up(void **state)
{
    fixture_make_directory(state);
    struct server *server = calloc(1, sizeof *server);
    assert_non_null(server);
    server->fixture = *state;
    ASSERT_OK(fixture_open_store(server->fixture, &server->store));
    ASSERT_OK(fixture_run(server->store, make_community, NULL));
    server->nowhere = fopen("/dev/null", "w");
    assert_non_null(server->nowhere);
    ASSERT_OK(journal_init(&server->journal, server->nowhere, JOURNAL_ERROR, &fixed_clock,
                           random_system()));
    struct pool_options in_place = {0};
    ASSERT_OK(pool_new(&in_place, &server->pool));
    server->hub = (struct hub){
        .clock = &fixed_clock,
        .random = random_system(),
        .journal = &server->journal,
        .store = server->store,
        .figures = server->pool,
        .rates = {[BUDGET_PROPOSALS] = {3600, 1000}, [BUDGET_KNOCKS] = {3600, 1000}},
    };
    ASSERT_OK(id_map_init(&server->hub.accounts, random_system()));
    server->services.hub = &server->hub;
    ASSERT_OK(figures_new(&server->hub, &server->services.figures));
    ASSERT_OK(proposals_new(&server->services.proposals));
    ASSERT_OK(delivery_new(&server->hub, &server->services.delivery));
    server->channel.id = id_number(CHANNEL);
    server->role = (struct channel_role_item){id_number(HOST), CHANNEL_ROLE_HOST};
    server->channel.extension.roles = &server->role;
    server->channel.extension.role_count = 1;
    server->member = (struct channel_member){.person = id_number(HOST), .device = id_number(HOST)};
    ASSERT_OK(id_map_init(&server->channel.members, random_system()));
    ASSERT_OK(id_map_set(&server->channel.members, &server->member.device, &server->member));
    *state = server;
    return 0;
}

static int tear_down(void **state)
{
    struct server *server = *state;
    *state = server->fixture;
    store_close(&server->store);
    pool_free(&server->pool);
    delivery_free(&server->services.delivery);
    figures_free(&server->services.figures);
    proposals_free(&server->services.proposals);
    id_map_clear(&server->channel.members);
    size_t at = 0;
    for (void *account = id_map_next(&server->hub.accounts, &at); account != NULL;
         account = id_map_next(&server->hub.accounts, &at))
        free(account);
    id_map_clear(&server->hub.accounts);
    journal_clear(&server->journal);
    fclose(server->nowhere);
    free(server);
    return fixture_remove_directory(state);
}

static struct call *call_of(struct server *server, uint32_t person, void *request)
{
    struct call *call = calloc(1, sizeof *call);
    assert_non_null(call);
    call->hub = &server->hub;
    call->request = request;
    call->person = id_number(person);
    call->device = id_number(person);
    arena_init(&call->arena, 1u << 22);
    buffer_init(&call->bytes, 1);
    return call;
}

static void propose(struct server *server, uint32_t asker)
{
    struct wire_topic topic = {SPAN_LITERAL("Falls")};
    struct wire_assisters_propose_request request = {
        .channel = server->channel.id, .topics = &topic, .topic_count = 1};
    assisters_propose_handle(&server->services, &server->channel, call_of(server, asker, &request));
}

static struct span reason_of(const struct server *server, uint32_t person)
{
    struct id id = id_number(person);
    return proposals_reason(server->services.proposals, &server->channel.id, &id);
}

static size_t proposed(const struct server *server)
{
    size_t count = 0;
    for (uint32_t i = FIRST; i <= LAST; i++)
        count += reason_of(server, i).len > 0;
    return count;
}

static uint32_t first_proposed(const struct server *server)
{
    uint32_t person = FIRST;
    while (person <= LAST && reason_of(server, person).len == 0)
        person++;
    assert_true(person <= LAST);
    return person;
}

static void invite(struct server *server, uint32_t asker, uint32_t person, uint32_t other)
{
    struct wire_id_item people[] = {{id_number(person)}, {id_number(other)}};
    struct wire_assisters_invite_request request = {
        .channel = server->channel.id, .people = people, .person_count = other == 0 ? 1 : 2};
    assisters_invite_handle(&server->services, &server->channel, call_of(server, asker, &request));
}

struct found {
    struct server *server;
    struct store_invitation_list invitations;
    struct store_knock_list knocks;
    uint64_t ties;
};

static enum status look(struct store_db *db, void *context)
{
    struct found *found = context;
    struct arena *arena = &found->server->fixture->arena;
    const struct id *channel = &found->server->channel.id;
    TRY(store_invitations_of_channel(db, channel, arena, &found->invitations));
    TRY(store_knocks_list(db, channel, STORE_KNOCK_ACCEPTED, arena, &found->knocks));
    return store_ties_count(db, STORE_TIE_ACCEPTED, &found->ties);
}

static struct found stored(struct server *server)
{
    struct found found = {.server = server};
    ASSERT_OK(fixture_run(server->store, look, &found));
    return found;
}

static void answer(struct server *server, uint32_t person, const struct id *invitation, bool accept)
{
    struct wire_invitation_answer_request request = {*invitation, accept};
    invitation_answer_handle(&server->services, call_of(server, person, &request));
}

/* Introductions, as many as they allow, to all but the last four. */
static enum status fill_weeks(struct store_db *db, void *context)
{
    (void)context;
    for (uint32_t i = FIRST; i <= LAST - 4; i++)
        for (int k = 0; k < 2; k++) {
            struct id person = id_number(i);
            TRY(store_contacts_add(db, &person, NOW));
        }
    return STATUS_OK;
}

/* ---- tests ---- */

static void proposes_people_of_other_groups_who_opted_in(void **state)
{
    struct server *server = *state;
    propose(server, HOST);
    size_t count = proposed(server);
    assert_true(count >= 6 && count <= 8);
    assert_int_equal(reason_of(server, SAME_GROUP).len, 0);
    assert_int_equal(reason_of(server, UNWILLING).len, 0);
    assert_int_equal(reason_of(server, FULL_WEEK).len, 0);
    assert_int_equal(reason_of(server, NOT_JOINED).len, 0);
    struct span reason = reason_of(server, first_proposed(server));
    assert_true(span_starts_with(reason, SPAN_LITERAL("From Ward ")));
    assert_true(reason.len <= LIMIT_TITLE_BYTES);
}

static void only_host_facilitator_and_sponsor_ask(void **state)
{
    struct server *server = *state;
    propose(server, SAME_GROUP);
    assert_int_equal(proposed(server), 0);
    invite(server, SAME_GROUP, FIRST, 0);
    assert_int_equal(stored(server).invitations.count, 0);
}

static void an_invitation_carries_the_reason_and_is_sent_once(void **state)
{
    struct server *server = *state;
    propose(server, HOST);
    uint32_t person = first_proposed(server);
    struct id id = id_number(person);
    invite(server, HOST, person, 0);
    invite(server, HOST, person, 0);
    struct found found = stored(server);
    assert_int_equal(found.invitations.count, 1);
    assert_true(id_equal(&found.invitations.items[0].person, &id));
    assert_true(span_equal(found.invitations.items[0].reason, reason_of(server, person)));
}

static void invites_all_or_nobody(void **state)
{
    struct server *server = *state;
    invite(server, HOST, FIRST, UNWILLING);
    assert_int_equal(stored(server).invitations.count, 0);
    invite(server, HOST, FIRST, FULL_WEEK);
    assert_int_equal(stored(server).invitations.count, 0);
    invite(server, HOST, FIRST, NOT_JOINED);
    assert_int_equal(stored(server).invitations.count, 0);
    invite(server, HOST, HOST, FIRST); /* the member is passed over */
    assert_int_equal(stored(server).invitations.count, 1);
}

static void who_was_invited_is_not_proposed_again_whatever_they_said(void **state)
{
    struct server *server = *state;
    for (uint32_t i = FIRST; i < FIRST + 8; i += 2)
        invite(server, HOST, i, i + 1);
    struct found found = stored(server);
    assert_int_equal(found.invitations.count, 8);
    answer(server, FIRST, &found.invitations.items[0].invitation, false);
    propose(server, HOST);
    assert_int_equal(proposed(server), 4); /* though there is room for more */
    for (uint32_t i = FIRST; i < FIRST + 8; i++)
        assert_int_equal(reason_of(server, i).len, 0);
}

/* Who falls back in the proposals of the same topic after a round would be whom it brought
 * together. */
static void introductions_of_the_week_show_in_no_proposal(void **state)
{
    struct server *server = *state;
    ASSERT_OK(fixture_run(server->store, fill_weeks, NULL));
    propose(server, HOST);
    assert_true(proposed(server) >= 6); /* more than the four whose week is not full */
}

static void who_accepts_is_let_in_once_and_tied_to_who_asked(void **state)
{
    struct server *server = *state;
    struct id host = id_number(HOST);
    invite(server, HOST, FIRST, FIRST + 1);
    struct id invitation = stored(server).invitations.items[0].invitation;
    answer(server, FIRST + 1, &invitation, true); /* somebody else's */
    assert_int_equal(stored(server).knocks.count, 0);
    answer(server, FIRST, &invitation, true);
    answer(server, FIRST, &invitation, true);
    answer(server, FIRST, &invitation, false);
    struct found found = stored(server);
    assert_int_equal(found.knocks.count, 1);
    assert_true(id_equal(&found.knocks.items[0].answered_by, &host));
    assert_int_equal(found.ties, 1);
    assert_int_equal(found.invitations.items[0].state, STORE_INVITATION_ACCEPTED);
}

/* The channel's state is here none that can be read. */
static void who_accepts_is_looked_for_again_where_the_channel_could_not_be_read(void **state)
{
    struct server *server = *state;
    invite(server, HOST, FIRST, 0);
    assert_int_equal(server->services.delivery->look_at_ms, 0);
    answer(server, FIRST, &stored(server).invitations.items[0].invitation, true);
    assert_int_not_equal(server->services.delivery->look_at_ms, 0);
}

static void who_declines_is_not_let_in(void **state)
{
    struct server *server = *state;
    invite(server, HOST, FIRST, 0);
    answer(server, FIRST, &stored(server).invitations.items[0].invitation, false);
    struct found found = stored(server);
    assert_int_equal(found.knocks.count, 0);
    assert_int_equal(found.ties, 0);
    assert_int_equal(found.invitations.items[0].state, STORE_INVITATION_DECLINED);
}

static enum status erase_first(struct store_db *db, void *context)
{
    struct id person = id_number(FIRST);
    (void)context;
    return store_people_erase(db, &person, NOW);
}

static enum status look_for_knocks(struct store_db *db, void *context)
{
    struct found *found = context;
    return store_knocks_list(db, &found->server->channel.id, STORE_KNOCK_WAITING,
                             &found->server->fixture->arena, &found->knocks);
}

static void nothing_comes_from_a_request_that_waited_behind_the_erasure(void **state)
{
    struct server *server = *state;
    struct found found = {.server = server};
    struct wire_channel_knock_request request = {.channel = server->channel.id};
    channel_knock_handle(&server->services, &server->channel, call_of(server, LAST, &request));
    ASSERT_OK(fixture_run(server->store, erase_first, NULL));
    channel_knock_handle(&server->services, &server->channel, call_of(server, FIRST, &request));
    ASSERT_OK(fixture_run(server->store, look_for_knocks, &found));
    struct id last = id_number(LAST);
    assert_int_equal(found.knocks.count, 1);
    assert_true(id_equal(&found.knocks.items[0].person, &last));
}

static void keeps_the_last_reasons(void **state)
{
    (void)state;
    struct proposals *proposals = NULL;
    struct id channel = id_number(1);
    struct id first = id_number(2);
    ASSERT_OK(proposals_new(&proposals));
    proposals_keep(proposals, &channel, &first, SPAN_LITERAL("one"));
    proposals_keep(proposals, &channel, &first, SPAN_LITERAL("another"));
    assert_true(span_equal(proposals_reason(proposals, &channel, &first), SPAN_LITERAL("another")));
    for (uint32_t i = 0; i < PROPOSALS_KEPT; i++) {
        struct id person = id_number(100 + i);
        proposals_keep(proposals, &channel, &person, SPAN_LITERAL("later"));
    }
    assert_int_equal(proposals_reason(proposals, &channel, &first).len, 0);
    struct id last = id_number(100 + PROPOSALS_KEPT - 1);
    assert_int_equal(proposals_reason(proposals, &channel, &last).len, 5);
    assert_int_equal(proposals_reason(proposals, &first, &last).len, 0);
    proposals_free(&proposals);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(proposes_people_of_other_groups_who_opted_in),
        TEST(only_host_facilitator_and_sponsor_ask),
        TEST(an_invitation_carries_the_reason_and_is_sent_once),
        TEST(invites_all_or_nobody),
        TEST(who_was_invited_is_not_proposed_again_whatever_they_said),
        TEST(introductions_of_the_week_show_in_no_proposal),
        TEST(who_accepts_is_let_in_once_and_tied_to_who_asked),
        TEST(who_accepts_is_looked_for_again_where_the_channel_could_not_be_read),
        TEST(who_declines_is_not_let_in),
        TEST(nothing_comes_from_a_request_that_waited_behind_the_erasure),
        cmocka_unit_test(keeps_the_last_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
