/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/entry.h"

#include "client-cli/core/records.h"
#include "protocol/codec/schema.h"
#include "protocol/crypto/hash.h"

#include <string.h>

#define WARNING_BYTES_MAX 600

static const struct field change_fields[] = {
    FIELD_PLAIN(FIELD_U8, struct entry_change, kind),
    FIELD_ID(struct entry_change, person),
    FIELD_ID(struct entry_change, by),
};
static const struct schema change_schema =
    SCHEMA("entry_change", struct entry_change, change_fields);

static const struct field entry_fields[] = {
    FIELD_PLAIN(FIELD_U64, struct stored_entry, sequence),
    FIELD_PLAIN(FIELD_U32, struct stored_entry, generation),
    FIELD_PLAIN(FIELD_U64, struct stored_entry, epoch),
    FIELD_PLAIN(FIELD_TIME, struct stored_entry, time),
    FIELD_PLAIN(FIELD_U8, struct stored_entry, fate),
    FIELD_ID(struct stored_entry, message),
    FIELD_ID(struct stored_entry, person),
    FIELD_ID(struct stored_entry, device),
    FIELD_PLAIN(FIELD_U8, struct stored_entry, lane),
    FIELD_PLAIN(FIELD_U32, struct stored_entry, stage_counter),
    FIELD_SIZED(FIELD_BYTES, struct stored_entry, content, LIMIT_FRAME_BYTES),
    FIELD_SIZED(FIELD_BYTES, struct stored_entry, authenticated, LIMIT_FRAME_BYTES),
    FIELD_ID(struct stored_entry, running_hash),
    FIELD_SIZED(FIELD_TEXT, struct stored_entry, warning, WARNING_BYTES_MAX),
    FIELD_ITEMS(struct stored_entry, changes, change_count, &change_schema, LIMIT_GROUP_MEMBERS),
    FIELD_PLAIN(FIELD_U64, struct stored_entry, edited),
    FIELD_PLAIN(FIELD_U64, struct stored_entry, deleted),
    FIELD_ID(struct stored_entry, deleted_by),
    FIELD_ID(struct stored_entry, shared_by),
};
static const struct schema entry_schema = SCHEMA("entry", struct stored_entry, entry_fields);

/* The look-up by message id. */
struct position {
    uint64_t sequence;
};
static const struct field position_fields[] = {
    FIELD_PLAIN(FIELD_U64, struct position, sequence),
};
static const struct schema position_schema = SCHEMA("position", struct position, position_fields);

enum status
entry_message_scope(const struct id *channel, const struct id *message, struct id *scope)
{
    struct digest digest;
    const struct span parts[] = {id_span(channel), id_span(message)};
    TRY(hash_parts(HASH_SHA256, parts, sizeof parts / sizeof *parts, &digest));
    memcpy(scope->bytes, digest.bytes, sizeof scope->bytes);
    return STATUS_OK;
}

enum status
entry_replace(struct engine *engine, const struct id *channel, const struct stored_entry *entry)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    struct vault_place place = {.kind = RECORD_ENTRY,
                                .scope = *channel,
                                .major = entry->sequence,
                                .minor = entry->generation};
    TRY(schema_encode(&entry_schema, entry, &bytes));
    return vault_put(engine->vault, &place, buffer_span(&bytes));
}

enum status
entry_store(struct engine *engine, const struct id *channel, const struct stored_entry *entry)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(64);
    struct position position = {entry->sequence};
    struct vault_place lookup = {.kind = RECORD_MESSAGE};
    TRY(entry_replace(engine, channel, entry));
    TRY(entry_message_scope(channel, &entry->message, &lookup.scope));
    /* The id of what cannot be read is only the server's word, by which a message that comes later
     * would be taken for a repeat. Of repeats, the first keeps its id. */
    if (entry->fate == ENTRY_DELETED ||
        (entry_is_shared_empty(entry) && !id_is_none(&entry->message)))
        lookup.kind = RECORD_TOMBSTONE;
    else if (entry->fate != ENTRY_READ)
        return STATUS_OK;
    TRY(schema_encode(&position_schema, &position, &bytes));
    return vault_put(engine->vault, &lookup, buffer_span(&bytes));
}

struct single {
    struct buffer *record;
    bool found;
};

static enum status take_single(void *context, const struct vault_place *place, struct span value)
{
    struct single *single = context;
    (void)place;
    TRY(buffer_append(single->record, value));
    single->found = true;
    return STATUS_CANCELLED;
}

