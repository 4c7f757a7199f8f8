/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The common shape of the handlers of files: something of the store, then something of the disk
 * (on the pool's thread, since it may wait), then something of the store, then the answer. Each may
 * be left out. The work is the first member of the handler's own struct, which lives in the call's
 * arena.
 * Thread rule: loop thread; `look` and `write` as run in store.h, `io` as run in pool.h.
 */
#ifndef WEFT_HANDLER_FILE_WORK_H
#define WEFT_HANDLER_FILE_WORK_H

#include "server/handler/handler.h"
#include "server/store/file_disk.h"
#include "server/store/files.h"
#include "server/store/store.h"

struct file_work {
    struct store_job store_job;
    struct pool_job pool_job;
    struct services *services;
    struct channel *channel;
    struct call *call;
    const struct file_disk *disk;
    struct id changes;      /* the file whose bytes it changes: one request at a time; or none */
    int64_t now_ms;         /* wall time when it began */
    struct store_file file; /* what `look` found */
    uint32_t chunks;        /* of it on the disk: file_work_count_chunks */
    /* Reads; `look_writes` makes it a write, by somebody who must still be a person who joined. */
    enum status (*look)(struct store_db *db, struct file_work *work);
    bool look_writes;
    enum status (*io)(struct file_work *work);
    enum status (*write)(struct store_db *db, struct file_work *work);
    /* On the loop after a success; ends the call. NULL: the answer has no fields. */
    void (*finish)(struct file_work *work);
};

/* Makes a zeroed object of `size` with the work filled; NULL after it has ended the call with an
 * error. */
void *
file_work_new(struct services *services, struct channel *channel, struct call *call, size_t size);

void file_work_begin(struct file_work *work);

/* A `look` that finds this file of the call's channel. */
MUST_CHECK enum status
file_work_find(struct store_db *db, struct file_work *work, const struct id *file);

/* The same for somebody who sends it: STATUS_DENIED for anybody else, STATUS_EXISTS once it is
 * complete. */
MUST_CHECK enum status
file_work_find_own(struct store_db *db, struct file_work *work, const struct id *file);

/* An `io` that counts the chunks that are there: where whoever sends the file goes on. */
MUST_CHECK enum status file_work_count_chunks(struct file_work *work);

#endif
