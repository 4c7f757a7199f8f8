/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Update paths: theirs processed at every leaf, and one of ours for each sender. */
#include "protocol/crypto/signature.h"
#include "protocol/mls/member/leaf_new.h"
#include "protocol/mls/member/treekem.h"
#include "protocol/mls/public/group_context.h"
#include "protocol/mls/public/parent_hash.h"
#include "tests/vectors/harness.h"

struct leaf_private {
    uint32_t index;
    struct span signature_key;
    struct mls_private_keys keys;
};

struct treekem {
    const struct suite *suite;
    struct secret_arena *arena;
    struct mls_tree *tree;
    struct mls_group_context context;
    struct leaf_private *leaves;
    size_t leaf_count;
};

/* ---- the private state of every leaf ---- */

static enum vector_result read_path_secret(struct vector_case *test,
                                           const struct treekem *state,
                                           const json_t *item,
                                           struct mls_private_keys *keys)
{
    uint64_t node = 0;
    struct span secret;
    struct mls_path_secrets derived = {0};
    CHECK(vector_number(item, "node", &node) && node < UINT32_MAX);
    CHECK(vector_hex(test, item, "path_secret", &secret));
    CHECK_OK(mls_path_secrets_derive(state->suite, secret, 1, &derived));
    CHECK_OK(mls_private_keys_set(keys, (uint32_t)node, secret_span(&derived.private_keys[0])));
    return VECTOR_PASSED;
}

static enum vector_result read_leaf(struct vector_case *test,
                                    const struct treekem *state,
                                    const json_t *item,
                                    struct leaf_private *leaf)
{
    uint64_t index = 0;
    struct span key;
    const json_t *secrets = vector_array(item, "path_secrets");
    CHECK(vector_number(item, "index", &index) && index < UINT32_MAX);
    CHECK(vector_hex(test, item, "encryption_priv", &key));
    CHECK(vector_hex(test, item, "signature_priv", &leaf->signature_key));
    CHECK(secrets != NULL);
    leaf->index = (uint32_t)index;
    leaf->keys.arena = state->arena;
    CHECK_OK(mls_private_keys_set(&leaf->keys, mls_node_of_leaf(leaf->index), key));
    for (size_t i = 0; i < json_array_size(secrets); i++)
        CHECK_PASSED(read_path_secret(test, state, json_array_get(secrets, i), &leaf->keys));
    CHECK_OK(mls_private_keys_check(&leaf->keys, state->tree));
    return VECTOR_PASSED;
}

static enum vector_result read_case(struct vector_case *test, struct treekem *state)
{
    const json_t *json = test->json;
    const json_t *leaves = vector_array(json, "leaves_private");
    struct span tree;
    CHECK(vector_hex(test, json, "ratchet_tree", &tree));
    CHECK_OK(mls_tree_decode(state->suite, tree, &state->tree));
    CHECK_OK(mls_tree_update_hashes(state->tree));
    state->context.cipher_suite = state->suite->id;
    CHECK(vector_hex(test, json, "group_id", &state->context.group_id));
    CHECK(vector_number(json, "epoch", &state->context.epoch));
    CHECK(vector_hex(test, json, "confirmed_transcript_hash",
                     &state->context.confirmed_transcript_hash));
    CHECK(leaves != NULL);
    state->leaf_count = json_array_size(leaves);
    state->leaves = vector_take(test, state->leaf_count, sizeof *state->leaves);
    for (size_t i = 0; i < state->leaf_count; i++)
        CHECK_PASSED(read_leaf(test, state, json_array_get(leaves, i), &state->leaves[i]));
    return VECTOR_PASSED;
}

/* ---- a path ---- */

/* The tree with the path merged, and the context of its encryption. */
static enum vector_result merge(struct vector_case *test,
                                const struct treekem *state,
                                uint32_t sender,
                                const struct mls_update_path *path,
                                struct mls_tree *tree,
                                struct buffer *context_bytes)
{
    CLEANUP(buffer_clear) struct buffer leaf_bytes = BUFFER_INIT(SIZE_MAX);
    struct span *keys = vector_take(test, path->node_count, sizeof *keys);
    struct digest parent_hash;
    for (size_t i = 0; i < path->node_count; i++)
        keys[i] = path->nodes[i].encryption_key;
    CHECK_OK(mls_tree_merge_path(tree, sender, keys, path->node_count, &parent_hash));
    CHECK(span_equal(path->leaf_node.parent_hash, digest_span(&parent_hash)));
    struct writer writer = writer_of(&leaf_bytes);
    mls_leaf_node_write(&writer, &path->leaf_node);
    CHECK_OK(writer_finish(&writer));
    CHECK_OK(mls_tree_set_leaf(tree, sender, buffer_span(&leaf_bytes)));
    CHECK_OK(mls_tree_update_hashes(tree));
    CHECK_OK(mls_tree_verify_parent_hashes(tree));
    CHECK_OK(mls_leaf_node_verify(state->suite, &path->leaf_node, state->context.group_id, sender));
    struct mls_group_context context = state->context;
    context.tree_hash = mls_tree_root_hash(tree);
    struct writer context_writer = writer_of(context_bytes);
    mls_group_context_write(&context_writer, &context);
    CHECK_OK(writer_finish(&context_writer));
    return VECTOR_PASSED;
}

