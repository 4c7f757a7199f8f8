/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/group_state.h"

#include <stdlib.h>

/* Every row: uint8 version, and then
 *   group:       uint16 cipher_suite; uint32 own_leaf; opaque signature_key<V>;
 *                opaque secrets<V>[MLS_SECRET_COUNT]; opaque public_group<V>;
 *   epoch:       opaque context<V>; opaque secrets<V>[MLS_SECRET_COUNT]; uint32 leaf_count;
 *                opaque leaves_before<V>;
 *   tree node:   the node as it is in the tree
 *   private key: opaque key<V>;
 *   secret node, ratchet: see secret_tree.c
 *   update:      opaque public_key<V>; opaque private_key<V>; opaque signature_key<V>;
 *   pending:     opaque message<V>; opaque leaf_key<V>; opaque path_secret<V>;
 *                opaque signature_key<V>;
 * with an empty vector for a secret that there is not. */
#define ROW_VERSION 1

/* ---- writing ---- */

static void write_slot(struct writer *writer, const struct secret *slot)
{
    writer_vector(writer, slot == NULL ? SPAN_EMPTY : secret_span(slot));
}

static void write_secrets(struct writer *writer, const struct mls_epoch_secrets *secrets)
{
    for (size_t i = 0; i < MLS_SECRET_COUNT; i++)
        write_slot(writer, secrets->slots[i]);
}

static enum status encode_group(const struct mls_group *group, struct writer *writer)
{
    CLEANUP(buffer_clear) struct buffer public_group = BUFFER_INIT(MLS_BYTES_MAX);
    TRY(mls_public_group_encode(group->public_group, false, &public_group));
    writer_u16(writer, group->suite->id);
    writer_u32(writer, group->own_leaf);
    write_slot(writer, group->signature_key);
    write_secrets(writer, &group->epoch->secrets);
    writer_vector(writer, buffer_span(&public_group));
    return STATUS_OK;
}

static enum status
encode_epoch(const struct mls_group *group, uint64_t number, struct writer *writer)
{
    const struct mls_epoch *epoch = mls_group_find_epoch(group, number);
    if (epoch == NULL || epoch == group->epoch)
        return STATUS_NOT_FOUND;
    writer_vector(writer, buffer_span(&epoch->context));
    write_secrets(writer, &epoch->secrets);
    writer_u32(writer, mls_secret_tree_leaf_count(epoch->tree));
    writer_vector(writer, buffer_span(&epoch->leaves_before));
    return STATUS_OK;
}

static enum status
encode_tree_node(const struct mls_group *group, uint32_t node, struct writer *writer)
{
    const struct mls_tree *tree = mls_public_group_tree(group->public_group);
    if (mls_tree_node(tree, node) == NULL)
        return STATUS_NOT_FOUND;
    writer_bytes(writer, mls_tree_node_bytes(tree, node));
    return STATUS_OK;
}

static enum status
encode_private_key(const struct mls_group *group, uint32_t node, struct writer *writer)
{
    struct span key = mls_private_keys_get(&group->keys, node);
    if (key.len == 0)
        return STATUS_NOT_FOUND;
    writer_vector(writer, key);
    return STATUS_OK;
}

static enum status
encode_update(const struct mls_group *group, uint32_t index, struct writer *writer)
{
    if (index >= group->update_count)
        return STATUS_NOT_FOUND;
    writer_vector(writer, hpke_public_span(&group->updates[index].public_key));
    write_slot(writer, group->updates[index].private_key);
    write_slot(writer, group->updates[index].signature_key);
    return STATUS_OK;
}

static enum status encode_pending(const struct mls_group *group, struct writer *writer)
{
    const struct mls_next *pending = group->pending;
    if (pending == NULL)
        return STATUS_NOT_FOUND;
    writer_vector(writer, buffer_span(&pending->message));
    write_slot(writer, pending->leaf_key);
    write_slot(writer, pending->path_secret);
    write_slot(writer, pending->signature_key);
    return STATUS_OK;
}

