/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/protocol/mls/public/fixture.h"

#include "protocol/base/limits.h"
#include "protocol/mls/public/tree_validate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

/* ---- external commits ---- */

static const struct mls_sender newcomer = {MLS_SENDER_NEW_MEMBER_COMMIT, 0};

static struct mls_proposal_or_ref external_init(void)
{
    return fixture_by_value((struct mls_proposal){.type = MLS_PROPOSAL_EXTERNAL_INIT,
                                                  .kem_output = SPAN_LITERAL("kem output")});
}

static void stages_an_external_join(void **state)
{
    (void)state;
    PEOPLE *people = people_new(5);
    GROUP *group = fixture_group(people, 4, SPAN_EMPTY);
    const struct mls_proposal_or_ref items[] = {external_init()};
    const struct fixture_commit commit = {&people[4], newcomer, items, 1, true, 0};
    BYTES message = BUFFER_INIT(FIXTURE_BYTES_MAX);
    STAGED *staged = NULL;
    fixture_write_commit(group, &commit, &message);
    must(mls_public_group_stage(group, buffer_span(&message), &fixture_options, &staged));
    assert_true(mls_staged_commit_is_external(staged));
    assert_int_equal(mls_staged_commit_committer(staged), 4);
    assert_true(
        span_equal(mls_staged_commit_effect(staged)->kem_output, SPAN_LITERAL("kem output")));
    must(mls_public_group_merge(group, &staged));
    must(mls_tree_validate(mls_public_group_tree(group), mls_public_group_context(group),
                           &fixture_options));
}

static void stages_a_resync_that_removes_the_own_old_leaf(void **state)
{
    (void)state;
    PEOPLE *people = people_new(4);
    GROUP *group = fixture_group(people, 4, SPAN_EMPTY);
    const struct mls_proposal_or_ref items[] = {external_init(), fixture_remove(2)};
    const struct fixture_commit commit = {&people[2], newcomer, items, 2, true, 0};
    do_commit(group, &commit);
    assert_int_equal(mls_tree_member_count(mls_public_group_tree(group)), 4);
    assert_int_equal(mls_tree_find_signature_key(mls_public_group_tree(group),
                                                 signature_public_span(&people[2].signature)),
                     2);
}

static enum status believe(void *context,
                           const struct mls_credential *credential,
                           struct span signature_key,
                           const struct mls_credential *replaced)
{
    (void)context;
    (void)credential;
    (void)signature_key;
    (void)replaced;
    return STATUS_OK;
}

/* RFC 9420, 12.2: "If a Remove proposal is present, then the LeafNode in the `path` field of the
 * external Commit MUST meet the same criteria as would the LeafNode in an Update for the removed
 * leaf (see Section 12.1.2)." "In particular, the `credential` in the LeafNode MUST present a set
 * of identifiers that is acceptable to the application for the removed participant." */
static void refuses_an_external_commit_that_removes_somebody_else(void **state)
{
    (void)state;
    PEOPLE *people = people_new(5);
    GROUP *group = fixture_group(people, 4, SPAN_EMPTY);
    const struct mls_proposal_or_ref items[] = {external_init(), fixture_remove(2)};
    const struct fixture_commit commit = {&people[4], newcomer, items, 2, true, 0};
    BYTES message = BUFFER_INIT(FIXTURE_BYTES_MAX);
    STAGED *staged = NULL;
    fixture_write_commit(group, &commit, &message);
    assert_int_equal(
        mls_public_group_stage(group, buffer_span(&message), &fixture_options, &staged),
        STATUS_INVALID_PROPOSAL);
    struct mls_options believing = fixture_options;
    believing.check_credential = believe;
    assert_int_equal(mls_public_group_stage(group, buffer_span(&message), &believing, &staged),
                     STATUS_INVALID_PROPOSAL);
}

/* RFC 9420, 12.4.3.2: "External Commits MUST contain a `path` field (and is therefore a "full"
 * Commit)." "External Commits MUST be signed by the new member." "In particular, the signature on
 * the enclosing AuthenticatedContent MUST verify using the public key for the credential in the
 * `leaf_node` of the `path` field." */
