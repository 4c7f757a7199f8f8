/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a member owes the others: what it writes, draws, and does not do. */
#include "protocol/mls/member/group_state.h"
#include "protocol/mls/member/protection.h"
#include "tests/unit/protocol/mls/member/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call) assert_string_equal(status_name(call), "OK")
#define FAILS(call, expected) assert_string_equal(status_name(call), status_name(expected))

/* ---- leaves and KeyPackages ---- */

static enum status make_package(struct world *world,
                                const struct mls_identity *identity,
                                bool last_resort,
                                struct buffer *message)
{
    CLEANUP(buffer_clear) struct buffer private_part = BUFFER_INIT(SIZE_MAX);
    return mls_key_package_new(world->suite, identity, last_resort, &world->random, message,
                               &private_part);
}

/* RFC 9420, 7.2: "The following proposal and extension types are considered "default" and MUST NOT
 * be listed:" "The client MUST list all values for the respective parameters that it supports." */
static void a_leaf_lists_what_its_member_supports_and_no_defaults(void **state)
{
    (void)state;
    static const uint16_t types[] = {0xF0C1, MLS_EXTENSION_EXTERNAL_SENDERS, 0x000A,
                                     MLS_EXTENSION_APPLICATION_ID};
    static const uint16_t suites[] = {3, 2};
    struct world world;
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
    struct mls_key_package_checked checked;
    world_init(&world, 1);
    struct mls_identity identity = world.members[0].identity;
    identity.extension_types = types;
    identity.extension_type_count = 4;
    identity.cipher_suites = suites;
    identity.cipher_suite_count = 2;
    OK(make_package(&world, &identity, false, &message));
    OK(mls_key_package_check(buffer_span(&message), &world.options, &checked));
    const struct mls_capabilities *listed = &checked.package.leaf_node.capabilities;
    assert_true(span_equal(listed->versions.bytes, SPAN_LITERAL("\0\1")));
    assert_true(span_equal(listed->cipher_suites.bytes, SPAN_LITERAL("\0\1\0\3\0\2")));
    assert_true(span_equal(listed->extensions.bytes, SPAN_LITERAL("\xf0\xc1\0\x0a")));
    assert_int_equal(listed->proposals.bytes.len, 0);
    assert_true(span_equal(listed->credentials.bytes, SPAN_LITERAL("\0\1")));
    world_clear(&world);
}

/* RFC 9420, 13.4: "A client that posts a KeyPackage MUST support all parameters advertised in it."
 */
static void a_suite_that_is_not_ours_is_not_advertised(void **state)
{
    (void)state;
    static const uint16_t suites[] = {3, 0x0A0A};
    struct world world;
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
    world_init(&world, 1);
    struct mls_identity identity = world.members[0].identity;
    identity.cipher_suites = suites;
    identity.cipher_suite_count = 2;
    FAILS(make_package(&world, &identity, false, &message), STATUS_UNSUPPORTED);
    assert_int_equal(message.len, 0);
    world_clear(&world);
}

/* RFC 9420, 10: "Extensions included in the `extensions` or `leaf_node.extensions` fields MUST be
 * included in the `leaf_node.capabilities` field." */
static void a_key_package_lists_its_own_extensions(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
    world_init(&world, 1);
    struct mls_identity identity = world.members[0].identity;
    OK(make_package(&world, &identity, true, &message));
    buffer_truncate(&message, 0);
    identity.extension_type_count = 1; /* without last_resort */
    FAILS(make_package(&world, &identity, true, &message), STATUS_INVALID_LEAF);
    identity.leaf_extensions.bytes = SPAN_LITERAL("\xf0\xc2\0");
    FAILS(make_package(&world, &identity, false, &message), STATUS_INVALID_LEAF);
    assert_int_equal(message.len, 0);
    world_clear(&world);
}

/* RFC 9420, 10: "The value for `init_key` MUST be a public key for the asymmetric encryption scheme
 * defined by `cipher_suite`, and it MUST be unique among the set of KeyPackages created by this
 * client." */
static void every_key_package_has_keys_of_its_own(void **state)
{
    (void)state;
    enum { COUNT = 8 };
    struct world world;
    struct buffer messages[COUNT];
    struct mls_key_package_checked checked[COUNT];
    world_init(&world, 1);
    for (size_t i = 0; i < COUNT; i++) {
        buffer_init(&messages[i], SIZE_MAX);
        OK(make_package(&world, &world.members[0].identity, false, &messages[i]));
        OK(mls_key_package_check(buffer_span(&messages[i]), &world.options, &checked[i]));
        for (size_t j = 0; j < i; j++)
            assert_false(span_equal(checked[i].package.init_key, checked[j].package.init_key));
    }
    for (size_t i = 0; i < COUNT; i++)
        buffer_clear(&messages[i]);
    world_clear(&world);
}

