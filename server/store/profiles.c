/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/profiles.h"

#include "server/store/limits.h"
#include "server/store/query.h"

enum item_kind {
    ITEM_TOPIC = 1,
    ITEM_CAN_HELP_WITH = 2,
};

static enum status check_items(const struct span *items, size_t count)
{
    if (count > STORE_PROFILE_ITEMS_MAX)
        return STATUS_LIMIT;
    for (size_t i = 0; i < count; i++) {
        if (items[i].len > STORE_NAME_BYTES_MAX)
            return STATUS_LIMIT;
    }
    return STATUS_OK;
}

static enum status
set_choices(struct store_db *db, const struct id *person, const struct store_profile *profile)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE people SET opted_in = ?, contacts_per_week_max = ?"
                                  " WHERE person = ? AND state <> 4");
    uint64_t changed;
    query_bind_int(&q, profile->opted_in);
    query_bind_int(&q, profile->contacts_per_week_max);
    query_bind_id(&q, person);
    TRY(query_run_counted(&q, &changed));
    return changed == 0 ? STATUS_DENIED : STATUS_OK;
}

static enum status clear(struct store_db *db, const char *sql, const struct id *person)
{
    CLEANUP(query_end) struct query q = query_on(db, sql);
    query_bind_id(&q, person);
    return query_run(&q);
}

static enum status add_item(struct store_db *db,
                            const struct id *person,
                            enum item_kind kind,
                            size_t position,
                            struct span text)
{
    CLEANUP(query_end)
    struct query q = query_on(
        db, "INSERT INTO profile_items (person, kind, position, text) VALUES (?, ?, ?, ?)");
    query_bind_id(&q, person);
    query_bind_int(&q, kind);
    query_bind_unsigned(&q, position);
    query_bind_text(&q, text);
    return query_run(&q);
}

static enum status
add_group(struct store_db *db, const struct id *person, size_t position, const struct id *group)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO profile_groups (person, position, group_id) VALUES (?, ?, ?)");
    query_bind_id(&q, person);
    query_bind_unsigned(&q, position);
    query_bind_id(&q, group);
    return query_run(&q);
}

/* Whether there is such a person, and the two choices. */
static enum status
get_choices(struct store_db *db, const struct id *person, struct store_profile *profile)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT opted_in, contacts_per_week_max FROM people WHERE person = ?");
    query_bind_id(&q, person);
    TRY(query_one(&q));
    query_take_bool(&q, &profile->opted_in);
    query_take_unsigned32(&q, &profile->contacts_per_week_max);
    return q.status;
}

enum status store_profiles_set(struct store_db *db,
                               const struct id *person,
                               const struct store_profile *profile)
{
    struct store_profile before = {0};
    TRY(check_items(profile->topics, profile->topics_count));
    TRY(check_items(profile->can_help_with, profile->can_help_with_count));
    if (profile->groups_count > STORE_PROFILE_ITEMS_MAX)
        return STATUS_LIMIT;
    TRY(get_choices(db, person, &before));
    TRY(set_choices(db, person, profile));
    TRY(clear(db, "DELETE FROM profile_items WHERE person = ?", person));
    TRY(clear(db, "DELETE FROM profile_groups WHERE person = ?", person));
    for (size_t i = 0; i < profile->topics_count; i++)
        TRY(add_item(db, person, ITEM_TOPIC, i, profile->topics[i]));
    for (size_t i = 0; i < profile->can_help_with_count; i++)
        TRY(add_item(db, person, ITEM_CAN_HELP_WITH, i, profile->can_help_with[i]));
    for (size_t i = 0; i < profile->groups_count; i++)
        TRY(add_group(db, person, i, &profile->groups[i]));
    return STATUS_OK;
}

static void take_text(struct query *q, struct arena *arena, void *item)
{
    query_take_bytes(q, arena, item);
}

static enum status get_items(struct store_db *db,
                             const struct id *person,
                             enum item_kind kind,
                             struct arena *arena,
                             struct query_rows *rows)
{
    CLEANUP(query_end)
    struct query q = query_on(
        db, "SELECT text FROM profile_items WHERE person = ? AND kind = ? ORDER BY position");
    query_bind_id(&q, person);
    query_bind_int(&q, kind);
    return query_all(&q, arena, sizeof(struct span), take_text, rows);
}

static enum status get_groups(struct store_db *db,
                              const struct id *person,
                              struct arena *arena,
                              struct query_rows *rows)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT group_id FROM profile_groups WHERE person = ? ORDER BY position");
    query_bind_id(&q, person);
    return query_all_ids(&q, arena, rows);
}

enum status store_profiles_get(struct store_db *db,
                               const struct id *person,
                               struct arena *arena,
                               struct store_profile *profile)
{
    struct store_profile taken = {0};
    struct query_rows topics;
    struct query_rows can_help_with;
    struct query_rows groups;
    TRY(get_choices(db, person, &taken));
    TRY(get_items(db, person, ITEM_TOPIC, arena, &topics));
    TRY(get_items(db, person, ITEM_CAN_HELP_WITH, arena, &can_help_with));
    TRY(get_groups(db, person, arena, &groups));
    taken.topics = topics.items;
    taken.topics_count = topics.count;
    taken.can_help_with = can_help_with.items;
    taken.can_help_with_count = can_help_with.count;
    taken.groups = groups.items;
    taken.groups_count = groups.count;
    *profile = taken;
    return STATUS_OK;
}
