/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What becomes a tie of the network, and what never does. */
#include "tests/unit/server/store/fixture.h"

#include "server/figures/network.h"
#include "server/store/profiles.h"
#include "server/store/sessions.h"

#include <math.h>

/* A channel of that number with so many people, its maker among them, who all took part in its
 * session; persons and devices are numbered from the channel's number on. */
static void make_visible_session(struct store_db *db,
                                 uint32_t number,
                                 uint32_t people,
                                 enum store_visibility visibility)
{
    const struct store_profile profile = {.opted_in = true, .contacts_per_week_max = 2};
    struct id channel = make_visible_channel(db, number, visibility);
    for (uint32_t i = 0; i < people; i++) {
        struct id person = i == 0 ? id_number(number) : make_person(db, number + i);
        struct id device = id_number(number + i);
        struct store_appended appended;
        ASSERT_OK(store_profiles_set(db, &person, &profile));
        if (i > 0)
            join_channel(db, &channel, &person, number + i, i - 1);
        struct store_message message = message_of(&channel, &device, 5000 + number + i, i);
        message.now_ms = NOW;
        ASSERT_OK(store_log_append_message(db, &message, &appended));
    }
    struct store_session session = {
        .session = channel,
        .channel = channel,
        .format = SPAN_LITERAL("format"),
        .created_by = id_number(number),
        .created_at_ms = NOW,
        .started_at_ms = NOW,
        .state = STORE_SESSION_RUNNING,
    };
    bool again;
    ASSERT_OK(store_sessions_add(db, &session, &again));
}

static void make_session(struct store_db *db, uint32_t number, uint32_t people)
{
    make_visible_session(db, number, people, STORE_VISIBILITY_OPEN);
}

static struct network *load(struct store_db *db, int64_t now_ms)
{
    struct network *network = NULL;
    ASSERT_OK(network_load(db, now_ms, false, &network));
    return network;
}

static void a_session_ties_all_who_took_part_by_its_size(void **state)
{
    struct fixture *f = *state;
    make_session(f->db, 1, 6);
    struct network *network = load(f->db, NOW);
    assert_int_equal(network->tie_count, 15);
    for (size_t i = 0; i < network->tie_count; i++)
        assert_true(fabs(network->ties[i].weight - .2) < .001);
    network_free(&network);
    network = load(f->db, NOW + NETWORK_SESSION_HALVED_MS);
    assert_int_equal(network->tie_count, 15);
    assert_true(fabs(network->ties[0].weight - .1) < .001);
    network_free(&network);
    network = load(f->db, NOW + 2 * NETWORK_SESSION_HALVED_MS);
    assert_int_equal(network->tie_count, 0); /* long ago */
    network_free(&network);
}

static void a_hall_ties_nobody(void **state)
{
    struct fixture *f = *state;
    make_session(f->db, 1, 13); /* 1/12 each */
    struct network *network = load(f->db, NOW);
    assert_int_equal(network->tie_count, 0);
    network_free(&network);
}

static void sessions_never_outweigh_a_declared_tie(void **state)
{
    struct fixture *f = *state;
    make_session(f->db, 1, 2); /* weighs 1 by itself */
    struct store_tie declared = {id_number(1), id_number(2), STORE_TIE_IMPORTED, 1, NOW};
    struct network *network = load(f->db, NOW);
    assert_int_equal(network->tie_count, 1);
    assert_true(network->ties[0].weight <= NETWORK_SESSION_WEIGHT_MAX);
    network_free(&network);
    ASSERT_OK(store_ties_set(f->db, &declared));
    network = load(f->db, NOW);
    struct graph *graph = NULL;
    ASSERT_OK(network_graph(network, false, &graph));
    assert_int_equal(graph->tie_count, 1); /* one tie, whatever it comes from */
    graph_free(&graph);
    network_free(&network);
}

static void who_opts_out_has_no_ties_of_sessions(void **state)
{
    struct fixture *f = *state;
    const struct store_profile out = {.opted_in = false};
    make_session(f->db, 1, 4);
    struct id person = id_number(2);
    ASSERT_OK(store_profiles_set(f->db, &person, &out));
    struct network *network = load(f->db, NOW);
    assert_int_equal(network->tie_count, 3);
    uint32_t at = network_find(network, &person);
    for (size_t i = 0; i < network->tie_count; i++)
        assert_true(network->ties[i].a != at && network->ties[i].b != at);
    network_free(&network);
}

static void a_confidential_channel_ties_nobody(void **state)
{
    struct fixture *f = *state;
    make_visible_session(f->db, 1, 4, STORE_VISIBILITY_CONFIDENTIAL);
    struct network *network = load(f->db, NOW);
    assert_int_equal(network->tie_count, 0);
    network_free(&network);
}

static void every_graph_keeps_the_never_match_list(void **state)
{
    struct fixture *f = *state;
    const struct store_profile profile = {.opted_in = true, .contacts_per_week_max = 2};
    struct id wards[2] = {id_number(901), id_number(902)};
    ASSERT_OK(store_groups_ensure(f->db, SPAN_LITERAL("Ward 1"), &wards[0], &wards[0]));
    ASSERT_OK(store_groups_ensure(f->db, SPAN_LITERAL("Ward 2"), &wards[1], &wards[1]));
    for (uint32_t i = 1; i <= 2; i++) {
        struct id person = make_person(f->db, i);
        ASSERT_OK(store_people_rename(f->db, &person, SPAN_LITERAL("Somebody"), &wards[i - 1]));
        ASSERT_OK(store_profiles_set(f->db, &person, &profile));
    }
    struct network *network = load(f->db, NOW);
    const bool both[] = {true, true};
    const struct network_round round = {.takes_part = both};
    for (int never = 0; never < 2; never++) {
        struct graph *graph = NULL;
        ASSERT_OK(network_graph(network, false, &graph));
        assert_int_equal(graph_may_pair(graph, 0, 1), never == 0);
        graph_free(&graph);
        ASSERT_OK(network_graph_of_round(network, &round, &graph));
        assert_int_equal(graph_may_pair(graph, 0, 1), never == 0);
        graph_free(&graph);
        network_free(&network);
        ASSERT_OK(store_db_execute(f->db, "INSERT OR IGNORE INTO never_matched SELECT min(person),"
                                          " max(person) FROM people"));
        network = load(f->db, NOW);
    }
    network_free(&network);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open_db, fixture_close_db)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_session_ties_all_who_took_part_by_its_size),
        TEST(a_hall_ties_nobody),
        TEST(sessions_never_outweigh_a_declared_tie),
        TEST(who_opts_out_has_no_ties_of_sessions),
        TEST(a_confidential_channel_ties_nobody),
        TEST(every_graph_keeps_the_never_match_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