enum status entry_get(struct engine *engine,
                      const struct id *channel,
                      uint64_t sequence,
                      struct buffer *record,
                      struct arena *arena,
                      struct stored_entry *entry)
{
    struct single single = {.record = record};
    struct vault_walk walk = {.kind = RECORD_ENTRY,
                              .scope = *channel,
                              .from = sequence,
                              .to = sequence,
                              .backwards = true, /* the newest generation first */
                              .visit = take_single,
                              .context = &single};
    buffer_clear(record);
    TRY(vault_walk(engine->vault, &walk));
    if (!single.found)
        return STATUS_NOT_FOUND;
    return status_of_stored(schema_decode(&entry_schema, buffer_span(record), arena, entry));
}

static enum status look_up(struct engine *engine,
                           enum record_kind kind,
                           const struct id *channel,
                           const struct id *message,
                           uint64_t *sequence)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(64);
    struct arena none = ARENA_INIT(0);
    struct position position;
    struct vault_place place = {.kind = (uint16_t)kind};
    TRY(entry_message_scope(channel, message, &place.scope));
    TRY(vault_get(engine->vault, &place, &bytes));
    if (schema_decode(&position_schema, buffer_span(&bytes), &none, &position) != STATUS_OK)
        return STATUS_CORRUPT;
    *sequence = position.sequence;
    return STATUS_OK;
}

enum status entry_find_message(struct engine *engine,
                               const struct id *channel,
                               const struct id *message,
                               uint64_t *sequence)
{
    return look_up(engine, RECORD_MESSAGE, channel, message, sequence);
}

enum status entry_get_message(struct engine *engine,
                              const struct id *channel,
                              const struct id *message,
                              struct buffer *record,
                              struct arena *arena,
                              struct stored_entry *entry)
{
    uint64_t sequence = 0;
    enum status known = look_up(engine, RECORD_MESSAGE, channel, message, &sequence);
    if (known == STATUS_NOT_FOUND)
        known = look_up(engine, RECORD_TOMBSTONE, channel, message, &sequence);
    TRY(known);
    return entry_get(engine, channel, sequence, record, arena, entry);
}

static enum status visit_record(void *context, const struct vault_place *place, struct span value)
{
    const struct entry_walk *walk = context;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry entry;
    (void)place;
    TRY(status_of_stored(schema_decode(&entry_schema, value, &arena, &entry)));
    return walk->visit(walk->context, &entry);
}

enum status entry_walk(struct engine *engine, const struct entry_walk *walk)
{
    struct entry_walk copy = *walk;
    struct vault_walk records = {.kind = RECORD_ENTRY,
                                 .scope = walk->channel,
                                 .from = walk->from,
                                 .to = walk->to,
                                 .backwards = walk->backwards,
                                 .visit = visit_record,
                                 .context = &copy};
    return vault_walk(engine->vault, &records);
}

size_t entry_changes_alike(const struct stored_entry *entry, size_t at, size_t count)
{
    size_t alike = 0;
    for (size_t i = 0; i < count; i++)
        alike += entry->changes[i].kind == entry->changes[at].kind;
    return alike;
}

bool entry_change_is_named(const struct stored_entry *entry, size_t at)
{
    return entry->changes[at].kind == ENTRY_ADDED_RESET ||
           entry_changes_alike(entry, at, at) < ENTRY_CHANGES_NAMED ||
           entry_changes_alike(entry, at, entry->change_count) <= ENTRY_CHANGES_ALL_NAMED;
}

enum status entry_content(const struct stored_entry *entry, struct content *content)
{
    return entry->fate == ENTRY_READ ? content_decode(entry->content, content) : STATUS_NOT_FOUND;
}

bool entry_is_shared_empty(const struct stored_entry *entry)
{
    return entry->fate == ENTRY_WITHHELD || entry->fate == ENTRY_CONTROL;
}

bool entry_is_kept_back(const struct stored_entry *entry)
{
    return entry_is_shared_empty(entry) && entry->warning.len != 0;
}

bool entry_is_lacking(const struct stored_entry *entry)
{
    /* Whoever shares says each message once: another stood in the place of a repeat. */
    bool repeated_by_sharer = entry->fate == ENTRY_REPEATED && !id_is_none(&entry->shared_by);
    return entry->fate == ENTRY_BEFORE || entry->fate == ENTRY_UNREADABLE ||
           entry_is_shared_empty(entry) || repeated_by_sharer;
}

bool entry_is_shared_commit(const struct stored_entry *entry)
{
    return entry->fate == ENTRY_CHANGED && !id_is_none(&entry->shared_by);
}
