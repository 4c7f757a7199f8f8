/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/revision.h"

#include "client-cli/core/history_keys.h"
#include "client-cli/core/records.h"
#include "client-cli/core/search.h"
#include "protocol/codec/schema.h"
#include "protocol/wire/message_header.h"

bool revision_is_text(uint16_t kind)
{
    switch ((enum content_kind)kind) {
    case CONTENT_TEXT:
    case CONTENT_CONTEXT:
    case CONTENT_QUESTION:
    case CONTENT_ANSWER:
    case CONTENT_IDEA:
    case CONTENT_LAST_IDEA:
    case CONTENT_SUMMARY:
    case CONTENT_COMMITMENT:
    case CONTENT_FOLLOW_UP:
    case CONTENT_NOTE:
    case CONTENT_ACTION:
    case CONTENT_OFFER:
    case CONTENT_LESSON:
        return true;
    case CONTENT_SEALED:
    case CONTENT_HAND:
    case CONTENT_VOTE:
    case CONTENT_REVEAL:
    case CONTENT_HARVEST:
    case CONTENT_APPROVAL:
    case CONTENT_FILE:
    case CONTENT_REACTION:
    case CONTENT_EDIT:
    case CONTENT_DELETION:
    case CONTENT_CHANNEL_STATE:
    case CONTENT_STAGE:
    case CONTENT_ADMISSION:
    case CONTENT_HISTORY:
        return false;
    }
    return false;
}

/* ---- the record of a reaction ---- */

struct reaction_record {
    struct id person;
    struct span text;
    bool on;
};
static const struct field reaction_fields[] = {
    FIELD_ID(struct reaction_record, person),
    FIELD_SIZED(FIELD_TEXT, struct reaction_record, text, LIMIT_REACTION_BYTES),
    FIELD_PLAIN(FIELD_BOOL, struct reaction_record, on),
};
static const struct schema reaction_schema =
    SCHEMA("reaction_record", struct reaction_record, reaction_fields);

/* ---- taking ---- */

struct taking {
    struct engine *engine;
    struct channel *channel;
    const struct stored_entry *entry;
    const struct content *content;
    const char **problem;
    struct arena arena;
    struct buffer record; /* of the message that it is about */
    struct stored_entry target;
};

static void taking_clear(struct taking *taking)
{
    arena_clear(&taking->arena);
    buffer_clear(&taking->record);
}

/* Of an edit or a reaction, the message that it is about naming the scope. */
static enum status
place_about(const struct taking *taking, enum record_kind kind, struct vault_place *place)
{
    *place = (struct vault_place){.kind = (uint16_t)kind,
                                  .major = taking->entry->sequence,
                                  .minor = taking->entry->generation};
    return entry_message_scope(&taking->channel->id, &taking->content->reply_to, &place->scope);
}

/* STATUS_NOT_FOUND for what is not here, or here no more. */
static enum status find_target(struct taking *taking, const struct id *message)
{
    TRY(entry_get_message(taking->engine, &taking->channel->id, message, &taking->record,
                          &taking->arena, &taking->target));
    return taking->target.fate == ENTRY_READ ? STATUS_OK : STATUS_NOT_FOUND;
}

/* Whether the new body is one of the message's kind, to its end: else what decoding says, or
 * STATUS_INVALID. */
static enum status check_fits(struct taking *taking, const struct content *edited)
{
    const struct content_kind_row *row = content_kind_find(edited->kind);
    void *body = NULL;
    if (!revision_is_text(edited->kind))
        return STATUS_INVALID;
    TRY(arena_take(&taking->arena, 1, row->body->size, &body));
    return content_decode_body(edited, &taking->arena, body);
}

static enum status take_edit(struct taking *taking)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct content_edit edit;
    struct content edited;
    if (content_decode_body(taking->content, &taking->arena, &edit) != STATUS_OK) {
        *taking->problem = "this edit cannot be read";
        return STATUS_OK;
    }
    TRY(find_target(taking, &taking->content->reply_to));
    TRY(entry_content(&taking->target, &edited));
    bool kept = edited.kind == edit.kind;
    edited.body = edit.body;
    if (!id_equal(&taking->target.person, &taking->entry->person)) {
        *taking->problem = "it edits what somebody else said, and is not followed";
        return STATUS_OK;
    }
    enum status fits = kept ? check_fits(taking, &edited) : STATUS_INVALID;
    if (fits == STATUS_OK)
        fits = content_encode(&edited, &bytes);
    if (status_is_local(fits))
        return fits;
    if (fits != STATUS_OK) {
        *taking->problem = "it edits what cannot be edited so, and is not followed";
        return STATUS_OK;
    }
    taking->target.content = buffer_span(&bytes);
    taking->target.authenticated = SPAN_EMPTY; /* it has the old text */
    taking->target.edited = taking->entry->sequence;
    TRY(history_keys_outdate(taking->engine, taking->channel, taking->target.sequence));
    struct vault_place place;
    TRY(place_about(taking, RECORD_EDIT, &place));
    TRY(vault_put(taking->engine->vault, &place, SPAN_EMPTY));
    search_forget(taking->engine);
    return entry_replace(taking->engine, &taking->channel->id, &taking->target);
}

