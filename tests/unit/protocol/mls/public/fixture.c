/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/protocol/mls/public/fixture.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/random_system.h"
#include "protocol/mls/public/label.h"
#include "protocol/mls/public/parent_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#define must(call) assert_int_equal((call), STATUS_OK)

static const uint16_t known_extensions[] = {FIXTURE_EXTENSION};
const struct mls_options fixture_options = {.extension_types = known_extensions,
                                            .extension_type_count = 1};

/* GREASE values among the known ones: nobody may mind them. */
static const uint8_t versions[] = {0, 1};
static const uint8_t suites[] = {0x0a, 0x0a, 0, 1};
static const uint8_t extensions[] = {0xf0, 0xc1, 0, 0x0a, 0x3a, 0x3a};
static const uint8_t proposals[] = {0x5a, 0x5a};
static const uint8_t credentials[] = {0, 1, 0x1a, 0x1a};

const struct suite *fixture_suite(void)
{
    must(crypto_start());
    return suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519);
}

void person_new_encryption_key(struct person *person)
{
    struct secret unused;
    must(hpke_generate_key_pair(fixture_suite(), random_system(), &unused, &person->encryption));
}

void person_init(struct person *person, unsigned number)
{
    struct secret unused;
    memset(person, 0, sizeof *person);
    must(signature_generate(fixture_suite()->signature, random_system(), &person->signature_private,
                            &person->signature));
    must(hpke_generate_key_pair(fixture_suite(), random_system(), &unused, &person->init));
    person_new_encryption_key(person);
    (void)snprintf(person->name, sizeof person->name, "person %u", number);
}

struct person *people_new(size_t count)
{
    struct person *people = calloc(count, sizeof *people);
    assert_non_null(people);
    for (size_t i = 0; i < count; i++)
        person_init(&people[i], (unsigned)i);
    return people;
}

struct signature
fixture_sign(const struct person *person, const char *label, const struct buffer *content)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct writer writer = writer_of(&bytes);
    struct signature signature;
    mls_sign_content_write(&writer, label, buffer_span(content));
    must(writer_finish(&writer));
    must(signature_sign(fixture_suite()->signature, secret_span(&person->signature_private),
                        buffer_span(&bytes), &signature));
    return signature;
}

struct signature_public fixture_mixed_key(const struct person *person)
{
    /* The point of order 2: y = -1. */
    uint8_t order_two[crypto_core_ed25519_BYTES];
    struct signature_public mixed = person->signature;
    memset(order_two, 0xff, sizeof order_two);
    order_two[0] = 0xec;
    order_two[sizeof order_two - 1] = 0x7f;
    assert_int_equal(crypto_core_ed25519_add(mixed.bytes, person->signature.bytes, order_two), 0);
    return mixed;
}

struct mls_leaf_node fixture_leaf(const struct person *person, enum mls_leaf_source source)
{
    return (struct mls_leaf_node){
        .encryption_key = hpke_public_span(&person->encryption),
        .signature_key = signature_public_span(&person->signature),
        .credential = {MLS_CREDENTIAL_BASIC, span_from_text(person->name)},
        .capabilities = {{SPAN_OF(versions)},
                         {SPAN_OF(suites)},
                         {SPAN_OF(extensions)},
                         {SPAN_OF(proposals)},
                         {SPAN_OF(credentials)}},
        .source = source,
        .not_before = 1000,
        .not_after = 2000,
    };
}

void fixture_write_leaf(const struct person *person,
                        struct mls_leaf_node leaf,
                        uint32_t index,
                        struct buffer *out)
{
    CLEANUP(buffer_clear) struct buffer tbs = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct writer writer = writer_of(&tbs);
    mls_leaf_node_write_tbs(&writer, &leaf, FIXTURE_GROUP_ID, index);
    must(writer_finish(&writer));
    struct signature signature = fixture_sign(person, "LeafNodeTBS", &tbs);
    leaf.signature = signature_span(&signature);
    writer = writer_of(out);
    mls_leaf_node_write(&writer, &leaf);
    must(writer_finish(&writer));
}

