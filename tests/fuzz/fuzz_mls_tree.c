/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A ratchet tree as a joiner gets it from the server: decoded, hashed, validated and searched. A
 * tree that decodes is written as the same bytes.
 */
#include "protocol/mls/public/tree.h"
#include "tests/fuzz/fuzz.h"

/* What the tree says of each of its leaves agrees with the leaf. */
static void walk(const struct mls_tree *tree)
{
    uint32_t members = 0;
    for (uint32_t leaf = mls_tree_next_member(tree, 0); leaf != MLS_NO_LEAF;
         leaf = mls_tree_next_member(tree, leaf + 1)) {
        const struct mls_leaf_node *node = mls_tree_leaf(tree, leaf);
        fuzz_expect(node != NULL && leaf < mls_tree_leaf_count(tree));
        fuzz_expect(mls_tree_find_signature_key(tree, node->signature_key) == leaf);
        members++;
    }
    fuzz_expect(members == mls_tree_member_count(tree));
    fuzz_expect(mls_tree_leaf(tree, mls_tree_leaf_count(tree)) == NULL);
    fuzz_expect(mls_tree_leaf(tree, UINT32_MAX) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct suite *suite = suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519);
    fuzz_expect(suite != NULL);
    CLEANUP(mls_tree_free) struct mls_tree *tree = NULL;
    struct span input = span_of(data, size);
    if (mls_tree_decode(suite, input, &tree) != STATUS_OK) {
        fuzz_expect(tree == NULL);
        return 0;
    }
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(size);
    struct writer writer = writer_of(&again);
    mls_tree_write(&writer, tree);
    fuzz_expect(writer_finish(&writer) == STATUS_OK);
    fuzz_expect(span_equal(buffer_span(&again), input));
    fuzz_expect(mls_tree_root_hash(tree).len == suite->hash_size);
    walk(tree);
    return 0;
}
