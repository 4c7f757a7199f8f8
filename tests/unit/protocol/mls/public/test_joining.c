/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/protocol/mls/public/fixture.h"

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
#define GROUP CLEANUP(mls_public_group_free) struct mls_public_group
#define STAGED CLEANUP(mls_staged_commit_free) struct mls_staged_commit

static void free_people(struct person **people)
{
    free(*people);
}
#define PEOPLE CLEANUP(free_people) struct person

/* The status of staging the commit; the staged one is dropped. */
static enum status try_commit(const struct mls_public_group *group,
                              const struct fixture_commit *commit)
{
    BYTES message = BUFFER_INIT(FIXTURE_BYTES_MAX);
    STAGED *staged = NULL;
    fixture_write_commit(group, commit, &message);
    return mls_public_group_stage(group, buffer_span(&message), &fixture_options, &staged);
}

/* ---- joining ---- */

/* A copy of a GroupInfo, changed and signed again. */
static void sign_again(const struct person *signer, struct mls_group_info info, struct buffer *out)
{
    BYTES tbs = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct writer writer = writer_of(&tbs);
    mls_group_info_write_tbs(&writer, &info);
    must(writer_finish(&writer));
    struct signature signature = fixture_sign(signer, "GroupInfoTBS", &tbs);
    info.signature = signature_span(&signature);
    writer = writer_of(out);
    mls_group_info_write(&writer, &info);
    must(writer_finish(&writer));
}

static enum status
try_join(const struct mls_public_group *group, const struct person *signer, struct span tree)
{
    BYTES info = BUFFER_INIT(FIXTURE_BYTES_MAX);
    GROUP *joined = NULL;
    fixture_write_group_info(group, signer, 0, tree.len == 0, &info);
    return mls_public_group_new(buffer_span(&info), tree, &fixture_options, &joined);
}

static void write_tree(const struct mls_tree *tree, struct buffer *out)
{
    struct writer writer = writer_of(out);
    mls_tree_write(&writer, tree);
    must(writer_finish(&writer));
}

/* A group like `group` with another tree. */
static struct mls_public_group *with_tree(const struct mls_public_group *group,
                                          struct mls_tree *tree)
{
    BYTES bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct mls_public_group *changed;
    struct mls_group_context context = *mls_public_group_context(group);
    must(mls_tree_update_hashes(tree));
    context.tree_hash = mls_tree_root_hash(tree);
    struct writer writer = writer_of(&bytes);
    mls_group_context_write(&writer, &context);
    must(writer_finish(&writer));
    must(mls_public_group_from_parts(buffer_span(&bytes), tree,
                                     mls_public_group_confirmation_tag(group), &changed));
    return changed;
}

/* RFC 9420, 12.4.3: "New members also MUST verify the `signature` using the public key taken from
 * the leaf node of the ratchet tree with leaf index `signer`." 12.4.3.3: "Regardless of how the
 * client obtains the tree, the client MUST verify that the root hash of the ratchet tree matches
 * the `tree_hash` of the GroupContext before using the tree for MLS operations." */
static void joins_only_with_the_signer_and_the_tree_of_the_epoch(void **state)
{
    (void)state;
    PEOPLE *people = people_new(4);
    GROUP *group = fixture_group(people, 3, SPAN_EMPTY);
    GROUP *other = fixture_group(people, 4, SPAN_EMPTY);
    BYTES tree = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES other_tree = BUFFER_INIT(FIXTURE_BYTES_MAX);
    write_tree(mls_public_group_tree(group), &tree);
    write_tree(mls_public_group_tree(other), &other_tree);
    assert_int_equal(try_join(group, &people[0], buffer_span(&tree)), STATUS_OK);
    assert_int_equal(try_join(group, &people[0], SPAN_EMPTY), STATUS_OK);
    assert_int_equal(try_join(group, &people[1], SPAN_EMPTY), STATUS_BAD_SIGNATURE);
    assert_int_equal(try_join(group, &people[0], buffer_span(&other_tree)), STATUS_INVALID_TREE);
}

