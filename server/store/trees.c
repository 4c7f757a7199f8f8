/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/trees.h"

#include "server/store/query.h"

enum status store_trees_add(struct store_db *db,
                            const struct id *channel,
                            uint32_t generation,
                            uint64_t epoch,
                            struct span tree)
{
    if (tree.len == 0)
        return STATUS_OK;
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO trees (channel, generation, epoch, tree) VALUES (?, ?, ?, ?)");
    query_bind_id(&q, channel);
    query_bind_int(&q, generation);
    query_bind_unsigned(&q, epoch);
    query_bind_bytes(&q, tree);
    return query_run(&q);
}

enum status store_trees_prune(struct store_db *db, const struct id *channel)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "DELETE FROM trees WHERE channel = ?"
                     " AND NOT EXISTS (SELECT 1 FROM channels c WHERE c.channel = trees.channel"
                     "   AND c.generation = trees.generation AND c.epoch = trees.epoch)"
                     " AND NOT EXISTS (SELECT 1 FROM welcomes w WHERE w.channel = trees.channel"
                     "   AND w.generation = trees.generation AND w.epoch = trees.epoch)");
    query_bind_id(&q, channel);
    return query_run(&q);
}
