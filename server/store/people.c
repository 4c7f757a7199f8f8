/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/people.h"

#include "server/store/devices.h"
#include "server/store/limits.h"
#include "server/store/prefix.h"
#include "server/store/query.h"

#define PERSON_COLUMNS                                                                             \
    "p.person, p.role, p.state, d.group_id, d.name, d.external_id, p.opted_in,"                    \
    " p.contacts_per_week_max, p.created_at_ms, p.joined_at_ms"

static void take_person(struct query *q, struct arena *arena, void *item)
{
    struct store_person *person = item;
    int role = 0;
    int state = 0;
    query_take_id(q, &person->person);
    query_take_enum(q, STORE_ROLE_ADMIN, &role);
    query_take_enum(q, STORE_PERSON_ERASED, &state);
    query_take_id(q, &person->group);
    query_take_bytes(q, arena, &person->name);
    query_take_bytes(q, arena, &person->external_id);
    query_take_bool(q, &person->opted_in);
    query_take_unsigned32(q, &person->contacts_per_week_max);
    query_take_int(q, &person->created_at_ms);
    query_take_int(q, &person->joined_at_ms);
    person->role = (enum store_role)role;
    person->state = (enum store_person_state)state;
}

static enum status add_row(struct store_db *db, const struct store_person *person)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO people (person, role, state, opted_in, contacts_per_week_max,"
                     " created_at_ms, joined_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)");
    query_bind_id(&q, &person->person);
    query_bind_int(&q, person->role);
    query_bind_int(&q, person->state);
    query_bind_int(&q, person->opted_in);
    query_bind_int(&q, person->contacts_per_week_max);
    query_bind_int(&q, person->created_at_ms);
    query_bind_int(&q, person->joined_at_ms);
    return query_run(&q);
}

static enum status add_details(struct store_db *db, const struct store_person *person)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "INSERT INTO person_details (person, name, external_id, group_id)"
                                  " VALUES (?, ?, ?, ?)");
    query_bind_id(&q, &person->person);
    query_bind_text(&q, person->name);
    query_bind_optional_text(&q, person->external_id);
    query_bind_optional_id(&q, &person->group);
    return query_run(&q);
}

enum status store_people_add(struct store_db *db, const struct store_person *person)
{
    if (person->name.len > STORE_NAME_BYTES_MAX || person->external_id.len > STORE_NAME_BYTES_MAX)
        return STATUS_LIMIT;
    TRY(add_row(db, person));
    return add_details(db, person);
}

static enum status
state_of(struct store_db *db, const struct id *person, enum store_person_state *state)
{
    CLEANUP(query_end) struct query q = query_on(db, "SELECT state FROM people WHERE person = ?");
    int taken = 0;
    query_bind_id(&q, person);
    TRY(query_one(&q));
    query_take_enum(&q, STORE_PERSON_ERASED, &taken);
    TRY(q.status);
    *state = (enum store_person_state)taken;
    return STATUS_OK;
}

static enum status set_name(struct store_db *db, const struct id *person, struct span name)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE person_details SET name = ? WHERE person = ?");
    query_bind_text(&q, name);
    query_bind_id(&q, person);
    return query_run(&q);
}

static enum status set_group(struct store_db *db, const struct id *person, const struct id *group)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE person_details SET group_id = ? WHERE person = ?");
    query_bind_optional_id(&q, group);
    query_bind_id(&q, person);
    return query_run(&q);
}

enum status store_people_rename(struct store_db *db,
                                const struct id *person,
                                struct span name,
                                const struct id *group)
{
    enum store_person_state state;
    if (name.len > STORE_NAME_BYTES_MAX)
        return STATUS_LIMIT;
    TRY(state_of(db, person, &state));
    if (state == STORE_PERSON_ERASED)
        return STATUS_DENIED;
    TRY(set_name(db, person, name));
    return set_group(db, person, group);
}

static enum status
set_joined(struct store_db *db, const struct id *person, enum store_role role, int64_t now_ms)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "UPDATE people SET state = ?, role = ?, joined_at_ms = ? WHERE person = ?");
    query_bind_int(&q, STORE_PERSON_JOINED);
    query_bind_int(&q, role);
    query_bind_int(&q, now_ms);
    query_bind_id(&q, person);
    return query_run(&q);
}

enum status store_people_join(struct store_db *db,
                              const struct id *person,
                              enum store_role role,
                              struct span name,
                              int64_t now_ms)
{
    enum store_person_state state;
    if (name.len > STORE_NAME_BYTES_MAX)
        return STATUS_LIMIT;
    TRY(state_of(db, person, &state));
    if (state != STORE_PERSON_IMPORTED)
        return STATUS_CONFLICT;
    TRY(set_joined(db, person, role, now_ms));
    return name.len == 0 ? STATUS_OK : set_name(db, person, name);
}

static enum status
set_state(struct store_db *db, const struct id *person, enum store_person_state state)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE people SET state = ? WHERE person = ?");
    query_bind_int(&q, state);
    query_bind_id(&q, person);
    return query_run(&q);
}