static enum status
encode_secret(const struct mls_group *group, const struct mls_row_key *key, struct buffer *out)
{
    const struct mls_epoch *epoch = mls_group_find_epoch(group, key->epoch);
    if (epoch == NULL)
        return STATUS_NOT_FOUND;
    return mls_secret_tree_encode_row(epoch->tree, key->kind, key->index, out);
}

/* STATUS_NOT_FOUND when there is no such row any more. */
static enum status
encode_row(const struct mls_group *group, const struct mls_row_key *key, struct buffer *out)
{
    struct writer writer = writer_of(out);
    if (group->removed)
        return STATUS_NOT_FOUND;
    if (key->kind != MLS_ROW_SECRET_NODE && key->kind != MLS_ROW_RATCHET)
        writer_u8(&writer, ROW_VERSION);
    switch (key->kind) {
    case MLS_ROW_GROUP:
        TRY(encode_group(group, &writer));
        break;
    case MLS_ROW_EPOCH:
        TRY(encode_epoch(group, key->epoch, &writer));
        break;
    case MLS_ROW_TREE_NODE:
        TRY(encode_tree_node(group, key->index, &writer));
        break;
    case MLS_ROW_PRIVATE_KEY:
        TRY(encode_private_key(group, key->index, &writer));
        break;
    case MLS_ROW_SECRET_NODE:
    case MLS_ROW_RATCHET:
        TRY(encode_secret(group, key, out));
        break;
    case MLS_ROW_UPDATE:
        TRY(encode_update(group, key->index, &writer));
        break;
    case MLS_ROW_PENDING:
        TRY(encode_pending(group, &writer));
        break;
    }
    return writer_finish(&writer);
}

static enum status send_row(const struct mls_group *group,
                            const struct mls_row_key *key,
                            const struct mls_row_sink *sink)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(2 * MLS_BYTES_MAX);
    enum status status = encode_row(group, key, &bytes);
    if (status == STATUS_NOT_FOUND)
        return sink->drop(sink->context, key);
    TRY(status);
    return sink->put(sink->context, key, buffer_span(&bytes));
}

static enum status send_rows(const struct mls_group *group,
                             const struct mls_row_set *set,
                             const struct mls_row_sink *sink)
{
    for (size_t i = 0; i < set->count; i++)
        TRY(send_row(group, &set->keys[i], sink));
    return STATUS_OK;
}

static const struct mls_row_key group_row = {.kind = MLS_ROW_GROUP};
static const struct mls_row_key pending_row = {.kind = MLS_ROW_PENDING};

enum status mls_group_changes(struct mls_group *group, const struct mls_row_sink *sink)
{
    mls_row_set_sort(&group->changed);
    if (group->group_changed)
        TRY(send_row(group, &group_row, sink));
    if (group->pending_changed)
        TRY(send_row(group, &pending_row, sink));
    return send_rows(group, &group->changed, sink);
}

void mls_group_changes_done(struct mls_group *group)
{
    group->changed.count = 0;
    group->group_changed = false;
    group->pending_changed = false;
}

enum status mls_group_rows(struct mls_group *group, const struct mls_row_sink *sink)
{
    struct mls_row_set all = {0};
    if (group->removed)
        return STATUS_OK;
    enum status status = mls_group_note_all(group, &all);
    if (status == STATUS_OK) {
        mls_row_set_sort(&all);
        status = send_row(group, &group_row, sink);
    }
    if (status == STATUS_OK && group->pending != NULL)
        status = send_row(group, &pending_row, sink);
    if (status == STATUS_OK)
        status = send_rows(group, &all, sink);
    mls_row_set_clear(&all);
    return status;
}

/* ---- reading ---- */

/* All rows, held until they are in their places: they come in any order. */
struct loaded_row {
    struct mls_row_key key;
    size_t start; /* in the bytes */
    size_t len;
};

struct loaded {
    struct buffer bytes;
    struct loaded_row *rows;
    size_t count;
    size_t capacity;
};

