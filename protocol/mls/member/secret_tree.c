/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/secret_tree.h"

#include "protocol/base/limits.h"
#include "protocol/codec/reader.h"
#include "protocol/codec/writer.h"
#include "protocol/mls/member/kdf.h"
#include "protocol/mls/public/tree_math.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ROW_VERSION 1

/* Levels of the largest tree, and the nodes that expanding one path adds. */
#define LEVELS_MAX 32

struct node {
    uint32_t index;
    struct secret *secret;
};

struct skipped_key {
    uint32_t generation;
    struct secret *key; /* key and nonce, one after the other */
};

struct ratchet {
    uint32_t id;         /* 2 * leaf + type */
    uint64_t generation; /* of `secret`: the next one; 2^32 when there is none left */
    struct secret *secret;
    struct skipped_key *skipped; /* room for MLS_SKIPPED_KEYS_MAX once it is not NULL */
    size_t skipped_count;        /* increasing generations */
};

struct mls_secret_tree {
    const struct suite *suite;
    struct secret_arena *arena;
    struct mls_row_set *changed;
    uint64_t epoch;
    uint32_t leaf_count;
    struct node *nodes; /* sorted; only those not yet expanded */
    size_t node_count;
    size_t node_capacity;
    struct ratchet *ratchets; /* sorted; both of a leaf or none */
    size_t ratchet_count;
    size_t ratchet_capacity;
};

void mls_message_key_clear(struct mls_message_key *key)
{
    secret_wipe(key, sizeof *key);
}

void mls_secret_tree_use_clear(struct mls_secret_tree_use *use)
{
    secret_wipe(use, sizeof *use);
}

