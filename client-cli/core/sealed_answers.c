/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/sealed_answers.h"

#include "client-cli/core/channel_log.h"
#include "client-cli/core/entry.h"
#include "client-cli/core/records.h"
#include "client-cli/core/session.h"
#include "client-cli/core/session_record.h"
#include "protocol/base/secret.h"

#include <string.h>

/* A key that waits for its reveal. */
struct kept_key {
    struct id message;
    struct id session;
    uint16_t stage; /* index of the stage it was written in */
    uint8_t key[SEALED_KEY_SIZE];
};

static const struct field kept_key_fields[] = {
    FIELD_ID(struct kept_key, message),
    FIELD_ID(struct kept_key, session),
    FIELD_PLAIN(FIELD_U16, struct kept_key, stage),
    FIELD_ID(struct kept_key, key),
};
static const struct schema kept_key_schema = SCHEMA("kept_key", struct kept_key, kept_key_fields);

#define KEPT_KEY_BYTES_MAX 128

static struct vault_place place_of(const struct channel *channel, uint64_t number)
{
    return (struct vault_place){.kind = RECORD_SEALED, .scope = channel->id, .major = number};
}

static void kept_key_wipe(struct kept_key *kept)
{
    secret_wipe(kept, sizeof *kept);
}

/* ---- keeping ---- */

static enum status take_number(void *context, const struct vault_place *place, struct span value)
{
    (void)value;
    *(uint64_t *)context = place->major;
    return STATUS_CANCELLED;
}

static enum status
last_number(struct engine *engine, const struct channel *channel, uint64_t *number)
{
    struct vault_walk walk = {.kind = RECORD_SEALED,
                              .scope = channel->id,
                              .to = UINT64_MAX,
                              .backwards = true,
                              .visit = take_number,
                              .context = number};
    *number = 0;
    return vault_walk(engine->vault, &walk);
}

static enum status put(struct engine *engine, struct channel *channel, void *context)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(KEPT_KEY_BYTES_MAX);
    uint64_t number;
    TRY(last_number(engine, channel, &number));
    struct vault_place place = place_of(channel, number + 1);
    TRY(schema_encode(&kept_key_schema, context, &bytes));
    return vault_put(engine->vault, &place, buffer_span(&bytes));
}

static enum status drop(struct engine *engine, struct channel *channel, void *context)
{
    struct vault_place place = place_of(channel, *(uint64_t *)context);
    return vault_delete(engine->vault, &place);
}

/* Where nothing is revealed afterwards, nothing is sealed. */
static enum status check_stage(struct engine *engine, struct channel *channel)
{
    struct session_view view;
    TRY(session_view_open(engine, channel, &view));
    bool asks = view.stage != NULL && view.stage->kind_count != 0 &&
                format_allows_kind(view.stage, CONTENT_SEALED);
    session_view_clear(&view);
    if (!asks)
        return engine_explain(engine, STATUS_NOT_NOW,
                              "answers that open together are written in the stages that ask for "
                              "them: weft stage show. Here it is weft say");
    return STATUS_OK;
}

enum status sealed_answers_say(struct engine *engine,
                               struct channel *channel,
                               struct span text,
                               struct channel_said *said)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_SEALED_BYTES);
    CLEANUP(kept_key_wipe) struct kept_key kept = {0};
    struct content_sealed sealed;
    TRY(session_refresh(engine, channel));
    TRY(check_stage(engine, channel));
    kept.session = channel->session.session;
    kept.stage = channel->session.stage;
    TRY(id_random(engine->random, &kept.message));
    TRY(sealed_make(&engine->account.person, text, engine->random, &bytes, kept.key, &sealed));
    TRY(channel_transact(engine, channel, put, &kept));
    return session_say_as(engine, channel, &kept.message, CONTENT_SEALED, NULL, &sealed, said);
}

/* ---- one's own, before the reveal ---- */

struct own_search {
    const struct id *message;
    struct kept_key kept;
    bool found;
};

static void own_search_wipe(struct own_search *search)
{
    kept_key_wipe(&search->kept);
}

static enum status look_for_own(void *context, const struct vault_place *place, struct span value)
{
    struct own_search *search = context;
    struct arena none = ARENA_INIT(0);
    (void)place;
    if (schema_decode(&kept_key_schema, value, &none, &search->kept) != STATUS_OK)
        return STATUS_CORRUPT;
    search->found = id_equal(&search->kept.message, search->message);
    return search->found ? STATUS_CANCELLED : STATUS_OK;
}

enum status sealed_answers_own(struct engine *engine,
                               const struct channel *channel,
                               const struct id *message,
                               const struct content_sealed *sealed,
                               struct buffer *text)
{
    CLEANUP(own_search_wipe) struct own_search search = {.message = message};
    struct vault_walk walk = {.kind = RECORD_SEALED,
                              .scope = channel->id,
                              .to = UINT64_MAX,
                              .visit = look_for_own,
                              .context = &search};
    TRY(vault_walk(engine->vault, &walk));
    bool open = search.found &&
                floor_open(sealed, &engine->account.person, search.kept.key, text) == REVEAL_OPEN;
    return open ? STATUS_OK : STATUS_NOT_FOUND;
}

