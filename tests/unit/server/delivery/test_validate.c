/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/validate.h"

#include "protocol/base/limits.h"
#include "protocol/channel/known_log.h"
#include "protocol/crypto/random_system.h"
#include "protocol/mls/public/registry.h"
#include "tests/unit/protocol/channel/party.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define PEOPLE 3
#define NOW_MS INT64_C(1760000000000)
#define DAY_SECONDS 86400

/* Somebody who waits to be added. */
struct joiner {
    struct party party;
    struct buffer key_package;
    struct buffer private_part;
};

/* A channel of the first party, as the server has it; the others wait to be added. */
struct world {
    struct directory *directory;
    struct mls_options options;
    struct joiner people[PEOPLE];
    struct mls_group *group; /* the first party's */
    struct mls_public_group *server;
    struct mls_commit_bundle bundle;
    struct arena arena;
    struct validate_output output;
    uint64_t told_less; /* than the committer knew of the directory: what newcomers are told */
};

static void make_joiner(struct world *world, struct joiner *joiner)
{
    struct channel_identity identity;
    assert_int_equal(id_random(random_system(), &identity.person), STATUS_OK);
    assert_int_equal(id_random(random_system(), &identity.device), STATUS_OK);
    party_make(&joiner->party, &identity, NOW_MS);
    buffer_init(&joiner->key_package, LIMIT_KEY_PACKAGE_BYTES);
    buffer_init(&joiner->private_part, LIMIT_KEY_PACKAGE_BYTES);
    assert_int_equal(mls_key_package_new(suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519),
                                         &joiner->party.mls, false, random_system(),
                                         &joiner->key_package, &joiner->private_part),
                     STATUS_OK);
    CLEANUP(buffer_clear) struct buffer entry = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    party_sign_entry(&joiner->party, &entry);
    assert_int_equal(directory_apply(world->directory, buffer_span(&entry), false), STATUS_OK);
}

static void world_begin(struct world *world)
{
    memset(world, 0, sizeof *world);
    arena_init(&world->arena, LIMIT_DECODED_BYTES);
    validate_output_init(&world->output);
    assert_int_equal(directory_new(&world->directory), STATUS_OK);
    validate_options(world->directory, NOW_MS, &world->options);
    for (size_t i = 0; i < PEOPLE; i++)
        make_joiner(world, &world->people[i]);
    struct id channel;
    assert_int_equal(id_random(random_system(), &channel), STATUS_OK);
    party_begin_channel(&world->people[0].party, &channel, 1, CHANNEL_RESTRICTED, &world->group);
    CLEANUP(buffer_clear) struct buffer info = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    assert_int_equal(mls_group_write_group_info(world->group, true, &info), STATUS_OK);
    assert_int_equal(
        mls_public_group_new(buffer_span(&info), SPAN_EMPTY, &world->options, &world->server),
        STATUS_OK);
}

static void world_end(struct world *world)
{
    validate_output_clear(&world->output);
    mls_commit_bundle_clear(&world->bundle);
    arena_clear(&world->arena);
    for (size_t i = 0; i < PEOPLE; i++) {
        buffer_clear(&world->people[i].key_package);
        buffer_clear(&world->people[i].private_part);
    }
    mls_group_free(&world->group);
    mls_public_group_free(&world->server);
    directory_free(&world->directory);
}

/* The first party adds the next `count`. */
static void commit_adds(struct world *world, size_t count)
{
    struct mls_key_package_checked checked[PEOPLE];
    struct mls_proposal proposals[PEOPLE];
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(mls_key_package_check(buffer_span(&world->people[i + 1].key_package),
                                               &world->options, &checked[i]),
                         STATUS_OK);
        proposals[i] = (struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = &checked[i].package};
    }
    struct message_header header = {
        .version = MESSAGE_HEADER_VERSION,
        .lane = LANE_CONTROL,
        .log_size = directory_log_of(world->directory)->size,
    };
    CLEANUP(buffer_clear) struct buffer header_bytes = BUFFER_INIT(4096);
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(64);
    assert_int_equal(id_random(random_system(), &header.message), STATUS_OK);
    assert_int_equal(message_header_encode(&header, &header_bytes), STATUS_OK);
    assert_int_equal(channel_known_log_write(header.log_size - world->told_less, &extensions),
                     STATUS_OK);
    struct mls_commit_request request = {
        .proposals = proposals,
        .proposal_count = count,
        .authenticated_data = buffer_span(&header_bytes),
        .info_extensions = {buffer_span(&extensions)},
    };
    assert_int_equal(
        mls_group_commit(world->group, &request, &world->options, random_system(), &world->bundle),
        STATUS_OK);
}

