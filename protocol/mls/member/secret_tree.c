/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/secret_tree.h"

#include "protocol/base/limits.h"
#include "protocol/mls/member/kdf.h"
#include "protocol/mls/member/secret_tree_private.h"
#include "protocol/mls/public/tree_math.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Levels of the largest tree, and the nodes that expanding one path adds. */
#define LEVELS_MAX 32

void mls_message_key_clear(struct mls_message_key *key)
{
    secret_wipe(key, sizeof *key);
}

void mls_secret_tree_use_clear(struct mls_secret_tree_use *use)
{
    for (size_t i = 0; i < use->slot_count; i++)
        secret_arena_give(use->arena, &use->slots[i]);
    secret_wipe(use, sizeof *use);
}

enum status mls_secret_tree_new(const struct suite *suite,
                                struct secret_arena *arena,
                                struct mls_row_set *changed,
                                uint64_t epoch,
                                uint32_t leaf_count,
                                struct mls_secret_tree **tree)
{
    /* RFC 9420, 4.1: "Every tree used in this protocol is a perfect binary tree". Another number
     * comes from rows that were put together wrongly. */
    if (leaf_count == 0 || (leaf_count & (leaf_count - 1)) != 0)
        return STATUS_CORRUPT;
    struct mls_secret_tree *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->suite = suite;
    fresh->arena = arena;
    fresh->changed = changed;
    fresh->epoch = epoch;
    fresh->leaf_count = leaf_count;
    *tree = fresh;
    return STATUS_OK;
}

static void clear_ratchet(struct mls_secret_tree *tree, struct secret_tree_ratchet *ratchet)
{
    secret_arena_give(tree->arena, &ratchet->secret);
    for (size_t i = 0; i < ratchet->skipped_count; i++)
        secret_arena_give(tree->arena, &ratchet->skipped[i].key);
    free(ratchet->skipped);
}

void mls_secret_tree_free(struct mls_secret_tree **tree)
{
    struct mls_secret_tree *old = *tree;
    if (old == NULL)
        return;
    for (size_t i = 0; i < old->node_count; i++)
        secret_arena_give(old->arena, &old->nodes[i].secret);
    for (size_t i = 0; i < old->ratchet_count; i++)
        clear_ratchet(old, &old->ratchets[i]);
    free(old->nodes);
    free(old->ratchets);
    free(old);
    *tree = NULL;
}

void mls_secret_tree_note_in(struct mls_secret_tree *tree, struct mls_row_set *changed)
{
    tree->changed = changed;
}

uint32_t mls_secret_tree_leaf_count(const struct mls_secret_tree *tree)
{
    return tree->leaf_count;
}

/* ---- the two sorted arrays ---- */

