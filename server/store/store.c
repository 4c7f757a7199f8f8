/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/store.h"

#include "server/store/job_queue.h"
#include "server/store/limits.h"
#include "server/store/lock.h"
#include "server/store/log_ids.h"
#include "server/store/migrations.h"
#include "server/store/place.h"
#include "server/store/transaction.h"
#include "server/store/wal.h"
#include "server/store/window.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

struct store {
    char directory[STORE_PATH_BYTES_MAX];
    uint64_t free_bytes_min;
    int64_t wal_truncate_interval_ms;
    int lock;

    /* The writer's thread has these, but for `reader`, which the reader's has; before store_start
     * and after the threads ended, the loop has all. */
    struct store_db *writer;
    struct store_db *reader;
    int64_t truncate_at_ms;
    bool written_since_truncate;
    struct window window;
    /* Why nothing more is written; STATUS_OK while all is well. */
    enum status failure;

    bool started;
    bool stopped;
    pthread_t writer_thread;
    pthread_t reader_thread;
    struct store_callbacks callbacks;
    struct job_queue writes;
    struct job_queue reads;
    struct job_queue completed;

    atomic_ullong jobs_written;
    atomic_ullong jobs_read;
    atomic_ullong transactions;
    atomic_ullong checkpoints;
    atomic_ullong truncations;
    atomic_ullong jobs_refused;
    struct histogram commits;
    atomic_bool failed;
};

static int64_t monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t monotonic_ms(void)
{
    return monotonic_us() / 1000;
}

enum status store_holder(const char *state_directory, int64_t *pid)
{
    char path[STORE_PATH_BYTES_MAX];
    TRY(store_place_path(state_directory, "lock", path));
    return store_lock_holder(path, pid);
}

static enum status ensure_directory(const char *directory, bool create)
{
    if (create && mkdir(directory, 0700) != 0 && errno != EEXIST)
        return store_place_status();
    struct stat found;
    if (stat(directory, &found) != 0)
        return store_place_status();
    if (!S_ISDIR(found.st_mode))
        return STATUS_NOT_FOUND;
    /* Made by a package or by hand: nobody else may look in. */
    if ((found.st_mode & 077) != 0 && chmod(directory, 0700) != 0)
        return STATUS_IO;
    return STATUS_OK;
}

/* The file is made here and not by SQLite, for its mode, which SQLite then gives to its log. */
static enum status ensure_file(const char *path, bool create)
{
    int file = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), 0600);
    if (file < 0)
        return store_place_status();
    enum status status = fchmod(file, 0600) == 0 ? STATUS_OK : STATUS_IO;
    close(file);
    return status;
}

static enum status open_database(struct store *store, bool create)
{
    char path[STORE_PATH_BYTES_MAX];
    TRY(store_place_path(store->directory, "weftd.db", path));
    TRY(ensure_file(path, create));
    TRY(store_db_open_writer(path, &store->writer));
    TRY(store_migrations_apply(store->writer));
    TRY(store_db_open_reader(path, &store->reader));
    return create ? store_place_sync(store->directory) : STATUS_OK;
}

static enum status init_queues(struct store *store)
{
    TRY(job_queue_init(&store->writes, STORE_QUEUE_JOBS_MAX));
    enum status status = job_queue_init(&store->reads, STORE_QUEUE_JOBS_MAX);
    if (status == STATUS_OK) {
        /* Bounded by the other two. */
        status = job_queue_init(&store->completed, SIZE_MAX);
        if (status != STATUS_OK)
            job_queue_clear(&store->reads);
    }
    if (status != STATUS_OK)
        job_queue_clear(&store->writes);
    return status;
}

static void close_files(struct store *store)
{
    store_db_close(&store->reader);
    store_db_close(&store->writer);
    store_lock_release(&store->lock);
}