static struct validate_input input_of(const struct world *world)
{
    return (struct validate_input){
        .group = world->server,
        .directory = world->directory,
        .commit = buffer_span(&world->bundle.commit),
        .welcome = buffer_span(&world->bundle.welcome),
        .group_info = buffer_span(&world->bundle.group_info),
        .device = world->people[0].party.identity.device,
        .now_ms = NOW_MS,
        .tree_bytes_max = LIMIT_OBJECT_BYTES,
    };
}

static enum status validate(struct world *world, const struct validate_input *input)
{
    return validate_commit(input, &world->arena, &world->output);
}

static struct span welcome_of(const struct world *world, const struct joiner *joiner)
{
    for (size_t i = 0; i < world->output.welcome_count; i++) {
        const struct store_welcome_new *welcome = &world->output.welcomes[i];
        if (!id_equal(&welcome->device, &joiner->party.identity.device))
            continue;
        assert_int_equal(welcome->expires_at_ms, (NOW_MS / 1000 + 90 * DAY_SECONDS) * 1000);
        return welcome->bytes;
    }
    fail_msg("nobody was given a Welcome");
    return SPAN_EMPTY;
}

static void cuts_a_welcome_with_which_each_joiner_joins_and_no_other(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    commit_adds(&world, 2);
    struct validate_input input = input_of(&world);
    assert_int_equal(validate(&world, &input), STATUS_OK);
    assert_int_equal(world.output.welcome_count, 2);
    assert_int_equal(world.output.change_count, 2);
    for (size_t i = 1; i < PEOPLE; i++) {
        struct mls_join_request join = {
            .welcome = welcome_of(&world, &world.people[i]),
            .key_package = buffer_span(&world.people[i].key_package),
            .private_part = buffer_span(&world.people[i].private_part),
            .ratchet_tree = buffer_span(&world.output.tree),
        };
        struct mls_group *joined = NULL;
        assert_int_equal(mls_group_join(&join, &world.options, &joined), STATUS_OK);
        assert_int_equal(mls_group_epoch(joined), 1);
        mls_group_free(&joined);
        join.welcome = welcome_of(&world, &world.people[3 - i]);
        assert_int_equal(mls_group_join(&join, &world.options, &joined), STATUS_NOT_FOUND);
    }
    world_end(&world);
}

static void adds_nobody_to_a_tree_that_newcomers_could_soon_not_fetch(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    commit_adds(&world, 1);
    struct validate_input input = input_of(&world);
    input.tree_bytes_max = 100;
    assert_int_equal(validate(&world, &input), STATUS_LIMIT);
    assert_non_null(strstr(world.output.refusal.reason, "full"));
    world_end(&world);
    /* Keys may change all the same, and whoever is there may go. */
    world_begin(&world);
    commit_adds(&world, 0);
    input = input_of(&world);
    input.tree_bytes_max = 100;
    assert_int_equal(validate(&world, &input), STATUS_OK);
    world_end(&world);
}

static void makes_a_state_that_can_be_restored_in_the_new_epoch(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    commit_adds(&world, 1);
    struct validate_input input = input_of(&world);
    assert_int_equal(validate(&world, &input), STATUS_OK);
    struct mls_public_group *restored = NULL;
    assert_int_equal(
        mls_public_group_decode(buffer_span(&world.output.public_state), NULL, &restored),
        STATUS_OK);
    assert_int_equal(mls_public_group_epoch(restored), 1);
    assert_int_equal(mls_tree_member_count(mls_public_group_tree(restored)), 2);
    mls_public_group_free(&restored);
    /* Nothing has changed in memory until the store has it. */
    assert_int_equal(mls_public_group_epoch(world.server), 0);
    world_end(&world);
}

static void refuses_a_commit_that_another_device_sent(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    commit_adds(&world, 1);
    struct validate_input input = input_of(&world);
    input.device = world.people[1].party.identity.device;
    assert_int_equal(validate(&world, &input), STATUS_DENIED);
    assert_non_null(world.output.refusal.reason);
    world_end(&world);
}

