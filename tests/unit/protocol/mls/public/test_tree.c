/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/protocol/mls/public/cheap_tree.h"

#include "protocol/mls/public/parent_hash.h"
#include "protocol/mls/public/tree_validate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define must(call) assert_int_equal((call), STATUS_OK)
#define BYTES CLEANUP(buffer_clear) struct buffer
#define TREE CLEANUP(mls_tree_free) struct mls_tree

static void write_tree(const struct mls_tree *tree, struct buffer *out)
{
    struct writer writer = writer_of(out);
    buffer_truncate(out, 0);
    mls_tree_write(&writer, tree);
    must(writer_finish(&writer));
}

/* The hash of a tree that is decoded anew, without anything cached. */
static void assert_hash_is_right(const struct mls_tree *tree)
{
    BYTES bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    TREE *again = NULL;
    write_tree(tree, &bytes);
    must(mls_tree_decode(fixture_suite(), buffer_span(&bytes), &again));
    assert_int_equal(mls_tree_leaf_count(again), mls_tree_leaf_count(tree));
    assert_true(span_equal(mls_tree_root_hash(again), mls_tree_root_hash(tree)));
}

/* RFC 9420, 12.4.3.3: "The `ratchet_tree` vector logically has this number of entries, but the
 * sender MUST NOT include blank nodes after the last non-blank node." "The receiver MUST check that
 * the last node in `ratchet_tree` is non-blank, and then extend the tree to the right until it has
 * a length of the form 2<sup>d+1</sup> - 1, adding the minimum number of blank values possible." */
static void refuses_a_tree_whose_last_node_is_blank(void **state)
{
    (void)state;
    TREE *tree = cheap_tree_new(3);
    TREE *none = NULL;
    BYTES bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES longer = BUFFER_INIT(FIXTURE_BYTES_MAX);
    write_tree(tree, &bytes);
    struct reader reader = reader_of(buffer_span(&bytes));
    struct span contents;
    must(reader_vector(&reader, SIZE_MAX, &contents));
    struct writer writer = writer_of(&longer);
    size_t begin = writer_vector_begin(&writer);
    writer_bytes(&writer, contents);
    writer_presence(&writer, false);
    writer_vector_end(&writer, begin);
    must(writer_finish(&writer));
    assert_int_equal(mls_tree_decode(fixture_suite(), buffer_span(&longer), &none),
                     STATUS_INVALID_TREE);
    assert_int_equal(mls_tree_decode(fixture_suite(), SPAN_LITERAL("\0"), &none),
                     STATUS_INVALID_TREE);
}

static void refuses_a_tree_that_is_cut_at_any_byte(void **state)
{
    (void)state;
    TREE *tree = cheap_tree_new(4);
    TREE *none = NULL;
    BYTES bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    write_tree(tree, &bytes);
    for (size_t cut = 0; cut < bytes.len; cut++) {
        uint8_t *exact = malloc(cut == 0 ? 1 : cut);
        assert_non_null(exact);
        memcpy(exact, bytes.ptr, cut);
        assert_int_not_equal(mls_tree_decode(fixture_suite(), span_of(exact, cut), &none),
                             STATUS_OK);
        free(exact);
    }
    must(buffer_append(&bytes, SPAN_LITERAL("\0")));
    assert_int_equal(mls_tree_decode(fixture_suite(), buffer_span(&bytes), &none), STATUS_TRAILING);
}

static void refuses_a_key_that_is_in_the_tree_already(void **state)
{
    (void)state;
    TREE *tree = cheap_tree_new(3);
    BYTES leaf = BUFFER_INIT(FIXTURE_BYTES_MAX);
    uint32_t index;
    cheap_tree_leaf(1, &leaf);
    assert_int_equal(mls_tree_add(tree, buffer_span(&leaf), &index), STATUS_INVALID_TREE);
}

