/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Finding an id by the first digits of its text, as people type it. For this folder only.
 */
#ifndef WEFT_STORE_PREFIX_H
#define WEFT_STORE_PREFIX_H

#include "server/store/query.h"

/* Runs `sql`, which selects up to two ids between its two parameters. STATUS_MALFORMED unless
 * there are 6 to 32 hex digits, STATUS_NOT_FOUND, STATUS_CONFLICT when there are several. */
MUST_CHECK enum status
store_prefix_find(struct store_db *db, const char *sql, struct span hex_digits, struct id *id);

#endif
