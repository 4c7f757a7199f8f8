/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What members do together: joining, changing, leaving. */
#include "protocol/base/limits.h"
#include "protocol/mls/member/group_state.h"
#include "protocol/mls/member/kdf.h"
#include "protocol/mls/member/protection.h"
#include "protocol/mls/member/psk.h"
#include "tests/unit/protocol/mls/member/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call) assert_string_equal(status_name(call), "OK")
#define FAILS(call, expected) assert_string_equal(status_name(call), status_name(expected))

/* RFC 9420, 11: "To initialize a group, the creator of the group MUST take the following steps:" */
static void every_suite_creates_adds_and_talks(void **state)
{
    (void)state;
    for (uint16_t suite = 1; suite <= 7; suite++) {
        struct world world;
        if (suite_find(suite) == NULL)
            continue;
        world_init(&world, suite);
        world_start_group(&world, 3);
        world_check(&world);
        world_refresh(&world, 2);
        world_check(&world);
        world_clear(&world);
    }
}

/* RFC 9420, 12.4.1: "If the `path` field is required based on the proposals that are in the Commit
 * (see above), then it MUST be populated." */
static void groups_of_two_to_nine_agree_after_each_change(void **state)
{
    (void)state;
    for (size_t count = 2; count <= 9; count++) {
        struct world world;
        world_init(&world, 1);
        world_start_group(&world, count);
        world_check(&world);
        for (size_t who = 0; who < count; who++)
            world_refresh(&world, who);
        world_check(&world);
        world_add(&world, count - 1, count);
        world_check(&world);
        world_remove(&world, 0, count / 2);
        world_check(&world);
        world_refresh(&world, count);
        world_check(&world);
        world_clear(&world);
    }
}

/* RFC 9420, 7.5: "Any new member (from an Add proposal) added in the same Commit MUST be excluded
 * from this resolution." 7.6: "For each UpdatePathNode, the resolution of the corresponding copath
 * node MUST exclude all new leaf nodes added as part of the current Commit." 12.4.1: "However, the
 * set of Welcome messages produced in this step MUST cover every new member added in the Commit."
 */
static void a_path_and_adds_go_in_one_commit(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_key_package_checked checked[2];
    struct mls_proposal proposals[3];
    world_init(&world, 1);
    world_start_group(&world, 4);
    for (size_t i = 0; i < 2; i++) {
        OK(mls_key_package_check(buffer_span(&world.members[4 + i].package), &world.options,
                                 &checked[i]));
        proposals[i] = (struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = &checked[i].package};
    }
    proposals[2] = (struct mls_proposal){.type = MLS_PROPOSAL_REMOVE, .removed = 2};
    struct mls_commit_request request = {.proposals = proposals, .proposal_count = 3};
    world_commit(&world, 1, &request, &bundle);
    world_accept(&world, 1, &bundle);
    OK(world_join(&world, 4, buffer_span(&bundle.welcome), 1));
    OK(world_join(&world, 5, buffer_span(&bundle.welcome), 1));
    assert_true(mls_group_is_removed(world.members[2].group));
    world_check(&world);
    for (size_t who = 0; who < 6; who++)
        if (who != 2)
            world_refresh(&world, who);
    world_check(&world);
    world_clear(&world);
}

static void a_commit_that_only_adds_has_no_path(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_key_package_checked checked;
    world_init(&world, 1);
    world_start_group(&world, 2);
    OK(mls_key_package_check(buffer_span(&world.members[2].package), &world.options, &checked));
    struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &checked.package};
    struct mls_commit_request request = {.proposals = &add, .proposal_count = 1};
    world_commit(&world, 0, &request, &bundle);
    assert_null(mls_staged_commit_path(mls_group_pending_staged(world.members[0].group)));
    mls_group_clear_pending(world.members[0].group);
    request.force_path = true;
    world_commit(&world, 0, &request, &bundle);
    assert_non_null(mls_staged_commit_path(mls_group_pending_staged(world.members[0].group)));
    world_accept(&world, 0, &bundle);
    OK(world_join(&world, 2, buffer_span(&bundle.welcome), 0));
    world_check(&world);
    world_clear(&world);
}

/* RFC 9420, 14: "The generation of Commit messages MUST NOT modify a client's state, since the
 * client doesn't know at that time whether the changes implied by the Commit message will conflict
 * with another Commit or not." */
