/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/channel_say.h"

#include "client-cli/core/channel_log.h"
#include "client-cli/core/limits.h"
#include "client-cli/core/message_number.h"
#include "client-cli/core/records.h"
#include "client-cli/core/sealed_answers.h"
#include "client-cli/core/search.h"
#include "client-cli/core/shut_out.h"
#include "protocol/content/padding.h"
#include "protocol/crypto/hash.h"
#include "protocol/wire/message_header.h"

#include <stdio.h>
#include <string.h>

/* Encryptions of one message that are remembered: more tries than one call makes. */
#define SENT_HASHES_MAX 8

/* A message that waits to be in the log. */
struct outgoing {
    struct id message;
    uint8_t lane;
    uint32_t stage_counter;
    uint16_t kind;
    struct id reply_to;
    struct span body;
    struct span content;       /* as it was encrypted last: what others will read */
    struct span authenticated; /* AuthenticatedContent around it, for history */
    /* Of what was sent, each try encrypted anew: anything else in the log is not from us. */
    uint8_t sent[SENT_HASHES_MAX][32];
    uint8_t tries;
    struct span deleted; /* encoded struct deleted_places; empty unless it is a deletion */
    bool waited;         /* said by a command that has ended; not in the record */
};

/* What a deletion asks the server to delete. */
struct deleted_places {
    struct wire_cursor *items;
    size_t count;
};
static const struct field deleted_fields[] = {
    FIELD_ITEMS(struct deleted_places, items, count, &wire_cursor_schema, LIMIT_DELETED_AT_ONCE),
};
static const struct schema deleted_schema =
    SCHEMA("deleted_places", struct deleted_places, deleted_fields);

#define DELETED_BYTES_MAX (16 * LIMIT_DELETED_AT_ONCE)

static const struct field outgoing_fields[] = {
    FIELD_ID(struct outgoing, message),
    FIELD_PLAIN(FIELD_U8, struct outgoing, lane),
    FIELD_PLAIN(FIELD_U32, struct outgoing, stage_counter),
    FIELD_PLAIN(FIELD_U16, struct outgoing, kind),
    FIELD_ID(struct outgoing, reply_to),
    FIELD_SIZED(FIELD_BYTES, struct outgoing, body, LIMIT_ENTRY_BYTES),
    FIELD_SIZED(FIELD_BYTES, struct outgoing, content, LIMIT_FRAME_BYTES),
    FIELD_SIZED(FIELD_BYTES, struct outgoing, authenticated, LIMIT_FRAME_BYTES),
    FIELD_ID(struct outgoing, sent),
    FIELD_PLAIN(FIELD_U8, struct outgoing, tries),
    FIELD_SIZED(FIELD_BYTES, struct outgoing, deleted, DELETED_BYTES_MAX),
};
static const struct schema outgoing_schema = SCHEMA("outgoing", struct outgoing, outgoing_fields);

#define OUTGOING_BYTES_MAX (3u * LIMIT_FRAME_BYTES + DELETED_BYTES_MAX + 1024)

/* One attempt: the content and the encrypted message, made in one transaction. */
struct attempt {
    struct outgoing *outgoing;
    uint64_t number; /* of the record */
    struct buffer content;
    struct mls_sent sent;
};

static void attempt_clear(struct attempt *attempt)
{
    buffer_clear(&attempt->content);
    mls_sent_clear(&attempt->sent);
}

static enum status
encode_content(const struct channel *channel, const struct outgoing *outgoing, struct buffer *bytes)
{
    struct content content = {
        .version = CONTENT_VERSION,
        .kind = outgoing->kind,
        .reply_to = outgoing->reply_to,
        .seen = {.epoch = mls_group_epoch(channel->group),
                 .sequence = channel->cursor,
                 .epoch_authenticator = mls_group_epoch_authenticator(channel->group)},
        .body = outgoing->body,
    };
    _Static_assert(sizeof content.seen.running_hash == sizeof channel->running_hash, "one hash");
    for (size_t i = 0; i < sizeof content.seen.running_hash; i++)
        content.seen.running_hash[i] = channel->running_hash[i];
    return content_encode(&content, bytes);
}

static enum status protect(struct engine *engine,
                           struct channel *channel,
                           const struct outgoing *outgoing,
                           struct attempt *attempt)
{
    CLEANUP(buffer_clear) struct buffer header_bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct message_header header = {.version = MESSAGE_HEADER_VERSION,
                                    .message = outgoing->message,
                                    .lane = outgoing->lane,
                                    .stage_counter = outgoing->stage_counter};
    TRY(channel_log_head(engine, &header));
    TRY(message_header_encode(&header, &header_bytes));
    struct span text = buffer_span(&attempt->content);
    return mls_group_protect(channel->group, buffer_span(&header_bytes), text,
                             content_padded_size(text.len), engine->random, &attempt->sent);
}

