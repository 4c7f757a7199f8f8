/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Steps that honest members take. */
#include "protocol/mls/member/external_propose.h"
#include "tests/unit/protocol/mls/member/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call) assert_string_equal(status_name(call), "OK")

static uint32_t leaf_of(const struct model *model, size_t who)
{
    return mls_group_own_leaf(model->world.members[who].group);
}

/* ---- by value ---- */

static void step_refresh(struct model *model)
{
    struct mls_commit_request request = {.tree_in_welcome = true};
    model_commit(model, model_member(model), &request);
}

/* One or two join, in a commit with a path or without. */
static void step_add(struct model *model)
{
    struct mls_key_package_checked checked[2];
    struct mls_proposal adds[2];
    size_t room = WORLD_MEMBERS_MAX - model_count(model);
    if (room == 0 || model_waiting(model) != 0)
        return;
    size_t count = room == 1 ? 1 : 1 + model_choose(model, 2);
    size_t who = WORLD_MEMBERS_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t before = who;
        do
            who = model_outsider(model);
        while (who == before);
        model_package(model, who, &checked[i]);
        adds[i] = (struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = &checked[i].package};
    }
    struct mls_commit_request request = {.proposals = adds,
                                         .proposal_count = count,
                                         .force_path = model_chance(model, 50),
                                         .tree_in_welcome = model_chance(model, 50)};
    model_commit(model, model_member(model), &request);
}

/* One is removed; somebody may be added in the place. */
static void step_remove(struct model *model)
{
    struct mls_key_package_checked checked;
    struct mls_proposal proposals[2];
    if (model_count(model) == MODEL_MEMBERS_MIN || model_waiting(model) != 0)
        return;
    size_t who = model_member(model);
    size_t gone = model_other(model, who);
    proposals[0] =
        (struct mls_proposal){.type = MLS_PROPOSAL_REMOVE, .removed = leaf_of(model, gone)};
    struct mls_commit_request request = {.proposals = proposals, .proposal_count = 1};
    if (model_count(model) < WORLD_MEMBERS_MAX && model_chance(model, 30)) {
        model_package(model, model_outsider(model), &checked);
        proposals[request.proposal_count++] =
            (struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = &checked.package};
    }
    model_commit(model, who, &request);
}

/* An external PSK that everybody knows. */
static struct mls_proposal external_psk(struct model *model)
{
    static const char *const ids[] = {"psk one", "psk two", "psk three"};
    return (struct mls_proposal){
        .type = MLS_PROPOSAL_PSK,
        .psk = {.type = MLS_PSK_EXTERNAL, .psk_id = span_from_text(ids[model_choose(model, 3)])}};
}

static void step_psk(struct model *model)
{
    struct mls_proposal psks[2] = {external_psk(model), external_psk(model)};
    struct mls_commit_request request = {.proposals = psks,
                                         .proposal_count = 1 + model_choose(model, 2)};
    model_commit(model, model_member(model), &request);
}

/* The resumption PSK of the present epoch, which everybody has who was in it. */
static void step_resumption(struct model *model)
{
    const struct mls_public_group *group = model_public(model);
    if (model_waits(model, MLS_PROPOSAL_ADD))
        return;
    struct mls_proposal psk = {.type = MLS_PROPOSAL_PSK,
                               .psk = {.type = MLS_PSK_RESUMPTION,
                                       .usage = MLS_PSK_APPLICATION,
                                       .group_id = mls_public_group_id(group),
                                       .epoch = mls_public_group_epoch(group)}};
    struct mls_commit_request request = {.proposals = &psk, .proposal_count = 1};
    model_commit(model, model_member(model), &request);
}

/* ---- by reference ---- */

static void propose(struct model *model, size_t who, const struct mls_proposal *proposal)
{
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
    OK(mls_group_propose(model->world.members[who].group, proposal, SPAN_LITERAL("why"),
                         &model->world.options, &message));
    world_store(&model->world, who);
    model_hear_all(model, buffer_span(&message));
}

