/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/history_take.h"

#include "client-cli/core/entry.h"
#include "client-cli/core/floor.h"
#include "client-cli/core/revision.h"
#include "client-cli/core/search.h"
#include "protocol/channel/identity.h"
#include "protocol/content/segment.h"
#include "protocol/crypto/hash.h"
#include "protocol/mls/public/registry.h"

#include <string.h>

#define WARNING_BYTES_MAX 600

struct taking {
    struct engine *engine;
    struct channel *channel;
    const struct history_key *key;
    struct segment segment;
    struct arena arena; /* of the segment */
    uint32_t generation;
    uint64_t epoch;      /* in which the item stands */
    uint64_t kept_epoch; /* whose GroupContext was kept last, plus one; 0: none yet */
    struct history_taken *taken;
    const char **problem;
};

static void taking_clear(struct taking *taking)
{
    arena_clear(&taking->arena);
}

static enum status refuse(const struct taking *taking, const char *problem)
{
    *taking->problem = problem;
    return STATUS_UNTRUSTED;
}

/* ---- the segment as a whole ---- */

static enum status decode(struct taking *taking, struct span bytes)
{
    const struct history_key *key = taking->key;
    struct segment *segment = &taking->segment;
    struct digest digest;
    TRY(hash_bytes(HASH_SHA256, bytes, &digest));
    if (bytes.len != key->size || !span_equal(digest_span(&digest), SPAN_OF(key->sha256)))
        return refuse(taking, "it is not what they said it is");
    enum status decoded = segment_decode(bytes, &taking->arena, segment);
    if (status_is_local(decoded))
        return decoded;
    if (decoded != STATUS_OK)
        return refuse(taking, "it cannot be read");
    if (!id_equal(&segment->channel, &taking->channel->id) || segment->first != key->first ||
        segment->first + segment->item_count - 1 != key->last)
        return refuse(taking, "it is another part than they said");
    /* What is still to come is told by the log alone, whose messages it would make repeats. */
    uint64_t said = key->last;
    for (size_t i = 0; i < segment->item_count; i++)
        said = segment->items[i].edited > said ? segment->items[i].edited : said;
    return said > taking->channel->cursor ? refuse(taking, "it has what was not said yet")
                                          : STATUS_OK;
}

/* Whether a group is this channel's, in the generation of the segment. */
static bool is_group(const struct taking *taking, struct span group_id)
{
    struct id channel;
    uint32_t generation = 0;
    return channel_group_id_decode(group_id, &channel, &generation) == STATUS_OK &&
           id_equal(&channel, &taking->channel->id) && generation == taking->generation;
}

/* Whether the bytes are a GroupContext of this channel's epoch. */
static bool is_context(const struct taking *taking, const struct segment_epoch *epoch)
{
    struct reader reader = reader_of(epoch->group_context);
    struct mls_group_context context;
    return mls_group_context_read(&reader, &context) == STATUS_OK &&
           reader_finish(&reader) == STATUS_OK && context.epoch == epoch->epoch &&
           context.cipher_suite == SUITE_X25519_AES128GCM_SHA256_ED25519 &&
           is_group(taking, context.group_id);
}

static enum status check_contexts(const struct taking *taking)
{
    for (size_t i = 0; i < taking->segment.epoch_count; i++)
        if (!is_context(taking, &taking->segment.epochs[i]))
            return refuse(taking, "it has an epoch of another channel");
    return STATUS_OK;
}

static enum status hash_of(struct span group_context, uint8_t hash[RUNNING_HASH_SIZE])
{
    struct reader reader = reader_of(group_context);
    struct mls_group_context context;
    TRY(mls_group_context_read(&reader, &context));
    return running_hash_begin(context.confirmed_transcript_hash, hash);
}

/* The running hash after a commit begins with the epoch that it makes. */
static enum status check_commit(const struct taking *taking, const struct segment_item *item)
{
    uint8_t hash[RUNNING_HASH_SIZE];
    struct span context = segment_context(&taking->segment, taking->epoch + 1);
    if (context.len == 0)
        return STATUS_OK;
    TRY(hash_of(context, hash));
    return span_equal(SPAN_OF(hash), SPAN_OF(item->running_hash))
               ? STATUS_OK
               : refuse(taking, "a change of the channel in it is none");
}