/* ---- revealing ---- */

static bool has_kind(const struct stored_entry *entry, uint16_t kind, struct content *content)
{
    return entry_content(entry, content) == STATUS_OK && content->kind == kind;
}

/* Whether what was written in stage `from` is open in the session's present state. */
static bool is_due(const struct session_view *view, uint16_t from)
{
    const struct wire_session *wire = view->wire;
    if (wire->state == SESSION_ENDED)
        return true;
    for (size_t i = (size_t)from + 1; view->stage != NULL && i <= wire->stage; i++)
        if (view->format.stages[i].reveal)
            return true;
    return false;
}

/* The first key that is due. */
struct due {
    const struct session_view *view;
    struct kept_key kept;
    uint64_t number; /* 0: none */
};

static enum status look_at(void *context, const struct vault_place *place, struct span value)
{
    struct due *due = context;
    struct arena none = ARENA_INIT(0);
    CLEANUP(kept_key_wipe) struct kept_key kept = {0};
    if (schema_decode(&kept_key_schema, value, &none, &kept) != STATUS_OK)
        return STATUS_CORRUPT;
    bool other = !id_equal(&kept.session, &due->view->wire->session);
    /* The next session of a channel begins when the one before is over. */
    if (!other && !is_due(due->view, kept.stage))
        return STATUS_OK;
    due->kept = kept;
    due->number = place->major;
    return STATUS_CANCELLED;
}

static void due_wipe(struct due *due)
{
    kept_key_wipe(&due->kept);
}

struct reveal_search {
    const struct engine *engine;
    const struct id *message; /* the sealed one */
    bool found;
};

static enum status look_for_reveal(void *context, const struct stored_entry *entry)
{
    struct reveal_search *search = context;
    struct arena none = ARENA_INIT(0);
    struct content content;
    struct content_reveal reveal;
    if (!has_kind(entry, CONTENT_REVEAL, &content) ||
        !id_equal(&entry->person, &search->engine->account.person) ||
        content_decode_body(&content, &none, &reveal) != STATUS_OK)
        return STATUS_OK;
    search->found = id_equal(&reveal.message, search->message);
    secret_wipe(reveal.key, sizeof reveal.key);
    return search->found ? STATUS_CANCELLED : STATUS_OK;
}

/* Says the key, unless the log has it from an attempt whose answer was lost. */
static enum status reveal(struct engine *engine,
                          struct channel *channel,
                          const struct kept_key *kept,
                          uint64_t sequence,
                          size_t *revealed)
{
    struct reveal_search search = {engine, &kept->message, false};
    struct entry_walk after = {.channel = channel->id,
                               .from = sequence,
                               .to = UINT64_MAX,
                               .visit = look_for_reveal,
                               .context = &search};
    struct content_reveal reveal = {.message = kept->message};
    struct channel_said said;
    TRY(entry_walk(engine, &after));
    if (search.found)
        return STATUS_OK;
    memcpy(reveal.key, kept->key, sizeof reveal.key);
    enum status sent = channel_say(engine, channel, CONTENT_REVEAL, NULL, &reveal, &said);
    secret_wipe(reveal.key, sizeof reveal.key);
    *revealed += sent == STATUS_OK;
    return sent;
}

static enum status reveal_one(struct engine *engine,
                              struct channel *channel,
                              const struct session_view *view,
                              bool *found,
                              size_t *revealed)
{
    CLEANUP(due_wipe) struct due due = {.view = view};
    struct vault_walk walk = {.kind = RECORD_SEALED,
                              .scope = channel->id,
                              .to = UINT64_MAX,
                              .visit = look_at,
                              .context = &due};
    uint64_t sequence;
    TRY(vault_walk(engine->vault, &walk));
    *found = due.number != 0;
    if (!*found)
        return STATUS_OK;
    TRY(channel_log_catch_up(engine, channel)); /* it may have what an answer that was lost told */
    enum status sent = entry_find_message(engine, &channel->id, &due.kept.message, &sequence);
    if (sent == STATUS_OK)
        TRY(reveal(engine, channel, &due.kept, sequence, revealed));
    else if (sent != STATUS_NOT_FOUND)
        return sent; /* an answer that never came to the log has nothing to be opened */
    return channel_transact(engine, channel, drop, &due.number);
}

enum status sealed_answers_reveal(struct engine *engine, struct channel *channel, size_t *revealed)
{
    struct session_view view;
    uint64_t last;
    *revealed = 0;
    TRY(last_number(engine, channel, &last));
    if (last == 0 || !channel->has_session)
        return STATUS_OK;
    TRY(session_view_open(engine, channel, &view));
    enum status status = STATUS_OK;
    bool more = true;
    while (status == STATUS_OK && more)
        status = reveal_one(engine, channel, &view, &more, revealed);
    session_view_clear(&view);
    return status;
}

/* ---- everybody's ---- */

