/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/roster.h"

#include "protocol/base/limits.h"
#include "protocol/channel/identity.h"

#include <stdlib.h>

enum status roster_read(const struct channel *channel, struct arena *arena, struct roster *roster)
{
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(channel->group));
    void *members = NULL;
    TRY(arena_take(arena, mls_tree_member_count(tree), sizeof *roster->members, &members));
    *roster = (struct roster){.members = members};
    for (uint32_t leaf = mls_tree_next_member(tree, 0); leaf != MLS_NO_LEAF;
         leaf = mls_tree_next_member(tree, leaf + 1)) {
        struct channel_identity identity;
        TRY(channel_identity_decode(&mls_tree_leaf(tree, leaf)->credential, &identity));
        roster->members[roster->count++] = (struct roster_member){identity.person, identity.device};
    }
    return STATUS_OK;
}

static int compare_ids(const void *a, const void *b)
{
    return span_compare(id_span(a), id_span(b));
}

enum status
roster_people(const struct roster *roster, struct arena *arena, struct roster_people *people)
{
    void *place = NULL;
    TRY(arena_take(arena, roster->count, sizeof(struct id), &place));
    struct id *items = place;
    uint32_t count = 0;
    for (size_t i = 0; i < roster->count; i++)
        items[i] = roster->members[i].person;
    if (roster->count != 0)
        qsort(items, roster->count, sizeof *items, compare_ids);
    for (size_t i = 0; i < roster->count; i++)
        if (count == 0 || !id_equal(&items[i], &items[count - 1]))
            items[count++] = items[i];
    *people = (struct roster_people){items, count};
    return STATUS_OK;
}

static bool is_same(const struct roster_member *member, const struct wire_member *listed)
{
    return id_equal(&member->person, &listed->person) && id_equal(&member->device, &listed->device);
}

struct roster_difference
roster_compare(const struct roster *roster, const struct wire_member *listed, size_t count)
{
    struct roster_difference difference = {0};
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < roster->count && !is_same(&roster->members[at], &listed[i]))
            at++;
        difference.invented += at == roster->count;
    }
    for (size_t i = 0; i < roster->count && roster->count <= LIMIT_LIST_ITEMS; i++) {
        size_t at = 0;
        while (at < count && !is_same(&roster->members[i], &listed[at]))
            at++;
        difference.hidden += at == count;
    }
    return difference;
}
