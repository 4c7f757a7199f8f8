/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/backup.h"

#include "server/store/file_copies.h"
#include "server/store/file_disk.h"
#include "server/store/files.h"
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
    struct store_db *copy;
    char partial[STORE_PATH_BYTES_MAX];  /* the folder, until it is whole */
    char database[STORE_PATH_BYTES_MAX]; /* in it */
    int file;                            /* of the copied database */
    uint64_t database_bytes;             /* as expected */
    uint64_t file_bytes;
    const struct store_backup_watch *watch;
    unsigned told; /* percent */
};

static enum status never_known(void *context, const struct id *file, bool *known)
{
    (void)context;
    (void)file;
    *known = false;
    return STATUS_OK;
}

/* Removes what is of this form, and nothing else, as far as that goes. */
static void remove_copy(const char *path)
{
    char whole[STORE_PATH_BYTES_MAX];
    CLEANUP(file_disk_close) struct file_disk files = FILE_DISK_INIT;
    if (file_disk_find(path, &files) == STATUS_OK) {
        enum status swept = file_disk_sweep(&files, never_known, NULL);
        (void)swept; /* what is left is seen when the folder does not go */
    }
    if (store_place_path(path, "files", whole) == STATUS_OK)
        rmdir(whole);
    if (store_place_path(path, "weftd.db", whole) == STATUS_OK)
        store_db_remove(whole);
    rmdir(path);
}

