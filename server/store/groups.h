/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Groups: the wards, departments and organisations that people belong to, each a random id and a
 * name. Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_GROUPS_H
#define WEFT_STORE_GROUPS_H

#include "server/store/store.h"

struct store_group {
    struct id group;
    struct span name;
};

struct store_group_list {
    struct store_group *items;
    size_t count;
};

/* The group of that name; when there is none, makes it with the id `fresh`. STATUS_LIMIT for a
 * name over STORE_NAME_BYTES_MAX. */
MUST_CHECK enum status store_groups_ensure(struct store_db *db,
                                           struct span name,
                                           const struct id *fresh,
                                           struct id *group);

/* STATUS_NOT_FOUND. */
MUST_CHECK enum status store_groups_find(struct store_db *db, struct span name, struct id *group);

/* All groups by name. */
MUST_CHECK enum status
store_groups_list(struct store_db *db, struct arena *arena, struct store_group_list *groups);

#endif
