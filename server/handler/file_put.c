/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/files.h"

#include "server/delivery/history.h"
#include "server/handler/file_work.h"

static enum status look(struct store_db *db, struct file_work *work)
{
    const struct wire_file_put_request *request = work->call->request;
    TRY(file_work_find_own(db, work, &request->file));
    uint64_t offset = (uint64_t)request->index * LIMIT_SEALED_CHUNK_BYTES;
    if (offset >= work->file.size_bytes)
        return STATUS_LIMIT;
    uint64_t left = work->file.size_bytes - offset;
    uint64_t wanted = left < LIMIT_SEALED_CHUNK_BYTES ? left : LIMIT_SEALED_CHUNK_BYTES;
    return request->bytes.len == wanted ? STATUS_OK : STATUS_MALFORMED;
}

static enum status io(struct file_work *work)
{
    const struct wire_file_put_request *request = work->call->request;
    uint64_t offset = (uint64_t)request->index * LIMIT_SEALED_CHUNK_BYTES;
    return file_disk_write(work->disk, &request->file, offset, request->bytes);
}

void file_put_handle(struct services *services, struct channel *channel, struct call *call)
{
    struct file_work *work = file_work_new(services, channel, call, sizeof *work);
    if (work == NULL)
        return;
    work->changes = ((const struct wire_file_put_request *)call->request)->file;
    work->look = look;
    work->io = io;
    history_go_on(services->delivery, channel, &call->device);
    file_work_begin(work);
}
