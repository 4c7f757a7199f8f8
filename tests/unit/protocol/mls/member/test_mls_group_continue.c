/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Groups that go on in another one (RFC 9420, 11.2, 11.3), and GREASE (13.5). */
#include "protocol/crypto/aead.h"
#include "protocol/mls/member/group_state.h"
#include "protocol/mls/member/kdf.h"
#include "tests/unit/protocol/mls/member/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call) assert_string_equal(status_name(call), "OK")
#define FAILS(call, expected) assert_string_equal(status_name(call), status_name(expected))

/* Suite 3 has the signature keys of suite 1. */
#define NEW_SUITE 3

/* What the old groups become while the new one is looked at. */
struct olds {
    struct mls_group *groups[WORLD_MEMBERS_MAX];
};

static void olds_clear(struct olds *olds)
{
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        mls_group_free(&olds->groups[i]);
}

/* `who` commits a ReInit with these parameters, and everybody follows. */
static void
reinitialize(struct world *world, size_t who, uint16_t suite, struct mls_extensions extensions)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_proposal reinit = {
        .type = MLS_PROPOSAL_REINIT,
        .reinit = {SPAN_LITERAL("the next group"), MLS_VERSION_10, suite, extensions}};
    struct mls_commit_request request = {.proposals = &reinit, .proposal_count = 1};
    world_commit(world, who, &request, &bundle);
    world_accept(world, who, &bundle);
}

/* Fresh packages of members `first` to `last` but `creator`, for the suite. */
static size_t packages_of(struct world *world,
                          uint16_t suite,
                          size_t first,
                          size_t last,
                          size_t creator,
                          struct mls_key_package *packages)
{
    size_t count = 0;
    const struct suite *before = world->suite;
    world->suite = suite_find(suite);
    for (size_t i = first; i <= last; i++) {
        struct mls_key_package_checked checked;
        if (i == creator)
            continue;
        world_renew_package(world, i);
        OK(mls_key_package_check(buffer_span(&world->members[i].package), &world->options,
                                 &checked));
        packages[count++] = checked.package;
    }
    world->suite = before;
    return count;
}

/* `who` joins with the tree inside the Welcome, as a continuation of its own group. */
static enum status join_continuing(struct world *world,
                                   size_t who,
                                   struct span welcome,
                                   enum mls_psk_usage usage,
                                   struct mls_group **group)
{
    struct mls_continuation from = {.old = world->members[who].group, .usage = usage};
    struct mls_join_request request = {.welcome = welcome,
                                       .key_package = buffer_span(&world->members[who].package),
                                       .private_part =
                                           buffer_span(&world->members[who].package_private),
                                       .continues = &from};
    return mls_group_join(&request, &world->options, group);
}

/* The member's group is now `*fresh`; the old one is kept apart. */
static void move(struct world *world, size_t who, struct mls_group *fresh, struct olds *olds)
{
    olds->groups[who] = world->members[who].group;
    world->members[who].group = fresh;
    world_forget_rows(world, who);
    world_store(world, who);
}

/* `creator` continues with members `first` to `last`, who join; all agree and go on. */
static void continue_with(struct world *world,
                          struct mls_continue_request *request,
                          uint16_t suite,
                          size_t creator,
                          size_t first,
                          size_t last)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(olds_clear) struct olds olds = {0};
    struct mls_key_package packages[WORLD_MEMBERS_MAX];
    struct mls_group *fresh = NULL;
    request->from.old = world->members[creator].group;
    request->identity = &world->members[creator].identity;
    request->packages = packages;
    request->package_count = packages_of(world, suite, first, last, creator, packages);
    request->tree_in_welcome = true;
    OK(mls_group_continue(request, &world->options, &world->random, &fresh, &bundle));
    assert_int_equal(mls_group_epoch(fresh), 1);
    assert_int_equal(mls_group_suite(fresh)->id, suite);
    move(world, creator, fresh, &olds);
    for (size_t i = first; i <= last; i++) {
        if (i == creator)
            continue;
        fresh = NULL;
        OK(join_continuing(world, i, buffer_span(&bundle.welcome), request->from.usage, &fresh));
        move(world, i, fresh, &olds);
    }
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        if (i < first || i > last)
            mls_group_free(&world->members[i].group);
    world_check(world);
    world_refresh(world, last);
    world_restart(world, creator);
    world_refresh(world, creator);
    world_check(world);
}

