/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/channel.h"

#include "client-cli/core/group_rows.h"
#include "client-cli/core/records.h"
#include "protocol/channel/identity.h"
#include "protocol/channel/policy.h"

#include <stdlib.h>
#include <string.h>

#define TEXTS_BYTES_MAX (LIMIT_TITLE_BYTES + LIMIT_BRIEF_BYTES)

static const struct field end_fields[] = {
    FIELD_PLAIN(FIELD_U64, struct channel_epoch_end, epoch),
    FIELD_PLAIN(FIELD_TIME, struct channel_epoch_end, ended),
};
static const struct schema end_schema = SCHEMA("epoch_end", struct channel_epoch_end, end_fields);

static const struct field channel_fields[] = {
    FIELD_ID(struct channel, id),
    FIELD_PLAIN(FIELD_U8, struct channel, state),
    FIELD_PLAIN(FIELD_U32, struct channel, generation),
    FIELD_PLAIN(FIELD_U64, struct channel, cursor),
    FIELD_PLAIN(FIELD_U64, struct channel, shown),
    FIELD_PLAIN(FIELD_U64, struct channel, told),
    FIELD_PLAIN(FIELD_TIME, struct channel, told_ms),
    FIELD_PLAIN(FIELD_U64, struct channel, joined_epoch),
    FIELD_PLAIN(FIELD_U64, struct channel, joined_sequence),
    FIELD_PLAIN(FIELD_U64, struct channel, log_size),
    FIELD_PLAIN(FIELD_U32, struct channel, deleted),
    FIELD_PLAIN(FIELD_TIME, struct channel, removal_due),
    FIELD_PLAIN(FIELD_TIME, struct channel, path_due),
    FIELD_PLAIN(FIELD_BOOL, struct channel, confirmed),
    FIELD_PLAIN(FIELD_BOOL, struct channel, distrusted),
    FIELD_PLAIN(FIELD_U8, struct channel, history),
    FIELD_PLAIN(FIELD_U64, struct channel, history_read),
    FIELD_ID(struct channel, running_hash),
    FIELD_ITEMS(struct channel, ends, end_count, &end_schema, LIMIT_PAST_EPOCHS + 1),
    FIELD_SIZED(FIELD_TEXT, struct channel, title, LIMIT_TITLE_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct channel, brief, LIMIT_BRIEF_BYTES),
};
static const struct schema channel_schema = SCHEMA("channel", struct channel, channel_fields);

static void clear(struct channel *channel)
{
    mls_group_free(&channel->group);
    buffer_clear(&channel->texts);
    connection_reply_clear(&channel->session_reply);
}

static struct channel *allocate(void)
{
    struct channel *channel = calloc(1, sizeof *channel);
    if (channel == NULL)
        return NULL;
    channel->ends = channel->end_items;
    channel->texts = BUFFER_INIT(TEXTS_BYTES_MAX);
    channel->session_reply = CONNECTION_REPLY_INIT;
    return channel;
}

static void append(struct engine *engine, struct channel *channel)
{
    struct channel **place = &engine->channels;
    while (*place != NULL)
        place = &(*place)->next;
    *place = channel;
}

/* Fills the stored fields from a record; what it had in memory stays. */
static enum status take_record(struct channel *channel, struct span value)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_FRAME_BYTES);
    struct channel read;
    TRY(status_of_stored(schema_decode(&channel_schema, value, &arena, &read)));
    TRY(channel_set_texts(channel, read.title, read.brief));
    channel->id = read.id;
    channel->state = read.state;
    channel->generation = read.generation;
    channel->cursor = read.cursor;
    channel->shown = read.shown;
    channel->told = read.told;
    channel->told_ms = read.told_ms;
    channel->joined_epoch = read.joined_epoch;
    channel->joined_sequence = read.joined_sequence;
    channel->log_size = read.log_size;
    channel->deleted = read.deleted;
    channel->removal_due = read.removal_due;
    channel->path_due = read.path_due;
    channel->confirmed = read.confirmed;
    channel->distrusted = read.distrusted;
    channel->history = read.history;
    channel->history_read = read.history_read;
    memcpy(channel->running_hash, read.running_hash, sizeof channel->running_hash);
    channel->end_count = read.end_count;
    if (read.end_count != 0)
        memcpy(channel->end_items, read.ends, read.end_count * sizeof *read.ends);
    return STATUS_OK;
}

static enum status load_one(void *context, const struct vault_place *place, struct span value)
{
    struct engine *engine = context;
    struct channel *channel = allocate();
    if (channel == NULL)
        return STATUS_NO_MEMORY;
    channel->number = place->major;
    enum status status = take_record(channel, value);
    if (status == STATUS_OK) {
        append(engine, channel);
    } else {
        clear(channel);
        free(channel);
    }
    return status;
}

enum status channel_load_all(struct engine *engine)
{
    struct vault_walk walk = {
        .kind = RECORD_CHANNEL, .to = UINT64_MAX, .visit = load_one, .context = engine};
    return vault_walk(engine->vault, &walk);
}

void channel_free_all(struct engine *engine)
{
    while (engine->channels != NULL)
        channel_drop(engine, engine->channels);
}

enum status channel_new(struct engine *engine, const struct id *id, struct channel **channel)
{
    struct channel *fresh = allocate();
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->id = *id;
    fresh->number = 1;
    for (const struct channel *other = engine->channels; other != NULL; other = other->next)
        if (other->number >= fresh->number)
            fresh->number = other->number + 1;
    append(engine, fresh);
    *channel = fresh;
    return STATUS_OK;
}

void channel_drop(struct engine *engine, struct channel *channel)
{
    struct channel **place = &engine->channels;
    while (*place != channel)
        place = &(*place)->next;
    *place = channel->next;
    clear(channel);
    free(channel);
}