/* RFC 9420, 7.3: "If the LeafNode appears in a message being sent by the client, e.g., a Proposal
 * or a Commit, then the client MUST verify that the current time is within the range of the
 * `lifetime` field." */
static void an_expired_package_is_neither_proposed_nor_committed(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
    struct mls_key_package_checked checked;
    world_init(&world, 1);
    world_start_group(&world, 2);
    struct mls_group *group = world.members[0].group;
    OK(mls_key_package_check(buffer_span(&world.members[2].package), &world.options, &checked));
    const struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &checked.package};
    const struct mls_commit_request request = {.proposals = &add, .proposal_count = 1};
    struct mls_options late = world.options;
    late.now_seconds = checked.package.leaf_node.not_after + late.tolerance_seconds + 1;
    FAILS(mls_group_propose(group, &add, SPAN_EMPTY, &late, &message), STATUS_EXPIRED);
    FAILS(mls_group_commit(group, &request, &late, &world.random, &bundle), STATUS_EXPIRED);
    OK(mls_group_propose(group, &add, SPAN_EMPTY, &world.options, &message));
    OK(mls_group_commit(group, &request, &world.options, &world.random, &bundle));
    world_clear(&world);
}

/* ---- nonces of pre-shared keys ---- */

static enum status find_psk(void *context, const struct mls_psk_id *id, struct buffer *psk)
{
    (void)context;
    (void)id;
    return buffer_append(psk, SPAN_LITERAL("agreed upon elsewhere"));
}

/* The nonce of the one PSK that a commit has. */
static void nonce_in(struct span commit, uint8_t nonce[32])
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT((size_t)1 << 20);
    struct mls_message message;
    OK(mls_message_decode(commit, &arena, &message));
    const struct mls_commit *sent = &message.public_message.content.commit;
    size_t found = 0;
    for (size_t i = 0; i < sent->proposal_count; i++) {
        const struct mls_proposal *proposal = &sent->proposals[i].proposal;
        if (proposal->type != MLS_PROPOSAL_PSK)
            continue;
        assert_int_equal(proposal->psk.nonce.len, 32);
        memcpy(nonce, proposal->psk.nonce.ptr, 32);
        found++;
    }
    assert_int_equal(found, 1);
}

/* RFC 9420, 8.4: "Each time a client injects a PSK into a group, the `psk_nonce` of its
 * PreSharedKeyID MUST be set to a fresh random value of length `KDF.Nh`, where `KDF` is the KDF for
 * the cipher suite of the group into which the PSK is being injected." 12.1.4: "The `psk_nonce`
 * MUST be randomly sampled." */
static void nonces_of_psks_are_drawn_for_each_commit(void **state)
{
    (void)state;
    const struct mls_psk_store store = {find_psk, NULL};
    const struct mls_proposal psk = {
        .type = MLS_PROPOSAL_PSK,
        .psk = {.type = MLS_PSK_EXTERNAL, .psk_id = SPAN_LITERAL("the psk")}};
    const struct mls_commit_request request = {.proposals = &psk, .proposal_count = 1};
    struct world world;
    uint8_t nonces[2][32];
    world_init(&world, 1);
    world_start_group(&world, 2);
    for (size_t i = 0; i < 2; i++)
        mls_group_set_psk_store(world.members[i].group, &store);
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
        world_commit(&world, 0, &request, &bundle);
        world_accept(&world, 0, &bundle);
        nonce_in(buffer_span(&bundle.commit), nonces[i]);
    }
    assert_memory_not_equal(nonces[0], nonces[1], 32);
    world_check(&world);
    world_clear(&world);
}

static void nonces_of_branches_are_drawn(void **state)
{
    (void)state;
    struct world world;
    uint8_t nonces[2][32];
    struct mls_key_package_checked checked;
    world_init(&world, 1);
    world_start_group(&world, 2);
    world_renew_package(&world, 1);
    OK(mls_key_package_check(buffer_span(&world.members[1].package), &world.options, &checked));
    const struct mls_continue_request request = {
        .from = {.old = world.members[0].group, .usage = MLS_PSK_BRANCH},
        .identity = &world.members[0].identity,
        .group_id = SPAN_LITERAL("a branch"),
        .packages = &checked.package,
        .package_count = 1};
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
        CLEANUP(mls_group_free) struct mls_group *branch = NULL;
        OK(mls_group_continue(&request, &world.options, &world.random, &branch, &bundle));
        nonce_in(buffer_span(&bundle.commit), nonces[i]);
    }
    assert_memory_not_equal(nonces[0], nonces[1], 32);
    world_clear(&world);
}

