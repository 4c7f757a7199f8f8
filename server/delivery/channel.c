/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/channel.h"

#include "protocol/base/limits.h"
#include "protocol/channel/policy.h"
#include "protocol/wire/generations.h"

#include <stdlib.h>

#define TEXTS_BYTES_MAX (2 * LIMIT_BRIEF_BYTES)

static enum status copy_row(struct channel *channel, const struct store_channel *row)
{
    channel->row = *row;
    channel->id = row->channel;
    TRY(arena_copy(&channel->texts, row->title, &channel->row.title));
    return arena_copy(&channel->texts, row->brief, &channel->row.brief);
}

static enum status fill(struct channel *channel, const struct channel_facts *facts)
{
    TRY(copy_row(channel, &facts->row));
    TRY(channel_refresh(channel));
    for (size_t i = 0; i < facts->members.count; i++) {
        const struct store_member *stored = &facts->members.items[i];
        struct channel_member member = {
            .person = stored->person,
            .device = stored->device,
            .leaf = stored->leaf,
            .since_ms = stored->since_ms,
        };
        TRY(channel_add_member(channel, &member));
    }
    return STATUS_OK;
}

enum status channel_new(struct channel_facts *facts,
                        const struct random_source *random,
                        struct channel **channel)
{
    struct channel *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL) {
        mls_public_group_free(&facts->group);
        return STATUS_NO_MEMORY;
    }
    fresh->group = facts->group;
    fresh->log_size = facts->log_size;
    facts->group = NULL;
    fresh->commits_last = &fresh->commits;
    arena_init(&fresh->texts, TEXTS_BYTES_MAX);
    arena_init(&fresh->roles, LIMIT_DECODED_BYTES);
    enum status status = id_map_init(&fresh->members, random);
    if (status == STATUS_OK)
        status = id_map_init(&fresh->people, random);
    if (status == STATUS_OK)
        status = fill(fresh, facts);
    if (status != STATUS_OK) {
        channel_free(&fresh);
        return status;
    }
    *channel = fresh;
    return STATUS_OK;
}

static void free_values(struct id_map *map)
{
    size_t at = 0;
    for (void *value = id_map_next(map, &at); value != NULL; value = id_map_next(map, &at))
        free(value);
    id_map_clear(map);
}

void channel_free(struct channel **channel)
{
    struct channel *ending = *channel;
    if (ending == NULL)
        return;
    free_values(&ending->members);
    free_values(&ending->people);
    arena_clear(&ending->texts);
    arena_clear(&ending->roles);
    mls_public_group_free(&ending->group);
    free(ending);
    *channel = NULL;
}

enum status channel_refresh(struct channel *channel)
{
    CLEANUP(arena_clear) struct arena roles = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_extension extension;
    TRY(channel_policy_extension(channel->group, &roles, &extension));
    arena_clear(&channel->roles);
    channel->roles = roles;
    roles = ARENA_INIT(0);
    channel->extension = extension;
    channel->row.epoch = mls_public_group_epoch(channel->group);
    channel->row.history = (uint8_t)channel->extension.history;
    return STATUS_OK;
}

enum status channel_restart(struct channel *channel,
                            const struct random_source *random,
                            struct mls_public_group **group,
                            uint32_t generation,
                            const struct channel_member *first)
{
    struct id_map members;
    struct id_map people;
    TRY(id_map_init(&members, random));
    TRY(id_map_init(&people, random));
    free_values(&channel->members);
    free_values(&channel->people);
    channel->members = members;
    channel->people = people;
    mls_public_group_free(&channel->group);
    channel->group = *group;
    *group = NULL;
    channel->log_size = 0;
    channel->row.generation = generation;
    channel->row.last_sequence = generation_base(generation);
    channel->row.state = STORE_CHANNEL_ACTIVE;
    TRY(channel_add_member(channel, first));
    return channel_refresh(channel);
}

const struct channel_member *channel_member(const struct channel *channel, const struct id *device)
{
    return id_map_find(&channel->members, device);
}

uint16_t channel_roles(const struct channel *channel, const struct id *person)
{
    return channel_extension_roles(&channel->extension, person);
}

bool channel_facilitates(const struct channel *channel, const struct id *person)
{
    return (channel_roles(channel, person) & CHANNEL_ROLE_FACILITATOR) != 0;
}

uint32_t channel_people(const struct channel *channel)
{
    return (uint32_t)channel->people.count;
}

bool channel_is_open(const struct channel *channel)
{
    return channel->extension.visibility == CHANNEL_OPEN;
}

struct id channel_actor(const struct channel *channel, const struct id *person)
{
    static const struct id nobody;
    return channel->row.visibility == STORE_VISIBILITY_CONFIDENTIAL ? nobody : *person;
}

bool channel_is_listed(const struct channel *channel)
{
    return channel_extension_is_listed(&channel->extension);
}

static enum status count_device(struct channel *channel, const struct id *person)
{
    struct channel_person *counted = id_map_find(&channel->people, person);
    if (counted == NULL) {
        counted = calloc(1, sizeof *counted);
        if (counted == NULL)
            return STATUS_NO_MEMORY;
        enum status status = id_map_set(&channel->people, person, counted);
        if (status != STATUS_OK) {
            free(counted);
            return status;
        }
    }
    counted->devices++;
    return STATUS_OK;
}

static void uncount_device(struct channel *channel, const struct id *person)
{
    struct channel_person *counted = id_map_find(&channel->people, person);
    if (--counted->devices > 0)
        return;
    id_map_remove(&channel->people, person);
    free(counted);
}

enum status channel_add_member(struct channel *channel, const struct channel_member *member)
{
    struct channel_member *copy = malloc(sizeof *copy);
    if (copy == NULL)
        return STATUS_NO_MEMORY;
    *copy = *member;
    channel_remove_member(channel, &member->device);
    enum status status = id_map_set(&channel->members, &member->device, copy);
    if (status != STATUS_OK) {
        free(copy);
        return status;
    }
    status = count_device(channel, &member->person);
    if (status != STATUS_OK) {
        id_map_remove(&channel->members, &member->device);
        free(copy);
    }
    return status;
}

void channel_remove_member(struct channel *channel, const struct id *device)
{
    struct channel_member *member = id_map_find(&channel->members, device);
    if (member == NULL)
        return;
    uncount_device(channel, &member->person);
    id_map_remove(&channel->members, device);
    free(member);
}

void channel_describe(const struct channel *channel,
                      const struct id *device,
                      struct wire_channel *described)
{
    *described = (struct wire_channel){
        .channel = channel->id,
        .visibility = (uint8_t)channel->extension.visibility,
        .history = (uint8_t)channel->extension.history,
        .title = channel->row.title,
        .brief = channel->row.brief,
        .generation = channel->row.generation,
        .epoch = channel->row.epoch,
        .last_sequence = channel->row.last_sequence,
        .member_count = channel_people(channel),
        .member = channel_member(channel, device) != NULL,
        .session = channel->session != NULL,
        .created = channel->row.created_at_ms,
        .keep_days = channel->row.keep_days,
    };
}
