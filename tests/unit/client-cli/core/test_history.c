/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a newcomer takes of a segment from a member who says what they like: the sharer can seal
 * anything, but signs for nobody else.
 */
#include "client-cli/core/history_take.h"

#include "client-cli/core/entry.h"
#include "protocol/channel/identity.h"
#include "protocol/content/running_hash.h"
#include "protocol/content/segment.h"
#include "protocol/crypto/hash.h"
#include "protocol/crypto/random_system.h"
#include "protocol/mls/public/label.h"
#include "protocol/mls/public/registry.h"
#include "tests/unit/client-cli/core/profile_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ITEMS_MAX 6

/* Somebody with a device in the directory. */
struct author {
    struct account account;
};

struct room {
    struct profile_room profile;
    struct channel *channel;
    struct author ann;
    struct author ben;
    struct id sharer;
    uint64_t log_size; /* of which messages are signed */
    struct buffer contexts[3];
    struct segment_epoch epochs[3];
    struct buffer messages[ITEMS_MAX];
    struct segment_item items[ITEMS_MAX];
    struct segment segment;
    struct history_taken taken;
    const char *problem;
};

/* ---- the directory ---- */

static void apply(struct room *room, const struct directory_entry *entry, const struct account *by)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(4096);
    struct directory_signers signers = {0};
    if (entry->kind == DIRECTORY_ADD_DEVICE) {
        signers.login_private_key = SPAN_OF(by->login_private);
        signers.leaf_private_key = SPAN_OF(by->leaf_private);
    }
    signers.authority_private_key = SPAN_OF(by->login_private);
    if (entry->authority == DIRECTORY_BY_FIRST)
        signers.authority_private_key = SPAN_EMPTY;
    assert_int_equal(directory_entry_sign(entry, &signers, &bytes), STATUS_OK);
    assert_int_equal(directory_apply(room->profile.engine->directory, buffer_span(&bytes), true),
                     STATUS_OK);
}

static void enrol(struct room *room, struct author *author)
{
    author->account = ACCOUNT_INIT;
    assert_int_equal(account_make_keys(&author->account, random_system()), STATUS_OK);
    struct directory_entry entry = {.version = DIRECTORY_ENTRY_VERSION,
                                    .kind = DIRECTORY_ADD_DEVICE,
                                    .authority = DIRECTORY_BY_FIRST,
                                    .person = author->account.person,
                                    .device = author->account.device,
                                    .login_key = SPAN_OF(author->account.login_public),
                                    .leaf_key = SPAN_OF(author->account.leaf_public)};
    apply(room, &entry, &author->account);
    room->log_size = directory_log_of(room->profile.engine->directory)->size;
}

static void shut_out(struct room *room, const struct author *author)
{
    struct directory_entry entry = {.version = DIRECTORY_ENTRY_VERSION,
                                    .kind = DIRECTORY_REVOKE_DEVICE,
                                    .authority = DIRECTORY_BY_DEVICE,
                                    .person = author->account.person,
                                    .device = author->account.device,
                                    .by_person = author->account.person,
                                    .by_device = author->account.device};
    apply(room, &entry, &author->account);
}

/* ---- epochs ---- */

static void make_context(struct room *room, size_t epoch)
{
    uint8_t group_id[CHANNEL_GROUP_ID_SIZE];
    uint8_t tree_hash[32] = {(uint8_t)(epoch + 1)};
    uint8_t transcript[32] = {(uint8_t)(epoch + 2)};
    channel_group_id_encode(&room->channel->id, 1, group_id);
    struct mls_group_context context = {.cipher_suite = SUITE_X25519_AES128GCM_SHA256_ED25519,
                                        .group_id = SPAN_OF(group_id),
                                        .epoch = epoch,
                                        .tree_hash = SPAN_OF(tree_hash),
                                        .confirmed_transcript_hash = SPAN_OF(transcript)};
    room->contexts[epoch] = BUFFER_INIT(4096);
    struct writer writer = writer_of(&room->contexts[epoch]);
    mls_group_context_write(&writer, &context);
    assert_int_equal(writer_finish(&writer), STATUS_OK);
    room->epochs[epoch] = (struct segment_epoch){epoch, buffer_span(&room->contexts[epoch])};
}

