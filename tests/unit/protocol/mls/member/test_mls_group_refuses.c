/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a member's group does not take, and that it is as before afterwards. */
#include "protocol/mls/member/commit_build.h"
#include "protocol/mls/member/group_state.h"
#include "protocol/mls/member/kdf.h"
#include "protocol/mls/member/protection.h"
#include "tests/unit/protocol/mls/member/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call) assert_string_equal(status_name(call), "OK")
#define JOINER_BYTES 32 /* of suite 1 */
#define FAILS(call, expected) assert_string_equal(status_name(call), status_name(expected))

/* ---- the state as one string of bytes ---- */

static enum status put_row(void *context, const struct mls_row_key *key, struct span bytes)
{
    struct writer writer = writer_of(context);
    writer_u8(&writer, (uint8_t)key->kind);
    writer_u64(&writer, key->epoch);
    writer_u32(&writer, key->index);
    writer_vector(&writer, bytes);
    return writer_finish(&writer);
}

static enum status drop_row(void *context, const struct mls_row_key *key)
{
    (void)context;
    (void)key;
    fail();
    return STATUS_OK;
}

static void state_of(struct mls_group *group, struct buffer *state)
{
    struct mls_row_sink sink = {put_row, drop_row, state};
    OK(mls_group_rows(group, &sink));
}

/* Whether the message is refused and leaves no trace. */
static void assert_refused(struct world *world, size_t who, struct span message)
{
    CLEANUP(buffer_clear) struct buffer before = BUFFER_INIT(SIZE_MAX);
    CLEANUP(buffer_clear) struct buffer after = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    struct mls_group *group = world->members[who].group;
    state_of(group, &before);
    enum status status = mls_group_receive(group, message, &world->options, &received);
    assert_int_not_equal(status, STATUS_OK);
    assert_int_not_equal(status, STATUS_INTERNAL);
    assert_null(mls_group_staged(group));
    state_of(group, &after);
    assert_true(span_equal(buffer_span(&before), buffer_span(&after)));
}

/* Every truncation, a byte more, and one bit in each byte (which one depends on its place). */
static void assert_all_damage_refused(struct world *world, size_t who, struct span message)
{
    uint8_t *copy = malloc(message.len + 1);
    assert_non_null(copy);
    memcpy(copy, message.ptr, message.len);
    copy[message.len] = 0;
    assert_refused(world, who, span_of(copy, message.len + 1));
    for (size_t len = 0; len < message.len; len++)
        assert_refused(world, who, span_of(copy, len));
    for (size_t i = 0; i < message.len; i++) {
        uint8_t bit = (uint8_t)(1u << (i * 5 % 8));
        copy[i] ^= bit;
        assert_refused(world, who, span_of(copy, message.len));
        copy[i] ^= bit;
    }
    free(copy);
}

static void damaged_application_messages(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_sent_clear) struct mls_sent first = {0};
    CLEANUP(mls_sent_clear) struct mls_sent second = {0};
    world_init(&world, 1);
    world_start_group(&world, 3);
    world_say(&world, 0, "first", &first);
    world_expect(&world, 1, buffer_span(&first.message), "first");
    world_say(&world, 0, "second", &second);
    assert_all_damage_refused(&world, 1, buffer_span(&second.message));
    world_expect(&world, 1, buffer_span(&second.message), "second");
    world_clear(&world);
}

static void damaged_commits_and_proposals(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer update = BUFFER_INIT(SIZE_MAX);
    struct mls_commit_request request = {.authenticated_data = SPAN_LITERAL("head")};
    world_init(&world, 1);
    world_start_group(&world, 3);
    OK(mls_group_propose_update(world.members[0].group, NULL, SPAN_EMPTY, &world.random, &update));
    assert_all_damage_refused(&world, 1, buffer_span(&update));
    world_commit(&world, 0, &request, &bundle);
    assert_all_damage_refused(&world, 1, buffer_span(&bundle.commit));
    world_accept(&world, 0, &bundle);
    world_check(&world);
    world_clear(&world);
}