/* RFC 9420, 12.4.1: "If a ReInit proposal was part of the Commit, the committer MUST create a new
 * group with the parameters specified in the ReInit proposal, and with the same members as the
 * original group." "The Welcome message MUST include a PreSharedKeyID with the following
 * parameters:" RFC 9420, 11.2: "The `version`, `cipher_suite`, `group_id`, and `extensions` fields
 * of the GroupContext object in the Welcome message MUST be the same as the corresponding fields in
 * the ReInit proposal. The `epoch` in the Welcome message MUST be 1." */
static void a_reinitialized_group_goes_on_in_another_suite(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, 1);
    world_start_group(&world, 4);
    reinitialize(&world, 1, NEW_SUITE, (struct mls_extensions){SPAN_EMPTY});
    /* who creates need not be who committed, and may have been restarted in between */
    world_restart(&world, 2);
    struct mls_continue_request request = {.from = {.usage = MLS_PSK_REINIT}};
    continue_with(&world, &request, NEW_SUITE, 2, 0, 3);
    assert_true(span_equal(mls_group_id(world.members[0].group), SPAN_LITERAL("the next group")));
    world_clear(&world);
}

static void members_branch_off_into_a_group_of_their_own(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, 1);
    world_start_group(&world, 5);
    struct mls_continue_request request = {.from = {.usage = MLS_PSK_BRANCH},
                                           .group_id = SPAN_LITERAL("a branch")};
    continue_with(&world, &request, 1, 3, 2, 4);
    assert_true(mls_public_group_extension(mls_group_public(world.members[4].group), 0xF0C1, NULL));
    world_clear(&world);
}

/* RFC 9420, 11.3: "Each LeafNode in a new subgroup MUST match some LeafNode in the original
 * group." 11.2: "with the same membership" */
static void strangers_and_missing_members_stop_a_continuation(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_key_package packages[WORLD_MEMBERS_MAX];
    struct mls_group *fresh = NULL;
    world_init(&world, 1);
    world_start_group(&world, 3);
    struct mls_continue_request request = {
        .from = {.old = world.members[0].group, .usage = MLS_PSK_BRANCH},
        .identity = &world.members[0].identity,
        .group_id = SPAN_LITERAL("a branch"),
        .packages = packages};
    request.package_count = packages_of(&world, 1, 1, 3, 0, packages); /* 3 is not a member */
    FAILS(mls_group_continue(&request, &world.options, &world.random, &fresh, &bundle),
          STATUS_INVALID);
    request.from.usage = MLS_PSK_REINIT;
    FAILS(mls_group_continue(&request, &world.options, &world.random, &fresh, &bundle),
          STATUS_NOT_NOW);
    reinitialize(&world, 0, 1, (struct mls_extensions){SPAN_EMPTY});
    request.package_count = packages_of(&world, 1, 1, 1, 0, packages); /* 2 is missing */
    FAILS(mls_group_continue(&request, &world.options, &world.random, &fresh, &bundle),
          STATUS_INVALID);
    request.from.usage = MLS_PSK_BRANCH;
    FAILS(mls_group_continue(&request, &world.options, &world.random, &fresh, &bundle),
          STATUS_NOT_NOW);
    world_clear(&world);
}

