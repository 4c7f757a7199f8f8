/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/mls/public/path_costs.h"

#include "tests/unit/protocol/mls/public/cheap_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define must(call) assert_int_equal((call), STATUS_OK)
#define TREE CLEANUP(mls_tree_free) struct mls_tree

/* Counted one member after another, as whoever commits counts. */
static size_t ciphertexts_of_all(const struct mls_tree *tree)
{
    struct mls_path_step steps[MLS_PATH_MAX];
    size_t sum = 0;
    for (uint32_t leaf = mls_tree_next_member(tree, 0); leaf != MLS_NO_LEAF;
         leaf = mls_tree_next_member(tree, leaf + 1)) {
        size_t count = mls_tree_filtered_path(tree, leaf, steps);
        for (size_t i = 0; i < count; i++) {
            size_t nodes;
            must(mls_tree_resolution_count(tree, steps[i].copath, NULL, 0, &nodes));
            sum += nodes;
        }
    }
    return sum;
}

static void assert_costs_are_right(const struct mls_tree *tree)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(FIXTURE_BYTES_MAX);
    struct mls_path_costs costs;
    must(mls_path_costs(tree, &arena, &costs));
    size_t members = mls_tree_member_count(tree);
    size_t before = ciphertexts_of_all(tree);
    size_t bytes = before * mls_path_ciphertext_bytes(mls_tree_suite(tree));
    assert_int_equal(costs.path_bytes, (bytes + members - 1) / members);
    for (uint32_t leaf = 0; leaf < mls_tree_leaf_count(tree); leaf++) {
        TREE *clone = NULL;
        must(mls_tree_clone(tree, &clone));
        bool fills = mls_tree_leaf(tree, leaf) != NULL && mls_path_has_blank(tree, leaf);
        if (fills)
            cheap_tree_merge_path(clone, leaf);
        assert_int_equal(costs.spared[leaf],
                         fills ? (before - ciphertexts_of_all(clone)) / members : 0);
        assert_true(!fills || !mls_path_has_blank(clone, leaf));
    }
}

static void counts_what_a_path_costs_and_spares(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer leaf = BUFFER_INIT(FIXTURE_BYTES_MAX);
    TREE *tree = cheap_tree_new(37);
    uint32_t added[12];
    assert_costs_are_right(tree);
    cheap_tree_merge_path(tree, 20);
    assert_costs_are_right(tree);
    for (uint32_t i = 0; i < 12; i++) {
        if (i % 2 == 0)
            must(mls_tree_remove(tree, 16 + i));
        cheap_tree_leaf(100 + i, &leaf);
        must(mls_tree_add(tree, buffer_span(&leaf), &added[i]));
        must(mls_tree_add_unmerged(tree, &added[i], 1));
        must(mls_tree_update_hashes(tree));
        assert_costs_are_right(tree);
    }
    cheap_tree_merge_path(tree, 3);
    cheap_tree_merge_path(tree, 40);
    assert_costs_are_right(tree);
    TREE *lone = cheap_tree_new(1);
    assert_costs_are_right(lone);
}

static uint32_t best_leaf(const struct mls_tree *tree, uint64_t *path_bytes)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(FIXTURE_BYTES_MAX);
    struct mls_path_costs costs;
    uint32_t best = 0;
    must(mls_path_costs(tree, &arena, &costs));
    for (uint32_t leaf = 1; leaf < mls_tree_leaf_count(tree); leaf++)
        best = costs.spared[leaf] > costs.spared[best] ? leaf : best;
    *path_bytes = costs.path_bytes;
    return best;
}

static void those_who_spare_the_most_are_evenly_spaced(void **state)
{
    (void)state;
    TREE *tree = cheap_tree_new(1024);
    bool seen[32] = {false};
    uint64_t bytes;
    for (int i = 0; i < 32; i++) {
        uint32_t leaf = best_leaf(tree, &bytes);
        assert_true(i > 0 || bytes == 1023 * 82);
        assert_false(seen[leaf / 32]);
        seen[leaf / 32] = true;
        cheap_tree_merge_path(tree, leaf);
    }
    (void)best_leaf(tree, &bytes);
    assert_in_range(bytes, 1, 2500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_what_a_path_costs_and_spares),
        cmocka_unit_test(those_who_spare_the_most_are_evenly_spaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