static enum status open_files(struct store *store, const struct store_options *options)
{
    char lock_path[STORE_PATH_BYTES_MAX];
    TRY(ensure_directory(store->directory, options->create));
    TRY(store_place_path(store->directory, "lock", lock_path));
    TRY(store_lock_take(lock_path, &store->lock));
    return open_database(store, options->create);
}

enum status store_open(const struct store_options *options, struct store **store)
{
    struct store *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return STATUS_NO_MEMORY;
    opened->lock = -1;
    opened->free_bytes_min =
        options->free_bytes_min == 0 ? STORE_FREE_BYTES_MIN : options->free_bytes_min;
    opened->wal_truncate_interval_ms = options->wal_truncate_interval_ms == 0
                                           ? STORE_WAL_TRUNCATE_INTERVAL_MS
                                           : options->wal_truncate_interval_ms;
    window_init(&opened->window, (int64_t)options->commit_window_ms * 1000);
    int length = snprintf(opened->directory, STORE_PATH_BYTES_MAX, "%s", options->state_directory);
    enum status status = length < STORE_PATH_BYTES_MAX ? init_queues(opened) : STATUS_LIMIT;
    if (status != STATUS_OK) {
        free(opened);
        return status;
    }
    status = open_files(opened, options);
    if (status != STATUS_OK) {
        store_close(&opened);
        return status;
    }
    *store = opened;
    return STATUS_OK;
}

static uint64_t disk_free_bytes(const struct store *store)
{
    struct statvfs disk;
    if (statvfs(store->directory, &disk) != 0)
        return UINT64_MAX; /* the write itself will tell */
    return (uint64_t)disk.f_bavail * disk.f_frsize;
}

static bool disk_has_room(const struct store *store)
{
    return disk_free_bytes(store) >= store->free_bytes_min;
}

/* Nothing is certain any more: refuses all that comes, and has weftd stopped. */
static void fail(struct store *store, enum status status)
{
    if (store->failure != STATUS_OK)
        return;
    store->failure = status;
    atomic_store(&store->failed, true);
    job_queue_close(&store->writes, status);
    job_queue_close(&store->reads, status);
    if (store->callbacks.failed != NULL)
        store->callbacks.failed(store->callbacks.context, status);
}

/* Whether an error outside a commit leaves the files in doubt. */
static bool is_fatal(enum status status)
{
    return status == STATUS_IO || status == STATUS_CORRUPT;
}

static void refuse_chain(struct store *store, struct store_job *chain, enum status status)
{
    for (struct store_job *job = chain; job != NULL; job = job->next) {
        job->status = status;
        atomic_fetch_add(&store->jobs_refused, 1);
    }
}

static void write_chain(struct store *store, struct store_job *chain)
{
    if (store->failure != STATUS_OK) {
        refuse_chain(store, chain, store->failure);
        return;
    }
    if (!disk_has_room(store)) {
        refuse_chain(store, chain, STATUS_FULL);
        return;
    }
    bool certain;
    int64_t begun_us = monotonic_us();
    enum status status = store_transaction_write(store->writer, chain, &certain);
    histogram_add(&store->commits, (uint64_t)(monotonic_us() - begun_us));
    for (struct store_job *job = chain; job != NULL; job = job->next)
        atomic_fetch_add(&store->jobs_written, 1);
    atomic_fetch_add(&store->transactions, 1);
    store->written_since_truncate = true;
    if (status != STATUS_OK && (!certain || is_fatal(status)))
        fail(store, status);
}

/* Hands a chain to the loop, whole: what one commit made durable is written to each client in one
 * go. */
static void complete(struct store *store, struct store_job *chain)
{
    if (job_queue_push_chain(&store->completed, chain))
        store->callbacks.notify(store->callbacks.context);
}

static void keep_log_short(struct store *store)
{
    bool done = false;
    enum status status = store_wal_checkpoint_if_long(store->writer, &done);
    if (is_fatal(status))
        fail(store, status);
    if (done)
        atomic_fetch_add(&store->checkpoints, 1);
}