/* The commit that let us in leads to the group that we joined: as many commits, the same hash. */
static enum status
check_joined(const struct taking *taking, const struct segment_item *item, uint64_t after)
{
    CLEANUP(buffer_clear) struct buffer context = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    uint8_t hash[RUNNING_HASH_SIZE];
    TRY(history_keys_context(taking->engine, taking->channel, taking->generation,
                             taking->channel->joined_epoch, &context));
    TRY(hash_of(buffer_span(&context), hash));
    if (item->kind != SEGMENT_COMMIT || after != taking->channel->joined_epoch ||
        !span_equal(SPAN_OF(hash), SPAN_OF(item->running_hash)))
        return refuse(taking, "it does not lead to where you joined");
    return STATUS_OK;
}

static enum status check_commits(struct taking *taking)
{
    const struct segment *segment = &taking->segment;
    taking->epoch = segment->epoch;
    for (size_t i = 0; i < segment->item_count; i++) {
        const struct segment_item *item = &segment->items[i];
        bool commit = item->kind == SEGMENT_COMMIT;
        if (commit)
            TRY(check_commit(taking, item));
        taking->epoch += commit ? 1 : 0;
        if (segment->first + i == taking->channel->joined_sequence)
            TRY(check_joined(taking, item, taking->epoch));
    }
    taking->epoch = segment->epoch;
    return STATUS_OK;
}

/* ---- one message ---- */

struct message {
    const struct segment_item *item;
    struct arena arena;
    struct mls_authenticated_content authenticated;
    struct message_header header;
    struct content content;
    struct span context;
    const struct suite *suite;
    const struct directory_device *author; /* who signed it; NULL: nobody that it may be of */
    struct stored_entry stored;
    struct buffer warning;
    struct buffer edited; /* the content that an edit makes */
    bool instead;         /* of a commit by somebody's word, which gives way to what was signed */
};

static void message_clear(struct message *message)
{
    arena_clear(&message->arena);
    buffer_clear(&message->warning);
    buffer_clear(&message->edited);
}

static enum status warn(struct message *message, const char *text)
{
    if (message->warning.len + strlen(text) + 2 > message->warning.size_bytes_max)
        return STATUS_OK;
    if (message->warning.len != 0)
        TRY(buffer_append(&message->warning, SPAN_LITERAL("; ")));
    return buffer_append(&message->warning, span_from_text(text));
}

/* The form of something that was said in this channel, at this place; else STATUS_INVALID, or what
 * decoding says. */
static enum status read_form(const struct taking *taking, struct message *message)
{
    struct reader reader = reader_of(message->item->authenticated);
    struct mls_authenticated_content *authenticated = &message->authenticated;
    const struct mls_framed_content *content = &authenticated->content;
    TRY(mls_authenticated_content_read(&reader, &message->arena, authenticated));
    TRY(reader_finish(&reader));
    TRY(mls_authenticated_content_check_form(authenticated));
    if (authenticated->wire_format != MLS_WIRE_PRIVATE_MESSAGE ||
        content->type != MLS_CONTENT_APPLICATION || !is_group(taking, content->group_id))
        return STATUS_INVALID;
    bool late = content->epoch + LIMIT_PAST_EPOCHS >= taking->epoch;
    bool early = content->epoch > taking->epoch && message->item->kind != SEGMENT_EDITED;
    message->context = segment_context(&taking->segment, content->epoch);
    if (!late || early || message->context.len == 0)
        return STATUS_INVALID;
    TRY(message_header_decode(content->authenticated_data, &message->arena, &message->header));
    return content_decode(content->application_data, &message->content);
}

/* Whether it is the message that the item names, or the edit of it. */
static bool is_named(const struct message *message)
{
    const struct segment_item *item = message->item;
    if (item->kind == SEGMENT_MESSAGE)
        return id_equal(&message->header.message, &item->message) &&
               message->content.kind != CONTENT_HISTORY;
    return message->content.kind == CONTENT_EDIT &&
           id_equal(&message->content.reply_to, &item->message);
}

struct authors {
    const struct taking *taking;
    struct message *message;
    enum status status; /* of this machine: then nobody is known not to have signed it */
};