static enum status note_sent(struct outgoing *outgoing, struct span message)
{
    struct digest digest;
    TRY(hash_bytes(HASH_SHA256, message, &digest));
    memcpy(outgoing->sent[outgoing->tries++ % SENT_HASHES_MAX], digest.bytes, digest.len);
    return STATUS_OK;
}

static enum status was_sent(const struct outgoing *outgoing, struct span message, bool *was)
{
    struct digest digest;
    TRY(hash_bytes(HASH_SHA256, message, &digest));
    *was = false;
    for (size_t i = 0; i < SENT_HASHES_MAX; i++)
        *was = *was || span_equal(SPAN_OF(outgoing->sent[i]), digest_span(&digest));
    return STATUS_OK;
}

/* The transaction of an attempt: what is sent, and the key's use, are durable before it leaves. */
static enum status make(struct engine *engine, struct channel *channel, void *context)
{
    struct attempt *attempt = context;
    struct outgoing *outgoing = attempt->outgoing;
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(OUTGOING_BYTES_MAX);
    struct vault_place place = {
        .kind = RECORD_OUTGOING, .scope = channel->id, .major = attempt->number};
    TRY(channel_need_group(engine, channel));
    TRY(encode_content(channel, outgoing, &attempt->content));
    TRY(protect(engine, channel, outgoing, attempt));
    outgoing->content = buffer_span(&attempt->content);
    outgoing->authenticated = buffer_span(&attempt->sent.content);
    TRY(note_sent(outgoing, buffer_span(&attempt->sent.message)));
    TRY(schema_encode(&outgoing_schema, outgoing, &record));
    return vault_put(engine->vault, &place, buffer_span(&record));
}

static enum status call_send(struct engine *engine,
                             const struct channel *channel,
                             struct span message,
                             struct connection_reply *reply,
                             struct wire_channel_send_response *response)
{
    struct wire_channel_send_request request = {
        .channel = channel->id, .generation = channel->generation, .message = message};
    return engine_call(engine, WIRE_CHANNEL_SEND, &request, reply, response);
}

static enum status call_delete(struct engine *engine,
                               const struct channel *channel,
                               struct span message,
                               struct span deleted,
                               struct connection_reply *reply,
                               struct wire_channel_send_response *response)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct deleted_places places;
    TRY(status_of_stored(schema_decode(&deleted_schema, deleted, &arena, &places)));
    struct wire_channel_delete_request request = {.channel = channel->id,
                                                  .generation = channel->generation,
                                                  .message = message,
                                                  .deleted = places.items,
                                                  .deleted_count = places.count};
    return engine_call(engine, WIRE_CHANNEL_DELETE, &request, reply, response);
}

static enum status send_once(struct engine *engine,
                             struct channel *channel,
                             struct outgoing *outgoing,
                             uint64_t number,
                             struct channel_said *said)
{
    CLEANUP(attempt_clear)
    struct attempt attempt = {
        .outgoing = outgoing, .number = number, .content = BUFFER_INIT(LIMIT_FRAME_BYTES)};
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    TRY(channel_transact(engine, channel, make, &attempt));
    struct span message = buffer_span(&attempt.sent.message);
    struct wire_channel_send_response response;
    if (outgoing->deleted.len == 0)
        TRY(call_send(engine, channel, message, &reply, &response));
    else
        TRY(call_delete(engine, channel, message, outgoing->deleted, &reply, &response));
    *said = (struct channel_said){outgoing->message, response.sequence, response.time};
    return STATUS_OK;
}

static enum status forget(struct engine *engine, struct channel *channel, void *context)
{
    const uint64_t *number = context;
    struct vault_place place = {.kind = RECORD_OUTGOING, .scope = channel->id, .major = *number};
    return vault_delete(engine->vault, &place);
}

/* Whether a message that failed so may still go out later. What failed here, on this machine, says
 * nothing of what the server has: it may be in the log already. */
static bool is_passing(enum status status)
{
    return status == STATUS_NETWORK || status == STATUS_TIMEOUT || status == STATUS_RATE_LIMITED ||
           status_passes(status);
}

/* Sends, following the channel into a new epoch as often as it moves on. It must not send what
 * waits: this message waits too, and would be sent from within itself without an end. */
