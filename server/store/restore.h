/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Putting a backup in the place of a store that nobody uses.
 *
 *     begin -> (work on the copy through its db) -> files -> finish | cancel
 *
 * The backup's database is copied beside the store and changed there; one rename then makes it the
 * store, so that a kill leaves the old one or the new one. Before it, files are only added: those
 * that no row names are swept at the next start. What it replaces stays, as a backup of its own.
 * Errors: STATUS_LOCKED (a server runs), STATUS_NOT_FOUND, STATUS_CORRUPT, STATUS_UNSUPPORTED (of a
 * newer version), STATUS_FULL, STATUS_IO. Thread rule: one thread.
 */
#ifndef WEFT_STORE_RESTORE_H
#define WEFT_STORE_RESTORE_H

#include "server/store/store.h"

struct store_restore;

struct store_restore_watch {
    void (*copied)(void *context, unsigned percent);  /* of the database; each whole percent once */
    void (*checking)(void *context);                  /* begins to check it */
    void (*brought)(void *context, unsigned percent); /* of the files, likewise */
    /* A file that neither the backup nor the store has whole. */
    void (*lost)(void *context, const struct id *file, bool damaged);
    void *context;
};

/* Takes the store's lock, copies the database of the backup in the folder `path` and checks it.
 * `watch` is lent until the files are brought. */
MUST_CHECK enum status store_restore_begin(const char *state_directory,
                                           const char *path,
                                           const struct store_restore_watch *watch,
                                           struct store_restore **restore);

/* Runs a job's work on the copy, in a transaction of its own. */
MUST_CHECK enum status store_restore_run(struct store_restore *restore,
                                         enum status (*run)(struct store_db *db, void *context),
                                         void *context);

/* The same on the store that is to be replaced, for reading. Whatever is wrong with it is no
 * obstacle: that may be why it is replaced. */
MUST_CHECK enum status store_restore_look(struct store_restore *restore,
                                          enum status (*run)(struct store_db *db, void *context),
                                          void *context);

/* Brings the files that the copy names to the store. The rows of lost ones are deleted in the copy:
 * whoever does not want it so cancels. */
MUST_CHECK enum status
store_restore_files(struct store_restore *restore, uint64_t *files, uint64_t *bytes);

/* Makes the copy the store. `aside` is the folder, within the state directory, in which the one
 * before stays, in the form of a backup; `*kept` is whether there was one. `*restore` becomes NULL,
 * also on an error, after which the old store is still there. */
MUST_CHECK enum status
store_restore_finish(struct store_restore **restore, const char *aside, bool *kept);

/* NULL is allowed; the store is as it was. */
void store_restore_cancel(struct store_restore **restore);

#endif