struct mls_key_package fixture_key_package(const struct person *person)
{
    return (struct mls_key_package){
        .version = MLS_VERSION_10,
        .cipher_suite = SUITE_X25519_AES128GCM_SHA256_ED25519,
        .init_key = hpke_public_span(&person->init),
        .leaf_node = fixture_leaf(person, MLS_LEAF_KEY_PACKAGE),
    };
}

void fixture_write_key_package(const struct person *person,
                               struct mls_key_package package,
                               struct buffer *out)
{
    CLEANUP(buffer_clear) struct buffer tbs = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct writer writer = writer_of(&tbs);
    mls_leaf_node_write_tbs(&writer, &package.leaf_node, FIXTURE_GROUP_ID, 0);
    must(writer_finish(&writer));
    struct signature leaf_signature = fixture_sign(person, "LeafNodeTBS", &tbs);
    package.leaf_node.signature = signature_span(&leaf_signature);
    buffer_truncate(&tbs, 0);
    mls_key_package_write_tbs(&writer, &package);
    must(writer_finish(&writer));
    struct signature signature = fixture_sign(person, "KeyPackageTBS", &tbs);
    package.signature = signature_span(&signature);
    writer = writer_of(out);
    writer_u16(&writer, MLS_VERSION_10);
    writer_u16(&writer, MLS_WIRE_KEY_PACKAGE);
    mls_key_package_write(&writer, &package);
    must(writer_finish(&writer));
}

struct mls_key_package fixture_read_key_package(const struct buffer *bytes)
{
    struct mls_key_package package;
    struct reader reader = reader_of(span_of(bytes->ptr + 4, bytes->len - 4));
    must(mls_key_package_read(&reader, &package));
    return package;
}

struct mls_tree *fixture_tree(const struct person *people, size_t count)
{
    struct mls_tree *tree;
    must(mls_tree_new(fixture_suite(), &tree));
    for (size_t i = 0; i < count; i++) {
        CLEANUP(buffer_clear) struct buffer leaf = BUFFER_INIT(FIXTURE_BYTES_MAX);
        uint32_t index;
        fixture_write_leaf(&people[i], fixture_leaf(&people[i], MLS_LEAF_KEY_PACKAGE), (uint32_t)i,
                           &leaf);
        must(mls_tree_add(tree, buffer_span(&leaf), &index));
        assert_int_equal(index, i);
    }
    must(mls_tree_update_hashes(tree));
    return tree;
}

struct mls_public_group *
fixture_group(const struct person *people, size_t count, struct span group_extensions)
{
    CLEANUP(mls_tree_free) struct mls_tree *tree = fixture_tree(people, count);
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct mls_public_group *group;
    uint8_t hash[32];
    uint8_t tag[32];
    must(random_fill(random_system(), hash, sizeof hash));
    must(random_fill(random_system(), tag, sizeof tag));
    const struct mls_group_context context = {
        .cipher_suite = fixture_suite()->id,
        .group_id = FIXTURE_GROUP_ID,
        .epoch = 5,
        .tree_hash = mls_tree_root_hash(tree),
        .confirmed_transcript_hash = SPAN_OF(hash),
        .extensions = {group_extensions},
    };
    struct writer writer = writer_of(&bytes);
    mls_group_context_write(&writer, &context);
    must(writer_finish(&writer));
    must(mls_public_group_from_parts(buffer_span(&bytes), tree, SPAN_OF(tag), &group));
    return group;
}

/* ---- commits ---- */

struct making {
    const struct mls_public_group *group;
    const struct fixture_commit *commit;
    struct person committer; /* with the new encryption key */
    struct arena arena;
    struct mls_update_path path;
    struct buffer leaf_bytes;
    struct signature_public mixed;
};

/* The proposals applied, or NULL when the list is not valid: such a commit is refused before
 * anybody looks at its path. */
