/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The complete files that a database names, brought from one state directory or backup to another.
 *
 * Each is checked against its row, size and hash, before it is brought; one that is there already
 * is left alone. A file without which the rows would have a hole is told to `lost`, which may
 * delete the row: nothing else is changed in the database. Thread rule: whoever has the database.
 */
#ifndef WEFT_STORE_FILE_COPIES_H
#define WEFT_STORE_FILE_COPIES_H

#include "server/store/store.h"

struct file_copies {
    struct store_db *db; /* whose rows say which files there are */
    const char *from;    /* folders that have `files`; in `from` it may be missing */
    const char *to;
    /* After each file, with what all files so far hold. Other than OK ends it. */
    enum status (*step)(void *context, uint64_t done_bytes);
    /* Missing in both, or `damaged`. */
    enum status (*lost)(void *context, const struct id *file, bool damaged);
    void *context;
};

/* What was brought is durable. `*files` and `*bytes` count what is whole in `to`. */
MUST_CHECK enum status
file_copies_run(const struct file_copies *copies, uint64_t *files, uint64_t *bytes);

#endif