static void loaded_clear(struct loaded *loaded)
{
    buffer_clear(&loaded->bytes);
    free(loaded->rows);
}

static enum status load_row(struct loaded *loaded, const struct mls_row_key *key, struct span bytes)
{
    if (loaded->count == loaded->capacity) {
        size_t capacity = loaded->capacity * 2 + 64;
        struct loaded_row *rows = realloc(loaded->rows, capacity * sizeof *rows);
        if (rows == NULL)
            return STATUS_NO_MEMORY;
        loaded->rows = rows;
        loaded->capacity = capacity;
    }
    struct reader reader = reader_of(bytes);
    uint8_t version = 0;
    if (reader_u8(&reader, &version) != STATUS_OK || version != ROW_VERSION)
        return STATUS_CORRUPT;
    loaded->rows[loaded->count++] = (struct loaded_row){*key, loaded->bytes.len, bytes.len};
    return buffer_append(&loaded->bytes, bytes);
}

static enum status load(const struct mls_row_source *source, struct loaded *loaded)
{
    for (;;) {
        struct mls_row_key key;
        struct span bytes;
        enum status status = source->next(source->context, &key, &bytes);
        if (status == STATUS_NOT_FOUND)
            return STATUS_OK;
        TRY(status);
        TRY(load_row(loaded, &key, bytes));
    }
}

/* The bytes of a row, with its version. */
static struct span whole_row(const struct loaded *loaded, const struct loaded_row *row)
{
    return span_of(loaded->bytes.ptr + row->start, row->len);
}

/* The bytes of a row after its version. */
static struct span row_body(const struct loaded *loaded, const struct loaded_row *row)
{
    return span_of(loaded->bytes.ptr + row->start + 1, row->len - 1);
}

/* Calls `place` for every row of one kind. */
static enum status
for_each(const struct loaded *loaded,
         enum mls_row_kind kind,
         enum status (*place)(void *context, const struct mls_row_key *key, struct span body),
         void *context)
{
    for (size_t i = 0; i < loaded->count; i++)
        if (loaded->rows[i].key.kind == kind)
            TRY(place(context, &loaded->rows[i].key, row_body(loaded, &loaded->rows[i])));
    return STATUS_OK;
}

/* An empty vector is a secret that there is not. */
static enum status
read_slot(struct reader *reader, struct secret_arena *arena, struct secret **slot)
{
    struct span bytes;
    TRY(reader_vector(reader, SECRET_SIZE_MAX, &bytes));
    return bytes.len == 0 ? STATUS_OK : mls_group_keep(arena, bytes, slot);
}

static enum status read_secrets(struct reader *reader, struct mls_epoch_secrets *secrets)
{
    for (size_t i = 0; i < MLS_SECRET_COUNT; i++)
        TRY(read_slot(reader, secrets->arena, &secrets->slots[i]));
    return STATUS_OK;
}

static enum status place_tree_node(void *context, const struct mls_row_key *key, struct span body)
{
    struct mls_tree *tree = context;
    return mls_tree_set_node_bytes(tree, key->index, body);
}

static enum status place_epoch(void *context, const struct mls_row_key *key, struct span body)
{
    struct mls_group *group = context;
    struct reader reader = reader_of(body);
    struct span bytes;
    uint32_t leaf_count = 0;
    if (group->past_count == MLS_PAST_EPOCHS_MAX || key->epoch >= mls_group_epoch(group))
        return STATUS_CORRUPT;
    TRY(reader_vector(&reader, MLS_BYTES_MAX, &bytes));
    size_t place = group->past_count;
    while (place > 0 && group->past[place - 1]->number < key->epoch) {
        group->past[place] = group->past[place - 1];
        place--;
    }
    group->past[place] = NULL;
    group->past_count++;
    TRY(mls_epoch_new(group->arena, key->epoch, bytes, &group->past[place]));
    struct mls_epoch *epoch = group->past[place];
    TRY(read_secrets(&reader, &epoch->secrets));
    TRY(reader_u32(&reader, &leaf_count));
    TRY(reader_vector(&reader, MLS_BYTES_MAX, &bytes));
    TRY(buffer_append(&epoch->leaves_before, bytes));
    TRY(mls_secret_tree_new(group->suite, group->arena, &group->changed, key->epoch, leaf_count,
                            &epoch->tree));
    return reader_finish(&reader);
}