static struct mls_tree *apply_proposals(struct making *making, struct mls_proposal_effect *effect)
{
    const struct fixture_commit *commit = making->commit;
    const struct mls_proposal_base base = {mls_public_group_tree(making->group),
                                           mls_public_group_context(making->group)};
    void *room;
    must(arena_take(&making->arena, commit->proposal_count, sizeof(struct mls_sent_proposal),
                    &room));
    struct mls_sent_proposal *items = room;
    for (size_t i = 0; i < commit->proposal_count; i++) {
        items[i] = (struct mls_sent_proposal){&commit->proposals[i].proposal, commit->sender,
                                              commit->proposals[i].by_reference};
        for (size_t k = 0; k < mls_public_group_cached_count(making->group); k++) {
            const struct mls_cached_proposal *cached = mls_public_group_cached_at(making->group, k);
            if (items[i].by_reference &&
                span_equal(cached->reference, commit->proposals[i].reference)) {
                items[i].proposal = &cached->proposal;
                items[i].sender = cached->sender;
            }
        }
    }
    const struct mls_proposal_list list = {items, commit->proposal_count, commit->sender};
    if (mls_proposal_list_apply(&base, &list, &fixture_options, &making->arena, effect) !=
        STATUS_OK)
        return NULL;
    return effect->tree;
}

static void fill_node(struct making *making,
                      const struct mls_tree *tree,
                      const struct mls_proposal_effect *effect,
                      uint32_t copath,
                      struct mls_update_path_node *node)
{
    uint32_t added[64];
    struct mls_resolution resolution;
    struct hpke_public key;
    struct secret unused;
    void *secrets;
    for (size_t i = 0; i < effect->added_count; i++)
        added[i] = effect->added[i].leaf;
    must(hpke_generate_key_pair(fixture_suite(), random_system(), &unused, &key));
    must(arena_copy(&making->arena, hpke_public_span(&key), &node->encryption_key));
    must(
        mls_tree_resolution(tree, copath, added, effect->added_count, &making->arena, &resolution));
    node->secret_count = resolution.count;
    must(
        arena_take(&making->arena, resolution.count, sizeof(struct mls_hpke_ciphertext), &secrets));
    struct mls_hpke_ciphertext *items = secrets;
    for (size_t i = 0; i < resolution.count; i++)
        items[i] =
            (struct mls_hpke_ciphertext){SPAN_LITERAL("kem output"), SPAN_LITERAL("ciphertext")};
    node->secrets = items;
}

static void fill_nodes(struct making *making,
                       struct mls_tree *tree,
                       const struct mls_proposal_effect *effect,
                       uint32_t leaf,
                       struct digest *parent_hash)
{
    struct mls_path_step steps[MLS_PATH_MAX];
    struct span keys[MLS_PATH_MAX];
    void *room;
    size_t count = mls_tree_filtered_path(tree, leaf, steps);
    must(arena_take(&making->arena, count, sizeof(struct mls_update_path_node), &room));
    struct mls_update_path_node *nodes = room;
    for (size_t i = 0; i < count; i++) {
        fill_node(making, tree, effect, steps[i].copath, &nodes[i]);
        if (making->commit->spoil == SPOIL_PATH_KEY_SHORT && i == 0)
            nodes[i].encryption_key.len--;
        keys[i] = nodes[i].encryption_key;
    }
    must(mls_tree_merge_path(tree, leaf, keys, count, parent_hash));
    enum fixture_spoil spoil = making->commit->spoil;
    if (spoil == SPOIL_PATH_KEY_OF_ANOTHER)
        nodes[0].encryption_key = mls_tree_node_key(tree, mls_node_of_leaf(leaf == 0 ? 1 : 0));
    if (spoil == SPOIL_ONE_CIPHERTEXT_LESS)
        nodes[0].secret_count--;
    making->path.nodes = nodes;
    making->path.node_count = spoil == SPOIL_ONE_NODE_LESS ? count - 1 : count;
}

/* Makes an external committer's place first, as an Add would; false when it may not be added. */
static bool take_place(struct making *making, struct mls_tree *tree, uint32_t leaf)
{
    if (making->commit->sender.type == MLS_SENDER_MEMBER)
        return true;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct mls_leaf_node node = fixture_leaf(&making->committer, MLS_LEAF_COMMIT);
    fixture_write_leaf(&making->committer, node, leaf, &bytes);
    return mls_tree_add(tree, buffer_span(&bytes), &leaf) == STATUS_OK;
}

