/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Random histories: whatever members do, in whatever order they restart, they agree. The seed of a
 * failing history is printed. */
#include "tests/unit/protocol/mls/member/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call) assert_string_equal(status_name(call), "OK")
#define HISTORIES 12
#define STEPS 30

struct model {
    struct world world;
    uint32_t state;
};

/* A generator of its own, so that the choices do not depend on the keys. */
static uint32_t choose(struct model *model, uint32_t below)
{
    model->state = model->state * 1664525u + 1013904223u;
    return (model->state >> 8) % below;
}

static bool is_in(const struct model *model, size_t who)
{
    const struct mls_group *group = model->world.members[who].group;
    return group != NULL && !mls_group_is_removed(group);
}

static size_t member_count(const struct model *model)
{
    size_t count = 0;
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        count += is_in(model, i);
    return count;
}

/* Somebody who is in the group, or who is not. */
static size_t choose_one(struct model *model, bool in)
{
    size_t who;
    do
        who = choose(model, WORLD_MEMBERS_MAX);
    while (is_in(model, who) != in);
    return who;
}

static void hear_all(struct model *model, struct span message)
{
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        CLEANUP(mls_received_clear) struct mls_received received = {0};
        if (is_in(model, i))
            OK(world_hear(&model->world, i, message, &received));
    }
}

static void step_add(struct model *model)
{
    if (member_count(model) == WORLD_MEMBERS_MAX)
        return;
    size_t newcomer = choose_one(model, false);
    world_renew_package(&model->world, newcomer);
    world_add(&model->world, choose_one(model, true), newcomer);
}

static void step_remove(struct model *model)
{
    size_t who = choose_one(model, true);
    size_t gone = choose_one(model, true);
    if (who != gone)
        world_remove(&model->world, who, gone);
}

static void step_refresh(struct model *model)
{
    world_refresh(&model->world, choose_one(model, true));
}

/* Two Updates by reference, committed by a third party with a race that somebody loses. */
static void step_proposals(struct model *model)
{
    if (member_count(model) < 3)
        return;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle winner = {0};
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle loser = {0};
    struct mls_commit_request request = {0};
    struct world *world = &model->world;
    for (int i = 0; i < 2; i++) {
        CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
        size_t who = choose_one(model, true);
        OK(mls_group_propose_update(world->members[who].group, NULL, SPAN_EMPTY, &world->random,
                                    &message));
        world_store(world, who);
        hear_all(model, buffer_span(&message));
    }
    size_t first = choose_one(model, true);
    size_t second = choose_one(model, true);
    world_commit(world, first, &request, &winner);
    if (second != first)
        world_commit(world, second, &request, &loser);
    world_accept(world, first, &winner);
}

static void step_external(struct model *model)
{
    if (member_count(model) == WORLD_MEMBERS_MAX)
        return;
    struct world *world = &model->world;
    size_t from = choose_one(model, true);
    bool resync = choose(model, 2) == 0;
    size_t who = choose_one(model, resync);
    if (who == from)
        return;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer info = BUFFER_INIT(SIZE_MAX);
    struct mls_group *joined = NULL;
    OK(mls_group_write_group_info(world->members[from].group, true, &info));
    struct mls_external_join_request request = {.group_info = buffer_span(&info),
                                                .identity = &world->members[who].identity,
                                                .resync = resync};
    OK(mls_group_join_external(&request, &world->options, &world->random, &joined, &bundle));
    mls_group_free(&world->members[who].group);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        CLEANUP(mls_received_clear) struct mls_received received = {0};
        if (!is_in(model, i))
            continue;
        OK(world_hear(world, i, buffer_span(&bundle.commit), &received));
        OK(mls_group_merge_staged(world->members[i].group));
        world_store(world, i);
    }
    world_forget_rows(world, who);
    world->members[who].group = joined;
    world_store(world, who);
}

static void step_restart(struct model *model)
{
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        if (is_in(model, i) && choose(model, 2) == 0)
            world_restart(&model->world, i);
}

static void random_histories_end_in_agreement(void **state)
{
    (void)state;
    static void (*const steps[])(struct model *) = {
        step_add, step_add, step_remove, step_refresh, step_proposals, step_external, step_restart};
    for (uint32_t seed = 1; seed <= HISTORIES; seed++) {
        struct model *model = calloc(1, sizeof *model);
        assert_non_null(model);
        print_message("seed %u\n", seed);
        world_init(&model->world, seed % 4 == 0 ? 3 : 1);
        model->state = seed;
        model->world.random_state = (uint64_t)seed << 32;
        world_start_group(&model->world, 3);
        for (int i = 0; i < STEPS; i++) {
            steps[choose(model, sizeof steps / sizeof *steps)](model);
            world_check(&model->world);
        }
        world_clear(&model->world);
        free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_histories_end_in_agreement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
