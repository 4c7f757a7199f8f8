/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/protocol/channel/world.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/random_system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void world_enlist(struct world *world, struct party *party)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    party_sign_entry(party, &bytes);
    assert_int_equal(directory_apply(world->directory, buffer_span(&bytes), false), STATUS_OK);
}

void world_make_person(struct party *party)
{
    const struct random_source *random = random_system();
    struct channel_identity identity;
    assert_int_equal(id_random(random, &identity.person), STATUS_OK);
    assert_int_equal(id_random(random, &identity.device), STATUS_OK);
    party_make(party, &identity, 0);
    party->mls.not_before = 1;
    party->mls.not_after = UINT64_MAX;
}

void world_write_extensions(const struct world *world,
                            enum channel_visibility visibility,
                            struct buffer *bytes)
{
    struct channel_role_item roles[2] = {
        {world->people[0].identity.person, CHANNEL_ROLE_FACILITATOR | CHANNEL_ROLE_HOST},
        {world->people[1].identity.person, CHANNEL_ROLE_SPONSOR},
    };
    if (span_compare(id_span(&roles[0].person), id_span(&roles[1].person)) > 0) {
        struct channel_role_item swap = roles[0];
        roles[0] = roles[1];
        roles[1] = swap;
    }
    struct channel_extension extension = {
        .visibility = visibility,
        .history = world->history,
        .roles = roles,
        .role_count = 2,
        .dormant = world->dormant,
        .dormant_count = world->dormant_count,
    };
    party_write_extensions(&extension, bytes);
}

void world_begin(struct world *world, enum channel_visibility visibility)
{
    world_begin_sharing(world, visibility, CHANNEL_HISTORY_FROM_JOINING);
}

void world_begin_sharing(struct world *world,
                         enum channel_visibility visibility,
                         enum channel_history history)
{
    memset(world, 0, sizeof *world);
    world->history = history;
    assert_int_equal(directory_new(&world->directory), STATUS_OK);
    channel_policy_options(world->directory, &world->options);
    for (size_t i = 0; i < PEOPLE; i++) {
        world_make_person(&world->people[i]);
        world_enlist(world, &world->people[i]);
    }
    assert_int_equal(id_random(random_system(), &world->channel), STATUS_OK);
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(8192);
    world_write_extensions(world, visibility, &extensions);
    party_begin_group(&world->people[0], &world->channel, 1, buffer_span(&extensions),
                      &world->people[0].group);
    CLEANUP(buffer_clear) struct buffer info = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    assert_int_equal(mls_group_write_group_info(world->people[0].group, true, &info), STATUS_OK);
    assert_int_equal(
        mls_public_group_new(buffer_span(&info), SPAN_EMPTY, &world->options, &world->server),
        STATUS_OK);
    struct channel_refusal refusal;
    assert_int_equal(channel_policy_check_new(world->server, world->directory, &refusal),
                     STATUS_OK);
}

void world_end(struct world *world)
{
    for (size_t i = 0; i < PEOPLE; i++)
        mls_group_free(&world->people[i].group);
    mls_public_group_free(&world->server);
    directory_free(&world->directory);
}

void world_write_header(const struct world *world,
                        struct message_leave *leave,
                        uint8_t lane,
                        struct buffer *bytes)
{
    struct message_header header = {.version = MESSAGE_HEADER_VERSION,
                                    .lane = lane,
                                    .log_size = world->log_size,
                                    .leaves = leave,
                                    .leave_count = leave == NULL ? 0 : 1};
    if (header.log_size == 0)
        header.log_size = directory_log_of(world->directory)->size;
    assert_int_equal(id_random(random_system(), &header.message), STATUS_OK);
    assert_int_equal(message_header_encode(&header, bytes), STATUS_OK);
}

enum status world_judge(struct world *world, struct span commit)
{
    struct mls_staged_commit *staged = NULL;
    enum status status = mls_public_group_stage(world->server, commit, &world->options, &staged);
    if (status != STATUS_OK)
        return status;
    struct channel_refusal refusal = {0};
    status = channel_policy_check_commit(world->server, staged, world->directory,
                                         world->log_size_min, &refusal);
    if (status == STATUS_OK && !world->reads_later)
        status = channel_policy_check_now(staged, world->directory, world->now_ms, &refusal);
    if (status == STATUS_OK) {
        assert_int_equal(channel_policy_log_size(staged, &world->log_size_min), STATUS_OK);
        assert_int_equal(mls_public_group_merge(world->server, &staged), STATUS_OK);
    } else {
        assert_non_null(refusal.reason);
    }
    mls_staged_commit_free(&staged);
    return status;
}

/* To everybody but the committer. */
static void deliver(struct world *world, const struct mls_group *by, struct span commit)
{
    for (size_t i = 0; i < PEOPLE; i++) {
        struct mls_group *group = world->people[i].group;
        if (group == NULL || group == by || mls_group_is_removed(group))
            continue;
        struct mls_received received = {0};
        assert_int_equal(mls_group_receive(group, commit, &world->options, &received), STATUS_OK);
        mls_received_clear(&received);
        assert_int_equal(mls_group_merge_staged(group), STATUS_OK);
    }
}

enum status world_commit(struct world *world,
                         struct party *by,
                         const struct mls_proposal *proposal,
                         struct message_leave *leave,
                         struct mls_commit_bundle *bundle)
{
    return world_commit_list(world, by, proposal, proposal == NULL ? 0 : 1, leave, bundle);
}

