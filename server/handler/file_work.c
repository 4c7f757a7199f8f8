/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/handler/file_work.h"

#include "protocol/base/limits.h"
#include "server/store/people.h"

/* For whoever sends the next before the answer, or again after it was lost. */
#define CHANGING_AGAIN_MS 100

static const char *explain(enum status status)
{
    switch (status) {
    case STATUS_LIMIT:
        return "there is no room for this file: delete some of yours or of the channel's, or "
               "finish what your other devices began to send";
    case STATUS_FULL:
        return "the server's disk has no room for files: tell whoever runs it";
    case STATUS_CONFLICT:
        return "a chunk before this one is missing, or something in it was deleted: begin again";
    case STATUS_INVALID:
        return "what arrived is not what was sent: send it again";
    default: /* the others say enough themselves */
        return NULL;
    }
}

static void end(struct file_work *work, enum status status)
{
    struct wire_empty nothing = {0};
    if (!id_is_none(&work->changes))
        id_map_remove(&work->services->hub->files_changing, &work->changes);
    if (status != STATUS_OK)
        call_fail(work->call, status, explain(status));
    else if (work->finish != NULL)
        work->finish(work);
    else
        call_answer(work->call, &nothing);
}

static struct file_work *of_store_job(struct store_job *job)
{
    return (struct file_work *)(void *)((char *)job - offsetof(struct file_work, store_job));
}

static struct file_work *of_pool_job(struct pool_job *job)
{
    return (struct file_work *)(void *)((char *)job - offsetof(struct file_work, pool_job));
}

static enum status run_write(struct store_db *db, struct store_job *job)
{
    struct file_work *work = of_store_job(job);
    TRY(store_people_check_joined(db, &work->call->person));
    return work->write(db, work);
}

static void done_write(struct store_job *job, enum status status)
{
    end(of_store_job(job), status);
}

static void begin_write(struct file_work *work)
{
    if (work->write == NULL) {
        end(work, STATUS_OK);
        return;
    }
    work->store_job = (struct store_job){.run = run_write, .done = done_write};
    enum status status = store_write(work->services->hub->store, &work->store_job);
    if (status != STATUS_OK)
        end(work, status);
}

static enum status run_io(struct pool_job *job)
{
    struct file_work *work = of_pool_job(job);
    return work->io(work);
}

static void done_io(struct pool_job *job, enum status status)
{
    struct file_work *work = of_pool_job(job);
    if (status != STATUS_OK)
        end(work, status);
    else
        begin_write(work);
}

static void begin_io(struct file_work *work)
{
    if (work->io == NULL) {
        begin_write(work);
        return;
    }
    work->pool_job = (struct pool_job){.run = run_io, .done = done_io};
    enum status status = pool_submit(work->services->hub->disk, &work->pool_job);
    if (status != STATUS_OK)
        end(work, status);
}

static enum status run_look(struct store_db *db, struct store_job *job)
{
    struct file_work *work = of_store_job(job);
    if (work->look_writes)
        TRY(store_people_check_joined(db, &work->call->person));
    return work->look(db, work);
}

static void done_look(struct store_job *job, enum status status)
{
    struct file_work *work = of_store_job(job);
    if (status != STATUS_OK)
        end(work, status);
    else
        begin_io(work);
}

void *
file_work_new(struct services *services, struct channel *channel, struct call *call, size_t size)
{
    void *taken = NULL;
    enum status status = call_take(call, size, &taken);
    if (status != STATUS_OK) {
        call_fail(call, status, NULL);
        return NULL;
    }
    struct file_work *work = taken;
    work->services = services;
    work->channel = channel;
    work->call = call;
    work->disk = services->hub->files;
    work->now_ms = clock_wall_ms(services->hub->clock);
    return taken;
}

/* Ends the call when the file is being changed, or cannot be kept for it. */
static bool keep_file(struct file_work *work)
{
    struct id_map *changing = &work->services->hub->files_changing;
    if (id_is_none(&work->changes))
        return true;
    if (id_map_find(changing, &work->changes) != NULL) {
        call_fail_later(work->call, STATUS_RATE_LIMITED,
                        "another request for this file is under way: one at a time",
                        CHANGING_AGAIN_MS);
        return false;
    }
    enum status status = id_map_set(changing, &work->changes, work->call);
    if (status != STATUS_OK)
        call_fail(work->call, status, NULL);
    return status == STATUS_OK;
}

void file_work_begin(struct file_work *work)
{
    struct store *store = work->services->hub->store;
    if (!keep_file(work))
        return;
    work->store_job = (struct store_job){.run = run_look, .done = done_look};
    enum status status = work->look_writes ? store_write(store, &work->store_job)
                                           : store_read(store, &work->store_job);
    if (status != STATUS_OK)
        end(work, status);
}

enum status file_work_find(struct store_db *db, struct file_work *work, const struct id *file)
{
    return store_files_get(db, &work->channel->id, file, &work->file);
}

enum status file_work_count_chunks(struct file_work *work)
{
    uint64_t there = 0;
    TRY(file_disk_size(work->disk, &work->file.file, &there));
    if (there >= work->file.size_bytes) /* the last chunk may be short */
        there = work->file.size_bytes + LIMIT_SEALED_CHUNK_BYTES - 1;
    work->chunks = (uint32_t)(there / LIMIT_SEALED_CHUNK_BYTES);
    return STATUS_OK;
}

enum status file_work_find_own(struct store_db *db, struct file_work *work, const struct id *file)
{
    TRY(file_work_find(db, work, file));
    if (!id_equal(&work->file.person, &work->call->person))
        return STATUS_DENIED;
    return work->file.complete ? STATUS_EXISTS : STATUS_OK;
}