/* A group that member 0 creates as it likes, with the true PSK of the usage, for 1 and 2. */
static void forge(struct world *world,
                  const struct mls_group_config *config,
                  enum mls_psk_usage usage,
                  uint64_t psk_epoch,
                  size_t last,
                  struct mls_commit_bundle *bundle)
{
    struct mls_continuation from = {.old = world->members[0].group, .usage = usage};
    struct mls_continued_psks psks = {&from, NULL};
    struct mls_psk_store store = {mls_continued_find, &psks};
    struct mls_options options = world->options;
    struct mls_key_package packages[WORLD_MEMBERS_MAX];
    struct mls_proposal proposals[WORLD_MEMBERS_MAX];
    static const uint8_t nonce[32] = {1};
    CLEANUP(mls_group_free) struct mls_group *group = NULL;
    size_t count = packages_of(world, config->suite->id, 1, last, 0, packages);
    for (size_t i = 0; i < count; i++)
        proposals[i] = (struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = &packages[i]};
    proposals[count] = (struct mls_proposal){.type = MLS_PROPOSAL_PSK,
                                             .psk = {.type = MLS_PSK_RESUMPTION,
                                                     .usage = usage,
                                                     .group_id = mls_group_id(from.old),
                                                     .epoch = psk_epoch,
                                                     .nonce = SPAN_OF(nonce)}};
    struct mls_commit_request request = {
        .proposals = proposals, .proposal_count = count + 1, .tree_in_welcome = true};
    options.continues_group = true;
    OK(mls_group_new(config, &world->random, &group));
    mls_group_set_psk_store(group, &store);
    OK(mls_group_commit(group, &request, &options, &world->random, bundle));
}

/* RFC 9420, 12.4.2: "Instead, it MUST wait for a Welcome message from the committer meeting the
 * requirements of Section 11.2." RFC 9420, 11.2: "The Welcome message MUST specify a PreSharedKeyID
 * of type `resumption` with usage `reinit`, where the `group_id` field matches the old group and
 * the `epoch` field indicates the epoch after the Commit covering the ReInit." */
static void joiners_refuse_what_the_reinit_did_not_say(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, 1);
    world_start_group(&world, 3);
    reinitialize(&world, 0, 1, (struct mls_extensions){SPAN_EMPTY});
    uint64_t epoch = mls_group_epoch(world.members[0].group);
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(64);
    struct writer writer = writer_of(&extensions);
    mls_extension_write(&writer, 0xF0C1, SPAN_LITERAL("other"));
    OK(writer_finish(&writer));
    const struct mls_group_config right = {.suite = world.suite,
                                           .group_id = SPAN_LITERAL("the next group"),
                                           .identity = &world.members[0].identity};
    struct mls_group_config other_id = right;
    other_id.group_id = SPAN_LITERAL("some other group");
    struct mls_group_config other_suite = right;
    other_suite.suite = suite_find(NEW_SUITE);
    struct mls_group_config other_extensions = right;
    other_extensions.extensions.bytes = buffer_span(&extensions);
    const struct {
        const struct mls_group_config *config;
        enum mls_psk_usage usage;
        uint64_t epoch;
        size_t last;
        enum status expected;
    } cases[] = {
        {&right, MLS_PSK_REINIT, epoch, 2, STATUS_OK},
        {&other_id, MLS_PSK_REINIT, epoch, 2, STATUS_INVALID},
        {&other_suite, MLS_PSK_REINIT, epoch, 2, STATUS_INVALID},
        {&other_extensions, MLS_PSK_REINIT, epoch, 2, STATUS_INVALID},
        {&right, MLS_PSK_REINIT, epoch - 1, 2, STATUS_INVALID}, /* not after the ReInit */
        {&right, MLS_PSK_REINIT, epoch, 1, STATUS_INVALID},     /* one is missing */
        {&right, MLS_PSK_REINIT, epoch, 3, STATUS_INVALID},     /* one is new */
        {&right, MLS_PSK_BRANCH, epoch, 2, STATUS_NOT_FOUND},   /* the PSK is not for that */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
        CLEANUP(mls_group_free) struct mls_group *joined = NULL;
        forge(&world, cases[i].config, cases[i].usage, cases[i].epoch, cases[i].last, &bundle);
        FAILS(join_continuing(&world, 1, buffer_span(&bundle.welcome), MLS_PSK_REINIT, &joined),
              cases[i].expected);
    }
    world_clear(&world);
}

/* RFC 9420, 11.3: "A client receiving a Welcome message including a PreSharedKey of type
 * `resumption` with usage `branch` MUST verify that the new group reflects a subgroup branched from
 * the referenced group by checking that:" */
