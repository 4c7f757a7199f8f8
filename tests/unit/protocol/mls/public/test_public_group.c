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

/* Stages and merges it. */
static void do_commit(struct mls_public_group *group, const struct fixture_commit *commit)
{
    BYTES message = BUFFER_INIT(FIXTURE_BYTES_MAX);
    STAGED *staged = NULL;
    fixture_write_commit(group, commit, &message);
    must(mls_public_group_stage(group, buffer_span(&message), &fixture_options, &staged));
    must(mls_public_group_merge(group, &staged));
    assert_null(staged);
}

static void stages_an_empty_commit_without_changing_the_group(void **state)
{
    (void)state;
    PEOPLE *people = people_new(5);
    GROUP *group = fixture_group(people, 5, SPAN_EMPTY);
    BYTES message = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES before = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES after = BUFFER_INIT(FIXTURE_BYTES_MAX);
    STAGED *staged = NULL;
    const struct fixture_commit commit = {&people[2], fixture_member(2), NULL, 0, true, 0};
    fixture_write_commit(group, &commit, &message);
    must(mls_public_group_encode(group, true, &before));
    must(mls_public_group_stage(group, buffer_span(&message), &fixture_options, &staged));
    must(mls_public_group_encode(group, true, &after));
    assert_true(span_equal(buffer_span(&before), buffer_span(&after)));
    assert_int_equal(mls_public_group_epoch(group), 5);

    assert_false(mls_staged_commit_is_external(staged));
    assert_int_equal(mls_staged_commit_committer(staged), 2);
    assert_non_null(mls_staged_commit_path(staged));
    assert_true(span_equal(mls_staged_commit_content(staged)->content.authenticated_data,
                           SPAN_LITERAL("authenticated")));
    const struct mls_public_group *next = mls_staged_commit_group(staged);
    assert_int_equal(mls_public_group_epoch(next), 6);
    must(mls_public_group_merge(group, &staged));
    assert_int_equal(mls_public_group_epoch(group), 6);
    must(mls_tree_validate(mls_public_group_tree(group), mls_public_group_context(group),
                           &fixture_options));
}

static void follows_many_commits_with_a_tree_that_a_newcomer_accepts(void **state)
{
    (void)state;
    PEOPLE *people = people_new(11);
    GROUP *group = fixture_group(people, 11, SPAN_EMPTY);
    for (uint32_t i = 0; i < 11; i++) {
        const struct fixture_commit commit = {&people[i], fixture_member(i), NULL, 0, true, 0};
        do_commit(group, &commit);
        GROUP *joined = NULL;
        BYTES info = BUFFER_INIT(FIXTURE_BYTES_MAX);
        fixture_write_group_info(group, &people[i], i, true, &info);
        must(mls_public_group_new(buffer_span(&info), SPAN_EMPTY, &fixture_options, &joined));
        assert_true(span_equal(mls_public_group_interim_transcript_hash(joined),
                               mls_public_group_interim_transcript_hash(group)));
    }
    assert_int_equal(mls_public_group_epoch(group), 16);
}

