/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/limits.h"
#include "protocol/crypto/hpke.h"
#include "protocol/mls/public/parent_hash.h"
#include "protocol/mls/public/public_group_private.h"

/* The leaf that the path's leaf takes the place of: the committer's, or the one that an external
 * committer removes; NULL for a newcomer. */
static const struct mls_leaf_node *replaced_leaf(const struct mls_staged_commit *staged)
{
    if (staged->committer_before != NULL)
        return staged->committer_before;
    return staged->effect.removed_count == 0 ? NULL : staged->effect.removed[0].leaf_node;
}

/* RFC 9420, 5.3.1: "When a member receives a Commit with an UpdatePath whose LeafNode has a new
 * credential for the committer" */
static enum status check_credential(const struct mls_staged_commit *staged,
                                    const struct mls_leaf_node *leaf,
                                    const struct mls_options *options)
{
    const struct mls_leaf_node *old = replaced_leaf(staged);
    bool same = old != NULL && mls_credential_equal(&leaf->credential, &old->credential);
    /* RFC 9420, 12.2: "the `credential` in the LeafNode MUST present a set of identifiers that is
     * acceptable to the application for the removed participant." A basic credential is nothing
     * but its identifier: with another one, somebody else would be removed. */
    if (old != NULL && staged->committer_before == NULL && !same &&
        (options->check_credential == NULL || leaf->credential.type == MLS_CREDENTIAL_BASIC))
        return STATUS_INVALID_PROPOSAL;
    if (same && span_equal(leaf->signature_key, old->signature_key))
        return STATUS_OK;
    return mls_options_check_credential(options, &leaf->credential, leaf->signature_key,
                                        old == NULL ? NULL : &old->credential);
}

/* RFC 9420, 12.4.2: "Validate the LeafNode as specified in" 7.3. */
static enum status check_leaf(const struct mls_public_group *group,
                              const struct mls_staged_commit *staged,
                              const struct mls_options *options)
{
    const struct mls_leaf_node *leaf = &staged->content.content.commit.path->leaf_node;
    const struct mls_leaf_node *old = replaced_leaf(staged);
    /* RFC 9420, 12.4.2: "The `leaf_node_source` field MUST be set to `commit`." */
    if (leaf->source != MLS_LEAF_COMMIT)
        return STATUS_INVALID_LEAF;
    /* RFC 9420, 12.2: "If a Remove proposal is present, then the LeafNode in the `path` field of
     * the external Commit MUST meet the same criteria as would the LeafNode in an Update for the
     * removed leaf (see Section 12.1.2)." RFC 9420, 12.4.2: "Verify that the `encryption_key` value
     * in the LeafNode is different from the committer's current leaf node." */
    if (old != NULL && span_equal(leaf->encryption_key, old->encryption_key))
        return STATUS_INVALID_LEAF;
    /* RFC 9420, 7.5: "Since the new leaf node effectively updates an existing leaf node in the
     * group, it MUST adhere to the same restrictions as LeafNodes used in Update proposals (aside
     * from `leaf_node_source`)." */
    TRY(mls_leaf_node_check_alone(group->suite, leaf));
    TRY(mls_leaf_node_check_extensions(leaf, staged->effect.extensions));
    if (old == NULL || !span_equal(leaf->signature_key, old->signature_key))
        TRY(mls_leaf_node_check_signature_key(group->suite, leaf));
    TRY(mls_leaf_node_verify(group->suite, leaf, group->context.group_id, staged->committer));
    return check_credential(staged, leaf, options);
}

/* RFC 9420, 7.6: "The length of the `encrypted_path_secret` vector MUST be equal to the length of
 * the resolution of the copath node (excluding new leaf nodes), with each ciphertext being the
 * encryption to the respective resolution node." */
