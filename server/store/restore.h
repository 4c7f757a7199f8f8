/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Putting a backup in the place of a store that nobody uses.
 *
 *     begin -> (work on the copy through its db) -> finish | cancel
 *
 * The backup is copied beside the store and changed there; one rename then makes it the store, so
 * that a kill leaves the old one or the new one. What it replaces stays, under another name.
 * Errors: STATUS_LOCKED (a server runs), STATUS_NOT_FOUND, STATUS_CORRUPT, STATUS_UNSUPPORTED (of a
 * newer version), STATUS_FULL, STATUS_IO. Thread rule: one thread.
 */
#ifndef WEFT_STORE_RESTORE_H
#define WEFT_STORE_RESTORE_H

#include "server/store/store.h"

struct store_restore;

/* Takes the store's lock, copies `path` and checks it. */
MUST_CHECK enum status
store_restore_begin(const char *state_directory, const char *path, struct store_restore **restore);

/* Runs a job's work on the copy, in a transaction of its own. */
MUST_CHECK enum status store_restore_run(struct store_restore *restore,
                                         enum status (*run)(struct store_db *db, void *context),
                                         void *context);

/* The same on the store that is to be replaced, for reading. Whatever is wrong with it is no
 * obstacle: that may be why it is replaced. */
MUST_CHECK enum status store_restore_look(struct store_restore *restore,
                                          enum status (*run)(struct store_db *db, void *context),
                                          void *context);

/* Makes the copy the store. `aside` is the name, within the state directory, that the one before
 * gets. `*restore` becomes NULL, also on an error, after which the old store is still there. */
MUST_CHECK enum status store_restore_finish(struct store_restore **restore, const char *aside);

/* NULL is allowed; the store is as it was. */
void store_restore_cancel(struct store_restore **restore);

#endif