static enum status take_reaction(struct taking *taking)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(256);
    struct content_reaction reaction;
    if (content_decode_body(taking->content, &taking->arena, &reaction) != STATUS_OK ||
        reaction.text.len == 0) {
        *taking->problem = "this reaction cannot be read";
        return STATUS_OK;
    }
    TRY(find_target(taking, &taking->content->reply_to));
    struct reaction_record record = {taking->entry->person, reaction.text, reaction.on};
    struct vault_place place;
    TRY(place_about(taking, RECORD_REACTION, &place));
    TRY(schema_encode(&reaction_schema, &record, &bytes));
    return vault_put(taking->engine->vault, &place, buffer_span(&bytes));
}

/* Overwrites what is kept of the message; who said it, and when, stays. */
static enum status forget(struct taking *taking)
{
    struct vault *vault = taking->engine->vault;
    struct stored_entry *target = &taking->target;
    struct id scope;
    TRY(entry_message_scope(&taking->channel->id, &target->message, &scope));
    search_forget(taking->engine);
    target->fate = ENTRY_DELETED;
    target->content = SPAN_EMPTY;
    target->authenticated = SPAN_EMPTY;
    target->edited = 0;
    target->deleted = taking->entry->sequence;
    target->deleted_by = taking->entry->person;
    TRY(history_keys_outdate(taking->engine, taking->channel, target->sequence));
    TRY(vault_delete_range(vault, RECORD_REACTION, &scope, 0, UINT64_MAX));
    TRY(vault_delete_range(vault, RECORD_EDIT, &scope, 0, UINT64_MAX));
    return entry_replace(taking->engine, &taking->channel->id, target);
}

static enum status delete_one(struct taking *taking, const struct id *message)
{
    const struct id *by = &taking->entry->person;
    enum status found = entry_get_message(taking->engine, &taking->channel->id, message,
                                          &taking->record, &taking->arena, &taking->target);
    if (found == STATUS_NOT_FOUND || (found == STATUS_OK && taking->target.deleted != 0))
        return STATUS_OK;
    TRY(found);
    if (!id_equal(&taking->target.person, by) &&
        (channel_roles_of(taking->channel, by) & CHANNEL_ROLE_FACILITATOR) == 0) {
        *taking->problem = "it deletes what somebody else said, and is not followed";
        return STATUS_OK;
    }
    if (taking->target.lane == LANE_CONTROL) {
        *taking->problem = "it deletes what changed the channel, and is not followed";
        return STATUS_OK;
    }
    return forget(taking);
}

static enum status take_deletion(struct taking *taking)
{
    struct content_deletion deletion;
    enum status decoded = content_decode_body(taking->content, &taking->arena, &deletion);
    if (status_is_local(decoded))
        return decoded;
    if (decoded != STATUS_OK) {
        *taking->problem = "this deletion cannot be read";
        return STATUS_OK;
    }
    for (size_t i = 0; i < deletion.count; i++)
        TRY(delete_one(taking, &deletion.messages[i].message));
    return STATUS_OK;
}

enum status revision_take(struct engine *engine,
                          struct channel *channel,
                          const struct stored_entry *entry,
                          const struct content *content,
                          const char **problem)
{
    CLEANUP(taking_clear)
    struct taking taking = {.engine = engine,
                            .channel = channel,
                            .entry = entry,
                            .content = content,
                            .problem = problem,
                            .arena = ARENA_INIT(LIMIT_DECODED_BYTES),
                            .record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX)};
    enum status status = STATUS_OK;
    if (content->kind == CONTENT_EDIT)
        status = take_edit(&taking);
    else if (content->kind == CONTENT_REACTION)
        status = take_reaction(&taking);
    else if (content->kind == CONTENT_DELETION)
        status = take_deletion(&taking);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* ---- looking ---- */

