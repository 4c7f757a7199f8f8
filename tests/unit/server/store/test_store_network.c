/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/store/fixture.h"

#include "server/store/profiles.h"
#include "server/store/snapshot.h"

#include <math.h>

static void keeps_a_tie_once_whichever_end_is_named_first(void **state)
{
    struct fixture *f = *state;
    struct id a = make_person(f->db, 1);
    struct id b = make_person(f->db, 2);
    uint64_t count;
    struct store_tie tie = {b, a, STORE_TIE_IMPORTED, 2.5, NOW};
    ASSERT_OK(store_ties_set(f->db, &tie));
    tie = (struct store_tie){a, b, STORE_TIE_IMPORTED, 3.0, NOW};
    ASSERT_OK(store_ties_set(f->db, &tie));
    tie.kind = STORE_TIE_ACCEPTED;
    ASSERT_OK(store_ties_set(f->db, &tie));
    ASSERT_OK(store_ties_count(f->db, STORE_TIE_IMPORTED, &count));
    assert_int_equal(count, 1);
    ASSERT_OK(store_ties_clear(f->db, STORE_TIE_IMPORTED));
    ASSERT_OK(store_ties_count(f->db, STORE_TIE_IMPORTED, &count));
    assert_int_equal(count, 0);
    ASSERT_OK(store_ties_count(f->db, STORE_TIE_ACCEPTED, &count));
    assert_int_equal(count, 1);
}

static void refuses_ties_that_mean_nothing(void **state)
{
    struct fixture *f = *state;
    struct id a = make_person(f->db, 1);
    struct id b = make_person(f->db, 2);
    struct store_tie tie = {a, a, STORE_TIE_IMPORTED, 1.0, NOW};
    ASSERT_STATUS(store_ties_set(f->db, &tie), STATUS_USAGE);
    tie.b = b;
    tie.weight = 0;
    ASSERT_STATUS(store_ties_set(f->db, &tie), STATUS_USAGE);
    tie.weight = (double)NAN;
    ASSERT_STATUS(store_ties_set(f->db, &tie), STATUS_USAGE);
    tie.weight = (double)INFINITY;
    ASSERT_STATUS(store_ties_set(f->db, &tie), STATUS_USAGE);
    tie.weight = 1;
    tie.b = id_number(99);
    ASSERT_STATUS(store_ties_set(f->db, &tie), STATUS_CONFLICT);
}

struct seen {
    struct store_node nodes[10];
    size_t nodes_count;
    struct store_tie ties[10];
    size_t ties_count;
    struct store_participation parts[10];
    size_t parts_count;
    size_t topics;
    size_t offers;
};

static enum status see_node(void *context, const struct store_node *node)
{
    struct seen *seen = context;
    seen->nodes[seen->nodes_count++] = *node;
    return STATUS_OK;
}

static enum status see_tie(void *context, const struct store_tie *tie)
{
    struct seen *seen = context;
    seen->ties[seen->ties_count++] = *tie;
    return STATUS_OK;
}

static enum status see_part(void *context, const struct store_participation *part)
{
    struct seen *seen = context;
    seen->parts[seen->parts_count++] = *part;
    return STATUS_OK;
}

static enum status see_interest(void *context, const struct store_interest *interest)
{
    struct seen *seen = context;
    if (interest->can_help_with)
        seen->offers++;
    else
        seen->topics++;
    return STATUS_OK;
}

