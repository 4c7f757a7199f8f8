/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keys of the sender data, and of both ratchets of every leaf. */
#include "protocol/mls/member/protection.h"
#include "protocol/mls/member/secret_tree.h"
#include "tests/vectors/harness.h"

static enum vector_result check_sender_data(struct vector_case *test, const struct suite *suite)
{
    const json_t *part = json_object_get(test->json, "sender_data");
    struct span secret;
    struct span ciphertext;
    struct span key;
    struct span nonce;
    struct mls_message_key derived = {0};
    CHECK(vector_hex(test, part, "sender_data_secret", &secret));
    CHECK(vector_hex(test, part, "ciphertext", &ciphertext));
    CHECK(vector_hex(test, part, "key", &key));
    CHECK(vector_hex(test, part, "nonce", &nonce));
    CHECK_OK(mls_protection_sender_key(suite, secret, ciphertext, &derived));
    CHECK(span_equal(secret_span(&derived.key), key));
    CHECK(span_equal(secret_span(&derived.nonce), nonce));
    return VECTOR_PASSED;
}

static enum vector_result check_key(struct vector_case *test,
                                    struct mls_secret_tree *tree,
                                    uint32_t leaf,
                                    enum mls_ratchet_type type,
                                    const json_t *entry)
{
    bool application = type == MLS_RATCHET_APPLICATION;
    struct span key;
    struct span nonce;
    uint64_t generation = 0;
    struct mls_secret_tree_use use = {0};
    CHECK(vector_number(entry, "generation", &generation) && generation <= UINT32_MAX);
    CHECK(vector_hex(test, entry, application ? "application_key" : "handshake_key", &key));
    CHECK(vector_hex(test, entry, application ? "application_nonce" : "handshake_nonce", &nonce));
    CHECK_OK(mls_secret_tree_find(tree, leaf, type, (uint32_t)generation, &use));
    CHECK(span_equal(secret_span(&use.message_key.key), key));
    CHECK(span_equal(secret_span(&use.message_key.nonce), nonce));
    CHECK_OK(mls_secret_tree_consume(tree, &use));
    CHECK(mls_secret_tree_find(tree, leaf, type, (uint32_t)generation, &use) == STATUS_REPLAYED);
    return VECTOR_PASSED;
}

static enum vector_result
check_leaves(struct vector_case *test, struct mls_secret_tree *tree, const json_t *leaves)
{
    for (uint32_t leaf = 0; leaf < json_array_size(leaves); leaf++) {
        const json_t *entries = json_array_get(leaves, leaf);
        for (size_t i = 0; i < json_array_size(entries); i++) {
            const json_t *entry = json_array_get(entries, i);
            CHECK_PASSED(check_key(test, tree, leaf, MLS_RATCHET_HANDSHAKE, entry));
            CHECK_PASSED(check_key(test, tree, leaf, MLS_RATCHET_APPLICATION, entry));
        }
    }
    return VECTOR_PASSED;
}

static enum vector_result run(struct vector_case *test)
{
    const struct suite *suite = NULL;
    CHECK(vector_suite(test->json, &suite));
    if (suite == NULL)
        return VECTOR_SKIPPED;
    CHECK_PASSED(check_sender_data(test, suite));

    struct span secret;
    const json_t *leaves = vector_array(test->json, "leaves");
    CHECK(vector_hex(test, test->json, "encryption_secret", &secret));
    CHECK(leaves != NULL && json_array_size(leaves) > 0 && json_array_size(leaves) < 1 << 20);
    uint32_t leaf_count = mls_leaf_count_for((uint32_t)json_array_size(leaves));
    struct mls_row_set changed = {0};
    struct secret_arena *arena = NULL;
    struct mls_secret_tree *tree = NULL;
    enum vector_result result = VECTOR_FAILED;
    if (secret_arena_new(&arena) == STATUS_OK &&
        mls_secret_tree_new(suite, arena, &changed, 0, leaf_count, &tree) == STATUS_OK &&
        mls_secret_tree_set_root(tree, secret) == STATUS_OK)
        result = check_leaves(test, tree, leaves);
    mls_secret_tree_free(&tree);
    secret_arena_free(&arena);
    mls_row_set_clear(&changed);
    return result;
}

static const char *const fields[] = {"sender_data", "encryption_secret", "leaves", NULL};
const struct vector_kind kind_secret_tree = {"secret-tree", fields, run};
