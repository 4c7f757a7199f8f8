/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/treekem.h"

#include "protocol/mls/member/kdf.h"

#include <assert.h>
#include <string.h>

/* RFC 9420, 7.6. */
static const char path_label[] = "UpdatePathNode";

/* ---- the private keys we have ---- */

void mls_private_keys_clear(struct mls_private_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        secret_arena_give(keys->arena, &keys->items[i].key);
    keys->count = 0;
}

static size_t place_of(const struct mls_private_keys *keys, uint32_t node)
{
    size_t place = 0;
    while (place < keys->count && keys->items[place].node < node)
        place++;
    return place;
}

struct span mls_private_keys_get(const struct mls_private_keys *keys, uint32_t node)
{
    size_t place = place_of(keys, node);
    if (place == keys->count || keys->items[place].node != node)
        return SPAN_EMPTY;
    return secret_span(keys->items[place].key);
}

enum status mls_private_keys_set(struct mls_private_keys *keys, uint32_t node, struct span key)
{
    size_t place = place_of(keys, node);
    if (key.len > SECRET_SIZE_MAX)
        return STATUS_BAD_KEY;
    if (place < keys->count && keys->items[place].node == node)
        return secret_set(keys->items[place].key, key);
    if (keys->count == sizeof keys->items / sizeof *keys->items)
        return STATUS_LIMIT;
    struct secret *slot = NULL;
    TRY(secret_arena_take(keys->arena, &slot));
    memmove(&keys->items[place + 1], &keys->items[place],
            (keys->count - place) * sizeof *keys->items);
    keys->items[place] = (struct mls_private_key){node, slot};
    keys->count++;
    return secret_set(slot, key);
}

enum status mls_private_keys_carry(const struct mls_private_keys *keys,
                                   const struct mls_tree *before,
                                   const struct mls_tree *after,
                                   struct mls_private_keys *next)
{
    for (size_t i = 0; i < keys->count; i++) {
        uint32_t node = keys->items[i].node;
        struct span now = mls_tree_node_key(after, node);
        /* RFC 9420, 7.5: "After processing the update, each recipient MUST delete outdated key
         * material, specifically:" A key stays only where the node has kept its own. */
        if (now.len != 0 && span_equal(now, mls_tree_node_key(before, node)))
            TRY(mls_private_keys_set(next, node, secret_span(keys->items[i].key)));
    }
    return STATUS_OK;
}

enum status mls_private_keys_check(const struct mls_private_keys *keys, const struct mls_tree *tree)
{
    for (size_t i = 0; i < keys->count; i++) {
        struct hpke_public derived;
        TRY(hpke_public_of(mls_tree_suite(tree), secret_span(keys->items[i].key), &derived));
        if (!span_equal(hpke_public_span(&derived), mls_tree_node_key(tree, keys->items[i].node)))
            return STATUS_INVALID_TREE;
    }
    return STATUS_OK;
}

/* ---- path secrets ---- */

void mls_path_secrets_clear(struct mls_path_secrets *secrets)
{
    secret_wipe(secrets, sizeof *secrets);
}

/* RFC 9420, 7.4: node_secret[n] = DeriveSecret(path_secret[n], "node"). */
static enum status derive_node(const struct suite *suite,
                               const struct secret *path_secret,
                               struct secret *private_key,
                               struct hpke_public *public_key)
{
    CLEANUP(secret_clear) struct secret node_secret = {0};
    TRY(mls_kdf_derive(suite, secret_span(path_secret), "node", &node_secret));
    return hpke_derive_key_pair(suite, secret_span(&node_secret), private_key, public_key);
}

enum status mls_path_secrets_derive(const struct suite *suite,
                                    struct span first,
                                    size_t count,
                                    struct mls_path_secrets *secrets)
{
    if (count > MLS_PATH_MAX)
        return STATUS_LIMIT;
    TRY(secret_set(&secrets->path[0], first));
    for (size_t i = 0; i < count; i++) {
        TRY(derive_node(suite, &secrets->path[i], &secrets->private_keys[i],
                        &secrets->public_keys[i]));
        TRY(mls_kdf_derive(suite, secret_span(&secrets->path[i]), "path", &secrets->path[i + 1]));
    }
    secrets->count = count;
    return STATUS_OK;
}

/* ---- creating a path ---- */

/* Encrypts one path secret to one node; the ciphertext lies in the arena. */
static enum status encrypt_to(const struct mls_tree *tree,
                              uint32_t node,
                              const struct secret *path_secret,
                              struct span context,
                              const struct random_source *random,
                              struct arena *arena,
                              struct mls_hpke_ciphertext *item)
{
    CLEANUP(buffer_clear) struct buffer ciphertext = BUFFER_INIT(SECRET_SIZE_MAX + 64);
    struct hpke_public kem_output;
    TRY(mls_kdf_encrypt(mls_tree_suite(tree), random, mls_tree_node_key(tree, node), path_label,
                        context, secret_span(path_secret), &kem_output, &ciphertext));
    TRY(arena_copy(arena, hpke_public_span(&kem_output), &item->kem_output));
    return arena_copy(arena, buffer_span(&ciphertext), &item->ciphertext);
}