static void creating_a_commit_changes_nothing(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_commit_request request = {0};
    world_init(&world, 1);
    world_start_group(&world, 3);
    world_commit(&world, 1, &request, &bundle);
    assert_true(mls_group_has_pending(world.members[1].group));
    assert_int_equal(mls_group_epoch(world.members[1].group), 1);
    FAILS(
        mls_group_commit(world.members[1].group, &request, &world.options, &world.random, &bundle),
        STATUS_PENDING);
    world_check(&world);
    world_accept(&world, 1, &bundle);
    assert_false(mls_group_has_pending(world.members[1].group));
    world_check(&world);
    world_clear(&world);
}

/* RFC 9420, 14: "The approach chosen MUST minimize the amount of time that forked or previous group
 * states are kept in memory, and promptly delete them once they're no longer necessary to ensure
 * forward secrecy." */
static void the_loser_of_a_race_follows_the_winner(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle winner = {0};
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle loser = {0};
    struct mls_commit_request request = {0};
    world_init(&world, 1);
    world_start_group(&world, 4);
    for (int round = 0; round < 5; round++) {
        CLEANUP(mls_received_clear) struct mls_received received = {0};
        world_commit(&world, 1, &request, &winner);
        world_commit(&world, 2, &request, &loser);
        world_accept(&world, 1, &winner);
        assert_false(mls_group_has_pending(world.members[2].group));
        FAILS(world_hear(&world, 3, buffer_span(&loser.commit), &received), STATUS_WRONG_EPOCH);
        FAILS(world_hear(&world, 2, buffer_span(&loser.commit), &received), STATUS_WRONG_EPOCH);
        world_check(&world);
    }
    world_clear(&world);
}

static void ones_own_commit_is_recognised(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    struct mls_commit_request request = {0};
    world_init(&world, 1);
    world_start_group(&world, 2);
    world_commit(&world, 0, &request, &bundle);
    OK(world_hear(&world, 0, buffer_span(&bundle.commit), &received));
    assert_int_equal(received.kind, MLS_RECEIVED_OWN_COMMIT);
    world_accept(&world, 0, &bundle);
    world_check(&world);
    world_clear(&world);
}

