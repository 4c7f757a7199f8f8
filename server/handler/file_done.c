/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/files.h"

#include "server/handler/file_work.h"

/* Sent again after a lost answer: done is done. */
static enum status look(struct store_db *db, struct file_work *work)
{
    const struct wire_file_done_request *request = work->call->request;
    enum status status = file_work_find_own(db, work, &request->file);
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
    return store_files_complete(db, &work->file.file);
}

void file_done_handle(struct services *services, struct channel *channel, struct call *call)
{
    struct file_work *work = file_work_new(services, channel, call, sizeof *work);
    if (work == NULL)
        return;
    work->look = look;
    work->io = io;
    work->write = write_row;
    file_work_begin(work);
}
