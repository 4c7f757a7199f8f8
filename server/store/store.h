/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The store: everything weftd keeps, behind typed functions. Nothing outside this folder knows
 * that SQLite stands behind it.
 *
 * A store is opened by one process (STATE/lock). store_open gives a store without threads, whose
 * jobs run in place: that is how subcommands use it and how `serve` reads its state at the start.
 * store_start gives it a writer and a reader thread; from then on jobs run there. A job's run()
 * calls the typed functions (people.h, log.h, ...) with the `struct store_db *` it is given; the
 * same run() works both ways.
 *
 * Durability: the writer runs all jobs that wait in one transaction, a savepoint for each, and
 * hands them back only after the transaction's fsync. So done(STATUS_OK) means durable, and no
 * read shows what is not durable. A job that returns an error leaves no trace, and the others of
 * its transaction stand.
 *
 * Errors common to every function that takes a `struct store_db *`, not repeated there:
 * STATUS_IO, STATUS_FULL (disk), STATUS_CORRUPT (also a row that no version of us has written),
 * STATUS_NO_MEMORY, STATUS_LIMIT (a result larger than its arena), STATUS_CONFLICT for a row that
 * names another that does not exist. They return them from run() unchanged.
 *
 * Results: spans and lists in a result live in the arena the caller gave, which must outlive them.
 * Times: int64 milliseconds UTC, given by the caller; the store reads no wall clock.
 * Thread rule: store_* functions of this header on the thread that opened the store (the loop);
 * typed functions only inside run().
 */
#ifndef WEFT_STORE_STORE_H
#define WEFT_STORE_STORE_H

#include "protocol/base/arena.h"
#include "protocol/base/id.h"
#include "protocol/base/status.h"
#include "server/base/histogram.h"

/* A SHA-256 value: of an invite's secret, an entry, a tree. */
struct store_hash {
    uint8_t bytes[32];
};

/* An Ed25519 public key. */
struct store_key {
    uint8_t bytes[32];
};

struct store;
struct store_db;

struct store_options {
    const char *state_directory;
    /* `weftd init`: make the directory (0700) and an empty store (0600) where there is none. */
    bool create;
    /* Jobs are refused with STATUS_FULL below this much free space, so that the disk never fills
     * in the middle of a commit. 0 means STORE_FREE_BYTES_MIN (limits.h). */
    uint64_t free_bytes_min;
    /* How long deleted bytes may stay in the write-ahead log. 0 means
     * STORE_WAL_TRUNCATE_INTERVAL_MS (limits.h). */
    int64_t wal_truncate_interval_ms;
    /* How long a job may wait for others that share its commit; 0: for none. Whoever sends alone
     * does not wait. */
    uint32_t commit_window_ms;
};

/*
 * Takes the lock, opens the database and brings its schema up to date. STATUS_NOT_FOUND without
 * `create` where there is no store, STATUS_LOCKED while another process has it (store_holder says
 * which), STATUS_UNSUPPORTED for a schema newer than this program, STATUS_CORRUPT.
 */
MUST_CHECK enum status store_open(const struct store_options *options, struct store **store);

/* Runs all jobs that wait, calls their done(), stops the threads and truncates the write-ahead log.
 * Whoever gives it a job from then on gets STATUS_CANCELLED. */
void store_stop(struct store *store);

/* The same, where that was not done before, and gives up the lock; `*store` becomes NULL. NULL is
 * allowed. */
void store_close(struct store **store);

/* The process that holds the lock of `state_directory`, as it wrote itself there.
 * STATUS_NOT_FOUND when nobody does. Any thread. */
MUST_CHECK enum status store_holder(const char *state_directory, int64_t *pid);

struct store_callbacks {
    /* Called from a store thread when jobs are ready: have the loop call store_drain_completed.
     * May come once for many jobs. Must not call the store. */
    void (*notify)(void *context);
    /* Called once, from a store thread, when a commit or an fsync failed: nothing is certain but
     * what was acknowledged before, so the server has to stop. Every later job is refused with
     * `status` (STATUS_IO, STATUS_FULL or STATUS_CORRUPT). */
    void (*failed)(void *context, enum status status);
    void *context;
};

/* Starts the writer and the reader. Once a store. */
MUST_CHECK enum status store_start(struct store *store, const struct store_callbacks *callbacks);

/*
 * One piece of work, embedded in the caller's own struct, which it stays in until done() is
 * called. A job cannot be cancelled, only ignored by its done(): it is done within milliseconds.
 */
struct store_job {
    /* On a store thread, inside a transaction. Returns what done() gets. Touches nothing but its
     * own job and `db`. */
    enum status (*run)(struct store_db *db, struct store_job *job);
    /* On the loop's thread, exactly once for each job that was accepted. May free the job and may
     * give the store new jobs. `status` is that of run(), or of the commit when that failed. */
    void (*done)(struct store_job *job, enum status status);
    /* run() refuses before it has changed anything. What fails after it, the machine's memory or
     * disk, fails the jobs of its commit as well: so it needs no savepoint, a sixth of an append.
     */
    bool refuses_first;

    /* The store's own. */
    struct store_job *next;
    enum status status;
};

/*
 * Queues a job that writes. Jobs take effect and are done in the order in which they were given.
 * STATUS_RATE_LIMITED when STORE_QUEUE_JOBS_MAX wait already, or the status of the failure that
 * stopped the store; done() is then not called.
 */
MUST_CHECK enum status store_write(struct store *store, struct store_job *job);

/* Queues a job that only reads; it sees one snapshot, with every write whose done() has run.
 * Errors as store_write; a statement that would write gives STATUS_INTERNAL. */
MUST_CHECK enum status store_read(struct store *store, struct store_job *job);

/* Calls done() of every job that is ready. On the loop, after notify. */
void store_drain_completed(struct store *store);

struct store_figures {
    uint64_t jobs_written;
    uint64_t jobs_read;
    uint64_t transactions;
    uint64_t checkpoints;
    uint64_t truncations;
    uint64_t jobs_refused;            /* for want of room on the disk */
    struct histogram_figures commits; /* transactions with their fsync */
    /* Now: jobs that wait, bytes of the files and of the disk. */
    uint64_t writes_waiting;
    uint64_t reads_waiting;
    uint64_t database_bytes;
    uint64_t log_bytes;
    uint64_t disk_free_bytes;
    bool full;   /* jobs that write are refused for want of room */
    bool failed; /* nothing is written any more */
};

/* Counts since the store was opened. */
void store_figures(struct store *store, struct store_figures *figures);

/* Whether a commit failed, after which nobody knows what is on the disk: neither "done" nor "not
 * done" may be said of any job any more. True before the first such job is handed back. Any thread.
 */
bool store_has_failed(const struct store *store);

#endif
