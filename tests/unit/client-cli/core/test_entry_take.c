/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a client makes of a device that was shut out while its leaf is still in the channel, with a
 * server that plays along. */
#include "client-cli/core/entry_take.h"

#include "client-cli/core/entry.h"
#include "protocol/base/limits.h"
#include "protocol/content/content.h"
#include "protocol/crypto/hpke.h"
#include "protocol/crypto/random_system.h"
#include "tests/unit/client-cli/core/channel_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BEGIN 10

/* The second person's client, in a channel with the first and the third, whose device is lost. */
static int room_open(void **state)
{
    struct channel_room *room = channel_room_open();
    struct world *world = &room->world;
    world->reads_later = true;
    assert_int_equal(world_add(world, &world->people[0], &world->people[1]), STATUS_OK);
    assert_int_equal(world_add(world, &world->people[0], &world->people[2]), STATUS_OK);
    channel_room_enter(room, 1);
    room->channel->cursor = BEGIN;
    room->channel->joined_sequence = BEGIN;
    room->channel->log_size = world->log_size_min;
    assert_int_equal(channel_begin_hash(room->channel), STATUS_OK);
    *state = room;
    return 0;
}

static int room_close(void **state)
{
    channel_room_close(*state);
    return 0;
}

/* The server's next entry. */
static void take(struct channel_room *room, uint8_t kind, const struct party *by, struct span bytes)
{
    struct engine *engine = room->profile.engine;
    struct mls_message_head head;
    struct message_header header;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    assert_int_equal(mls_message_peek(bytes, &head), STATUS_OK);
    assert_int_equal(message_header_decode(head.authenticated_data, &arena, &header), STATUS_OK);
    struct wire_entry entry = {.channel = room->world.channel,
                               .generation = 1,
                               .sequence = room->channel->cursor + 1,
                               .epoch = head.epoch,
                               .time = 1000,
                               .kind = kind,
                               .device = by->identity.device,
                               .message = header.message,
                               .bytes = bytes,
                               .size = (uint32_t)bytes.len};
    assert_int_equal(vault_begin(engine->vault), STATUS_OK);
    assert_int_equal(entry_take(engine, room->channel, &entry), STATUS_OK);
    assert_int_equal(vault_commit(engine->vault), STATUS_OK);
}

/* Has somebody have said the same before, in another channel: ids are the sender's choice. */
static void say_elsewhere(struct channel_room *room, struct span sent)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct engine *engine = room->profile.engine;
    const struct id elsewhere = {{0xee}};
    struct mls_message_head head;
    struct message_header header;
    assert_int_equal(mls_message_peek(sent, &head), STATUS_OK);
    assert_int_equal(message_header_decode(head.authenticated_data, &arena, &header), STATUS_OK);
    const struct stored_entry entry = {
        .sequence = 1, .generation = 1, .fate = ENTRY_READ, .message = header.message};
    assert_int_equal(vault_begin(engine->vault), STATUS_OK);
    assert_int_equal(entry_store(engine, &elsewhere, &entry), STATUS_OK);
    assert_int_equal(vault_commit(engine->vault), STATUS_OK);
}

/* Says a note, and gives the warning that stands at it. */
static void say(struct channel_room *room, struct party *by, char *warning, size_t size)
{
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(1024);
    CLEANUP(buffer_clear) struct buffer plain = BUFFER_INIT(4096);
    CLEANUP(buffer_clear) struct buffer header = BUFFER_INIT(4096);
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    struct content_text text = {SPAN_LITERAL("a note")};
    struct stored_entry stored;
    assert_int_equal(content_encode_body(CONTENT_NOTE, &text, &body), STATUS_OK);
    struct content content = {
        .version = CONTENT_VERSION, .kind = CONTENT_NOTE, .body = buffer_span(&body)};
    assert_int_equal(content_encode(&content, &plain), STATUS_OK);
    world_write_header(&room->world, NULL, LANE_SIDE, &header);
    assert_int_equal(mls_group_protect(by->group, buffer_span(&header), buffer_span(&plain), 256,
                                       random_system(), &sent),
                     STATUS_OK);
    say_elsewhere(room, buffer_span(&sent.message)); /* which must not matter */
    take(room, ENTRY_APPLICATION, by, buffer_span(&sent.message));
    assert_int_equal(entry_get(room->profile.engine, &room->world.channel, room->channel->cursor,
                               &record, &arena, &stored),
                     STATUS_OK);
    assert_int_equal(stored.fate, ENTRY_READ);
    assert_true(stored.warning.len < size);
    memcpy(warning, stored.warning.ptr == NULL ? (const uint8_t *)"" : stored.warning.ptr,
           stored.warning.len);
    warning[stored.warning.len] = '\0';
}

