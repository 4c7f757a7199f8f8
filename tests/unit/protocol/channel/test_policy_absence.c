/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who has not been seen for long is removed by whoever is there, and comes back by itself. */
#include "tests/unit/protocol/channel/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* What the channel's list of dormant devices is to be: these people's. */
static void list(struct world *world, struct channel_dormant *items, const struct party *const *who)
{
    size_t count = 0;
    for (; who[count] != NULL; count++) {
        size_t at = count;
        for (; at > 0 && span_compare(id_span(&items[at - 1].device),
                                      id_span(&who[count]->identity.device)) > 0;
             at--)
            items[at] = items[at - 1];
        items[at] = (struct channel_dormant){.device = who[count]->identity.device,
                                             .key = signature_public_span(&who[count]->leaf_public),
                                             .until = world->now_ms + 365 * DAY_MS};
    }
    world->dormant = items;
    world->dormant_count = count;
}

/* Removes `gone`, when there is one, and writes the extension with the list as it is. */
static enum status remove_and_list(struct world *world, struct party *by, const struct party *gone)
{
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(8192);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    world_write_extensions(world, CHANNEL_PRIVATE, &extensions);
    struct mls_proposal proposals[] = {
        {.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
         .context_extensions = {buffer_span(&extensions)}},
        {.type = MLS_PROPOSAL_REMOVE,
         .removed = gone == NULL ? 0 : mls_group_own_leaf(gone->group)},
    };
    return world_commit_list(world, by, proposals, gone == NULL ? 1 : 2, NULL, &bundle);
}

/* A private channel of all but the last person. */
static void begin(struct world *world)
{
    world_begin(world, CHANNEL_PRIVATE);
    for (size_t i = 1; i + 1 < PEOPLE; i++)
        assert_int_equal(world_add(world, &world->people[0], &world->people[i]), STATUS_OK);
}

/* The same, and the third is away, removed and listed. */
static void begin_without_the_third(struct world *world, struct channel_dormant *items)
{
    struct party *people = world->people;
    const struct party *third[] = {&people[3], NULL};
    begin(world);
    world_absent(world, &people[3], true);
    list(world, items, third);
    assert_int_equal(remove_and_list(world, &people[2], &people[3]), STATUS_OK);
}

static void who_is_absent_is_removed_by_anybody_and_listed(void **state)
{
    (void)state;
    struct world world;
    struct channel_dormant items[2];
    begin(&world);
    struct party *people = world.people;
    const struct party *third[] = {&people[3], NULL};
    list(&world, items, third);
    assert_int_equal(remove_and_list(&world, &people[2], &people[3]), STATUS_DENIED);
    world_absent(&world, &people[3], true);
    assert_int_equal(world_remove(&world, &people[2], &people[3], NULL), STATUS_DENIED);
    world_absent(&world, &people[3], false); /* who is seen again stays */
    assert_int_equal(remove_and_list(&world, &people[2], &people[3]), STATUS_DENIED);
    world_absent(&world, &people[3], true);
    items[0].until += 3 * DAY_MS; /* for longer than a year */
    assert_int_equal(remove_and_list(&world, &people[2], &people[3]), STATUS_DENIED);
    items[0].until -= 6 * DAY_MS; /* for less, so that the way back is closed */
    assert_int_equal(remove_and_list(&world, &people[2], &people[3]), STATUS_DENIED);
    items[0].until = INT64_MIN;
    assert_int_equal(remove_and_list(&world, &people[2], &people[3]), STATUS_DENIED);
    items[0].until = world.now_ms + 365 * DAY_MS;
    items[0].key = signature_public_span(&people[4].leaf_public); /* somebody else's way in */
    assert_int_equal(remove_and_list(&world, &people[2], &people[3]), STATUS_DENIED);
    items[0].key = signature_public_span(&people[3].leaf_public);
    assert_int_equal(remove_and_list(&world, &people[2], &people[3]), STATUS_OK);
    world_end(&world);
}

static void nobody_is_listed_who_was_not_removed_for_absence(void **state)
{
    (void)state;
    struct world world;
    struct channel_dormant items[2];
    begin(&world);
    struct party *people = world.people;
    const struct party *both[] = {&people[3], &people[4], NULL};
    world_absent(&world, &people[3], true);
    world_absent(&world, &people[4], true); /* who never was here */
    list(&world, items, both);
    assert_int_equal(remove_and_list(&world, &people[2], &people[3]), STATUS_DENIED);
    assert_int_equal(remove_and_list(&world, &people[0], &people[3]), STATUS_DENIED);
    /* Nor does the list change anything else. */
    const struct party *third[] = {&people[3], NULL};
    list(&world, items, third);
    struct id sponsor = people[1].identity.person;
    people[1].identity.person = people[2].identity.person; /* gets the sponsor's role */
    assert_int_equal(remove_and_list(&world, &people[2], &people[3]), STATUS_DENIED);
    people[1].identity.person = sponsor;
    assert_int_equal(remove_and_list(&world, &people[2], &people[3]), STATUS_OK);
    world_end(&world);
}

