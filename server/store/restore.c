/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/restore.h"

#include "server/store/file_copies.h"
#include "server/store/file_disk.h"
#include "server/store/files.h"
#include "server/store/lock.h"
#include "server/store/migrations.h"
#include "server/store/place.h"
#include "server/store/query.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_PATH_BYTES_MAX (STORE_PATH_BYTES_MAX + 16)

struct store_restore {
    char directory[STORE_PATH_BYTES_MAX];
    char store[STORE_PATH_BYTES_MAX]; /* that is replaced */
    char copy[STORE_PATH_BYTES_MAX];
    char backup[STORE_PATH_BYTES_MAX]; /* its folder */
    int lock;
    struct store_db *db; /* on the copy */
    const struct store_restore_watch *watch;
};

static unsigned percent_of(uint64_t done_bytes, uint64_t all_bytes)
{
    return done_bytes >= all_bytes ? 100 : (unsigned)(done_bytes * 100 / all_bytes);
}

struct copying {
    const struct store_restore_watch *watch;
    uint64_t all_bytes;
    unsigned told; /* percent */
};

static void on_copied(void *context, uint64_t done_bytes)
{
    struct copying *copying = context;
    unsigned percent = percent_of(done_bytes, copying->all_bytes);
    if (percent > copying->told) {
        copying->told = percent;
        copying->watch->copied(copying->watch->context, percent);
    }
}

static enum status copy_bytes(const struct store_restore *restore, int from, int to)
{
    struct stat found;
    struct copying copying = {.watch = restore->watch};
    struct store_place_watch watch = {on_copied, &copying};
    if (fstat(from, &found) != 0)
        return STATUS_IO;
    copying.all_bytes = (uint64_t)found.st_size;
    return store_place_copy(from, to, &watch);
}