static void joiners_refuse_a_branch_that_is_none(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, 1);
    world_start_group(&world, 3);
    uint64_t epoch = mls_group_epoch(world.members[0].group);
    const struct mls_group_config right = {.suite = world.suite,
                                           .group_id = SPAN_LITERAL("a branch"),
                                           .identity = &world.members[0].identity};
    struct mls_group_config other_suite = right;
    other_suite.suite = suite_find(NEW_SUITE);
    const struct {
        const struct mls_group_config *config;
        size_t last;
        enum status expected;
    } cases[] = {
        {&right, 1, STATUS_OK},
        {&right, 3, STATUS_INVALID}, /* 3 was no member */
        {&other_suite, 2, STATUS_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
        CLEANUP(mls_group_free) struct mls_group *joined = NULL;
        forge(&world, cases[i].config, MLS_PSK_BRANCH, epoch, cases[i].last, &bundle);
        FAILS(join_continuing(&world, 1, buffer_span(&bundle.welcome), MLS_PSK_BRANCH, &joined),
              cases[i].expected);
    }
    world_clear(&world);
}

/* The Welcome for `who` again, of which the GroupInfo says another epoch: sealed as the creator
 * could have sealed it. */
static void change_epoch(struct world *world,
                         size_t who,
                         const struct mls_continuation *from,
                         struct span welcome,
                         struct buffer *out)
{
    const struct suite *suite = world->suite;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT((size_t)1 << 20);
    CLEANUP(buffer_clear) struct buffer secrets_bytes = BUFFER_INIT(SIZE_MAX);
    CLEANUP(buffer_clear) struct buffer info_bytes = BUFFER_INIT(SIZE_MAX);
    CLEANUP(buffer_clear) struct buffer sealed_info = BUFFER_INIT(SIZE_MAX);
    CLEANUP(buffer_clear) struct buffer sealed_secrets = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_message_key_clear) struct mls_message_key key = {0};
    struct mls_continued_psks psks = {from, NULL};
    const struct mls_psk_store store = {mls_continued_find, &psks};
    struct mls_key_package_private keys;
    struct mls_message message;
    struct mls_message package;
    struct mls_group_secrets secrets;
    struct mls_group_info info;
    struct hpke_public kem_output;
    struct secret psk_secret = {0};
    struct secret welcome_secret = {0};
    OK(mls_message_decode(welcome, &arena, &message));
    OK(mls_message_decode(buffer_span(&world->members[who].package), &arena, &package));
    OK(mls_key_package_private_decode(buffer_span(&world->members[who].package_private), &keys));
    struct mls_encrypted_group_secrets entry = message.welcome.secrets[0];
    OK(mls_kdf_decrypt(suite, keys.init_key, "Welcome", message.welcome.encrypted_group_info,
                       entry.secrets.kem_output, entry.secrets.ciphertext, &secrets_bytes));
    struct reader reader = reader_of(buffer_span(&secrets_bytes));
    OK(mls_group_secrets_read(&reader, &arena, &secrets));
    OK(mls_group_psk_secret(NULL, suite, &store, secrets.psks, secrets.psk_count, &psk_secret));
    OK(mls_key_schedule_welcome(suite, secrets.joiner_secret, secret_span(&psk_secret),
                                &welcome_secret));
    OK(mls_key_schedule_welcome_key(suite, secret_span(&welcome_secret), &key.key, &key.nonce));
    OK(aead_open(suite->aead, secret_span(&key.key), secret_span(&key.nonce), SPAN_EMPTY,
                 message.welcome.encrypted_group_info, &info_bytes));
    OK(mls_group_info_decode(buffer_span(&info_bytes), &info));
    /* The epoch's eight bytes follow the group's id. */
    struct span id = info.group_context.group_id;
    info_bytes.ptr[(size_t)(id.ptr - info_bytes.ptr) + id.len + 7]++;
    OK(aead_seal(suite->aead, secret_span(&key.key), secret_span(&key.nonce), SPAN_EMPTY,
                 buffer_span(&info_bytes), &sealed_info));
    OK(mls_kdf_encrypt(suite, &world->random, package.key_package.init_key, "Welcome",
                       buffer_span(&sealed_info), buffer_span(&secrets_bytes), &kem_output,
                       &sealed_secrets));
    entry.secrets =
        (struct mls_hpke_ciphertext){hpke_public_span(&kem_output), buffer_span(&sealed_secrets)};
    message.welcome.encrypted_group_info = buffer_span(&sealed_info);
    message.welcome.secrets = &entry;
    message.welcome.secret_count = 1;
    struct writer writer = writer_of(out);
    mls_message_write(&writer, &message);
    OK(writer_finish(&writer));
}