static void spoil_leaf(struct making *making, struct mls_leaf_node *leaf)
{
    enum fixture_spoil spoil = making->commit->spoil;
    if (spoil == SPOIL_LEAF_SOURCE)
        leaf->source = MLS_LEAF_UPDATE;
    if (spoil == SPOIL_LEAF_SIGNATURE_KEY) {
        making->mixed = fixture_mixed_key(&making->committer);
        leaf->signature_key = signature_public_span(&making->mixed);
    }
    if (spoil == SPOIL_LEAF_WITHOUT_SUITE)
        leaf->capabilities.cipher_suites.bytes = SPAN_LITERAL("\0\3");
    if (spoil == SPOIL_LEAF_WITHOUT_EXTENSION)
        leaf->capabilities.extensions.bytes = SPAN_EMPTY;
    if (spoil == SPOIL_LEAF_KNOWS_MORE)
        leaf->capabilities.extensions.bytes = SPAN_LITERAL("\xf0\xc1\xf0\xc2");
}

static void take_root_key(struct making *making)
{
    const struct mls_tree *tree = mls_public_group_tree(making->group);
    struct span key = mls_tree_node_key(tree, mls_node_root(mls_tree_leaf_count(tree)));
    assert_int_equal(key.len, making->committer.encryption.len);
    memcpy(making->committer.encryption.bytes, key.ptr, key.len);
}

static void make_path(struct making *making)
{
    struct mls_proposal_effect effect = {0};
    struct digest parent_hash = {0};
    uint32_t leaf = making->commit->sender.index;
    making->committer = *making->commit->committer;
    if (making->commit->spoil != SPOIL_KEEP_LEAF_KEY)
        person_new_encryption_key(&making->committer);
    if (making->commit->spoil == SPOIL_LEAF_KEY_OF_ROOT)
        take_root_key(making);
    CLEANUP(mls_tree_free) struct mls_tree *tree = apply_proposals(making, &effect);
    if (tree != NULL && making->commit->sender.type != MLS_SENDER_MEMBER)
        leaf = mls_tree_next_free_leaf(tree);
    if (tree != NULL && take_place(making, tree, leaf))
        fill_nodes(making, tree, &effect, leaf, &parent_hash);
    struct mls_leaf_node node = fixture_leaf(&making->committer, MLS_LEAF_COMMIT);
    spoil_leaf(making, &node);
    if (making->commit->spoil == SPOIL_PARENT_HASH)
        parent_hash.bytes[0] ^= 1;
    if (making->commit->spoil == SPOIL_LEAF_SIGNATURE)
        leaf++;
    node.parent_hash = digest_span(&parent_hash);
    fixture_write_leaf(&making->committer, node, leaf, &making->leaf_bytes);
    struct reader reader = reader_of(buffer_span(&making->leaf_bytes));
    must(mls_leaf_node_read(&reader, &making->path.leaf_node));
}

static void write_signed(const struct mls_public_group *group,
                         const struct person *signer,
                         struct mls_public_message *message,
                         bool spoil_signature,
                         struct buffer *out)
{
    CLEANUP(buffer_clear) struct buffer tbs = BUFFER_INIT(FIXTURE_BYTES_MAX);
    CLEANUP(mls_covered_clear) struct mls_covered covered = {0};
    must(mls_framed_content_tbs(MLS_WIRE_PUBLIC_MESSAGE, &message->content,
                                mls_public_group_context_bytes(group), &covered));
    for (size_t i = 0; i < MLS_COVERED_PARTS; i++)
        must(buffer_append(&tbs, covered.parts[i]));
    struct signature signature = fixture_sign(signer, "FramedContentTBS", &tbs);
    if (spoil_signature)
        signature.bytes[7] ^= 1;
    message->auth.signature = signature_span(&signature);
    const struct mls_message whole = {MLS_WIRE_PUBLIC_MESSAGE, .public_message = *message};
    struct writer writer = writer_of(out);
    mls_message_write(&writer, &whole);
    must(writer_finish(&writer));
}