static void hash_of_epoch(const struct room *room, size_t epoch, uint8_t hash[RUNNING_HASH_SIZE])
{
    struct reader reader = reader_of(room->epochs[epoch].group_context);
    struct mls_group_context context;
    assert_int_equal(mls_group_context_read(&reader, &context), STATUS_OK);
    assert_int_equal(running_hash_begin(context.confirmed_transcript_hash, hash), STATUS_OK);
}

/* ---- what is said ---- */

struct saying {
    struct id message;
    uint64_t epoch;
    struct content content;
};

/* As the author's own client signs it. */
static void sign(struct room *room,
                 const struct author *author,
                 const struct saying *saying,
                 struct buffer *out)
{
    CLEANUP(buffer_clear) struct buffer header_bytes = BUFFER_INIT(4096);
    CLEANUP(buffer_clear) struct buffer content_bytes = BUFFER_INIT(4096);
    CLEANUP(buffer_clear) struct buffer tbs = BUFFER_INIT(65536);
    CLEANUP(buffer_clear) struct buffer labelled = BUFFER_INIT(65536);
    struct signature signature;
    uint8_t group_id[CHANNEL_GROUP_ID_SIZE];
    struct message_header header = {.version = MESSAGE_HEADER_VERSION,
                                    .message = saying->message,
                                    .lane = content_kind_find(saying->content.kind)->lane,
                                    .log_size = room->log_size};
    assert_int_equal(
        directory_log_root(directory_log_of(room->profile.engine->directory), header.log_root),
        STATUS_OK);
    assert_int_equal(message_header_encode(&header, &header_bytes), STATUS_OK);
    assert_int_equal(content_encode(&saying->content, &content_bytes), STATUS_OK);
    channel_group_id_encode(&room->channel->id, 1, group_id);
    struct mls_authenticated_content authenticated = {
        .wire_format = MLS_WIRE_PRIVATE_MESSAGE,
        .content = {.group_id = SPAN_OF(group_id),
                    .epoch = saying->epoch,
                    .sender = {.type = MLS_SENDER_MEMBER},
                    .authenticated_data = buffer_span(&header_bytes),
                    .type = MLS_CONTENT_APPLICATION,
                    .application_data = buffer_span(&content_bytes)}};
    CLEANUP(mls_covered_clear) struct mls_covered covered = {0};
    assert_int_equal(mls_framed_content_tbs(MLS_WIRE_PRIVATE_MESSAGE, &authenticated.content,
                                            buffer_span(&room->contexts[saying->epoch]), &covered),
                     STATUS_OK);
    for (size_t i = 0; i < MLS_COVERED_PARTS; i++)
        assert_int_equal(buffer_append(&tbs, covered.parts[i]), STATUS_OK);
    struct writer labelled_writer = writer_of(&labelled);
    mls_sign_content_write(&labelled_writer, "FramedContentTBS", buffer_span(&tbs));
    assert_int_equal(writer_finish(&labelled_writer), STATUS_OK);
    assert_int_equal(signature_sign(SIGNATURE_ED25519, SPAN_OF(author->account.leaf_private),
                                    buffer_span(&labelled), &signature),
                     STATUS_OK);
    authenticated.auth.signature = span_of(signature.bytes, signature.len);
    *out = BUFFER_INIT(65536);
    struct writer out_writer = writer_of(out);
    mls_authenticated_content_write(&out_writer, &authenticated);
    assert_int_equal(writer_finish(&out_writer), STATUS_OK);
}

/* Item `at` becomes a text of the author in `epoch`, whose message id is its number. */
static void
say(struct room *room, size_t at, const struct author *author, uint64_t epoch, const char *words)
{
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(4096);
    struct content_text text = {span_from_text(words)};
    struct saying saying = {.message = {{(uint8_t)(at + 1)}},
                            .epoch = epoch,
                            .content = {.version = CONTENT_VERSION, .kind = CONTENT_TEXT}};
    assert_int_equal(content_encode_body(CONTENT_TEXT, &text, &body), STATUS_OK);
    saying.content.body = buffer_span(&body);
    buffer_clear(&room->messages[at]);
    sign(room, author, &saying, &room->messages[at]);
    room->items[at] = (struct segment_item){.kind = SEGMENT_MESSAGE,
                                            .time = 1000 + (int64_t)at,
                                            .message = saying.message,
                                            .device = author->account.device,
                                            .running_hash = {(uint8_t)at},
                                            .authenticated = buffer_span(&room->messages[at])};
}