/* An empty commit; the world's server may refuse it, ours does not. */
static void commit(struct channel_room *room, struct party *by, enum status judged)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    assert_int_equal(world_commit(&room->world, by, NULL, NULL, &bundle), judged);
    take(room, ENTRY_COMMIT, by, buffer_span(&bundle.commit));
}

static void a_commit_that_knows_less_than_the_one_before_is_not_followed(void **state)
{
    struct channel_room *room = *state;
    struct world *world = &room->world;
    uint64_t before = directory_log_of(world->directory)->size;
    world_shut_out(world, &world->people[2]);
    commit(room, &world->people[0], STATUS_OK);
    assert_int_equal(room->channel->state, CHANNEL_STATE_MEMBER);
    assert_int_equal(room->channel->log_size, before + 1);
    world->log_size = before; /* when it was a device like any other */
    commit(room, &world->people[2], STATUS_DENIED);
    assert_int_equal(room->channel->state, CHANNEL_STATE_STUCK);
}

static void what_a_device_says_after_it_was_shut_out_is_marked(void **state)
{
    struct channel_room *room = *state;
    struct world *world = &room->world;
    char warning[1000];
    world->log_size = directory_log_of(world->directory)->size;
    world_shut_out(world, &world->people[2]);
    /* Said before anybody knew, perhaps, and read later. */
    say(room, &world->people[2], warning, sizeof warning);
    assert_null(strstr(warning, "shut out"));
    world->log_size = 0;
    commit(room, &world->people[0], STATUS_OK);
    world->log_size = directory_log_of(world->directory)->size - 1;
    say(room, &world->people[2], warning, sizeof warning);
    assert_non_null(strstr(warning, "shut out"));
    world->log_size = 0;
    say(room, &world->people[0], warning, sizeof warning);
    assert_null(strstr(warning, "shut out"));
}

/* As a copy of this vault makes it: nothing is pending here afterwards. */
static void commit_elsewhere(struct channel_room *room, const struct mls_commit_request *change)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer header = BUFFER_INIT(4096);
    struct world *world = &room->world;
    struct mls_group *group = room->channel->group;
    struct mls_commit_request request = *change;
    world_write_header(world, NULL, LANE_CONTROL, &header);
    request.authenticated_data = buffer_span(&header);
    assert_int_equal(mls_group_commit(group, &request, &world->options, random_system(), &bundle),
                     STATUS_OK);
    mls_group_clear_pending(group);
    take(room, ENTRY_COMMIT, &world->people[1], buffer_span(&bundle.commit));
}

static void what_a_copy_of_the_vault_changed_is_nobodys_fault(void **state)
{
    struct channel_room *room = *state;
    uint64_t epoch = mls_group_epoch(room->channel->group);
    commit_elsewhere(room, &(struct mls_commit_request){0});
    assert_int_equal(room->channel->state, CHANNEL_STATE_MEMBER);
    assert_true(room->channel->distrusted && room->channel->outrun);
    /* The entry is not gone past: without the copy's keys nothing after it can be read. */
    assert_int_equal(room->channel->cursor, BEGIN);
    assert_int_equal(mls_group_epoch(room->channel->group), epoch);
    assert_null(mls_group_staged(room->channel->group));
}