static enum status deliver(struct engine *engine,
                           struct channel *channel,
                           struct outgoing *outgoing,
                           uint64_t number,
                           struct channel_said *said)
{
    enum status status = STATUS_WRONG_EPOCH;
    for (int i = 0; i < CORE_COMMIT_TRIES && status == STATUS_WRONG_EPOCH; i++) {
        status = send_once(engine, channel, outgoing, number, said);
        if (status == STATUS_WRONG_EPOCH)
            TRY(channel_log_make_ready(engine, channel));
    }
    /* Whoever said it was told that it goes out, and the server's disk will have room again. */
    bool waits_on = outgoing->waited && status == STATUS_FULL;
    if (status == STATUS_OK || is_passing(status) || waits_on)
        return status;
    TRY(channel_transact(engine, channel, forget, &number));
    return status;
}

static enum status last_number(void *context, const struct vault_place *place, struct span value)
{
    (void)value;
    *(uint64_t *)context = place->major;
    return STATUS_CANCELLED;
}

static enum status next_number(struct engine *engine, const struct channel *channel, uint64_t *next)
{
    uint64_t last = 0;
    struct vault_walk walk = {.kind = RECORD_OUTGOING,
                              .scope = channel->id,
                              .to = UINT64_MAX,
                              .backwards = true,
                              .visit = last_number,
                              .context = &last};
    TRY(vault_walk(engine->vault, &walk));
    *next = last + 1;
    return STATUS_OK;
}

/* ---- what is in the vault ---- */

struct search {
    const struct id *message; /* NULL: the first */
    uint64_t number;          /* of what was found; 0: nothing */
    struct buffer *record;
};

static enum status look_at(void *context, const struct vault_place *place, struct span value)
{
    struct search *search = context;
    struct arena none = ARENA_INIT(0);
    struct outgoing outgoing;
    if (schema_decode(&outgoing_schema, value, &none, &outgoing) != STATUS_OK)
        return STATUS_CORRUPT;
    if (search->message != NULL && !id_equal(search->message, &outgoing.message))
        return STATUS_OK;
    search->number = place->major;
    TRY(buffer_append(search->record, value));
    return STATUS_CANCELLED;
}

/* Finds a record; `outgoing` lends from `record`. */
static enum status find(struct engine *engine,
                        const struct channel *channel,
                        struct search *search,
                        struct outgoing *outgoing)
{
    struct arena none = ARENA_INIT(0);
    struct vault_walk walk = {.kind = RECORD_OUTGOING,
                              .scope = channel->id,
                              .to = UINT64_MAX,
                              .visit = look_at,
                              .context = search};
    TRY(vault_walk(engine->vault, &walk));
    if (search->number == 0)
        return STATUS_NOT_FOUND;
    return schema_decode(&outgoing_schema, buffer_span(search->record), &none, outgoing);
}

/* What became of a message that the server has acknowledged, when the log was read to its end. */
enum said_fate {
    SAID_IN_LOG,
    SAID_REPLACED, /* something else is in its place */
    SAID_WITHHELD, /* the log ends before its place */
};

static enum status look_for_said(struct engine *engine,
                                 struct channel *channel,
                                 const struct channel_said *said,
                                 enum said_fate *fate)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(OUTGOING_BYTES_MAX);
    struct search search = {.message = &said->message, .record = &record};
    struct outgoing outgoing;
    *fate = SAID_IN_LOG;
    enum status found = find(engine, channel, &search, &outgoing);
    if (found != STATUS_OK || channel->state != CHANNEL_STATE_MEMBER)
        return found == STATUS_NOT_FOUND ? STATUS_OK : found;
    *fate = channel->cursor < said->sequence ? SAID_WITHHELD : SAID_REPLACED;
    /* What was replaced is dropped, or it would be sent for ever, before everything else. */
    return *fate == SAID_REPLACED ? channel_transact(engine, channel, forget, &search.number)
                                  : STATUS_OK;
}

#define FATE_TEXT_SIZE 300

static void fate_text(enum said_fate fate, uint64_t sequence, char text[FATE_TEXT_SIZE])
{
    if (fate == SAID_REPLACED)
        snprintf(text, FATE_TEXT_SIZE,
                 "what you said is not what the server has as number %s, and nobody can read "
                 "that: say it again, and tell whoever runs the server",
                 message_number(sequence).text);
    else
        snprintf(text, FATE_TEXT_SIZE,
                 "the server says that it has what you said as number %s, and does not show it "
                 "in the channel: others may not get it. It is sent again with the next command; "
                 "tell whoever runs the server",
                 message_number(sequence).text);
}

