/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/protocol/mls/member/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call) assert_string_equal(status_name(call), "OK")

/* How late a message may be in a step; the group keeps five epochs. */
#define LATE_EPOCHS 3

/* ---- choosing ---- */

uint32_t model_choose(struct model *model, uint32_t below)
{
    model->state = model->state * 1664525u + 1013904223u;
    return (model->state >> 8) % below;
}

bool model_chance(struct model *model, uint32_t percent)
{
    return model_choose(model, 100) < percent;
}

bool model_is_in(const struct model *model, size_t who)
{
    const struct mls_group *group = model->world.members[who].group;
    return group != NULL && !mls_group_is_removed(group);
}

size_t model_count(const struct model *model)
{
    size_t count = 0;
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        count += model_is_in(model, i);
    return count;
}

static size_t choose_one(struct model *model, bool in, size_t but)
{
    size_t who;
    do
        who = model_choose(model, WORLD_MEMBERS_MAX);
    while (model_is_in(model, who) != in || who == but);
    return who;
}

size_t model_member(struct model *model)
{
    return choose_one(model, true, WORLD_MEMBERS_MAX);
}

size_t model_outsider(struct model *model)
{
    return choose_one(model, false, WORLD_MEMBERS_MAX);
}

size_t model_other(struct model *model, size_t but)
{
    return choose_one(model, true, but);
}

const struct mls_public_group *model_public(const struct model *model)
{
    size_t who = 0;
    while (!model_is_in(model, who))
        who++;
    return mls_group_public(model->world.members[who].group);
}

size_t model_waiting(const struct model *model)
{
    return mls_public_group_cached_count(model_public(model));
}

size_t model_find(const struct model *model, const struct mls_credential *credential)
{
    size_t who = 0;
    while (who < WORLD_MEMBERS_MAX &&
           !span_equal(SPAN_OF(model->world.members[who].name), credential->content))
        who++;
    return who;
}

bool model_waits(const struct model *model, uint16_t type)
{
    const struct mls_public_group *group = model_public(model);
    for (size_t i = 0; i < mls_public_group_cached_count(group); i++)
        if (mls_public_group_cached_at(group, i)->proposal.type == type)
            return true;
    return false;
}

/* ---- pre-shared keys ---- */

static enum status find_psk(void *context, const struct mls_psk_id *id, struct buffer *psk)
{
    (void)context;
    if (id->type != MLS_PSK_EXTERNAL || !span_starts_with(id->psk_id, SPAN_LITERAL("psk")))
        return STATUS_NOT_FOUND;
    TRY(buffer_append(psk, SPAN_LITERAL("what goes with ")));
    return buffer_append(psk, id->psk_id);
}

const struct mls_psk_store model_psks = {find_psk, NULL};

void model_restart(struct model *model, size_t who)
{
    world_restart(&model->world, who);
    mls_group_set_psk_store(model->world.members[who].group, &model_psks);
}

/* ---- commits ---- */

void model_package(struct model *model, size_t who, struct mls_key_package_checked *checked)
{
    world_renew_package(&model->world, who);
    OK(mls_key_package_check(buffer_span(&model->world.members[who].package), &model->world.options,
                             checked));
}

void model_hear_all(struct model *model, struct span message)
{
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        CLEANUP(mls_received_clear) struct mls_received received = {0};
        if (model_is_in(model, i))
            OK(world_hear(&model->world, i, message, &received));
    }
}

static void
join(struct model *model, size_t who, const struct mls_commit_bundle *bundle, size_t committer)
{
    struct member *member = &model->world.members[who];
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(SIZE_MAX);
    struct mls_group *joined = NULL;
    OK(mls_group_write_tree(model->world.members[committer].group, &tree));
    struct mls_join_request request = {.welcome = buffer_span(&bundle->welcome),
                                       .key_package = buffer_span(&member->package),
                                       .private_part = buffer_span(&member->package_private),
                                       .ratchet_tree = buffer_span(&tree),
                                       .psk_store = &model_psks};
    OK(mls_group_join(&request, &model->world.options, &joined));
    mls_group_free(&member->group);
    world_forget_rows(&model->world, who);
    member->group = joined;
    model_forget_held(model, who);
    world_store(&model->world, who);
}