static void refuses_a_group_info_of_another_epoch(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    commit_adds(&world, 1);
    CLEANUP(buffer_clear) struct buffer old = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    assert_int_equal(mls_group_write_group_info(world.group, false, &old), STATUS_OK);
    struct validate_input input = input_of(&world);
    input.group_info = buffer_span(&old);
    assert_int_equal(validate(&world, &input), STATUS_INVALID);
    assert_non_null(strstr(world.output.refusal.reason, "GroupInfo"));
    world_end(&world);
}

static void refuses_a_commit_that_knows_less_than_the_one_before(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    commit_adds(&world, 1);
    struct validate_input input = input_of(&world);
    input.log_size_min = PEOPLE + 1;
    assert_int_equal(validate(&world, &input), STATUS_DENIED);
    validate_output_clear(&world.output);
    validate_output_init(&world.output);
    input.log_size_min = PEOPLE;
    assert_int_equal(validate(&world, &input), STATUS_OK);
    assert_int_equal(world.output.log_size, PEOPLE);
    world_end(&world);
    world_begin(&world);
    world.told_less = 1;
    commit_adds(&world, 1);
    input = input_of(&world);
    assert_int_equal(validate(&world, &input), STATUS_INVALID);
    assert_non_null(strstr(world.output.refusal.reason, "GroupInfo"));
    world_end(&world);
}

static void refuses_adds_without_their_welcome_and_a_welcome_without_adds(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    commit_adds(&world, 1);
    struct validate_input input = input_of(&world);
    input.welcome = SPAN_EMPTY;
    assert_int_not_equal(validate(&world, &input), STATUS_OK);
    world_end(&world);

    world_begin(&world);
    commit_adds(&world, 1);
    CLEANUP(buffer_clear) struct buffer welcome = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    assert_int_equal(buffer_append(&welcome, buffer_span(&world.bundle.welcome)), STATUS_OK);
    mls_group_clear_pending(world.group);
    mls_commit_bundle_clear(&world.bundle);
    memset(&world.bundle, 0, sizeof world.bundle);
    commit_adds(&world, 0);
    input = input_of(&world);
    input.welcome = buffer_span(&welcome);
    assert_int_equal(validate(&world, &input), STATUS_INVALID);
    assert_non_null(strstr(world.output.refusal.reason, "Welcome"));
    world_end(&world);
}

static void refuses_a_commit_of_a_past_epoch(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    commit_adds(&world, 1);
    struct validate_input input = input_of(&world);
    assert_int_equal(validate(&world, &input), STATUS_OK);
    assert_int_equal(mls_public_group_merge(world.server, &world.output.staged), STATUS_OK);
    validate_output_clear(&world.output);
    validate_output_init(&world.output);
    assert_int_equal(validate(&world, &input), STATUS_WRONG_EPOCH);
    world_end(&world);
}

static void refuses_a_commit_with_any_byte_changed(void **state)
{
    (void)state;
    struct world world;
    world_begin(&world);
    commit_adds(&world, 1);
    struct buffer *commit = &world.bundle.commit;
    /* The membership tag at the end, and the confirmation tag before it, are the members' to
     * check: 33 bytes each. */
    size_t checked = commit->len - 2 * 33;
    for (size_t i = 0; i < checked; i += 7) {
        commit->ptr[i] ^= 1;
        struct validate_input input = input_of(&world);
        assert_int_not_equal(validate(&world, &input), STATUS_OK);
        commit->ptr[i] ^= 1;
        validate_output_clear(&world.output);
        validate_output_init(&world.output);
    }
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_a_welcome_with_which_each_joiner_joins_and_no_other),
        cmocka_unit_test(adds_nobody_to_a_tree_that_newcomers_could_soon_not_fetch),
        cmocka_unit_test(makes_a_state_that_can_be_restored_in_the_new_epoch),
        cmocka_unit_test(refuses_a_commit_that_another_device_sent),
        cmocka_unit_test(refuses_a_group_info_of_another_epoch),
        cmocka_unit_test(refuses_a_commit_that_knows_less_than_the_one_before),
        cmocka_unit_test(refuses_adds_without_their_welcome_and_a_welcome_without_adds),
        cmocka_unit_test(refuses_a_commit_of_a_past_epoch),
        cmocka_unit_test(refuses_a_commit_with_any_byte_changed),
    };
    return crypto_start() == STATUS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
