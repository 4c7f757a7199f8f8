/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* store_backup of store.h. */
#include "server/store/query.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static enum status make_file(const char *path, int *file)
{
    int made = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (made < 0)
        return errno == EEXIST ? STATUS_EXISTS : errno == ENOSPC ? STATUS_FULL : STATUS_IO;
    *file = made;
    return STATUS_OK;
}

static enum status copy_pages(struct store_db *db, struct store_db *copy)
{
    sqlite3_backup *backup = sqlite3_backup_init(copy->sqlite, "main", db->sqlite, "main");
    if (backup == NULL)
        return store_db_status(copy, sqlite3_extended_errcode(copy->sqlite));
    int result = sqlite3_backup_step(backup, -1);
    int finished = sqlite3_backup_finish(backup);
    return result == SQLITE_DONE ? store_db_status(copy, finished) : store_db_status(copy, result);
}

static enum status check_copy(struct store_db *copy)
{
    CLEANUP(query_end) struct query q = query_on(copy, "PRAGMA integrity_check(1)");
    struct span verdict = SPAN_EMPTY;
    TRY(query_one(&q));
    query_borrow_bytes(&q, &verdict);
    TRY(q.status);
    return span_equal(verdict, SPAN_LITERAL("ok")) ? STATUS_OK : STATUS_CORRUPT;
}

/* The copy is a plain file without a log beside it, whatever the mode of the original. */
static enum status write_copy(struct store_db *db, const char *path)
{
    struct store_db copy;
    memset(&copy, 0, sizeof copy);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
    enum status status = store_db_status(&copy, sqlite3_open_v2(path, &copy.sqlite, flags, NULL));
    if (status == STATUS_OK)
        status = copy_pages(db, &copy);
    if (status == STATUS_OK)
        status = store_db_execute(&copy, "PRAGMA journal_mode = DELETE");
    if (status == STATUS_OK)
        status = check_copy(&copy);
    store_db_clear(&copy);
    return status;
}

enum status store_backup(struct store_db *db, const char *path)
{
    int file;
    TRY(make_file(path, &file));
    enum status status = write_copy(db, path);
    if (status == STATUS_OK && fsync(file) != 0)
        status = STATUS_IO;
    close(file);
    if (status != STATUS_OK)
        unlink(path);
    return status;
}