static void refuses_more_leaves_than_a_group_may_have(void **state)
{
    (void)state;
    TREE *tree = NULL;
    BYTES leaf = BUFFER_INIT(FIXTURE_BYTES_MAX);
    must(mls_tree_new(fixture_suite(), &tree));
    cheap_tree_leaf(0, &leaf);
    assert_int_equal(mls_tree_set_node_bytes(tree, 0xfffffffe, buffer_span(&leaf)), STATUS_LIMIT);
    assert_int_equal(mls_tree_set_node_bytes(tree, 2 * 16384, buffer_span(&leaf)), STATUS_LIMIT);
    must(mls_tree_set_node_bytes(tree, 2 * 16383, buffer_span(&leaf)));
    assert_int_equal(mls_tree_leaf_count(tree), 16384);

    /* A vector of blank nodes, which take a byte each: as many as a tree may have, and one more. */
    static uint8_t blanks[4 + 2 * 16384];
    const size_t count = 2 * 16384 - 1;
    TREE *none = NULL;
    for (size_t more = 0; more < 2; more++) {
        blanks[0] = 0x80;
        blanks[2] = (uint8_t)((count + more) >> 8);
        blanks[3] = (uint8_t)(count + more);
        assert_int_equal(mls_tree_decode(fixture_suite(), span_of(blanks, 4 + count + more), &none),
                         more == 0 ? STATUS_INVALID_TREE : STATUS_LIMIT);
    }
}

/* One by one, and by going from change to change. */
static size_t count_changes(const struct mls_tree *a, const struct mls_tree *b)
{
    size_t changed = 0;
    uint32_t next = mls_tree_next_change(a, b, 0);
    for (uint32_t node = 0; node < mls_node_count(1024); node++) {
        if (mls_tree_node(a, node) == mls_tree_node(b, node))
            continue;
        assert_int_equal(next, node);
        next = mls_tree_next_change(a, b, node + 1);
        changed++;
    }
    assert_int_equal(next, MLS_NO_NODE);
    return changed;
}

/* The leaves that are gone are changes as well, and nothing of what is still shared. */
static void shows_what_a_smaller_tree_has_lost(void **state)
{
    (void)state;
    TREE *tree = cheap_tree_new(130);
    TREE *clone = NULL;
    must(mls_tree_clone(tree, &clone));
    assert_int_equal(count_changes(tree, clone), 0);
    must(mls_tree_remove(clone, 129));
    must(mls_tree_remove(clone, 128));
    must(mls_tree_truncate(clone));
    assert_int_equal(mls_tree_leaf_count(clone), 128);
    assert_int_equal(count_changes(tree, clone), 2);
    assert_int_equal(count_changes(clone, tree), 2);
}

static void keeps_a_clone_as_it_was(void **state)
{
    (void)state;
    TREE *tree = cheap_tree_new(100);
    TREE *clone = NULL;
    BYTES before = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES after = BUFFER_INIT(FIXTURE_BYTES_MAX);
    cheap_tree_merge_path(tree, 5);
    write_tree(tree, &before);
    must(mls_tree_clone(tree, &clone));
    cheap_tree_merge_path(tree, 77);
    must(mls_tree_remove(tree, 12));
    must(mls_tree_update_hashes(tree));
    write_tree(clone, &after);
    assert_true(span_equal(buffer_span(&before), buffer_span(&after)));
    assert_hash_is_right(clone);
    assert_hash_is_right(tree);
    /* Only nodes on the two paths differ, and a comparison of pointers shows which. */
    assert_in_range(count_changes(tree, clone), 8, 2 * 7 + 1);
    assert_int_equal(mls_tree_find_signature_key(tree, mls_tree_leaf(clone, 12)->signature_key),
                     MLS_NO_LEAF);
    assert_int_equal(mls_tree_find_signature_key(clone, mls_tree_leaf(clone, 12)->signature_key),
                     12);
}

static void restores_a_tree_node_by_node(void **state)
{
    (void)state;
    TREE *tree = cheap_tree_new(13);
    TREE *again = NULL;
    cheap_tree_merge_path(tree, 3);
    must(mls_tree_remove(tree, 1));
    must(mls_tree_update_hashes(tree));
    must(mls_tree_new(fixture_suite(), &again));
    for (uint32_t node = mls_node_count(16); node-- > 0;)
        must(mls_tree_set_node_bytes(again, node, mls_tree_node_bytes(tree, node)));
    must(mls_tree_update_hashes(again));
    assert_true(span_equal(mls_tree_root_hash(again), mls_tree_root_hash(tree)));
    assert_int_equal(mls_tree_member_count(again), 12);
    assert_int_equal(mls_tree_next_free_leaf(again), 1);
}

/* Adds, removes and commits by a fixed sequence; the cached hashes must stay those of the tree
 * decoded anew, through growing and shrinking. */