/* RFC 9420, 8.4: "To ensure that existing and new members compute the same PSK input to the key
 * schedule, the Commit and GroupSecrets objects MUST indicate the same set of PSKs, in the same
 * order." 12.4.1: "The order of the `psks` MUST be the same as the order of PreSharedKey proposals
 * in the `proposals` vector." Both chain the PSKs in order: with another one the Welcome would not
 * open. */
static void a_welcome_names_the_psks_of_its_commit_in_order(void **state)
{
    (void)state;
    const struct mls_psk_store store = {find_psk, NULL};
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_group_free) struct mls_group *joined = NULL;
    struct mls_key_package_checked checked;
    struct mls_proposal proposals[4];
    world_init(&world, 1);
    world_start_group(&world, 1);
    OK(mls_key_package_check(buffer_span(&world.members[2].package), &world.options, &checked));
    static const char *const names[] = {"zeta", "alpha", "mu"};
    for (size_t i = 0; i < 3; i++)
        proposals[i] = (struct mls_proposal){
            .type = MLS_PROPOSAL_PSK,
            .psk = {.type = MLS_PSK_EXTERNAL, .psk_id = span_of(names[i], strlen(names[i]))}};
    proposals[3] = (struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = &checked.package};
    const struct mls_commit_request request = {.proposals = proposals, .proposal_count = 4};
    mls_group_set_psk_store(world.members[0].group, &store);
    world_commit(&world, 0, &request, &bundle);
    world_accept(&world, 0, &bundle);
    OK(mls_group_write_tree(world.members[0].group, &tree));
    const struct mls_join_request join = {.welcome = buffer_span(&bundle.welcome),
                                          .key_package = buffer_span(&world.members[2].package),
                                          .private_part =
                                              buffer_span(&world.members[2].package_private),
                                          .ratchet_tree = buffer_span(&tree),
                                          .psk_store = &store};
    OK(mls_group_join(&join, &world.options, &joined));
    assert_true(span_equal(mls_group_epoch_authenticator(joined),
                           mls_group_epoch_authenticator(world.members[0].group)));
    world_clear(&world);
}

/* ---- messages ---- */

static const struct mls_sender first_member = {MLS_SENDER_MEMBER, 0};

/* Seals a message of that sender with the state of `group`. */
static enum status seal_with(struct world *world,
                             struct mls_group *group,
                             struct mls_sender sender,
                             struct buffer *out)
{
    uint32_t generation = 0;
    const struct mls_authenticated_content content = {
        .wire_format = MLS_WIRE_PRIVATE_MESSAGE,
        .content = {.group_id = mls_group_id(group),
                    .epoch = mls_group_epoch(group),
                    .sender = sender,
                    .type = MLS_CONTENT_APPLICATION,
                    .application_data = SPAN_LITERAL("the same")},
        .auth = {.signature = SPAN_LITERAL("signature")}};
    const struct mls_private_seal seal = {
        .suite = group->suite,
        .sender_data_secret = mls_key_schedule_get(&group->epoch->secrets, MLS_SECRET_SENDER_DATA),
        .tree = group->epoch->tree,
        .random = &world->random};
    return mls_protection_seal_private(&seal, &content, &generation, out);
}

static void sender_data_of(const struct mls_group *group,
                           const struct buffer *bytes,
                           struct mls_sender_data *sender_data,
                           struct mls_message *message)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT((size_t)1 << 20);
    OK(mls_message_decode(buffer_span(bytes), &arena, message));
    OK(mls_protection_open_sender(
        group->suite, mls_key_schedule_get(&group->epoch->secrets, MLS_SECRET_SENDER_DATA),
        &message->private_message, sender_data));
}

/* RFC 9420, 6.3.1: "To avoid this situation, the sender of a message MUST generate a fresh random
 * four-byte "reuse guard" value and XOR it with the first four bytes of the nonce from the key
 * schedule before using the nonce for encryption." "The sender MUST include the reuse guard in the
 * `reuse_guard` field of the sender data object, so that the recipient of the message can use it to
 * compute the nonce to be used for decryption." The state is lost and an older one used again: the
 * guard is what still differs. */
