/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/admission.h"

#include "client-cli/core/channel_commit.h"
#include "protocol/channel/identity.h"
#include "protocol/crypto/random_system.h"
#include "tests/unit/client-cli/core/profile_room.h"
#include "tests/unit/protocol/directory/made_device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A profile in a folder of its own, with one channel whose facilitator is `host`. */
struct room {
    struct profile_room profile;
    struct channel *channel;
    struct id host;
    struct id stranger;
    uint64_t log_size; /* what who admits knows of the directory */
};

static void make_group(struct room *room, enum channel_visibility visibility)
{
    static const uint16_t types[] = {CHANNEL_EXTENSION_TYPE, MLS_EXTENSION_LAST_RESORT};
    struct secret leaf_private;
    struct signature_public leaf_public;
    struct channel_identity who = {.person = room->host, .device = {{7}}};
    uint8_t credential[CHANNEL_IDENTITY_SIZE];
    uint8_t group_id[CHANNEL_GROUP_ID_SIZE];
    struct channel_role_item role = {room->host, CHANNEL_ROLE_FACILITATOR};
    struct channel_extension extension = {.visibility = visibility,
                                          .history = CHANNEL_HISTORY_FROM_JOINING,
                                          .roles = &role,
                                          .role_count = 1};
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(8192);
    assert_int_equal(
        signature_generate(SIGNATURE_ED25519, random_system(), &leaf_private, &leaf_public),
        STATUS_OK);
    assert_int_equal(channel_commit_extensions(&extension, &extensions), STATUS_OK);
    channel_identity_encode(&who, credential);
    channel_group_id_encode(&room->channel->id, 1, group_id);
    struct mls_identity identity = {
        .credential = {.type = MLS_CREDENTIAL_BASIC, .content = SPAN_OF(credential)},
        .signature_public_key = signature_public_span(&leaf_public),
        .signature_private_key = secret_span(&leaf_private),
        .not_before = 1,
        .not_after = UINT64_MAX,
        .extension_types = types,
        .extension_type_count = 2,
    };
    struct mls_group_config config = {.suite = suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519),
                                      .group_id = SPAN_OF(group_id),
                                      .identity = &identity,
                                      .extensions = {buffer_span(&extensions)}};
    assert_int_equal(mls_group_new(&config, random_system(), &room->channel->group), STATUS_OK);
}

static int room_open(void **state)
{
    struct room *room = calloc(1, sizeof *room);
    assert_non_null(room);
    profile_room_open(&room->profile);
    assert_int_equal(id_random(random_system(), &room->host), STATUS_OK);
    assert_int_equal(id_random(random_system(), &room->stranger), STATUS_OK);
    room->channel = profile_room_channel(&room->profile);
    room->log_size = 1;
    *state = room;
    return 0;
}

static int room_close(void **state)
{
    struct room *room = *state;
    profile_room_close(&room->profile);
    free(room);
    return 0;
}

/* `sender` says that the stranger may come in. */
static void say_admitted(struct room *room, const struct id *sender, uint16_t kind)
{
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(1024);
    struct content_person person = {room->stranger};
    struct content_admission admission = {&person, 1};
    assert_int_equal(content_encode_body(CONTENT_ADMISSION, &admission, &body), STATUS_OK);
    struct content content = {.version = CONTENT_VERSION, .kind = kind, .body = buffer_span(&body)};
    assert_int_equal(vault_begin(room->profile.engine->vault), STATUS_OK);
    assert_int_equal(
        admission_take(room->profile.engine, room->channel, sender, room->log_size, &content),
        STATUS_OK);
    assert_int_equal(vault_commit(room->profile.engine->vault), STATUS_OK);
}

static enum status check(struct room *room)
{
    static const struct id device = {{9}}; /* which the directory need not know for this */
    return admission_check(room->profile.engine, room->channel, &room->stranger, &device);
}