/* What somebody says is in the vault, and may be in the log: whoever says it again says it twice.
 * What is said on the way to what they asked for is none of their words, and that has to be asked
 * again. */
static enum status
explain_waiting(struct engine *engine, const struct content_kind_row *row, enum status status)
{
    bool own_words = row->lane != LANE_CONTROL && row->number != CONTENT_REVEAL;
    if (!own_words || (status != STATUS_NETWORK && status != STATUS_TIMEOUT))
        return status;
    return engine_explain(engine, status,
                          "the connection ended just as this was sent: if the server has not got "
                          "it, it goes out with the next command. Do not say it again: weft sync "
                          "sees to it, and weft read shows it");
}

/* Says `body`; `outgoing` has all but what follows from the channel. */
static enum status say(struct engine *engine,
                       struct channel *channel,
                       struct outgoing *outgoing,
                       const void *body,
                       struct channel_said *said)
{
    CLEANUP(buffer_clear) struct buffer encoded = BUFFER_INIT(LIMIT_ENTRY_BYTES);
    const struct content_kind_row *row = content_kind_find(outgoing->kind);
    char text[FATE_TEXT_SIZE];
    uint64_t number;
    if (row == NULL)
        return STATUS_UNSUPPORTED;
    if (channel->state != CHANNEL_STATE_MEMBER)
        return engine_explain(engine, STATUS_REMOVED, "you are not in this channel any more");
    enum status encodes = content_encode_body(outgoing->kind, body, &encoded);
    if (encodes == STATUS_LIMIT)
        return engine_explain(engine, encodes, "this is too long for one message");
    TRY(encodes);
    TRY(channel_log_catch_up(engine, channel));
    if (channel->state != CHANNEL_STATE_MEMBER)
        return engine_explain(engine, STATUS_REMOVED, "you are not in this channel any more");
    TRY(shut_out_look_before(engine, channel));
    TRY(next_number(engine, channel, &number));
    outgoing->lane = row->lane;
    outgoing->stage_counter = channel->has_session ? channel->session.counter : 0;
    outgoing->body = buffer_span(&encoded);
    enum status sent = deliver(engine, channel, outgoing, number, said);
    /* What the server refused for its rate was not done, and whoever waits says it again. */
    if (sent == STATUS_RATE_LIMITED && engine_is_connected(engine))
        TRY(channel_transact(engine, channel, forget, &number));
    if (sent != STATUS_OK)
        return explain_waiting(engine, row, sent);
    TRY(channel_log_take_new(engine, channel));
    enum said_fate fate;
    TRY(look_for_said(engine, channel, said, &fate));
    if (fate != SAID_IN_LOG) {
        fate_text(fate, said->sequence, text);
        return engine_explain(engine, STATUS_UNTRUSTED, "%s", text);
    }
    return channel_log_is_settled(channel) ? STATUS_OK : channel_log_catch_up(engine, channel);
}

enum status channel_say_as(struct engine *engine,
                           struct channel *channel,
                           const struct id *message,
                           uint16_t kind,
                           const struct id *reply_to,
                           const void *body,
                           struct channel_said *said)
{
    struct outgoing outgoing = {.message = *message, .kind = kind};
    if (reply_to != NULL)
        outgoing.reply_to = *reply_to;
    return say(engine, channel, &outgoing, body, said);
}

enum status channel_say_deletion(struct engine *engine,
                                 struct channel *channel,
                                 const struct content_deletion *deletion,
                                 struct wire_cursor *places,
                                 struct channel_said *said)
{
    CLEANUP(buffer_clear) struct buffer encoded = BUFFER_INIT(DELETED_BYTES_MAX);
    struct outgoing outgoing = {.kind = CONTENT_DELETION};
    struct deleted_places deleted = {places, deletion->count};
    TRY(schema_encode(&deleted_schema, &deleted, &encoded));
    TRY(id_random(engine->random, &outgoing.message));
    outgoing.deleted = buffer_span(&encoded);
    return say(engine, channel, &outgoing, deletion, said);
}

enum status channel_say(struct engine *engine,
                        struct channel *channel,
                        uint16_t kind,
                        const struct id *reply_to,
                        const void *body,
                        struct channel_said *said)
{
    struct id message;
    TRY(id_random(engine->random, &message));
    return channel_say_as(engine, channel, &message, kind, reply_to, body, said);
}