static void a_generation_that_is_used_again_has_another_nonce(void **state)
{
    (void)state;
    struct world world;
    struct buffer bytes[2] = {BUFFER_INIT(SIZE_MAX), BUFFER_INIT(SIZE_MAX)};
    struct mls_sender_data sender_data[2];
    struct mls_message messages[2];
    world_init(&world, 1);
    world_start_group(&world, 2);
    for (size_t i = 0; i < 2; i++) {
        world_restart(&world, 0);
        OK(seal_with(&world, world.members[0].group, first_member, &bytes[i]));
        sender_data_of(world.members[0].group, &bytes[i], &sender_data[i], &messages[i]);
        assert_int_equal(sender_data[i].generation, 0);
        assert_int_equal(sender_data[i].leaf_index, 0);
    }
    assert_memory_not_equal(sender_data[0].reuse_guard, sender_data[1].reuse_guard, 4);
    assert_false(
        span_equal(messages[0].private_message.ciphertext, messages[1].private_message.ciphertext));
    for (size_t i = 0; i < 2; i++)
        buffer_clear(&bytes[i]);
    world_clear(&world);
}

/* RFC 9420, 6.3.2: "When constructing a SenderData object from a Sender object, the sender MUST
 * verify Sender.sender_type is `member` and use Sender.leaf_index for SenderData.leaf_index." */
static void only_a_member_seals_a_private_message(void **state)
{
    (void)state;
    static const enum mls_sender_type others[] = {
        MLS_SENDER_EXTERNAL, MLS_SENDER_NEW_MEMBER_PROPOSAL, MLS_SENDER_NEW_MEMBER_COMMIT};
    struct world world;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(SIZE_MAX);
    world_init(&world, 1);
    world_start_group(&world, 2);
    for (size_t i = 0; i < 3; i++)
        FAILS(seal_with(&world, world.members[0].group, (struct mls_sender){others[i], 0}, &bytes),
              STATUS_INVALID);
    OK(seal_with(&world, world.members[0].group, first_member, &bytes));
    world_clear(&world);
}

/* RFC 9420, 6.3.2: "When parsing a SenderData struct as part of message decryption, the recipient
 * MUST verify that the leaf index indicated in the `leaf_index` field identifies a non-blank node."
 * Any member can make such a message: all know the keys of leaves where nobody is. */
static void a_message_from_a_blank_leaf_is_refused(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    world_init(&world, 1);
    world_start_group(&world, 3);
    OK(seal_with(&world, world.members[0].group, (struct mls_sender){MLS_SENDER_MEMBER, 3},
                 &bytes));
    FAILS(world_hear(&world, 1, buffer_span(&bytes), &received), STATUS_INVALID);
    world_clear(&world);
}

/* RFC 9420, 6.3.1: "The overall size of the AAD and ciphertext MUST fit within the limits
 * established for the group's AEAD algorithm in [CFRG-AEAD-LIMITS]." 15.2: "During each epoch,
 * senders MUST NOT encrypt more data than permitted by the security bounds of the AEAD scheme used
 * [CFRG-AEAD-LIMITS]." */
static void a_message_beyond_the_limit_is_not_encrypted(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    uint8_t *bytes = calloc(1, MLS_BYTES_MAX);
    assert_non_null(bytes);
    world_init(&world, 1);
    world_start_group(&world, 2);
    FAILS(mls_group_protect(world.members[0].group, SPAN_EMPTY, span_of(bytes, MLS_BYTES_MAX), 0,
                            &world.random, &sent),
          STATUS_LIMIT);
    assert_int_equal(sent.message.len, 0);
    world_say(&world, 0, "short", &sent);
    world_expect(&world, 1, buffer_span(&sent.message), "short");
    free(bytes);
    world_clear(&world);
}

/* RFC 9420, 15.2: "Hence this change MUST be applied before encrypting any new application
 * message." */
static void nothing_is_said_between_a_commit_and_its_merge(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    const struct mls_commit_request request = {0};
    world_init(&world, 1);
    world_start_group(&world, 2);
    world_commit(&world, 0, &request, &bundle);
    OK(world_hear(&world, 1, buffer_span(&bundle.commit), &received));
    struct mls_group *group = world.members[1].group;
    FAILS(mls_group_protect(group, SPAN_EMPTY, SPAN_LITERAL("too early"), 0, &world.random, &sent),
          STATUS_NOT_NOW);
    OK(mls_group_merge_staged(group));
    world_say(&world, 1, "now", &sent);
    assert_int_equal(sent.epoch, mls_group_epoch(group));
    OK(mls_group_apply_pending(world.members[0].group));
    world_expect(&world, 0, buffer_span(&sent.message), "now");
    world_clear(&world);
}