/* Item `at` becomes the message of item `of`, edited. */
static void edit(struct room *room, size_t at, const struct author *author, const char *words)
{
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(4096);
    CLEANUP(buffer_clear) struct buffer edited = BUFFER_INIT(4096);
    struct content_text text = {span_from_text(words)};
    struct saying saying = {.message = {{77}},
                            .content = {.version = CONTENT_VERSION,
                                        .kind = CONTENT_EDIT,
                                        .reply_to = room->items[at].message}};
    assert_int_equal(content_encode_body(CONTENT_TEXT, &text, &edited), STATUS_OK);
    struct content_edit change = {CONTENT_TEXT, buffer_span(&edited)};
    assert_int_equal(content_encode_body(CONTENT_EDIT, &change, &body), STATUS_OK);
    saying.content.body = buffer_span(&body);
    buffer_clear(&room->messages[at]);
    sign(room, author, &saying, &room->messages[at]);
    room->items[at].kind = SEGMENT_EDITED;
    room->items[at].edited = 50;
    room->items[at].authenticated = buffer_span(&room->messages[at]);
}

/* ---- taking ---- */

static int room_open(void **state)
{
    struct room *room = calloc(1, sizeof *room);
    assert_non_null(room);
    profile_room_open(&room->profile);
    room->channel = profile_room_channel(&room->profile);
    room->channel->generation = 1;
    room->channel->joined_sequence = 100;
    room->channel->cursor = 100;
    assert_int_equal(id_random(random_system(), &room->sharer), STATUS_OK);
    enrol(room, &room->ann);
    enrol(room, &room->ben);
    for (size_t i = 0; i < 3; i++)
        make_context(room, i);
    say(room, 0, &room->ann, 0, "one");
    say(room, 1, &room->ben, 0, "two");
    room->items[2] = (struct segment_item){.kind = SEGMENT_COMMIT};
    hash_of_epoch(room, 1, room->items[2].running_hash);
    say(room, 3, &room->ann, 1, "three");
    room->segment = (struct segment){.version = SEGMENT_VERSION,
                                     .channel = room->channel->id,
                                     .first = 1,
                                     .epochs = room->epochs,
                                     .epoch_count = 2,
                                     .items = room->items,
                                     .item_count = 4};
    *state = room;
    return 0;
}

static int room_close(void **state)
{
    struct room *room = *state;
    for (size_t i = 0; i < ITEMS_MAX; i++)
        buffer_clear(&room->messages[i]);
    for (size_t i = 0; i < 3; i++)
        buffer_clear(&room->contexts[i]);
    account_clear(&room->ann.account);
    account_clear(&room->ben.account);
    profile_room_close(&room->profile);
    free(room);
    return 0;
}

static void key_of(const struct room *room, struct span bytes, struct history_key *key)
{
    struct digest digest;
    *key = (struct history_key){.first = room->segment.first,
                                .last = room->segment.first + room->segment.item_count - 1,
                                .size = bytes.len,
                                .shared_by = room->sharer};
    assert_int_equal(hash_bytes(HASH_SHA256, bytes, &digest), STATUS_OK);
    memcpy(key->sha256, digest.bytes, sizeof key->sha256);
}

/* Takes `bytes` as `key` says, and nothing of them when that fails. */
static enum status take_bytes(struct room *room, const struct history_key *key, struct span bytes)
{
    struct vault *vault = room->profile.engine->vault;
    assert_int_equal(vault_begin(vault), STATUS_OK);
    enum status status =
        history_take(room->profile.engine, room->channel, key, bytes, &room->taken, &room->problem);
    if (status == STATUS_OK)
        assert_int_equal(vault_commit(vault), STATUS_OK);
    else
        vault_rollback(vault);
    return status;
}

static enum status take(struct room *room)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(1u << 20);
    struct history_key key;
    assert_int_equal(segment_encode(&room->segment, &bytes), STATUS_OK);
    key_of(room, buffer_span(&bytes), &key);
    return take_bytes(room, &key, buffer_span(&bytes));
}

/* The fate of an entry; 0: there is none. `words` is its text when it was read. */
static int
fate_of(struct room *room, uint64_t sequence, const char *words, const struct author *author)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(4u * LIMIT_FRAME_BYTES);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry entry;
    struct content content;
    struct content_text text;
    if (entry_get(room->profile.engine, &room->channel->id, sequence, &record, &arena, &entry) !=
        STATUS_OK)
        return 0;
    assert_true(id_equal(&entry.shared_by, &room->sharer));
    if (words != NULL) {
        assert_int_equal(entry_content(&entry, &content), STATUS_OK);
        assert_int_equal(content_decode_body(&content, &arena, &text), STATUS_OK);
        assert_true(span_equal(text.text, span_from_text(words)));
        assert_true(id_equal(&entry.person, &author->account.person));
    }
    if (entry.fate == ENTRY_UNREADABLE) {
        assert_true(id_is_none(&entry.person));
        assert_true(entry.warning.len != 0);
    }
    return entry.fate;
}