/* With a path that we do not have. Without our signature it is what another member made of it. */
static void a_commit_that_a_copy_of_the_group_made_is_told_apart(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer forged = BUFFER_INIT(SIZE_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT((size_t)1 << 20);
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    struct mls_commit_request request = {0};
    struct mls_message message;
    world_init(&world, 1);
    world_start_group(&world, 3);
    world_commit(&world, 0, &request, &bundle);
    mls_group_clear_pending(world.members[0].group);
    FAILS(world_hear(&world, 0, buffer_span(&bundle.commit), &received), STATUS_CONFLICT);
    assert_null(mls_group_staged(world.members[0].group));
    OK(mls_message_decode(buffer_span(&bundle.commit), &arena, &message));
    const struct mls_public_message *made = &message.public_message;
    bundle.commit.ptr[made->auth.signature.ptr - bundle.commit.ptr] ^= 1;
    const struct mls_group *other = world.members[1].group;
    OK(mls_protection_seal_public(
        other->suite, mls_key_schedule_get(&other->epoch->secrets, MLS_SECRET_MEMBERSHIP),
        &(struct mls_authenticated_content){MLS_WIRE_PUBLIC_MESSAGE, made->content, made->auth},
        mls_group_context_bytes(other), &forged));
    FAILS(world_hear(&world, 0, buffer_span(&forged), &received), STATUS_BAD_SIGNATURE);
    world_clear(&world);
}

/* RFC 9420, 12.4: "A group member that has observed one or more valid proposals within an epoch
 * MUST send a Commit message before sending application data." */
static void proposals_by_reference_are_committed(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer update = BUFFER_INIT(SIZE_MAX);
    CLEANUP(buffer_clear) struct buffer removal = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    struct mls_commit_request request = {0};
    struct mls_proposal remove = {.type = MLS_PROPOSAL_REMOVE, .removed = 3};
    world_init(&world, 1);
    world_start_group(&world, 5);
    OK(mls_group_propose_update(world.members[1].group, NULL, SPAN_EMPTY, &world.random, &update));
    OK(mls_group_propose(world.members[2].group, &remove, SPAN_EMPTY, &world.options, &removal));
    for (size_t i = 0; i < 5; i++) {
        OK(world_hear(&world, i, buffer_span(&update), &received));
        assert_int_equal(received.kind, MLS_RECEIVED_PROPOSAL);
        OK(world_hear(&world, i, buffer_span(&removal), &received));
        FAILS(world_hear(&world, i, buffer_span(&removal), &received), STATUS_EXISTS);
        world_restart(&world, i);
    }
    FAILS(mls_group_protect(world.members[4].group, SPAN_EMPTY, SPAN_LITERAL("too early"), 0,
                            &world.random, &sent),
          STATUS_NOT_NOW);
    world_commit(&world, 4, &request, &bundle);
    world_accept(&world, 4, &bundle);
    assert_true(mls_group_is_removed(world.members[3].group));
    world_check(&world);
    world_refresh(&world, 1);
    world_check(&world);
    world_clear(&world);
}

static void an_update_may_bring_a_new_signature_key(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer update = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    struct mls_commit_request request = {0};
    struct secret private_key = {0};
    struct signature_public public_key;
    world_init(&world, 1);
    world_start_group(&world, 3);
    OK(signature_generate(world.suite->signature, &world.random, &private_key, &public_key));
    struct mls_identity identity = world.members[1].identity;
    identity.signature_public_key = signature_public_span(&public_key);
    identity.signature_private_key = secret_span(&private_key);
    OK(mls_group_propose_update(world.members[1].group, &identity, SPAN_EMPTY, &world.random,
                                &update));
    for (size_t i = 0; i < 3; i++)
        OK(world_hear(&world, i, buffer_span(&update), &received));
    world_restart(&world, 1);
    world_commit(&world, 0, &request, &bundle);
    world_accept(&world, 0, &bundle);
    world_check(&world);

    OK(signature_generate(world.suite->signature, &world.random, &private_key, &public_key));
    request.identity = &identity;
    world_commit(&world, 1, &request, &bundle);
    world_restart(&world, 1);
    world_accept(&world, 1, &bundle);
    world_check(&world);
    world_clear(&world);
}

static void extensions_change_by_a_commit(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(SIZE_MAX);
    struct span data;
    world_init(&world, 1);
    world_start_group(&world, 3);
    struct writer writer = writer_of(&extensions);
    mls_extension_write(&writer, 0xF0C1, SPAN_LITERAL("another channel"));
    OK(writer_finish(&writer));
    struct mls_proposal change = {.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                                  .context_extensions = {buffer_span(&extensions)}};
    struct mls_commit_request request = {.proposals = &change, .proposal_count = 1};
    world_commit(&world, 2, &request, &bundle);
    world_accept(&world, 2, &bundle);
    for (size_t i = 0; i < 3; i++) {
        assert_true(
            mls_public_group_extension(mls_group_public(world.members[i].group), 0xF0C1, &data));
        assert_true(span_equal(data, SPAN_LITERAL("another channel")));
    }
    world_check(&world);
    world_clear(&world);
}

/* Proposals that are valid alone and cannot be committed do not keep anybody from committing. */
static void proposals_that_do_not_go_together_are_left_out(void **state)
{
    (void)state;
    struct world world;
    struct mls_key_package_checked member;
    world_init(&world, 1);
    world_start_group(&world, 4);
    world_renew_package(&world, 3);
    OK(mls_key_package_check(buffer_span(&world.members[3].package), &world.options, &member));
    const struct mls_extensions none = {SPAN_EMPTY};
    uint8_t nonce[32] = {1};
    const struct mls_proposal proposals[][2] = {
        /* Somebody who is in the group already. */
        {{.type = MLS_PROPOSAL_ADD, .add = &member.package},
         {.type = MLS_PROPOSAL_REMOVE, .removed = 2}},
        {{.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS, .context_extensions = none},
         {.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS, .context_extensions = none}},
        /* A key that nobody has. */
        {{.type = MLS_PROPOSAL_PSK, .psk = {.type = MLS_PSK_EXTERNAL, .nonce = SPAN_OF(nonce)}},
         {.type = MLS_PROPOSAL_REMOVE, .removed = 2}},
    };
    for (size_t i = 0; i < sizeof proposals / sizeof *proposals; i++) {
        for (size_t j = 0; j < 2; j++) {
            CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
            OK(mls_group_propose(world.members[1 + j].group, &proposals[i][j], SPAN_EMPTY,
                                 &world.options, &message));
            for (size_t who = 0; who < 4; who++) {
                CLEANUP(mls_received_clear) struct mls_received received = {0};
                OK(world_hear(&world, who, buffer_span(&message), &received));
            }
        }
        world_refresh(&world, 0);
        assert_false(mls_group_is_removed(world.members[2].group));
        world_check(&world);
    }
    world_clear(&world);
}

static enum status find_psk(void *context, const struct mls_psk_id *id, struct buffer *psk)
{
    (void)context;
    if (id->type != MLS_PSK_EXTERNAL || !span_equal(id->psk_id, SPAN_LITERAL("the psk")))
        return STATUS_NOT_FOUND;
    return buffer_append(psk, SPAN_LITERAL("agreed upon elsewhere"));
}

static void pre_shared_keys_are_part_of_the_next_epoch(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    const struct mls_psk_store store = {find_psk, NULL};
    struct mls_group *joined = NULL;
    struct mls_key_package_checked checked;
    uint8_t nonces[2][32] = {{1}, {2}};
    world_init(&world, 1);
    world_start_group(&world, 3);
    OK(mls_key_package_check(buffer_span(&world.members[3].package), &world.options, &checked));
    struct mls_proposal proposals[3] = {{.type = MLS_PROPOSAL_PSK,
                                         .psk = {.type = MLS_PSK_EXTERNAL,
                                                 .psk_id = SPAN_LITERAL("the psk"),
                                                 .nonce = SPAN_OF(nonces[0])}},
                                        {.type = MLS_PROPOSAL_PSK,
                                         .psk = {.type = MLS_PSK_RESUMPTION,
                                                 .usage = MLS_PSK_APPLICATION,
                                                 .group_id = SPAN_LITERAL("the group"),
                                                 .epoch = 1,
                                                 .nonce = SPAN_OF(nonces[1])}},
                                        {.type = MLS_PROPOSAL_ADD, .add = &checked.package}};
    struct mls_commit_request request = {.proposals = proposals, .proposal_count = 2};
    FAILS(
        mls_group_commit(world.members[0].group, &request, &world.options, &world.random, &bundle),
        STATUS_NOT_FOUND);
    mls_group_set_psk_store(world.members[0].group, &store);
    mls_group_set_psk_store(world.members[1].group, &store);
    world_commit(&world, 0, &request, &bundle);
    FAILS(world_hear(&world, 2, buffer_span(&bundle.commit), &received), STATUS_NOT_FOUND);
    mls_group_set_psk_store(world.members[2].group, &store);
    world_accept(&world, 0, &bundle);
    world_check(&world);

    /* And the same for somebody who joins with the external one. */
    proposals[1] = proposals[2];
    world_commit(&world, 1, &request, &bundle);
    world_accept(&world, 1, &bundle);
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(SIZE_MAX);
    OK(mls_group_write_tree(world.members[0].group, &tree));
    struct mls_join_request join = {.welcome = buffer_span(&bundle.welcome),
                                    .key_package = buffer_span(&world.members[3].package),
                                    .private_part = buffer_span(&world.members[3].package_private),
                                    .ratchet_tree = buffer_span(&tree)};
    FAILS(mls_group_join(&join, &world.options, &joined), STATUS_NOT_FOUND);
    join.psk_store = &store;
    OK(mls_group_join(&join, &world.options, &joined));
    world.members[3].group = joined;
    world_store(&world, 3);
    world_check(&world);
    world_clear(&world);
}

/* RFC 9420, 12.4.2: "If the Commit included a ReInit proposal, the client MUST NOT use the group to
 * send messages anymore." */
/* RFC 9420, 8.4: PSKLabel counts them in a uint16. */
static void more_psks_than_can_be_counted_are_refused(void **state)
{
    (void)state;
    struct mls_psk_chain chain;
    OK(mls_psk_chain_init(&chain, suite_find(1), UINT16_MAX));
    FAILS(mls_psk_chain_init(&chain, suite_find(1), UINT16_MAX + 1), STATUS_LIMIT);
}

static void after_a_reinit_nothing_is_sent(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    struct mls_proposal reinit = {.type = MLS_PROPOSAL_REINIT,
                                  .reinit = {.group_id = SPAN_LITERAL("the next group"),
                                             .version = MLS_VERSION_10,
                                             .cipher_suite = 3}};
    struct mls_commit_request request = {.proposals = &reinit, .proposal_count = 1};
    world_init(&world, 1);
    world_start_group(&world, 2);
    world_commit(&world, 0, &request, &bundle);
    world_accept(&world, 0, &bundle);
    for (size_t i = 0; i < 2; i++) {
        world_restart(&world, i);
        FAILS(mls_group_protect(world.members[i].group, SPAN_EMPTY, SPAN_LITERAL("too late"), 0,
                                &world.random, &sent),
              STATUS_NOT_NOW);
        FAILS(mls_group_commit(world.members[i].group, &request, &world.options, &world.random,
                               &bundle),
              STATUS_NOT_NOW);
    }
    world_clear(&world);
}

/* `who` joins from the GroupInfo of `from`, and everybody follows. */
static void join_externally(struct world *world, size_t who, size_t from, bool resync)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer info = BUFFER_INIT(SIZE_MAX);
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(SIZE_MAX);
    struct mls_group *joined = NULL;
    uint64_t epoch = mls_group_epoch(world->members[from].group);
    OK(mls_group_write_group_info(world->members[from].group, false, &info));
    OK(mls_group_write_tree(world->members[from].group, &tree));
    struct mls_external_join_request request = {.group_info = buffer_span(&info),
                                                .ratchet_tree = buffer_span(&tree),
                                                .identity = &world->members[who].identity,
                                                .resync = resync};
    OK(mls_group_join_external(&request, &world->options, &world->random, &joined, &bundle));
    mls_group_free(&world->members[who].group);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        CLEANUP(mls_received_clear) struct mls_received received = {0};
        struct mls_group *group = world->members[i].group;
        if (group == NULL || mls_group_is_removed(group) || mls_group_epoch(group) != epoch)
            continue;
        OK(mls_group_receive(group, buffer_span(&bundle.commit), &world->options, &received));
        OK(mls_group_merge_staged(group));
        world_store(world, i);
    }
    OK(mls_public_group_check_group_info(mls_group_public(joined), buffer_span(&bundle.group_info),
                                         mls_group_own_leaf(joined)));
    world->members[who].group = joined;
    world_forget_rows(world, who);
    world_store(world, who);
}

