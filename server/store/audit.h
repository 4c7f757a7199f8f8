/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The audit log: every admin act, without content or names: who did what to which id, when. Rows
 * are only added. Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_AUDIT_H
#define WEFT_STORE_AUDIT_H

#include "server/store/store.h"

struct store_audit_entry {
    /* Counted from 1. */
    uint64_t number;
    int64_t at_ms;
    /* None: at the console. */
    struct id actor;
    /* A word of the code, such as "person.suspend". */
    struct span act;
    /* None where the act has no subject. */
    struct id subject;
    /* How many, for acts such as an import; 0 otherwise. */
    uint64_t amount;
};

struct store_audit_list {
    struct store_audit_entry *items;
    size_t count;
};

/* `entry->number` is not read. STATUS_LIMIT for an act over 64 bytes. */
MUST_CHECK enum status store_audit_add(struct store_db *db, const struct store_audit_entry *entry);

/* The newest, at most `count_max`, in the order of their numbers. */
MUST_CHECK enum status store_audit_list(struct store_db *db,
                                        uint32_t count_max,
                                        struct arena *arena,
                                        struct store_audit_list *list);

/* When the act was done last; 0: never. */
MUST_CHECK enum status store_audit_last(struct store_db *db, const char *act, int64_t *at_ms);

#endif