static enum status
copy_file(const struct store_restore *restore, const char *from_path, const char *to_path)
{
    int from = open(from_path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return store_place_status();
    int to = open(to_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum status status = to < 0 ? store_place_status() : copy_bytes(restore, from, to);
    if (to >= 0)
        close(to);
    close(from);
    return status;
}

static enum status open_copy(struct store_restore *restore)
{
    char database[STORE_PATH_BYTES_MAX];
    TRY(store_place_path(restore->backup, "weftd.db", database));
    store_db_remove(restore->copy); /* what a kill left behind */
    TRY(copy_file(restore, database, restore->copy));
    TRY(store_db_open_writer(restore->copy, &restore->db));
    restore->watch->checking(restore->watch->context);
    TRY(store_db_check(restore->db));
    return store_migrations_apply(restore->db);
}

static enum status
begin(struct store_restore *restore, const char *state_directory, const char *path)
{
    char lock_path[STORE_PATH_BYTES_MAX];
    int length = snprintf(restore->directory, STORE_PATH_BYTES_MAX, "%s", state_directory);
    int path_length = snprintf(restore->backup, STORE_PATH_BYTES_MAX, "%s", path);
    if (length >= STORE_PATH_BYTES_MAX || path_length >= STORE_PATH_BYTES_MAX)
        return STATUS_LIMIT;
    TRY(store_place_path(state_directory, "weftd.db", restore->store));
    TRY(store_place_path(state_directory, "weftd.db.restoring", restore->copy));
    TRY(store_place_path(state_directory, "lock", lock_path));
    return store_lock_take(lock_path, &restore->lock);
}

enum status store_restore_begin(const char *state_directory,
                                const char *path,
                                const struct store_restore_watch *watch,
                                struct store_restore **restore)
{
    struct store_restore *begun = calloc(1, sizeof *begun);
    if (begun == NULL)
        return STATUS_NO_MEMORY;
    begun->lock = -1;
    begun->watch = watch;
    enum status status = begin(begun, state_directory, path);
    if (status != STATUS_OK) {
        free(begun);
        return status;
    }
    status = open_copy(begun);
    if (status != STATUS_OK) {
        store_restore_cancel(&begun);
        return status;
    }
    *restore = begun;
    return STATUS_OK;
}

enum status store_restore_run(struct store_restore *restore,
                              enum status (*run)(struct store_db *db, void *context),
                              void *context)
{
    TRY(store_db_execute(restore->db, "BEGIN IMMEDIATE"));
    enum status status = run(restore->db, context);
    if (status == STATUS_OK)
        return store_db_execute(restore->db, "COMMIT");
    enum status rolled_back = store_db_execute(restore->db, "ROLLBACK");
    (void)rolled_back; /* the copy is not used */
    return status;
}

enum status store_restore_look(struct store_restore *restore,
                               enum status (*run)(struct store_db *db, void *context),
                               void *context)
{
    struct store_db *db = NULL;
    TRY(store_db_open_reader(restore->store, &db));
    enum status status = run(db, context);
    store_db_close(&db);
    return status;
}

struct bringing {
    struct store_restore *restore;
    uint64_t all_bytes;
    unsigned told; /* percent */
};

static enum status on_file(void *context, uint64_t done_bytes)
{
    struct bringing *bringing = context;
    const struct store_restore_watch *watch = bringing->restore->watch;
    unsigned percent = percent_of(done_bytes, bringing->all_bytes);
    if (percent > bringing->told) {
        bringing->told = percent;
        watch->brought(watch->context, percent);
    }
    return STATUS_OK;
}

static enum status on_lost(void *context, const struct id *file, bool damaged)
{
    struct bringing *bringing = context;
    const struct store_restore_watch *watch = bringing->restore->watch;
    watch->lost(watch->context, file, damaged);
    return store_files_delete(bringing->restore->db, file);
}

enum status store_restore_files(struct store_restore *restore, uint64_t *files, uint64_t *bytes)
{
    struct bringing bringing = {.restore = restore};
    struct file_copies copies = {
        .db = restore->db,
        .from = restore->backup,
        .to = restore->directory,
        .step = on_file,
        .lost = on_lost,
        .context = &bringing,
    };
    TRY(store_files_sum(restore->db, &bringing.all_bytes));
    return file_copies_run(&copies, files, bytes);
}

/* The copy alone, without a log beside it, on the disk. */
static enum status settle_copy(struct store_restore *restore)
{
    enum status status = store_db_execute(restore->db, "PRAGMA journal_mode = DELETE");
    store_db_close(&restore->db);
    TRY(status);
    int file = open(restore->copy, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return STATUS_IO;
    status = fsync(file) == 0 ? STATUS_OK : STATUS_IO;
    close(file);
    return status;
}

/* What is in the old store's log goes into its file. A store that cannot do that keeps its log
 * under the other name as well. */
static enum status settle_store(const struct store_restore *restore)
{
    struct store_db *db = NULL;
    TRY(store_db_open_writer(restore->store, &db));
    int result =
        sqlite3_wal_checkpoint_v2(db->sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    enum status status = store_db_status(db, result);
    store_db_close(&db);
    return status;
}

/* The old database and its files get second names in `path`, and the log that could not be emptied
 * goes there. */
static enum status keep_aside(const struct store_restore *restore, const char *path, bool settled)
{
    CLEANUP(file_disk_close) struct file_disk files = FILE_DISK_INIT;
    CLEANUP(file_disk_close) struct file_disk files_aside = FILE_DISK_INIT;
    char database[STORE_PATH_BYTES_MAX];
    char log[LOG_PATH_BYTES_MAX];
    char log_aside[LOG_PATH_BYTES_MAX];
    if (mkdir(path, 0700) != 0)
        return store_place_status();
    TRY(file_disk_open(restore->directory, &files));
    TRY(file_disk_open(path, &files_aside));
    TRY(file_disk_link_all(&files, &files_aside));
    TRY(store_place_path(path, "weftd.db", database));
    if (link(restore->store, database) != 0 && errno != ENOENT)
        return store_place_status();
    snprintf(log, sizeof log, "%s-wal", restore->store);
    snprintf(log_aside, sizeof log_aside, "%s-wal", database);
    if (!settled && rename(log, log_aside) != 0 && errno != ENOENT)
        return store_place_status();
    return store_place_sync(path);
}

/* A log must never stand beside another file than its own. */
static enum status remove_log(const struct store_restore *restore)
{
    static const char *const ends[] = {"wal", "shm"};
    char path[LOG_PATH_BYTES_MAX];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(path, sizeof path, "%s-%s", restore->store, ends[i]);
        unlink(path);
    }
    return store_place_sync(restore->directory);
}

static enum status finish(struct store_restore *restore, const char *aside, bool *kept)
{
    char path[STORE_PATH_BYTES_MAX];
    TRY(store_place_path(restore->directory, aside, path));
    TRY(settle_copy(restore));
    *kept = access(restore->store, F_OK) == 0 || errno != ENOENT;
    if (*kept) {
        bool settled = settle_store(restore) == STATUS_OK;
        TRY(keep_aside(restore, path, settled));
    }
    TRY(remove_log(restore));
    if (rename(restore->copy, restore->store) != 0)
        return store_place_status();
    return store_place_sync(restore->directory);
}

enum status store_restore_finish(struct store_restore **restore, const char *aside, bool *kept)
{
    enum status status = finish(*restore, aside, kept);
    store_restore_cancel(restore);
    return status;
}

void store_restore_cancel(struct store_restore **restore)
{
    struct store_restore *ending = *restore;
    if (ending == NULL)
        return;
    store_db_close(&ending->db);
    store_db_remove(ending->copy);
    store_lock_release(&ending->lock);
    free(ending);
    *restore = NULL;
}