enum status sealed_answers_open(struct engine *engine,
                                const struct channel *channel,
                                const struct id *person,
                                const struct content_reveal *reveal,
                                enum floor_reveal *result,
                                struct buffer *text)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry entry;
    struct content content;
    struct content_sealed sealed;
    uint64_t sequence;
    *result = REVEAL_WAITING;
    enum status status = entry_find_message(engine, &channel->id, &reveal->message, &sequence);
    if (status == STATUS_OK)
        status = entry_get(engine, &channel->id, sequence, &record, &arena, &entry);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    if (!id_equal(&entry.message, &reveal->message) || !id_equal(&entry.person, person) ||
        entry_content(&entry, &content) != STATUS_OK || content.kind != CONTENT_SEALED ||
        content_decode_body(&content, &arena, &sealed) != STATUS_OK)
        return STATUS_OK;
    *result = floor_open(&sealed, person, reveal->key, text);
    return STATUS_OK;
}

/* What the log holds of sealed answers: first how many, then they, then their reveals. */
struct gathering {
    struct sealed_answer_list *list;
    struct content_sealed *sealed; /* of each item */
    size_t room;
    struct arena scratch;
};

void sealed_answer_list_clear(struct sealed_answer_list *list)
{
    arena_clear(&list->arena);
    *list = (struct sealed_answer_list){.arena = list->arena};
}

static enum status count_one(void *context, const struct stored_entry *entry)
{
    struct gathering *gathering = context;
    struct content content;
    gathering->room += has_kind(entry, CONTENT_SEALED, &content);
    return STATUS_OK;
}

static enum status add_one(void *context, const struct stored_entry *entry)
{
    struct gathering *gathering = context;
    struct sealed_answer_list *list = gathering->list;
    struct content content;
    struct content_sealed sealed;
    if (!has_kind(entry, CONTENT_SEALED, &content) || list->count == gathering->room ||
        content_decode_body(&content, &gathering->scratch, &sealed) != STATUS_OK)
        return STATUS_OK;
    TRY(arena_copy(&list->arena, sealed.ciphertext, &sealed.ciphertext));
    gathering->sealed[list->count] = sealed;
    list->items[list->count++] = (struct sealed_answer){.message = entry->message,
                                                        .person = entry->person,
                                                        .sequence = entry->sequence,
                                                        .stage_counter = entry->stage_counter,
                                                        .reveal = REVEAL_WAITING};
    return STATUS_OK;
}

static enum status open_item(struct gathering *gathering, size_t at, const uint8_t *key)
{
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(LIMIT_TEXT_BYTES);
    struct sealed_answer *item = &gathering->list->items[at];
    enum floor_reveal reveal = floor_open(&gathering->sealed[at], &item->person, key, &text);
    if (item->reveal == REVEAL_OPEN)
        return STATUS_OK; /* a second key cannot close it again */
    if (reveal == REVEAL_OPEN)
        TRY(arena_copy(&gathering->list->arena, buffer_span(&text), &item->text));
    item->reveal = reveal;
    return STATUS_OK;
}

static enum status open_one(void *context, const struct stored_entry *entry)
{
    struct gathering *gathering = context;
    const struct sealed_answer_list *list = gathering->list;
    struct content content;
    struct content_reveal reveal;
    if (!has_kind(entry, CONTENT_REVEAL, &content) ||
        content_decode_body(&content, &gathering->scratch, &reveal) != STATUS_OK)
        return STATUS_OK;
    for (size_t i = 0; i < list->count; i++)
        if (id_equal(&list->items[i].message, &reveal.message) &&
            id_equal(&list->items[i].person, &entry->person))
            return open_item(gathering, i, reveal.key);
    return STATUS_OK;
}

static enum status walk(struct engine *engine,
                        struct channel *channel,
                        struct gathering *gathering,
                        enum status (*visit)(void *context, const struct stored_entry *entry))
{
    struct entry_walk entries = {
        .channel = channel->id, .to = UINT64_MAX, .visit = visit, .context = gathering};
    TRY(session_record_begin(engine, channel, &entries.from));
    return entry_walk(engine, &entries);
}

static enum status
gather(struct engine *engine, struct channel *channel, struct gathering *gathering)
{
    struct sealed_answer_list *list = gathering->list;
    void *memory = NULL;
    TRY(walk(engine, channel, gathering, count_one));
    TRY(arena_take(&list->arena, gathering->room, sizeof *list->items, &memory));
    list->items = memory;
    TRY(arena_take(&gathering->scratch, gathering->room, sizeof *gathering->sealed, &memory));
    gathering->sealed = memory;
    TRY(walk(engine, channel, gathering, add_one));
    return walk(engine, channel, gathering, open_one);
}

enum status
sealed_answers_list(struct engine *engine, struct channel *channel, struct sealed_answer_list *list)
{
    *list = (struct sealed_answer_list){.arena = ARENA_INIT(LIMIT_DECODED_BYTES)};
    struct gathering gathering = {.list = list, .scratch = ARENA_INIT(LIMIT_DECODED_BYTES)};
    enum status status = gather(engine, channel, &gathering);
    arena_clear(&gathering.scratch);
    if (status != STATUS_OK)
        sealed_answer_list_clear(list);
    return status;
}