static enum status join_from(struct world *world, size_t who, struct span welcome, struct span tree)
{
    struct member *member = &world->members[who];
    struct mls_group *joined = NULL;
    struct mls_join_request request = {.welcome = welcome,
                                       .key_package = buffer_span(&member->package),
                                       .private_part = buffer_span(&member->package_private),
                                       .ratchet_tree = tree};
    enum status status = mls_group_join(&request, &world->options, &joined);
    assert_int_equal(status == STATUS_OK, joined != NULL);
    mls_group_free(&joined);
    return status;
}

static void damaged_welcomes_and_trees(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(SIZE_MAX);
    struct mls_key_package_checked checked;
    world_init(&world, 1);
    world_start_group(&world, 2);
    OK(mls_key_package_check(buffer_span(&world.members[2].package), &world.options, &checked));
    struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &checked.package};
    struct mls_commit_request request = {
        .proposals = &add, .proposal_count = 1, .force_path = true};
    world_commit(&world, 0, &request, &bundle);
    world_accept(&world, 0, &bundle);
    OK(mls_group_write_tree(world.members[0].group, &tree));
    struct buffer *parts[2] = {&bundle.welcome, &tree};
    for (size_t part = 0; part < 2; part++) {
        struct span whole = buffer_span(parts[part]);
        for (size_t i = 0; i < whole.len; i++) {
            struct span cut = {whole.ptr, i};
            struct span welcome = part == 0 ? cut : buffer_span(&bundle.welcome);
            struct span ratchet_tree = part == 1 ? cut : buffer_span(&tree);
            assert_int_not_equal(join_from(&world, 2, welcome, ratchet_tree), STATUS_OK);
            parts[part]->ptr[i] ^= (uint8_t)(1u << (i * 3 % 8));
            assert_int_not_equal(
                join_from(&world, 2, buffer_span(&bundle.welcome), buffer_span(&tree)), STATUS_OK);
            parts[part]->ptr[i] ^= (uint8_t)(1u << (i * 3 % 8));
        }
    }
    OK(join_from(&world, 2, buffer_span(&bundle.welcome), buffer_span(&tree)));
    FAILS(join_from(&world, 3, buffer_span(&bundle.welcome), buffer_span(&tree)), STATUS_NOT_FOUND);
    world_clear(&world);
}

/* Another message where a Welcome or a KeyPackage should be, and a KeyPackage of another suite. */
static void what_is_no_welcome(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_key_package_checked checked;
    bool is_for;
    world_init(&world, 1);
    world_start_group(&world, 2);
    struct buffer *package = &world.members[2].package;
    OK(mls_key_package_check(buffer_span(package), &world.options, &checked));
    struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &checked.package};
    struct mls_commit_request request = {.proposals = &add, .proposal_count = 1};
    world_commit(&world, 0, &request, &bundle);
    struct span welcome = buffer_span(&bundle.welcome);
    struct span others[] = {buffer_span(package), buffer_span(&bundle.commit),
                            buffer_span(&bundle.group_info)};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        FAILS(join_from(&world, 2, others[i], buffer_span(&tree)), STATUS_UNSUPPORTED);
        FAILS(mls_group_welcome_is_for(others[i], SPAN_EMPTY, &is_for), STATUS_UNSUPPORTED);
    }
    struct buffer kept = *package;
    *package = bundle.commit;
    FAILS(join_from(&world, 2, welcome, buffer_span(&tree)), STATUS_UNSUPPORTED);
    *package = kept;
    /* MLSMessage.version, wire_format, KeyPackage.version, cipher_suite */
    package->ptr[7] = SUITE_X25519_CHACHA20POLY1305_SHA256_ED25519;
    FAILS(join_from(&world, 2, welcome, buffer_span(&tree)), STATUS_INVALID);
    world_clear(&world);
}

