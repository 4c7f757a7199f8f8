/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/client-cli/core/history_room.h"

#include "client-cli/core/entry.h"
#include "protocol/channel/identity.h"
#include "protocol/content/running_hash.h"
#include "protocol/crypto/hash.h"
#include "protocol/crypto/random_system.h"
#include "protocol/mls/public/label.h"
#include "protocol/mls/public/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- the directory ---- */

static void enrol(struct history_room *room, struct history_author *author)
{
    author->account = ACCOUNT_INIT;
    assert_int_equal(account_make_keys(&author->account, random_system()), STATUS_OK);
    profile_room_enrol(&room->profile, &author->account, NULL);
    room->log_size = directory_log_of(room->profile.engine->directory)->size;
}

void history_room_shut_out(struct history_room *room, const struct history_author *author)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    struct directory_signers signers = {.authority_private_key =
                                            SPAN_OF(author->account.login_private)};
    struct directory_entry entry = {.version = DIRECTORY_ENTRY_VERSION,
                                    .kind = DIRECTORY_REVOKE_DEVICE,
                                    .authority = DIRECTORY_BY_DEVICE,
                                    .person = author->account.person,
                                    .device = author->account.device,
                                    .by_person = author->account.person,
                                    .by_device = author->account.device};
    assert_int_equal(directory_entry_sign(&entry, &signers, &bytes), STATUS_OK);
    assert_int_equal(directory_apply(room->profile.engine->directory, buffer_span(&bytes), true),
                     STATUS_OK);
}

/* ---- epochs ---- */

static void make_context(struct history_room *room, size_t epoch)
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

void history_room_hash_of_epoch(const struct history_room *room,
                                size_t epoch,
                                uint8_t hash[RUNNING_HASH_SIZE])
{
    struct reader reader = reader_of(room->epochs[epoch].group_context);
    struct mls_group_context context;
    assert_int_equal(mls_group_context_read(&reader, &context), STATUS_OK);
    assert_int_equal(running_hash_begin(context.confirmed_transcript_hash, hash), STATUS_OK);
}

/* ---- what is said ---- */

/* As the author's own client signs it. */
void history_room_sign(struct history_room *room,
                       const struct history_author *author,
                       const struct history_saying *saying,
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
void history_room_say(struct history_room *room,
                      size_t at,
                      const struct history_author *author,
                      uint64_t epoch,
                      const char *words)
{
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(4096);
    struct content_text text = {span_from_text(words)};
    struct history_saying saying = {.message = {{(uint8_t)(at + 1)}},
                                    .epoch = epoch,
                                    .content = {.version = CONTENT_VERSION, .kind = CONTENT_TEXT}};
    assert_int_equal(content_encode_body(CONTENT_TEXT, &text, &body), STATUS_OK);
    saying.content.body = buffer_span(&body);
    buffer_clear(&room->messages[at]);
    history_room_sign(room, author, &saying, &room->messages[at]);
    room->items[at] = (struct segment_item){.kind = SEGMENT_MESSAGE,
                                            .time = 1000 + (int64_t)at,
                                            .message = saying.message,
                                            .device = author->account.device,
                                            .running_hash = {(uint8_t)at},
                                            .authenticated = buffer_span(&room->messages[at])};
}

/* Item `at` becomes the message of item `of`, edited. */
void history_room_edit(struct history_room *room,
                       size_t at,
                       const struct history_author *author,
                       const char *words)
{
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(4096);
    CLEANUP(buffer_clear) struct buffer edited = BUFFER_INIT(4096);
    struct content_text text = {span_from_text(words)};
    struct history_saying saying = {.message = {{77}},
                                    .content = {.version = CONTENT_VERSION,
                                                .kind = CONTENT_EDIT,
                                                .reply_to = room->items[at].message}};
    assert_int_equal(content_encode_body(CONTENT_TEXT, &text, &edited), STATUS_OK);
    struct content_edit change = {CONTENT_TEXT, buffer_span(&edited)};
    assert_int_equal(content_encode_body(CONTENT_EDIT, &change, &body), STATUS_OK);
    saying.content.body = buffer_span(&body);
    buffer_clear(&room->messages[at]);
    history_room_sign(room, author, &saying, &room->messages[at]);
    room->items[at].kind = SEGMENT_EDITED;
    room->items[at].edited = 50;
    room->items[at].authenticated = buffer_span(&room->messages[at]);
}

/* ---- taking ---- */

int history_room_open(void **state)
{
    struct history_room *room = calloc(1, sizeof *room);
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
    history_room_say(room, 0, &room->ann, 0, "one");
    history_room_say(room, 1, &room->ben, 0, "two");
    room->items[2] = (struct segment_item){.kind = SEGMENT_COMMIT};
    history_room_hash_of_epoch(room, 1, room->items[2].running_hash);
    history_room_say(room, 3, &room->ann, 1, "three");
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

int history_room_close(void **state)
{
    struct history_room *room = *state;
    for (size_t i = 0; i < HISTORY_ITEMS_MAX; i++)
        buffer_clear(&room->messages[i]);
    for (size_t i = 0; i < 3; i++)
        buffer_clear(&room->contexts[i]);
    account_clear(&room->ann.account);
    account_clear(&room->ben.account);
    profile_room_close(&room->profile);
    free(room);
    return 0;
}

void history_room_key_of(const struct history_room *room,
                         struct span bytes,
                         struct history_key *key)
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
enum status
history_room_take_bytes(struct history_room *room, const struct history_key *key, struct span bytes)
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

enum status history_room_take(struct history_room *room)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(1u << 20);
    struct history_key key;
    assert_int_equal(segment_encode(&room->segment, &bytes), STATUS_OK);
    history_room_key_of(room, buffer_span(&bytes), &key);
    return history_room_take_bytes(room, &key, buffer_span(&bytes));
}

/* The fate of an entry; 0: there is none. `words` is its text when it was read. */
int history_room_fate_of(struct history_room *room,
                         uint64_t sequence,
                         const char *words,
                         const struct history_author *author)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
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

bool history_room_has_warning(struct history_room *room, uint64_t sequence)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry entry;
    assert_int_equal(
        entry_get(room->profile.engine, &room->channel->id, sequence, &record, &arena, &entry),
        STATUS_OK);
    return entry.warning.len != 0;
}
