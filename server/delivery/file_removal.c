/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/file_removal.h"

#include "server/store/file_disk.h"

#include <stdlib.h>
#include <string.h>

struct removal {
    struct pool_job job;
    struct hub *hub;
    size_t count;
    struct id files[];
};

static enum status run(struct pool_job *job)
{
    struct removal *removal = (struct removal *)(void *)job;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < removal->count; i++) {
        enum status removed = file_disk_remove(removal->hub->files, &removal->files[i]);
        if (removed != STATUS_OK)
            status = removed;
    }
    return status;
}

static void done(struct pool_job *job, enum status status)
{
    struct removal *removal = (struct removal *)(void *)job;
    if (status != STATUS_OK)
        JOURNAL(removal->hub->journal, JOURNAL_WARNING, "file_removal_failed", JOURNAL_S(status));
    free(removal);
}

void file_removal_begin(struct hub *hub, const struct store_file_ids *files)
{
    if (files->count == 0)
        return;
    struct removal *removal = calloc(1, sizeof *removal + files->count * sizeof(struct id));
    if (removal == NULL)
        return; /* swept at the next start */
    removal->job = (struct pool_job){.run = run, .done = done};
    removal->hub = hub;
    removal->count = files->count;
    memcpy(removal->files, files->items, files->count * sizeof(struct id));
    if (pool_submit(hub->disk, &removal->job) != STATUS_OK)
        free(removal);
}
