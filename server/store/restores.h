/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * That this store was put back from a backup: what is kept of it, and what changes with it.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_RESTORES_H
#define WEFT_STORE_RESTORES_H

#include "server/store/store.h"

/* The number of the last restore; 0 for none. */
MUST_CHECK enum status store_restores_last(struct store_db *db, uint32_t *number);

/* Keeps the signed statement. Every channel stops until a member continues it in its next
 * generation, since members know more than this store does; KeyPackages and Welcomes, which may
 * have been used since, are deleted. */
MUST_CHECK enum status
store_restores_mark(struct store_db *db, uint32_t number, struct span bytes, int64_t now_ms);

struct store_restore_list {
    struct span *items; /* signed statements, oldest first */
    size_t count;
};

MUST_CHECK enum status store_restores_list(struct store_db *db,
                                           uint32_t after,
                                           struct arena *arena,
                                           struct store_restore_list *list);

#endif
