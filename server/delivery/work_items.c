/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/work_items.h"

#include "protocol/base/limits.h"
#include "protocol/channel/leave.h"
#include "server/delivery/internal.h"

#include <stdlib.h>

void work_items_free_add(struct work_add *add)
{
    buffer_clear(&add->key_package);
    free(add);
}

static void free_remove(struct work_remove *remove)
{
    buffer_clear(&remove->request);
    free(remove);
}

void work_items_drop_removes(struct work *work)
{
    while (work->removes != NULL) {
        struct work_remove *first = work->removes;
        work->removes = first->next;
        free_remove(first);
    }
}

void work_items_drop(struct channel *channel)
{
    struct work *work = channel->work;
    if (work == NULL)
        return;
    while (work->adds != NULL) {
        struct work_add *first = work->adds;
        work->adds = first->next;
        work_items_free_add(first);
    }
    work_items_drop_removes(work);
    free(work);
    channel->work = NULL;
}

struct work *work_items_ensure(struct delivery *delivery, struct channel *channel)
{
    if (channel->work != NULL)
        return channel->work;
    struct work *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL || id_random(delivery->hub->random, &fresh->id) != STATUS_OK) {
        free(fresh);
        return NULL;
    }
    channel->work = fresh;
    return fresh;
}

bool work_items_is_empty(const struct work *work)
{
    return work->adds == NULL && work->removes == NULL;
}

size_t work_items_count_adds(const struct work *work)
{
    size_t count = 0;
    for (const struct work_add *add = work->adds; add != NULL; add = add->next)
        count++;
    return count;
}

void work_items_drop_done(struct channel *channel)
{
    struct work *work = channel->work;
    for (struct work_add **at = &work->adds; *at != NULL;) {
        struct work_add *add = *at;
        if (channel_member(channel, &add->device) == NULL) {
            at = &add->next;
            continue;
        }
        *at = add->next;
        work_items_free_add(add);
    }
    for (struct work_remove **at = &work->removes; *at != NULL;) {
        struct work_remove *remove = *at;
        if (channel_member(channel, &remove->device) != NULL) {
            at = &remove->next;
            continue;
        }
        *at = remove->next;
        free_remove(remove);
    }
}

static bool is_void(const struct channel *channel,
                    const struct directory *directory,
                    const struct work_remove *remove)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_FRAME_BYTES);
    struct message_leave leave;
    if (remove->reason != STORE_REMOVAL_LEFT)
        return false;
    return schema_decode(&message_leave_schema, buffer_span(&remove->request), &arena, &leave) !=
               STATUS_OK ||
           !channel_leave_is_of(&leave, &channel->id, channel->row.generation,
                                mls_public_group_tree(channel->group), directory,
                                directory_log_of(directory)->size, &remove->person);
}

void work_items_drop_void(struct channel *channel, const struct directory *directory)
{
    for (struct work_remove **at = &channel->work->removes; *at != NULL;) {
        struct work_remove *remove = *at;
        if (!is_void(channel, directory, remove)) {
            at = &remove->next;
            continue;
        }
        *at = remove->next;
        free_remove(remove);
    }
}

/* Those of one device, or of one person. */
static void forget(struct work *work, const struct id *device, const struct id *person)
{
    for (struct work_add **at = &work->adds; *at != NULL;) {
        struct work_add *add = *at;
        if (!id_equal(&add->device, device) && !id_equal(&add->person, person)) {
            at = &add->next;
            continue;
        }
        *at = add->next;
        work_items_free_add(add);
    }
}

void work_items_forget(struct work *work, const struct id *device)
{
    forget(work, device, &(struct id){{0}});
}

void work_items_forget_person(struct work *work, const struct id *person)
{
    forget(work, &(struct id){{0}}, person);
}
