/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/protocol/channel/world.h"

#include "protocol/base/limits.h"
#include "protocol/channel/known_log.h"
#include "protocol/crypto/hpke.h"
#include "protocol/crypto/random_system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_restricted_channel_is_added_to_by_facilitators_and_sponsors_only(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_RESTRICTED);
    struct party *people = world.people;
    assert_int_equal(world_add(&world, &people[0], &people[1]), STATUS_OK);
    assert_int_equal(world_add(&world, &people[1], &people[2]), STATUS_OK); /* the sponsor */
    assert_int_equal(world_add(&world, &people[2], &people[3]), STATUS_DENIED);
    world_end(&world);
}

static void anybody_adds_to_an_open_channel_and_a_newcomer_adds_itself(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_OPEN);
    struct party *people = world.people;
    assert_int_equal(world_add(&world, &people[0], &people[2]), STATUS_OK);
    assert_int_equal(world_add(&world, &people[2], &people[3]), STATUS_OK);
    assert_int_equal(world_join_external(&world, &people[4], false), STATUS_OK);
    world_end(&world);
}

static void a_newcomer_cannot_let_itself_into_a_restricted_or_private_channel(void **state)
{
    (void)state;
    for (int visibility = CHANNEL_RESTRICTED; visibility <= CHANNEL_PRIVATE; visibility++) {
        struct world world;
        world_begin(&world, (enum channel_visibility)visibility);
        assert_int_equal(world_join_external(&world, &world.people[3], false), STATUS_DENIED);
        world_end(&world);
    }
}

static void a_member_replaces_its_own_leaf_anywhere(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_PRIVATE);
    assert_int_equal(world_add(&world, &world.people[0], &world.people[2]), STATUS_OK);
    assert_int_equal(world_join_external(&world, &world.people[2], true), STATUS_OK);
    assert_int_equal(mls_tree_member_count(mls_public_group_tree(world.server)), 2);
    world_end(&world);
}

static void only_a_facilitator_removes_somebody_who_stays(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_OPEN);
    struct party *people = world.people;
    assert_int_equal(world_add(&world, &people[0], &people[2]), STATUS_OK);
    assert_int_equal(world_add(&world, &people[0], &people[3]), STATUS_OK);
    assert_int_equal(world_remove(&world, &people[2], &people[3], NULL), STATUS_DENIED);
    assert_int_equal(world_remove(&world, &people[0], &people[3], NULL), STATUS_OK);
    world_end(&world);
}

static void anybody_commits_the_removal_of_a_device_that_was_shut_out(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_RESTRICTED);
    struct party *people = world.people;
    assert_int_equal(world_add(&world, &people[0], &people[2]), STATUS_OK);
    assert_int_equal(world_add(&world, &people[0], &people[3]), STATUS_OK);
    world_shut_out(&world, &people[3]);
    assert_int_equal(world_remove(&world, &people[2], &people[3], NULL), STATUS_OK);
    world_end(&world);
}

static void a_device_that_was_shut_out_neither_commits_nor_comes_back(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_OPEN);
    struct party *people = world.people;
    assert_int_equal(world_add(&world, &people[0], &people[2]), STATUS_OK);
    world_shut_out(&world, &people[2]);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    assert_int_equal(world_commit(&world, &people[2], NULL, NULL, &bundle), STATUS_DENIED);
    assert_int_equal(world_remove(&world, &people[0], &people[2], NULL), STATUS_OK);
    assert_int_equal(world_join_external(&world, &people[2], false), STATUS_DENIED);
    assert_int_equal(world_add(&world, &people[0], &people[2]), STATUS_DENIED);
    world_end(&world);
}

