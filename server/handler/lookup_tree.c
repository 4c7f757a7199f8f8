/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/handler/lookup_tree.h"

#include "protocol/mls/public/tree.h"

enum status lookup_tree(struct store_db *db,
                        const struct store_welcome *welcome,
                        struct arena *arena,
                        struct span *tree,
                        struct span *hash)
{
    struct span found;
    TRY(store_channels_tree(db, &welcome->channel, welcome->generation, welcome->epoch, arena,
                            &found));
    CLEANUP(mls_tree_free) struct mls_tree *decoded = NULL;
    const struct suite *suite = suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519);
    TRY(mls_tree_decode(suite, found, &decoded));
    TRY(arena_copy(arena, mls_tree_root_hash(decoded), hash));
    *tree = found;
    return STATUS_OK;
}
