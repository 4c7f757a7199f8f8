/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/groups.h"

#include "server/store/limits.h"
#include "server/store/query.h"

enum status store_groups_find(struct store_db *db, struct span name, struct id *group)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT group_id FROM staff_groups WHERE name = ?");
    query_bind_text(&q, name);
    TRY(query_one(&q));
    query_take_id(&q, group);
    return q.status;
}

static enum status add_group(struct store_db *db, const struct id *group, struct span name)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "INSERT INTO staff_groups (group_id, name) VALUES (?, ?)");
    query_bind_id(&q, group);
    query_bind_text(&q, name);
    return query_run(&q);
}

enum status
store_groups_ensure(struct store_db *db, struct span name, const struct id *fresh, struct id *group)
{
    if (name.len == 0 || name.len > STORE_NAME_BYTES_MAX)
        return STATUS_LIMIT;
    enum status status = store_groups_find(db, name, group);
    if (status != STATUS_NOT_FOUND)
        return status;
    TRY(add_group(db, fresh, name));
    *group = *fresh;
    return STATUS_OK;
}

static void take_group(struct query *q, struct arena *arena, void *item)
{
    struct store_group *group = item;
    query_take_id(q, &group->group);
    query_take_bytes(q, arena, &group->name);
}

enum status
store_groups_list(struct store_db *db, struct arena *arena, struct store_group_list *groups)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT group_id, name FROM staff_groups ORDER BY name");
    struct query_rows rows;
    TRY(query_all(&q, arena, sizeof(struct store_group), take_group, &rows));
    *groups = (struct store_group_list){rows.items, rows.count};
    return STATUS_OK;
}