static void what_was_right_when_it_was_committed_is_followed_later(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_OPEN);
    struct party *people = world.people;
    uint64_t before = directory_log_of(world.directory)->size;
    world.reads_later = true;
    world.log_size = before;
    world_shut_out(&world, &people[2]);
    world_shut_out(&world, &people[3]);
    assert_int_equal(world_add(&world, &people[0], &people[2]), STATUS_OK);
    assert_int_equal(world_add(&world, &people[0], &people[4]), STATUS_OK);
    assert_int_equal(world_remove(&world, &people[4], &people[2], NULL), STATUS_DENIED);
    world.log_size = 0;
    assert_int_equal(world_remove(&world, &people[4], &people[2], NULL), STATUS_OK);
    assert_int_equal(world_add(&world, &people[4], &people[2]), STATUS_DENIED);
    assert_int_equal(world_join_external(&world, &people[3], false), STATUS_DENIED);
    world_end(&world);
    world_begin(&world, CHANNEL_OPEN);
    world.reads_later = true;
    world.log_size = before;
    world_shut_out(&world, &people[3]);
    assert_int_equal(world_join_external(&world, &people[3], false), STATUS_OK);
    world_end(&world);
}

/* A device that was shut out and whose leaf is still there, with a server that plays along: the
 * commit says that it was made before. Members who followed a later one do not follow it. */
static void no_commit_goes_back_to_an_older_directory(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_OPEN);
    struct party *people = world.people;
    uint64_t before = directory_log_of(world.directory)->size;
    world.reads_later = true;
    assert_int_equal(world_add(&world, &people[0], &people[2]), STATUS_OK);
    assert_int_equal(world_add(&world, &people[0], &people[3]), STATUS_OK);
    world_shut_out(&world, &people[2]);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle first = {0};
    assert_int_equal(world_commit(&world, &people[3], NULL, NULL, &first), STATUS_OK);
    assert_int_equal(world.log_size_min, before + 1);
    world.log_size = before;
    assert_int_equal(world_add(&world, &people[2], &people[4]), STATUS_DENIED);
    assert_int_equal(world_join_external(&world, &people[2], true), STATUS_DENIED);
    assert_int_equal(world_add(&world, &people[0], &people[4]), STATUS_DENIED);
    world.log_size = before + 2; /* nor to one that nobody has seen */
    assert_int_equal(world_add(&world, &people[0], &people[4]), STATUS_INVALID);
    world.log_size = 0;
    assert_int_equal(world_add(&world, &people[0], &people[4]), STATUS_OK);
    world_end(&world);
}

static void newcomers_are_told_what_the_last_committer_knew(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(64);
    uint64_t log_size = 0;
    assert_int_equal(channel_known_log_write(UINT64_MAX - 7, &bytes), STATUS_OK);
    struct mls_extensions extensions = {buffer_span(&bytes)};
    assert_int_equal(channel_known_log_read(extensions, &log_size), STATUS_OK);
    assert_true(log_size == UINT64_MAX - 7);
    extensions.bytes = SPAN_EMPTY;
    assert_int_equal(channel_known_log_read(extensions, &log_size), STATUS_NOT_FOUND);
    buffer_clear(&bytes);
    struct writer writer = writer_of(&bytes); /* too short */
    mls_extension_write(&writer, CHANNEL_KNOWN_LOG_TYPE, SPAN_LITERAL("1234567"));
    assert_int_equal(writer_finish(&writer), STATUS_OK);
    extensions.bytes = buffer_span(&bytes);
    assert_int_equal(channel_known_log_read(extensions, &log_size), STATUS_TRUNCATED);
}

static void a_new_commit_cannot_name_a_size_that_suits_it(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_OPEN);
    struct party *people = world.people;
    uint64_t before = directory_log_of(world.directory)->size;
    assert_int_equal(world_add(&world, &people[0], &people[3]), STATUS_OK);
    world_shut_out(&world, &people[2]);
    world.log_size = before;
    assert_int_equal(world_add(&world, &people[0], &people[2]), STATUS_DENIED);
    assert_int_equal(world_join_external(&world, &people[2], false), STATUS_DENIED);
    world.log_size = 1; /* the others are not in it yet: that lets nobody remove them */
    world.log_size_min = 0;
    assert_int_equal(world_remove(&world, &people[3], &people[0], NULL), STATUS_NOT_FOUND);
    world.log_size = before + 100;
    assert_int_equal(world_add(&world, &people[0], &people[1]), STATUS_INVALID);
    world_end(&world);
}