/* GroupContext extensions with or without the operator as external sender. */
static void choose_extensions(struct model *model, struct buffer *out)
{
    static const uint8_t required[] = {2, 0xF0, 0xC1, 0, 0};
    CLEANUP(buffer_clear) struct buffer senders = BUFFER_INIT(SIZE_MAX);
    struct writer writer = writer_of(&senders);
    struct mls_external_sender sender = {signature_public_span(&model->operator_public),
                                         {MLS_CREDENTIAL_BASIC, SPAN_LITERAL("operator")}};
    size_t begin = writer_vector_begin(&writer);
    mls_external_sender_write(&writer, &sender);
    writer_vector_end(&writer, begin);
    OK(writer_finish(&writer));
    writer = writer_of(out);
    if (model_chance(model, 50))
        mls_extension_write(&writer, MLS_EXTENSION_REQUIRED_CAPABILITIES, SPAN_OF(required));
    if (model_chance(model, 80))
        mls_extension_write(&writer, MLS_EXTENSION_EXTERNAL_SENDERS, buffer_span(&senders));
    mls_extension_write(&writer, 0xF0C1, SPAN_OF(model->state));
    OK(writer_finish(&writer));
}

static void step_extensions(struct model *model)
{
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(SIZE_MAX);
    /* One that takes the operator out would make the operator's proposals invalid. */
    if (model_waiting(model) != 0)
        return;
    choose_extensions(model, &extensions);
    struct mls_proposal change = {.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                                  .context_extensions = {buffer_span(&extensions)}};
    struct mls_commit_request request = {.proposals = &change, .proposal_count = 1};
    if (model_chance(model, 50))
        propose(model, model_member(model), &change); /* and whoever commits next covers it */
    else
        model_commit(model, model_member(model), &request);
}

static bool is_proposed(const struct model *model, size_t who)
{
    const struct mls_public_group *group = model_public(model);
    for (size_t i = 0; i < mls_public_group_cached_count(group); i++) {
        const struct mls_proposal *proposal = &mls_public_group_cached_at(group, i)->proposal;
        if (proposal->type == MLS_PROPOSAL_ADD &&
            model_find(model, &proposal->add->leaf_node.credential) == who)
            return true;
    }
    return false;
}

static void step_propose_update(struct model *model)
{
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
    struct world *world = &model->world;
    size_t who = model_member(model);
    OK(mls_group_propose_update(world->members[who].group, NULL, SPAN_EMPTY, &world->random,
                                &message));
    world_store(world, who);
    model_hear_all(model, buffer_span(&message));
}

static void step_propose(struct model *model)
{
    struct mls_key_package_checked checked;
    struct mls_proposal proposal = external_psk(model);
    size_t who = model_member(model);
    size_t kind = model_choose(model, 3);
    if (kind == 1 && model_count(model) > MODEL_MEMBERS_MIN &&
        !model_waits(model, MLS_PROPOSAL_REMOVE)) {
        proposal = (struct mls_proposal){.type = MLS_PROPOSAL_REMOVE,
                                         .removed = leaf_of(model, model_other(model, who))};
    } else if (kind == 2 && model_count(model) < WORLD_MEMBERS_MAX &&
               !model_waits(model, MLS_PROPOSAL_ADD)) {
        model_package(model, model_outsider(model), &checked);
        proposal = (struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = &checked.package};
    } else {
        static const uint8_t nonces[][32] = {{1}, {2}, {3}, {4}, {5}, {6}, {7}};
        if (model_waiting(model) >= sizeof nonces / sizeof *nonces)
            return;
        proposal.psk.nonce = SPAN_OF(nonces[model_waiting(model)]);
    }
    propose(model, who, &proposal);
}

/* A proposal of the operator, or a newcomer's own Add. */
static void step_propose_from_outside(struct model *model)
{
    struct world *world = &model->world;
    const struct mls_public_group *group = model_public(model);
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
    struct mls_key_package_checked checked;
    bool by_operator = mls_public_group_extension(group, MLS_EXTENSION_EXTERNAL_SENDERS, NULL) &&
                       model_chance(model, 60);
    if (model_count(model) == WORLD_MEMBERS_MAX || model_waits(model, MLS_PROPOSAL_ADD))
        return;
    size_t newcomer = model_outsider(model);
    model_package(model, newcomer, &checked);
    struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &checked.package};
    struct mls_external_proposal proposal = {
        .suite = world->suite,
        .group_id = mls_public_group_id(group),
        .epoch = mls_public_group_epoch(group),
        .sender = {by_operator ? MLS_SENDER_EXTERNAL : MLS_SENDER_NEW_MEMBER_PROPOSAL, 0},
        .signature_private_key = secret_span(
            by_operator ? &model->operator_private : &world->members[newcomer].signature_private),
        .proposal = &add};
    OK(mls_external_propose(&proposal, &message));
    model_hear_all(model, buffer_span(&message));
}

