/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/files.h"

#include "server/delivery/file_removal.h"
#include "server/delivery/history.h"
#include "server/handler/file_work.h"
#include "server/store/segments.h"

#include <string.h>

struct done {
    struct file_work work;
    bool holds;                     /* the caller is to share the channel's history now */
    struct store_file_ids replaced; /* segments of the same block, when it is one */
};

/* Sent again after a lost answer: done is done. */
static enum status look(struct store_db *db, struct file_work *work)
{
    const struct wire_file_done_request *request = work->call->request;
    enum status status = file_work_find_own(db, work, &request->file);
    if ((status == STATUS_OK || status == STATUS_EXISTS) && work->file.segment &&
        !((struct done *)(void *)work)->holds)
        return STATUS_NOT_NOW;
    return status == STATUS_EXISTS ? STATUS_OK : status;
}

static enum status io(struct file_work *work)
{
    const struct wire_file_done_request *request = work->call->request;
    if (work->file.complete)
        return STATUS_OK;
    return file_disk_seal(work->disk, &request->file, work->file.size_bytes,
                          LIMIT_SEALED_CHUNK_BYTES, request->sha256);
}

static enum status write_row(struct store_db *db, struct file_work *work)
{
    struct done *done = (struct done *)(void *)work;
    const struct wire_file_done_request *request = work->call->request;
    struct store_hash sha256;
    memcpy(sha256.bytes, request->sha256, sizeof sha256.bytes);
    TRY(store_files_complete(db, &work->file.file, &sha256));
    return store_segments_replace(db, &work->file.file, &work->call->arena, &done->replaced);
}

static void finish(struct file_work *work)
{
    struct wire_empty nothing = {0};
    file_removal_begin(work->services->hub, &((struct done *)(void *)work)->replaced);
    call_answer(work->call, &nothing);
}

void file_done_handle(struct services *services, struct channel *channel, struct call *call)
{
    struct done *done = file_work_new(services, channel, call, sizeof *done);
    if (done == NULL)
        return;
    done->work.changes = ((const struct wire_file_done_request *)call->request)->file;
    done->work.look = look;
    done->work.io = io;
    done->work.write = write_row;
    done->work.finish = finish;
    done->holds = history_holds(channel, &call->device);
    history_go_on(services->delivery, channel, &call->device);
    file_work_begin(&done->work);
}
