/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/files.h"

#include "server/handler/file_work.h"

static enum status look(struct store_db *db, struct file_work *work)
{
    const struct wire_file_begin_request *request = work->call->request;
    work->file = (struct store_file){
        .file = request->file,
        .channel = request->channel,
        .person = work->call->person,
        .device = work->call->device,
        .message = request->message,
        .size_bytes = request->size,
        .created_at_ms = work->now_ms,
    };
    return store_files_begin(db, &work->file, &work->file.complete);
}

static void finish(struct file_work *work)
{
    const struct wire_file_begin_response response = {work->chunks, work->file.complete};
    call_answer(work->call, &response);
}

void file_begin_handle(struct services *services, struct channel *channel, struct call *call)
{
    const struct wire_file_begin_request *request = call->request;
    if (request->size == 0 || request->size > LIMIT_SEALED_FILE_BYTES) {
        call_fail(call, STATUS_LIMIT, "a file has at most 100 MiB");
        return;
    }
    struct file_work *work = file_work_new(services, channel, call, sizeof *work);
    if (work == NULL)
        return;
    work->look = look;
    work->look_writes = true;
    work->io = file_work_count_chunks;
    work->finish = finish;
    file_work_begin(work);
}
