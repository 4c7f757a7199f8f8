/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/file_copies.h"

#include "protocol/base/limits.h"
#include "server/store/file_disk.h"
#include "server/store/files.h"

static enum status check(const struct file_disk *disk, const struct store_file_complete *file)
{
    return file_disk_check(disk, &file->file, file->size_bytes, LIMIT_SEALED_CHUNK_BYTES,
                           file->sha256.bytes);
}

static bool is_lost(enum status status)
{
    return status == STATUS_NOT_FOUND || status == STATUS_CORRUPT;
}

/* The file whole in `to`; STATUS_NOT_FOUND or STATUS_CORRUPT when nobody has it so. */
static enum status obtain(const struct file_disk *from,
                          const struct file_disk *to,
                          const struct store_file_complete *file)
{
    enum status there = check(to, file);
    if (!is_lost(there))
        return there;
    enum status status = check(from, file);
    if (status == STATUS_OK)
        return file_disk_bring(from, to, &file->file);
    return status == STATUS_NOT_FOUND ? there : status;
}

static enum status bring_all(const struct file_copies *copies,
                             const struct file_disk *from,
                             const struct file_disk *to,
                             uint64_t *files,
                             uint64_t *bytes)
{
    struct store_file_complete file = {.size_bytes = 0};
    uint64_t done_bytes = 0;
    for (;;) {
        enum status found = store_files_next_complete(copies->db, &file.file, &file);
        if (found == STATUS_NOT_FOUND)
            return file_disk_sync(to);
        TRY(found);
        enum status status = obtain(from, to, &file);
        if (is_lost(status)) {
            TRY(copies->lost(copies->context, &file.file, status == STATUS_CORRUPT));
        } else {
            TRY(status);
            ++*files;
            *bytes += file.size_bytes;
        }
        done_bytes += file.size_bytes;
        TRY(copies->step(copies->context, done_bytes));
    }
}

enum status file_copies_run(const struct file_copies *copies, uint64_t *files, uint64_t *bytes)
{
    CLEANUP(file_disk_close) struct file_disk from = FILE_DISK_INIT;
    CLEANUP(file_disk_close) struct file_disk to = FILE_DISK_INIT;
    enum status found = file_disk_find(copies->from, &from);
    if (found != STATUS_NOT_FOUND)
        TRY(found);
    TRY(file_disk_open(copies->to, &to));
    *files = 0;
    *bytes = 0;
    return bring_all(copies, &from, &to, files, bytes);
}