enum status store_people_check_joined(struct store_db *db, const struct id *person)
{
    enum store_person_state state = STORE_PERSON_ERASED;
    enum status status = state_of(db, person, &state);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    return status == STATUS_OK && state == STORE_PERSON_JOINED ? STATUS_OK : STATUS_DENIED;
}

enum status store_people_suspend(struct store_db *db, const struct id *person, bool suspended)
{
    enum store_person_state state;
    TRY(state_of(db, person, &state));
    if (state != STORE_PERSON_JOINED && state != STORE_PERSON_SUSPENDED)
        return STATUS_CONFLICT;
    return set_state(db, person, suspended ? STORE_PERSON_SUSPENDED : STORE_PERSON_JOINED);
}

/* All that a person leaves behind; each statement takes the person once. The order keeps the
 * foreign keys. */
static const char *const erasures[] = {
    "DELETE FROM profile_items WHERE person = ?",
    "DELETE FROM profile_groups WHERE person = ?",
    "DELETE FROM person_details WHERE person = ?",
    "DELETE FROM ties WHERE a = ?",
    "DELETE FROM ties WHERE b = ?",
    "DELETE FROM contacts WHERE person = ?",
    "DELETE FROM read_positions WHERE person = ?",
    "DELETE FROM knocks WHERE person = ?",
    "DELETE FROM invitations WHERE person = ?",
    "DELETE FROM coffee WHERE person = ?",
    "DELETE FROM never_matched WHERE a = ?",
    "DELETE FROM never_matched WHERE b = ?",
    /* The row stays for the others of the introduction, who see what they would have seen. */
    "UPDATE introduction_sides SET choice = 2, reason = '', met = 0, useful = 0 WHERE person = ?",
    "DELETE FROM invites WHERE person = ? AND uses = 0",
    "UPDATE people SET opted_in = 0, contacts_per_week_max = 0 WHERE person = ?",
};

static enum status run_erasure(struct store_db *db, const char *sql, const struct id *person)
{
    CLEANUP(query_end) struct query q = query_on(db, sql);
    query_bind_id(&q, person);
    return query_run(&q);
}

enum status store_people_erase(struct store_db *db, const struct id *person, int64_t now_ms)
{
    enum store_person_state state;
    TRY(state_of(db, person, &state));
    for (size_t i = 0; i < sizeof erasures / sizeof erasures[0]; i++)
        TRY(run_erasure(db, erasures[i], person));
    TRY(store_devices_revoke_of_person(db, person, now_ms));
    return set_state(db, person, STORE_PERSON_ERASED);
}

enum status store_people_get(struct store_db *db,
                             const struct id *person,
                             struct arena *arena,
                             struct store_person *found)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT " PERSON_COLUMNS " FROM people p"
                     " LEFT JOIN person_details d ON d.person = p.person WHERE p.person = ?");
    struct store_person taken = {0};
    query_bind_id(&q, person);
    TRY(query_one(&q));
    take_person(&q, arena, &taken);
    TRY(q.status);
    *found = taken;
    return STATUS_OK;
}

enum status
store_people_by_external_id(struct store_db *db, struct span external_id, struct id *person)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT person FROM person_details WHERE external_id = ?");
    query_bind_text(&q, external_id);
    TRY(query_one(&q));
    query_take_id(&q, person);
    return q.status;
}

enum status store_people_by_prefix(struct store_db *db, struct span hex_digits, struct id *person)
{
    return store_prefix_find(
        db, "SELECT person FROM people WHERE person BETWEEN ? AND ? ORDER BY person LIMIT 2",
        hex_digits, person);
}

enum status store_people_list(struct store_db *db,
                              const struct store_people_query *query,
                              struct arena *arena,
                              struct store_person_list *people)
{
    CLEANUP(query_end)
    struct query q = query_on(
        db, "SELECT " PERSON_COLUMNS " FROM people p"
            " LEFT JOIN person_details d ON d.person = p.person"
            " WHERE p.person > ?1 AND (?2 = 0 OR (p.state = 2 AND p.opted_in = 1))"
            " AND (?3 IS NULL OR d.group_id = ?3)"
            " AND (?4 = '' OR instr(lower(d.name), lower(?4)) > 0 OR EXISTS (SELECT 1 FROM"
            "   profile_items i WHERE i.person = p.person AND instr(lower(i.text), lower(?4)) > 0))"
            " ORDER BY p.person LIMIT ?5");
    struct query_rows rows;
    bool more;
    query_bind_id(&q, &query->after);
    query_bind_int(&q, query->only_visible);
    query_bind_optional_id(&q, &query->group);
    query_bind_text(&q, query->text);
    query_bind_int(&q, (int64_t)query->count_max + 1);
    TRY(query_page(&q, arena, sizeof(struct store_person), take_person, query->count_max, &rows,
                   &more));
    *people = (struct store_person_list){rows.items, rows.count, more};
    return STATUS_OK;
}