void model_commit(struct model *model, size_t who, const struct mls_commit_request *request)
{
    struct world *world = &model->world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    size_t added[WORLD_MEMBERS_MAX];
    model_read(model, 0);
    world_commit(world, who, request, &bundle);
    const struct mls_proposal_effect *effect =
        mls_staged_commit_effect(mls_group_pending_staged(world->members[who].group));
    size_t added_count = effect->added_count;
    for (size_t i = 0; i < added_count; i++)
        added[i] = model_find(model, &effect->added[i].key_package->leaf_node.credential);
    world_accept(world, who, &bundle);
    for (size_t i = 0; i < added_count; i++)
        join(model, added[i], &bundle, who);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        if (!model_is_in(model, i))
            model_forget_held(model, i);
    buffer_truncate(&model->past_commit, 0);
    OK(buffer_append(&model->past_commit, buffer_span(&bundle.commit)));
}

/* ---- what was said ---- */

void model_forget_held(struct model *model, size_t who)
{
    for (size_t i = 0; i < model->held_count; i++)
        model->held[i].waits[who] = false;
}

/* Whoever reads it reads it once. */
static void read_one(struct model *model, struct model_held *held, size_t who)
{
    CLEANUP(mls_received_clear) struct mls_received again = {0};
    struct span message = buffer_span(&held->message);
    world_expect(&model->world, who, message, held->text);
    held->waits[who] = false;
    if (model_chance(model, 20))
        assert_string_equal(status_name(world_hear(&model->world, who, message, &again)),
                            "REPLAYED");
}

static void drop_read(struct model *model)
{
    size_t kept = 0;
    for (size_t i = 0; i < model->held_count; i++) {
        bool waits = false;
        for (size_t who = 0; who < WORLD_MEMBERS_MAX; who++)
            waits = waits || model->held[i].waits[who];
        if (waits)
            model->held[kept++] = model->held[i];
        else
            buffer_clear(&model->held[i].message);
    }
    model->held_count = kept;
}

void model_read(struct model *model, uint32_t percent)
{
    uint64_t epoch = mls_public_group_epoch(model_public(model));
    size_t first = model->held_count == 0 ? 0 : model_choose(model, (uint32_t)model->held_count);
    for (size_t i = 0; i < model->held_count; i++) {
        struct model_held *held = &model->held[(first + i) % model->held_count];
        bool is_last_chance = held->epoch + LATE_EPOCHS <= epoch;
        for (size_t who = 0; who < WORLD_MEMBERS_MAX; who++)
            if (held->waits[who] && (is_last_chance || model_chance(model, percent)))
                read_one(model, held, who);
    }
    drop_read(model);
}

/* ---- the whole ---- */

void model_check(struct model *model)
{
    assert_in_range(model_count(model), MODEL_MEMBERS_MIN, WORLD_MEMBERS_MAX);
    if (model_waiting(model) == 0)
        world_check(&model->world);
    else
        world_agree(&model->world);
}

void model_init(struct model *model, uint32_t seed)
{
    *model = (struct model){.state = seed, .past_commit = BUFFER_INIT(SIZE_MAX)};
    world_init(&model->world, seed % 4 == 0 ? 3 : 1);
    model->world.random_state = (uint64_t)seed << 32;
    OK(signature_generate(model->world.suite->signature, &model->world.random,
                          &model->operator_private, &model->operator_public));
    size_t count = MODEL_MEMBERS_MIN + model_choose(model, 6);
    world_start_group(&model->world, count);
    for (size_t i = 0; i < count; i++)
        mls_group_set_psk_store(model->world.members[i].group, &model_psks);
}

void model_clear(struct model *model)
{
    for (size_t i = 0; i < model->held_count; i++)
        buffer_clear(&model->held[i].message);
    buffer_clear(&model->past_commit);
    secret_clear(&model->operator_private);
    world_clear(&model->world);
}
