/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/coffee.h"

#include "server/store/query.h"

static enum status sign_up(struct store_db *db, const struct id *person, int64_t now_ms)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "INSERT INTO coffee (person, since_ms) SELECT person, ?2"
                                  " FROM people WHERE person = ?1 AND state = 2 AND opted_in = 1"
                                  " ON CONFLICT (person) DO UPDATE SET since_ms = since_ms");
    uint64_t rows;
    query_bind_id(&q, person);
    query_bind_int(&q, now_ms);
    TRY(query_run_counted(&q, &rows));
    return rows == 0 ? STATUS_DENIED : STATUS_OK;
}

static enum status sign_off(struct store_db *db, const struct id *person)
{
    CLEANUP(query_end) struct query q = query_on(db, "DELETE FROM coffee WHERE person = ?");
    query_bind_id(&q, person);
    return query_run(&q);
}

enum status store_coffee_set(struct store_db *db, const struct id *person, bool on, int64_t now_ms)
{
    return on ? sign_up(db, person, now_ms) : sign_off(db, person);
}

enum status store_coffee_get(struct store_db *db, const struct id *person, bool *on)
{
    CLEANUP(query_end) struct query q = query_on(db, "SELECT 1 FROM coffee WHERE person = ?");
    query_bind_id(&q, person);
    return query_next(&q, on);
}

enum status store_coffee_walk(struct store_db *db,
                              enum status (*each)(void *context, const struct id *person),
                              void *context)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT c.person FROM coffee c JOIN people p"
                                  " ON p.person = c.person AND p.state = 2 AND p.opted_in = 1"
                                  " ORDER BY c.person");
    for (;;) {
        struct id person;
        bool has_row;
        TRY(query_next(&q, &has_row));
        if (!has_row)
            return STATUS_OK;
        query_take_id(&q, &person);
        TRY(q.status);
        TRY(each(context, &person));
    }
}