/* RFC 9420, 7.9.2: "When joining a group, the new member MUST authenticate that each non-blank
 * parent node P is parent-hash valid." */
static void refuses_to_join_a_tree_with_a_bad_node(void **state)
{
    (void)state;
    PEOPLE *people = people_new(4);
    GROUP *group = fixture_group(people, 4, SPAN_EMPTY);
    for (unsigned i = 0; i < 4; i++) {
        CLEANUP(mls_tree_free) struct mls_tree *tree = fixture_tree(people, 4);
        BYTES leaf = BUFFER_INIT(FIXTURE_BYTES_MAX);
        struct mls_leaf_node node = fixture_leaf(&people[2], MLS_LEAF_UPDATE);
        if (i == 1)
            node.capabilities.cipher_suites.bytes = SPAN_LITERAL("\0\3");
        if (i == 2)
            node.encryption_key.len--;
        const struct mls_parent_node parent = {hpke_public_span(&people[0].init), SPAN_EMPTY,
                                               SPAN_EMPTY};
        if (i == 3)
            must(mls_tree_set_parent(tree, 3, &parent));
        fixture_write_leaf(&people[2], node, i == 0 ? 1 : 2, &leaf);
        if (i < 3)
            must(mls_tree_set_leaf(tree, 2, buffer_span(&leaf)));
        GROUP *changed = with_tree(group, tree);
        static const enum status expected[] = {STATUS_BAD_SIGNATURE, STATUS_INVALID_LEAF,
                                               STATUS_INVALID_LEAF, STATUS_INVALID_TREE};
        assert_int_equal(try_join(changed, &people[0], SPAN_EMPTY), expected[i]);
    }
}

static void refuses_to_join_when_a_member_lacks_an_extension(void **state)
{
    (void)state;
    static const uint16_t known[] = {0xF0C2};
    const struct mls_options options = {.extension_types = known, .extension_type_count = 1};
    PEOPLE *people = people_new(2);
    GROUP *group = fixture_group(people, 2, SPAN_LITERAL("\xf0\xc2\0"));
    BYTES info = BUFFER_INIT(FIXTURE_BYTES_MAX);
    GROUP *joined = NULL;
    fixture_write_group_info(group, &people[0], 0, true, &info);
    assert_int_equal(mls_public_group_new(buffer_span(&info), SPAN_EMPTY, &options, &joined),
                     STATUS_INVALID_LEAF);
}

static void refuses_a_group_info_with_a_part_missing_or_wrong(void **state)
{
    (void)state;
    PEOPLE *people = people_new(3);
    GROUP *group = fixture_group(people, 3, SPAN_EMPTY);
    GROUP *other = fixture_group(people, 2, SPAN_EMPTY);
    BYTES bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES short_tag = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES no_external_pub = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES other_bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES other_tree = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct mls_group_info info;
    struct mls_group_info other_info;
    GROUP *joined = NULL;
    fixture_write_group_info(group, &people[0], 0, true, &bytes);
    must(mls_group_info_decode(buffer_span(&bytes), &info));
    struct mls_group_info changed = info;
    changed.confirmation_tag.len--;
    sign_again(&people[0], changed, &short_tag);
    assert_int_equal(
        mls_public_group_new(buffer_span(&short_tag), SPAN_EMPTY, &fixture_options, &joined),
        STATUS_BAD_MAC);
    BYTES other_suite = BUFFER_INIT(FIXTURE_BYTES_MAX);
    changed = info;
    changed.group_context.cipher_suite = 0x0a0a;
    sign_again(&people[0], changed, &other_suite);
    assert_int_equal(
        mls_public_group_new(buffer_span(&other_suite), SPAN_EMPTY, &fixture_options, &joined),
        STATUS_UNSUPPORTED);
    changed = info;
    changed.extensions.bytes = SPAN_EMPTY;
    sign_again(&people[0], changed, &no_external_pub);
    assert_int_equal(
        mls_public_group_check_group_info(group, buffer_span(&no_external_pub), MLS_NO_LEAF),
        STATUS_INVALID);
    fixture_write_group_info(other, &people[0], 0, true, &other_bytes);
    must(mls_group_info_decode(buffer_span(&other_bytes), &other_info));
    changed = info;
    changed.extensions = other_info.extensions;
    sign_again(&people[0], changed, &other_tree);
    assert_int_equal(
        mls_public_group_check_group_info(group, buffer_span(&other_tree), MLS_NO_LEAF),
        STATUS_INVALID);
}