static void keeps_its_hashes_right_through_random_changes(void **state)
{
    (void)state;
    TREE *tree = cheap_tree_new(9);
    BYTES leaf = BUFFER_INIT(FIXTURE_BYTES_MAX);
    uint32_t random = 12345;
    uint32_t number = 1000;
    for (unsigned step = 0; step < 300; step++) {
        random = random * 1664525u + 1013904223u;
        uint32_t at = (random >> 8) % mls_tree_leaf_count(tree);
        uint32_t member = mls_tree_next_member(tree, at);
        if (member == MLS_NO_LEAF)
            member = mls_tree_next_member(tree, 0);
        unsigned what = random >> 30;
        if (what == 0 || mls_tree_member_count(tree) < 2) {
            uint32_t index;
            cheap_tree_leaf(number++, &leaf);
            must(mls_tree_add(tree, buffer_span(&leaf), &index));
            must(mls_tree_add_unmerged(tree, &index, 1));
        } else if (what <= 2 && mls_tree_member_count(tree) > 2) {
            must(mls_tree_remove(tree, member));
            must(mls_tree_truncate(tree));
        } else {
            cheap_tree_merge_path(tree, member);
        }
        must(mls_tree_update_hashes(tree));
        must(mls_tree_check_unmerged(tree));
        assert_hash_is_right(tree);
    }
}

static void forgets_the_hash_of_a_root_that_went(void **state)
{
    (void)state;
    TREE *tree = cheap_tree_new(5);
    BYTES leaf = BUFFER_INIT(FIXTURE_BYTES_MAX);
    uint32_t index;
    must(mls_tree_remove(tree, 4));
    must(mls_tree_update_hashes(tree));
    must(mls_tree_truncate(tree));
    assert_int_equal(mls_tree_leaf_count(tree), 4);
    cheap_tree_merge_path(tree, 1);
    cheap_tree_leaf(4, &leaf);
    must(mls_tree_add(tree, buffer_span(&leaf), &index));
    must(mls_tree_update_hashes(tree));
    assert_hash_is_right(tree);
}

/* RFC 9420, 7.1: "The entries in the `unmerged_leaves` vector MUST be sorted in increasing order."
 */
static void refuses_unmerged_leaves_that_are_not_under_their_parent(void **state)
{
    (void)state;
    static const uint8_t lists[][8] = {
        {0, 0, 0, 3, 0, 0, 0, 3}, /* not increasing */
        {0, 0, 0, 1, 0, 0, 0, 0},
    };
    static const uint8_t outside[][4] = {{0, 0, 0, 2}, {0x80, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff}};
    for (size_t i = 0; i < 2; i++) {
        TREE *tree = cheap_tree_new(4);
        const struct mls_parent_node parent = {SPAN_LITERAL("key"), SPAN_EMPTY, SPAN_OF(lists[i])};
        assert_int_equal(mls_tree_set_parent(tree, 1, &parent), STATUS_MALFORMED);
    }
    for (size_t i = 0; i < 3; i++) {
        TREE *tree = cheap_tree_new(4);
        const struct mls_parent_node parent = {SPAN_LITERAL("key"), SPAN_EMPTY,
                                               SPAN_OF(outside[i])};
        must(mls_tree_set_parent(tree, 1, &parent));
        must(mls_tree_update_hashes(tree));
        assert_int_equal(mls_tree_check_unmerged(tree), STATUS_INVALID_TREE);
        assert_int_equal(mls_tree_verify_parent_hashes(tree), STATUS_INVALID_TREE);
    }
}

static void refuses_a_parent_that_no_leaf_vouches_for(void **state)
{
    (void)state;
    TREE *tree = cheap_tree_new(4);
    cheap_tree_merge_path(tree, 0); /* the leaf does not carry the hash */
    assert_int_equal(mls_tree_verify_parent_hashes(tree), STATUS_INVALID_TREE);
}

/* Puts a parent in its place and gives what its child on the side away from `sibling` must carry.
 * The sibling has none of the parent's unmerged leaves. */
static struct digest link_parent(struct mls_tree *tree,
                                 uint32_t node,
                                 const struct mls_parent_node *parent,
                                 uint32_t sibling)
{
    struct digest hash;
    must(mls_tree_update_hashes(tree));
    must(mls_parent_hash(mls_tree_suite(tree), parent->encryption_key, parent->parent_hash,
                         mls_tree_hash(tree, sibling), &hash));
    must(mls_tree_set_parent(tree, node, parent));
    return hash;
}