static void adds_without_a_path_and_lists_the_new_leaves(void **state)
{
    (void)state;
    PEOPLE *people = people_new(6);
    GROUP *group = fixture_group(people, 3, SPAN_EMPTY);
    const struct fixture_commit path = {&people[0], fixture_member(0), NULL, 0, true, 0};
    do_commit(group, &path);
    struct buffer packages[3] = {BUFFER_INIT(FIXTURE_BYTES_MAX), BUFFER_INIT(FIXTURE_BYTES_MAX),
                                 BUFFER_INIT(FIXTURE_BYTES_MAX)};
    struct mls_key_package views[3];
    struct mls_proposal_or_ref adds[3];
    for (size_t i = 0; i < 3; i++) {
        fixture_write_key_package(&people[3 + i], fixture_key_package(&people[3 + i]),
                                  &packages[i]);
        views[i] = fixture_read_key_package(&packages[i]);
        adds[i] = fixture_add(&views[i]);
    }
    const struct fixture_commit commit = {&people[1], fixture_member(1), adds, 3, false, 0};
    BYTES message = BUFFER_INIT(FIXTURE_BYTES_MAX);
    STAGED *staged = NULL;
    fixture_write_commit(group, &commit, &message);
    must(mls_public_group_stage(group, buffer_span(&message), &fixture_options, &staged));
    const struct mls_proposal_effect *effect = mls_staged_commit_effect(staged);
    assert_int_equal(effect->added_count, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(effect->added[i].leaf, 3 + i);
    assert_false(effect->path_required);
    const struct mls_tree *tree = mls_public_group_tree(mls_staged_commit_group(staged));
    assert_int_equal(mls_tree_member_count(tree), 6);
    assert_int_equal(mls_tree_leaf_count(tree), 8);
    /* The old root was set by the first commit and knows nothing of the new leaf under it. */
    assert_int_equal(mls_parent_node_unmerged_count(mls_tree_parent(tree, 3)), 1);
    assert_true(mls_parent_node_has_unmerged(mls_tree_parent(tree, 3), 3));
    must(mls_tree_validate(tree, mls_public_group_context(mls_staged_commit_group(staged)),
                           &fixture_options));
    for (size_t i = 0; i < 3; i++)
        buffer_clear(&packages[i]);
}

static void removes_and_truncates(void **state)
{
    (void)state;
    PEOPLE *people = people_new(5);
    GROUP *group = fixture_group(people, 5, SPAN_EMPTY);
    const struct mls_proposal_or_ref remove = fixture_remove(4);
    const struct fixture_commit commit = {&people[0], fixture_member(0), &remove, 1, true, 0};
    do_commit(group, &commit);
    assert_int_equal(mls_tree_leaf_count(mls_public_group_tree(group)), 4);
    assert_int_equal(mls_tree_member_count(mls_public_group_tree(group)), 4);
    BYTES package = BUFFER_INIT(FIXTURE_BYTES_MAX);
    /* The place is free again and the tree grows back with right hashes. */
    fixture_write_key_package(&people[4], fixture_key_package(&people[4]), &package);
    const struct mls_key_package view = fixture_read_key_package(&package);
    const struct mls_proposal_or_ref add = fixture_add(&view);
    const struct fixture_commit back = {&people[1], fixture_member(1), &add, 1, true, 0};
    do_commit(group, &back);
    assert_int_equal(mls_tree_leaf_count(mls_public_group_tree(group)), 8);
    must(mls_tree_validate(mls_public_group_tree(group), mls_public_group_context(group),
                           &fixture_options));
    BYTES tree = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct writer writer = writer_of(&tree);
    mls_tree_write(&writer, mls_public_group_tree(group));
    must(writer_finish(&writer));
    CLEANUP(mls_tree_free) struct mls_tree *again = NULL;
    must(mls_tree_decode(fixture_suite(), buffer_span(&tree), &again));
    assert_true(
        span_equal(mls_tree_root_hash(again), mls_tree_root_hash(mls_public_group_tree(group))));
}

/* RFC 9420, 7.6: "The length of the `encrypted_path_secret` vector MUST be equal to the length of
 * the resolution of the copath node (excluding new leaf nodes), with each ciphertext being the
 * encryption to the respective resolution node." 7.9.2: "When processing a Commit message that
 * includes an UpdatePath, clients MUST recompute the expected value of `parent_hash` for the
 * committer's new leaf and verify that it matches the `parent_hash` value in the supplied
 * `leaf_node`." */
static void refuses_spoilt_commits_each_for_its_own_reason(void **state)
{
    (void)state;
    static const struct {
        enum fixture_spoil spoil;
        enum status status;
    } cases[] = {
        {SPOIL_SIGNATURE, STATUS_BAD_SIGNATURE},
        {SPOIL_PARENT_HASH, STATUS_INVALID_LEAF},
        {SPOIL_LEAF_SIGNATURE, STATUS_BAD_SIGNATURE},
        {SPOIL_KEEP_LEAF_KEY, STATUS_INVALID_LEAF},
        {SPOIL_PATH_KEY_OF_ANOTHER, STATUS_INVALID_TREE},
        {SPOIL_PATH_KEY_SHORT, STATUS_INVALID},
        {SPOIL_ONE_CIPHERTEXT_LESS, STATUS_INVALID},
        {SPOIL_ONE_NODE_LESS, STATUS_INVALID},
        {SPOIL_SHORT_TAG, STATUS_BAD_MAC},
        {SPOIL_EMPTY_TAG, STATUS_BAD_MAC},
        {SPOIL_SHORT_MEMBERSHIP_TAG, STATUS_BAD_MAC},
        {SPOIL_EPOCH, STATUS_WRONG_EPOCH},
        {SPOIL_GROUP_ID, STATUS_WRONG_GROUP},
        {SPOIL_NOTHING, STATUS_OK},
    };
    PEOPLE *people = people_new(5);
    GROUP *group = fixture_group(people, 5, SPAN_EMPTY);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct fixture_commit commit = {&people[1], fixture_member(1), NULL, 0,
                                              true,       cases[i].spoil};
        assert_int_equal(try_commit(group, &commit), cases[i].status);
    }
}