/* ---- joining ---- */

static enum status join_as(struct world *world, struct span welcome, struct span id, bool with_tree)
{
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_group_free) struct mls_group *joined = NULL;
    OK(mls_group_write_tree(world->members[0].group, &tree));
    const struct mls_join_request request = {
        .welcome = welcome,
        .key_package = buffer_span(&world->members[2].package),
        .private_part = buffer_span(&world->members[2].package_private),
        .ratchet_tree = with_tree ? buffer_span(&tree) : SPAN_EMPTY,
        .group_id = id};
    return mls_group_join(&request, &world->options, &joined);
}

static void start_with_welcome(struct world *world, struct mls_commit_bundle *bundle)
{
    struct mls_key_package_checked checked;
    world_init(world, 1);
    world_start_group(world, 2);
    OK(mls_key_package_check(buffer_span(&world->members[2].package), &world->options, &checked));
    const struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &checked.package};
    const struct mls_commit_request request = {.proposals = &add, .proposal_count = 1};
    world_commit(world, 0, &request, bundle);
    world_accept(world, 0, bundle);
}

/* RFC 9420, 12.4.3: "New members MUST verify that `group_id` is unique among the groups they are
 * currently participating in." */
static void a_newcomer_joins_only_the_group_that_is_new_to_it(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    start_with_welcome(&world, &bundle);
    struct span welcome = buffer_span(&bundle.welcome);
    struct span id = mls_group_id(world.members[0].group);
    FAILS(join_as(&world, welcome, SPAN_LITERAL("another"), true), STATUS_WRONG_GROUP);
    OK(join_as(&world, welcome, id, true));
    OK(join_as(&world, welcome, SPAN_EMPTY, true));
    world_clear(&world);
}

/* RFC 9420, 12.4.3.1: "If it is sent otherwise (e.g., provided by a caching service on the Delivery
 * Service), then the client MUST download the tree before processing the Welcome." */
static void a_newcomer_needs_the_tree(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    start_with_welcome(&world, &bundle);
    FAILS(join_as(&world, buffer_span(&bundle.welcome), SPAN_EMPTY, false), STATUS_NOT_FOUND);
    world_clear(&world);
}

/* RFC 9420, 12.4.3.1: "The private key MUST be the private key that corresponds to the public key
 * in the node." */
static void a_path_secret_must_give_the_keys_of_the_tree(void **state)
{
    (void)state;
    static const uint8_t other[32] = {1};
    struct world world;
    world_init(&world, 1);
    world_start_group(&world, 4);
    world_refresh(&world, 0);
    const struct mls_group *group = world.members[2].group;
    struct mls_private_keys keys = {.arena = group->arena};
    const struct mls_tree *tree = mls_public_group_tree(group->public_group);
    FAILS(mls_treekem_implant(tree, 2, 0, SPAN_OF(other), &keys), STATUS_INVALID_TREE);
    assert_int_equal(keys.count, 0);
    world_clear(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leaf_lists_what_its_member_supports_and_no_defaults),
        cmocka_unit_test(a_suite_that_is_not_ours_is_not_advertised),
        cmocka_unit_test(a_key_package_lists_its_own_extensions),
        cmocka_unit_test(every_key_package_has_keys_of_its_own),
        cmocka_unit_test(an_expired_package_is_neither_proposed_nor_committed),
        cmocka_unit_test(nonces_of_psks_are_drawn_for_each_commit),
        cmocka_unit_test(nonces_of_branches_are_drawn),
        cmocka_unit_test(a_welcome_names_the_psks_of_its_commit_in_order),
        cmocka_unit_test(a_generation_that_is_used_again_has_another_nonce),
        cmocka_unit_test(only_a_member_seals_a_private_message),
        cmocka_unit_test(a_message_from_a_blank_leaf_is_refused),
        cmocka_unit_test(a_message_beyond_the_limit_is_not_encrypted),
        cmocka_unit_test(nothing_is_said_between_a_commit_and_its_merge),
        cmocka_unit_test(a_newcomer_joins_only_the_group_that_is_new_to_it),
        cmocka_unit_test(a_newcomer_needs_the_tree),
        cmocka_unit_test(a_path_secret_must_give_the_keys_of_the_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