/* Leaf 0 as a committer's that carries the hash, with its signature. */
static void vouch(struct mls_tree *tree, const struct person *person, const struct digest *hash)
{
    BYTES bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct mls_leaf_node leaf = fixture_leaf(person, MLS_LEAF_COMMIT);
    leaf.parent_hash = digest_span(hash);
    fixture_write_leaf(person, leaf, 0, &bytes);
    must(mls_tree_set_leaf(tree, 0, buffer_span(&bytes)));
    must(mls_tree_update_hashes(tree));
}

static enum status validate(const struct mls_tree *tree)
{
    const struct mls_group_context context = {.cipher_suite = fixture_suite()->id,
                                              .group_id = FIXTURE_GROUP_ID,
                                              .tree_hash = mls_tree_root_hash(tree)};
    return mls_tree_validate(tree, &context, &fixture_options);
}

static void refuses_a_root_with_a_parent_hash(void **state)
{
    (void)state;
    struct person *people = people_new(2);
    const struct span hashes[] = {SPAN_EMPTY, SPAN_LITERAL("of nothing")};
    for (size_t i = 0; i < 2; i++) {
        TREE *tree = fixture_tree(people, 2);
        const struct mls_parent_node root = {SPAN_LITERAL("key"), hashes[i], SPAN_EMPTY};
        struct digest hash = link_parent(tree, 1, &root, 2);
        vouch(tree, &people[0], &hash);
        assert_int_equal(validate(tree), i == 0 ? STATUS_OK : STATUS_INVALID_TREE);
    }
    free(people);
}

/* Everything but the list itself is right: the parent's one link does not look at it. */
static void a_newcomer_refuses_unmerged_leaves_from_elsewhere(void **state)
{
    (void)state;
    struct person *people = people_new(4);
    static const uint8_t list[] = {0, 0, 0, 3};
    const struct span lists[] = {SPAN_EMPTY, SPAN_OF(list)};
    for (size_t i = 0; i < 2; i++) {
        TREE *tree = fixture_tree(people, 4);
        const struct mls_parent_node parent = {SPAN_LITERAL("key"), SPAN_EMPTY, lists[i]};
        struct digest hash = link_parent(tree, 1, &parent, 2);
        vouch(tree, &people[0], &hash);
        must(mls_tree_verify_parent_hashes(tree));
        assert_int_equal(validate(tree), i == 0 ? STATUS_OK : STATUS_INVALID_TREE);
    }
    free(people);
}

/* RFC 9420, 7.9.2: an unmerged leaf of the root that is not one of the node between breaks the
 * link, though every hash is right. */
static void an_unmerged_leaf_that_is_skipped_on_the_way_breaks_the_link(void **state)
{
    (void)state;
    struct person *people = people_new(4);
    static const uint8_t list[] = {0, 0, 0, 1};
    for (unsigned with = 0; with < 2; with++) {
        TREE *tree = fixture_tree(people, 4);
        const struct mls_parent_node root = {SPAN_LITERAL("root"), SPAN_EMPTY,
                                             with == 0 ? SPAN_EMPTY : SPAN_OF(list)};
        struct digest from_root = link_parent(tree, 3, &root, 5);
        const struct mls_parent_node between = {SPAN_LITERAL("between"), digest_span(&from_root),
                                                SPAN_EMPTY};
        struct digest hash = link_parent(tree, 1, &between, 2);
        vouch(tree, &people[0], &hash);
        assert_int_equal(mls_tree_verify_parent_hashes(tree),
                         with == 0 ? STATUS_OK : STATUS_INVALID_TREE);
    }
    free(people);
}

static void refuses_a_tree_that_should_have_been_truncated(void **state)
{
    (void)state;
    struct person *people = people_new(3);
    TREE *tree = fixture_tree(people, 3);
    must(mls_tree_remove(tree, 2));
    must(mls_tree_update_hashes(tree));
    assert_int_equal(validate(tree), STATUS_INVALID_TREE);
    must(mls_tree_truncate(tree));
    must(mls_tree_update_hashes(tree));
    must(validate(tree));
    must(mls_tree_remove(tree, 1));
    must(mls_tree_truncate(tree));
    must(mls_tree_update_hashes(tree));
    must(validate(tree));
    must(mls_tree_remove(tree, 0));
    must(mls_tree_update_hashes(tree));
    assert_int_equal(validate(tree), STATUS_INVALID_TREE); /* nobody is left */
    free(people);
}