struct channel *channel_find(const struct engine *engine, const struct id *id)
{
    struct channel *channel = engine->channels;
    while (channel != NULL && !id_equal(&channel->id, id))
        channel = channel->next;
    return channel;
}

enum status channel_set_texts(struct channel *channel, struct span title, struct span brief)
{
    struct buffer texts = BUFFER_INIT(TEXTS_BYTES_MAX);
    enum status status = buffer_append(&texts, title);
    if (status == STATUS_OK)
        status = buffer_append(&texts, brief);
    if (status != STATUS_OK) {
        buffer_clear(&texts);
        return status;
    }
    buffer_clear(&channel->texts);
    channel->texts = texts;
    channel->title = span_of(texts.ptr, title.len);
    channel->brief = span_of(texts.ptr == NULL ? NULL : texts.ptr + title.len, brief.len);
    return STATUS_OK;
}

/* ---- storing ---- */

static enum status store_record(struct engine *engine, const struct channel *channel)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct vault_place place = {.kind = RECORD_CHANNEL, .major = channel->number};
    TRY(schema_encode(&channel_schema, channel, &bytes));
    return vault_put(engine->vault, &place, buffer_span(&bytes));
}

enum status channel_store(struct engine *engine, struct channel *channel)
{
    if (channel->group != NULL)
        TRY(group_rows_store(engine->vault, &channel->id, channel->group, false));
    return store_record(engine, channel);
}

void channel_stored(struct channel *channel)
{
    if (channel->group != NULL)
        mls_group_changes_done(channel->group);
}

enum status channel_store_new_group(struct engine *engine, struct channel *channel)
{
    TRY(group_rows_delete(engine->vault, &channel->id));
    TRY(group_rows_store(engine->vault, &channel->id, channel->group, true));
    return store_record(engine, channel);
}

enum status channel_delete_group(struct engine *engine, struct channel *channel)
{
    TRY(group_rows_delete(engine->vault, &channel->id));
    mls_group_free(&channel->group);
    return store_record(engine, channel);
}

static enum status take_reloaded(void *context, const struct vault_place *place, struct span value)
{
    (void)place;
    return take_record(context, value);
}

enum status channel_reload(struct engine *engine, struct channel *channel)
{
    mls_group_free(&channel->group);
    struct vault_walk walk = {.kind = RECORD_CHANNEL,
                              .from = channel->number,
                              .to = channel->number,
                              .visit = take_reloaded,
                              .context = channel};
    return vault_walk(engine->vault, &walk);
}

enum status channel_need_group(struct engine *engine, struct channel *channel)
{
    struct mls_options options;
    if (channel->group != NULL)
        return STATUS_OK;
    engine_mls_options(engine, &options);
    return group_rows_load(engine->vault, &channel->id, &options, &channel->group);
}

enum status channel_transact(struct engine *engine,
                             struct channel *channel,
                             enum status (*change)(struct engine *engine,
                                                   struct channel *channel,
                                                   void *context),
                             void *context)
{
    TRY(vault_begin(engine->vault));
    enum status status = change(engine, channel, context);
    if (status == STATUS_OK)
        status = channel_store(engine, channel);
    status = vault_end(engine->vault, status);
    if (status == STATUS_OK) {
        channel_stored(channel);
        return STATUS_OK;
    }
    enum status reloaded = channel_reload(engine, channel);
    return reloaded == STATUS_OK ? status : reloaded;
}

/* ---- what the group says ---- */

enum status
channel_extension(struct channel *channel, struct arena *arena, struct channel_extension *extension)
{
    return channel_policy_extension(mls_group_public(channel->group), arena, extension);
}

enum status channel_has_history(struct engine *engine, struct channel *channel, bool *has)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_extension extension;
    TRY(channel_need_group(engine, channel));
    TRY(channel_extension(channel, &arena, &extension));
    *has = extension.history == CHANNEL_HISTORY_FULL;
    return STATUS_OK;
}

uint16_t channel_roles_of(struct channel *channel, const struct id *person)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_extension extension;
    if (channel->group == NULL || channel_extension(channel, &arena, &extension) != STATUS_OK)
        return 0;
    return channel_extension_roles(&extension, person);
}

uint16_t channel_own_roles(struct engine *engine, struct channel *channel)
{
    if (channel_need_group(engine, channel) != STATUS_OK)
        return 0;
    return channel_roles_of(channel, &engine->account.person);
}

bool channel_has_person(struct engine *engine, struct channel *channel, const struct id *person)
{
    return channel_need_group(engine, channel) == STATUS_OK &&
           channel_identity_in_tree(mls_public_group_tree(mls_group_public(channel->group)),
                                    person);
}

enum status channel_begin_hash(struct channel *channel)
{
    const struct mls_group_context *context =
        mls_public_group_context(mls_group_public(channel->group));
    return running_hash_begin(context->confirmed_transcript_hash, channel->running_hash);
}

static enum status store_distrusted(struct engine *engine)
{
    for (const struct channel *channel = engine->channels; channel != NULL; channel = channel->next)
        TRY(store_record(engine, channel));
    return STATUS_OK;
}

enum status channel_distrust_all(struct engine *engine)
{
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next)
        channel->distrusted = true;
    /* On disk at once: the server says it at this login only, and the next process must know. */
    TRY(vault_begin(engine->vault));
    TRY(vault_end(engine->vault, store_distrusted(engine)));
    if (engine->channels != NULL)
        engine_notice(engine, NULL,
                      "This profile was put back from an older copy. Its channels are joined anew "
                      "with fresh keys before anything is sent.");
    return STATUS_OK;
}
