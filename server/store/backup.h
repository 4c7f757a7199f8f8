/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A copy of a store in use: a folder with the database and, in `files`, the complete files that the
 * database's rows name.
 *
 * The database is copied through a connection of its own that only reads, so that no job of the
 * store waits for it; all it holds up is that the write-ahead log starts again. Files are brought
 * after it. One that is deleted meanwhile has lost its row before its bytes, so its row goes from
 * the copy too, and no hole is left. Whatever happens, under the given path there is a whole,
 * checked, durable copy or nothing: it is made beside it under another name.
 * Errors: STATUS_EXISTS (there is something of that name), STATUS_FULL (room for the copy, and for
 * the store to go on), STATUS_NOT_FOUND, STATUS_CORRUPT, STATUS_CANCELLED, STATUS_IO.
 * Thread rule: any thread, one copy to a path at a time.
 */
#ifndef WEFT_STORE_BACKUP_H
#define WEFT_STORE_BACKUP_H

#include "server/store/store.h"

/* Told and asked from time to time while copying, on the copying thread. */
struct store_backup_watch {
    void (*progress)(void *context, unsigned percent); /* each whole percent once */
    void (*checking)(void *context);                   /* begins to check the database */
    bool (*cancelled)(void *context);
    /* A file that the store itself has lost: missing, or damaged. The copy has its row alone. */
    void (*lost)(void *context, const struct id *file, bool damaged);
    void *context;
};

struct store_backup_size {
    uint64_t bytes; /* of the database */
    uint64_t files;
    uint64_t file_bytes;
};

/* `given` is the folder's path, which may end in slashes. `*size` is set only on success. */
MUST_CHECK enum status store_backup(const char *state_directory,
                                    const char *given,
                                    const struct store_backup_watch *watch,
                                    struct store_backup_size *size);

#endif