enum status revision_each_target(const struct stored_entry *entry,
                                 enum status (*visit)(void *context, const struct id *message),
                                 void *context)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_FRAME_BYTES);
    struct content content;
    struct content_deletion deletion;
    if (entry_content(entry, &content) != STATUS_OK)
        return STATUS_OK;
    if (content.kind == CONTENT_EDIT || content.kind == CONTENT_REACTION)
        return visit(context, &content.reply_to);
    if (content.kind != CONTENT_DELETION)
        return STATUS_OK;
    enum status decoded = content_decode_body(&content, &arena, &deletion);
    if (decoded != STATUS_OK)
        return status_is_local(decoded) ? decoded : STATUS_OK;
    for (size_t i = 0; i < deletion.count; i++)
        TRY(visit(context, &deletion.messages[i].message));
    return STATUS_OK;
}

static enum status take_first(void *context, const struct id *message)
{
    *(struct id *)context = *message;
    return STATUS_CANCELLED;
}

enum status revision_target(const struct stored_entry *entry, struct id *message)
{
    enum status found = revision_each_target(entry, take_first, message);
    if (found == STATUS_CANCELLED)
        return STATUS_OK;
    return found == STATUS_OK ? STATUS_NOT_FOUND : found;
}

struct reaction_gathering {
    struct arena *arena;
    struct revision_reaction *items;
    size_t count;
    size_t room;
};

static enum status count_record(void *context, const struct vault_place *place, struct span value)
{
    (void)place;
    (void)value;
    ++*(size_t *)context;
    return STATUS_OK;
}

static enum status fold_reaction(void *context, const struct vault_place *place, struct span value)
{
    struct reaction_gathering *gathering = context;
    struct arena none = ARENA_INIT(0);
    struct reaction_record record;
    size_t at = 0;
    (void)place;
    if (schema_decode(&reaction_schema, value, &none, &record) != STATUS_OK)
        return STATUS_CORRUPT;
    while (at < gathering->count && !(id_equal(&gathering->items[at].person, &record.person) &&
                                      span_equal(gathering->items[at].text, record.text)))
        at++;
    if (record.on && at == gathering->count && at < gathering->room) {
        gathering->items[at].person = record.person;
        TRY(arena_copy(gathering->arena, record.text, &gathering->items[at].text));
        gathering->count++;
    } else if (!record.on && at < gathering->count) {
        gathering->count--;
        for (; at < gathering->count; at++)
            gathering->items[at] = gathering->items[at + 1];
    }
    return STATUS_OK;
}

static enum status
walk_about(struct engine *engine,
           enum record_kind kind,
           const struct id *scope,
           enum status (*visit)(void *context, const struct vault_place *place, struct span value),
           void *context)
{
    struct vault_walk walk = {.kind = (uint16_t)kind,
                              .scope = *scope,
                              .to = UINT64_MAX,
                              .visit = visit,
                              .context = context};
    return vault_walk(engine->vault, &walk);
}

enum status revision_reactions(struct engine *engine,
                               const struct id *channel,
                               const struct id *message,
                               struct arena *arena,
                               struct revision_reaction **reactions,
                               size_t *count)
{
    struct reaction_gathering gathering = {.arena = arena};
    struct id scope;
    void *memory = NULL;
    TRY(entry_message_scope(channel, message, &scope));
    TRY(walk_about(engine, RECORD_REACTION, &scope, count_record, &gathering.room));
    if (gathering.room != 0)
        TRY(arena_take(arena, gathering.room, sizeof *gathering.items, &memory));
    gathering.items = memory;
    if (gathering.room != 0)
        TRY(walk_about(engine, RECORD_REACTION, &scope, fold_reaction, &gathering));
    *reactions = gathering.items;
    *count = gathering.count;
    return STATUS_OK;
}

/* ---- deleting ---- */

struct deletion_gathering {
    struct engine *engine;
    const struct channel *channel;
    struct content_message *messages;
    struct wire_cursor *places;
    size_t count;
};

static enum status add_edit(void *context, const struct vault_place *place, struct span value)
{
    struct deletion_gathering *gathering = context;
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry edit;
    (void)value;
    enum status found =
        entry_get(gathering->engine, &gathering->channel->id, place->major, &record, &arena, &edit);
    if (found == STATUS_NOT_FOUND || (found == STATUS_OK && edit.fate != ENTRY_READ))
        return STATUS_OK;
    TRY(found);
    gathering->messages[gathering->count].message = edit.message;
    gathering->places[gathering->count++] = (struct wire_cursor){edit.generation, edit.sequence};
    return STATUS_OK;
}

