/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Single values that belong to the whole community: its name, the server's public keys, settings
 * made by init. Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_META_H
#define WEFT_STORE_META_H

#include "server/store/store.h"

/* Sets or replaces. `key` is a name in the code, never input. */
MUST_CHECK enum status store_meta_set(struct store_db *db, const char *key, struct span value);

/* STATUS_NOT_FOUND when it was never set. */
MUST_CHECK enum status
store_meta_get(struct store_db *db, const char *key, struct arena *arena, struct span *value);

#endif