/* RFC 9420, 12.4.3.2: "When processing a Commit, both existing and new members MUST use the
 * external init secret as described in Section 8.3." */
static void a_newcomer_joins_by_an_external_commit(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 5; count++) {
        struct world world;
        world_init(&world, 1);
        world_start_group(&world, count);
        join_externally(&world, count, 0, false);
        world_check(&world);
        world_restart(&world, count);
        world_refresh(&world, count);
        join_externally(&world, count + 1, count, false);
        world_check(&world);
        world_refresh(&world, 0);
        world_check(&world);
        world_clear(&world);
    }
}

static void a_stalled_member_comes_back_by_resync(void **state)
{
    (void)state;
    struct world world;
    struct mls_group *joined = NULL;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer info = BUFFER_INIT(SIZE_MAX);
    world_init(&world, 1);
    world_start_group(&world, 4);
    mls_group_free(&world.members[2].group);
    world_refresh(&world, 1);
    OK(mls_group_write_group_info(world.members[1].group, true, &info));
    struct mls_external_join_request request = {.group_info = buffer_span(&info),
                                                .identity = &world.members[2].identity};
    FAILS(mls_group_join_external(&request, &world.options, &world.random, &joined, &bundle),
          STATUS_EXISTS);
    request.identity = &world.members[7].identity;
    request.resync = true;
    FAILS(mls_group_join_external(&request, &world.options, &world.random, &joined, &bundle),
          STATUS_NOT_FOUND);
    join_externally(&world, 2, 1, true);
    world_check(&world);
    world_refresh(&world, 0);
    world_check(&world);
    world_clear(&world);
}