/* A device that the directory listed when its author looked at it last, and that signed this. */
static void try_author(void *context, const struct directory_device *device)
{
    struct authors *authors = context;
    struct message *message = authors->message;
    struct span key = SPAN_OF(device->leaf_key);
    if (message->author != NULL || authors->status != STATUS_OK)
        return;
    enum status signed_it =
        directory_check_leaf_at(authors->taking->engine->directory, message->header.log_size,
                                &device->person, &device->device, key);
    if (signed_it == STATUS_OK)
        signed_it = mls_authenticated_content_verify(message->suite, &message->authenticated,
                                                     message->context, key);
    if (signed_it == STATUS_OK)
        message->author = device;
    else if (status_is_local(signed_it))
        authors->status = signed_it;
}

/* Its author may have edited it on another of their devices. STATUS_BAD_SIGNATURE: nobody has. */
static enum status find_author(const struct taking *taking, struct message *message)
{
    const struct directory *directory = taking->engine->directory;
    const struct directory_device *device = directory_find(directory, &message->item->device);
    struct authors authors = {taking, message, STATUS_OK};
    message->suite = suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519);
    if (device == NULL)
        return STATUS_BAD_SIGNATURE;
    if (message->item->kind == SEGMENT_EDITED)
        directory_each_device(directory, &device->person, try_author, &authors);
    else
        try_author(&authors, device);
    TRY(authors.status);
    return message->author == NULL ? STATUS_BAD_SIGNATURE : STATUS_OK;
}

/* What its author had seen against what we have of the log, from whomever. */
static enum status compare_seen(const struct taking *taking, struct message *message)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    const struct content_seen *seen = &message->content.seen;
    bool edited = message->item->kind == SEGMENT_EDITED;
    struct stored_entry before;
    if (seen->sequence >= (edited ? message->item->edited : message->stored.sequence))
        return warn(message, "its author says they saw what was not there yet");
    enum status found =
        entry_get(taking->engine, &taking->channel->id, seen->sequence, &record, &arena, &before);
    if (found != STATUS_OK)
        return found == STATUS_NOT_FOUND ? STATUS_OK : found;
    if (span_equal(SPAN_OF(before.running_hash), SPAN_OF(seen->running_hash)))
        return STATUS_OK;
    return warn(message, "its author saw another log than the one that was shared with you");
}

static enum status compare_log(const struct taking *taking, struct message *message)
{
    enum status same = directory_check_root(taking->engine->directory, message->header.log_size,
                                            message->header.log_root);
    if (same == STATUS_UNTRUSTED)
        return warn(message, "its author was shown another directory of devices than you");
    if (same == STATUS_NOT_FOUND)
        return warn(message, "its author knew of devices that the server has not shown you yet");
    return same;
}

static enum status compare(const struct taking *taking, struct message *message)
{
    const char *breach = floor_breach(NULL, 0, message->header.lane, message->content.kind);
    if (breach != NULL)
        TRY(warn(message, breach));
    TRY(compare_seen(taking, message));
    return compare_log(taking, message);
}

/* The message as it stands with its edit; STATUS_INVALID when the edit makes none. */
static enum status apply_edit(struct message *message)
{
    struct content_edit edit;
    TRY(content_decode_body(&message->content, &message->arena, &edit));
    if (!revision_is_text(edit.kind))
        return STATUS_INVALID;
    struct content content = {.version = CONTENT_VERSION,
                              .kind = edit.kind,
                              .reply_to = message->item->reply_to,
                              .seen = message->content.seen,
                              .body = edit.body};
    const struct content_kind_row *row = content_kind_find(edit.kind);
    void *body = NULL;
    message->stored.lane = row->lane;
    message->stored.stage_counter = message->item->stage_counter;
    message->stored.edited = message->item->edited;
    TRY(arena_take(&message->arena, 1, row->body->size, &body));
    TRY(content_decode_body(&content, &message->arena, body));
    return content_encode(&content, &message->edited);
}

static enum status fill(struct message *message)
{
    struct stored_entry *stored = &message->stored;
    stored->fate = ENTRY_READ;
    stored->person = message->author->person;
    stored->epoch = message->authenticated.content.epoch;
    if (message->item->kind == SEGMENT_EDITED) {
        TRY(apply_edit(message));
        stored->device = message->item->device;
        stored->content = buffer_span(&message->edited);
        return STATUS_OK;
    }
    stored->device = message->author->device;
    stored->lane = message->header.lane;
    stored->stage_counter = message->header.stage_counter;
    stored->content = message->authenticated.content.application_data;
    stored->authenticated = message->item->authenticated;
    return STATUS_OK;
}