/* The words of a message that waited. */
static enum status words_of(struct engine *engine,
                            const struct channel *channel,
                            const struct outgoing *outgoing,
                            struct buffer *words)
{
    CLEANUP(buffer_clear) struct buffer encoded = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct content content = {
        .version = CONTENT_VERSION, .kind = outgoing->kind, .body = outgoing->body};
    struct arena none = ARENA_INIT(0);
    struct content_sealed sealed;
    if (outgoing->kind == CONTENT_SEALED) {
        TRY(content_decode_body(&content, &none, &sealed));
        return sealed_answers_own(engine, channel, &outgoing->message, &sealed, words);
    }
    TRY(content_encode(&content, &encoded));
    struct stored_entry entry = {.fate = ENTRY_READ, .content = buffer_span(&encoded)};
    return search_words(engine, channel, &entry, words);
}

/* Whoever said it was told that it goes out, and may have it nowhere else. */
static void tell_refused(struct engine *engine,
                         const struct channel *channel,
                         const struct outgoing *outgoing,
                         const char *why)
{
    CLEANUP(buffer_clear) struct buffer words = BUFFER_INIT(LIMIT_ENTRY_BYTES);
    bool known = words_of(engine, channel, outgoing, &words) == STATUS_OK;
    while (words.len != 0 && words.ptr[words.len - 1] == '\n')
        buffer_truncate(&words, words.len - 1);
    known = known && words.len != 0;
    engine_notice(engine, channel, "A message that was waiting was refused (%s)%s%.*s", why,
                  known ? ". It was: " : "", known ? (int)words.len : 0,
                  known ? (const char *)words.ptr : "");
}

static void explain_refused(struct engine *engine,
                            const struct channel *channel,
                            const struct outgoing *outgoing,
                            enum status status)
{
    const char *why = engine_explanation(engine);
    tell_refused(engine, channel, outgoing, why[0] == '\0' ? status_text(status) : why);
    engine_forget_explanation(engine);
}

enum status channel_say_give_up(struct engine *engine, struct channel *channel)
{
    enum status found = STATUS_OK;
    while (found == STATUS_OK) {
        CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(OUTGOING_BYTES_MAX);
        struct search search = {.record = &record};
        struct outgoing outgoing;
        found = find(engine, channel, &search, &outgoing);
        if (found != STATUS_OK)
            continue;
        tell_refused(engine, channel, &outgoing, "you are not in this channel any more");
        TRY(channel_transact(engine, channel, forget, &search.number));
    }
    return found == STATUS_NOT_FOUND ? STATUS_OK : found;
}

enum status channel_say_again(struct engine *engine, struct channel *channel)
{
    for (int i = 0; i < CORE_COMMIT_TRIES; i++) {
        CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(OUTGOING_BYTES_MAX);
        struct search search = {.record = &record};
        struct outgoing outgoing;
        struct channel_said said;
        enum said_fate fate = SAID_IN_LOG;
        char text[FATE_TEXT_SIZE];
        enum status found = find(engine, channel, &search, &outgoing);
        if (found != STATUS_OK)
            return found == STATUS_NOT_FOUND ? STATUS_OK : found;
        outgoing.waited = true;
        enum status sent = deliver(engine, channel, &outgoing, search.number, &said);
        if (is_passing(sent))
            return sent;
        if (sent == STATUS_FULL) {
            engine_forget_explanation(engine);
            engine_notice(engine, channel, "What you said waits: there is no space left for it");
            return STATUS_OK;
        }
        if (sent != STATUS_OK)
            explain_refused(engine, channel, &outgoing, sent);
        TRY(channel_log_take_new(engine, channel));
        if (sent == STATUS_OK)
            TRY(look_for_said(engine, channel, &said, &fate));
        if (fate != SAID_IN_LOG) {
            fate_text(fate, said.sequence, text);
            engine_notice(engine, channel, "%s", text);
        }
        if (fate == SAID_WITHHELD)
            return STATUS_OK; /* it waits on: again with the next command */
    }
    return STATUS_OK;
}

enum status channel_say_take(struct engine *engine,
                             struct channel *channel,
                             const struct wire_entry *entry,
                             struct channel_say_own *own)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(OUTGOING_BYTES_MAX);
    struct search search = {.message = &entry->message, .record = &record};
    struct outgoing outgoing;
    TRY(find(engine, channel, &search, &outgoing));
    TRY(was_sent(&outgoing, entry->bytes, &own->intact));
    buffer_clear(&own->content);
    buffer_clear(&own->authenticated);
    TRY(buffer_append(&own->content, outgoing.content));
    TRY(buffer_append(&own->authenticated, outgoing.authenticated));
    own->lane = outgoing.lane;
    own->stage_counter = outgoing.stage_counter;
    return forget(engine, channel, &search.number);
}
