/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/departures.h"

#include "server/store/query.h"

enum status store_departures_note(struct store_db *db,
                                  const struct id *channel,
                                  const struct id *device,
                                  const struct store_departure *departure)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT OR REPLACE INTO departures (channel, device, generation, sequence)"
                     " VALUES (?, ?, ?, ?)");
    query_bind_id(&q, channel);
    query_bind_id(&q, device);
    query_bind_int(&q, departure->generation);
    query_bind_unsigned(&q, departure->sequence);
    return query_run(&q);
}

enum status
store_departures_forget(struct store_db *db, const struct id *channel, const struct id *device)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "DELETE FROM departures WHERE channel = ? AND device = ?");
    query_bind_id(&q, channel);
    query_bind_id(&q, device);
    return query_run(&q);
}

enum status store_departures_get(struct store_db *db,
                                 const struct id *channel,
                                 const struct id *device,
                                 struct store_departure *departure)
{
    CLEANUP(query_end)
    struct query q = query_on(
        db, "SELECT generation, sequence FROM departures WHERE channel = ? AND device = ?");
    query_bind_id(&q, channel);
    query_bind_id(&q, device);
    TRY(query_one(&q));
    query_take_unsigned32(&q, &departure->generation);
    query_take_unsigned(&q, &departure->sequence);
    return q.status;
}