static enum status place_private_key(void *context, const struct mls_row_key *key, struct span body)
{
    struct mls_group *group = context;
    struct reader reader = reader_of(body);
    struct span bytes;
    TRY(reader_vector(&reader, SECRET_SIZE_MAX, &bytes));
    TRY(mls_private_keys_set(&group->keys, key->index, bytes));
    return reader_finish(&reader);
}

static enum status place_update(void *context, const struct mls_row_key *key, struct span body)
{
    struct mls_group *group = context;
    struct reader reader = reader_of(body);
    struct span bytes;
    if (group->update_count == MLS_OWN_UPDATES_MAX || key->index >= MLS_OWN_UPDATES_MAX)
        return STATUS_CORRUPT;
    struct mls_own_update *update = &group->updates[group->update_count++];
    TRY(reader_vector(&reader, sizeof update->public_key.bytes, &bytes));
    update->public_key.len = (uint8_t)bytes.len;
    for (size_t i = 0; i < bytes.len; i++)
        update->public_key.bytes[i] = bytes.ptr[i];
    TRY(read_slot(&reader, group->arena, &update->private_key));
    TRY(read_slot(&reader, group->arena, &update->signature_key));
    if (update->private_key == NULL)
        return STATUS_CORRUPT;
    return reader_finish(&reader);
}

/* Our pending commit is staged anew, which checks it against the group. Lifetimes and credentials
 * were checked when it was made, and may be over by now. */
static enum status
stage_pending(struct mls_group *group, struct span body, const struct mls_options *options)
{
    const struct mls_options trusting = {.extension_types = options->extension_types,
                                         .extension_type_count = options->extension_type_count};
    CLEANUP(mls_next_free) struct mls_next *next = NULL;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(MLS_BYTES_MAX);
    CLEANUP(secret_clear) struct secret joiner_secret = {0};
    struct reader reader = reader_of(body);
    struct mls_own_commit own = {0};
    struct span bytes;
    struct mls_message message;
    struct digest tag;
    TRY(mls_next_new(group->arena, &next));
    TRY(reader_vector(&reader, MLS_BYTES_MAX, &bytes));
    TRY(reader_vector(&reader, SECRET_SIZE_MAX, &own.leaf_key));
    TRY(reader_vector(&reader, SECRET_SIZE_MAX, &own.path_secret));
    TRY(read_slot(&reader, group->arena, &next->signature_key));
    TRY(reader_finish(&reader));
    TRY(buffer_append(&next->message, bytes));
    TRY(mls_message_decode(bytes, &arena, &message));
    if (message.wire_format != MLS_WIRE_PUBLIC_MESSAGE)
        return STATUS_CORRUPT;
    struct mls_authenticated_content authenticated = {
        MLS_WIRE_PUBLIC_MESSAGE, message.public_message.content, message.public_message.auth};
    struct writer writer = writer_of(&content);
    mls_authenticated_content_write(&writer, &authenticated);
    TRY(writer_finish(&writer));
    own.content = buffer_span(&content);
    enum status status = mls_group_stage_own(group, &own, &trusting, next, &tag, &joiner_secret);
    /* One with a PSK of the application's, which only a store could give, is given up. */
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    group->pending = next;
    next = NULL;
    return STATUS_OK;
}

/* ---- putting it together ---- */

static const struct loaded_row *find_row(const struct loaded *loaded, enum mls_row_kind kind)
{
    for (size_t i = 0; i < loaded->count; i++)
        if (loaded->rows[i].key.kind == kind)
            return &loaded->rows[i];
    return NULL;
}

