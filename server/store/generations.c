/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/generations.h"

#include "server/store/members.h"
#include "server/store/query.h"
#include "server/store/removals.h"
#include "server/store/trees.h"

/* ---- reports ---- */

struct position {
    int64_t state;
    uint32_t generation;
};

static enum status
get_position(struct store_db *db, const struct id *channel, struct position *position)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT state, generation FROM channels WHERE channel = ?");
    query_bind_id(&q, channel);
    TRY(query_one(&q));
    query_take_int(&q, &position->state);
    query_take_unsigned32(&q, &position->generation);
    return q.status;
}

/* Whose commit it is. */
static enum status
committer_of(struct store_db *db, const struct store_report *report, struct id *device)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT device FROM log WHERE channel = ? AND generation = ?"
                                  " AND sequence = ? AND kind = 1");
    query_bind_id(&q, &report->channel);
    query_bind_int(&q, report->generation);
    query_bind_unsigned(&q, report->sequence);
    TRY(query_one(&q));
    query_take_id(&q, device);
    return q.status;
}

static enum status
write_report(struct store_db *db, const struct store_report *report, const struct id *about)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO channel_reports (channel, generation, device, person, about,"
                     " bytes) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
    query_bind_id(&q, &report->channel);
    query_bind_int(&q, report->generation);
    query_bind_id(&q, &report->device);
    query_bind_id(&q, &report->person);
    query_bind_id(&q, about);
    query_bind_bytes(&q, report->bytes);
    return query_run(&q);
}

static enum status
count_reporters(struct store_db *db, const struct store_report *report, int64_t *people)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT count(DISTINCT person) FROM channel_reports"
                                  " WHERE channel = ? AND generation = ?");
    query_bind_id(&q, &report->channel);
    query_bind_int(&q, report->generation);
    TRY(query_one(&q));
    query_take_int(&q, people);
    return q.status;
}

enum status
store_generations_report(struct store_db *db, const struct store_report *report, bool *frozen)
{
    struct position position;
    struct id about;
    int64_t people = 0;
    TRY(get_position(db, &report->channel, &position));
    if (position.generation != report->generation)
        return STATUS_WRONG_EPOCH;
    TRY(store_members_check(db, &report->channel, &report->device, NULL));
    TRY(committer_of(db, report, &about));
    TRY(write_report(db, report, &about));
    TRY(count_reporters(db, report, &people));
    *frozen = position.state == STORE_CHANNEL_FROZEN || report->decides || people >= 2;
    if (!*frozen || position.state == STORE_CHANNEL_FROZEN)
        return STATUS_OK;
    return store_channels_set_state(db, &report->channel, STORE_CHANNEL_FROZEN);
}

static void take_bytes(struct query *q, struct arena *arena, void *item)
{
    query_take_bytes(q, arena, item);
}

enum status store_generations_reports(struct store_db *db,
                                      const struct id *channel,
                                      uint32_t generation,
                                      struct arena *arena,
                                      struct store_report_list *reports)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT bytes FROM channel_reports"
                                  " WHERE channel = ? AND generation = ? ORDER BY device LIMIT 64");
    struct query_rows rows;
    query_bind_id(&q, channel);
    query_bind_int(&q, generation);
    TRY(query_all(&q, arena, sizeof(struct span), take_bytes, &rows));
    *reports = (struct store_report_list){rows.items, rows.count};
    return STATUS_OK;
}

enum status store_generations_is_reported(struct store_db *db,
                                          const struct id *channel,
                                          uint32_t generation,
                                          const struct id *device,
                                          bool *reported)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT 1 FROM channel_reports"
                                  " WHERE channel = ? AND generation = ? AND about = ?");
    query_bind_id(&q, channel);
    query_bind_int(&q, generation);
    query_bind_id(&q, device);
    return query_next(&q, reported);
}

/* ---- the next generation ---- */

/* The device that began the present generation is told so again. */
static enum status
check_again(struct store_db *db, const struct store_generation_new *generation, bool *again)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT 1 FROM channel_generations"
                                  " WHERE channel = ? AND generation = ? AND device = ?");
    query_bind_id(&q, &generation->channel);
    query_bind_int(&q, generation->generation);
    query_bind_id(&q, &generation->device);
    TRY(query_next(&q, again));
    return *again ? STATUS_OK : STATUS_CONFLICT;
}

static enum status write_row(struct store_db *db, const struct store_generation_new *generation)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE channels SET state = 1, generation = ?, epoch = 0,"
                                  " generation_base = ? WHERE channel = ?");
    query_bind_int(&q, generation->generation);
    query_bind_unsigned(&q, generation->base);
    query_bind_id(&q, &generation->channel);
    return query_run(&q);
}

static enum status write_group(struct store_db *db, const struct store_generation_new *generation)
{
    CLEANUP(query_end)
    struct query q = query_on(
        db, "UPDATE channel_groups SET public_state = ?, group_info = ? WHERE channel = ?");
    query_bind_bytes(&q, generation->public_state);
    query_bind_bytes(&q, generation->group_info);
    query_bind_id(&q, &generation->channel);
    return query_run(&q);
}

static enum status write_beginner(struct store_db *db,
                                  const struct store_generation_new *generation)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO channel_generations (channel, generation, device, person, at_ms)"
                     " VALUES (?, ?, ?, ?, ?)");
    query_bind_id(&q, &generation->channel);
    query_bind_int(&q, generation->generation);
    query_bind_id(&q, &generation->device);
    query_bind_id(&q, &generation->person);
    query_bind_int(&q, generation->now_ms);
    return query_run(&q);
}