/* Whoever comes after us may have it from us. Of epochs under which nobody signed anything we keep
 * none: a sharer could fill the vault with them. */
static enum status keep_context(struct taking *taking, const struct message *message)
{
    uint64_t epoch = message->authenticated.content.epoch;
    if (taking->kept_epoch == epoch + 1)
        return STATUS_OK;
    taking->kept_epoch = epoch + 1;
    return history_keys_put_context(taking->engine, taking->channel, taking->generation, epoch,
                                    message->context);
}

/* Errors are of this machine, or say that nobody said this here. */
static enum status understand(struct taking *taking, struct message *message)
{
    TRY(read_form(taking, message));
    if (!is_named(message))
        return STATUS_INVALID;
    TRY(find_author(taking, message));
    TRY(keep_context(taking, message));
    return fill(message);
}

static enum status refuse_message(struct taking *taking, struct message *message)
{
    message->stored.fate = ENTRY_UNREADABLE;
    message->stored.person = (struct id){{0}};
    message->stored.content = SPAN_EMPTY;
    message->stored.authenticated = SPAN_EMPTY;
    message->stored.edited = 0;
    taking->taken->refused++;
    return warn(message, "what was shared here was not said by whom it is said to be: not shown");
}

/* An id that was used before: the first keeps it. */
static enum status check_repeated(const struct taking *taking, struct message *message)
{
    uint64_t first = 0;
    enum status known =
        entry_find_message(taking->engine, &taking->channel->id, &message->stored.message, &first);
    if (known != STATUS_OK)
        return known == STATUS_NOT_FOUND ? STATUS_OK : known;
    message->stored.fate = ENTRY_REPEATED;
    return warn(message, "this message was sent before: a repeat is not shown");
}

static enum status read_message(struct taking *taking, struct message *message)
{
    enum status understood = understand(taking, message);
    if (status_is_local(understood))
        return understood;
    if (understood != STATUS_OK)
        return refuse_message(taking, message);
    TRY(compare(taking, message));
    TRY(check_repeated(taking, message));
    taking->taken->messages += message->stored.fate == ENTRY_READ ? 1 : 0;
    return STATUS_OK;
}

/* What it does to earlier messages. What it says of the channel is over. */
static enum status revise(struct taking *taking, struct message *message)
{
    const char *problem = NULL;
    if (message->stored.fate != ENTRY_READ || message->item->kind != SEGMENT_MESSAGE)
        return STATUS_OK;
    TRY(revision_take(taking->engine, taking->channel, &message->stored, &message->content,
                      &problem));
    return problem == NULL ? STATUS_OK : warn(message, problem);
}

/* ---- one item ---- */

/* Whether the vault has the entry. If it is from the log itself, it must be the same log. */
static enum status is_here(struct taking *taking, struct message *message, uint64_t at, bool *here)
{
    const struct segment_item *item = message->item;
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry own;
    enum status found = entry_get(taking->engine, &taking->channel->id, at, &record, &arena, &own);
    *here = false;
    if (found != STATUS_OK)
        return found == STATUS_NOT_FOUND ? STATUS_OK : found;
    if (!span_equal(SPAN_OF(own.running_hash), SPAN_OF(item->running_hash)) &&
        id_is_none(&own.shared_by))
        return refuse(taking, "it is of another log than yours");
    message->instead = entry_is_shared_commit(&own);
    bool gives_way = entry_is_lacking(&own) || message->instead;
    bool says = item->kind == SEGMENT_MESSAGE || item->kind == SEGMENT_EDITED;
    *here = !gives_way || !says;
    return STATUS_OK;
}

static void describe(const struct taking *taking, struct message *message, uint64_t sequence)
{
    const struct segment_item *item = message->item;
    const struct directory_device *device =
        directory_find(taking->engine->directory, &item->device);
    message->stored = (struct stored_entry){.sequence = sequence,
                                            .generation = taking->generation,
                                            .epoch = taking->epoch,
                                            .time = item->time,
                                            .fate = ENTRY_WITHHELD,
                                            .message = item->message,
                                            .device = item->device,
                                            .shared_by = taking->key->shared_by};
    memcpy(message->stored.running_hash, item->running_hash, sizeof item->running_hash);
    if (device != NULL)
        message->stored.person = device->person;
}