static void anybody_commits_the_removal_of_a_leaf_that_asked_for_it(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_RESTRICTED);
    struct party *people = world.people;
    assert_int_equal(world_add(&world, &people[0], &people[2]), STATUS_OK);
    assert_int_equal(world_add(&world, &people[0], &people[3]), STATUS_OK);
    const struct mls_leaf_node *leaf =
        mls_tree_leaf(mls_public_group_tree(world.server), mls_group_own_leaf(people[3].group));
    struct hpke_public leaving = {.len = (uint8_t)leaf->encryption_key.len};
    memcpy(leaving.bytes, leaf->encryption_key.ptr, leaving.len);
    struct message_leave leave = {.channel = world.channel,
                                  .generation = 1,
                                  .device = people[3].identity.device,
                                  .encryption_key = hpke_public_span(&leaving)};
    CLEANUP(buffer_clear) struct buffer signature = BUFFER_INIT(SIGNATURE_SIZE_MAX);
    /* Signed by somebody else: not a request of that leaf. */
    assert_int_equal(message_leave_sign(&leave, secret_span(&people[2].leaf_private), &signature),
                     STATUS_OK);
    leave.signature = buffer_span(&signature);
    assert_int_equal(world_remove(&world, &people[2], &people[3], &leave), STATUS_DENIED);
    buffer_clear(&signature);
    assert_int_equal(message_leave_sign(&leave, secret_span(&people[3].leaf_private), &signature),
                     STATUS_OK);
    leave.signature = buffer_span(&signature);
    assert_int_equal(world_remove(&world, &people[2], &people[3], &leave), STATUS_OK);
    /* Whoever came back did not ask a second time. */
    assert_int_equal(world_add(&world, &people[0], &people[3]), STATUS_OK);
    assert_int_equal(world_remove(&world, &people[2], &people[3], &leave), STATUS_DENIED);
    world_end(&world);
}

static void only_a_facilitator_changes_the_channel_and_never_without_its_extension(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_OPEN);
    struct party *people = world.people;
    assert_int_equal(world_add(&world, &people[0], &people[2]), STATUS_OK);
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(8192);
    people[1].identity.person = people[3].identity.person; /* another sponsor */
    world_write_extensions(&world, CHANNEL_OPEN, &extensions);
    struct mls_proposal change = {.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                                  .context_extensions = {buffer_span(&extensions)}};
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle first = {0};
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle second = {0};
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle third = {0};
    assert_int_equal(world_commit(&world, &people[2], &change, NULL, &first), STATUS_DENIED);
    assert_int_equal(world_commit(&world, &people[0], &change, NULL, &second), STATUS_OK);
    /* People came on what it was: nobody opens or hides it under them. */
    for (int other = CHANNEL_RESTRICTED; other <= CHANNEL_CONFIDENTIAL; other++) {
        CLEANUP(buffer_clear) struct buffer another = BUFFER_INIT(8192);
        CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle refused = {0};
        world_write_extensions(&world, (enum channel_visibility)other, &another);
        change.context_extensions = (struct mls_extensions){buffer_span(&another)};
        assert_int_equal(world_commit(&world, &people[0], &change, NULL, &refused), STATUS_DENIED);
    }
    change.context_extensions = (struct mls_extensions){SPAN_EMPTY};
    assert_int_equal(world_commit(&world, &people[0], &change, NULL, &third), STATUS_INVALID);
    world_end(&world);
}

/* What a community says to a new channel of people[0] with these GroupContext extensions. */
static enum status
judge_new(const struct world *world, uint16_t suite, struct span group_id, struct span extensions)
{
    struct mls_group_config config = {
        .suite = suite_find(suite),
        .group_id = group_id,
        .identity = &world->people[0].mls,
        .extensions = {extensions},
    };
    struct mls_group *group = NULL;
    struct mls_public_group *seen = NULL;
    struct channel_refusal refusal = {NULL};
    CLEANUP(buffer_clear) struct buffer info = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    assert_int_equal(mls_group_new(&config, random_system(), &group), STATUS_OK);
    assert_int_equal(mls_group_write_group_info(group, true, &info), STATUS_OK);
    assert_int_equal(mls_public_group_new(buffer_span(&info), SPAN_EMPTY, &world->options, &seen),
                     STATUS_OK);
    enum status status = channel_policy_check_new(seen, world->directory, &refusal);
    assert_non_null(refusal.reason);
    mls_public_group_free(&seen);
    mls_group_free(&group);
    return status;
}