enum status world_commit_list(struct world *world,
                              struct party *by,
                              const struct mls_proposal *proposals,
                              size_t count,
                              struct message_leave *leave,
                              struct mls_commit_bundle *bundle)
{
    CLEANUP(buffer_clear) struct buffer header = BUFFER_INIT(4096);
    world_write_header(world, leave, LANE_CONTROL, &header);
    struct mls_commit_request request = {
        .proposals = proposals,
        .proposal_count = count,
        .tree_in_welcome = true,
        .authenticated_data = buffer_span(&header),
    };
    assert_int_equal(
        mls_group_commit(by->group, &request, &world->options, random_system(), bundle), STATUS_OK);
    enum status status = world_judge(world, buffer_span(&bundle->commit));
    if (status != STATUS_OK) {
        mls_group_clear_pending(by->group);
        return status;
    }
    assert_int_equal(mls_group_apply_pending(by->group), STATUS_OK);
    deliver(world, by->group, buffer_span(&bundle->commit));
    return STATUS_OK;
}

enum status world_add(struct world *world, struct party *by, struct party *newcomer)
{
    CLEANUP(buffer_clear) struct buffer key_package = BUFFER_INIT(LIMIT_KEY_PACKAGE_BYTES);
    CLEANUP(buffer_clear) struct buffer private_part = BUFFER_INIT(LIMIT_KEY_PACKAGE_BYTES);
    const struct suite *suite = suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519);
    assert_int_equal(mls_key_package_new(suite, &newcomer->mls, false, random_system(),
                                         &key_package, &private_part),
                     STATUS_OK);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct mls_message message;
    assert_int_equal(mls_message_decode(buffer_span(&key_package), &arena, &message), STATUS_OK);
    struct mls_proposal proposal = {.type = MLS_PROPOSAL_ADD, .add = &message.key_package};
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    enum status status = world_commit(world, by, &proposal, NULL, &bundle);
    if (status != STATUS_OK)
        return status;
    struct mls_join_request join = {
        .welcome = buffer_span(&bundle.welcome),
        .key_package = buffer_span(&key_package),
        .private_part = buffer_span(&private_part),
    };
    mls_group_free(&newcomer->group);
    assert_int_equal(mls_group_join(&join, &world->options, &newcomer->group), STATUS_OK);
    return STATUS_OK;
}

enum status
world_remove(struct world *world, struct party *by, struct party *gone, struct message_leave *leave)
{
    struct mls_proposal proposal = {.type = MLS_PROPOSAL_REMOVE,
                                    .removed = mls_group_own_leaf(gone->group)};
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    return world_commit(world, by, &proposal, leave, &bundle);
}

enum status world_join_external(struct world *world, struct party *joiner, bool resync)
{
    CLEANUP(buffer_clear) struct buffer info = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    CLEANUP(buffer_clear) struct buffer header = BUFFER_INIT(4096);
    assert_int_equal(mls_group_write_group_info(world->people[0].group, true, &info), STATUS_OK);
    world_write_header(world, NULL, LANE_CONTROL, &header);
    struct mls_external_join_request request = {
        .group_info = buffer_span(&info),
        .identity = &joiner->mls,
        .resync = resync,
        .authenticated_data = buffer_span(&header),
    };
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_group *group = NULL;
    assert_int_equal(
        mls_group_join_external(&request, &world->options, random_system(), &group, &bundle),
        STATUS_OK);
    enum status status = world_judge(world, buffer_span(&bundle.commit));
    if (status == STATUS_OK) {
        mls_group_free(&joiner->group);
        deliver(world, NULL, buffer_span(&bundle.commit));
        joiner->group = group;
    } else {
        mls_group_free(&group);
    }
    return status;
}

void world_make_further(struct world *world,
                        struct party *party,
                        const struct party *of,
                        const struct party *by)
{
    bool own = id_equal(&of->identity.person, &by->identity.person);
    world_make_person(party);
    party->identity.person = of->identity.person;
    channel_identity_encode(&party->identity, party->credential);
    struct directory_entry entry = {
        .version = DIRECTORY_ENTRY_VERSION,
        .kind = DIRECTORY_ADD_DEVICE,
        .authority = own ? DIRECTORY_BY_DEVICE : DIRECTORY_BY_ADMIN,
        .person = party->identity.person,
        .device = party->identity.device,
        .by_person = by->identity.person,
        .by_device = by->identity.device,
        .login_key = signature_public_span(&party->login_public),
        .leaf_key = signature_public_span(&party->leaf_public),
    };
    struct directory_signers signers = {
        .login_private_key = secret_span(&party->login_private),
        .leaf_private_key = secret_span(&party->leaf_private),
        .authority_private_key = secret_span(&by->login_private),
    };
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    assert_int_equal(directory_entry_sign(&entry, &signers, &bytes), STATUS_OK);
    assert_int_equal(directory_apply(world->directory, buffer_span(&bytes), true), STATUS_OK);
}

/* What the server alone says of a device. */
static void say(struct world *world, const struct party *party, uint8_t kind)
{
    struct directory_entry entry = {.version = DIRECTORY_ENTRY_VERSION,
                                    .kind = kind,
                                    .authority = DIRECTORY_BY_SERVER,
                                    .person = party->identity.person,
                                    .device = party->identity.device};
    struct directory_signers none = {0};
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    assert_int_equal(directory_entry_sign(&entry, &none, &bytes), STATUS_OK);
    assert_int_equal(directory_apply(world->directory, buffer_span(&bytes), false), STATUS_OK);
}

void world_shut_out(struct world *world, const struct party *party)
{
    say(world, party, DIRECTORY_REVOKE_DEVICE);
}

void world_absent(struct world *world, const struct party *party, bool absent)
{
    say(world, party, absent ? DIRECTORY_ABSENT_DEVICE : DIRECTORY_PRESENT_DEVICE);
}
