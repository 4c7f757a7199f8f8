/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/files.h"

#include "server/delivery/history.h"
#include "server/handler/file_work.h"

struct get {
    struct file_work work;
    struct wire_file_get_response response;
};

static enum status look(struct store_db *db, struct file_work *work)
{
    const struct wire_file_get_request *request = work->call->request;
    TRY(file_work_find(db, work, &request->file));
    return work->file.complete ? STATUS_OK : STATUS_NOT_FOUND;
}

static enum status io(struct file_work *work)
{
    struct get *get = (struct get *)(void *)work;
    const struct wire_file_get_request *request = work->call->request;
    uint64_t offset = (uint64_t)request->index * LIMIT_SEALED_CHUNK_BYTES;
    return file_disk_read(work->disk, &request->file, offset, LIMIT_SEALED_CHUNK_BYTES,
                          &work->call->arena, &get->response.bytes);
}

static void finish(struct file_work *work)
{
    call_answer(work->call, &((struct get *)(void *)work)->response);
}

void file_get_handle(struct services *services, struct channel *channel, struct call *call)
{
    struct get *get = file_work_new(services, channel, call, sizeof *get);
    if (get == NULL)
        return;
    get->work.look = look;
    get->work.io = io;
    get->work.finish = finish;
    history_go_on(services->delivery, channel, &call->device); /* it sees whether a key opens */
    file_work_begin(&get->work);
}