enum status mls_treekem_encrypt(const struct mls_treekem_path *input,
                                const struct mls_path_secrets *secrets,
                                const struct random_source *random,
                                struct arena *arena,
                                const struct mls_update_path_node **nodes)
{
    const struct mls_tree *tree = input->tree;
    struct mls_path_step steps[MLS_PATH_MAX];
    size_t count = mls_tree_filtered_path(tree, input->sender, steps);
    assert(count == secrets->count);
    void *memory = NULL;
    TRY(arena_take(arena, count, sizeof **nodes, &memory));
    struct mls_update_path_node *out = memory;
    for (size_t i = 0; i < count; i++) {
        /* RFC 9420, 7.5: "Any new member (from an Add proposal) added in the same Commit MUST be
         * excluded from this resolution." */
        struct mls_resolution resolution = {0};
        TRY(mls_tree_resolution(tree, steps[i].copath, input->excluded, input->excluded_count,
                                arena, &resolution));
        TRY(arena_take(arena, resolution.count, sizeof(struct mls_hpke_ciphertext), &memory));
        struct mls_hpke_ciphertext *items = memory;
        for (size_t j = 0; j < resolution.count; j++)
            TRY(encrypt_to(tree, resolution.nodes[j], &secrets->path[i], input->context, random,
                           arena, &items[j]));
        out[i].secrets = items;
        out[i].secret_count = resolution.count;
        TRY(arena_copy(arena, hpke_public_span(&secrets->public_keys[i]), &out[i].encryption_key));
    }
    *nodes = out;
    return STATUS_OK;
}

/* ---- taking a path ---- */

/* The step whose copath holds the leaf `own`; `count` when there is none. */
static size_t step_above(const struct mls_path_step *steps, size_t count, uint32_t own)
{
    size_t at = 0;
    while (at < count && !mls_node_is_under(mls_node_of_leaf(own), steps[at].copath))
        at++;
    return at;
}

/* Opens the one ciphertext of the step for which we have a key. */
static enum status open_secret(const struct mls_treekem_path *input,
                               uint32_t copath,
                               const struct mls_update_path_node *node,
                               const struct mls_private_keys *keys,
                               struct secret *path_secret)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT((size_t)1 << 24);
    CLEANUP(buffer_clear) struct buffer opened = BUFFER_INIT(SECRET_SIZE_MAX);
    const struct suite *suite = mls_tree_suite(input->tree);
    struct mls_resolution resolution = {0};
    TRY(mls_tree_resolution(input->tree, copath, input->excluded, input->excluded_count, &arena,
                            &resolution));
    /* RFC 9420, 7.6: "The length of the `encrypted_path_secret` vector MUST be equal to the length
     * of the resolution of the copath node (excluding new leaf nodes)" */
    if (resolution.count != node->secret_count)
        return STATUS_INVALID_TREE;
    for (size_t i = 0; i < resolution.count; i++) {
        struct span key = mls_private_keys_get(keys, resolution.nodes[i]);
        if (key.len == 0)
            continue;
        TRY(mls_kdf_decrypt(suite, key, path_label, input->context, node->secrets[i].kem_output,
                            node->secrets[i].ciphertext, &opened));
        if (opened.len != suite->hash_size)
            return STATUS_MALFORMED;
        return secret_set(path_secret, buffer_span(&opened));
    }
    return STATUS_INVALID_TREE;
}

enum status mls_treekem_decrypt(const struct mls_treekem_path *input,
                                uint32_t own,
                                const struct mls_private_keys *keys,
                                struct mls_private_keys *next,
                                struct secret *commit_secret,
                                struct secret *path_secret)
{
    CLEANUP(mls_path_secrets_clear) struct mls_path_secrets secrets = {0};
    CLEANUP(secret_clear) struct secret first = {0};
    struct mls_path_step steps[MLS_PATH_MAX];
    size_t count = mls_tree_filtered_path(input->tree, input->sender, steps);
    size_t at = step_above(steps, count, own);
    if (count != input->path->node_count || at == count)
        return STATUS_INVALID_TREE;
    TRY(open_secret(input, steps[at].copath, &input->path->nodes[at], keys, &first));
    TRY(mls_path_secrets_derive(mls_tree_suite(input->tree), secret_span(&first), count - at,
                                &secrets));
    for (size_t i = at; i < count; i++) {
        /* RFC 9420, 7.5: "Verify that the derived public keys are the same as the corresponding
         * public keys sent in the UpdatePath." */
        if (!span_equal(hpke_public_span(&secrets.public_keys[i - at]),
                        input->path->nodes[i].encryption_key))
            return STATUS_INVALID_TREE;
        TRY(mls_private_keys_set(next, steps[i].node, secret_span(&secrets.private_keys[i - at])));
    }
    *commit_secret = secrets.path[secrets.count];
    if (path_secret != NULL)
        *path_secret = first;
    return STATUS_OK;
}

enum status mls_treekem_implant(const struct mls_tree *tree,
                                uint32_t own,
                                uint32_t signer,
                                struct span path_secret,
                                struct mls_private_keys *keys)
{
    CLEANUP(mls_path_secrets_clear) struct mls_path_secrets secrets = {0};
    struct mls_path_step steps[MLS_PATH_MAX];
    size_t count = mls_tree_filtered_path(tree, signer, steps);
    size_t at = step_above(steps, count, own);
    if (at == count || path_secret.len != mls_tree_suite(tree)->hash_size)
        return STATUS_INVALID_TREE;
    TRY(mls_path_secrets_derive(mls_tree_suite(tree), path_secret, count - at, &secrets));
    for (size_t i = at; i < count; i++) {
        /* RFC 9420, 12.4.3.1: "The private key MUST be the private key that corresponds to the
         * public key in the node." */
        if (!span_equal(hpke_public_span(&secrets.public_keys[i - at]),
                        mls_tree_node_key(tree, steps[i].node)))
            return STATUS_INVALID_TREE;
        TRY(mls_private_keys_set(keys, steps[i].node, secret_span(&secrets.private_keys[i - at])));
    }
    return STATUS_OK;
}