/* Without a path there is nothing that only the copy has; its keys are used up all the same. */
static void what_a_copy_of_the_vault_changed_without_a_path_is_followed(void **state)
{
    struct channel_room *room = *state;
    struct world *world = &room->world;
    CLEANUP(buffer_clear) struct buffer package = BUFFER_INIT(LIMIT_KEY_PACKAGE_BYTES);
    CLEANUP(buffer_clear) struct buffer private_part = BUFFER_INIT(LIMIT_KEY_PACKAGE_BYTES);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct mls_message message;
    uint64_t epoch = mls_group_epoch(room->channel->group);
    struct mls_identity *newcomer = &world->people[3].mls;
    newcomer->not_before = (uint64_t)engine_now_ms(room->profile.engine) / 1000;
    newcomer->not_after = newcomer->not_before + 3600;
    assert_int_equal(mls_key_package_new(suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519),
                                         newcomer, false, random_system(), &package, &private_part),
                     STATUS_OK);
    assert_int_equal(mls_message_decode(buffer_span(&package), &arena, &message), STATUS_OK);
    struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &message.key_package};
    commit_elsewhere(room, &(struct mls_commit_request){.proposals = &add, .proposal_count = 1});
    assert_int_equal(room->channel->state, CHANNEL_STATE_MEMBER);
    assert_true(room->channel->distrusted && !room->channel->outrun);
    assert_int_equal(mls_group_epoch(room->channel->group), epoch + 1);
}

/* The facilitator's, with what the header says that we asked for; why we are out then. */
static uint8_t be_removed(struct channel_room *room, struct message_leave *leave)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct world *world = &room->world;
    const struct mls_proposal remove = {.type = MLS_PROPOSAL_REMOVE,
                                        .removed = mls_group_own_leaf(room->channel->group)};
    assert_int_equal(world_commit(world, &world->people[0], &remove, leave, &bundle), STATUS_OK);
    take(room, ENTRY_COMMIT, &world->people[0], buffer_span(&bundle.commit));
    assert_int_equal(room->channel->state, CHANNEL_STATE_REMOVED);
    assert_true(id_equal(&room->channel->out_by, &world->people[0].identity.person));
    return room->channel->out;
}

/* Signed by `signer`; lends from `key` and `signature`. */
static struct message_leave make_leave(const struct channel_room *room,
                                       const struct party *signer,
                                       struct hpke_public *key,
                                       struct buffer *signature)
{
    const struct world *world = &room->world;
    const struct mls_group *group = room->channel->group;
    const struct span own =
        mls_tree_leaf(mls_public_group_tree(mls_group_public(group)), mls_group_own_leaf(group))
            ->encryption_key;
    *key = (struct hpke_public){.len = (uint8_t)own.len};
    memcpy(key->bytes, own.ptr, own.len);
    struct message_leave leave = {.channel = world->channel,
                                  .generation = 1,
                                  .device = world->people[1].identity.device,
                                  .encryption_key = hpke_public_span(key)};
    assert_int_equal(message_leave_sign(&leave, secret_span(&signer->leaf_private), signature),
                     STATUS_OK);
    leave.signature = buffer_span(signature);
    return leave;
}

static void who_asked_to_leave_is_told_that_they_left(void **state)
{
    struct channel_room *room = *state;
    CLEANUP(buffer_clear) struct buffer signature = BUFFER_INIT(SIGNATURE_SIZE_MAX);
    struct hpke_public key;
    struct message_leave leave = make_leave(room, &room->world.people[1], &key, &signature);
    assert_int_equal(be_removed(room, &leave), CHANNEL_OUT_LEFT);
}

static void a_facilitator_does_not_pass_a_removal_off_as_a_leave(void **state)
{
    struct channel_room *room = *state;
    CLEANUP(buffer_clear) struct buffer signature = BUFFER_INIT(SIGNATURE_SIZE_MAX);
    struct hpke_public key;
    struct message_leave leave = make_leave(room, &room->world.people[0], &key, &signature);
    assert_int_equal(be_removed(room, &leave), CHANNEL_OUT_REMOVED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_commit_that_knows_less_than_the_one_before_is_not_followed, room_open, room_close),
        cmocka_unit_test_setup_teardown(what_a_device_says_after_it_was_shut_out_is_marked,
                                        room_open, room_close),
        cmocka_unit_test_setup_teardown(what_a_copy_of_the_vault_changed_is_nobodys_fault,
                                        room_open, room_close),
        cmocka_unit_test_setup_teardown(what_a_copy_of_the_vault_changed_without_a_path_is_followed,
                                        room_open, room_close),
        cmocka_unit_test_setup_teardown(who_asked_to_leave_is_told_that_they_left, room_open,
                                        room_close),
        cmocka_unit_test_setup_teardown(a_facilitator_does_not_pass_a_removal_off_as_a_leave,
                                        room_open, room_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