/* RFC 9420, 12.4.3.1: "If a PreSharedKeyID was used that has type `resumption` with usage `reinit`
 * or `branch`, verify that the `epoch` field in the GroupInfo is equal to 1." What is left of the
 * Welcome would be refused for its signature. */
static void joiners_refuse_a_branch_in_another_epoch_than_the_first(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer later = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_group_free) struct mls_group *joined = NULL;
    world_init(&world, 1);
    world_start_group(&world, 3);
    const struct mls_group_config config = {.suite = world.suite,
                                            .group_id = SPAN_LITERAL("a branch"),
                                            .identity = &world.members[0].identity};
    forge(&world, &config, MLS_PSK_BRANCH, mls_group_epoch(world.members[0].group), 1, &bundle);
    const struct mls_continuation from = {.old = world.members[1].group, .usage = MLS_PSK_BRANCH};
    change_epoch(&world, 1, &from, buffer_span(&bundle.welcome), &later);
    FAILS(join_continuing(&world, 1, buffer_span(&later), MLS_PSK_BRANCH, &joined), STATUS_INVALID);
    OK(join_continuing(&world, 1, buffer_span(&bundle.welcome), MLS_PSK_BRANCH, &joined));
    world_clear(&world);
}

static void an_ordinary_welcome_is_no_continuation(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(mls_group_free) struct mls_group *other = NULL;
    struct mls_group *joined = NULL;
    struct mls_key_package package;
    world_init(&world, 1);
    world_start_group(&world, 2);
    struct mls_group_config config = {.suite = world.suite,
                                      .group_id = SPAN_LITERAL("another"),
                                      .identity = &world.members[0].identity};
    (void)packages_of(&world, 1, 1, 1, 0, &package);
    struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &package};
    struct mls_commit_request request = {
        .proposals = &add, .proposal_count = 1, .tree_in_welcome = true};
    OK(mls_group_new(&config, &world.random, &other));
    OK(mls_group_commit(other, &request, &world.options, &world.random, &bundle));
    FAILS(join_continuing(&world, 1, buffer_span(&bundle.welcome), MLS_PSK_BRANCH, &joined),
          STATUS_INVALID);
    world_clear(&world);
}

static bool always(void *context, const struct mls_credential *a, const struct mls_credential *b)
{
    (void)a;
    (void)b;
    ++*(size_t *)context;
    return true;
}

/* The nonce of the PSK in the Commit that created a group. */
static void created_nonce(const struct mls_commit_bundle *bundle, uint8_t nonce[32])
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct mls_message message;
    OK(mls_message_decode(buffer_span(&bundle->commit), &arena, &message));
    const struct mls_commit *commit = &message.public_message.content.commit;
    const struct mls_proposal *last = &commit->proposals[commit->proposal_count - 1].proposal;
    assert_int_equal(last->type, MLS_PROPOSAL_PSK);
    assert_int_equal(last->psk.nonce.len, 32);
    memcpy(nonce, last->psk.nonce.ptr, 32);
}

/* RFC 9420, 11.3: "To avoid key reuse, the `psk_nonce` included in the PreSharedKeyID object MUST
 * be a randomly sampled nonce of length `KDF.Nh`." */
static void every_branch_has_a_nonce_of_its_own(void **state)
{
    (void)state;
    struct world world;
    struct mls_key_package packages[WORLD_MEMBERS_MAX];
    uint8_t nonces[2][32];
    world_init(&world, 1);
    world_start_group(&world, 2);
    struct mls_continue_request request = {
        .from = {.old = world.members[0].group, .usage = MLS_PSK_BRANCH},
        .identity = &world.members[0].identity,
        .group_id = SPAN_LITERAL("a branch"),
        .packages = packages};
    request.package_count = packages_of(&world, 1, 1, 1, 0, packages);
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
        CLEANUP(mls_group_free) struct mls_group *fresh = NULL;
        OK(mls_group_continue(&request, &world.options, &world.random, &fresh, &bundle));
        created_nonce(&bundle, nonces[i]);
    }
    assert_memory_not_equal(nonces[0], nonces[1], 32);
    world_clear(&world);
}

