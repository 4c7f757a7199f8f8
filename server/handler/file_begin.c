/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/files.h"

#include "server/handler/file_work.h"
#include "server/store/limits.h"

struct begin_work {
    struct file_work work;
    struct id given_up[STORE_FILES_UNFINISHED_MAX];
    size_t given_up_count;
};

/* What broke off and was never gone on with keeps nobody from sending for a week. */
static enum status begin(struct store_db *db, struct begin_work *begin)
{
    struct file_work *work = &begin->work;
    enum status status = store_files_begin(db, &work->file, &work->file.complete);
    while (status == STATUS_LIMIT && begin->given_up_count < STORE_FILES_UNFINISHED_MAX) {
        enum status given_up = store_files_give_up_oldest(db, &work->call->device,
                                                          &begin->given_up[begin->given_up_count]);
        if (given_up == STATUS_NOT_FOUND)
            return STATUS_LIMIT;
        TRY(given_up);
        begin->given_up_count++;
        status = store_files_begin(db, &work->file, &work->file.complete);
    }
    return status;
}

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
    return begin(db, (struct begin_work *)(void *)work);
}

static enum status io(struct file_work *work)
{
    const struct begin_work *begin = (const struct begin_work *)(const void *)work;
    for (size_t i = 0; i < begin->given_up_count; i++)
        TRY(file_disk_remove(work->disk, &begin->given_up[i]));
    return file_work_count_chunks(work);
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
    struct file_work *work = file_work_new(services, channel, call, sizeof(struct begin_work));
    if (work == NULL)
        return;
    work->look = look;
    work->look_writes = true;
    work->io = io;
    work->finish = finish;
    file_work_begin(work);
}