static void a_dormant_device_comes_back_by_itself_within_a_year(void **state)
{
    (void)state;
    struct world world;
    struct channel_dormant items[2];
    struct party *people = world.people;
    begin_without_the_third(&world, items);
    assert_int_equal(world_join_external(&world, &people[4], false), STATUS_DENIED);
    world.now_ms = 366 * DAY_MS;
    assert_int_equal(world_join_external(&world, &people[3], false), STATUS_EXPIRED);
    world.now_ms = 364 * DAY_MS;
    assert_int_equal(world_join_external(&world, &people[3], false), STATUS_OK);
    world_end(&world);
}

static void a_dormant_device_that_is_shut_out_stays_out(void **state)
{
    (void)state;
    struct world world;
    struct channel_dormant items[2];
    struct party *people = world.people;
    begin_without_the_third(&world, items);
    world_shut_out(&world, &people[3]);
    assert_int_equal(world_join_external(&world, &people[3], false), STATUS_DENIED);
    world_end(&world);
}

/* Back again, then removed by a facilitator: the place in the list goes with it. */
static void who_is_removed_for_another_reason_does_not_come_back(void **state)
{
    (void)state;
    struct world world;
    struct channel_dormant items[2];
    struct party *people = world.people;
    begin_without_the_third(&world, items);
    assert_int_equal(world_join_external(&world, &people[3], false), STATUS_OK);
    world_absent(&world, &people[3], false);
    assert_int_equal(world_remove(&world, &people[0], &people[3], NULL), STATUS_DENIED);
    world.dormant_count = 0;
    assert_int_equal(remove_and_list(&world, &people[0], &people[3]), STATUS_OK);
    assert_int_equal(world_join_external(&world, &people[3], false), STATUS_DENIED);
    world_end(&world);
}

/* Else any member could lock out who is away. */
static void only_a_facilitator_closes_a_way_back_that_is_open(void **state)
{
    (void)state;
    struct world world;
    struct channel_dormant items[2];
    struct party *people = world.people;
    begin_without_the_third(&world, items);
    world.dormant_count = 0;
    assert_int_equal(remove_and_list(&world, &people[2], NULL), STATUS_DENIED);
    assert_int_equal(remove_and_list(&world, &people[1], NULL), STATUS_DENIED);
    assert_int_equal(remove_and_list(&world, &people[0], NULL), STATUS_OK);
    world_end(&world);
}

static void any_member_takes_off_who_came_back_or_is_shut_out(void **state)
{
    (void)state;
    struct world world;
    struct channel_dormant items[2];
    struct party *people = world.people;
    begin_without_the_third(&world, items);
    assert_int_equal(world_join_external(&world, &people[3], false), STATUS_OK);
    world.dormant_count = 0;
    assert_int_equal(remove_and_list(&world, &people[2], NULL), STATUS_OK);
    world_end(&world);
    begin_without_the_third(&world, items);
    world_shut_out(&world, &people[3]);
    world.dormant_count = 0;
    assert_int_equal(remove_and_list(&world, &people[2], NULL), STATUS_OK);
    world_end(&world);
}

/* Whoever goes, goes with all devices; one that is shut out alone leaves the others their way. */
static void who_leaves_does_not_come_back_with_another_device(void **state)
{
    (void)state;
    struct world world;
    struct channel_dormant items[2];
    begin(&world);
    struct party *people = world.people;
    world_make_further(&world, &people[4], &people[3], &people[3]);
    assert_int_equal(world_add(&world, &people[3], &people[4]), STATUS_OK);
    const struct party *further[] = {&people[4], NULL};
    world_absent(&world, &people[4], true);
    list(&world, items, further);
    assert_int_equal(remove_and_list(&world, &people[2], &people[4]), STATUS_OK);
    /* A facilitator removes the person: nobody of theirs stays listed. */
    assert_int_equal(remove_and_list(&world, &people[0], &people[3]), STATUS_DENIED);
    world_shut_out(&world, &people[3]);
    assert_int_equal(remove_and_list(&world, &people[2], &people[3]), STATUS_OK);
    assert_int_equal(world_join_external(&world, &people[4], false), STATUS_OK);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_absent_is_removed_by_anybody_and_listed),
        cmocka_unit_test(nobody_is_listed_who_was_not_removed_for_absence),
        cmocka_unit_test(a_dormant_device_comes_back_by_itself_within_a_year),
        cmocka_unit_test(a_dormant_device_that_is_shut_out_stays_out),
        cmocka_unit_test(only_a_facilitator_closes_a_way_back_that_is_open),
        cmocka_unit_test(any_member_takes_off_who_came_back_or_is_shut_out),
        cmocka_unit_test(who_leaves_does_not_come_back_with_another_device),
        cmocka_unit_test(who_is_removed_for_another_reason_does_not_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