/* ---- forgeries ---- */

/* Member 1 seals as if it were member 0, with member 0's next key, which it knows. */
static void seal_as_another(struct world *world, struct buffer *out)
{
    struct mls_group *forger = world->members[1].group;
    struct signature signature;
    uint32_t generation = 0;
    struct mls_authenticated_content authenticated = {
        .wire_format = MLS_WIRE_PRIVATE_MESSAGE,
        .content = {.group_id = mls_group_id(forger),
                    .epoch = mls_group_epoch(forger),
                    .sender = {MLS_SENDER_MEMBER, 0},
                    .type = MLS_CONTENT_APPLICATION,
                    .application_data = SPAN_LITERAL("forged")}};
    OK(mls_protection_sign_content(forger->suite, secret_span(forger->signature_key),
                                   MLS_WIRE_PRIVATE_MESSAGE, &authenticated.content,
                                   mls_group_context_bytes(forger), &signature));
    authenticated.auth.signature = signature_span(&signature);
    struct mls_private_seal seal = {
        .suite = forger->suite,
        .sender_data_secret = mls_key_schedule_get(&forger->epoch->secrets, MLS_SECRET_SENDER_DATA),
        .tree = forger->epoch->tree,
        .random = &world->random};
    OK(mls_protection_seal_private(&seal, &authenticated, &generation, out));
}

/* RFC 9420, 6.1: "Recipients of an MLSMessage MUST verify the signature with the key depending on
 * the `sender_type` of the sender as described above." 6.3.1: "When decoding a
 * PrivateMessageContent, the application MUST check that the FramedContentAuthData is valid." */
static void a_message_forged_by_another_member_does_not_use_up_the_key(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(buffer_clear) struct buffer forged = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_sent_clear) struct mls_sent first = {0};
    CLEANUP(mls_sent_clear) struct mls_sent second = {0};
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    world_init(&world, 1);
    world_start_group(&world, 3);
    world_say(&world, 0, "first", &first);
    world_expect(&world, 1, buffer_span(&first.message), "first");
    world_expect(&world, 2, buffer_span(&first.message), "first");
    seal_as_another(&world, &forged);
    assert_refused(&world, 2, buffer_span(&forged));
    FAILS(world_hear(&world, 2, buffer_span(&forged), &received), STATUS_BAD_SIGNATURE);
    world_say(&world, 0, "second", &second);
    world_expect(&world, 2, buffer_span(&second.message), "second");
    world_clear(&world);
}

/* The commit with a tag of this length in place of its own. */
static void reseal(const struct mls_group *sender,
                   struct span commit,
                   size_t confirmation_len,
                   size_t membership_len,
                   struct buffer *out)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT((size_t)1 << 20);
    struct mls_message message;
    OK(mls_message_decode(commit, &arena, &message));
    message.public_message.auth.confirmation_tag.len = confirmation_len;
    struct mls_authenticated_content authenticated = {
        MLS_WIRE_PUBLIC_MESSAGE, message.public_message.content, message.public_message.auth};
    buffer_truncate(out, 0);
    if (membership_len == 32) {
        OK(mls_protection_seal_public(
            sender->suite, mls_key_schedule_get(&sender->epoch->secrets, MLS_SECRET_MEMBERSHIP),
            &authenticated, mls_group_context_bytes(sender), out));
        return;
    }
    message.public_message.membership_tag.len = membership_len;
    struct writer writer = writer_of(out);
    mls_message_write(&writer, &message);
    OK(writer_finish(&writer));
}

/* RFC 9420, 6.2: "For messages sent by members, it MUST be set to the following value:" "When
 * decoding a PublicMessage into an AuthenticatedContent, the application MUST check
 * `membership_tag` and MUST check that the FramedContentAuthData is valid." */
