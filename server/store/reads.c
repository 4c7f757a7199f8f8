/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/reads.h"

#include "server/store/query.h"

enum status store_reads_set(struct store_db *db,
                            const struct id *person,
                            const struct id *channel,
                            uint32_t generation,
                            uint64_t sequence)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO read_positions (person, channel, generation, sequence)"
                     " VALUES (?, ?, ?, ?) ON CONFLICT (person, channel) DO UPDATE"
                     " SET generation = excluded.generation, sequence = excluded.sequence"
                     " WHERE (excluded.generation, excluded.sequence) > (generation, sequence)");
    query_bind_id(&q, person);
    query_bind_id(&q, channel);
    query_bind_int(&q, generation);
    query_bind_unsigned(&q, sequence);
    return query_run(&q);
}

static void take_read(struct query *q, struct arena *arena, void *item)
{
    (void)arena;
    struct store_read *read = item;
    query_take_id(q, &read->channel);
    query_take_unsigned32(q, &read->generation);
    query_take_unsigned(q, &read->sequence);
}

enum status store_reads_of_person(struct store_db *db,
                                  const struct id *person,
                                  uint32_t count_max,
                                  struct arena *arena,
                                  struct store_read_list *reads)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT channel, generation, sequence FROM read_positions"
                                  " WHERE person = ? LIMIT ?");
    struct query_rows rows;
    query_bind_id(&q, person);
    query_bind_int(&q, count_max);
    TRY(query_all(&q, arena, sizeof(struct store_read), take_read, &rows));
    *reads = (struct store_read_list){rows.items, rows.count};
    return STATUS_OK;
}
