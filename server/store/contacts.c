/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/contacts.h"

#include "server/store/limits.h"
#include "server/store/query.h"

/* STATUS_DENIED unless the person may be asked at all. */
static enum status get_limit(struct store_db *db, const struct id *person, uint32_t *contacts_max)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT contacts_per_week_max FROM people"
                                  " WHERE person = ? AND state = 2 AND opted_in = 1");
    bool found;
    query_bind_id(&q, person);
    TRY(query_next(&q, &found));
    if (!found)
        return STATUS_DENIED;
    query_take_unsigned32(&q, contacts_max);
    return q.status;
}

enum status
store_contacts_count(struct store_db *db, const struct id *person, int64_t now_ms, uint32_t *count)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT count(*) FROM contacts WHERE person = ? AND at_ms > ?");
    query_bind_id(&q, person);
    query_bind_int(&q, now_ms - STORE_CONTACT_WINDOW_MS);
    TRY(query_one(&q));
    query_take_unsigned32(&q, count);
    return q.status;
}

enum status store_contacts_check(struct store_db *db, const struct id *person, int64_t now_ms)
{
    uint32_t contacts_max;
    uint32_t contacts;
    TRY(get_limit(db, person, &contacts_max));
    TRY(store_contacts_count(db, person, now_ms, &contacts));
    return contacts >= contacts_max ? STATUS_RATE_LIMITED : STATUS_OK;
}

static enum status forget_old(struct store_db *db, const struct id *person, int64_t now_ms)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "DELETE FROM contacts WHERE person = ? AND at_ms <= ?");
    query_bind_id(&q, person);
    query_bind_int(&q, now_ms - STORE_CONTACT_WINDOW_MS);
    return query_run(&q);
}

enum status store_contacts_add(struct store_db *db, const struct id *person, int64_t now_ms)
{
    TRY(forget_old(db, person, now_ms));
    CLEANUP(query_end)
    struct query q = query_on(db, "INSERT INTO contacts (person, at_ms) VALUES (?, ?)");
    query_bind_id(&q, person);
    query_bind_int(&q, now_ms);
    return query_run(&q);
}