/* The server accepts a commit with such a context: members must not be stuck with it. */
static void keys_are_derived_from_the_largest_context(void **state)
{
    (void)state;
    static const uint8_t context[LIMIT_OBJECT_BYTES];
    static const uint8_t secret[32] = {1};
    uint8_t key[32];
    assert_int_equal(mls_kdf_expand(suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519),
                                    SPAN_OF(secret), "epoch", SPAN_OF(context), key, sizeof key),
                     STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_derived_from_the_largest_context),
        cmocka_unit_test(every_suite_creates_adds_and_talks),
        cmocka_unit_test(groups_of_two_to_nine_agree_after_each_change),
        cmocka_unit_test(a_path_and_adds_go_in_one_commit),
        cmocka_unit_test(a_commit_that_only_adds_has_no_path),
        cmocka_unit_test(creating_a_commit_changes_nothing),
        cmocka_unit_test(the_loser_of_a_race_follows_the_winner),
        cmocka_unit_test(ones_own_commit_is_recognised),
        cmocka_unit_test(a_commit_that_a_copy_of_the_group_made_is_told_apart),
        cmocka_unit_test(proposals_by_reference_are_committed),
        cmocka_unit_test(an_update_may_bring_a_new_signature_key),
        cmocka_unit_test(extensions_change_by_a_commit),
        cmocka_unit_test(proposals_that_do_not_go_together_are_left_out),
        cmocka_unit_test(pre_shared_keys_are_part_of_the_next_epoch),
        cmocka_unit_test(more_psks_than_can_be_counted_are_refused),
        cmocka_unit_test(after_a_reinit_nothing_is_sent),
        cmocka_unit_test(a_newcomer_joins_by_an_external_commit),
        cmocka_unit_test(a_stalled_member_comes_back_by_resync),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