static void tags_that_are_short_or_empty(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer changed = BUFFER_INIT(SIZE_MAX);
    struct mls_commit_request request = {0};
    world_init(&world, 1);
    world_start_group(&world, 2);
    world_commit(&world, 0, &request, &bundle);
    for (size_t len = 0; len < 32; len++) {
        reseal(world.members[0].group, buffer_span(&bundle.commit), len, 32, &changed);
        assert_refused(&world, 1, buffer_span(&changed));
        reseal(world.members[0].group, buffer_span(&bundle.commit), 32, len, &changed);
        assert_refused(&world, 1, buffer_span(&changed));
    }
    world_accept(&world, 0, &bundle);
    world_check(&world);
    world_clear(&world);
}

/* The commit's sender changes one ciphertext of its path and signs again: nobody but those it is
 * for can tell. */
static void
resign_with_bad_path(const struct mls_group *sender, struct span commit, struct buffer *out)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT((size_t)1 << 20);
    struct mls_message message;
    struct signature signature;
    struct span copy;
    void *memory = NULL;
    OK(mls_message_decode(commit, &arena, &message));
    struct mls_authenticated_content authenticated = {
        MLS_WIRE_PUBLIC_MESSAGE, message.public_message.content, message.public_message.auth};
    struct mls_update_path path = *authenticated.content.commit.path;
    OK(arena_take(&arena, path.node_count, sizeof *path.nodes, &memory));
    struct mls_update_path_node *nodes = memory;
    memcpy(nodes, path.nodes, path.node_count * sizeof *nodes);
    OK(arena_copy(&arena, nodes[0].secrets[0].ciphertext, &copy));
    uint8_t flipped[128];
    assert_true(copy.len <= sizeof flipped);
    memcpy(flipped, copy.ptr, copy.len);
    flipped[5] ^= 1;
    struct mls_hpke_ciphertext bad = {nodes[0].secrets[0].kem_output, span_of(flipped, copy.len)};
    nodes[0].secrets = &bad;
    path.nodes = nodes;
    authenticated.content.commit.path = &path;
    authenticated.content.bytes = SPAN_EMPTY;
    OK(mls_protection_sign_content(sender->suite, secret_span(sender->signature_key),
                                   MLS_WIRE_PUBLIC_MESSAGE, &authenticated.content,
                                   mls_group_context_bytes(sender), &signature));
    authenticated.auth.signature = signature_span(&signature);
    OK(mls_protection_seal_public(
        sender->suite, mls_key_schedule_get(&sender->epoch->secrets, MLS_SECRET_MEMBERSHIP),
        &authenticated, mls_group_context_bytes(sender), out));
}

static void a_commit_of_which_the_path_does_not_open(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer bad = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    struct mls_commit_request request = {0};
    world_init(&world, 1);
    world_start_group(&world, 2);
    world_commit(&world, 0, &request, &bundle);
    resign_with_bad_path(world.members[0].group, buffer_span(&bundle.commit), &bad);
    assert_refused(&world, 1, buffer_span(&bad));
    FAILS(world_hear(&world, 1, buffer_span(&bad), &received), STATUS_NOT_DECRYPTED);
    world_accept(&world, 0, &bundle);
    world_check(&world);
    world_clear(&world);
}

