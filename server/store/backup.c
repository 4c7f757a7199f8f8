/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/backup.h"

#include "server/store/limits.h"
#include "server/store/place.h"
#include "server/store/query.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Steps of SQLite's machine between two looks at the watch: some twenty rows, which may be large.
 */
#define WATCH_STEPS 100

struct copying {
    struct store_db *source;
    char partial[STORE_PATH_BYTES_MAX];
    int file; /* of the copy */
    uint64_t expected_bytes;
    const struct store_backup_watch *watch;
    unsigned told; /* percent */
};

/* A copy that a kill broke off is of no use to anybody. */
static enum status make_file(struct copying *copying)
{
    unlink(copying->partial);
    int made = open(copying->partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (made < 0)
        return store_place_status();
    copying->file = made;
    return STATUS_OK;
}

static uint64_t copied_bytes(const struct copying *copying)
{
    struct stat found;
    return fstat(copying->file, &found) == 0 ? (uint64_t)found.st_size : 0;
}

/* SQLite's progress handler: other than 0 ends the statement. */
static int look(void *context)
{
    struct copying *copying = context;
    const struct store_backup_watch *watch = copying->watch;
    if (watch->cancelled(watch->context))
        return 1;
    unsigned percent = (unsigned)(copied_bytes(copying) * 100 / copying->expected_bytes);
    percent = percent > 100 ? 100 : percent / 10 * 10;
    if (percent > copying->told) {
        copying->told = percent;
        watch->progress(watch->context, percent);
    }
    return 0;
}

static enum status source_bytes(struct store_db *source, uint64_t *bytes)
{
    CLEANUP(query_end)
    struct query q = query_on(source, "SELECT (c.page_count - f.freelist_count) * s.page_size"
                                      " FROM pragma_page_count c, pragma_freelist_count f,"
                                      " pragma_page_size s");
    TRY(query_one(&q));
    query_take_unsigned(&q, bytes);
    return q.status;
}

/* Room for the copy, and for the store when it is the same disk. */
static enum status check_room(const struct copying *copying)
{
    struct statvfs disk;
    if (fstatvfs(copying->file, &disk) != 0)
        return STATUS_OK; /* the write itself will tell */
    uint64_t needed = copying->expected_bytes + STORE_FREE_BYTES_MIN;
    return (uint64_t)disk.f_bavail * disk.f_frsize >= needed ? STATUS_OK : STATUS_FULL;
}

static enum status vacuum_into(struct copying *copying)
{
    CLEANUP(query_end) struct query q = query_on(copying->source, "VACUUM INTO ?");
    query_bind_text(&q, span_from_text(copying->partial));
    enum status status = query_run(&q);
    bool cancelled = copying->watch->cancelled(copying->watch->context);
    return status == STATUS_INTERNAL && cancelled ? STATUS_CANCELLED : status;
}

static enum status check_copy(const char *path)
{
    struct store_db *copy = NULL;
    TRY(store_db_open_reader(path, &copy));
    enum status status = store_db_check(copy);
    store_db_close(&copy);
    return status;
}

static enum status write_copy(struct copying *copying)
{
    TRY(source_bytes(copying->source, &copying->expected_bytes));
    TRY(check_room(copying));
    if (copying->watch->cancelled(copying->watch->context))
        return STATUS_CANCELLED;
    sqlite3_progress_handler(copying->source->sqlite, WATCH_STEPS, look, copying);
    TRY(vacuum_into(copying));
    TRY(check_copy(copying->partial));
    return fsync(copying->file) == 0 ? STATUS_OK : STATUS_IO;
}

static enum status sync_directory_of(const char *path)
{
    char directory[STORE_PATH_BYTES_MAX];
    int len = snprintf(directory, sizeof directory, "%s", path);
    if (len >= (int)sizeof directory)
        return STATUS_LIMIT;
    char *slash = strrchr(directory, '/');
    if (slash != NULL)
        slash[slash == directory ? 1 : 0] = '\0';
    return store_place_sync(slash == NULL ? "." : directory);
}

/* Gives the copy its name, unless somebody else has taken that meanwhile. */
static enum status publish(const struct copying *copying, const char *path)
{
    if (renameat2(AT_FDCWD, copying->partial, AT_FDCWD, path, RENAME_NOREPLACE) != 0)
        return store_place_status();
    return sync_directory_of(path);
}

static enum status open_source(const char *state_directory, struct copying *copying)
{
    char database[STORE_PATH_BYTES_MAX];
    TRY(store_place_path(state_directory, "weftd.db", database));
    TRY(store_db_open_reader(database, &copying->source));
    /* VACUUM INTO writes, though not to this file, which is opened for reading only. */
    return store_db_execute(copying->source, "PRAGMA query_only = OFF");
}

enum status store_backup(const char *state_directory,
                         const char *path,
                         const struct store_backup_watch *watch,
                         uint64_t *bytes)
{
    struct copying copying = {.watch = watch, .file = -1};
    int len = snprintf(copying.partial, sizeof copying.partial, "%s.partial", path);
    if (len >= (int)sizeof copying.partial)
        return STATUS_LIMIT;
    if (access(path, F_OK) == 0)
        return STATUS_EXISTS;
    TRY(make_file(&copying));
    enum status status = open_source(state_directory, &copying);
    if (status == STATUS_OK)
        status = write_copy(&copying);
    store_db_close(&copying.source);
    *bytes = copied_bytes(&copying);
    if (status == STATUS_OK)
        status = publish(&copying, path);
    close(copying.file);
    if (status != STATUS_OK)
        unlink(copying.partial);
    return status;
}
