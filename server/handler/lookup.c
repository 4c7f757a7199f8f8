/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/handler/lookup.h"

#include "server/store/profiles.h"

enum status lookup_group_name(struct store_db *db,
                              const struct id *group,
                              struct arena *arena,
                              struct span *name)
{
    *name = SPAN_EMPTY;
    if (id_is_none(group))
        return STATUS_OK;
    struct store_group_list groups;
    TRY(store_groups_list(db, arena, &groups));
    for (size_t i = 0; i < groups.count; i++) {
        if (id_equal(&groups.items[i].group, group))
            *name = groups.items[i].name;
    }
    return STATUS_OK;
}

static enum status
copy_topics(const struct span *from, size_t count, struct arena *arena, struct wire_topic **topics)
{
    void *items = NULL;
    TRY(arena_take(arena, count, sizeof(struct wire_topic), &items));
    struct wire_topic *copied = items;
    for (size_t i = 0; i < count; i++)
        copied[i].text = from[i];
    *topics = copied;
    return STATUS_OK;
}

/* How often somebody wants to be asked is theirs alone: who wants no contacts cannot be whom an
 * introduction is about. */
static enum status load_profile(struct store_db *db,
                                const struct id *person,
                                bool own,
                                struct arena *arena,
                                struct wire_profile *profile)
{
    struct store_profile stored;
    TRY(store_profiles_get(db, person, arena, &stored));
    *profile = (struct wire_profile){
        .topic_count = stored.topics_count,
        .can_help_with_count = stored.can_help_with_count,
        .weekly_contacts_max = own ? (uint8_t)stored.contacts_per_week_max : 0,
        .opted_in = stored.opted_in,
    };
    TRY(copy_topics(stored.topics, stored.topics_count, arena, &profile->topics));
    return copy_topics(stored.can_help_with, stored.can_help_with_count, arena,
                       &profile->can_help_with);
}

enum status lookup_person(struct store_db *db,
                          const struct id *person,
                          bool own,
                          struct arena *arena,
                          struct wire_person *found)
{
    struct store_person stored;
    TRY(store_people_get(db, person, arena, &stored));
    if (stored.state == STORE_PERSON_IMPORTED)
        return STATUS_NOT_FOUND;
    *found = (struct wire_person){
        .person = stored.person,
        .name = stored.name,
        .role = (uint8_t)stored.role,
    };
    TRY(lookup_group_name(db, &stored.group, arena, &found->group_name));
    bool shown = stored.state == STORE_PERSON_JOINED && (own || stored.opted_in);
    return shown ? load_profile(db, person, own, arena, &found->profile) : STATUS_OK;
}