/* The extensions of a channel, and one more. */
static void write_one_more(const struct world *world, uint16_t type, struct buffer *bytes)
{
    world_write_extensions(world, CHANNEL_OPEN, bytes);
    struct writer writer = writer_of(bytes);
    /* An empty list, where it is one. */
    mls_extension_write(&writer, type, SPAN_LITERAL("\0"));
    assert_int_equal(writer_finish(&writer), STATUS_OK);
}

static void a_new_channel_is_whole_or_refused(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_OPEN);
    uint8_t id[CHANNEL_GROUP_ID_SIZE];
    channel_group_id_encode(&world.channel, 1, id);
    const uint16_t suite = SUITE_X25519_AES128GCM_SHA256_ED25519;
    CLEANUP(buffer_clear) struct buffer good = BUFFER_INIT(8192);
    world_write_extensions(&world, CHANNEL_OPEN, &good);
    /* required_capabilities take 9 bytes: type, length, and 5 of data. */
    struct span whole = buffer_span(&good);
    struct span unrequired = span_of(whole.ptr + 8, whole.len - 8);
    struct span bare = span_of(whole.ptr, 8);
    assert_int_equal(judge_new(&world, suite, SPAN_OF(id), whole), STATUS_OK);
    assert_int_equal(judge_new(&world, suite, SPAN_LITERAL("no channel"), whole), STATUS_MALFORMED);
    uint8_t longer[CHANNEL_GROUP_ID_SIZE + 1] = {0};
    assert_int_equal(judge_new(&world, suite, SPAN_OF(longer), whole), STATUS_MALFORMED);
    assert_int_equal(
        judge_new(&world, SUITE_X25519_CHACHA20POLY1305_SHA256_ED25519, SPAN_OF(id), whole),
        STATUS_UNSUPPORTED);
    assert_int_equal(judge_new(&world, suite, SPAN_OF(id), unrequired), STATUS_INVALID);
    assert_int_equal(judge_new(&world, suite, SPAN_OF(id), bare), STATUS_INVALID);
    CLEANUP(buffer_clear) struct buffer others = BUFFER_INIT(8192);
    struct writer writer = writer_of(&others);
    mls_extension_write(&writer, MLS_EXTENSION_REQUIRED_CAPABILITIES, SPAN_LITERAL("\0\0\0"));
    writer_bytes(&writer, unrequired);
    assert_int_equal(writer_finish(&writer), STATUS_OK);
    assert_int_equal(judge_new(&world, suite, SPAN_OF(id), buffer_span(&others)), STATUS_INVALID);
    /* Somebody else is facilitator, not its creator. */
    struct party swap = world.people[0];
    world.people[0] = world.people[2];
    assert_int_equal(judge_new(&world, suite, SPAN_OF(id), whole), STATUS_INVALID);
    world.people[0] = swap;
    world_shut_out(&world, &world.people[0]);
    assert_int_equal(judge_new(&world, suite, SPAN_OF(id), whole), STATUS_DENIED);
    world_end(&world);
}

static void a_channel_never_has_external_senders(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_OPEN);
    uint8_t id[CHANNEL_GROUP_ID_SIZE];
    channel_group_id_encode(&world.channel, 1, id);
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(8192);
    write_one_more(&world, MLS_EXTENSION_EXTERNAL_SENDERS, &bytes);
    assert_int_equal(
        judge_new(&world, SUITE_X25519_AES128GCM_SHA256_ED25519, SPAN_OF(id), buffer_span(&bytes)),
        STATUS_DENIED);
    struct mls_proposal change = {.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                                  .context_extensions = {buffer_span(&bytes)}};
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    assert_int_equal(world_commit(&world, &world.people[0], &change, NULL, &bundle), STATUS_DENIED);
    world_end(&world);
}