/* ---- leaves of a path, an Add, an Update ---- */

/* RFC 9420, 7.5: "Since the new leaf node effectively updates an existing leaf node in the group,
 * it MUST adhere to the same restrictions as LeafNodes used in Update proposals (aside from
 * `leaf_node_source`)." 12.4.2: "The `leaf_node_source` field MUST be set to `commit`." */
static void refuses_path_leaves_that_break_a_rule(void **state)
{
    (void)state;
    PEOPLE *people = people_new(2);
    GROUP *alone = fixture_group(people, 1, SPAN_EMPTY);
    GROUP *group = fixture_group(people, 2, SPAN_LITERAL("\xf0\xc1\0"));
    /* Alone there is no parent hash that would give the wrong source away. */
    const struct fixture_commit source = {&people[0], fixture_member(0), NULL, 0,
                                          true,       SPOIL_LEAF_SOURCE};
    const struct fixture_commit suite = {&people[0], fixture_member(0),       NULL, 0,
                                         true,       SPOIL_LEAF_WITHOUT_SUITE};
    const struct fixture_commit key = {&people[0], fixture_member(0),       NULL, 0,
                                       true,       SPOIL_LEAF_SIGNATURE_KEY};
    const struct fixture_commit extension = {&people[0], fixture_member(0),           NULL, 0,
                                             true,       SPOIL_LEAF_WITHOUT_EXTENSION};
    assert_int_equal(try_commit(alone, &source), STATUS_INVALID_LEAF);
    assert_int_equal(try_commit(group, &suite), STATUS_INVALID_LEAF);
    assert_int_equal(try_commit(group, &key), STATUS_INVALID_LEAF);
    assert_int_equal(try_commit(group, &extension), STATUS_INVALID_LEAF);
}

static void refuses_requirements_that_only_the_committer_meets(void **state)
{
    (void)state;
    PEOPLE *people = people_new(2);
    GROUP *group = fixture_group(people, 2, SPAN_EMPTY);
    const struct mls_proposal_or_ref change = fixture_by_value(
        (struct mls_proposal){.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                              .context_extensions = {SPAN_LITERAL("\0\3\5\2\xf0\xc2\0\0")}});
    const struct fixture_commit commit = {&people[0], fixture_member(0),    &change, 1,
                                          true,       SPOIL_LEAF_KNOWS_MORE};
    assert_int_equal(try_commit(group, &commit), STATUS_INVALID_LEAF);
}

/* RFC 9420, 13.4: "A client adding a new member to a group MUST verify that the LeafNode for the
 * new member is compatible with the group's extensions." */
static void refuses_to_add_who_lacks_an_extension_of_the_group(void **state)
{
    (void)state;
    PEOPLE *people = people_new(2);
    GROUP *group = fixture_group(people, 1, SPAN_LITERAL("\xf0\xc1\0"));
    BYTES bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct mls_key_package package = fixture_key_package(&people[1]);
    package.leaf_node.capabilities.extensions.bytes = SPAN_EMPTY;
    fixture_write_key_package(&people[1], package, &bytes);
    package = fixture_read_key_package(&bytes);
    const struct mls_proposal_or_ref add = fixture_add(&package);
    const struct fixture_commit commit = {&people[0], fixture_member(0), &add, 1, false, 0};
    assert_int_equal(try_commit(group, &commit), STATUS_INVALID_LEAF);
}

/* RFC 9420, 12.3: "The new `extensions` MUST be used when evaluating other proposals in this list."
 */
