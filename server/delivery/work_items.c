/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/work_items.h"

#include "protocol/base/limits.h"
#include "protocol/channel/leave.h"
#include "server/delivery/internal.h"

#include <stdlib.h>

/* What is listed in one work event: with its ends it must fit a frame. */
#define LISTED_BYTES_MAX (60u << 10)

/* Of each that is listed, besides its KeyPackage or its request: ids, lengths, a reason, and an
 * empty request. */
#define LISTED_ITEM_BYTES 96

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

static void drop_adds(struct work *work)
{
    while (work->adds != NULL) {
        struct work_add *first = work->adds;
        work->adds = first->next;
        work_items_free_add(first);
    }
}

void work_items_drop(struct channel *channel)
{
    struct work *work = channel->work;
    if (work == NULL)
        return;
    drop_adds(work);
    work_items_drop_removes(work);
    free(work);
    channel->work = NULL;
}

void work_items_begin_anew(struct work *work)
{
    drop_adds(work);
    work_items_drop_removes(work);
    *work = (struct work){
        .id = work->id, .gathering = work->gathering, .gather_again = work->gather_again};
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

/* ---- what one member is asked for ---- */

bool work_items_may_add(const struct channel *channel,
                        const struct id *person,
                        const struct work_add *add)
{
    return channel_is_open(channel) || id_equal(person, &add->person) ||
           (channel_roles(channel, person) & CHANNEL_ROLES_ADDING) != 0;
}

/* `*room` is what is left of LISTED_BYTES_MAX. */
static bool has_place(const struct buffer *bytes, size_t *room)
{
    size_t needed = LISTED_ITEM_BYTES + bytes->len;
    if (needed > *room)
        return false;
    *room -= needed;
    return true;
}

static enum status list_adds(const struct channel *channel,
                             const struct id *person,
                             size_t *room,
                             struct arena *arena,
                             struct wire_work *taken)
{
    void *items = NULL;
    TRY(arena_take(arena, LIMIT_ADDS_PER_COMMIT, sizeof *taken->adds, &items));
    taken->adds = items;
    for (const struct work_add *add = channel->work->adds;
         add != NULL && taken->add_count < LIMIT_ADDS_PER_COMMIT; add = add->next) {
        if (!work_items_may_add(channel, person, add))
            continue;
        if (!has_place(&add->key_package, room))
            break;
        taken->adds[taken->add_count++] = (struct wire_work_add){
            .person = add->person,
            .device = add->device,
            .asked_by = add->asked_by,
            .key_package = buffer_span(&add->key_package),
        };
    }
    return STATUS_OK;
}

static enum status
list_removes(const struct work *work, size_t *room, struct arena *arena, struct wire_work *taken)
{
    void *items = NULL;
    TRY(arena_take(arena, LIMIT_ADDS_PER_COMMIT, sizeof *taken->removes, &items));
    taken->removes = items;
    for (const struct work_remove *remove = work->removes;
         remove != NULL && taken->remove_count < LIMIT_ADDS_PER_COMMIT; remove = remove->next) {
        if (!has_place(&remove->request, room))
            break;
        struct wire_work_remove *listed = &taken->removes[taken->remove_count];
        listed->person = remove->person;
        listed->device = remove->device;
        listed->reason = (uint8_t)remove->reason;
        if (remove->reason == STORE_REMOVAL_LEFT)
            TRY(schema_decode(&message_leave_schema, buffer_span(&remove->request), arena,
                              &listed->leave));
        taken->remove_count++;
    }
    return STATUS_OK;
}

enum status work_items_list(const struct channel *channel,
                            const struct id *person,
                            struct arena *arena,
                            struct wire_work *taken)
{
    size_t room = LISTED_BYTES_MAX;
    TRY(list_removes(channel->work, &room, arena, taken));
    return list_adds(channel, person, &room, arena, taken);
}