static bool has_warning(struct room *room, uint64_t sequence)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(4u * LIMIT_FRAME_BYTES);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry entry;
    assert_int_equal(
        entry_get(room->profile.engine, &room->channel->id, sequence, &record, &arena, &entry),
        STATUS_OK);
    return entry.warning.len != 0;
}

/* ---- tests ---- */

static void what_was_said_comes_with_its_author_and_the_sharer(void **state)
{
    struct room *room = *state;
    assert_int_equal(take(room), STATUS_OK);
    assert_int_equal(fate_of(room, 1, "one", &room->ann), ENTRY_READ);
    assert_int_equal(fate_of(room, 2, "two", &room->ben), ENTRY_READ);
    assert_int_equal(fate_of(room, 3, NULL, NULL), ENTRY_CHANGED);
    assert_int_equal(fate_of(room, 4, "three", &room->ann), ENTRY_READ);
    assert_int_equal(room->taken.messages, 3);
    for (uint64_t i = 1; i <= 4; i++)
        assert_false(has_warning(room, i));
}

static void every_changed_byte_of_a_message_is_noticed(void **state)
{
    struct room *room = *state;
    size_t length = room->messages[1].len;
    for (size_t i = 0; i < length; i++) {
        room->messages[1].ptr[i] ^= 1;
        assert_int_equal(take(room), STATUS_OK);
        assert_int_equal(fate_of(room, 2, NULL, NULL), ENTRY_UNREADABLE);
        room->messages[1].ptr[i] ^= 1;
    }
    assert_int_equal(take(room), STATUS_OK); /* a true one takes the place of what was refused */
    assert_int_equal(fate_of(room, 2, "two", &room->ben), ENTRY_READ);
}

static void words_are_nobodys_but_whose_device_signed_them(void **state)
{
    struct room *room = *state;
    room->items[0].device = room->ben.account.device;
    room->items[1].device = room->ann.account.device;
    room->items[3].device = room->sharer; /* no device at all */
    assert_int_equal(take(room), STATUS_OK);
    assert_int_equal(fate_of(room, 1, NULL, NULL), ENTRY_UNREADABLE);
    assert_int_equal(fate_of(room, 2, NULL, NULL), ENTRY_UNREADABLE);
    assert_int_equal(fate_of(room, 4, NULL, NULL), ENTRY_UNREADABLE);
    assert_int_equal(room->taken.refused, 3);
    assert_int_equal(room->taken.messages, 0);
}

static void a_message_has_the_id_that_its_author_gave_it(void **state)
{
    struct room *room = *state;
    room->items[0].message = room->items[1].message;
    room->items[1].message.bytes[3]++;
    assert_int_equal(take(room), STATUS_OK);
    assert_int_equal(fate_of(room, 1, NULL, NULL), ENTRY_UNREADABLE);
    assert_int_equal(fate_of(room, 2, NULL, NULL), ENTRY_UNREADABLE);
}

static void what_is_left_out_shows(void **state)
{
    struct room *room = *state;
    room->items[1].kind = SEGMENT_WITHHELD;
    room->items[1].authenticated = SPAN_EMPTY;
    assert_int_equal(take(room), STATUS_OK);
    assert_int_equal(fate_of(room, 2, NULL, NULL), ENTRY_WITHHELD);
    assert_int_equal(room->taken.withheld, 1);
}

static void a_repeat_is_shown_as_one(void **state)
{
    struct room *room = *state;
    room->items[1] = room->items[0];
    assert_int_equal(take(room), STATUS_OK);
    assert_int_equal(fate_of(room, 1, "one", &room->ann), ENTRY_READ);
    assert_int_equal(fate_of(room, 2, NULL, NULL), ENTRY_REPEATED);
}