static enum status place_secrets(const struct loaded *loaded, struct mls_group *group)
{
    for (size_t i = 0; i < loaded->count; i++) {
        const struct mls_row_key *key = &loaded->rows[i].key;
        if (key->kind != MLS_ROW_SECRET_NODE && key->kind != MLS_ROW_RATCHET)
            continue;
        const struct mls_epoch *epoch = mls_group_find_epoch(group, key->epoch);
        if (epoch == NULL)
            return STATUS_CORRUPT;
        TRY(mls_secret_tree_decode_row(epoch->tree, key->kind, key->index,
                                       whole_row(loaded, &loaded->rows[i])));
    }
    return STATUS_OK;
}

/* Suite, leaf, keys and the present epoch. */
static enum status
place_group(const struct loaded *loaded, struct reader *reader, struct mls_group *group)
{
    CLEANUP(mls_tree_free) struct mls_tree *tree = NULL;
    struct mls_epoch_secrets secrets = {.arena = group->arena};
    struct span form;
    TRY(reader_u32(reader, &group->own_leaf));
    TRY(read_slot(reader, group->arena, &group->signature_key));
    TRY(read_secrets(reader, &secrets));
    TRY(reader_vector(reader, MLS_BYTES_MAX, &form));
    TRY(reader_finish(reader));
    TRY(mls_tree_new(group->suite, &tree));
    TRY(for_each(loaded, MLS_ROW_TREE_NODE, place_tree_node, tree));
    TRY(mls_tree_update_hashes(tree));
    TRY(mls_public_group_decode(form, tree, &group->public_group));
    TRY(mls_epoch_new(group->arena, mls_public_group_epoch(group->public_group),
                      mls_public_group_context_bytes(group->public_group), &group->epoch));
    group->epoch->secrets = secrets;
    return mls_secret_tree_new(group->suite, group->arena, &group->changed, group->epoch->number,
                               mls_tree_leaf_count(tree), &group->epoch->tree);
}

static enum status
restore(const struct loaded *loaded, const struct mls_options *options, struct mls_group **group)
{
    CLEANUP(mls_group_free) struct mls_group *fresh = NULL;
    const struct loaded_row *row = find_row(loaded, MLS_ROW_GROUP);
    const struct loaded_row *pending = find_row(loaded, MLS_ROW_PENDING);
    uint16_t suite = 0;
    if (row == NULL)
        return STATUS_CORRUPT;
    struct reader reader = reader_of(row_body(loaded, row));
    TRY(reader_u16(&reader, &suite));
    if (suite_find(suite) == NULL)
        return STATUS_UNSUPPORTED;
    TRY(mls_group_alloc(suite_find(suite), &fresh));
    TRY(place_group(loaded, &reader, fresh));
    TRY(for_each(loaded, MLS_ROW_EPOCH, place_epoch, fresh));
    TRY(for_each(loaded, MLS_ROW_PRIVATE_KEY, place_private_key, fresh));
    TRY(for_each(loaded, MLS_ROW_UPDATE, place_update, fresh));
    TRY(place_secrets(loaded, fresh));
    TRY(mls_private_keys_check(&fresh->keys, mls_public_group_tree(fresh->public_group)));
    if (pending != NULL)
        TRY(stage_pending(fresh, row_body(loaded, pending), options));
    mls_group_changes_done(fresh);
    fresh->pending_changed = pending != NULL && fresh->pending == NULL;
    *group = fresh;
    fresh = NULL;
    return STATUS_OK;
}

/* Rows that cannot be read are damaged, whatever is wrong with them. */
static enum status as_damage(enum status status)
{
    bool is_own = status == STATUS_OK || status == STATUS_NO_MEMORY || status == STATUS_CRYPTO ||
                  status == STATUS_UNSUPPORTED;
    return is_own ? status : STATUS_CORRUPT;
}

enum status mls_group_restore(const struct mls_row_source *source,
                              const struct mls_options *options,
                              struct mls_group **group)
{
    CLEANUP(loaded_clear) struct loaded loaded = {.bytes = BUFFER_INIT(SIZE_MAX)};
    TRY(load(source, &loaded));
    return as_damage(restore(&loaded, options, group));
}
