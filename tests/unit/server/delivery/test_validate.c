/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/validate.h"

#include "protocol/base/limits.h"
#include "protocol/channel/known_log.h"
#include "protocol/crypto/random_system.h"
#include "protocol/mls/member/group.h"
#include "protocol/mls/public/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define PEOPLE 3
#define NOW_MS INT64_C(1760000000000)
#define DAY_SECONDS 86400

static const uint16_t extension_types[] = {CHANNEL_EXTENSION_TYPE, MLS_EXTENSION_LAST_RESORT};

struct party {
    struct channel_identity identity;
    struct secret login_private;
    struct secret leaf_private;
    struct signature_public login_public;
    struct signature_public leaf_public;
    uint8_t credential[CHANNEL_IDENTITY_SIZE];
    struct mls_identity mls;
    struct buffer key_package;
    struct buffer private_part;
};

/* A channel of the first party, as the server has it; the others wait to be added. */
struct world {
    struct directory *directory;
    struct mls_options options;
    struct party people[PEOPLE];
    struct mls_group *group; /* the first party's */
    struct mls_public_group *server;
    struct mls_commit_bundle bundle;
    struct arena arena;
    struct validate_output output;
    uint64_t told_less; /* than the committer knew of the directory: what newcomers are told */
};

static void add_to_directory(struct world *world, struct party *party)
{
    struct directory_entry entry = {
        .version = DIRECTORY_ENTRY_VERSION,
        .kind = DIRECTORY_ADD_DEVICE,
        .authority = DIRECTORY_BY_FIRST,
        .person = party->identity.person,
        .device = party->identity.device,
        .login_key = signature_public_span(&party->login_public),
        .leaf_key = signature_public_span(&party->leaf_public),
    };
    struct directory_signers signers = {
        .login_private_key = secret_span(&party->login_private),
        .leaf_private_key = secret_span(&party->leaf_private),
    };
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    assert_int_equal(directory_entry_sign(&entry, &signers, &bytes), STATUS_OK);
    assert_int_equal(directory_apply(world->directory, buffer_span(&bytes), false), STATUS_OK);
}

static void make_party(struct party *party)
{
    const struct random_source *random = random_system();
    assert_int_equal(id_random(random, &party->identity.person), STATUS_OK);
    assert_int_equal(id_random(random, &party->identity.device), STATUS_OK);
    assert_int_equal(
        signature_generate(SIGNATURE_ED25519, random, &party->login_private, &party->login_public),
        STATUS_OK);
    assert_int_equal(
        signature_generate(SIGNATURE_ED25519, random, &party->leaf_private, &party->leaf_public),
        STATUS_OK);
    channel_identity_encode(&party->identity, party->credential);
    party->mls = (struct mls_identity){
        .credential = {.type = MLS_CREDENTIAL_BASIC, .content = SPAN_OF(party->credential)},
        .signature_public_key = signature_public_span(&party->leaf_public),
        .signature_private_key = secret_span(&party->leaf_private),
        .not_before = NOW_MS / 1000 - DAY_SECONDS,
        .not_after = NOW_MS / 1000 + 90 * DAY_SECONDS,
        .extension_types = extension_types,
        .extension_type_count = 2,
    };
    buffer_init(&party->key_package, LIMIT_KEY_PACKAGE_BYTES);
    buffer_init(&party->private_part, LIMIT_KEY_PACKAGE_BYTES);
    assert_int_equal(mls_key_package_new(suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519),
                                         &party->mls, false, random, &party->key_package,
                                         &party->private_part),
                     STATUS_OK);
}

static void write_extensions(const struct world *world, struct buffer *bytes)
{
    struct channel_role_item role = {world->people[0].identity.person, CHANNEL_ROLE_FACILITATOR};
    struct channel_extension extension = {
        .visibility = CHANNEL_RESTRICTED,
        .history = CHANNEL_HISTORY_FROM_JOINING,
        .roles = &role,
        .role_count = 1,
    };
    CLEANUP(buffer_clear) struct buffer channel = BUFFER_INIT(4096);
    assert_int_equal(channel_extension_encode(&extension, &channel), STATUS_OK);
    static const uint8_t required[] = {2, 0xf0, 0xc1, 0, 0};
    struct writer writer = writer_of(bytes);
    mls_extension_write(&writer, MLS_EXTENSION_REQUIRED_CAPABILITIES, SPAN_OF(required));
    mls_extension_write(&writer, CHANNEL_EXTENSION_TYPE, buffer_span(&channel));
    assert_int_equal(writer_finish(&writer), STATUS_OK);
}

static void world_begin(struct world *world)
{
    memset(world, 0, sizeof *world);
    arena_init(&world->arena, LIMIT_DECODED_BYTES);
    validate_output_init(&world->output);
    assert_int_equal(directory_new(&world->directory), STATUS_OK);
    validate_options(world->directory, NOW_MS, &world->options);
    for (size_t i = 0; i < PEOPLE; i++) {
        make_party(&world->people[i]);
        add_to_directory(world, &world->people[i]);
    }
    struct id channel;
    uint8_t group_id[CHANNEL_GROUP_ID_SIZE];
    assert_int_equal(id_random(random_system(), &channel), STATUS_OK);
    channel_group_id_encode(&channel, 1, group_id);
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(8192);
    write_extensions(world, &extensions);
    struct mls_group_config config = {
        .suite = suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519),
        .group_id = SPAN_OF(group_id),
        .identity = &world->people[0].mls,
        .extensions = {buffer_span(&extensions)},
    };
    assert_int_equal(mls_group_new(&config, random_system(), &world->group), STATUS_OK);
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
        .device = world->people[0].identity.device,
        .now_ms = NOW_MS,
        .tree_bytes_max = LIMIT_OBJECT_BYTES,
    };
}

static enum status validate(struct world *world, const struct validate_input *input)
{
    return validate_commit(input, &world->arena, &world->output);
}

static struct span welcome_of(const struct world *world, const struct party *party)
{
    for (size_t i = 0; i < world->output.welcome_count; i++) {
        const struct store_welcome_new *welcome = &world->output.welcomes[i];
        if (!id_equal(&welcome->device, &party->identity.device))
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
    input.device = world.people[1].identity.device;
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