/* Where the node is, or where it would go. */
static size_t node_place(const struct mls_secret_tree *tree, uint32_t index)
{
    size_t low = 0;
    size_t high = tree->node_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tree->nodes[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct secret_tree_node *secret_tree_find_node(const struct mls_secret_tree *tree, uint32_t index)
{
    size_t place = node_place(tree, index);
    if (place == tree->node_count || tree->nodes[place].index != index)
        return NULL;
    return &tree->nodes[place];
}

enum status secret_tree_reserve_nodes(struct mls_secret_tree *tree, size_t count)
{
    if (tree->node_capacity - tree->node_count >= count)
        return STATUS_OK;
    size_t capacity = tree->node_capacity * 2 + count;
    struct secret_tree_node *nodes = realloc(tree->nodes, capacity * sizeof *nodes);
    if (nodes == NULL)
        return STATUS_NO_MEMORY;
    tree->nodes = nodes;
    tree->node_capacity = capacity;
    return STATUS_OK;
}

/* Room was reserved, here and in the row set. */
void secret_tree_insert_node(struct mls_secret_tree *tree, uint32_t index, struct secret *secret)
{
    size_t place = node_place(tree, index);
    memmove(&tree->nodes[place + 1], &tree->nodes[place],
            (tree->node_count - place) * sizeof *tree->nodes);
    tree->nodes[place] = (struct secret_tree_node){index, secret};
    tree->node_count++;
    mls_row_set_add(tree->changed, MLS_ROW_SECRET_NODE, tree->epoch, index);
}

static void delete_node(struct mls_secret_tree *tree, uint32_t index)
{
    size_t place = node_place(tree, index);
    secret_arena_give(tree->arena, &tree->nodes[place].secret);
    tree->node_count--;
    memmove(&tree->nodes[place], &tree->nodes[place + 1],
            (tree->node_count - place) * sizeof *tree->nodes);
    mls_row_set_add(tree->changed, MLS_ROW_SECRET_NODE, tree->epoch, index);
}

static size_t ratchet_place(const struct mls_secret_tree *tree, uint32_t id)
{
    size_t low = 0;
    size_t high = tree->ratchet_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tree->ratchets[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct secret_tree_ratchet *secret_tree_find_ratchet(const struct mls_secret_tree *tree,
                                                     uint32_t id)
{
    size_t place = ratchet_place(tree, id);
    if (place == tree->ratchet_count || tree->ratchets[place].id != id)
        return NULL;
    return &tree->ratchets[place];
}

enum status secret_tree_reserve_ratchets(struct mls_secret_tree *tree, size_t count)
{
    if (tree->ratchet_capacity - tree->ratchet_count >= count)
        return STATUS_OK;
    size_t capacity = tree->ratchet_capacity * 2 + count;
    struct secret_tree_ratchet *ratchets = realloc(tree->ratchets, capacity * sizeof *ratchets);
    if (ratchets == NULL)
        return STATUS_NO_MEMORY;
    tree->ratchets = ratchets;
    tree->ratchet_capacity = capacity;
    return STATUS_OK;
}

struct secret_tree_ratchet *
secret_tree_insert_ratchet(struct mls_secret_tree *tree, uint32_t id, struct secret *secret)
{
    size_t place = ratchet_place(tree, id);
    memmove(&tree->ratchets[place + 1], &tree->ratchets[place],
            (tree->ratchet_count - place) * sizeof *tree->ratchets);
    tree->ratchets[place] = (struct secret_tree_ratchet){.id = id, .secret = secret};
    tree->ratchet_count++;
    mls_row_set_add(tree->changed, MLS_ROW_RATCHET, tree->epoch, id);
    return &tree->ratchets[place];
}

/* ---- expanding the tree (9) ---- */

enum status mls_secret_tree_set_root(struct mls_secret_tree *tree, struct span encryption_secret)
{
    assert(tree->node_count == 0 && tree->ratchet_count == 0);
    struct secret *slot = NULL;
    TRY(secret_tree_reserve_nodes(tree, 1));
    TRY(mls_row_set_reserve(tree->changed, 1));
    TRY(secret_arena_take(tree->arena, &slot));
    enum status status = secret_set(slot, encryption_secret);
    if (status != STATUS_OK) {
        secret_arena_give(tree->arena, &slot);
        return status;
    }
    secret_tree_insert_node(tree, mls_node_root(tree->leaf_count), slot);
    return STATUS_OK;
}

/* Derives a pair of secrets under `secret` into two fresh slots, or none. */
static enum status derive_pair(struct mls_secret_tree *tree,
                               const struct secret *secret,
                               const char *label_a,
                               struct span context_a,
                               const char *label_b,
                               struct span context_b,
                               struct secret *pair[2])
{
    const struct suite *suite = tree->suite;
    pair[0] = NULL;
    pair[1] = NULL;
    enum status status = secret_arena_take(tree->arena, &pair[0]);
    if (status == STATUS_OK)
        status = secret_arena_take(tree->arena, &pair[1]);
    if (status == STATUS_OK)
        status = mls_kdf_expand_secret(suite, secret_span(secret), label_a, context_a,
                                       suite->hash_size, pair[0]);
    if (status == STATUS_OK)
        status = mls_kdf_expand_secret(suite, secret_span(secret), label_b, context_b,
                                       suite->hash_size, pair[1]);
    if (status != STATUS_OK) {
        secret_arena_give(tree->arena, &pair[0]);
        secret_arena_give(tree->arena, &pair[1]);
    }
    return status;
}

/* Replaces a parent by its children. */
static enum status expand_parent(struct mls_secret_tree *tree, uint32_t index)
{
    struct secret *pair[2];
    TRY(derive_pair(tree, secret_tree_find_node(tree, index)->secret, "tree", SPAN_LITERAL("left"),
                    "tree", SPAN_LITERAL("right"), pair));
    delete_node(tree, index);
    secret_tree_insert_node(tree, mls_node_left(index), pair[0]);
    secret_tree_insert_node(tree, mls_node_right(index), pair[1]);
    return STATUS_OK;
}

/* Replaces a leaf by its ratchets. */
static enum status expand_leaf(struct mls_secret_tree *tree, uint32_t leaf)
{
    struct secret *pair[2];
    TRY(derive_pair(tree, secret_tree_find_node(tree, mls_node_of_leaf(leaf))->secret, "handshake",
                    SPAN_EMPTY, "application", SPAN_EMPTY, pair));
    delete_node(tree, mls_node_of_leaf(leaf));
    secret_tree_insert_ratchet(tree, 2 * leaf + MLS_RATCHET_HANDSHAKE, pair[0]);
    secret_tree_insert_ratchet(tree, 2 * leaf + MLS_RATCHET_APPLICATION, pair[1]);
    return STATUS_OK;
}

/* Makes sure that the leaf has its ratchets.
 *
 * RFC 9420, 9.2: "Then, for that member, at least the following values have been consumed and MUST
 * be deleted:" "all node secrets in the secret tree on the path from the root to the leaf with node
 * L" are consumed with the first key: each is wiped when its children exist. */
static enum status expand_to(struct mls_secret_tree *tree, uint32_t leaf)
{
    if (leaf >= tree->leaf_count)
        return STATUS_INVALID;
    if (secret_tree_find_ratchet(tree, 2 * leaf) != NULL)
        return STATUS_OK;
    TRY(secret_tree_reserve_nodes(tree, (size_t)2 * LEVELS_MAX));
    TRY(secret_tree_reserve_ratchets(tree, 2));
    TRY(mls_row_set_reserve(tree->changed, (size_t)3 * LEVELS_MAX + 3));
    uint32_t target = mls_node_of_leaf(leaf);
    uint32_t index = target;
    while (secret_tree_find_node(tree, index) == NULL) {
        index = mls_node_parent(index, tree->leaf_count);
        if (index == MLS_NO_NODE)
            return STATUS_CORRUPT;
    }
    while (index != target) {
        TRY(expand_parent(tree, index));
        index = mls_node_is_under(target, mls_node_left(index)) ? mls_node_left(index)
                                                                : mls_node_right(index);
    }
    return expand_leaf(tree, leaf);
}

/* ---- the ratchets (9.1) ---- */

static enum status derive_message_key(const struct suite *suite,
                                      const struct secret *secret,
                                      uint32_t generation,
                                      struct mls_message_key *key)
{
    TRY(mls_kdf_derive_tree(suite, secret_span(secret), "nonce", generation, suite->aead_nonce_size,
                            &key->nonce));
    return mls_kdf_derive_tree(suite, secret_span(secret), "key", generation, suite->aead_key_size,
                               &key->key);
}

static enum status
step_secret(const struct suite *suite, struct secret *secret, uint32_t generation)
{
    return mls_kdf_derive_tree(suite, secret_span(secret), "secret", generation, suite->hash_size,
                               secret);
}

enum status mls_secret_tree_take(struct mls_secret_tree *tree,
                                 uint32_t leaf,
                                 enum mls_ratchet_type type,
                                 uint32_t *generation,
                                 struct mls_message_key *key)
{
    TRY(expand_to(tree, leaf));
    struct secret_tree_ratchet *ratchet = secret_tree_find_ratchet(tree, 2 * leaf + (uint32_t)type);
    if (ratchet->generation > UINT32_MAX)
        return STATUS_LIMIT;
    TRY(mls_row_set_reserve(tree->changed, 1));
    CLEANUP(mls_message_key_clear) struct mls_message_key fresh = {0};
    CLEANUP(secret_clear) struct secret next = *ratchet->secret;
    uint32_t now = (uint32_t)ratchet->generation;
    TRY(derive_message_key(tree->suite, ratchet->secret, now, &fresh));
    TRY(step_secret(tree->suite, &next, now));
    /* RFC 9420, 9.1: "Each key/nonce pair MUST NOT be used to encrypt more than one message." */
    *ratchet->secret = next;
    /* RFC 9420, 6.3.1: "Because the key schedule generates nonces deterministically, a client MUST
     * keep persistent state as to where in the key schedule it is; if this persistent state is lost
     * or corrupted, a client might reuse a generation that has already been used, causing reuse of
     * a key/nonce pair." The row goes to disk before the message leaves. */
    ratchet->generation++;
    mls_row_set_add(tree->changed, MLS_ROW_RATCHET, tree->epoch, ratchet->id);
    *generation = now;
    *key = fresh;
    return STATUS_OK;
}

static void join_key(const struct mls_message_key *key, struct secret *joined)
{
    *joined = key->key;
    memcpy(joined->bytes + joined->len, key->nonce.bytes, key->nonce.len);
    joined->len = (uint8_t)(joined->len + key->nonce.len);
}

static void
split_key(const struct suite *suite, const struct secret *joined, struct mls_message_key *key)
{
    key->key.len = suite->aead_key_size;
    memcpy(key->key.bytes, joined->bytes, key->key.len);
    key->nonce.len = suite->aead_nonce_size;
    memcpy(key->nonce.bytes, joined->bytes + key->key.len, key->nonce.len);
}

static struct secret_tree_skipped *find_skipped(const struct secret_tree_ratchet *ratchet,
                                                uint32_t generation)
{
    for (size_t i = 0; i < ratchet->skipped_count; i++)
        if (ratchet->skipped[i].generation == generation)
            return &ratchet->skipped[i];
    return NULL;
}

/* Goes forward on a copy; keeps the keys of the last generations on the way. */
static enum status walk_forward(const struct suite *suite,
                                const struct secret_tree_ratchet *ratchet,
                                struct mls_secret_tree_use *use)
{
    use->next = *ratchet->secret;
    for (uint64_t i = ratchet->generation; i < use->generation; i++) {
        uint32_t generation = (uint32_t)i;
        if (use->generation - generation <= MLS_SKIPPED_KEYS_MAX) {
            TRY(derive_message_key(suite, &use->next, generation, &use->message_key));
            join_key(&use->message_key, &use->skipped[use->skipped_count++]);
        }
        TRY(step_secret(suite, &use->next, generation));
    }
    TRY(derive_message_key(suite, &use->next, use->generation, &use->message_key));
    return step_secret(suite, &use->next, use->generation);
}

void mls_secret_tree_allow_steps(struct mls_secret_tree *tree, uint32_t steps_more)
{
    tree->steps_more = steps_more;
}

enum status mls_secret_tree_find(struct mls_secret_tree *tree,
                                 uint32_t leaf,
                                 enum mls_ratchet_type type,
                                 uint32_t generation,
                                 struct mls_secret_tree_use *use)
{
    TRY(expand_to(tree, leaf));
    const struct secret_tree_ratchet *ratchet =
        secret_tree_find_ratchet(tree, 2 * leaf + (uint32_t)type);
    *use = (struct mls_secret_tree_use){.leaf = leaf, .type = type, .generation = generation};
    if (generation < ratchet->generation) {
        const struct secret_tree_skipped *skipped = find_skipped(ratchet, generation);
        if (skipped == NULL)
            return STATUS_REPLAYED;
        use->was_skipped = true;
        split_key(tree->suite, skipped->key, &use->message_key);
        return STATUS_OK;
    }
    /* RFC 9420, 15.3: "Messages received with a generation counter that is too much higher than
     * the last message received would then be rejected." */
    if (generation - ratchet->generation > (uint64_t)LIMIT_RATCHET_STEPS + tree->steps_more)
        return STATUS_LIMIT;
    return walk_forward(tree->suite, ratchet, use);
}

static void
drop_skipped(struct mls_secret_tree *tree, struct secret_tree_ratchet *ratchet, size_t at)
{
    secret_arena_give(tree->arena, &ratchet->skipped[at].key);
    ratchet->skipped_count--;
    memmove(&ratchet->skipped[at], &ratchet->skipped[at + 1],
            (ratchet->skipped_count - at) * sizeof *ratchet->skipped);
}

static enum status take_slots(struct mls_secret_tree *tree, struct secret **slots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum status status = secret_arena_take(tree->arena, &slots[i]);
        if (status != STATUS_OK) {
            while (i > 0)
                secret_arena_give(tree->arena, &slots[--i]);
            return status;
        }
    }
    return STATUS_OK;
}

enum status secret_tree_skipped_room(struct secret_tree_ratchet *ratchet)
{
    if (ratchet->skipped == NULL)
        ratchet->skipped = calloc(MLS_SKIPPED_KEYS_MAX, sizeof *ratchet->skipped);
    return ratchet->skipped == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

enum status mls_secret_tree_prepare(struct mls_secret_tree *tree, struct mls_secret_tree_use *use)
{
    struct secret_tree_ratchet *ratchet =
        secret_tree_find_ratchet(tree, 2 * use->leaf + (uint32_t)use->type);
    TRY(mls_row_set_reserve(tree->changed, 1));
    if (use->skipped_count == 0 || use->slot_count != 0)
        return STATUS_OK;
    TRY(secret_tree_skipped_room(ratchet));
    TRY(take_slots(tree, use->slots, use->skipped_count));
    use->arena = tree->arena;
    use->slot_count = use->skipped_count;
    return STATUS_OK;
}

/* RFC 9420, 9.2: "Members MAY keep unconsumed values around for some reasonable amount of time to
 * handle out-of-order message delivery." */
static void keep_skipped(struct mls_secret_tree *tree,
                         struct secret_tree_ratchet *ratchet,
                         struct mls_secret_tree_use *use)
{
    while (ratchet->skipped_count + use->skipped_count > MLS_SKIPPED_KEYS_MAX)
        drop_skipped(tree, ratchet, 0);
    for (size_t i = 0; i < use->skipped_count; i++) {
        *use->slots[i] = use->skipped[i];
        ratchet->skipped[ratchet->skipped_count++] = (struct secret_tree_skipped){
            .generation = use->generation - (uint32_t)(use->skipped_count - i),
            .key = use->slots[i]};
    }
    use->slot_count = 0;
}

enum status mls_secret_tree_consume(struct mls_secret_tree *tree, struct mls_secret_tree_use *use)
{
    TRY(mls_secret_tree_prepare(tree, use));
    struct secret_tree_ratchet *ratchet =
        secret_tree_find_ratchet(tree, 2 * use->leaf + (uint32_t)use->type);
    /* RFC 9420, 9.2: "As soon as a group member consumes a value, they MUST immediately delete
     * (all representations of) that value." */
    if (use->was_skipped) {
        drop_skipped(tree, ratchet,
                     (size_t)(find_skipped(ratchet, use->generation) - ratchet->skipped));
    } else {
        keep_skipped(tree, ratchet, use);
        *ratchet->secret = use->next;
        ratchet->generation = (uint64_t)use->generation + 1;
    }
    mls_row_set_add(tree->changed, MLS_ROW_RATCHET, tree->epoch, ratchet->id);
    return STATUS_OK;
}
