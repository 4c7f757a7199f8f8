/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/channels.h"

#include "server/store/limits.h"
#include "server/store/members.h"
#include "server/store/position.h"
#include "server/store/query.h"
#include "server/store/trees.h"

#define CHANNEL_COLUMNS                                                                            \
    "c.channel, c.visibility, c.history, c.state, n.title, n.brief, c.created_by,"                 \
    " c.created_at_ms, c.generation, c.epoch, " STORE_POSITION_LAST_SEQUENCE ", c.keep_days,"      \
    " c.history_asked_by"
#define FROM_CHANNELS " FROM channels c JOIN channel_notices n ON n.channel = c.channel "

static void take_channel(struct query *q, struct arena *arena, void *item)
{
    struct store_channel *channel = item;
    int visibility = 0;
    int state = 0;
    uint32_t history = 0;
    uint32_t keep_days = 0;
    query_take_id(q, &channel->channel);
    query_take_enum(q, STORE_VISIBILITY_CONFIDENTIAL, &visibility);
    query_take_unsigned32(q, &history);
    query_take_enum(q, STORE_CHANNEL_FROZEN, &state);
    query_take_bytes(q, arena, &channel->title);
    query_take_bytes(q, arena, &channel->brief);
    query_take_id(q, &channel->created_by);
    query_take_int(q, &channel->created_at_ms);
    query_take_unsigned32(q, &channel->generation);
    query_take_unsigned(q, &channel->epoch);
    query_take_unsigned(q, &channel->last_sequence);
    query_take_unsigned32(q, &keep_days);
    query_take_id(q, &channel->history_asked_by);
    channel->keep_days = (uint16_t)keep_days;
    channel->visibility = (enum store_visibility)visibility;
    channel->history = (uint8_t)history;
    channel->state = (enum store_channel_state)state;
}

static enum status check_notice(struct span title, struct span brief)
{
    return title.len > STORE_NAME_BYTES_MAX || brief.len > STORE_TEXT_BYTES_MAX ? STATUS_LIMIT
                                                                                : STATUS_OK;
}

/* STATUS_NOT_FOUND when there is no such channel, STATUS_EXISTS when it is another device's. */
static enum status find_own(struct store_db *db, const struct id *channel, const struct id *device)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT created_by_device FROM channels WHERE channel = ?");
    struct id creator = {{0}};
    query_bind_id(&q, channel);
    TRY(query_one(&q));
    query_take_id(&q, &creator);
    TRY(q.status);
    return id_equal(&creator, device) ? STATUS_OK : STATUS_EXISTS;
}

static enum status add_row(struct store_db *db, const struct store_channel_new *channel)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO channels (channel, visibility, history, state, created_by,"
                     " created_by_device, created_at_ms, generation, epoch, generation_base)"
                     " VALUES (?, ?, ?, 1, ?, ?, ?, 1, ?, 0)");
    query_bind_id(&q, &channel->channel);
    query_bind_int(&q, channel->visibility);
    query_bind_int(&q, channel->history);
    query_bind_id(&q, &channel->person);
    query_bind_id(&q, &channel->device);
    query_bind_int(&q, channel->now_ms);
    query_bind_unsigned(&q, channel->epoch);
    return query_run(&q);
}

static enum status add_notice(struct store_db *db, const struct store_channel_new *channel)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO channel_notices (channel, title, brief) VALUES (?, ?, ?)");
    query_bind_id(&q, &channel->channel);
    query_bind_text(&q, channel->title);
    query_bind_text(&q, channel->brief);
    return query_run(&q);
}

static enum status add_group(struct store_db *db, const struct store_channel_new *channel)
{
    CLEANUP(query_end)
    struct query q = query_on(
        db, "INSERT INTO channel_groups (channel, public_state, group_info) VALUES (?, ?, ?)");
    query_bind_id(&q, &channel->channel);
    query_bind_bytes(&q, channel->public_state);
    query_bind_bytes(&q, channel->group_info);
    return query_run(&q);
}

enum status
store_channels_create(struct store_db *db, const struct store_channel_new *channel, bool *again)
{
    TRY(check_notice(channel->title, channel->brief));
    enum status status = find_own(db, &channel->channel, &channel->device);
    if (status != STATUS_NOT_FOUND) {
        TRY(status);
        *again = true;
        return STATUS_OK;
    }
    TRY(store_members_check_device(db, &channel->device, &channel->person));
    TRY(add_row(db, channel));
    TRY(add_notice(db, channel));
    TRY(add_group(db, channel));
    TRY(store_trees_add(db, &channel->channel, 1, channel->epoch, channel->tree));
    TRY(store_members_add(db, &channel->channel, &channel->person, &channel->device, 0,
                          channel->now_ms));
    *again = false;
    return STATUS_OK;
}

enum status store_channels_get(struct store_db *db,
                               const struct id *channel,
                               struct arena *arena,
                               struct store_channel *found)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT " CHANNEL_COLUMNS FROM_CHANNELS "WHERE c.channel = ?");
    struct store_channel taken = {0};
    query_bind_id(&q, channel);
    TRY(query_one(&q));
    take_channel(&q, arena, &taken);
    TRY(q.status);
    *found = taken;
    return STATUS_OK;
}

/* The page of a statement whose parameters but the last, its limit, are bound. */
static enum status take_page(struct query *q,
                             uint32_t count_max,
                             struct arena *arena,
                             struct store_channel_list *channels)
{
    struct query_rows rows;
    bool more;
    query_bind_int(q, (int64_t)count_max + 1);
    TRY(query_page(q, arena, sizeof(struct store_channel), take_channel, count_max, &rows, &more));
    *channels = (struct store_channel_list){rows.items, rows.count, more};
    return STATUS_OK;
}