static void nobody_is_let_in_whom_no_facilitator_admitted(void **state)
{
    struct room *room = *state;
    make_group(room, CHANNEL_RESTRICTED);
    assert_int_equal(check(room), STATUS_DENIED);
    say_admitted(room, &room->stranger, CONTENT_ADMISSION); /* not for this sender to say */
    assert_int_equal(check(room), STATUS_DENIED);
    say_admitted(room, &room->host, CONTENT_NOTE); /* another kind admits nobody */
    assert_int_equal(check(room), STATUS_DENIED);
    say_admitted(room, &room->host, CONTENT_ADMISSION);
    assert_int_equal(check(room), STATUS_OK);
    assert_int_equal(admission_check(room->profile.engine, room->channel, &room->host, &room->host),
                     STATUS_DENIED);
}

/* The stranger's last leaf is removed. */
static void remove_leaf(struct room *room, const struct id *device, struct span leaf_key)
{
    const struct channel_identity removed = {room->stranger, *device};
    assert_int_equal(vault_begin(room->profile.engine->vault), STATUS_OK);
    assert_int_equal(admission_end(room->profile.engine, room->channel, &removed, leaf_key),
                     STATUS_OK);
    assert_int_equal(vault_commit(room->profile.engine->vault), STATUS_OK);
}

static void an_admission_ends_when_the_person_is_removed(void **state)
{
    struct room *room = *state;
    const struct id device = {{8}};
    make_group(room, CHANNEL_PRIVATE);
    say_admitted(room, &room->host, CONTENT_ADMISSION);
    remove_leaf(room, &device, SPAN_LITERAL("no key of the directory's"));
    remove_leaf(room, &device, SPAN_LITERAL("no key of the directory's"));
    assert_int_equal(check(room), STATUS_DENIED);
}

static void apply(struct room *room, struct span entry)
{
    assert_int_equal(directory_apply(room->profile.engine->directory, entry, true), STATUS_OK);
}

/* Whoever lets a new device in knows that the old one was shut out: that its removal is committed
 * later ends nothing. */
static void an_admission_for_a_new_device_outlives_the_removal_of_the_old(void **state)
{
    struct room *room = *state;
    struct made_device old;
    CLEANUP(buffer_clear) struct buffer added = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    CLEANUP(buffer_clear) struct buffer revoked = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    make_group(room, CHANNEL_PRIVATE);
    made_device_init(&old, &room->stranger);
    made_device_sign(&old, NULL, &added);
    apply(room, buffer_span(&added));
    struct directory_entry entry = {.version = DIRECTORY_ENTRY_VERSION,
                                    .kind = DIRECTORY_REVOKE_DEVICE,
                                    .authority = DIRECTORY_BY_SERVER,
                                    .person = room->stranger,
                                    .device = old.device};
    struct directory_signers none = {0};
    assert_int_equal(directory_entry_sign(&entry, &none, &revoked), STATUS_OK);
    apply(room, buffer_span(&revoked));
    struct span leaf_key = signature_public_span(&old.leaf_public);
    say_admitted(room, &room->host, CONTENT_ADMISSION); /* before: of the old device */
    remove_leaf(room, &old.device, leaf_key);
    assert_int_equal(check(room), STATUS_DENIED);
    room->log_size = 2;
    say_admitted(room, &room->host, CONTENT_ADMISSION);
    remove_leaf(room, &old.device, leaf_key);
    assert_int_equal(check(room), STATUS_OK);
}

static void an_open_channel_needs_no_admission(void **state)
{
    struct room *room = *state;
    make_group(room, CHANNEL_OPEN);
    assert_int_equal(check(room), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_is_let_in_whom_no_facilitator_admitted, room_open,
                                        room_close),
        cmocka_unit_test_setup_teardown(an_admission_ends_when_the_person_is_removed, room_open,
                                        room_close),
        cmocka_unit_test_setup_teardown(
            an_admission_for_a_new_device_outlives_the_removal_of_the_old, room_open, room_close),
        cmocka_unit_test_setup_teardown(an_open_channel_needs_no_admission, room_open, room_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
