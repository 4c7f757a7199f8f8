/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/admission.h"

#include "client-cli/core/channel_say.h"
#include "client-cli/core/records.h"
#include "protocol/channel/identity.h"
#include "protocol/crypto/hash.h"

#include <string.h>

struct admitted {
    struct id by;
    uint64_t log_size;
};
static const struct field admitted_fields[] = {
    FIELD_ID(struct admitted, by),
    FIELD_PLAIN(FIELD_U64, struct admitted, log_size),
};
static const struct schema admitted_schema = SCHEMA("admitted", struct admitted, admitted_fields);
#define RECORD_BYTES_MAX 64

/* A record for a channel and a person together. */
static enum status
place_of(const struct channel *channel, const struct id *person, struct vault_place *place)
{
    struct digest digest;
    const struct span parts[] = {id_span(&channel->id), id_span(person)};
    TRY(hash_parts(HASH_SHA256, parts, sizeof parts / sizeof *parts, &digest));
    *place = (struct vault_place){.kind = RECORD_ADMITTED};
    memcpy(place->scope.bytes, digest.bytes, sizeof place->scope.bytes);
    return STATUS_OK;
}

static enum status is_open(struct engine *engine, struct channel *channel, bool *open)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_extension extension;
    TRY(channel_need_group(engine, channel));
    TRY(channel_extension(channel, &arena, &extension));
    *open = extension.visibility == CHANNEL_OPEN;
    return STATUS_OK;
}

static void take_reset(void *context, const struct directory_device *device)
{
    const struct directory_device **found = context; /* best the one that the admin signed */
    bool reset = device->state == DIRECTORY_ACTIVE && device->reset_size != 0;
    if (reset && (*found == NULL || device->authority == DIRECTORY_BY_ADMIN))
        *found = device;
}

const struct directory_device *admission_reset_device(const struct engine *engine,
                                                      const struct id *person)
{
    const struct directory_device *found = NULL;
    directory_each_device(engine->directory, person, take_reset, &found);
    return found;
}

static bool
is_needed(const struct engine *engine, bool open, const struct wire_id_item *people, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!open || admission_reset_device(engine, &people[i].id) != NULL)
            return true;
    return false;
}

enum status admission_grant(struct engine *engine,
                            struct channel *channel,
                            const struct wire_id_item *people,
                            size_t count)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_said said;
    void *items = NULL;
    bool open;
    TRY(is_open(engine, channel, &open));
    if (!is_needed(engine, open, people, count))
        return STATUS_OK;
    TRY(arena_take(&arena, count, sizeof(struct content_person), &items));
    struct content_admission admission = {items, count};
    for (size_t i = 0; i < count; i++)
        admission.people[i].person = people[i].id;
    return channel_say(engine, channel, CONTENT_ADMISSION, NULL, &admission, &said);
}

enum status admission_take(struct engine *engine,
                           struct channel *channel,
                           const struct id *sender,
                           uint64_t log_size,
                           const struct content *content)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(RECORD_BYTES_MAX);
    struct content_admission admission;
    struct admitted admitted = {*sender, log_size};
    bool open = false;
    if (content->kind != CONTENT_ADMISSION)
        return STATUS_OK;
    TRY(is_open(engine, channel, &open));
    if (!open && (channel_roles_of(channel, sender) & CHANNEL_ROLES_ADDING) == 0)
        return STATUS_OK;
    TRY(schema_encode(&admitted_schema, &admitted, &record));
    enum status decoded = content_decode_body(content, &arena, &admission);
    if (decoded != STATUS_OK) /* nobody is admitted by what cannot be read */
        return status_is_local(decoded) ? decoded : STATUS_OK;
    for (size_t i = 0; i < admission.count; i++) {
        struct vault_place place;
        TRY(place_of(channel, &admission.people[i].person, &place));
        TRY(vault_put(engine->vault, &place, buffer_span(&record)));
    }
    return STATUS_OK;
}

enum status
admission_keep(struct engine *engine, const struct channel *channel, const struct id *person)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(RECORD_BYTES_MAX);
    struct admitted admitted = {.by = engine->account.person,
                                .log_size = directory_log_of(engine->directory)->size};
    struct vault_place place;
    TRY(schema_encode(&admitted_schema, &admitted, &record));
    TRY(place_of(channel, person, &place));
    return vault_put(engine->vault, &place, buffer_span(&record));
}

static enum status find_admitted(struct engine *engine,
                                 const struct channel *channel,
                                 const struct id *person,
                                 struct admitted *admitted)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(RECORD_BYTES_MAX);
    struct arena none = ARENA_INIT(0);
    struct vault_place place;
    TRY(place_of(channel, person, &place));
    TRY(vault_get(engine->vault, &place, &record));
    return status_of_stored(schema_decode(&admitted_schema, buffer_span(&record), &none, admitted));
}

enum status admission_by(struct engine *engine,
                         const struct channel *channel,
                         const struct id *person,
                         struct id *by)
{
    struct admitted admitted;
    enum status found = find_admitted(engine, channel, person, &admitted);
    if (found == STATUS_OK)
        *by = admitted.by;
    else
        *by = (struct id){{0}};
    return found == STATUS_NOT_FOUND ? STATUS_OK : found;
}

enum status admission_end(struct engine *engine,
                          const struct channel *channel,
                          const struct channel_identity *removed,
                          struct span leaf_key)
{
    struct vault_place place;
    struct admitted admitted;
    enum status found = find_admitted(engine, channel, &removed->person, &admitted);
    if (found != STATUS_OK)
        return found == STATUS_NOT_FOUND ? STATUS_OK : found;
    if (directory_check_leaf_at(engine->directory, admitted.log_size, &removed->person,
                                &removed->device, leaf_key) == STATUS_DENIED)
        return STATUS_OK;
    TRY(place_of(channel, &removed->person, &place));
    return vault_delete(engine->vault, &place);
}

/* Whether another device of the person is here, which is active and stands for them as this one
 * does: one of theirs has approved it. */
static bool is_vouched_for(const struct engine *engine,
                           struct channel *channel,
                           const struct directory_device *device)
{
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(channel->group));
    for (uint32_t leaf = mls_tree_next_member(tree, 0); leaf != MLS_NO_LEAF;
         leaf = mls_tree_next_member(tree, leaf + 1)) {
        struct channel_identity identity;
        if (channel_identity_decode(&mls_tree_leaf(tree, leaf)->credential, &identity) !=
                STATUS_OK ||
            !id_equal(&identity.person, &device->person))
            continue;
        const struct directory_device *other = directory_find(engine->directory, &identity.device);
        if (other != NULL && other->state == DIRECTORY_ACTIVE &&
            other->reset_size == device->reset_size)
            return true;
    }
    return false;
}

enum status admission_check(struct engine *engine,
                            struct channel *channel,
                            const struct id *person,
                            const struct id *device_id)
{
    const struct directory_device *device = directory_find(engine->directory, device_id);
    struct admitted admitted;
    bool open;
    TRY(is_open(engine, channel, &open));
    uint64_t reset_size = device == NULL ? 0 : device->reset_size;
    if ((open && reset_size == 0) || (device != NULL && is_vouched_for(engine, channel, device)))
        return STATUS_OK;
    enum status found = find_admitted(engine, channel, person, &admitted);
    if (found == STATUS_NOT_FOUND)
        return STATUS_DENIED;
    TRY(found);
    return admitted.log_size >= reset_size ? STATUS_OK : STATUS_DENIED;
}