static void a_channel_keeps_a_facilitator_who_is_in_it(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_OPEN);
    assert_int_equal(world_add(&world, &world.people[0], &world.people[2]), STATUS_OK);
    /* As if the roles were of people[3], who is not in, or of people[2], who is. */
    for (size_t heir = 3; heir >= 2; heir--) {
        struct world other = world;
        other.people[0] = world.people[heir];
        CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(8192);
        world_write_extensions(&other, CHANNEL_OPEN, &bytes);
        struct mls_proposal change = {.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                                      .context_extensions = {buffer_span(&bytes)}};
        CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
        assert_int_equal(world_commit(&world, &world.people[0], &change, NULL, &bundle),
                         heir == 3 ? STATUS_DENIED : STATUS_OK);
    }
    world_end(&world);
}

/* A commit that the policy is not asked about, as in a group that was badly kept. */
static void add_unasked(struct world *world, struct party *by, struct party *newcomer)
{
    CLEANUP(buffer_clear) struct buffer package = BUFFER_INIT(LIMIT_KEY_PACKAGE_BYTES);
    CLEANUP(buffer_clear) struct buffer private_part = BUFFER_INIT(LIMIT_KEY_PACKAGE_BYTES);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_staged_commit *staged = NULL;
    struct mls_message message;
    struct mls_options believe_all = world->options;
    believe_all.check_credential = NULL;
    assert_int_equal(mls_key_package_new(mls_public_group_suite(world->server), &newcomer->mls,
                                         false, random_system(), &package, &private_part),
                     STATUS_OK);
    assert_int_equal(mls_message_decode(buffer_span(&package), &arena, &message), STATUS_OK);
    struct mls_proposal proposal = {.type = MLS_PROPOSAL_ADD, .add = &message.key_package};
    struct mls_commit_request request = {.proposals = &proposal, .proposal_count = 1};
    assert_int_equal(mls_group_commit(by->group, &request, &believe_all, random_system(), &bundle),
                     STATUS_OK);
    assert_int_equal(mls_group_apply_pending(by->group), STATUS_OK);
    assert_int_equal(
        mls_public_group_stage(world->server, buffer_span(&bundle.commit), &believe_all, &staged),
        STATUS_OK);
    assert_int_equal(mls_public_group_merge(world->server, &staged), STATUS_OK);
}

static void a_second_leaf_is_seen_on_either_side_of_the_first(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_OPEN);
    struct party *people = world.people;
    struct party ghost = {0};
    world_make_person(&ghost);
    ghost.mls.credential.content = SPAN_OF(people[2].credential);
    assert_int_equal(world_add(&world, &people[0], &people[1]), STATUS_OK);
    struct mls_proposal remove = {.type = MLS_PROPOSAL_REMOVE, .removed = 1};
    mls_group_free(&people[1].group);
    add_unasked(&world, &people[0], &ghost);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    assert_int_equal(world_commit(&world, &people[0], &remove, NULL, &bundle), STATUS_OK);
    /* Its place is 1, to the left of the ghost's. */
    assert_int_equal(world_add(&world, &people[0], &people[2]), STATUS_DENIED);
    world_end(&world);
}

/* RFC 9420, 5.3.1: "In cases where a member's credential is being replaced, such as the Update and
 * Commit cases above, the AS MUST also verify that the set of presented identifiers in the new
 * credential is valid as a successor to the set of presented identifiers in the old credential,
 * according to the application's policy." */
static void a_leaf_does_not_pass_to_another_device(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_OPEN);
    CLEANUP(buffer_clear) struct buffer header = BUFFER_INIT(4096);
    world_write_header(&world, NULL, LANE_CONTROL, &header);
    struct mls_options believe_all = world.options;
    believe_all.check_credential = NULL;
    struct mls_commit_request request = {.identity = &world.people[3].mls,
                                         .authenticated_data = buffer_span(&header)};
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    assert_int_equal(
        mls_group_commit(world.people[0].group, &request, &believe_all, random_system(), &bundle),
        STATUS_OK);
    assert_int_equal(world_judge(&world, buffer_span(&bundle.commit)), STATUS_UNTRUSTED);
    world_end(&world);
}