static void the_application_says_who_is_the_same_client(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(mls_group_free) struct mls_group *fresh = NULL;
    struct mls_key_package packages[WORLD_MEMBERS_MAX];
    size_t asked = 0;
    world_init(&world, 1);
    world_start_group(&world, 2);
    struct mls_continue_request request = {.from = {.old = world.members[0].group,
                                                    .usage = MLS_PSK_BRANCH,
                                                    .same_client = always,
                                                    .context = &asked},
                                           .identity = &world.members[0].identity,
                                           .group_id = SPAN_LITERAL("a branch"),
                                           .packages = packages};
    request.package_count = packages_of(&world, 1, 5, 5, 0, packages);
    OK(mls_group_continue(&request, &world.options, &world.random, &fresh, &bundle));
    assert_int_equal(asked, 2);
    world_clear(&world);
}

/* ---- GREASE ---- */

/* RFC 9420, 7.2: "As discussed in Section 13, unknown values in `capabilities` MUST be ignored, and
 * the creator of a `capabilities` field SHOULD include some random GREASE values to help ensure
 * that other clients correctly ignore unknown values." 12.4.3: "As discussed in Section 13, unknown
 * extensions in `GroupInfo.extensions` MUST be ignored, and the creator of a GroupInfo object
 * SHOULD include some random GREASE extensions to help ensure that other clients correctly ignore
 * unknown extensions." 13.4: "A client processing a GroupInfo object MUST ignore all unrecognized
 * extensions in the `extensions` field." 13.5: "(The value `0xFAFA` falls within the private use
 * range.) These values MUST only appear in the fields listed above, and not, for example, in the
 * `proposal_type` field of a Proposal." RFC 9420, 13.5: "a client generating a KeyPackage,
 * LeafNode, or GroupInfo object includes random values in certain fields which would be ignored by
 * a correctly implemented client" */
static void grease_goes_where_it_may_and_nobody_minds(void **state)
{
    (void)state;
    struct world world;
    struct mls_grease grease;
    struct mls_extension found;
    struct mls_group_info info;
    struct mls_key_package_checked checked;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(1 << 20);
    world_init(&world, 1);
    OK(mls_grease_draw(&world.random, &grease));
    for (size_t i = 0; i < 3; i++) {
        world.members[i].identity.grease = &grease;
        world_renew_package(&world, i);
    }
    OK(mls_key_package_check(buffer_span(&world.members[1].package), &world.options, &checked));
    const struct mls_leaf_node *leaf = &checked.package.leaf_node;
    assert_true(mls_grease_find_extension(checked.package.extensions, &found));
    assert_int_equal(found.type, grease.extension);
    assert_true(mls_grease_find_extension(leaf->extensions, &found));
    /* RFC 9420, 13.5: "Note that any GREASE values added to `LeafNode.extensions` need to be
     * reflected in `LeafNode.capabilities.extensions`, since" 7.3 asks for it */
    assert_true(mls_capabilities_have_extension(&leaf->capabilities, found.type));
    assert_true(mls_capabilities_have_proposal(&leaf->capabilities, grease.proposal));
    assert_true(mls_capabilities_have_credential(&leaf->capabilities, grease.credential));
    world_start_group(&world, 4);
    world_refresh(&world, 1);
    world_check(&world);
    OK(mls_group_write_group_info(world.members[1].group, false, &bytes));
    OK(mls_group_info_decode(buffer_span(&bytes), &info));
    assert_true(mls_grease_find_extension(info.extensions, &found));
    /* RFC 9420, 13.5: "GREASE values MUST NOT be sent in the following fields, because an
     * unsupported value in one these fields (including a GREASE value) will cause the enclosing
     * message to be rejected:" "These values MUST only appear in the fields listed above, and not,
     * for example, in the `proposal_type` field of a Proposal." */
    assert_false(mls_grease_find_extension(info.group_context.extensions, &found));
    /* RFC 9420, 13.5: "In other words, lists including GREASE values are only sent to other
     * clients; representations of a client's own capabilities MUST NOT contain GREASE values."
     * "When comparing lists of capabilities to identify mutually supported capabilities, clients
     * MUST represent their own capabilities with a list containing only the capabilities actually
     * supported, without any GREASE values." */
    for (size_t i = 0; i < world.members[1].identity.extension_type_count; i++)
        assert_int_not_equal(world.members[1].identity.extension_types[i], grease.extension);
    assert_false(mls_options_have_extension(&world.options, grease.extension));
    /* RFC 9420, 13.5: "GREASE values MUST be handled using normal logic for processing unsupported
     * values." "Clients MUST NOT implement any special processing rules for how to handle these
     * values when receiving them, since this negates their utility for detecting extensibility
     * failures." A value that nobody reserved is treated alike: a group with it is refused. */
    const uint16_t both[] = {grease.extension, 0x7777};
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(mls_group_free) struct mls_group *group = NULL;
        CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(64);
        struct writer writer = writer_of(&extensions);
        mls_extension_write(&writer, both[i], SPAN_EMPTY);
        OK(writer_finish(&writer));
        struct mls_group_config config = {.suite = world.suite,
                                          .group_id = SPAN_LITERAL("unknown"),
                                          .identity = &world.members[5].identity,
                                          .extensions = {buffer_span(&extensions)}};
        FAILS(mls_group_new(&config, &world.random, &group), STATUS_INVALID_LEAF);
    }
    world_clear(&world);
}