static void walks_nodes_and_ties_but_nobody_erased(void **state)
{
    struct fixture *f = *state;
    struct seen seen = {0};
    struct id group = id_number(9);
    struct id a = make_person(f->db, 1);
    struct id b = make_person(f->db, 2);
    struct id c = make_person(f->db, 3);
    ASSERT_OK(store_groups_ensure(f->db, SPAN_LITERAL("ICU"), &group, &group));
    ASSERT_OK(store_people_rename(f->db, &a, SPAN_LITERAL("A"), &group));
    struct store_tie tie = {a, b, STORE_TIE_IMPORTED, 2.5, NOW};
    ASSERT_OK(store_ties_set(f->db, &tie));
    tie.b = c;
    ASSERT_OK(store_ties_set(f->db, &tie));
    ASSERT_OK(store_people_erase(f->db, &c, NOW));
    ASSERT_OK(store_snapshot_nodes(f->db, NOW, see_node, &seen));
    assert_int_equal(seen.nodes_count, 2);
    assert_true(id_equal(&seen.nodes[0].group, &group));
    assert_true(id_is_none(&seen.nodes[1].group));
    assert_int_equal(seen.nodes[0].state, STORE_PERSON_JOINED);
    ASSERT_OK(store_snapshot_ties(f->db, see_tie, &seen));
    assert_int_equal(seen.ties_count, 1);
    assert_true(seen.ties[0].weight > 2.4 && seen.ties[0].weight < 2.6);
}

/* A device of the person joins by an external commit that ends `epoch`. */
static void join(struct fixture *f,
                 const struct id *channel,
                 const struct id *person,
                 uint32_t device_number,
                 uint64_t epoch)
{
    struct id device = make_device(f->db, device_number, person);
    struct store_member_change change = {true, *person, device, device_number};
    struct store_commit commit = {
        .message = message_of(channel, &device, device_number, epoch),
        .changes = &change,
        .changes_count = 1,
    };
    struct store_appended appended;
    ASSERT_OK(store_log_append_commit(f->db, &commit, &appended));
}

static void participation_counts_people_and_leaves_confidential_channels_out(void **state)
{
    struct fixture *f = *state;
    struct seen seen = {0};
    struct id open = make_channel(f->db, 1);
    struct id confidential = make_channel(f->db, 2);
    struct id creator = id_number(1);
    struct id person = make_person(f->db, 3);
    struct store_appended appended;
    ASSERT_OK(store_channels_set_notice(f->db, &confidential, STORE_VISIBILITY_CONFIDENTIAL,
                                        SPAN_EMPTY, SPAN_EMPTY));
    join(f, &open, &person, 101, 0);
    join(f, &open, &creator, 102, 1); /* a second device */
    join(f, &confidential, &person, 103, 0);
    struct id second_device = id_number(102);
    struct store_message from_first = message_of(&open, &creator, 201, 2);
    struct store_message from_second = message_of(&open, &second_device, 202, 2);
    ASSERT_OK(store_log_append_message(f->db, &from_first, &appended));
    ASSERT_OK(store_log_append_message(f->db, &from_second, &appended));

    ASSERT_OK(store_snapshot_participation(f->db, see_part, &seen));
    assert_int_equal(seen.parts_count, 2);
    assert_true(id_equal(&seen.parts[0].person, &creator));
    assert_int_equal(seen.parts[0].size, 2);
    assert_int_equal(seen.parts[0].entries, 2);
    assert_int_equal(seen.parts[0].last_at_ms, NOW + 202);
    assert_int_equal(seen.parts[1].entries, 0);
}

static void interests_are_those_of_people_who_opted_in(void **state)
{
    struct fixture *f = *state;
    struct seen seen = {0};
    struct span texts[] = {SPAN_LITERAL("falls"), SPAN_LITERAL("sepsis")};
    struct store_profile profile = {.opted_in = true,
                                    .topics = texts,
                                    .topics_count = 2,
                                    .can_help_with = texts,
                                    .can_help_with_count = 1};
    struct id a = make_person(f->db, 1);
    struct id b = make_person(f->db, 2);
    ASSERT_OK(store_profiles_set(f->db, &a, &profile));
    profile.opted_in = false;
    ASSERT_OK(store_profiles_set(f->db, &b, &profile));
    ASSERT_OK(store_snapshot_interests(f->db, see_interest, &seen));
    assert_int_equal(seen.topics, 2);
    assert_int_equal(seen.offers, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open_db, fixture_close_db)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_a_tie_once_whichever_end_is_named_first),
        TEST(refuses_ties_that_mean_nothing),
        TEST(walks_nodes_and_ties_but_nobody_erased),
        TEST(participation_counts_people_and_leaves_confidential_channels_out),
        TEST(interests_are_those_of_people_who_opted_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
