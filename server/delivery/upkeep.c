/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/upkeep.h"

#include "protocol/base/limits.h"
#include "server/delivery/file_removal.h"
#include "server/delivery/internal.h"
#include "server/store/key_packages.h"
#include "server/store/retention.h"
#include "server/store/welcomes.h"

#include <stdlib.h>

/* Nothing depends on it: what has expired is not given out, whether or not it is still there. */
#define UPKEEP_INTERVAL_MS (60 * 60 * 1000)

struct upkeep {
    struct store_job job;
    struct delivery *delivery;
    int64_t now_ms;
    struct store_file_ids files;
    struct store_retention_files *segments;
    struct arena arena;
    bool more; /* than one job may do: again soon */
};

static enum status run(struct store_db *db, struct store_job *job)
{
    struct upkeep *upkeep = (struct upkeep *)(void *)job;
    TRY(store_key_packages_expire(db, upkeep->now_ms));
    TRY(store_welcomes_expire(db, upkeep->now_ms));
    TRY(store_retention_expire(db, upkeep->now_ms, &upkeep->arena, &upkeep->segments,
                               &upkeep->more));
    return store_files_expire(db, upkeep->now_ms, &upkeep->arena, &upkeep->files);
}

static void remove_files(const struct upkeep *upkeep)
{
    file_removal_begin(upkeep->delivery->hub, &upkeep->files);
    for (const struct store_retention_files *at = upkeep->segments; at != NULL; at = at->next)
        file_removal_begin(upkeep->delivery->hub, &at->ids);
}

static void done(struct store_job *job, enum status status)
{
    struct upkeep *upkeep = (struct upkeep *)(void *)job;
    if (status != STATUS_OK)
        JOURNAL(upkeep->delivery->hub->journal, JOURNAL_WARNING, "upkeep_failed",
                JOURNAL_S(status));
    else
        remove_files(upkeep);
    if (status == STATUS_OK && upkeep->more)
        upkeep->delivery->upkeep_ms = 0;
    arena_clear(&upkeep->arena);
    free(upkeep);
}

void upkeep_tick(struct delivery *delivery)
{
    int64_t now_ms = clock_monotonic_ms(delivery->hub->clock);
    if (delivery->upkeep_ms != 0 && now_ms - delivery->upkeep_ms < UPKEEP_INTERVAL_MS)
        return;
    delivery->upkeep_ms = now_ms;
    struct upkeep *upkeep = calloc(1, sizeof *upkeep);
    if (upkeep == NULL)
        return;
    upkeep->job = (struct store_job){.run = run, .done = done};
    upkeep->delivery = delivery;
    arena_init(&upkeep->arena, LIMIT_DECODED_BYTES);
    upkeep->now_ms = clock_wall_ms(delivery->hub->clock);
    if (store_write(delivery->hub->store, &upkeep->job) != STATUS_OK)
        free(upkeep);
}