/* Two commit, the server takes one; a third's is refused and given up. */
static void step_race(struct model *model)
{
    struct world *world = &model->world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle lost = {0};
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle refused = {0};
    struct mls_commit_request request = {.tree_in_welcome = true};
    size_t winner = model_member(model);
    size_t loser = model_other(model, winner);
    world_commit(world, winner, &request, &refused);
    if (model_chance(model, 50))
        model_restart(model, winner);
    mls_group_clear_pending(world->members[winner].group);
    world_store(world, winner);
    world_commit(world, loser, &request, &lost);
    if (model_chance(model, 50))
        model_restart(model, loser);
    model_commit(model, winner, &request);
}

/* ---- external joins ---- */

static void step_external(struct model *model)
{
    struct world *world = &model->world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer info = BUFFER_INIT(SIZE_MAX);
    struct mls_group *joined = NULL;
    bool resync = model_count(model) == WORLD_MEMBERS_MAX || model_chance(model, 50);
    size_t from = model_member(model);
    size_t who = resync ? model_other(model, from) : model_outsider(model);
    if (is_proposed(model, who))
        return;
    model_read(model, 0);
    OK(mls_group_write_group_info(world->members[from].group, true, &info));
    struct mls_external_join_request request = {.group_info = buffer_span(&info),
                                                .identity = &world->members[who].identity,
                                                .resync = resync};
    OK(mls_group_join_external(&request, &world->options, &world->random, &joined, &bundle));
    mls_group_free(&world->members[who].group);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        CLEANUP(mls_received_clear) struct mls_received received = {0};
        if (!model_is_in(model, i))
            continue;
        OK(world_hear(world, i, buffer_span(&bundle.commit), &received));
        OK(mls_group_merge_staged(world->members[i].group));
        world_store(world, i);
    }
    world_forget_rows(world, who);
    model_forget_held(model, who);
    world->members[who].group = joined;
    mls_group_set_psk_store(joined, &model_psks);
    world_store(world, who);
}

/* ---- groups that continue this one ---- */

/* The chosen members' next groups, in agreement; the present ones are as they were. */
static void continue_as(struct model *model,
                        enum mls_psk_usage usage,
                        uint16_t suite,
                        struct span group_id,
                        const bool chosen[WORLD_MEMBERS_MAX],
                        struct mls_group *next[WORLD_MEMBERS_MAX])
{
    struct world *world = &model->world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_key_package_checked checked;
    struct mls_key_package packages[WORLD_MEMBERS_MAX];
    size_t creator;
    do
        creator = model_member(model);
    while (!chosen[creator]);
    struct mls_continue_request request = {
        .from = {.old = world->members[creator].group, .usage = usage},
        .identity = &world->members[creator].identity,
        .group_id = group_id,
        .packages = packages,
        .tree_in_welcome = true};
    const struct suite *before = world->suite;
    world->suite = suite_find(suite);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        if (!chosen[i] || i == creator)
            continue;
        model_package(model, i, &checked);
        packages[request.package_count++] = checked.package;
    }
    world->suite = before;
    OK(mls_group_continue(&request, &world->options, &world->random, &next[creator], &bundle));
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        struct member *member = &world->members[i];
        struct mls_continuation from = {.old = member->group, .usage = usage};
        struct mls_join_request join = {.welcome = buffer_span(&bundle.welcome),
                                        .key_package = buffer_span(&member->package),
                                        .private_part = buffer_span(&member->package_private),
                                        .psk_store = &model_psks,
                                        .continues = &from};
        if (!chosen[i] || i == creator)
            continue;
        OK(mls_group_join(&join, &world->options, &next[i]));
        assert_true(span_equal(mls_group_epoch_authenticator(next[i]),
                               mls_group_epoch_authenticator(next[creator])));
    }
}