static void judges_adds_by_the_extensions_of_the_same_list(void **state)
{
    (void)state;
    PEOPLE *people = people_new(2);
    GROUP *group = fixture_group(people, 1, SPAN_EMPTY);
    GROUP *with = fixture_group(people, 1, SPAN_LITERAL("\xf0\xc1\0"));
    BYTES bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct mls_key_package package = fixture_key_package(&people[1]);
    package.leaf_node.capabilities.extensions.bytes = SPAN_EMPTY;
    fixture_write_key_package(&people[1], package, &bytes);
    package = fixture_read_key_package(&bytes);
    const struct mls_proposal_or_ref taken[] = {
        fixture_add(&package),
        fixture_by_value((struct mls_proposal){.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS})};
    const struct mls_proposal_or_ref given[] = {
        fixture_add(&package), fixture_by_value((struct mls_proposal){
                                   .type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                                   .context_extensions = {SPAN_LITERAL("\xf0\xc1\0")}})};
    const struct fixture_commit taking = {&people[0], fixture_member(0), taken, 2, true, 0};
    const struct fixture_commit giving = {&people[0], fixture_member(0), given, 2, true, 0};
    assert_int_equal(try_commit(with, &taking), STATUS_OK);
    assert_int_equal(try_commit(group, &giving), STATUS_INVALID_LEAF);
}

/* RFC 9420, 10.1. Suites 1 and 3 have the same keys, so that nothing else is wrong with it. */
static void refuses_to_add_a_key_package_of_another_suite(void **state)
{
    (void)state;
    PEOPLE *people = people_new(2);
    GROUP *group = fixture_group(people, 1, SPAN_EMPTY);
    const uint16_t suites[] = {1, 3};
    for (size_t i = 0; i < 2; i++) {
        BYTES bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
        struct mls_key_package package = fixture_key_package(&people[1]);
        package.cipher_suite = suites[i];
        package.leaf_node.capabilities.cipher_suites.bytes = SPAN_LITERAL("\0\1\0\3");
        fixture_write_key_package(&people[1], package, &bytes);
        const struct mls_key_package signed_package = fixture_read_key_package(&bytes);
        must(mls_key_package_validate(&signed_package, &fixture_options));
        const struct mls_proposal_or_ref add = fixture_add(&signed_package);
        const struct fixture_commit commit = {&people[0], fixture_member(0), &add, 1, false, 0};
        assert_int_equal(try_commit(group, &commit), i == 0 ? STATUS_OK : STATUS_INVALID_PROPOSAL);
    }
}

static enum status try_update_leaf(struct mls_public_group *group,
                                   const struct person *signer,
                                   const struct person *leaf_of,
                                   struct mls_leaf_node unsigned_leaf)
{
    BYTES leaf_bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES message = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct mls_leaf_node leaf;
    fixture_write_leaf(leaf_of, unsigned_leaf, 1, &leaf_bytes);
    struct reader reader = reader_of(buffer_span(&leaf_bytes));
    must(mls_leaf_node_read(&reader, &leaf));
    const struct mls_proposal update = {.type = MLS_PROPOSAL_UPDATE, .update = &leaf};
    fixture_write_proposal(group, signer, fixture_member(1), &update, &message);
    return mls_public_group_cache_proposal(group, buffer_span(&message), &fixture_options);
}

static enum status try_update(struct mls_public_group *group,
                              const struct person *signer,
                              const struct person *leaf_of)
{
    return try_update_leaf(group, signer, leaf_of, fixture_leaf(leaf_of, MLS_LEAF_UPDATE));
}

static void refuses_an_update_that_gives_up_what_the_group_requires(void **state)
{
    (void)state;
    PEOPLE *people = people_new(3);
    GROUP *group = fixture_group(people, 3, SPAN_LITERAL("\xf0\xc1\0"));
    struct person fresh = people[1];
    person_new_encryption_key(&fresh);
    struct mls_leaf_node leaf = fixture_leaf(&fresh, MLS_LEAF_UPDATE);
    leaf.capabilities.extensions.bytes = SPAN_EMPTY;
    assert_int_equal(try_update_leaf(group, &people[1], &fresh, leaf), STATUS_INVALID_LEAF);
    assert_int_equal(try_update(group, &people[1], &fresh), STATUS_OK);
}