static void without_being_asked_there_is_no_grease(void **state)
{
    (void)state;
    struct world world;
    struct mls_extension found;
    struct mls_key_package_checked checked;
    world_init(&world, 1);
    OK(mls_key_package_check(buffer_span(&world.members[0].package), &world.options, &checked));
    assert_false(mls_grease_find_extension(checked.package.extensions, &found));
    assert_false(mls_grease_find_extension(checked.package.leaf_node.extensions, &found));
    assert_int_equal(checked.package.leaf_node.capabilities.proposals.bytes.len, 0);
    world_clear(&world);
}

/* "The following values are reserved in each registry" */
static void drawn_values_are_those_reserved(void **state)
{
    (void)state;
    struct world world;
    uint32_t seen = 0;
    world_init(&world, 1);
    for (size_t i = 0; i < 500; i++) {
        struct mls_grease grease;
        OK(mls_grease_draw(&world.random, &grease));
        const uint16_t values[] = {grease.cipher_suite, grease.extension, grease.proposal,
                                   grease.credential};
        for (size_t j = 0; j < 4; j++) {
            assert_int_equal(values[j] >> 8, values[j] & 0xff);
            assert_int_equal(values[j] & 0x0f, 0x0a);
            assert_int_not_equal(values[j], 0xFAFA);
            seen |= 1u << (values[j] >> 12);
        }
    }
    assert_int_equal(seen, 0x7fff);
    world_clear(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reinitialized_group_goes_on_in_another_suite),
        cmocka_unit_test(members_branch_off_into_a_group_of_their_own),
        cmocka_unit_test(strangers_and_missing_members_stop_a_continuation),
        cmocka_unit_test(joiners_refuse_what_the_reinit_did_not_say),
        cmocka_unit_test(joiners_refuse_a_branch_that_is_none),
        cmocka_unit_test(joiners_refuse_a_branch_in_another_epoch_than_the_first),
        cmocka_unit_test(an_ordinary_welcome_is_no_continuation),
        cmocka_unit_test(every_branch_has_a_nonce_of_its_own),
        cmocka_unit_test(the_application_says_who_is_the_same_client),
        cmocka_unit_test(grease_goes_where_it_may_and_nobody_minds),
        cmocka_unit_test(without_being_asked_there_is_no_grease),
        cmocka_unit_test(drawn_values_are_those_reserved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
