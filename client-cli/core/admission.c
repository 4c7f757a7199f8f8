/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/admission.h"

#include "client-cli/core/channel_say.h"
#include "client-cli/core/records.h"
#include "protocol/crypto/hash.h"

#include <string.h>

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
    if (open || count == 0)
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
                           const struct content *content)
{
    const uint16_t adders = CHANNEL_ROLE_FACILITATOR | CHANNEL_ROLE_SPONSOR;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct content_admission admission;
    if (content->kind != CONTENT_ADMISSION || (channel_roles_of(channel, sender) & adders) == 0)
        return STATUS_OK;
    if (content_decode_body(content, &arena, &admission) != STATUS_OK)
        return STATUS_OK; /* nobody is admitted by what cannot be read */
    for (size_t i = 0; i < admission.count; i++) {
        struct vault_place place;
        TRY(place_of(channel, &admission.people[i].person, &place));
        TRY(vault_put(engine->vault, &place, id_span(sender)));
    }
    return STATUS_OK;
}

enum status
admission_end(struct engine *engine, const struct channel *channel, const struct id *person)
{
    struct vault_place place;
    TRY(place_of(channel, person, &place));
    enum status status = vault_delete(engine->vault, &place);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status admission_check(struct engine *engine, struct channel *channel, const struct id *person)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ID_SIZE);
    struct vault_place place;
    bool open;
    TRY(is_open(engine, channel, &open));
    if (open)
        return STATUS_OK;
    TRY(place_of(channel, person, &place));
    enum status found = vault_get(engine->vault, &place, &record);
    return found == STATUS_NOT_FOUND ? STATUS_DENIED : found;
}