static enum status say_deleted(struct deletion_gathering *gathering,
                               struct channel *channel,
                               struct channel_said *said)
{
    for (size_t at = 0; at < gathering->count; at += LIMIT_DELETED_AT_ONCE) {
        size_t left = gathering->count - at;
        struct content_deletion deletion = {
            &gathering->messages[at], left < LIMIT_DELETED_AT_ONCE ? left : LIMIT_DELETED_AT_ONCE};
        TRY(channel_say_deletion(gathering->engine, channel, &deletion, &gathering->places[at],
                                 said));
    }
    return STATUS_OK;
}

enum status revision_delete(struct engine *engine,
                            struct channel *channel,
                            const struct stored_entry *entry,
                            struct channel_said *said)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct deletion_gathering gathering = {.engine = engine, .channel = channel};
    struct id scope;
    size_t edits = 0;
    void *messages = NULL;
    void *places = NULL;
    bool facilitates = (channel_own_roles(engine, channel) & CHANNEL_ROLE_FACILITATOR) != 0;
    if (!facilitates && !id_equal(&entry->person, &engine->account.person))
        return engine_explain(engine, STATUS_DENIED,
                              "only who said it, or a facilitator of the channel, may delete it");
    TRY(entry_message_scope(&channel->id, &entry->message, &scope));
    TRY(walk_about(engine, RECORD_EDIT, &scope, count_record, &edits));
    TRY(arena_take(&arena, edits + 1, sizeof *gathering.messages, &messages));
    TRY(arena_take(&arena, edits + 1, sizeof *gathering.places, &places));
    gathering.messages = messages;
    gathering.places = places;
    /* The message is the first that a deletion names: revision_target. */
    gathering.messages[0].message = entry->message;
    gathering.places[0] = (struct wire_cursor){entry->generation, entry->sequence};
    gathering.count = 1;
    TRY(walk_about(engine, RECORD_EDIT, &scope, add_edit, &gathering));
    return say_deleted(&gathering, channel, said);
}

/* ---- who came later ---- */

#define NEWCOMERS_MAX 64 /* more are as many to anybody who decides about an edit */

struct newcomers {
    struct id people[NEWCOMERS_MAX];
    size_t count;
};

static size_t find_newcomer(const struct newcomers *newcomers, const struct id *person)
{
    size_t at = 0;
    while (at < newcomers->count && !id_equal(&newcomers->people[at], person))
        at++;
    return at;
}

static enum status add_newcomers(void *context, const struct stored_entry *entry)
{
    struct newcomers *newcomers = context;
    for (size_t i = 0; i < entry->change_count; i++) {
        const struct entry_change *change = &entry->changes[i];
        size_t at = find_newcomer(newcomers, &change->person);
        bool known = at < newcomers->count;
        bool came = change->kind == ENTRY_ADDED || change->kind == ENTRY_JOINED ||
                    change->kind == ENTRY_ADDED_RESET;
        if (came && !known && newcomers->count < NEWCOMERS_MAX)
            newcomers->people[newcomers->count++] = change->person;
        else if (change->kind == ENTRY_REMOVED && known)
            newcomers->people[at] = newcomers->people[--newcomers->count];
    }
    return STATUS_OK;
}

/* Whoever spoke or came before was there: they came back. */
static enum status drop_known(void *context, const struct stored_entry *entry)
{
    struct newcomers *newcomers = context;
    size_t at = find_newcomer(newcomers, &entry->person);
    if (at < newcomers->count)
        newcomers->people[at] = newcomers->people[--newcomers->count];
    for (size_t i = 0; i < entry->change_count; i++) {
        at = find_newcomer(newcomers, &entry->changes[i].person);
        if (at < newcomers->count)
            newcomers->people[at] = newcomers->people[--newcomers->count];
    }
    return STATUS_OK;
}

enum status
revision_newcomers(struct engine *engine, struct channel *channel, uint64_t sequence, size_t *count)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_extension extension;
    struct newcomers newcomers = {.count = 0};
    struct entry_walk after = {.channel = channel->id,
                               .from = sequence + 1,
                               .to = UINT64_MAX,
                               .visit = add_newcomers,
                               .context = &newcomers};
    struct entry_walk before = {
        .channel = channel->id, .to = sequence, .visit = drop_known, .context = &newcomers};
    TRY(channel_need_group(engine, channel));
    TRY(channel_extension(channel, &arena, &extension));
    if (extension.history == CHANNEL_HISTORY_FROM_JOINING)
        TRY(entry_walk(engine, &after));
    if (newcomers.count != 0)
        TRY(entry_walk(engine, &before));
    *count = newcomers.count;
    return STATUS_OK;
}
