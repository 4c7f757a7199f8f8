/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A copy of a store in use, and putting one back.
 *
 * The copy is made through a connection of its own that only reads, so that no job of the store
 * waits for it; all it holds up is that the write-ahead log starts again. Whatever happens, under
 * the given path there is a whole, checked, durable copy or nothing: it is written beside it under
 * another name.
 * Errors: STATUS_EXISTS (there is a file of that name), STATUS_FULL (room for the copy, and for the
 * store to go on), STATUS_NOT_FOUND, STATUS_CORRUPT, STATUS_CANCELLED, STATUS_IO.
 * Thread rule: any thread, one copy to a path at a time.
 */
#ifndef WEFT_STORE_BACKUP_H
#define WEFT_STORE_BACKUP_H

#include "server/store/store.h"

/* Asked from time to time while copying; both are called on the copying thread. */
struct store_backup_watch {
    void (*progress)(void *context, unsigned percent); /* each whole tenth once */
    bool (*cancelled)(void *context);
    void *context;
};

/* `bytes` is the size of the copy. */
MUST_CHECK enum status store_backup(const char *state_directory,
                                    const char *path,
                                    const struct store_backup_watch *watch,
                                    uint64_t *bytes);

#endif