static void a_commit_with_a_wrong_confirmation_tag(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer changed = BUFFER_INIT(SIZE_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT((size_t)1 << 20);
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    struct mls_commit_request request = {0};
    struct mls_message message;
    world_init(&world, 1);
    world_start_group(&world, 2);
    world_commit(&world, 0, &request, &bundle);
    OK(mls_message_decode(buffer_span(&bundle.commit), &arena, &message));
    /* The tag is not signed: its place is found in the message and changed there. */
    size_t at = (size_t)(message.public_message.auth.confirmation_tag.ptr - bundle.commit.ptr);
    bundle.commit.ptr[at] ^= 1;
    reseal(world.members[0].group, buffer_span(&bundle.commit), 32, 32, &changed);
    bundle.commit.ptr[at] ^= 1;
    assert_refused(&world, 1, buffer_span(&changed));
    FAILS(world_hear(&world, 1, buffer_span(&changed), &received), STATUS_BAD_MAC);
    world_accept(&world, 0, &bundle);
    world_check(&world);
    world_clear(&world);
}

/* A path whose secret opens and whose keys are not those that follow from it. */
static void a_path_with_keys_of_another_secret(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT((size_t)1 << 20);
    CLEANUP(mls_path_secrets_clear) struct mls_path_secrets secrets = {0};
    static const uint8_t first[32] = {1};
    struct secret commit_secret = {0};
    struct mls_update_path path = {0};
    world_init(&world, 1);
    world_start_group(&world, 4);
    const struct mls_group *group = world.members[2].group;
    const struct mls_tree *tree = mls_public_group_tree(group->public_group);
    OK(mls_path_secrets_derive(world.suite, SPAN_OF(first), 2, &secrets));
    for (int wrong = 0; wrong < 3; wrong++) {
        struct mls_private_keys next = {.arena = group->arena};
        const struct mls_treekem_path made = {.tree = tree};
        OK(mls_treekem_encrypt(&made, &secrets, &world.random, &arena, &path.nodes));
        path.node_count = 2;
        struct mls_update_path_node nodes[2] = {path.nodes[0], path.nodes[1]};
        if (wrong == 1)
            nodes[1].encryption_key = nodes[0].encryption_key;
        if (wrong == 2)
            nodes[1].secret_count--;
        path.nodes = nodes;
        struct mls_treekem_path input = {.tree = tree, .path = &path};
        FAILS(mls_treekem_decrypt(&input, 2, &group->keys, &next, &commit_secret, NULL),
              wrong == 0 ? STATUS_OK : STATUS_INVALID_TREE);
        mls_private_keys_clear(&next);
    }
    world_clear(&world);
}

/* RFC 9420, 7.4: a path secret has the length Nh. One that is shorter is encrypted all the same. */
static void a_path_secret_of_another_length(void **state)
{
    (void)state;
    struct world world;
    struct hpke_public kem_output;
    struct secret commit_secret = {0};
    static const uint8_t short_secret[31];
    world_init(&world, 1);
    world_start_group(&world, 2);
    const struct mls_group *group = world.members[1].group;
    const struct mls_tree *tree = mls_public_group_tree(group->public_group);
    for (size_t len = 30; len < 32; len++) {
        CLEANUP(buffer_clear) struct buffer ciphertext = BUFFER_INIT(SIZE_MAX);
        struct mls_private_keys next = {.arena = group->arena};
        OK(mls_kdf_encrypt(world.suite, &world.random, mls_tree_leaf(tree, 1)->encryption_key,
                           "UpdatePathNode", SPAN_EMPTY, span_of(short_secret, len), &kem_output,
                           &ciphertext));
        const struct mls_hpke_ciphertext secret = {hpke_public_span(&kem_output),
                                                   buffer_span(&ciphertext)};
        const struct mls_update_path_node node = {mls_tree_node_key(tree, 1), &secret, 1};
        const struct mls_update_path path = {.nodes = &node, .node_count = 1};
        struct mls_treekem_path input = {.tree = tree, .path = &path};
        FAILS(mls_treekem_decrypt(&input, 1, &group->keys, &next, &commit_secret, NULL),
              STATUS_MALFORMED);
        mls_private_keys_clear(&next);
    }
    world_clear(&world);
}

/* RFC 9420, 8.4: the nonce of a PSK has the length Nh, in a Welcome too. */
static void a_welcome_with_a_short_psk_nonce(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(SIZE_MAX);
    CLEANUP(buffer_clear) struct buffer welcome = BUFFER_INIT(SIZE_MAX);
    struct mls_key_package_checked checked;
    static const uint8_t joiner_secret[32];
    world_init(&world, 1);
    world_start_group(&world, 2);
    struct mls_group *group = world.members[0].group;
    OK(mls_key_package_check(buffer_span(&world.members[2].package), &world.options, &checked));
    struct mls_proposal proposals[2] = {{.type = MLS_PROPOSAL_ADD, .add = &checked.package},
                                        {.type = MLS_PROPOSAL_PSK,
                                         .psk = {.type = MLS_PSK_RESUMPTION,
                                                 .usage = MLS_PSK_APPLICATION,
                                                 .group_id = mls_group_id(group),
                                                 .epoch = mls_group_epoch(group)}}};
    struct mls_commit_request request = {.proposals = proposals, .proposal_count = 2};
    world_commit(&world, 0, &request, &bundle);
    /* A committer that is not ours: it takes a byte off in the list that the Welcome repeats. */
    const struct mls_proposal_effect *effect = mls_staged_commit_effect(group->pending->staged);
    struct mls_psk_id *psk = (struct mls_psk_id *)(uintptr_t)effect->psks;
    psk->nonce.len--;
    struct mls_welcome_build build = {.next = group->pending,
                                      .joiner_secret = SPAN_OF(joiner_secret),
                                      .group = group,
                                      .prepared_key = group->prepared_key,
                                      .random = &world.random};
    OK(mls_commit_build_welcome(&build, &welcome));
    OK(mls_group_write_tree(group, &tree));
    FAILS(join_from(&world, 2, buffer_span(&welcome), buffer_span(&tree)), STATUS_INVALID);
    world_clear(&world);
}

/* GroupSecrets encrypted as they should be, with a byte behind them or a joiner_secret that is a
 * zero byte longer: HMAC, of which it is the key, makes the same of that. */
static void a_welcome_with_more_than_its_secrets(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT((size_t)1 << 20);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(SIZE_MAX);
    CLEANUP(buffer_clear) struct buffer secrets = BUFFER_INIT(SIZE_MAX);
    struct mls_key_package_private keys;
    struct mls_key_package_checked checked;
    struct mls_message message;
    world_init(&world, 1);
    world_start_group(&world, 2);
    OK(mls_key_package_check(buffer_span(&world.members[2].package), &world.options, &checked));
    OK(mls_key_package_private_decode(buffer_span(&world.members[2].package_private), &keys));
    struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &checked.package};
    struct mls_commit_request request = {.proposals = &add, .proposal_count = 1};
    world_commit(&world, 0, &request, &bundle);
    world_accept(&world, 0, &bundle);
    OK(mls_group_write_tree(world.members[0].group, &tree));
    OK(mls_message_decode(buffer_span(&bundle.welcome), &arena, &message));
    struct mls_encrypted_group_secrets entry = message.welcome.secrets[0];
    struct span context = message.welcome.encrypted_group_info;
    OK(mls_kdf_decrypt(world.suite, keys.init_key, "Welcome", context, entry.secrets.kem_output,
                       entry.secrets.ciphertext, &secrets));
    message.welcome.secrets = &entry;
    assert_int_equal(secrets.ptr[0], JOINER_BYTES);
    const struct span head = span_of(secrets.ptr + 1, JOINER_BYTES);
    const struct span rest =
        span_of(secrets.ptr + 1 + JOINER_BYTES, secrets.len - 1 - JOINER_BYTES);
    const struct {
        const char *length;
        struct span after_joiner;
        struct span at_end;
        enum status status;
    } cases[] = {
        {"\x20", SPAN_EMPTY, SPAN_EMPTY, STATUS_OK},
        {"\x20", SPAN_EMPTY, SPAN_LITERAL("x"), STATUS_TRAILING},
        {"\x21", SPAN_LITERAL("\0"), SPAN_EMPTY, STATUS_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(buffer_clear) struct buffer altered = BUFFER_INIT(SIZE_MAX);
        CLEANUP(buffer_clear) struct buffer ciphertext = BUFFER_INIT(SIZE_MAX);
        CLEANUP(buffer_clear) struct buffer welcome = BUFFER_INIT(SIZE_MAX);
        struct hpke_public kem_output;
        const struct span parts[] = {span_from_text(cases[i].length), head, cases[i].after_joiner,
                                     rest, cases[i].at_end};
        for (size_t part = 0; part < sizeof parts / sizeof *parts; part++)
            OK(buffer_append(&altered, parts[part]));
        OK(mls_kdf_encrypt(world.suite, &world.random, checked.package.init_key, "Welcome", context,
                           buffer_span(&altered), &kem_output, &ciphertext));
        entry.secrets =
            (struct mls_hpke_ciphertext){hpke_public_span(&kem_output), buffer_span(&ciphertext)};
        struct writer writer = writer_of(&welcome);
        mls_message_write(&writer, &message);
        OK(writer_finish(&writer));
        FAILS(join_from(&world, 2, buffer_span(&welcome), buffer_span(&tree)), cases[i].status);
    }
    world_clear(&world);
}

/* A Welcome of which the GroupInfo is signed and has another epoch's confirmation tag. */
static void a_welcome_with_a_wrong_confirmation_tag(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(SIZE_MAX);
    struct mls_key_package_checked checked;
    struct secret joiner_secret = {0};
    const struct secret zero = {.len = 32};
    world_init(&world, 1);
    world_start_group(&world, 2);
    struct mls_group *group = world.members[0].group;
    OK(mls_key_package_check(buffer_span(&world.members[2].package), &world.options, &checked));
    struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &checked.package};
    struct mls_commit_request request = {.proposals = &add, .proposal_count = 1};
    world_commit(&world, 0, &request, &bundle);
    OK(mls_key_schedule_joiner(
        world.suite, mls_key_schedule_get(&group->epoch->secrets, MLS_SECRET_INIT),
        secret_span(&zero), buffer_span(&group->pending->epoch->context), &joiner_secret));
    struct writer writer = writer_of(&tree);
    mls_tree_write(&writer, mls_public_group_tree(mls_staged_commit_group(group->pending->staged)));
    OK(writer_finish(&writer));
    struct mls_welcome_build build = {.next = group->pending,
                                      .joiner_secret = secret_span(&joiner_secret),
                                      .prepared_key = group->prepared_key,
                                      .random = &world.random};
    struct secret *confirmation_key = group->pending->epoch->secrets.slots[MLS_SECRET_CONFIRM];
    for (int wrong = 0; wrong < 2; wrong++) {
        CLEANUP(buffer_clear) struct buffer welcome = BUFFER_INIT(SIZE_MAX);
        confirmation_key->bytes[7] ^= (uint8_t)wrong;
        OK(mls_commit_build_welcome(&build, &welcome));
        FAILS(join_from(&world, 2, buffer_span(&welcome), buffer_span(&tree)),
              wrong == 0 ? STATUS_OK : STATUS_BAD_MAC);
    }
    world_clear(&world);
}

