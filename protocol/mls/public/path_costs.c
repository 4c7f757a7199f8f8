/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/path_costs.h"

struct subtree {
    uint32_t members;
    uint32_t resolution; /* how many nodes */
    uint64_t spared;     /* by a path through here, at and above it, summed over all members */
    bool blank_above;    /* such a path fills a node */
};

size_t mls_path_ciphertext_bytes(const struct suite *suite)
{
    /* Two vectors, the path secret in the second; their lengths take a byte below 64, else two. */
    size_t sealed = (size_t)suite->hash_size + AEAD_TAG_SIZE;
    size_t kem = suite->kem_public_size;
    return (kem < 64 ? 1 : 2) + kem + (sealed < 64 ? 1 : 2) + sealed;
}

static struct subtree leaf_of(const struct mls_tree *tree, uint32_t leaf)
{
    uint32_t here = mls_tree_leaf(tree, leaf) != NULL ? 1 : 0;
    return (struct subtree){.members = here, .resolution = here};
}

static struct subtree parent_of(const struct mls_tree *tree,
                                uint32_t node,
                                const struct subtree *left,
                                const struct subtree *right)
{
    const struct mls_parent_node *parent = mls_tree_parent(tree, node);
    struct subtree made = {.members = left->members + right->members,
                           .resolution = left->resolution + right->resolution};
    if (parent != NULL)
        made.resolution = 1 + (uint32_t)mls_parent_node_unmerged_count(parent);
    return made;
}

/* Level after level: the parents of level k are 2^(k+1) apart, from 2^k - 1 on. */
static void count_up(const struct mls_tree *tree, struct subtree *subtrees)
{
    uint32_t count = mls_node_count(mls_tree_leaf_count(tree));
    for (uint32_t node = 0; node < count; node += 2)
        subtrees[node] = leaf_of(tree, mls_leaf_of_node(node));
    for (uint32_t first = 1; first < count; first = 2 * first + 1)
        for (uint32_t node = first; node < count; node += 2 * (first + 1))
            subtrees[node] = parent_of(tree, node, &subtrees[mls_node_left(node)],
                                       &subtrees[mls_node_right(node)]);
}

/* A path through `node` makes its resolution one node; its sibling's members encrypt to it. */
static void spare(const struct subtree *above,
                  bool is_blank,
                  const struct subtree *sibling,
                  struct subtree *below)
{
    uint64_t fewer = below->resolution == 0 ? 0 : below->resolution - 1;
    below->spared = above->spared + fewer * sibling->members;
    /* A parent whose other child has an empty resolution is not on the filtered path. */
    below->blank_above = above->blank_above || (is_blank && sibling->resolution != 0);
}

static void spare_down(const struct mls_tree *tree, struct subtree *subtrees)
{
    uint32_t count = mls_node_count(mls_tree_leaf_count(tree));
    for (uint32_t first = mls_node_root(mls_tree_leaf_count(tree)); first != 0; first /= 2) {
        for (uint32_t node = first; node < count; node += 2 * (first + 1)) {
            bool is_blank = mls_tree_parent(tree, node) == NULL;
            struct subtree *left = &subtrees[mls_node_left(node)];
            struct subtree *right = &subtrees[mls_node_right(node)];
            spare(&subtrees[node], is_blank, right, left);
            spare(&subtrees[node], is_blank, left, right);
        }
    }
}

/* What all members' paths together would be encrypted to. */
static uint64_t ciphertexts_of_all(const struct mls_tree *tree, const struct subtree *subtrees)
{
    uint32_t leaf_count = mls_tree_leaf_count(tree);
    uint64_t sum = 0;
    for (uint32_t node = 0; node < mls_node_count(leaf_count); node++)
        if (node != mls_node_root(leaf_count))
            sum += (uint64_t)subtrees[node].resolution *
                   subtrees[mls_node_sibling(node, leaf_count)].members;
    return sum;
}

enum status
mls_path_costs(const struct mls_tree *tree, struct arena *arena, struct mls_path_costs *costs)
{
    uint32_t leaf_count = mls_tree_leaf_count(tree);
    uint32_t members = mls_tree_member_count(tree);
    void *place = NULL;
    *costs = (struct mls_path_costs){0};
    if (members == 0)
        return STATUS_OK;
    TRY(arena_take(arena, mls_node_count(leaf_count), sizeof(struct subtree), &place));
    struct subtree *subtrees = place;
    TRY(arena_take(arena, leaf_count, sizeof *costs->spared, &place));
    uint32_t *spared = place;
    count_up(tree, subtrees);
    spare_down(tree, subtrees);
    for (uint32_t leaf = 0; leaf < leaf_count; leaf++) {
        const struct subtree *own = &subtrees[mls_node_of_leaf(leaf)];
        bool fills = own->members != 0 && own->blank_above;
        spared[leaf] = fills ? (uint32_t)(own->spared / members) : 0;
    }
    uint64_t sum =
        ciphertexts_of_all(tree, subtrees) * mls_path_ciphertext_bytes(mls_tree_suite(tree));
    costs->path_bytes = (sum + members - 1) / members;
    costs->spared = spared;
    return STATUS_OK;
}

bool mls_path_has_blank(const struct mls_tree *tree, uint32_t leaf)
{
    struct mls_path_step steps[MLS_PATH_MAX];
    size_t count = mls_tree_filtered_path(tree, leaf, steps);
    for (size_t i = 0; i < count; i++)
        if (mls_tree_parent(tree, steps[i].node) == NULL)
            return true;
    return false;
}
