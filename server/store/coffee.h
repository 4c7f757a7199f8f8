/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who signed up for coffee rounds. Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_COFFEE_H
#define WEFT_STORE_COFFEE_H

#include "server/store/store.h"

/* Signs up or off; the same again changes nothing. STATUS_DENIED to sign up without having joined
 * and opted in. */
MUST_CHECK enum status
store_coffee_set(struct store_db *db, const struct id *person, bool on, int64_t now_ms);

MUST_CHECK enum status store_coffee_get(struct store_db *db, const struct id *person, bool *on);

/* Everybody who signed up and is still joined and opted in, in order of id. */
MUST_CHECK enum status store_coffee_walk(struct store_db *db,
                                         enum status (*each)(void *context,
                                                             const struct id *person),
                                         void *context);

#endif
