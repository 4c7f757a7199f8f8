/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Files of channels: one row each; the encrypted bytes lie beside the database (file_disk.h). A
 * row is there before its bytes and goes before them, so that bytes without a row are nobody's.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_FILES_H
#define WEFT_STORE_FILES_H

#include "server/store/log.h"

struct store_file {
    struct id file;
    struct id channel;
    struct id person; /* who sends it */
    struct id device;
    struct id message; /* that announces it; the log has it afterwards */
    uint64_t size_bytes;
    bool complete;
    bool segment; /* of a channel's history (segments.h); not looked at when one begins */
    int64_t created_at_ms;
};

struct store_file_ids {
    struct id *items;
    size_t count;
};

/* Begins an upload, or finds the one of the same device, message and size: `*complete` says whether
 * it is done. STATUS_DENIED unless the device is a member; STATUS_EXISTS for somebody else's id;
 * STATUS_LIMIT when the person's files or the channel's, or uploads of the person that wait to be
 * finished, would be more than is allowed (limits.h). */
MUST_CHECK enum status
store_files_begin(struct store_db *db, const struct store_file *file, bool *complete);

/* Where that says STATUS_LIMIT: gives up what the device began first and has not finished, and
 * tells its id, whose bytes are to be removed. STATUS_NOT_FOUND when there is nothing to give up.
 */
MUST_CHECK enum status
store_files_give_up_oldest(struct store_db *db, const struct id *device, struct id *given_up);

/* A file of this channel. STATUS_NOT_FOUND. */
MUST_CHECK enum status store_files_get(struct store_db *db,
                                       const struct id *channel,
                                       const struct id *file,
                                       struct store_file *found);

/* Whether any row has this id. */
MUST_CHECK enum status store_files_has(struct store_db *db, const struct id *file, bool *has);

/* All of its bytes are on the disk, with this hash (file_disk_seal); said again, the first stands.
 * STATUS_NOT_FOUND. */
MUST_CHECK enum status
store_files_complete(struct store_db *db, const struct id *file, const struct store_hash *sha256);

struct store_file_complete {
    struct id file;
    uint64_t size_bytes;
    struct store_hash sha256;
};

/* The complete file whose id comes next after `after`. STATUS_NOT_FOUND: there is none. */
MUST_CHECK enum status store_files_next_complete(struct store_db *db,
                                                 const struct id *after,
                                                 struct store_file_complete *next);

/* What complete files hold in all. */
MUST_CHECK enum status store_files_sum(struct store_db *db, uint64_t *bytes);

/* Deleting what is not there is no error. */
MUST_CHECK enum status store_files_delete(struct store_db *db, const struct id *file);

/* Deletes the rows of files whose message is deleted, and of those that were begun more than
 * STORE_FILE_UNFINISHED_MS before and never announced. Whoever calls it removes their bytes once
 * that is durable. */
MUST_CHECK enum status store_files_expire(struct store_db *db,
                                          int64_t now_ms,
                                          struct arena *arena,
                                          struct store_file_ids *expired);

/* The same for the files of one message: the sender's, whoever else says the same message id. */
MUST_CHECK enum status store_files_delete_of_entry(struct store_db *db,
                                                   const struct id *channel,
                                                   const struct store_entry *entry,
                                                   struct arena *arena,
                                                   struct store_file_ids *deleted);

#endif