static void refuses_external_commits_that_break_a_rule(void **state)
{
    (void)state;
    PEOPLE *people = people_new(6);
    GROUP *group = fixture_group(people, 4, SPAN_EMPTY);
    BYTES package_bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    fixture_write_key_package(&people[5], fixture_key_package(&people[5]), &package_bytes);
    const struct mls_key_package package = fixture_read_key_package(&package_bytes);
    const struct mls_proposal_or_ref twice[] = {external_init(), external_init()};
    const struct mls_proposal_or_ref with_add[] = {external_init(), fixture_add(&package)};
    const struct mls_proposal_or_ref removes[] = {external_init(), fixture_remove(1),
                                                  fixture_remove(2)};
    const struct mls_proposal_or_ref by_reference[] = {
        external_init(), {.by_reference = true, .reference = SPAN_LITERAL("r")}};
    const struct fixture_commit cases[] = {
        {&people[4], newcomer, NULL, 0, true, 0},
        {&people[4], newcomer, twice, 2, true, 0},
        {&people[4], newcomer, with_add, 2, true, 0},
        {&people[4], newcomer, removes, 3, true, 0},
        {&people[4], newcomer, by_reference, 2, true, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(try_commit(group, &cases[i]), STATUS_INVALID_PROPOSAL);
    const struct fixture_commit forged = {&people[4], newcomer, twice, 1, true, SPOIL_SIGNATURE};
    assert_int_equal(try_commit(group, &forged), STATUS_BAD_SIGNATURE);
    const struct fixture_commit no_path = {&people[4], newcomer, twice, 1, false, 0};
    assert_int_equal(try_commit(group, &no_path), STATUS_PATH_REQUIRED);
}

/* ---- proposals by reference ---- */

static void covers_cached_proposals_by_reference(void **state)
{
    (void)state;
    PEOPLE *people = people_new(4);
    GROUP *group = fixture_group(people, 4, SPAN_EMPTY);
    struct person updated = people[1];
    person_new_encryption_key(&updated);
    BYTES leaf_bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    fixture_write_leaf(&updated, fixture_leaf(&updated, MLS_LEAF_UPDATE), 1, &leaf_bytes);
    struct mls_leaf_node leaf;
    struct reader reader = reader_of(buffer_span(&leaf_bytes));
    must(mls_leaf_node_read(&reader, &leaf));
    const struct mls_proposal update = {.type = MLS_PROPOSAL_UPDATE, .update = &leaf};
    const struct mls_proposal remove = {.type = MLS_PROPOSAL_REMOVE, .removed = 3};
    BYTES first = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES second = BUFFER_INIT(FIXTURE_BYTES_MAX);
    fixture_write_proposal(group, &people[1], fixture_member(1), &update, &first);
    fixture_write_proposal(group, &people[2], fixture_member(2), &remove, &second);
    must(mls_public_group_cache_proposal(group, buffer_span(&first), &fixture_options));
    must(mls_public_group_cache_proposal(group, buffer_span(&second), &fixture_options));
    assert_int_equal(mls_public_group_cache_proposal(group, buffer_span(&second), &fixture_options),
                     STATUS_EXISTS);
    assert_int_equal(mls_public_group_cached_count(group), 2);

    /* They survive a store. */
    BYTES stored = BUFFER_INIT(FIXTURE_BYTES_MAX);
    GROUP *restored = NULL;
    must(mls_public_group_encode(group, true, &stored));
    must(mls_public_group_decode(buffer_span(&stored), NULL, &restored));
    assert_int_equal(mls_public_group_cached_count(restored), 2);

    const struct mls_proposal_or_ref items[] = {
        {.by_reference = true, .reference = mls_public_group_cached_at(group, 0)->reference},
        {.by_reference = true, .reference = mls_public_group_cached_at(group, 1)->reference}};
    const struct fixture_commit own = {&people[1], fixture_member(1), items, 1, true, 0};
    assert_int_equal(try_commit(restored, &own), STATUS_INVALID_PROPOSAL);
    const struct fixture_commit commit = {&people[0], fixture_member(0), items, 2, true, 0};
    do_commit(restored, &commit);
    assert_int_equal(mls_public_group_cached_count(restored), 0);
    assert_int_equal(mls_tree_member_count(mls_public_group_tree(restored)), 3);
    must(mls_tree_validate(mls_public_group_tree(restored), mls_public_group_context(restored),
                           &fixture_options));
}

/* A flood of proposals ends at the limit, and a commit makes room. */
static void keeps_only_so_many_proposals(void **state)
{
    (void)state;
    PEOPLE *people = people_new(2);
    GROUP *group = fixture_group(people, 2, SPAN_EMPTY);
    uint8_t nonce[32] = {0};
    const struct mls_proposal psk = {
        .type = MLS_PROPOSAL_PSK,
        .psk = {.type = MLS_PSK_EXTERNAL, .psk_id = SPAN_LITERAL("key"), .nonce = SPAN_OF(nonce)}};
    for (size_t i = 0; i <= LIMIT_CACHED_PROPOSALS; i++) {
        BYTES message = BUFFER_INIT(FIXTURE_BYTES_MAX);
        nonce[0] = (uint8_t)(i >> 8);
        nonce[1] = (uint8_t)i;
        fixture_write_proposal(group, &people[1], fixture_member(1), &psk, &message);
        assert_int_equal(
            mls_public_group_cache_proposal(group, buffer_span(&message), &fixture_options),
            i < LIMIT_CACHED_PROPOSALS ? STATUS_OK : STATUS_LIMIT);
    }
    assert_int_equal(mls_public_group_cached_count(group), LIMIT_CACHED_PROPOSALS);
    const struct fixture_commit commit = {&people[0], fixture_member(0), NULL, 0, true, 0};
    do_commit(group, &commit);
    assert_int_equal(mls_public_group_cached_count(group), 0);
}

/* RFC 9420, 6.1: "The sender MUST use the private key corresponding to the following signature key
 * depending on the sender's `sender_type`:" */
static void takes_external_proposals_only_from_listed_senders(void **state)
{
    (void)state;
    PEOPLE *people = people_new(4);
    BYTES senders = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES list = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct writer writer = writer_of(&senders);
    const struct mls_external_sender listed = {signature_public_span(&people[3].signature),
                                               {MLS_CREDENTIAL_BASIC, SPAN_LITERAL("the service")}};
    size_t begin = writer_vector_begin(&writer);
    mls_external_sender_write(&writer, &listed);
    writer_vector_end(&writer, begin);
    writer = writer_of(&list);
    mls_extension_write(&writer, MLS_EXTENSION_EXTERNAL_SENDERS, buffer_span(&senders));
    must(writer_finish(&writer));
    GROUP *group = fixture_group(people, 3, buffer_span(&list));
    GROUP *without = fixture_group(people, 3, SPAN_EMPTY);
    const struct mls_proposal remove = {.type = MLS_PROPOSAL_REMOVE, .removed = 1};
    const struct mls_sender first = {MLS_SENDER_EXTERNAL, 0};
    const struct mls_sender second = {MLS_SENDER_EXTERNAL, 1};
    const struct {
        struct mls_public_group *group;
        const struct person *signer;
        struct mls_sender sender;
        enum status status;
    } cases[] = {
        {group, &people[3], first, STATUS_OK},
        {group, &people[2], first, STATUS_BAD_SIGNATURE},
        {group, &people[3], second, STATUS_INVALID},
        {without, &people[3], first, STATUS_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        BYTES message = BUFFER_INIT(FIXTURE_BYTES_MAX);
        fixture_write_proposal(cases[i].group, cases[i].signer, cases[i].sender, &remove, &message);
        assert_int_equal(mls_public_group_cache_proposal(cases[i].group, buffer_span(&message),
                                                         &fixture_options),
                         cases[i].status);
    }
    /* Its type may not send an Update. */
    struct mls_leaf_node leaf = fixture_leaf(&people[0], MLS_LEAF_UPDATE);
    const struct mls_proposal update = {.type = MLS_PROPOSAL_UPDATE, .update = &leaf};
    BYTES message = BUFFER_INIT(FIXTURE_BYTES_MAX);
    fixture_write_proposal(group, &people[3], first, &update, &message);
    assert_int_equal(
        mls_public_group_cache_proposal(group, buffer_span(&message), &fixture_options),
        STATUS_MALFORMED);
}

/* A list that takes a square of its length to walk would stop whoever checks the commit. */
static void asks_about_many_external_senders_in_linear_time(void **state)
{
    (void)state;
    PEOPLE *people = people_new(2);
    GROUP *group = fixture_group(people, 2, SPAN_EMPTY);
    BYTES senders = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES list = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES message = BUFFER_INIT(FIXTURE_BYTES_MAX);
    STAGED *staged = NULL;
    struct writer writer = writer_of(&senders);
    const struct mls_external_sender sender = {SPAN_EMPTY, {MLS_CREDENTIAL_BASIC, SPAN_EMPTY}};
    size_t begin = writer_vector_begin(&writer);
    for (size_t i = 0; i < 200000; i++)
        mls_external_sender_write(&writer, &sender);
    writer_vector_end(&writer, begin);
    writer = writer_of(&list);
    mls_extension_write(&writer, MLS_EXTENSION_EXTERNAL_SENDERS, buffer_span(&senders));
    must(writer_finish(&writer));
    const struct mls_proposal_or_ref items[] = {
        fixture_by_value((struct mls_proposal){.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                                               .context_extensions = {buffer_span(&list)}})};
    const struct fixture_commit commit = {&people[0], fixture_member(0), items, 1, true, 0};
    struct mls_options believing = fixture_options;
    believing.check_credential = believe;
    fixture_write_commit(group, &commit, &message);
    clock_t start = clock();
    must(mls_public_group_stage(group, buffer_span(&message), &believing, &staged));
    assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
}

static void takes_the_proposal_of_a_newcomer_to_be_added(void **state)
{
    (void)state;
    PEOPLE *people = people_new(4);
    GROUP *group = fixture_group(people, 3, SPAN_EMPTY);
    BYTES package_bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES message = BUFFER_INIT(FIXTURE_BYTES_MAX);
    fixture_write_key_package(&people[3], fixture_key_package(&people[3]), &package_bytes);
    const struct mls_key_package package = fixture_read_key_package(&package_bytes);
    const struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &package};
    const struct mls_sender sender = {MLS_SENDER_NEW_MEMBER_PROPOSAL, 0};
    fixture_write_proposal(group, &people[3], sender, &add, &message);
    must(mls_public_group_cache_proposal(group, buffer_span(&message), &fixture_options));
    const struct mls_proposal_or_ref item = {
        .by_reference = true, .reference = mls_public_group_cached_at(group, 0)->reference};
    const struct fixture_commit commit = {&people[0], fixture_member(0), &item, 1, false, 0};
    do_commit(group, &commit);
    assert_int_equal(mls_tree_member_count(mls_public_group_tree(group)), 4);
}

static void refuses_a_member_that_joins_beside_its_old_leaf(void **state)
{
    (void)state;
    PEOPLE *people = people_new(4);
    GROUP *group = fixture_group(people, 4, SPAN_EMPTY);
    const struct mls_proposal_or_ref items[] = {external_init()};
    const struct fixture_commit commit = {&people[1], newcomer, items, 1, true, 0};
    assert_int_equal(try_commit(group, &commit), STATUS_INVALID_TREE);
}

/* ---- what the application is asked ---- */

struct asked {
    unsigned count;
    bool replaced;
    enum status answer;
};

static enum status ask(void *context,
                       const struct mls_credential *credential,
                       struct span signature_key,
                       const struct mls_credential *replaced)
{
    struct asked *asked = context;
    assert_true(credential->content.len != 0 && signature_key.len == 32);
    asked->count++;
    asked->replaced = replaced != NULL;
    return asked->answer;
}

static enum status stage_asking(const struct mls_public_group *group,
                                const struct fixture_commit *commit,
                                struct asked *asked)
{
    BYTES message = BUFFER_INIT(FIXTURE_BYTES_MAX);
    STAGED *staged = NULL;
    struct mls_options options = fixture_options;
    options.check_credential = ask;
    options.check_context = asked;
    fixture_write_commit(group, commit, &message);
    return mls_public_group_stage(group, buffer_span(&message), &options, &staged);
}

/* RFC 9420, 5.3.1: "Whenever a new credential is introduced in the group, it MUST be validated with
 * the AS." */
static void asks_about_each_new_credential_and_obeys(void **state)
{
    (void)state;
    PEOPLE *people = people_new(5);
    GROUP *group = fixture_group(people, 4, SPAN_EMPTY);
    BYTES package_bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    fixture_write_key_package(&people[4], fixture_key_package(&people[4]), &package_bytes);
    const struct mls_key_package package = fixture_read_key_package(&package_bytes);
    const struct mls_proposal_or_ref add = fixture_add(&package);
    const struct mls_proposal_or_ref join = external_init();
    const struct fixture_commit same = {&people[0], fixture_member(0), NULL, 0, true, 0};
    const struct fixture_commit adding = {&people[0], fixture_member(0), &add, 1, false, 0};
    const struct fixture_commit joining = {&people[4], newcomer, &join, 1, true, 0};
    struct asked asked = {0};
    assert_int_equal(stage_asking(group, &same, &asked), STATUS_OK);
    assert_int_equal(asked.count, 0);
    assert_int_equal(stage_asking(group, &adding, &asked), STATUS_OK);
    assert_int_equal(asked.count, 1);
    assert_false(asked.replaced);
    assert_int_equal(stage_asking(group, &joining, &asked), STATUS_OK);
    assert_int_equal(asked.count, 2);
    asked.answer = STATUS_UNTRUSTED;
    assert_int_equal(stage_asking(group, &adding, &asked), STATUS_UNTRUSTED);
    assert_int_equal(stage_asking(group, &joining, &asked), STATUS_UNTRUSTED);
    /* A committer that changes its name is asked about as a successor. */
    struct person renamed = people[2];
    memcpy(renamed.name, "other name", sizeof "other name");
    const struct fixture_commit renaming = {&renamed, fixture_member(2), NULL, 0, true, 0};
    assert_int_equal(stage_asking(group, &renaming, &asked), STATUS_UNTRUSTED);
    assert_true(asked.replaced);
}

/* RFC 9420, 5.3.1: "When an `external_senders` extension is added to the group" and "When an
 * existing `external_senders` extension is updated". */
static void asks_about_external_senders_that_are_new(void **state)
{
    (void)state;
    static const uint8_t key[32] = {1};
    PEOPLE *people = people_new(2);
    BYTES senders = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES list = BUFFER_INIT(FIXTURE_BYTES_MAX);
    const struct mls_external_sender sender = {SPAN_OF(key),
                                               {MLS_CREDENTIAL_BASIC, SPAN_LITERAL("operator")}};
    struct writer writer = writer_of(&senders);
    size_t begin = writer_vector_begin(&writer);
    mls_external_sender_write(&writer, &sender);
    writer_vector_end(&writer, begin);
    writer = writer_of(&list);
    mls_extension_write(&writer, MLS_EXTENSION_EXTERNAL_SENDERS, buffer_span(&senders));
    must(writer_finish(&writer));
    GROUP *without = fixture_group(people, 2, SPAN_EMPTY);
    GROUP *with = fixture_group(people, 2, buffer_span(&list));
    const struct mls_proposal_or_ref change = fixture_by_value((struct mls_proposal){
        .type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS, .context_extensions = {buffer_span(&list)}});
    const struct fixture_commit commit = {&people[0], fixture_member(0), &change, 1, true, 0};
    struct asked asked = {.answer = STATUS_UNTRUSTED};
    assert_int_equal(stage_asking(without, &commit, &asked), STATUS_UNTRUSTED);
    assert_int_equal(asked.count, 1);
    assert_int_equal(stage_asking(with, &commit, &asked), STATUS_OK);
    assert_int_equal(asked.count, 1);
}

/* RFC 9420, 13.4: "Note that the latter two requirements mean that all MLS GroupContext extensions
 * are mandatory, in the sense that an extension in use by the group MUST be supported by all
 * members of the group." */
static void refuses_requirements_that_a_member_does_not_meet(void **state)
{
    (void)state;
    static const struct {
        struct span list;
        enum status status;
    } cases[] = {
        /* required_capabilities: extension 0xF0C1; extension 0xF0C2; credential x509 */
        {{(const uint8_t *)"\0\3\5\2\xf0\xc1\0\0", 8}, STATUS_OK},
        {{(const uint8_t *)"\0\3\5\2\xf0\xc2\0\0", 8}, STATUS_INVALID_LEAF},
        {{(const uint8_t *)"\0\3\5\0\0\2\0\2", 8}, STATUS_INVALID_LEAF},
        {{(const uint8_t *)"\0\3\5\0\0\2\0\1", 8}, STATUS_OK},
        {{(const uint8_t *)"\0\3\1\0", 4}, STATUS_TRUNCATED},
        /* external_senders: none; one that is cut off */
        {{(const uint8_t *)"\0\5\1\0", 4}, STATUS_OK},
        {{(const uint8_t *)"\0\5\2\1\0", 5}, STATUS_TRUNCATED},
    };
    PEOPLE *people = people_new(3);
    GROUP *group = fixture_group(people, 3, SPAN_EMPTY);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct mls_proposal_or_ref change = fixture_by_value((struct mls_proposal){
            .type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS, .context_extensions = {cases[i].list}});
        const struct fixture_commit commit = {&people[0], fixture_member(0), &change, 1, true, 0};
        assert_int_equal(try_commit(group, &commit), cases[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_an_external_join),
        cmocka_unit_test(stages_a_resync_that_removes_the_own_old_leaf),
        cmocka_unit_test(refuses_an_external_commit_that_removes_somebody_else),
        cmocka_unit_test(refuses_external_commits_that_break_a_rule),
        cmocka_unit_test(covers_cached_proposals_by_reference),
        cmocka_unit_test(keeps_only_so_many_proposals),
        cmocka_unit_test(takes_external_proposals_only_from_listed_senders),
        cmocka_unit_test(asks_about_many_external_senders_in_linear_time),
        cmocka_unit_test(takes_the_proposal_of_a_newcomer_to_be_added),
        cmocka_unit_test(refuses_a_member_that_joins_beside_its_old_leaf),
        cmocka_unit_test(asks_about_each_new_credential_and_obeys),
        cmocka_unit_test(asks_about_external_senders_that_are_new),
        cmocka_unit_test(refuses_requirements_that_a_member_does_not_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
