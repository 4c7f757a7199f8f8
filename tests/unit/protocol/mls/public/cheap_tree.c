/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/protocol/mls/public/cheap_tree.h"

#include "protocol/mls/public/parent_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define must(call) assert_int_equal((call), STATUS_OK)

void cheap_tree_leaf(uint32_t number, struct buffer *out)
{
    uint8_t encryption[32] = {1};
    uint8_t signature[32] = {2};
    memcpy(encryption + 4, &number, sizeof number);
    memcpy(signature + 4, &number, sizeof number);
    struct mls_leaf_node leaf = {.encryption_key = SPAN_OF(encryption),
                                 .signature_key = SPAN_OF(signature),
                                 .credential = {MLS_CREDENTIAL_BASIC, SPAN_LITERAL("somebody")},
                                 .source = MLS_LEAF_UPDATE,
                                 .signature = SPAN_LITERAL("signature")};
    struct writer writer = writer_of(out);
    buffer_truncate(out, 0);
    mls_leaf_node_write(&writer, &leaf);
    must(writer_finish(&writer));
}

struct mls_tree *cheap_tree_new(uint32_t count)
{
    CLEANUP(buffer_clear) struct buffer leaf = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct mls_tree *tree;
    must(mls_tree_new(fixture_suite(), &tree));
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index;
        cheap_tree_leaf(i, &leaf);
        must(mls_tree_add(tree, buffer_span(&leaf), &index));
        assert_int_equal(index, i);
    }
    must(mls_tree_update_hashes(tree));
    return tree;
}

void cheap_tree_merge_path(struct mls_tree *tree, uint32_t leaf)
{
    struct mls_path_step steps[MLS_PATH_MAX];
    struct hpke_public keys[MLS_PATH_MAX];
    struct span spans[MLS_PATH_MAX];
    struct digest parent_hash;
    struct person person;
    size_t count = mls_tree_filtered_path(tree, leaf, steps);
    for (size_t i = 0; i < count; i++) {
        person_init(&person, 0);
        keys[i] = person.encryption;
        spans[i] = hpke_public_span(&keys[i]);
    }
    must(mls_tree_merge_path(tree, leaf, spans, count, &parent_hash));
    must(mls_tree_update_hashes(tree));
}