static void step_branch(struct model *model)
{
    struct mls_group *next[WORLD_MEMBERS_MAX] = {NULL};
    bool chosen[WORLD_MEMBERS_MAX] = {false};
    size_t first = model_member(model);
    chosen[first] = chosen[model_other(model, first)] = true;
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        chosen[i] = chosen[i] || (model_is_in(model, i) && model_chance(model, 50));
    if (model_waits(model, MLS_PROPOSAL_ADD)) /* whose KeyPackage must stay */
        return;
    continue_as(model, MLS_PSK_BRANCH, model->world.suite->id, SPAN_LITERAL("a branch"), chosen,
                next);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        mls_group_free(&next[i]);
}

/* The group ends, nobody says anything in it any more, and all go on in another one. */
static void step_reinit(struct model *model)
{
    struct world *world = &model->world;
    struct mls_group *next[WORLD_MEMBERS_MAX] = {NULL};
    bool chosen[WORLD_MEMBERS_MAX];
    char id[24];
    if (model_waiting(model) != 0)
        return;
    snprintf(id, sizeof id, "group %u", ++model->groups);
    uint16_t suite = model_chance(model, 50) ? 1 : 3;
    struct mls_proposal reinit = {
        .type = MLS_PROPOSAL_REINIT,
        .reinit = {span_from_text(id), MLS_VERSION_10, suite,
                   mls_public_group_context(model_public(model))->extensions}};
    struct mls_commit_request by_value = {.proposals = &reinit, .proposal_count = 1};
    struct mls_commit_request by_reference = {0};
    bool is_proposed_first = model_chance(model, 50);
    model_read(model, 100);
    if (is_proposed_first)
        propose(model, model_member(model), &reinit);
    model_commit(model, model_member(model), is_proposed_first ? &by_reference : &by_value);
    assert_true(mls_public_group_is_reinitialized(model_public(model)));
    world_agree(world);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
        chosen[i] = model_is_in(model, i);
        if (chosen[i])
            assert_string_equal(
                status_name(mls_group_protect(world->members[i].group, SPAN_EMPTY,
                                              SPAN_LITERAL("late"), 0, &world->random, &sent)),
                "NOT_NOW");
    }
    continue_as(model, MLS_PSK_REINIT, suite, SPAN_EMPTY, chosen, next);
    world->suite = suite_find(suite);
    buffer_truncate(&model->past_commit, 0);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        mls_group_free(&world->members[i].group);
        world_forget_rows(world, i);
        world->members[i].group = next[i];
        if (!chosen[i])
            continue;
        mls_group_set_psk_store(next[i], &model_psks);
        world_store(world, i);
    }
}

/* ---- what is said, and restarts ---- */

static void step_say(struct model *model)
{
    for (size_t said = 1 + model_choose(model, 4); said > 0; said--) {
        CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
        size_t from = model_member(model);
        if (model->held_count == MODEL_HELD_MAX || model_waiting(model) != 0)
            break;
        struct model_held *held = &model->held[model->held_count++];
        *held = (struct model_held){.message = BUFFER_INIT(SIZE_MAX),
                                    .epoch = mls_public_group_epoch(model_public(model))};
        snprintf(held->text, sizeof held->text, "text %u", model->said++);
        world_say(&model->world, from, held->text, &sent);
        OK(buffer_append(&held->message, buffer_span(&sent.message)));
        for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
            held->waits[i] = i != from && model_is_in(model, i);
    }
    model_read(model, 60);
}

static void step_restart(struct model *model)
{
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        if (model_is_in(model, i) && model_chance(model, 50))
            model_restart(model, i);
}

const struct model_step model_valid_steps[] = {
    {"refresh", step_refresh, 3},
    {"add", step_add, 5},
    {"remove", step_remove, 3},
    {"psk", step_psk, 2},
    {"resumption", step_resumption, 1},
    {"extensions", step_extensions, 2},
    {"propose", step_propose, 4},
    {"propose update", step_propose_update, 3},
    {"propose from outside", step_propose_from_outside, 3},
    {"race", step_race, 3},
    {"external", step_external, 3},
    {"branch", step_branch, 1},
    {"reinit", step_reinit, 1},
    {"say", step_say, 5},
    {"restart", step_restart, 3},
};
const size_t model_valid_step_count = sizeof model_valid_steps / sizeof *model_valid_steps;