/* Processes the path at one leaf. */
static enum vector_result open_at(struct vector_case *test,
                                  const struct treekem *state,
                                  const struct mls_treekem_path *input,
                                  const struct leaf_private *leaf,
                                  const json_t *expected_path_secret,
                                  struct span expected_commit_secret)
{
    struct mls_private_keys next = {.arena = state->arena};
    struct secret commit_secret = {0};
    struct secret path_secret = {0};
    struct span expected;
    CHECK_OK(mls_private_keys_carry(&leaf->keys, state->tree, input->tree, &next));
    CHECK_OK(
        mls_treekem_decrypt(input, leaf->index, &leaf->keys, &next, &commit_secret, &path_secret));
    CHECK(span_equal(secret_span(&commit_secret), expected_commit_secret));
    if (expected_path_secret != NULL) {
        CHECK(vector_hex_value(test, expected_path_secret, &expected));
        CHECK(span_equal(secret_span(&path_secret), expected));
    }
    CHECK_OK(mls_private_keys_check(&next, input->tree));
    mls_private_keys_clear(&next);
    return VECTOR_PASSED;
}

static enum vector_result open_everywhere(struct vector_case *test,
                                          const struct treekem *state,
                                          const struct mls_treekem_path *input,
                                          const json_t *path_secrets,
                                          struct span commit_secret)
{
    for (size_t i = 0; i < state->leaf_count; i++) {
        const struct leaf_private *leaf = &state->leaves[i];
        if (leaf->index == input->sender)
            continue;
        const json_t *expected =
            path_secrets == NULL ? NULL : json_array_get(path_secrets, leaf->index);
        CHECK_PASSED(open_at(test, state, input, leaf, expected, commit_secret));
    }
    return VECTOR_PASSED;
}

/* ---- theirs ---- */

static enum vector_result check_given(struct vector_case *test,
                                      const struct treekem *state,
                                      const json_t *item,
                                      uint32_t sender,
                                      struct mls_tree *tree)
{
    CLEANUP(buffer_clear) struct buffer context = BUFFER_INIT(SIZE_MAX);
    struct span bytes;
    struct span commit_secret;
    struct span tree_hash;
    struct mls_update_path path;
    CHECK(vector_hex(test, item, "update_path", &bytes));
    CHECK(vector_hex(test, item, "commit_secret", &commit_secret));
    CHECK(vector_hex(test, item, "tree_hash_after", &tree_hash));
    struct reader reader = reader_of(bytes);
    CHECK_OK(mls_update_path_read(&reader, &test->arena, &path));
    CHECK_OK(reader_finish(&reader));
    CHECK_PASSED(merge(test, state, sender, &path, tree, &context));
    CHECK(span_equal(mls_tree_root_hash(tree), tree_hash));
    struct mls_treekem_path input = {
        .tree = tree, .sender = sender, .path = &path, .context = buffer_span(&context)};
    return open_everywhere(test, state, &input, json_object_get(item, "path_secrets"),
                           commit_secret);
}

/* ---- ours ---- */

static const struct leaf_private *find_leaf(const struct treekem *state, uint32_t index)
{
    for (size_t i = 0; i < state->leaf_count; i++)
        if (state->leaves[i].index == index)
            return &state->leaves[i];
    return NULL;
}

