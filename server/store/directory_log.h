/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The directory log: entries numbered from 0 without gaps, each with its leaf hash (RFC 9162,
 * 2.1.1), and the head that the server signed last. The store computes no hash: it keeps what
 * protocol/directory made. Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_DIRECTORY_LOG_H
#define WEFT_STORE_DIRECTORY_LOG_H

#include "server/store/store.h"

struct store_directory_head {
    /* Entries that the head covers. */
    uint64_t size;
    struct store_hash root;
    /* The signed structure as it goes to clients. */
    struct span signed_head;
};

/*
 * Appends the entry with this index and makes `head`, which must cover exactly index + 1 entries,
 * the current one. STATUS_CONFLICT when the index is not the next one: somebody appended
 * in between, take store_directory_log_head again.
 */
MUST_CHECK enum status store_directory_log_append(struct store_db *db,
                                                  uint64_t index,
                                                  struct span entry,
                                                  const struct store_hash *leaf_hash,
                                                  const struct store_directory_head *head,
                                                  int64_t now_ms);

/* STATUS_NOT_FOUND before the first entry. */
MUST_CHECK enum status store_directory_log_head(struct store_db *db,
                                                struct arena *arena,
                                                struct store_directory_head *head);

struct store_directory_page {
    const struct span *entries;
    size_t count;
    bool more;
};

/* Entries from index `from` on: at most `count_max`, and no more than `bytes_max` in all but at
 * least one. */
MUST_CHECK enum status store_directory_log_entries(struct store_db *db,
                                                   uint64_t from,
                                                   uint32_t count_max,
                                                   size_t bytes_max,
                                                   struct arena *arena,
                                                   struct store_directory_page *page);

/* Calls `each` with every leaf hash from index `from` on, in order, until it fails; returns
 * what it returned. */
MUST_CHECK enum status
store_directory_log_leaf_hashes(struct store_db *db,
                                uint64_t from,
                                enum status (*each)(void *context, const struct store_hash *hash),
                                void *context);

#endif