static void a_device_speaks_only_while_the_directory_lists_it(void **state)
{
    struct room *room = *state;
    shut_out(room, &room->ben);
    say(room, 0, &room->ann, 0, "one");
    assert_int_equal(take(room), STATUS_OK); /* what it said before stands */
    assert_int_equal(fate_of(room, 2, "two", &room->ben), ENTRY_READ);
    room->log_size++;
    room->segment.first = 1001;
    for (size_t i = 0; i < 4; i++)
        if (i != 2)
            say(room, i, i == 1 ? &room->ben : &room->ann, i / 2, "again");
    for (size_t i = 0; i < 4; i++)
        room->items[i].message.bytes[1] = 0;
    assert_int_equal(take(room), STATUS_OK);
    assert_int_equal(fate_of(room, 1002, NULL, NULL), ENTRY_UNREADABLE);
}

static void an_epoch_has_the_context_that_its_members_signed(void **state)
{
    struct room *room = *state;
    size_t at = room->contexts[0].len - 40; /* in the tree's hash or after it */
    room->contexts[0].ptr[at] ^= 1;
    assert_int_equal(take(room), STATUS_OK);
    assert_int_equal(fate_of(room, 1, NULL, NULL), ENTRY_UNREADABLE);
    assert_int_equal(fate_of(room, 2, NULL, NULL), ENTRY_UNREADABLE);
    assert_int_equal(fate_of(room, 4, "three", &room->ann), ENTRY_READ);
}

static void nobody_speaks_before_their_epoch_begins(void **state)
{
    struct room *room = *state;
    say(room, 1, &room->ben, 1, "early");
    assert_int_equal(take(room), STATUS_OK);
    assert_int_equal(fate_of(room, 2, NULL, NULL), ENTRY_UNREADABLE);
}

static void another_log_than_the_authors_shows(void **state)
{
    struct room *room = *state;
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(4096);
    struct content_text text = {SPAN_LITERAL("three")};
    assert_int_equal(content_encode_body(CONTENT_TEXT, &text, &body), STATUS_OK);
    struct saying saying = {
        .message = room->items[3].message,
        .epoch = 1,
        .content = {.version = CONTENT_VERSION,
                    .kind = CONTENT_TEXT,
                    .seen = {.epoch = 0, .sequence = 2, .running_hash = {(uint8_t)9}},
                    .body = buffer_span(&body)}};
    buffer_clear(&room->messages[3]);
    sign(room, &room->ann, &saying, &room->messages[3]);
    room->items[3].authenticated = buffer_span(&room->messages[3]);
    assert_int_equal(take(room), STATUS_OK);
    assert_int_equal(fate_of(room, 4, "three", &room->ann), ENTRY_READ);
    assert_true(has_warning(room, 4));
}

static void an_edit_is_its_authors(void **state)
{
    struct room *room = *state;
    edit(room, 0, &room->ann, "one, better");
    edit(room, 1, &room->ann, "two, worse");
    assert_int_equal(take(room), STATUS_OK);
    assert_int_equal(fate_of(room, 1, "one, better", &room->ann), ENTRY_READ);
    assert_int_equal(fate_of(room, 2, NULL, NULL), ENTRY_UNREADABLE);
}

static void an_edit_of_another_message_is_none_of_this(void **state)
{
    struct room *room = *state;
    edit(room, 0, &room->ann, "one, better");
    room->items[0].message.bytes[5]++;
    assert_int_equal(take(room), STATUS_OK);
    assert_int_equal(fate_of(room, 1, NULL, NULL), ENTRY_UNREADABLE);
}

static void what_we_were_there_for_is_not_replaced(void **state)
{
    struct room *room = *state;
    struct engine *engine = room->profile.engine;
    struct stored_entry own = {.sequence = 2,
                               .generation = 1,
                               .fate = ENTRY_DELETED,
                               .message = room->items[1].message,
                               .running_hash = {1}};
    assert_int_equal(vault_begin(engine->vault), STATUS_OK);
    assert_int_equal(entry_store(engine, &room->channel->id, &own), STATUS_OK);
    assert_int_equal(vault_commit(engine->vault), STATUS_OK);
    assert_int_equal(take(room), STATUS_OK);
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(4u * LIMIT_FRAME_BYTES);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry found;
    assert_int_equal(entry_get(engine, &room->channel->id, 2, &record, &arena, &found), STATUS_OK);
    assert_int_equal(found.fate, ENTRY_DELETED);
    /* And what is said of it must be what we know of it. */
    room->items[1].running_hash[0]++;
    assert_int_equal(take(room), STATUS_UNTRUSTED);
    assert_non_null(room->problem);
}