/* RFC 9420, 12.1: "On receiving a FramedContent containing a Proposal, a client MUST verify the
 * signature inside FramedContentAuthData and that the `epoch` field of the enclosing FramedContent
 * is equal to the `epoch` field of the current GroupContext object." */
static void refuses_updates_and_removes_that_break_a_rule(void **state)
{
    (void)state;
    PEOPLE *people = people_new(3);
    GROUP *group = fixture_group(people, 3, SPAN_EMPTY);
    struct person fresh = people[1];
    person_new_encryption_key(&fresh);
    struct person forged = fresh;
    forged.signature_private = people[2].signature_private;
    assert_int_equal(try_update(group, &people[1], &people[1]), STATUS_INVALID_PROPOSAL);
    assert_int_equal(try_update(group, &people[1], &forged), STATUS_BAD_SIGNATURE);
    assert_int_equal(try_update(group, &people[2], &fresh), STATUS_BAD_SIGNATURE);
    struct person mixed = fresh;
    mixed.signature = fixture_mixed_key(&fresh);
    assert_int_equal(try_update(group, &people[1], &mixed), STATUS_INVALID_LEAF);
    /* RFC 9420, 7.3: a leaf that is right but for its key, or for what it says of itself */
    struct person keyless = fresh;
    keyless.encryption.len--;
    assert_int_equal(try_update(group, &people[1], &keyless), STATUS_INVALID_LEAF);
    assert_int_equal(
        try_update_leaf(group, &people[1], &fresh, fixture_leaf(&fresh, MLS_LEAF_COMMIT)),
        STATUS_INVALID_PROPOSAL);
    assert_int_equal(try_update(group, &people[1], &fresh), STATUS_OK);
    const struct mls_proposal remove = {.type = MLS_PROPOSAL_REMOVE, .removed = 9};
    BYTES message = BUFFER_INIT(FIXTURE_BYTES_MAX);
    fixture_write_proposal(group, &people[1], fixture_member(1), &remove, &message);
    assert_int_equal(
        mls_public_group_cache_proposal(group, buffer_span(&message), &fixture_options),
        STATUS_INVALID_PROPOSAL);
    /* 12.1.6: only in an external commit, by value */
    const struct mls_proposal init = {.type = MLS_PROPOSAL_EXTERNAL_INIT,
                                      .kem_output = hpke_public_span(&fresh.encryption)};
    buffer_truncate(&message, 0);
    fixture_write_proposal(group, &people[1], fixture_member(1), &init, &message);
    assert_int_equal(
        mls_public_group_cache_proposal(group, buffer_span(&message), &fixture_options),
        STATUS_INVALID_PROPOSAL);
}

/* RFC 9420, 13.4: "The `capabilities` field MUST indicate support for each extension in the
 * GroupContext." */
static void refuses_an_update_that_lacks_an_extension_of_the_group(void **state)
{
    (void)state;
    PEOPLE *people = people_new(3);
    BYTES extensions = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct writer writer = writer_of(&extensions);
    mls_extension_write(&writer, FIXTURE_EXTENSION, SPAN_LITERAL("channel"));
    must(writer_finish(&writer));
    GROUP *group = fixture_group(people, 3, buffer_span(&extensions));
    struct person fresh = people[1];
    person_new_encryption_key(&fresh);
    for (int lacks = 1; lacks >= 0; lacks--) {
        BYTES leaf_bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
        BYTES message = BUFFER_INIT(FIXTURE_BYTES_MAX);
        struct mls_leaf_node leaf = fixture_leaf(&fresh, MLS_LEAF_UPDATE);
        if (lacks)
            leaf.capabilities.extensions.bytes = SPAN_EMPTY;
        fixture_write_leaf(&fresh, leaf, 1, &leaf_bytes);
        struct reader reader = reader_of(buffer_span(&leaf_bytes));
        must(mls_leaf_node_read(&reader, &leaf));
        const struct mls_proposal update = {.type = MLS_PROPOSAL_UPDATE, .update = &leaf};
        fixture_write_proposal(group, &people[1], fixture_member(1), &update, &message);
        assert_int_equal(
            mls_public_group_cache_proposal(group, buffer_span(&message), &fixture_options),
            lacks ? STATUS_INVALID_LEAF : STATUS_OK);
    }
}

