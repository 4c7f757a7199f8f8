/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/files.h"

#include "server/handler/file_work.h"

static enum status look(struct store_db *db, struct file_work *work)
{
    const struct wire_file_drop_request *request = work->call->request;
    TRY(file_work_find_own(db, work, &request->file));
    return store_files_delete(db, &request->file);
}

static enum status io(struct file_work *work)
{
    return file_disk_remove(work->disk, &work->file.file);
}

void file_drop_handle(struct services *services, struct channel *channel, struct call *call)
{
    struct file_work *work = file_work_new(services, channel, call, sizeof *work);
    if (work == NULL)
        return;
    work->changes = ((const struct wire_file_drop_request *)call->request)->file;
    work->look = look;
    work->look_writes = true;
    work->io = io;
    file_work_begin(work);
}