/* Message ids go into their index, some at a time. */
static void index_messages(struct store *store)
{
    bool certain = true;
    if (!log_ids_is_due(store->writer) || !disk_has_room(store))
        return;
    enum status status = log_ids_index_portion(store->writer, &certain);
    if (status != STATUS_OK && (!certain || is_fatal(status)))
        fail(store, status);
}

/* What was deleted leaves the log. A reader in the way, or a full disk, puts it off a second. */
static void truncate_log(struct store *store)
{
    enum status status = store_wal_truncate(store->writer);
    if (status == STATUS_OK) {
        atomic_fetch_add(&store->truncations, 1);
        store->written_since_truncate = false;
        status = store_wal_fill(store->writer);
        /* A start then finds little that is not in the index. */
        if (status == STATUS_OK)
            status = log_ids_begin_index(store->writer);
    }
    if (is_fatal(status))
        fail(store, status);
    store->truncate_at_ms =
        monotonic_ms() + (store->written_since_truncate ? 1000 : store->wal_truncate_interval_ms);
}

/* After the jobs were handed back, so that nobody waits for it. */
static void tend_log(struct store *store)
{
    index_messages(store);
    keep_log_short(store);
    if (store->written_since_truncate && monotonic_ms() >= store->truncate_at_ms)
        truncate_log(store);
}

/* How long the writer may sleep, in microseconds; -1: until there is work. */
static int64_t writer_timeout(const struct store *store)
{
    if (store->failure != STATUS_OK)
        return -1;
    if (log_ids_is_indexing(store->writer))
        return disk_has_room(store) ? 0 : STORE_FULL_DISK_PAUSE_US;
    if (!store->written_since_truncate)
        return -1;
    int64_t left = store->truncate_at_ms - monotonic_ms();
    return left > 0 ? left * 1000 : 0;
}

/* Waits for jobs, and for those that are likely to follow the first at once. */
static struct store_job *await_writes(struct store *store, bool *closed)
{
    if (job_queue_await(&store->writes, 1, writer_timeout(store)) != 0) {
        size_t expected = window_begin(&store->window, monotonic_us());
        if (expected > 1)
            (void)job_queue_await(&store->writes, expected, store->window.length_us);
    }
    return job_queue_take(&store->writes, STORE_BATCH_JOBS_MAX, closed);
}

static void learn(struct store *store, const struct store_job *chain)
{
    size_t taken = 0;
    for (; chain != NULL; chain = chain->next)
        taken++;
    window_end(&store->window, taken, job_queue_count(&store->writes), monotonic_us());
}

static void *run_writer(void *context)
{
    struct store *store = context;
    bool closed = false;
    while (!closed) {
        struct store_job *chain = await_writes(store, &closed);
        if (chain != NULL) {
            write_chain(store, chain);
            learn(store, chain);
            complete(store, chain);
        }
        if (store->failure == STATUS_OK)
            tend_log(store);
    }
    return NULL;
}

static void read_one(struct store *store, struct store_job *job)
{
    store_transaction_read(store->reader, job);
    atomic_fetch_add(&store->jobs_read, 1);
}

static void *run_reader(void *context)
{
    struct store *store = context;
    bool closed = false;
    while (!closed) {
        (void)job_queue_await(&store->reads, 1, -1);
        struct store_job *job = job_queue_take(&store->reads, 1, &closed);
        if (job != NULL) {
            read_one(store, job);
            complete(store, job);
        }
    }
    return NULL;
}

/* What was deleted before a kill is in the log still, whether or not anything is written now. */
static enum status begin_log(struct store *store)
{
    enum status status = store_wal_truncate(store->writer);
    store->written_since_truncate = status == STATUS_LOCKED;
    if (status != STATUS_LOCKED)
        TRY(status);
    return store_wal_fill(store->writer);
}

