/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What people say about themselves so that others find them: part of a person that is erased with
 * them. Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_PROFILES_H
#define WEFT_STORE_PROFILES_H

#include "server/store/store.h"

struct store_profile {
    bool opted_in;
    /* How often they may be asked; 0: not at all. */
    uint32_t contacts_per_week_max;
    /* Groups besides the main one. */
    const struct id *groups;
    size_t groups_count;
    const struct span *topics;
    size_t topics_count;
    const struct span *can_help_with;
    size_t can_help_with_count;
};

/* Replaces the whole profile. STATUS_NOT_FOUND, STATUS_DENIED for an erased person, STATUS_LIMIT
 * for more than STORE_PROFILE_ITEMS_MAX items or an item over STORE_NAME_BYTES_MAX. */
MUST_CHECK enum status store_profiles_set(struct store_db *db,
                                          const struct id *person,
                                          const struct store_profile *profile);

/* The profile, empty and not opted in until it is set. STATUS_NOT_FOUND without such a person. */
MUST_CHECK enum status store_profiles_get(struct store_db *db,
                                          const struct id *person,
                                          struct arena *arena,
                                          struct store_profile *profile);

#endif