/* A copy that a kill broke off is of no use to anybody. */
static enum status make_folder(struct copying *copying)
{
    remove_copy(copying->partial);
    if (mkdir(copying->partial, 0700) != 0)
        return store_place_status();
    int made = open(copying->database, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
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

static enum status look(struct copying *copying, uint64_t done_bytes)
{
    const struct store_backup_watch *watch = copying->watch;
    if (watch->cancelled(watch->context))
        return STATUS_CANCELLED;
    uint64_t all = copying->database_bytes + copying->file_bytes;
    unsigned percent = done_bytes >= all ? 100 : (unsigned)(done_bytes * 100 / all);
    if (percent > copying->told) {
        copying->told = percent;
        watch->progress(watch->context, percent);
    }
    return STATUS_OK;
}

/* SQLite's progress handler: other than 0 ends the statement. */
static int on_database_steps(void *context)
{
    struct copying *copying = context;
    return look(copying, copied_bytes(copying)) != STATUS_OK;
}

static enum status on_file(void *context, uint64_t done_bytes)
{
    struct copying *copying = context;
    return look(copying, copying->database_bytes + done_bytes);
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
    uint64_t needed = copying->database_bytes + STORE_FREE_BYTES_MIN;
    return (uint64_t)disk.f_bavail * disk.f_frsize >= needed ? STATUS_OK : STATUS_FULL;
}

static enum status vacuum_into(struct copying *copying)
{
    CLEANUP(query_end) struct query q = query_on(copying->source, "VACUUM INTO ?");
    query_bind_text(&q, span_from_text(copying->database));
    enum status status = query_run(&q);
    bool cancelled = copying->watch->cancelled(copying->watch->context);
    return status == STATUS_INTERNAL && cancelled ? STATUS_CANCELLED : status;
}

static enum status copy_database(struct copying *copying)
{
    TRY(source_bytes(copying->source, &copying->database_bytes));
    TRY(store_files_sum(copying->source, &copying->file_bytes));
    TRY(check_room(copying));
    if (copying->watch->cancelled(copying->watch->context))
        return STATUS_CANCELLED;
    sqlite3_progress_handler(copying->source->sqlite, WATCH_STEPS, on_database_steps, copying);
    enum status status = vacuum_into(copying);
    sqlite3_progress_handler(copying->source->sqlite, 0, NULL, NULL);
    TRY(status);
    return look(copying, copying->database_bytes);
}

/* Rows go before bytes: of a file that was deleted since the snapshot the store has no row. */
static enum status on_lost(void *context, const struct id *file, bool damaged)
{
    struct copying *copying = context;
    bool has = false;
    TRY(store_files_has(copying->source, file, &has));
    if (!has)
        return store_files_delete(copying->copy, file);
    copying->watch->lost(copying->watch->context, file, damaged);
    return STATUS_OK;
}

static enum status
copy_files(struct copying *copying, const char *state_directory, struct store_backup_size *size)
{
    struct file_copies copies = {
        .db = copying->copy,
        .from = state_directory,
        .to = copying->partial,
        .step = on_file,
        .lost = on_lost,
        .context = copying,
    };
    return file_copies_run(&copies, &size->files, &size->file_bytes);
}

/* What SQLite keeps beside the database goes into it. */
static enum status settle(struct copying *copying)
{
    enum status status = store_db_execute(copying->copy, "PRAGMA journal_mode = DELETE");
    store_db_close(&copying->copy);
    TRY(status);
    return fsync(copying->file) == 0 ? STATUS_OK : STATUS_IO;
}

static enum status
write_copy(struct copying *copying, const char *state_directory, struct store_backup_size *size)
{
    TRY(copy_database(copying));
    TRY(store_db_open_writer(copying->database, &copying->copy));
    copying->watch->checking(copying->watch->context);
    TRY(store_db_check(copying->copy));
    TRY(copy_files(copying, state_directory, size));
    TRY(settle(copying));
    size->bytes = copied_bytes(copying);
    return store_place_sync(copying->partial);
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

/* NFS and much that FUSE mounts know no flags. Without them a folder replaces no more than an empty
 * one. */
static enum status rename_plainly(const char *from, const char *to)
{
    if (access(to, F_OK) == 0)
        return STATUS_EXISTS;
    return rename(from, to) == 0 ? STATUS_OK : store_place_status();
}

/* Gives the copy its name, unless somebody else has taken that meanwhile. */
static enum status publish(const struct copying *copying, const char *path)
{
    if (renameat2(AT_FDCWD, copying->partial, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return sync_directory_of(path);
    if (errno != EINVAL)
        return store_place_status();
    TRY(rename_plainly(copying->partial, path));
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

/* The path without slashes at its end, as a shell completes it, and that of the copy until it is
 * whole. */
static enum status
name_copy(const char *given, char path[STORE_PATH_BYTES_MAX], char partial[STORE_PATH_BYTES_MAX])
{
    size_t len = strlen(given);
    while (len > 1 && given[len - 1] == '/')
        len--;
    if (len >= STORE_PATH_BYTES_MAX)
        return STATUS_LIMIT;
    memcpy(path, given, len);
    path[len] = '\0';
    int written = snprintf(partial, STORE_PATH_BYTES_MAX, "%s.partial", path);
    return written < STORE_PATH_BYTES_MAX ? STATUS_OK : STATUS_LIMIT;
}

enum status store_backup(const char *state_directory,
                         const char *given,
                         const struct store_backup_watch *watch,
                         struct store_backup_size *size)
{
    struct copying copying = {.watch = watch, .file = -1};
    struct store_backup_size copied = {0};
    char path[STORE_PATH_BYTES_MAX];
    TRY(name_copy(given, path, copying.partial));
    TRY(store_place_path(copying.partial, "weftd.db", copying.database));
    if (access(path, F_OK) == 0)
        return STATUS_EXISTS;
    enum status status = make_folder(&copying);
    if (status == STATUS_OK)
        status = open_source(state_directory, &copying);
    if (status == STATUS_OK)
        status = write_copy(&copying, state_directory, &copied);
    store_db_close(&copying.source);
    store_db_close(&copying.copy);
    if (status == STATUS_OK)
        status = publish(&copying, path);
    if (copying.file >= 0)
        close(copying.file);
    if (status != STATUS_OK)
        remove_copy(copying.partial);
    else
        *size = copied;
    return status;
}