/* RFC 9420, 12.4.2: also keys that the path itself takes out of the tree. */
static void refuses_a_path_with_the_keys_of_the_path_before(void **state)
{
    (void)state;
    TREE *tree = cheap_tree_new(4);
    struct digest hash;
    const struct span keys[] = {SPAN_LITERAL("low"), SPAN_LITERAL("high")};
    const struct span half_old[] = {SPAN_LITERAL("new"), SPAN_LITERAL("low")};
    const struct span twice[] = {SPAN_LITERAL("same"), SPAN_LITERAL("same")};
    must(mls_tree_merge_path(tree, 0, keys, 2, &hash));
    assert_int_equal(mls_tree_merge_path(tree, 0, keys, 2, &hash), STATUS_INVALID_TREE);
    assert_int_equal(mls_tree_merge_path(tree, 0, half_old, 2, &hash), STATUS_INVALID_TREE);
    assert_int_equal(mls_tree_merge_path(tree, 4, twice, 2, &hash), STATUS_USAGE);
    assert_int_equal(mls_tree_merge_path(tree, 0, twice, 2, &hash), STATUS_INVALID_TREE);
}

/* 10,000 leaves below non-blank parents in one list: each parent is rewritten once. A square of
 * the number would be seen in the minutes that this then takes. */
static void adds_ten_thousand_leaves_in_linear_time(void **state)
{
    (void)state;
    enum { COUNT = 10000 };
    TREE *tree = cheap_tree_new(2);
    BYTES leaf = BUFFER_INIT(FIXTURE_BYTES_MAX);
    uint32_t *leaves = malloc(COUNT * sizeof *leaves);
    assert_non_null(leaves);
    cheap_tree_merge_path(tree, 0);
    for (uint32_t i = 0; i < COUNT; i++) {
        cheap_tree_leaf(100 + i, &leaf);
        must(mls_tree_add(tree, buffer_span(&leaf), &leaves[i]));
    }
    must(mls_tree_add_unmerged(tree, leaves, COUNT));
    must(mls_tree_update_hashes(tree));
    assert_int_equal(mls_tree_member_count(tree), COUNT + 2);
    assert_int_equal(mls_tree_leaf_count(tree), 16384);

    /* and on, until no more may be in a group */
    for (uint32_t i = COUNT + 2; i <= 16384; i++) {
        cheap_tree_leaf(100 + i, &leaf);
        assert_int_equal(mls_tree_add(tree, buffer_span(&leaf), &leaves[0]),
                         i < 16384 ? STATUS_OK : STATUS_LIMIT);
    }
    assert_int_equal(mls_tree_member_count(tree), 16384);
    free(leaves);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_tree_whose_last_node_is_blank),
        cmocka_unit_test(refuses_a_tree_that_is_cut_at_any_byte),
        cmocka_unit_test(refuses_a_key_that_is_in_the_tree_already),
        cmocka_unit_test(refuses_more_leaves_than_a_group_may_have),
        cmocka_unit_test(keeps_a_clone_as_it_was),
        cmocka_unit_test(shows_what_a_smaller_tree_has_lost),
        cmocka_unit_test(restores_a_tree_node_by_node),
        cmocka_unit_test(keeps_its_hashes_right_through_random_changes),
        cmocka_unit_test(forgets_the_hash_of_a_root_that_went),
        cmocka_unit_test(refuses_unmerged_leaves_that_are_not_under_their_parent),
        cmocka_unit_test(refuses_a_parent_that_no_leaf_vouches_for),
        cmocka_unit_test(refuses_a_root_with_a_parent_hash),
        cmocka_unit_test(a_newcomer_refuses_unmerged_leaves_from_elsewhere),
        cmocka_unit_test(an_unmerged_leaf_that_is_skipped_on_the_way_breaks_the_link),
        cmocka_unit_test(refuses_a_tree_that_should_have_been_truncated),
        cmocka_unit_test(refuses_a_path_with_the_keys_of_the_path_before),
        cmocka_unit_test(adds_ten_thousand_leaves_in_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