static enum status any_psk(void *context, const struct mls_psk_id *id, struct buffer *psk)
{
    (void)context;
    (void)id;
    return buffer_append(psk, SPAN_LITERAL("shared long ago"));
}

static void channels_use_no_psk_and_no_reinit(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_OPEN);
    static const struct mls_psk_store store = {any_psk, NULL};
    static const uint8_t nonce[32];
    mls_group_set_psk_store(world.people[0].group, &store);
    const struct mls_proposal proposals[] = {
        {.type = MLS_PROPOSAL_PSK,
         .psk = {.type = MLS_PSK_EXTERNAL, .psk_id = SPAN_LITERAL("id"), .nonce = SPAN_OF(nonce)}},
        {.type = MLS_PROPOSAL_REINIT,
         .reinit = {.group_id = SPAN_LITERAL("next"),
                    .version = MLS_VERSION_10,
                    .cipher_suite = SUITE_X25519_AES128GCM_SHA256_ED25519}},
    };
    for (size_t i = 0; i < sizeof proposals / sizeof *proposals; i++) {
        CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
        assert_int_equal(world_commit(&world, &world.people[0], &proposals[i], NULL, &bundle),
                         STATUS_DENIED);
    }
    world_end(&world);
}

static void a_commit_covers_nobody_elses_proposal(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_OPEN);
    struct party *people = world.people;
    assert_int_equal(world_add(&world, &people[0], &people[2]), STATUS_OK);
    assert_int_equal(world_add(&world, &people[0], &people[3]), STATUS_OK);
    const struct mls_proposal remove = {.type = MLS_PROPOSAL_REMOVE,
                                        .removed = mls_group_own_leaf(people[3].group)};
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    struct mls_received received = {0};
    assert_int_equal(
        mls_group_propose(people[2].group, &remove, SPAN_EMPTY, &world.options, &message),
        STATUS_OK);
    assert_int_equal(
        mls_group_receive(people[0].group, buffer_span(&message), &world.options, &received),
        STATUS_OK);
    mls_received_clear(&received);
    assert_int_equal(
        mls_public_group_cache_proposal(world.server, buffer_span(&message), &world.options),
        STATUS_OK);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    assert_int_equal(world_commit(&world, &people[0], NULL, NULL, &bundle), STATUS_DENIED);
    world_end(&world);
}

static void a_commit_travels_in_the_control_lane(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_OPEN);
    for (int lane = LANE_FLOOR; lane <= LANE_CONTROL; lane++) {
        CLEANUP(buffer_clear) struct buffer header = BUFFER_INIT(4096);
        CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
        world_write_header(&world, NULL, (uint8_t)lane, &header);
        struct mls_commit_request request = {.authenticated_data = buffer_span(&header)};
        assert_int_equal(mls_group_commit(world.people[0].group, &request, &world.options,
                                          random_system(), &bundle),
                         STATUS_OK);
        assert_int_equal(world_judge(&world, buffer_span(&bundle.commit)),
                         lane == LANE_CONTROL ? STATUS_OK : STATUS_INVALID);
        mls_group_clear_pending(world.people[0].group);
    }
    /* And what has had a commit is no new channel. */
    struct channel_refusal refusal;
    assert_int_equal(channel_policy_check_new(world.server, world.directory, &refusal),
                     STATUS_INVALID);
    world_end(&world);
}

static void a_leaf_that_the_directory_does_not_know_is_refused(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_OPEN);
    struct party ghost = {0};
    world_make_person(&ghost);
    CLEANUP(buffer_clear) struct buffer info = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    CLEANUP(buffer_clear) struct buffer header = BUFFER_INIT(4096);
    assert_int_equal(mls_group_write_group_info(world.people[0].group, true, &info), STATUS_OK);
    world_write_header(&world, NULL, LANE_CONTROL, &header);
    struct mls_external_join_request request = {
        .group_info = buffer_span(&info),
        .identity = &ghost.mls,
        .authenticated_data = buffer_span(&header),
    };
    struct mls_options believe_all = {.extension_types = party_extension_types,
                                      .extension_type_count = 1};
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    assert_int_equal(
        mls_group_join_external(&request, &believe_all, random_system(), &ghost.group, &bundle),
        STATUS_OK);
    assert_int_equal(world_judge(&world, buffer_span(&bundle.commit)), STATUS_NOT_FOUND);
    mls_group_free(&ghost.group);
    world_end(&world);
}