/* What belonged to the group that is over. */
static enum status forget_old_group(struct store_db *db, const struct id *channel)
{
    static const char *const statements[] = {
        "DELETE FROM channel_members WHERE channel = ?",
        "DELETE FROM welcomes WHERE channel = ?",
        "DELETE FROM knocks WHERE channel = ? AND state = 2",
    };
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        CLEANUP(query_end) struct query q = query_on(db, statements[i]);
        query_bind_id(&q, channel);
        TRY(query_run(&q));
    }
    return STATUS_OK;
}

/* Neither whose commit was reported, nor who has asked to leave. */
static enum status let_in(struct store_db *db,
                          const struct store_generation_new *generation,
                          uint32_t reported,
                          const struct id *person)
{
    CLEANUP(query_end)
    struct query q = query_on(
        db, "INSERT OR REPLACE INTO knocks (channel, person, state, knocked_at_ms, answered_by,"
            " answered_at_ms) SELECT ?1, person, 2, ?3, ?4, ?3 FROM people p WHERE person = ?2"
            " AND NOT EXISTS (SELECT 1 FROM channel_reports r JOIN devices d ON d.device = r.about"
            "  WHERE r.channel = ?1 AND r.generation = ?5 AND d.person = p.person)"
            " AND NOT EXISTS (SELECT 1 FROM removals r JOIN devices d ON d.device = r.device"
            "  WHERE r.channel = ?1 AND r.reason = ?6 AND d.person = p.person)");
    query_bind_id(&q, &generation->channel);
    query_bind_id(&q, person);
    query_bind_int(&q, generation->now_ms);
    query_bind_id(&q, &generation->person);
    query_bind_int(&q, reported);
    query_bind_int(&q, STORE_REMOVAL_LEFT);
    return query_run(&q);
}

static enum status forget_removals(struct store_db *db, const struct id *channel)
{
    CLEANUP(query_end) struct query q = query_on(db, "DELETE FROM removals WHERE channel = ?");
    query_bind_id(&q, channel);
    return query_run(&q);
}

enum status store_generations_begin(struct store_db *db,
                                    const struct store_generation_new *generation,
                                    bool *again)
{
    struct position position;
    bool reported = false;
    *again = false;
    TRY(get_position(db, &generation->channel, &position));
    if (generation->generation <= position.generation)
        return check_again(db, generation, again);
    TRY(store_members_check(db, &generation->channel, &generation->device, NULL));
    TRY(store_generations_is_reported(db, &generation->channel, position.generation,
                                      &generation->device, &reported));
    if (reported)
        return STATUS_DENIED;
    if (position.state != STORE_CHANNEL_FROZEN)
        return STATUS_NOT_NOW;
    TRY(forget_old_group(db, &generation->channel));
    TRY(write_row(db, generation));
    TRY(write_group(db, generation));
    TRY(write_beginner(db, generation));
    TRY(store_trees_add(db, &generation->channel, generation->generation, 0, generation->tree));
    TRY(store_trees_prune(db, &generation->channel));
    TRY(store_members_add(db, &generation->channel, &generation->person, &generation->device, 0,
                          generation->now_ms));
    for (size_t i = 0; i < generation->people_count; i++)
        TRY(let_in(db, generation, position.generation, &generation->people[i]));
    return forget_removals(db, &generation->channel);
}

/* ---- after a restore ---- */

static void take_place(struct query *q, struct arena *arena, void *item)
{
    struct store_generation_place *place = item;
    (void)arena;
    query_take_id(q, &place->channel);
    query_take_unsigned32(q, &place->generation);
}

enum status store_generations_list(struct store_db *db,
                                   struct arena *arena,
                                   struct store_generation_places *places)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT channel, generation FROM channels WHERE generation > 1");
    struct query_rows rows;
    TRY(query_all(&q, arena, sizeof(struct store_generation_place), take_place, &rows));
    *places = (struct store_generation_places){rows.items, rows.count};
    return STATUS_OK;
}

/* Those that stopped the channel are about the group that it goes on from. */
static enum status
raise_reports(struct store_db *db, const struct store_generation_place *place, uint32_t before)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE channel_reports SET generation = ?"
                                  " WHERE channel = ? AND generation = ?");
    query_bind_int(&q, place->generation);
    query_bind_id(&q, &place->channel);
    query_bind_int(&q, before);
    return query_run(&q);
}

enum status store_generations_raise(struct store_db *db, const struct store_generation_place *place)
{
    struct position position;
    enum status status = get_position(db, &place->channel, &position);
    if (status == STATUS_NOT_FOUND ||
        (status == STATUS_OK && position.generation >= place->generation))
        return STATUS_OK;
    TRY(status);
    TRY(raise_reports(db, place, position.generation));
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE channels SET generation = ?1,"
                                  " generation_base = (?1 - 1) << 32 WHERE channel = ?2");
    query_bind_int(&q, place->generation);
    query_bind_id(&q, &place->channel);
    return query_run(&q);
}

enum status store_generations_begun_by(struct store_db *db,
                                       const struct id *channel,
                                       uint32_t generation,
                                       struct id *person)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT person FROM channel_generations WHERE channel = ? AND generation = ?");
    bool found = false;
    query_bind_id(&q, channel);
    query_bind_int(&q, generation);
    TRY(query_next(&q, &found));
    *person = (struct id){{0}};
    if (found)
        query_take_id(&q, person);
    return q.status;
}