/* RFC 9420, 12.4.2: the new keys are nowhere in the tree, not even in a node that the same path
 * gives another one. */
static void refuses_a_leaf_key_that_the_path_replaces(void **state)
{
    (void)state;
    PEOPLE *people = people_new(3);
    GROUP *group = fixture_group(people, 3, SPAN_EMPTY);
    const struct fixture_commit first = {&people[1], fixture_member(1), NULL, 0, true, 0};
    const struct fixture_commit again = {&people[0], fixture_member(0),     NULL, 0,
                                         true,       SPOIL_LEAF_KEY_OF_ROOT};
    do_commit(group, &first);
    assert_int_equal(try_commit(group, &again), STATUS_INVALID_TREE);
}

static void refuses_a_commit_of_a_past_epoch_and_of_nobody(void **state)
{
    (void)state;
    PEOPLE *people = people_new(4);
    GROUP *group = fixture_group(people, 3, SPAN_EMPTY);
    const struct fixture_commit commit = {&people[1], fixture_member(1), NULL, 0, true, 0};
    BYTES first = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES second = BUFFER_INIT(FIXTURE_BYTES_MAX);
    STAGED *one = NULL;
    STAGED *two = NULL;
    fixture_write_commit(group, &commit, &first);
    fixture_write_commit(group, &commit, &second);
    must(mls_public_group_stage(group, buffer_span(&first), &fixture_options, &one));
    must(mls_public_group_stage(group, buffer_span(&second), &fixture_options, &two));
    must(mls_public_group_merge(group, &one));
    /* The loser of a race can neither be merged nor staged again. */
    assert_int_equal(mls_public_group_merge(group, &two), STATUS_WRONG_EPOCH);
    assert_non_null(two);
    mls_staged_commit_free(&two);
    assert_int_equal(mls_public_group_stage(group, buffer_span(&second), &fixture_options, &two),
                     STATUS_WRONG_EPOCH);
}

static void refuses_leaf_indices_beyond_the_tree(void **state)
{
    (void)state;
    static const uint32_t indices[] = {3, 4, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff};
    PEOPLE *people = people_new(3);
    GROUP *group = fixture_group(people, 3, SPAN_EMPTY);
    for (size_t i = 0; i < sizeof indices / sizeof *indices; i++) {
        const struct mls_proposal_or_ref remove = fixture_remove(indices[i]);
        const struct fixture_commit commit = {&people[0], fixture_member(0), &remove, 1, true, 0};
        assert_int_equal(try_commit(group, &commit), STATUS_INVALID_PROPOSAL);
        assert_null(mls_tree_leaf(mls_public_group_tree(group), indices[i]));
        const struct mls_authenticated_content content = {MLS_WIRE_PUBLIC_MESSAGE,
                                                          {.group_id = FIXTURE_GROUP_ID,
                                                           .epoch = 5,
                                                           .sender = fixture_member(indices[i]),
                                                           .type = MLS_CONTENT_COMMIT},
                                                          {SPAN_LITERAL("signature"), SPAN_EMPTY}};
        assert_int_equal(mls_public_group_verify(group, &content), STATUS_INVALID);
    }
}

/* RFC 9420, 12.2: "A group member creating a Commit and a group member processing a Commit MUST
 * verify that the list of committed proposals is valid using one of the following procedures,
 * depending on whether the Commit is external or not." "If the list of proposals is invalid, then
 * the Commit message MUST be rejected as invalid." 12.4: "A sender and a receiver of a Commit MUST
 * verify that the committed list of proposals is valid as specified in Section 12.2." 11.3:
 * "Resumption PSKs with usage `branch` MUST NOT be used in other contexts." "A PreSharedKey
 * proposal with type `resumption` and usage `branch` MUST be considered invalid." 12.3: "The client
 * MUST apply the proposals in the list in the following order:" 12.4.3.2: "The sender type for the
 * AuthenticatedContent encapsulating the external Commit MUST be `new_member_commit`." */