/* RFC 9420, 11.2: "Resumption PSKs with usage `reinit` MUST NOT be used in other contexts." "A
 * PreSharedKey proposal with type `resumption` and usage `reinit` MUST be considered invalid." */
static void refuses_a_reinit_psk_after_the_first_epoch(void **state)
{
    (void)state;
    PEOPLE *people = people_new(1);
    GROUP *group = fixture_group(people, 1, SPAN_EMPTY);
    uint8_t nonce[32] = {0};
    const struct mls_proposal_or_ref psk = fixture_by_value((struct mls_proposal){
        .type = MLS_PROPOSAL_PSK,
        .psk = {.type = MLS_PSK_RESUMPTION, .usage = MLS_PSK_REINIT, .nonce = SPAN_OF(nonce)}});
    const struct fixture_commit commit = {&people[0], fixture_member(0), &psk, 1, true, 0};
    struct mls_options options = fixture_options;
    options.continues_group = true;
    BYTES message = BUFFER_INIT(FIXTURE_BYTES_MAX);
    STAGED *staged = NULL;
    fixture_write_commit(group, &commit, &message);
    assert_int_equal(mls_public_group_stage(group, buffer_span(&message), &options, &staged),
                     STATUS_INVALID_PROPOSAL);
}

/* RFC 9420, 12.4.3.2: "The Commit MUST NOT include any proposals by reference, since an external
 * joiner cannot determine the validity of proposals sent within the group." */
static void refuses_an_external_commit_that_refers_to_a_proposal(void **state)
{
    (void)state;
    PEOPLE *people = people_new(3);
    GROUP *group = fixture_group(people, 3, SPAN_EMPTY);
    const struct mls_proposal remove = {.type = MLS_PROPOSAL_REMOVE, .removed = 2};
    BYTES message = BUFFER_INIT(FIXTURE_BYTES_MAX);
    fixture_write_proposal(group, &people[1], fixture_member(1), &remove, &message);
    must(mls_public_group_cache_proposal(group, buffer_span(&message), &fixture_options));
    const struct mls_proposal_or_ref items[] = {
        fixture_by_value((struct mls_proposal){.type = MLS_PROPOSAL_EXTERNAL_INIT,
                                               .kem_output = SPAN_LITERAL("kem output")}),
        {.by_reference = true, .reference = mls_public_group_cached_at(group, 0)->reference}};
    const struct fixture_commit commit = {
        &people[2], {MLS_SENDER_NEW_MEMBER_COMMIT, 0}, items, 2, true, 0};
    assert_int_equal(try_commit(group, &commit), STATUS_INVALID_PROPOSAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_only_with_the_signer_and_the_tree_of_the_epoch),
        cmocka_unit_test(refuses_to_join_a_tree_with_a_bad_node),
        cmocka_unit_test(refuses_to_join_when_a_member_lacks_an_extension),
        cmocka_unit_test(refuses_a_group_info_with_a_part_missing_or_wrong),
        cmocka_unit_test(refuses_path_leaves_that_break_a_rule),
        cmocka_unit_test(refuses_requirements_that_only_the_committer_meets),
        cmocka_unit_test(refuses_to_add_who_lacks_an_extension_of_the_group),
        cmocka_unit_test(judges_adds_by_the_extensions_of_the_same_list),
        cmocka_unit_test(refuses_to_add_a_key_package_of_another_suite),
        cmocka_unit_test(refuses_an_update_that_gives_up_what_the_group_requires),
        cmocka_unit_test(refuses_updates_and_removes_that_break_a_rule),
        cmocka_unit_test(refuses_an_update_that_lacks_an_extension_of_the_group),
        cmocka_unit_test(refuses_a_reinit_psk_after_the_first_epoch),
        cmocka_unit_test(refuses_an_external_commit_that_refers_to_a_proposal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
