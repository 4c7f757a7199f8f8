/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Proposals of outsiders: a listed signer removes a member, a newcomer asks to be added. */
#include "protocol/mls/member/external_propose.h"
#include "tests/unit/protocol/mls/member/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define OK(call) assert_string_equal(status_name(call), "OK")
#define FAILS(call, expected) assert_string_equal(status_name(call), status_name(expected))

/* Everybody who is in the group receives it. */
static void all_hear(struct world *world, struct span message)
{
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        CLEANUP(mls_received_clear) struct mls_received received = {0};
        if (world->members[i].group == NULL)
            continue;
        OK(world_hear(world, i, message, &received));
        assert_int_equal(received.kind, MLS_RECEIVED_PROPOSAL);
    }
}

/* Lists member 9 of the world, who stays outside, among the group's external senders. */
static void list_sender(struct world *world)
{
    CLEANUP(buffer_clear) struct buffer senders = BUFFER_INIT(SIZE_MAX);
    CLEANUP(buffer_clear) struct buffer list = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    const struct mls_identity *identity = &world->members[9].identity;
    const struct mls_external_sender sender = {identity->signature_public_key,
                                               identity->credential};
    struct writer writer = writer_of(&senders);
    size_t begin = writer_vector_begin(&writer);
    mls_external_sender_write(&writer, &sender);
    writer_vector_end(&writer, begin);
    OK(writer_finish(&writer));
    writer = writer_of(&list);
    mls_extension_write(&writer, MLS_EXTENSION_EXTERNAL_SENDERS, buffer_span(&senders));
    OK(writer_finish(&writer));
    const struct mls_proposal change = {.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                                        .context_extensions = {buffer_span(&list)}};
    const struct mls_commit_request request = {.proposals = &change, .proposal_count = 1};
    world_commit(world, 0, &request, &bundle);
    world_accept(world, 0, &bundle);
}

/* What an outsider says to the group as it is now. */
static struct mls_external_proposal proposal_of(const struct world *world,
                                                size_t who,
                                                enum mls_sender_type type,
                                                const struct mls_proposal *proposal)
{
    const struct mls_group *group = world->members[0].group;
    return (struct mls_external_proposal){.suite = world->suite,
                                          .group_id = mls_group_id(group),
                                          .epoch = mls_group_epoch(group),
                                          .sender = {type, 0},
                                          .signature_private_key =
                                              world->members[who].identity.signature_private_key,
                                          .proposal = proposal};
}

static void a_listed_signer_removes_a_member(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
    world_init(&world, 1);
    world_start_group(&world, 4);
    list_sender(&world);
    const struct mls_proposal removal = {.type = MLS_PROPOSAL_REMOVE, .removed = 2};
    struct mls_external_proposal request = proposal_of(&world, 9, MLS_SENDER_EXTERNAL, &removal);
    OK(mls_external_propose(&request, &message));
    all_hear(&world, buffer_span(&message));
    world_refresh(&world, 1);
    assert_true(mls_group_is_removed(world.members[2].group));
    world_check(&world);
    world_clear(&world);
}

static void a_newcomer_asks_to_be_added(void **state)
{
    (void)state;
    struct world world;
    struct mls_key_package_checked checked;
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    const struct mls_commit_request empty = {0};
    world_init(&world, 2);
    world_start_group(&world, 3);
    OK(mls_key_package_check(buffer_span(&world.members[5].package), &world.options, &checked));
    const struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &checked.package};
    struct mls_external_proposal request =
        proposal_of(&world, 5, MLS_SENDER_NEW_MEMBER_PROPOSAL, &add);
    OK(mls_external_propose(&request, &message));
    all_hear(&world, buffer_span(&message));
    world_commit(&world, 1, &empty, &bundle);
    world_accept(&world, 1, &bundle);
    OK(world_join(&world, 5, buffer_span(&bundle.welcome), 1));
    world_check(&world);
    world_clear(&world);
}

static void outsiders_propose_only_what_they_may(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    world_init(&world, 1);
    world_start_group(&world, 3);
    const struct mls_proposal removal = {.type = MLS_PROPOSAL_REMOVE, .removed = 2};
    struct mls_external_proposal request =
        proposal_of(&world, 9, MLS_SENDER_NEW_MEMBER_PROPOSAL, &removal);
    FAILS(mls_external_propose(&request, &message), STATUS_MALFORMED);
    request.sender.type = MLS_SENDER_MEMBER;
    FAILS(mls_external_propose(&request, &message), STATUS_USAGE);
    assert_int_equal(message.len, 0);
    /* This group lists no external senders. */
    request.sender.type = MLS_SENDER_EXTERNAL;
    OK(mls_external_propose(&request, &message));
    FAILS(world_hear(&world, 1, buffer_span(&message), &received), STATUS_INVALID);
    world_check(&world);
    world_clear(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listed_signer_removes_a_member),
        cmocka_unit_test(a_newcomer_asks_to_be_added),
        cmocka_unit_test(outsiders_propose_only_what_they_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
