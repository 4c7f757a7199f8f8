/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * `join from Welcome`: what Dan makes of any Welcome for him and the tree that comes with it. With
 * 1 in the first byte the rest is a Welcome and the tree honest; else a malicious committer
 * changed what is inside the encryption, behind signature and confirmation tag (forge.h).
 *
 * An honest Welcome is taken. A group that is joined has Dan in it, and is the same out of its
 * rows.
 */
#include "tests/fuzz/forge.h"

static void check_joined(struct forge *forge, struct mls_group *group)
{
    CLEANUP(forge_rows_clear) struct forge_rows rows = {0};
    CLEANUP(mls_group_free) struct mls_group *restored = NULL;
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(group));
    const struct mls_leaf_node *leaf = mls_tree_leaf(tree, mls_group_own_leaf(group));
    fuzz_expect(leaf != NULL &&
                forge_person_of(forge, leaf->signature_key) == &forge->people[FORGE_DAN]);
    fuzz_expect(span_equal(mls_public_group_context(mls_group_public(group))->tree_hash,
                           mls_tree_root_hash(tree)));
    forge_rows_of(group, &rows);
    struct mls_row_source source = forge_rows_source(&rows);
    MUST(mls_group_restore(&source, &forge->options, &restored));
    fuzz_expect(
        span_equal(mls_group_epoch_authenticator(group), mls_group_epoch_authenticator(restored)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tape tape = tape_of(data, size);
    struct forge *forge = forge_begin();
    CLEANUP(buffer_clear) struct buffer welcome = BUFFER_INIT(FORGE_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(FORGE_BYTES_MAX);
    CLEANUP(mls_group_free) struct mls_group *joined = NULL;
    bool changed = true;
    if (tape_choose(&tape, 4) == 1)
        MUST(buffer_append(&welcome, tape_rest(&tape)));
    else
        changed = forge_welcome(forge, &tape, &welcome, &tree);
    struct mls_join_request request = {.welcome = buffer_span(&welcome),
                                       .key_package = buffer_span(&forge->dan_package),
                                       .private_part = buffer_span(&forge->dan_private),
                                       .ratchet_tree = buffer_span(&tree),
                                       .psk_store = &forge->psk_store};
    enum status status = mls_group_join(&request, &forge->options, &joined);
    fuzz_expect(status == STATUS_OK || (joined == NULL && changed));
    if (status == STATUS_OK)
        check_joined(forge, joined);
    return 0;
}