enum status mls_secret_tree_new(const struct suite *suite,
                                struct secret_arena *arena,
                                struct mls_row_set *changed,
                                uint64_t epoch,
                                uint32_t leaf_count,
                                struct mls_secret_tree **tree)
{
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

static void clear_ratchet(struct mls_secret_tree *tree, struct ratchet *ratchet)
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

static struct node *find_node(const struct mls_secret_tree *tree, uint32_t index)
{
    size_t place = node_place(tree, index);
    if (place == tree->node_count || tree->nodes[place].index != index)
        return NULL;
    return &tree->nodes[place];
}

static enum status reserve_nodes(struct mls_secret_tree *tree, size_t count)
{
    if (tree->node_capacity - tree->node_count >= count)
        return STATUS_OK;
    size_t capacity = tree->node_capacity * 2 + count;
    struct node *nodes = realloc(tree->nodes, capacity * sizeof *nodes);
    if (nodes == NULL)
        return STATUS_NO_MEMORY;
    tree->nodes = nodes;
    tree->node_capacity = capacity;
    return STATUS_OK;
}

/* Room was reserved, here and in the row set. */
static void insert_node(struct mls_secret_tree *tree, uint32_t index, struct secret *secret)
{
    size_t place = node_place(tree, index);
    memmove(&tree->nodes[place + 1], &tree->nodes[place],
            (tree->node_count - place) * sizeof *tree->nodes);
    tree->nodes[place] = (struct node){index, secret};
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

static struct ratchet *find_ratchet(const struct mls_secret_tree *tree, uint32_t id)
{
    size_t place = ratchet_place(tree, id);
    if (place == tree->ratchet_count || tree->ratchets[place].id != id)
        return NULL;
    return &tree->ratchets[place];
}

static enum status reserve_ratchets(struct mls_secret_tree *tree, size_t count)
{
    if (tree->ratchet_capacity - tree->ratchet_count >= count)
        return STATUS_OK;
    size_t capacity = tree->ratchet_capacity * 2 + count;
    struct ratchet *ratchets = realloc(tree->ratchets, capacity * sizeof *ratchets);
    if (ratchets == NULL)
        return STATUS_NO_MEMORY;
    tree->ratchets = ratchets;
    tree->ratchet_capacity = capacity;
    return STATUS_OK;
}

static struct ratchet *
insert_ratchet(struct mls_secret_tree *tree, uint32_t id, struct secret *secret)
{
    size_t place = ratchet_place(tree, id);
    memmove(&tree->ratchets[place + 1], &tree->ratchets[place],
            (tree->ratchet_count - place) * sizeof *tree->ratchets);
    tree->ratchets[place] = (struct ratchet){.id = id, .secret = secret};
    tree->ratchet_count++;
    mls_row_set_add(tree->changed, MLS_ROW_RATCHET, tree->epoch, id);
    return &tree->ratchets[place];
}

/* ---- expanding the tree (9) ---- */

enum status mls_secret_tree_set_root(struct mls_secret_tree *tree, struct span encryption_secret)
{
    assert(tree->node_count == 0 && tree->ratchet_count == 0);
    struct secret *slot = NULL;
    TRY(reserve_nodes(tree, 1));
    TRY(mls_row_set_reserve(tree->changed, 1));
    TRY(secret_arena_take(tree->arena, &slot));
    enum status status = secret_set(slot, encryption_secret);
    if (status != STATUS_OK) {
        secret_arena_give(tree->arena, &slot);
        return status;
    }
    insert_node(tree, mls_node_root(tree->leaf_count), slot);
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
    TRY(derive_pair(tree, find_node(tree, index)->secret, "tree", SPAN_LITERAL("left"), "tree",
                    SPAN_LITERAL("right"), pair));
    delete_node(tree, index);
    insert_node(tree, mls_node_left(index), pair[0]);
    insert_node(tree, mls_node_right(index), pair[1]);
    return STATUS_OK;
}

/* Replaces a leaf by its ratchets. */
static enum status expand_leaf(struct mls_secret_tree *tree, uint32_t leaf)
{
    struct secret *pair[2];
    TRY(derive_pair(tree, find_node(tree, mls_node_of_leaf(leaf))->secret, "handshake", SPAN_EMPTY,
                    "application", SPAN_EMPTY, pair));
    delete_node(tree, mls_node_of_leaf(leaf));
    insert_ratchet(tree, 2 * leaf + MLS_RATCHET_HANDSHAKE, pair[0]);
    insert_ratchet(tree, 2 * leaf + MLS_RATCHET_APPLICATION, pair[1]);
    return STATUS_OK;
}

/* Makes sure that the leaf has its ratchets.
 *
 * RFC 9420, 9.2: "all node secrets in the secret tree on the path from the root to the leaf with
 * node L" are consumed with the first key: each is wiped when its children exist. */
static enum status expand_to(struct mls_secret_tree *tree, uint32_t leaf)
{
    if (leaf >= tree->leaf_count)
        return STATUS_INVALID;
    if (find_ratchet(tree, 2 * leaf) != NULL)
        return STATUS_OK;
    TRY(reserve_nodes(tree, (size_t)2 * LEVELS_MAX));
    TRY(reserve_ratchets(tree, 2));
    TRY(mls_row_set_reserve(tree->changed, (size_t)3 * LEVELS_MAX + 3));
    uint32_t target = mls_node_of_leaf(leaf);
    uint32_t index = target;
    while (find_node(tree, index) == NULL) {
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
    struct ratchet *ratchet = find_ratchet(tree, 2 * leaf + (uint32_t)type);
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

static struct skipped_key *find_skipped(const struct ratchet *ratchet, uint32_t generation)
{
    for (size_t i = 0; i < ratchet->skipped_count; i++)
        if (ratchet->skipped[i].generation == generation)
            return &ratchet->skipped[i];
    return NULL;
}

/* Goes forward on a copy; keeps the keys of the last generations on the way. */
static enum status walk_forward(const struct suite *suite,
                                const struct ratchet *ratchet,
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

enum status mls_secret_tree_find(struct mls_secret_tree *tree,
                                 uint32_t leaf,
                                 enum mls_ratchet_type type,
                                 uint32_t generation,
                                 struct mls_secret_tree_use *use)
{
    TRY(expand_to(tree, leaf));
    const struct ratchet *ratchet = find_ratchet(tree, 2 * leaf + (uint32_t)type);
    *use = (struct mls_secret_tree_use){.leaf = leaf, .type = type, .generation = generation};
    if (generation < ratchet->generation) {
        const struct skipped_key *skipped = find_skipped(ratchet, generation);
        if (skipped == NULL)
            return STATUS_REPLAYED;
        use->was_skipped = true;
        split_key(tree->suite, skipped->key, &use->message_key);
        return STATUS_OK;
    }
    /* RFC 9420, 15.3: "Messages received with a generation counter that is too much higher than
     * the last message received would then be rejected." */
    if (generation - ratchet->generation > LIMIT_RATCHET_STEPS)
        return STATUS_LIMIT;
    return walk_forward(tree->suite, ratchet, use);
}

static void drop_skipped(struct mls_secret_tree *tree, struct ratchet *ratchet, size_t at)
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

static enum status ensure_skipped_room(struct ratchet *ratchet)
{
    if (ratchet->skipped == NULL)
        ratchet->skipped = calloc(MLS_SKIPPED_KEYS_MAX, sizeof *ratchet->skipped);
    return ratchet->skipped == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

/* RFC 9420, 9.2: "Members MAY keep unconsumed values around for some reasonable amount of time to
 * handle out-of-order message delivery." */
static enum status keep_skipped(struct mls_secret_tree *tree,
                                struct ratchet *ratchet,
                                const struct mls_secret_tree_use *use)
{
    struct secret *slots[MLS_SKIPPED_KEYS_MAX] = {NULL};
    if (use->skipped_count == 0)
        return STATUS_OK;
    TRY(ensure_skipped_room(ratchet));
    TRY(take_slots(tree, slots, use->skipped_count));
    while (ratchet->skipped_count + use->skipped_count > MLS_SKIPPED_KEYS_MAX)
        drop_skipped(tree, ratchet, 0);
    for (size_t i = 0; i < use->skipped_count; i++) {
        *slots[i] = use->skipped[i];
        ratchet->skipped[ratchet->skipped_count++] = (struct skipped_key){
            .generation = use->generation - (uint32_t)(use->skipped_count - i), .key = slots[i]};
    }
    return STATUS_OK;
}

enum status mls_secret_tree_consume(struct mls_secret_tree *tree,
                                    const struct mls_secret_tree_use *use)
{
    struct ratchet *ratchet = find_ratchet(tree, 2 * use->leaf + (uint32_t)use->type);
    TRY(mls_row_set_reserve(tree->changed, 1));
    /* RFC 9420, 9.2: "As soon as a group member consumes a value, they MUST immediately delete
     * (all representations of) that value." */
    if (use->was_skipped) {
        drop_skipped(tree, ratchet,
                     (size_t)(find_skipped(ratchet, use->generation) - ratchet->skipped));
    } else {
        TRY(keep_skipped(tree, ratchet, use));
        *ratchet->secret = use->next;
        ratchet->generation = (uint64_t)use->generation + 1;
    }
    mls_row_set_add(tree->changed, MLS_ROW_RATCHET, tree->epoch, ratchet->id);
    return STATUS_OK;
}

/* ---- rows ----
 * node:    uint8 version; opaque secret<V>;
 * ratchet: uint8 version; uint64 generation; opaque secret<V>;
 *          struct { uint32 generation; opaque key_and_nonce<V>; } skipped<V>; */

static void write_ratchet(struct writer *writer, const struct ratchet *ratchet)
{
    writer_u64(writer, ratchet->generation);
    writer_vector(writer, secret_span(ratchet->secret));
    size_t begin = writer_vector_begin(writer);
    for (size_t i = 0; i < ratchet->skipped_count; i++) {
        writer_u32(writer, ratchet->skipped[i].generation);
        writer_vector(writer, secret_span(ratchet->skipped[i].key));
    }
    writer_vector_end(writer, begin);
}

enum status mls_secret_tree_encode_row(const struct mls_secret_tree *tree,
                                       enum mls_row_kind kind,
                                       uint32_t index,
                                       struct buffer *out)
{
    const struct node *node = kind == MLS_ROW_SECRET_NODE ? find_node(tree, index) : NULL;
    const struct ratchet *ratchet = kind == MLS_ROW_RATCHET ? find_ratchet(tree, index) : NULL;
    struct writer writer = writer_of(out);
    writer_u8(&writer, ROW_VERSION);
    if (node != NULL)
        writer_vector(&writer, secret_span(node->secret));
    else if (ratchet != NULL)
        write_ratchet(&writer, ratchet);
    else
        return STATUS_NOT_FOUND;
    return writer_finish(&writer);
}

/* Reads a vector that holds exactly `size` bytes into a fresh slot. */
static enum status
read_secret(struct mls_secret_tree *tree, struct reader *reader, size_t size, struct secret **slot)
{
    struct span bytes;
    TRY(reader_vector(reader, SECRET_SIZE_MAX, &bytes));
    if (bytes.len != size)
        return STATUS_CORRUPT;
    TRY(secret_arena_take(tree->arena, slot));
    return secret_set(*slot, bytes);
}

static enum status
read_skipped(struct mls_secret_tree *tree, struct reader *reader, struct ratchet *ratchet)
{
    struct reader sub;
    size_t key_size = (size_t)tree->suite->aead_key_size + tree->suite->aead_nonce_size;
    TRY(reader_sub(reader, SIZE_MAX, &sub));
    if (!reader_at_end(&sub))
        TRY(ensure_skipped_room(ratchet));
    while (!reader_at_end(&sub)) {
        struct skipped_key skipped = {0};
        if (ratchet->skipped_count == MLS_SKIPPED_KEYS_MAX)
            return STATUS_CORRUPT;
        TRY(reader_u32(&sub, &skipped.generation));
        TRY(read_secret(tree, &sub, key_size, &skipped.key));
        ratchet->skipped[ratchet->skipped_count++] = skipped;
    }
    return STATUS_OK;
}

/* On an error the tree holds what was read so far: whoever restores frees it. */
static enum status decode_ratchet(struct mls_secret_tree *tree, uint32_t id, struct reader *reader)
{
    uint64_t generation = 0;
    struct secret *secret = NULL;
    TRY(reserve_ratchets(tree, 1));
    TRY(reader_u64(reader, &generation));
    enum status status = read_secret(tree, reader, tree->suite->hash_size, &secret);
    if (status != STATUS_OK) {
        secret_arena_give(tree->arena, &secret);
        return status;
    }
    struct ratchet *ratchet = insert_ratchet(tree, id, secret);
    ratchet->generation = generation;
    return read_skipped(tree, reader, ratchet);
}

static enum status decode_node(struct mls_secret_tree *tree, uint32_t index, struct reader *reader)
{
    struct secret *secret = NULL;
    TRY(reserve_nodes(tree, 1));
    enum status status = read_secret(tree, reader, tree->suite->hash_size, &secret);
    if (status != STATUS_OK) {
        secret_arena_give(tree->arena, &secret);
        return status;
    }
    insert_node(tree, index, secret);
    return STATUS_OK;
}

enum status mls_secret_tree_decode_row(struct mls_secret_tree *tree,
                                       enum mls_row_kind kind,
                                       uint32_t index,
                                       struct span bytes)
{
    struct reader reader = reader_of(bytes);
    uint8_t version = 0;
    bool is_node = kind == MLS_ROW_SECRET_NODE;
    TRY(mls_row_set_reserve(tree->changed, 1));
    TRY(reader_u8(&reader, &version));
    uint32_t index_end = is_node ? mls_node_count(tree->leaf_count) : 2 * tree->leaf_count;
    bool exists = is_node ? find_node(tree, index) != NULL : find_ratchet(tree, index) != NULL;
    if (version != ROW_VERSION || index >= index_end || exists)
        return STATUS_CORRUPT;
    if (is_node)
        TRY(decode_node(tree, index, &reader));
    else
        TRY(decode_ratchet(tree, index, &reader));
    return reader_finish(&reader);
}

enum status mls_secret_tree_note_all(const struct mls_secret_tree *tree, struct mls_row_set *set)
{
    TRY(mls_row_set_reserve(set, tree->node_count + tree->ratchet_count));
    for (size_t i = 0; i < tree->node_count; i++)
        mls_row_set_add(set, MLS_ROW_SECRET_NODE, tree->epoch, tree->nodes[i].index);
    for (size_t i = 0; i < tree->ratchet_count; i++)
        mls_row_set_add(set, MLS_ROW_RATCHET, tree->epoch, tree->ratchets[i].id);
    return STATUS_OK;
}