static void a_segment_is_what_its_key_says(void **state)
{
    struct room *room = *state;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(1u << 20);
    struct history_key key;
    assert_int_equal(segment_encode(&room->segment, &bytes), STATUS_OK);
    struct span whole = buffer_span(&bytes);
    key_of(room, whole, &key);
    key.sha256[0] ^= 1;
    assert_int_equal(take_bytes(room, &key, whole), STATUS_UNTRUSTED);
    key_of(room, whole, &key);
    key.last++;
    assert_int_equal(take_bytes(room, &key, whole), STATUS_UNTRUSTED);
    key_of(room, whole, &key);
    key.first = 1001;
    assert_int_equal(take_bytes(room, &key, whole), STATUS_UNTRUSTED);
    for (size_t length = 0; length < whole.len; length++) {
        key_of(room, span_of(whole.ptr, length), &key);
        assert_int_equal(take_bytes(room, &key, span_of(whole.ptr, length)), STATUS_UNTRUSTED);
        assert_non_null(room->problem);
    }
    assert_int_equal(fate_of(room, 1, NULL, NULL), 0);
}

static void a_segment_of_another_channel_is_refused(void **state)
{
    struct room *room = *state;
    room->segment.channel.bytes[0]++;
    assert_int_equal(take(room), STATUS_UNTRUSTED);
    room->segment.channel = room->channel->id;
    room->segment.first = 1 + (UINT64_C(1) << 32); /* contexts are of the first generation */
    assert_int_equal(take(room), STATUS_UNTRUSTED);
}

static void a_commit_begins_the_hash_of_its_epoch(void **state)
{
    struct room *room = *state;
    room->items[2].running_hash[0] ^= 1;
    assert_int_equal(take(room), STATUS_UNTRUSTED);
}

static void join_at(struct room *room, uint64_t sequence, uint64_t epoch)
{
    struct engine *engine = room->profile.engine;
    room->channel->joined_sequence = sequence;
    room->channel->joined_epoch = epoch;
    assert_int_equal(vault_begin(engine->vault), STATUS_OK);
    assert_int_equal(history_keys_put_context(engine, room->channel, 1, epoch,
                                              buffer_span(&room->contexts[epoch])),
                     STATUS_OK);
    assert_int_equal(vault_commit(engine->vault), STATUS_OK);
}

static void history_leads_to_where_we_joined(void **state)
{
    struct room *room = *state;
    join_at(room, 3, 1);
    assert_int_equal(take(room), STATUS_OK);
}

static void history_with_a_commit_too_many_is_refused(void **state)
{
    struct room *room = *state;
    join_at(room, 3, 1);
    /* A message that is left out as if it had been a change. */
    room->items[1] = (struct segment_item){.kind = SEGMENT_COMMIT};
    hash_of_epoch(room, 1, room->items[1].running_hash);
    room->segment.epoch_count = 3;
    hash_of_epoch(room, 2, room->items[2].running_hash);
    assert_int_equal(take(room), STATUS_UNTRUSTED);
}

static void history_that_joined_no_such_epoch_is_refused(void **state)
{
    struct room *room = *state;
    join_at(room, 3, 2);
    assert_int_equal(take(room), STATUS_UNTRUSTED);
    room->channel->joined_sequence = 4; /* where the segment has a message */
    assert_int_equal(take(room), STATUS_UNTRUSTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_said_comes_with_its_author_and_the_sharer),
        TEST(every_changed_byte_of_a_message_is_noticed),
        TEST(words_are_nobodys_but_whose_device_signed_them),
        TEST(a_message_has_the_id_that_its_author_gave_it),
        TEST(what_is_left_out_shows),
        TEST(a_repeat_is_shown_as_one),
        TEST(a_device_speaks_only_while_the_directory_lists_it),
        TEST(an_epoch_has_the_context_that_its_members_signed),
        TEST(nobody_speaks_before_their_epoch_begins),
        TEST(another_log_than_the_authors_shows),
        TEST(an_edit_is_its_authors),
        TEST(an_edit_of_another_message_is_none_of_this),
        TEST(what_we_were_there_for_is_not_replaced),
        TEST(a_segment_is_what_its_key_says),
        TEST(a_segment_of_another_channel_is_refused),
        TEST(a_commit_begins_the_hash_of_its_epoch),
        TEST(history_leads_to_where_we_joined),
        TEST(history_with_a_commit_too_many_is_refused),
        TEST(history_that_joined_no_such_epoch_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