void fixture_write_commit(const struct mls_public_group *group,
                          const struct fixture_commit *commit,
                          struct buffer *out)
{
    struct making making = {.group = group,
                            .commit = commit,
                            .committer = *commit->committer,
                            .arena = ARENA_INIT(LIMIT_DECODED_BYTES),
                            .leaf_bytes = BUFFER_INIT(FIXTURE_BYTES_MAX)};
    uint8_t tags[2][32];
    must(random_fill(random_system(), tags[0], sizeof tags));
    if (commit->with_path)
        make_path(&making);
    struct mls_public_message message = {
        .content = {.group_id = mls_public_group_id(group),
                    .epoch = mls_public_group_epoch(group),
                    .sender = commit->sender,
                    .authenticated_data = SPAN_LITERAL("authenticated"),
                    .type = MLS_CONTENT_COMMIT,
                    .commit = {commit->proposals, commit->proposal_count,
                               commit->with_path ? &making.path : NULL}},
        .auth = {.confirmation_tag = SPAN_OF(tags[0])},
        .membership_tag = SPAN_OF(tags[1]),
    };
    message.content.epoch -= commit->spoil == SPOIL_EPOCH;
    if (commit->spoil == SPOIL_GROUP_ID)
        message.content.group_id = SPAN_LITERAL("other");
    message.auth.confirmation_tag.len -= commit->spoil == SPOIL_SHORT_TAG;
    message.membership_tag.len -= commit->spoil == SPOIL_SHORT_MEMBERSHIP_TAG;
    if (commit->spoil == SPOIL_EMPTY_TAG)
        message.auth.confirmation_tag.len = 0;
    write_signed(group, commit->committer, &message, commit->spoil == SPOIL_SIGNATURE, out);
    arena_clear(&making.arena);
    buffer_clear(&making.leaf_bytes);
}

void fixture_write_proposal(const struct mls_public_group *group,
                            const struct person *signer,
                            struct mls_sender sender,
                            const struct mls_proposal *proposal,
                            struct buffer *out)
{
    uint8_t tag[32];
    must(random_fill(random_system(), tag, sizeof tag));
    struct mls_public_message message = {
        .content = {.group_id = mls_public_group_id(group),
                    .epoch = mls_public_group_epoch(group),
                    .sender = sender,
                    .type = MLS_CONTENT_PROPOSAL,
                    .proposal = *proposal},
        .membership_tag = SPAN_OF(tag),
    };
    write_signed(group, signer, &message, false, out);
}

void fixture_write_group_info(const struct mls_public_group *group,
                              const struct person *signer,
                              uint32_t signer_leaf,
                              bool with_tree,
                              struct buffer *out)
{
    CLEANUP(buffer_clear) struct buffer data = BUFFER_INIT(FIXTURE_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer list = BUFFER_INIT(FIXTURE_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer tbs = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct writer data_writer = writer_of(&data);
    struct writer list_writer = writer_of(&list);
    mls_external_pub_write(&data_writer, hpke_public_span(&signer->init));
    mls_extension_write(&list_writer, MLS_EXTENSION_EXTERNAL_PUB, buffer_span(&data));
    buffer_truncate(&data, 0);
    mls_tree_write(&data_writer, mls_public_group_tree(group));
    if (with_tree)
        mls_extension_write(&list_writer, MLS_EXTENSION_RATCHET_TREE, buffer_span(&data));
    must(writer_finish(&data_writer));
    must(writer_finish(&list_writer));
    struct mls_group_info info = {.group_context = *mls_public_group_context(group),
                                  .extensions = {buffer_span(&list)},
                                  .confirmation_tag = mls_public_group_confirmation_tag(group),
                                  .signer = signer_leaf};
    struct writer writer = writer_of(&tbs);
    mls_group_info_write_tbs(&writer, &info);
    must(writer_finish(&writer));
    struct signature signature = fixture_sign(signer, "GroupInfoTBS", &tbs);
    info.signature = signature_span(&signature);
    writer = writer_of(out);
    mls_group_info_write(&writer, &info);
    must(writer_finish(&writer));
}