enum status store_start(struct store *store, const struct store_callbacks *callbacks)
{
    assert(!store->started);
    store->callbacks = *callbacks;
    TRY(begin_log(store));
    store->truncate_at_ms = monotonic_ms() + store->wal_truncate_interval_ms;
    if (pthread_create(&store->writer_thread, NULL, run_writer, store) != 0)
        return STATUS_NO_MEMORY;
    if (pthread_create(&store->reader_thread, NULL, run_reader, store) != 0) {
        job_queue_close(&store->writes, STATUS_CANCELLED);
        pthread_join(store->writer_thread, NULL);
        return STATUS_NO_MEMORY;
    }
    store->started = true;
    return STATUS_OK;
}

/* Without threads: the job runs here and now. A queue's reason for being closed stands here too. */
static enum status
run_in_place(struct store *store, struct job_queue *queue, struct store_job *job, bool writes)
{
    TRY(queue->closed);
    job->next = NULL;
    if (writes)
        write_chain(store, job);
    else
        read_one(store, job);
    job->done(job, job->status);
    return STATUS_OK;
}

enum status store_write(struct store *store, struct store_job *job)
{
    if (!store->started)
        return run_in_place(store, &store->writes, job, true);
    return job_queue_push(&store->writes, job);
}

enum status store_read(struct store *store, struct store_job *job)
{
    if (!store->started)
        return run_in_place(store, &store->reads, job, false);
    return job_queue_push(&store->reads, job);
}

void store_drain_completed(struct store *store)
{
    struct store_job *chain = job_queue_take_all(&store->completed);
    while (chain != NULL) {
        struct store_job *job = chain;
        chain = job->next;
        job->done(job, job->status);
    }
}

static uint64_t file_bytes(const struct store *store, const char *name)
{
    char path[STORE_PATH_BYTES_MAX];
    struct stat found;
    bool there =
        store_place_path(store->directory, name, path) == STATUS_OK && stat(path, &found) == 0;
    return there ? (uint64_t)found.st_size : 0;
}

void store_figures(struct store *store, struct store_figures *figures)
{
    *figures = (struct store_figures){
        .jobs_written = atomic_load(&store->jobs_written),
        .jobs_read = atomic_load(&store->jobs_read),
        .transactions = atomic_load(&store->transactions),
        .checkpoints = atomic_load(&store->checkpoints),
        .truncations = atomic_load(&store->truncations),
        .jobs_refused = atomic_load(&store->jobs_refused),
        .writes_waiting = job_queue_count(&store->writes),
        .reads_waiting = job_queue_count(&store->reads),
        .database_bytes = file_bytes(store, "weftd.db"),
        .log_bytes = file_bytes(store, "weftd.db-wal"),
        .disk_free_bytes = disk_free_bytes(store),
        .full = !disk_has_room(store),
        .failed = atomic_load(&store->failed),
    };
    histogram_read(&store->commits, &figures->commits);
}

bool store_has_failed(const struct store *store)
{
    return atomic_load(&store->failed);
}

static void stop_threads(struct store *store)
{
    job_queue_close(&store->writes, STATUS_CANCELLED);
    job_queue_close(&store->reads, STATUS_CANCELLED);
    if (store->started) {
        pthread_join(store->writer_thread, NULL);
        pthread_join(store->reader_thread, NULL);
    }
    store_drain_completed(store);
}

void store_stop(struct store *store)
{
    if (store->stopped)
        return;
    store->stopped = true;
    stop_threads(store);
    store_db_close(&store->reader);
    if (store->writer != NULL && store->failure == STATUS_OK) {
        /* What cannot be copied now stays in the log and is found at the next start. */
        enum status status = store_wal_truncate(store->writer);
        (void)status;
    }
}

void store_close(struct store **store)
{
    if (*store == NULL)
        return;
    struct store *closing = *store;
    store_stop(closing);
    close_files(closing);
    job_queue_clear(&closing->writes);
    job_queue_clear(&closing->reads);
    job_queue_clear(&closing->completed);
    free(closing);
    *store = NULL;
}
