/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/protocol/channel/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* `by` commits that newcomers get this of what was said before. */
static enum status change(struct world *world, struct party *by, enum channel_history history)
{
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(8192);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    world->history = history;
    world_write_extensions(world, CHANNEL_RESTRICTED, &extensions);
    struct mls_proposal proposal = {.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                                    .context_extensions = {buffer_span(&extensions)}};
    return world_commit(world, by, &proposal, NULL, &bundle);
}

static void what_was_said_to_some_is_not_opened_to_others(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_RESTRICTED);
    assert_int_equal(change(&world, &world.people[0], CHANNEL_HISTORY_FULL), STATUS_DENIED);
    assert_int_equal(change(&world, &world.people[0], CHANNEL_HISTORY_FROM_JOINING), STATUS_OK);
    world_end(&world);
}

static void a_facilitator_closes_a_history_for_good(void **state)
{
    (void)state;
    struct world world;
    world_begin_sharing(&world, CHANNEL_RESTRICTED, CHANNEL_HISTORY_FULL);
    assert_int_equal(world_add(&world, &world.people[0], &world.people[2]), STATUS_OK);
    assert_int_equal(change(&world, &world.people[2], CHANNEL_HISTORY_FROM_JOINING), STATUS_DENIED);
    assert_int_equal(change(&world, &world.people[0], CHANNEL_HISTORY_FULL), STATUS_OK);
    assert_int_equal(change(&world, &world.people[0], CHANNEL_HISTORY_FROM_JOINING), STATUS_OK);
    assert_int_equal(change(&world, &world.people[0], CHANNEL_HISTORY_FULL), STATUS_DENIED);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_said_to_some_is_not_opened_to_others),
        cmocka_unit_test(a_facilitator_closes_a_history_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