static enum status check_secrets(const struct mls_staged_commit *staged,
                                 const struct mls_tree *tree,
                                 const uint32_t *added,
                                 const struct mls_path_step *step,
                                 const struct mls_update_path_node *node)
{
    size_t expected;
    /* RFC 9420, 7.6: "For each UpdatePathNode, the resolution of the corresponding copath node MUST
     * exclude all new leaf nodes added as part of the current Commit." */
    TRY(mls_tree_resolution_count(tree, step->copath, added, staged->effect.added_count,
                                  &expected));
    return expected == node->secret_count ? STATUS_OK : STATUS_INVALID;
}

/* The leaves that the commit adds, in increasing order. */
static enum status list_added(struct mls_staged_commit *staged, uint32_t **added)
{
    void *room;
    TRY(arena_take(&staged->arena, staged->effect.added_count, sizeof(uint32_t), &room));
    *added = room;
    for (size_t i = 0; i < staged->effect.added_count; i++)
        (*added)[i] = staged->effect.added[i].leaf;
    return STATUS_OK;
}

/* The shape of the path: as many nodes as the filtered direct path, a key and the right number of
 * ciphertexts each. */
static enum status check_nodes(const struct mls_public_group *group,
                               struct mls_staged_commit *staged,
                               const struct mls_tree *tree)
{
    const struct mls_update_path *path = staged->content.content.commit.path;
    struct mls_path_step steps[MLS_PATH_MAX];
    uint32_t *added;
    TRY(list_added(staged, &added));
    if (mls_tree_filtered_path(tree, staged->committer, steps) != path->node_count)
        return STATUS_INVALID;
    for (size_t i = 0; i < path->node_count; i++) {
        if (hpke_check_public(group->suite, path->nodes[i].encryption_key) != STATUS_OK)
            return STATUS_INVALID;
        TRY(check_secrets(staged, tree, added, &steps[i], &path->nodes[i]));
    }
    return STATUS_OK;
}

static enum status merge_nodes(struct mls_staged_commit *staged, struct mls_tree *tree)
{
    const struct mls_update_path *path = staged->content.content.commit.path;
    struct span keys[MLS_PATH_MAX];
    struct digest expected;
    for (size_t i = 0; i < path->node_count; i++)
        keys[i] = path->nodes[i].encryption_key;
    TRY(mls_tree_merge_path(tree, staged->committer, keys, path->node_count, &expected));
    /* RFC 9420, 7.9.2: "When processing a Commit message that includes an UpdatePath, clients MUST
     * recompute the expected value of `parent_hash` for the committer's new leaf and verify that
     * it matches the `parent_hash` value in the supplied `leaf_node`." */
    return span_equal(path->leaf_node.parent_hash, digest_span(&expected)) ? STATUS_OK
                                                                           : STATUS_INVALID_LEAF;
}

/* An external committer's leaf goes where an Add would go, before the path is merged; a member's
 * new leaf follows its path, so that path keys are compared with the old leaf's as well. */
enum status staged_apply_path(const struct mls_public_group *group,
                              struct mls_staged_commit *staged,
                              const struct mls_options *options,
                              struct mls_tree *tree)
{
    CLEANUP(buffer_clear) struct buffer leaf_bytes = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    const struct mls_leaf_node *leaf = &staged->content.content.commit.path->leaf_node;
    struct writer writer = writer_of(&leaf_bytes);
    mls_leaf_node_write(&writer, leaf);
    TRY(writer_finish(&writer));
    bool is_external = staged->committer_before == NULL;
    /* RFC 9420, 12.4.2: "If this is an external Commit, assign the sender the leftmost blank leaf
     * node in the new ratchet tree." */
    if (is_external)
        staged->committer = mls_tree_next_free_leaf(tree);
    TRY(check_leaf(group, staged, options));
    if (mls_tree_find_encryption_key(tree, leaf->encryption_key) != MLS_NO_NODE)
        return STATUS_INVALID_TREE;
    if (is_external)
        TRY(mls_tree_add(tree, buffer_span(&leaf_bytes), &staged->committer));
    TRY(check_nodes(group, staged, tree));
    TRY(merge_nodes(staged, tree));
    if (!is_external)
        TRY(mls_tree_set_leaf(tree, staged->committer, buffer_span(&leaf_bytes)));
    return STATUS_OK;
}