static enum status take_item(struct taking *taking, const struct segment_item *item, uint64_t at)
{
    CLEANUP(message_clear)
    struct message message = {.item = item,
                              .arena = ARENA_INIT(LIMIT_DECODED_BYTES),
                              .warning = BUFFER_INIT(WARNING_BYTES_MAX),
                              .edited = BUFFER_INIT(LIMIT_FRAME_BYTES)};
    bool here = false;
    TRY(is_here(taking, &message, at, &here));
    if (here)
        return STATUS_OK;
    describe(taking, &message, at);
    if (item->kind == SEGMENT_COMMIT)
        message.stored.fate = ENTRY_CHANGED;
    else if (item->kind == SEGMENT_CONTROL)
        message.stored.fate = ENTRY_CONTROL;
    else if (item->kind == SEGMENT_WITHHELD)
        taking->taken->withheld++;
    else
        TRY(read_message(taking, &message));
    if (message.instead && message.stored.fate != ENTRY_READ)
        return STATUS_OK;
    TRY(revise(taking, &message));
    message.stored.warning = buffer_span(&message.warning);
    return entry_store(taking->engine, &taking->channel->id, &message.stored);
}

/* ---- what has become of it since ---- */

struct revising {
    struct taking *taking;
    const struct stored_entry *entry; /* an edit, a deletion or a reaction */
    bool deletion;
    bool touches; /* something in the segment, which came after it */
};

static enum status look_at_target(void *context, const struct id *message)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct revising *revising = context;
    const struct taking *taking = revising->taking;
    struct stored_entry target;
    enum status found =
        entry_get_message(taking->engine, &taking->channel->id, message, &record, &arena, &target);
    if (found != STATUS_OK)
        return found == STATUS_NOT_FOUND ? STATUS_OK : found;
    /* When it was edited is a sharer's word, by which nothing stays that was deleted. */
    bool later = target.edited < revising->entry->sequence || revising->deletion;
    bool stands = target.fate == ENTRY_READ && later;
    bool inside = target.sequence >= taking->key->first && target.sequence <= taking->key->last;
    revising->touches = revising->touches || (stands && inside);
    return STATUS_OK;
}

/* What was said out of turn was not followed, and has a warning; a deletion always is. */
static enum status revise_since(void *context, const struct stored_entry *entry)
{
    struct taking *taking = context;
    struct revising revising = {.taking = taking, .entry = entry};
    const char *problem = NULL;
    struct content content;
    if (entry_content(entry, &content) != STATUS_OK ||
        (entry->warning.len != 0 && content.kind != CONTENT_DELETION))
        return STATUS_OK;
    revising.deletion = content.kind == CONTENT_DELETION;
    TRY(revision_each_target(entry, look_at_target, &revising));
    if (!revising.touches)
        return STATUS_OK;
    taking->taken->revised += content.kind == CONTENT_REACTION ? 0 : 1;
    return revision_take(taking->engine, taking->channel, entry, &content, &problem);
}

/* Whoever sealed it had not seen this, or the server kept what was to be deleted. */
static enum status take_since(struct taking *taking)
{
    struct entry_walk walk = {.channel = taking->channel->id,
                              .from = taking->key->last + 1,
                              .to = taking->channel->cursor,
                              .visit = revise_since,
                              .context = taking};
    return entry_walk(taking->engine, &walk);
}

static enum status take_all(struct taking *taking)
{
    const struct segment *segment = &taking->segment;
    for (size_t i = 0; i < segment->item_count; i++) {
        TRY(take_item(taking, &segment->items[i], segment->first + i));
        taking->epoch += segment->items[i].kind == SEGMENT_COMMIT ? 1 : 0;
    }
    TRY(take_since(taking));
    search_forget(taking->engine);
    return STATUS_OK;
}

enum status history_take(struct engine *engine,
                         struct channel *channel,
                         const struct history_key *key,
                         struct span bytes,
                         struct history_taken *taken,
                         const char **problem)
{
    CLEANUP(taking_clear)
    struct taking taking = {.engine = engine,
                            .channel = channel,
                            .key = key,
                            .arena = ARENA_INIT(LIMIT_DECODED_BYTES),
                            .generation = segment_generation(key->first),
                            .taken = taken,
                            .problem = problem};
    *problem = NULL;
    TRY(decode(&taking, bytes));
    TRY(check_contexts(&taking));
    TRY(check_commits(&taking));
    return take_all(&taking);
}