static void refuses_lists_that_break_a_rule(void **state)
{
    (void)state;
    PEOPLE *people = people_new(4);
    GROUP *group = fixture_group(people, 3, SPAN_EMPTY);
    BYTES package_bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES member_bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    fixture_write_key_package(&people[3], fixture_key_package(&people[3]), &package_bytes);
    struct person again = people[1];
    person_new_encryption_key(&again);
    fixture_write_key_package(&again, fixture_key_package(&again), &member_bytes);
    const struct mls_key_package package = fixture_read_key_package(&package_bytes);
    const struct mls_key_package member = fixture_read_key_package(&member_bytes);
    uint8_t nonce[32] = {0};
    const struct mls_proposal psk = {
        .type = MLS_PROPOSAL_PSK,
        .psk = {.type = MLS_PSK_EXTERNAL, .psk_id = SPAN_LITERAL("id"), .nonce = SPAN_OF(nonce)}};
    struct mls_proposal short_psk = psk;
    short_psk.psk.nonce.len--;
    struct mls_proposal branch_psk = psk;
    branch_psk.psk.type = MLS_PSK_RESUMPTION;
    branch_psk.psk.usage = MLS_PSK_BRANCH;
    const struct mls_proposal context = {.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS};
    const struct mls_proposal reinit = {
        .type = MLS_PROPOSAL_REINIT,
        .reinit = {SPAN_LITERAL("new"), MLS_VERSION_10, 1, {SPAN_EMPTY}}};
    struct mls_proposal old_reinit = reinit;
    old_reinit.reinit.version = 0;
    const struct mls_proposal external = {.type = MLS_PROPOSAL_EXTERNAL_INIT};
    const struct mls_proposal unknown_extension = {
        .type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
        .context_extensions = {SPAN_LITERAL("\xf0\xc2\0")}};
    const struct {
        struct mls_proposal_or_ref items[2];
        size_t count;
        enum status status;
    } cases[] = {
        {{fixture_remove(0)}, 1, STATUS_INVALID_PROPOSAL},                    /* the committer */
        {{fixture_remove(1), fixture_remove(1)}, 2, STATUS_INVALID_PROPOSAL}, /* one leaf twice */
        {{fixture_add(&package), fixture_add(&package)}, 2, STATUS_INVALID_PROPOSAL},
        {{fixture_add(&member)}, 1, STATUS_INVALID_PROPOSAL}, /* is in the group */
        {{fixture_remove(1), fixture_add(&member)}, 2, STATUS_OK},
        {{fixture_add(&member), fixture_remove(1)}, 2, STATUS_OK}, /* the order is 12.3's */
        {{fixture_by_value(psk), fixture_by_value(psk)}, 2, STATUS_INVALID_PROPOSAL},
        {{fixture_by_value(psk)}, 1, STATUS_OK},
        {{fixture_by_value(short_psk)}, 1, STATUS_INVALID_PROPOSAL},
        {{fixture_by_value(branch_psk)}, 1, STATUS_INVALID_PROPOSAL},
        {{fixture_by_value(context), fixture_by_value(context)}, 2, STATUS_INVALID_PROPOSAL},
        {{fixture_by_value(context)}, 1, STATUS_OK},
        {{fixture_by_value(reinit), fixture_remove(1)}, 2, STATUS_INVALID_PROPOSAL},
        {{fixture_by_value(reinit)}, 1, STATUS_OK},
        {{fixture_by_value(old_reinit)}, 1, STATUS_INVALID_PROPOSAL},
        {{fixture_by_value(external)}, 1, STATUS_INVALID_PROPOSAL},
        {{fixture_by_value(unknown_extension)}, 1, STATUS_INVALID_PROPOSAL},
        {{{.by_reference = true, .reference = SPAN_LITERAL("nobody")}}, 1, STATUS_INVALID_PROPOSAL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct fixture_commit commit = {
            &people[0], fixture_member(0), cases[i].items, cases[i].count, true, 0};
        enum status status = try_commit(group, &commit);
        if (status != cases[i].status)
            fail_msg("list %zu: %s", i, status_name(status));
    }
}

/* RFC 9420, 12.4: "By default, the `path` field of a Commit MUST be populated." */
static void needs_a_path_unless_the_proposals_need_none(void **state)
{
    (void)state;
    PEOPLE *people = people_new(4);
    GROUP *group = fixture_group(people, 3, SPAN_EMPTY);
    const struct mls_proposal_or_ref remove = fixture_remove(1);
    const struct mls_proposal_or_ref context =
        fixture_by_value((struct mls_proposal){.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS});
    const struct fixture_commit empty = {&people[0], fixture_member(0), NULL, 0, false, 0};
    const struct fixture_commit removing = {&people[0], fixture_member(0), &remove, 1, false, 0};
    const struct fixture_commit changing = {&people[0], fixture_member(0), &context, 1, false, 0};
    assert_int_equal(try_commit(group, &empty), STATUS_PATH_REQUIRED);
    assert_int_equal(try_commit(group, &removing), STATUS_PATH_REQUIRED);
    assert_int_equal(try_commit(group, &changing), STATUS_PATH_REQUIRED);
}

static void sends_nothing_more_after_a_reinit(void **state)
{
    (void)state;
    PEOPLE *people = people_new(2);
    GROUP *group = fixture_group(people, 2, SPAN_EMPTY);
    const struct mls_proposal_or_ref reinit = fixture_by_value(
        (struct mls_proposal){.type = MLS_PROPOSAL_REINIT,
                              .reinit = {SPAN_LITERAL("new"), MLS_VERSION_10, 1, {SPAN_EMPTY}}});
    const struct fixture_commit commit = {&people[0], fixture_member(0), &reinit, 1, false, 0};
    do_commit(group, &commit);
    assert_true(mls_public_group_is_reinitialized(group));
    BYTES stored = BUFFER_INIT(FIXTURE_BYTES_MAX);
    GROUP *restored = NULL;
    must(mls_public_group_encode(group, true, &stored));
    must(mls_public_group_decode(buffer_span(&stored), NULL, &restored));
    const struct mls_reinit *kept = mls_public_group_reinit(restored);
    assert_non_null(kept);
    assert_true(span_equal(kept->group_id, SPAN_LITERAL("new")));
    assert_int_equal(kept->cipher_suite, 1);
    const struct fixture_commit empty = {&people[0], fixture_member(0), NULL, 0, true, 0};
    assert_int_equal(try_commit(group, &empty), STATUS_INVALID);
}

/* ---- GroupInfo and store ---- */

static void accepts_only_the_group_info_of_its_own_epoch(void **state)
{
    (void)state;
    PEOPLE *people = people_new(3);
    GROUP *group = fixture_group(people, 3, SPAN_EMPTY);
    BYTES info = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES with_tree = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES forged = BUFFER_INIT(FIXTURE_BYTES_MAX);
    fixture_write_group_info(group, &people[1], 1, false, &info);
    fixture_write_group_info(group, &people[1], 1, true, &with_tree);
    fixture_write_group_info(group, &people[2], 1, false, &forged);
    must(mls_public_group_check_group_info(group, buffer_span(&info), 1));
    must(mls_public_group_check_group_info(group, buffer_span(&with_tree), MLS_NO_LEAF));
    assert_int_equal(mls_public_group_check_group_info(group, buffer_span(&info), 0),
                     STATUS_INVALID);
    assert_int_equal(mls_public_group_check_group_info(group, buffer_span(&forged), 1),
                     STATUS_BAD_SIGNATURE);
    const struct fixture_commit commit = {&people[1], fixture_member(1), NULL, 0, true, 0};
    do_commit(group, &commit);
    assert_int_equal(mls_public_group_check_group_info(group, buffer_span(&info), 1),
                     STATUS_INVALID);
}

/* RFC 9420, 12.4.3: "Extensions in `GroupInfo.group_context.extensions`, however, MUST be supported
 * by the new joiner." 13.4: "A client joining a group MUST verify that it supports every extension
 * in the GroupContext for the group." "Otherwise, it MUST treat the enclosing GroupInfo message as
 * invalid and not join the group." */
static void refuses_a_group_context_extension_that_it_does_not_know(void **state)
{
    (void)state;
    PEOPLE *people = people_new(2);
    GROUP *group = fixture_group(people, 2, SPAN_LITERAL("\xf0\xc1\0"));
    BYTES info = BUFFER_INIT(FIXTURE_BYTES_MAX);
    fixture_write_group_info(group, &people[0], 0, true, &info);
    GROUP *joined = NULL;
    const struct mls_options knows_nothing = {0};
    assert_int_equal(mls_public_group_new(buffer_span(&info), SPAN_EMPTY, &knows_nothing, &joined),
                     STATUS_UNSUPPORTED);
    must(mls_public_group_new(buffer_span(&info), SPAN_EMPTY, &fixture_options, &joined));
}

static void restores_what_was_stored_and_notices_damage(void **state)
{
    (void)state;
    PEOPLE *people = people_new(3);
    GROUP *group = fixture_group(people, 3, SPAN_EMPTY);
    BYTES stored = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES again = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES bare = BUFFER_INIT(FIXTURE_BYTES_MAX);
    GROUP *restored = NULL;
    must(mls_public_group_encode(group, true, &stored));
    must(mls_public_group_decode(buffer_span(&stored), NULL, &restored));
    must(mls_public_group_encode(restored, true, &again));
    assert_true(span_equal(buffer_span(&stored), buffer_span(&again)));
    must(mls_public_group_encode(group, false, &bare));
    GROUP *none = NULL;
    assert_int_equal(mls_public_group_decode(buffer_span(&bare), NULL, &none), STATUS_USAGE);
    GROUP *from_nodes = NULL;
    must(mls_public_group_decode(buffer_span(&bare), mls_public_group_tree(group), &from_nodes));
    for (size_t cut = 0; cut < stored.len; cut++)
        assert_int_not_equal(mls_public_group_decode(span_of(stored.ptr, cut), NULL, &none),
                             STATUS_OK);
    stored.ptr[stored.len - 1] ^= 1;
    assert_int_equal(mls_public_group_decode(buffer_span(&stored), NULL, &none), STATUS_CORRUPT);
    stored.ptr[stored.len - 1] ^= 1;
    /* A suite that does not exist: after the form, the context's length and its version. */
    struct span context = mls_public_group_context_bytes(group);
    uint8_t *suite = memmem(stored.ptr, stored.len, context.ptr, context.len);
    assert_non_null(suite);
    suite[2] = 0x0a;
    assert_int_equal(mls_public_group_decode(buffer_span(&stored), NULL, &none), STATUS_CORRUPT);

    BYTES longer = BUFFER_INIT(FIXTURE_BYTES_MAX);
    must(buffer_append(&longer, context));
    must(buffer_append(&longer, SPAN_LITERAL("x")));
    assert_int_equal(mls_public_group_from_parts(buffer_span(&longer), mls_public_group_tree(group),
                                                 mls_public_group_confirmation_tag(group), &none),
                     STATUS_TRAILING);
}

static void accepts_no_commit_that_is_cut_or_longer_or_flipped(void **state)
{
    (void)state;
    PEOPLE *people = people_new(3);
    GROUP *group = fixture_group(people, 3, SPAN_EMPTY);
    BYTES message = BUFFER_INIT(FIXTURE_BYTES_MAX);
    STAGED *staged = NULL;
    const struct fixture_commit commit = {&people[0], fixture_member(0), NULL, 0, true, 0};
    fixture_write_commit(group, &commit, &message);
    for (size_t cut = 0; cut < message.len; cut++)
        assert_int_not_equal(
            mls_public_group_stage(group, span_of(message.ptr, cut), &fixture_options, &staged),
            STATUS_OK);
    /* The tags at the end, of 32 bytes and a length each, are for members to check. */
    for (size_t at = 0; at < message.len - 66; at++) {
        message.ptr[at] ^= (uint8_t)(1u << at % 8);
        assert_int_not_equal(
            mls_public_group_stage(group, buffer_span(&message), &fixture_options, &staged),
            STATUS_OK);
        message.ptr[at] ^= (uint8_t)(1u << at % 8);
    }
    must(buffer_append(&message, SPAN_LITERAL("\0")));
    assert_int_equal(
        mls_public_group_stage(group, buffer_span(&message), &fixture_options, &staged),
        STATUS_TRAILING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_an_empty_commit_without_changing_the_group),
        cmocka_unit_test(follows_many_commits_with_a_tree_that_a_newcomer_accepts),
        cmocka_unit_test(adds_without_a_path_and_lists_the_new_leaves),
        cmocka_unit_test(removes_and_truncates),
        cmocka_unit_test(refuses_spoilt_commits_each_for_its_own_reason),
        cmocka_unit_test(refuses_a_leaf_key_that_the_path_replaces),
        cmocka_unit_test(refuses_a_commit_of_a_past_epoch_and_of_nobody),
        cmocka_unit_test(refuses_leaf_indices_beyond_the_tree),
        cmocka_unit_test(refuses_lists_that_break_a_rule),
        cmocka_unit_test(needs_a_path_unless_the_proposals_need_none),
        cmocka_unit_test(sends_nothing_more_after_a_reinit),
        cmocka_unit_test(accepts_only_the_group_info_of_its_own_epoch),
        cmocka_unit_test(refuses_a_group_context_extension_that_it_does_not_know),
        cmocka_unit_test(restores_what_was_stored_and_notices_damage),
        cmocka_unit_test(accepts_no_commit_that_is_cut_or_longer_or_flipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