static void a_device_has_one_leaf(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world, CHANNEL_OPEN);
    assert_int_equal(world_add(&world, &world.people[0], &world.people[2]), STATUS_OK);
    struct mls_group *first = world.people[2].group;
    world.people[2].group = NULL;
    CLEANUP(buffer_clear) struct buffer key_package = BUFFER_INIT(LIMIT_KEY_PACKAGE_BYTES);
    CLEANUP(buffer_clear) struct buffer private_part = BUFFER_INIT(LIMIT_KEY_PACKAGE_BYTES);
    assert_int_equal(mls_key_package_new(mls_public_group_suite(world.server), &world.people[2].mls,
                                         false, random_system(), &key_package, &private_part),
                     STATUS_OK);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct mls_message message;
    assert_int_equal(mls_message_decode(buffer_span(&key_package), &arena, &message), STATUS_OK);
    struct mls_proposal proposal = {.type = MLS_PROPOSAL_ADD, .add = &message.key_package};
    CLEANUP(buffer_clear) struct buffer header = BUFFER_INIT(4096);
    world_write_header(&world, NULL, LANE_CONTROL, &header);
    struct mls_commit_request request = {
        .proposals = &proposal, .proposal_count = 1, .authenticated_data = buffer_span(&header)};
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    /* RFC 9420, 7.3 and 12.2 refuse the same signature key twice before the policy is asked. */
    assert_int_not_equal(
        mls_group_commit(world.people[0].group, &request, &world.options, random_system(), &bundle),
        STATUS_OK);
    mls_group_free(&first);
    world_end(&world);
}

int main(void)
{
    if (crypto_start() != STATUS_OK)
        return EXIT_FAILURE;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restricted_channel_is_added_to_by_facilitators_and_sponsors_only),
        cmocka_unit_test(anybody_adds_to_an_open_channel_and_a_newcomer_adds_itself),
        cmocka_unit_test(a_newcomer_cannot_let_itself_into_a_restricted_or_private_channel),
        cmocka_unit_test(a_member_replaces_its_own_leaf_anywhere),
        cmocka_unit_test(only_a_facilitator_removes_somebody_who_stays),
        cmocka_unit_test(anybody_commits_the_removal_of_a_device_that_was_shut_out),
        cmocka_unit_test(a_device_that_was_shut_out_neither_commits_nor_comes_back),
        cmocka_unit_test(what_was_right_when_it_was_committed_is_followed_later),
        cmocka_unit_test(a_new_commit_cannot_name_a_size_that_suits_it),
        cmocka_unit_test(no_commit_goes_back_to_an_older_directory),
        cmocka_unit_test(newcomers_are_told_what_the_last_committer_knew),
        cmocka_unit_test(anybody_commits_the_removal_of_a_leaf_that_asked_for_it),
        cmocka_unit_test(only_a_facilitator_changes_the_channel_and_never_without_its_extension),
        cmocka_unit_test(a_new_channel_is_whole_or_refused),
        cmocka_unit_test(a_channel_never_has_external_senders),
        cmocka_unit_test(a_channel_keeps_a_facilitator_who_is_in_it),
        cmocka_unit_test(a_second_leaf_is_seen_on_either_side_of_the_first),
        cmocka_unit_test(a_leaf_does_not_pass_to_another_device),
        cmocka_unit_test(channels_use_no_psk_and_no_reinit),
        cmocka_unit_test(a_commit_covers_nobody_elses_proposal),
        cmocka_unit_test(a_commit_travels_in_the_control_lane),
        cmocka_unit_test(a_leaf_that_the_directory_does_not_know_is_refused),
        cmocka_unit_test(a_device_has_one_leaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