static void proposals_in_private_messages_of_past_epochs(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(buffer_clear) struct buffer early = BUFFER_INIT(SIZE_MAX);
    CLEANUP(buffer_clear) struct buffer late = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    world_init(&world, 1);
    world_start_group(&world, 3);
    world_propose_privately(&world, 0, &early);
    world_propose_privately(&world, 0, &late);
    OK(world_hear(&world, 1, buffer_span(&early), &received));
    assert_int_equal(received.kind, MLS_RECEIVED_PROPOSAL);
    FAILS(world_hear(&world, 1, buffer_span(&early), &received), STATUS_REPLAYED);
    world_restart(&world, 1);
    FAILS(world_hear(&world, 1, buffer_span(&early), &received), STATUS_REPLAYED);
    assert_int_equal(mls_public_group_cached_count(mls_group_public(world.members[1].group)), 1);
    world_refresh(&world, 0);
    FAILS(world_hear(&world, 1, buffer_span(&late), &received), STATUS_WRONG_EPOCH);
    world_clear(&world);
}

static void leaf_indices_that_look_negative(void **state)
{
    (void)state;
    static const uint32_t indices[] = {4, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    world_init(&world, 1);
    world_start_group(&world, 3);
    for (size_t i = 0; i < sizeof indices / sizeof *indices; i++) {
        struct mls_proposal removal = {.type = MLS_PROPOSAL_REMOVE, .removed = indices[i]};
        struct mls_commit_request request = {.proposals = &removal, .proposal_count = 1};
        FAILS(mls_group_commit(world.members[0].group, &request, &world.options, &world.random,
                               &bundle),
              STATUS_INVALID_PROPOSAL);
        CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
        OK(mls_group_propose(world.members[0].group, &removal, SPAN_EMPTY, &world.options,
                             &message));
        assert_refused(&world, 1, buffer_span(&message));
    }
    world_check(&world);
    world_clear(&world);
}

static void messages_of_other_groups_and_epochs(void **state)
{
    (void)state;
    struct world world;
    struct world other;
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_commit_request request = {0};
    world_init(&world, 1);
    world_init(&other, 1);
    other.random_state = 77777;
    world_start_group(&world, 2);
    world_start_group(&other, 2);
    world_say(&other, 0, "elsewhere", &sent);
    assert_refused(&world, 1, buffer_span(&sent.message));
    world_commit(&world, 0, &request, &bundle);
    world_accept(&world, 0, &bundle);
    FAILS(world_hear(&world, 1, buffer_span(&bundle.commit), &received), STATUS_WRONG_EPOCH);
    world_clear(&other);
    world_clear(&world);
}

static void a_dropped_commit_leaves_no_trace(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    CLEANUP(buffer_clear) struct buffer before = BUFFER_INIT(SIZE_MAX);
    CLEANUP(buffer_clear) struct buffer after = BUFFER_INIT(SIZE_MAX);
    struct mls_commit_request request = {0};
    world_init(&world, 1);
    world_start_group(&world, 3);
    world_commit(&world, 0, &request, &bundle);
    state_of(world.members[1].group, &before);
    OK(mls_group_receive(world.members[1].group, buffer_span(&bundle.commit), &world.options,
                         &received));
    assert_non_null(mls_group_staged(world.members[1].group));
    mls_group_drop_staged(world.members[1].group);
    state_of(world.members[1].group, &after);
    assert_true(span_equal(buffer_span(&before), buffer_span(&after)));
    FAILS(mls_group_merge_staged(world.members[1].group), STATUS_NOT_FOUND);
    world_accept(&world, 0, &bundle);
    world_check(&world);
    world_clear(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_application_messages),
        cmocka_unit_test(damaged_commits_and_proposals),
        cmocka_unit_test(damaged_welcomes_and_trees),
        cmocka_unit_test(what_is_no_welcome),
        cmocka_unit_test(a_message_forged_by_another_member_does_not_use_up_the_key),
        cmocka_unit_test(tags_that_are_short_or_empty),
        cmocka_unit_test(a_commit_of_which_the_path_does_not_open),
        cmocka_unit_test(a_commit_with_a_wrong_confirmation_tag),
        cmocka_unit_test(a_path_with_keys_of_another_secret),
        cmocka_unit_test(a_path_secret_of_another_length),
        cmocka_unit_test(a_welcome_with_a_short_psk_nonce),
        cmocka_unit_test(a_welcome_with_more_than_its_secrets),
        cmocka_unit_test(a_welcome_with_a_wrong_confirmation_tag),
        cmocka_unit_test(proposals_in_private_messages_of_past_epochs),
        cmocka_unit_test(leaf_indices_that_look_negative),
        cmocka_unit_test(messages_of_other_groups_and_epochs),
        cmocka_unit_test(a_dropped_commit_leaves_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