/* A signed leaf for the path, with the parent hash that the tree asks for. */
static enum vector_result make_leaf(struct vector_case *test,
                                    const struct treekem *state,
                                    uint32_t sender,
                                    const struct mls_path_secrets *secrets,
                                    struct mls_update_path *path)
{
    CLEANUP(mls_tree_free) struct mls_tree *tree = NULL;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(SIZE_MAX);
    const struct leaf_private *leaf = find_leaf(state, sender);
    struct span *keys = vector_take(test, secrets->count, sizeof *keys);
    struct secret private_key = {0};
    struct secret prepared = {0};
    struct hpke_public public_key;
    struct digest parent_hash;
    struct span copy;
    CHECK(leaf != NULL);
    for (size_t i = 0; i < secrets->count; i++)
        keys[i] = hpke_public_span(&secrets->public_keys[i]);
    CHECK_OK(mls_tree_clone(state->tree, &tree));
    CHECK_OK(mls_tree_merge_path(tree, sender, keys, secrets->count, &parent_hash));
    CHECK_OK(hpke_generate_key_pair(state->suite, vector_random(), &private_key, &public_key));
    struct mls_leaf_request request = {.suite = state->suite,
                                       .present = mls_tree_leaf(state->tree, sender),
                                       .prepared_key = &prepared,
                                       .source = MLS_LEAF_COMMIT,
                                       .encryption_key = hpke_public_span(&public_key),
                                       .parent_hash = digest_span(&parent_hash),
                                       .group_id = state->context.group_id,
                                       .leaf = sender};
    CHECK_OK(signature_prepare(state->suite->signature, leaf->signature_key, &prepared));
    CHECK_OK(mls_leaf_new(&request, &bytes));
    CHECK_OK(arena_copy(&test->arena, buffer_span(&bytes), &copy));
    struct reader reader = reader_of(copy);
    CHECK_OK(mls_leaf_node_read(&reader, &path->leaf_node));
    return VECTOR_PASSED;
}

static enum vector_result check_own(struct vector_case *test,
                                    const struct treekem *state,
                                    uint32_t sender,
                                    struct mls_tree *tree)
{
    CLEANUP(buffer_clear) struct buffer context = BUFFER_INIT(SIZE_MAX);
    struct mls_path_step steps[MLS_PATH_MAX];
    struct mls_path_secrets secrets = {0};
    struct secret first = {.len = state->suite->hash_size};
    struct mls_update_path path = {0};
    size_t count = mls_tree_filtered_path(state->tree, sender, steps);
    CHECK_OK(random_fill(vector_random(), first.bytes, first.len));
    CHECK_OK(mls_path_secrets_derive(state->suite, secret_span(&first), count, &secrets));
    CHECK_PASSED(make_leaf(test, state, sender, &secrets, &path));
    struct mls_update_path_node *nodes = vector_take(test, count, sizeof *nodes);
    for (size_t i = 0; i < count; i++)
        nodes[i].encryption_key = hpke_public_span(&secrets.public_keys[i]);
    path.nodes = nodes;
    path.node_count = count;
    CHECK_PASSED(merge(test, state, sender, &path, tree, &context));
    struct mls_treekem_path input = {
        .tree = tree, .sender = sender, .path = &path, .context = buffer_span(&context)};
    CHECK_OK(mls_treekem_encrypt(&input, &secrets, vector_random(), &test->arena, &path.nodes));
    return open_everywhere(test, state, &input, NULL, secret_span(&secrets.path[count]));
}

static enum vector_result check_paths(struct vector_case *test, const struct treekem *state)
{
    const json_t *paths = vector_array(test->json, "update_paths");
    CHECK(paths != NULL);
    for (size_t i = 0; i < json_array_size(paths); i++) {
        CLEANUP(mls_tree_free) struct mls_tree *given = NULL;
        CLEANUP(mls_tree_free) struct mls_tree *own = NULL;
        const json_t *item = json_array_get(paths, i);
        uint64_t sender = 0;
        CHECK(vector_number(item, "sender", &sender) && sender < UINT32_MAX);
        CHECK_OK(mls_tree_clone(state->tree, &given));
        CHECK_OK(mls_tree_clone(state->tree, &own));
        CHECK_PASSED(check_given(test, state, item, (uint32_t)sender, given));
        CHECK_PASSED(check_own(test, state, (uint32_t)sender, own));
    }
    return VECTOR_PASSED;
}

static enum vector_result check_all(struct vector_case *test, struct treekem *state)
{
    CHECK_PASSED(read_case(test, state));
    return check_paths(test, state);
}

static enum vector_result run(struct vector_case *test)
{
    struct treekem state = {0};
    CHECK(vector_suite(test->json, &state.suite));
    if (state.suite == NULL)
        return VECTOR_SKIPPED;
    CHECK_OK(secret_arena_new(&state.arena));
    enum vector_result result = check_all(test, &state);
    mls_tree_free(&state.tree);
    secret_arena_free(&state.arena);
    return result;
}

static const char *const fields[] = {"leaves_private", "update_paths", NULL};
const struct vector_kind kind_treekem = {"treekem", fields, run};