enum status store_channels_listed(struct store_db *db,
                                  const struct id *after,
                                  uint32_t count_max,
                                  struct arena *arena,
                                  struct store_channel_list *channels)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT " CHANNEL_COLUMNS FROM_CHANNELS
                                  "WHERE c.channel > ? AND c.visibility IN (1, 2)"
                                  " ORDER BY c.channel LIMIT ?");
    query_bind_id(&q, after);
    return take_page(&q, count_max, arena, channels);
}

enum status store_channels_of_person(struct store_db *db,
                                     const struct id *person,
                                     const struct id *after,
                                     uint32_t count_max,
                                     struct arena *arena,
                                     struct store_channel_list *channels)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT " CHANNEL_COLUMNS FROM_CHANNELS
                     "WHERE c.channel IN (SELECT channel FROM channel_members WHERE person = ?)"
                     " AND c.channel > ? ORDER BY c.channel LIMIT ?");
    query_bind_id(&q, person);
    query_bind_id(&q, after);
    return take_page(&q, count_max, arena, channels);
}

enum status store_channels_of_device(struct store_db *db,
                                     const struct id *device,
                                     struct arena *arena,
                                     struct store_channel_list *channels)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT " CHANNEL_COLUMNS FROM_CHANNELS
                     "JOIN channel_members m ON m.channel = c.channel WHERE m.device = ?"
                     " ORDER BY m.since_ms, c.channel");
    struct query_rows rows;
    query_bind_id(&q, device);
    TRY(query_all(&q, arena, sizeof(struct store_channel), take_channel, &rows));
    *channels = (struct store_channel_list){rows.items, rows.count, false};
    return STATUS_OK;
}

enum status store_channels_set_state(struct store_db *db,
                                     const struct id *channel,
                                     enum store_channel_state state)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE channels SET state = ? WHERE channel = ?");
    uint64_t changed;
    query_bind_int(&q, state);
    query_bind_id(&q, channel);
    TRY(query_run_counted(&q, &changed));
    return changed == 0 ? STATUS_NOT_FOUND : STATUS_OK;
}

enum status store_channels_group(struct store_db *db,
                                 const struct id *channel,
                                 struct arena *arena,
                                 struct store_group_state *group)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT c.generation, c.epoch, g.public_state, g.group_info, t.tree"
                     " FROM channels c JOIN channel_groups g ON g.channel = c.channel"
                     " LEFT JOIN trees t ON t.channel = c.channel AND t.generation = c.generation"
                     "   AND t.epoch = c.epoch WHERE c.channel = ?");
    struct store_group_state taken = {0};
    query_bind_id(&q, channel);
    TRY(query_one(&q));
    query_take_unsigned32(&q, &taken.generation);
    query_take_unsigned(&q, &taken.epoch);
    query_take_bytes(&q, arena, &taken.public_state);
    query_take_bytes(&q, arena, &taken.group_info);
    query_take_bytes(&q, arena, &taken.tree);
    TRY(q.status);
    *group = taken;
    return STATUS_OK;
}

enum status store_channels_tree(struct store_db *db,
                                const struct id *channel,
                                uint32_t generation,
                                uint64_t epoch,
                                struct arena *arena,
                                struct span *tree)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT tree FROM trees WHERE channel = ? AND generation = ? AND epoch = ?");
    query_bind_id(&q, channel);
    query_bind_int(&q, generation);
    query_bind_unsigned(&q, epoch);
    TRY(query_one(&q));
    query_take_bytes(&q, arena, tree);
    return q.status;
}

static void take_member(struct query *q, struct arena *arena, void *item)
{
    (void)arena;
    struct store_member *member = item;
    query_take_id(q, &member->person);
    query_take_id(q, &member->device);
    query_take_unsigned32(q, &member->leaf);
    query_take_int(q, &member->since_ms);
}

enum status store_channels_members(struct store_db *db,
                                   const struct id *channel,
                                   struct arena *arena,
                                   struct store_member_list *members)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT person, device, leaf, since_ms FROM channel_members"
                                  " WHERE channel = ? ORDER BY leaf");
    struct query_rows rows;
    query_bind_id(&q, channel);
    TRY(query_all(&q, arena, sizeof(struct store_member), take_member, &rows));
    *members = (struct store_member_list){rows.items, rows.count};
    return STATUS_OK;
}

enum status store_channels_is_member(struct store_db *db,
                                     const struct id *channel,
                                     const struct id *device,
                                     bool *is_member)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT 1 FROM channel_members WHERE channel = ? AND device = ?");
    query_bind_id(&q, channel);
    query_bind_id(&q, device);
    return query_next(&q, is_member);
}

enum status
store_channels_count_people(struct store_db *db, const struct id *channel, uint32_t *count)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT count(DISTINCT person) FROM channel_members WHERE channel = ?");
    uint32_t counted = 0;
    query_bind_id(&q, channel);
    TRY(query_one(&q));
    query_take_unsigned32(&q, &counted);
    TRY(q.status);
    *count = counted;
    return STATUS_OK;
}

enum status store_channels_has_person(struct store_db *db,
                                      const struct id *channel,
                                      const struct id *person,
                                      bool *has_person)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT 1 FROM channel_members m JOIN devices d ON d.device = m.device"
                     " WHERE m.person = ? AND m.channel = ? AND d.state = 1 LIMIT 1");
    query_bind_id(&q, person);
    query_bind_id(&q, channel);
    return query_next(&q, has_person);
}
