/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How often people were asked for something of late: invitations, introductions, coffee. Everybody
 * says themselves how often that may be in a week.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_CONTACTS_H
#define WEFT_STORE_CONTACTS_H

#include "server/store/store.h"

/* STATUS_DENIED unless the person joined and opted in; STATUS_RATE_LIMITED when they were asked as
 * often as they allow within STORE_CONTACT_WINDOW_MS before `now_ms`. */
MUST_CHECK enum status
store_contacts_check(struct store_db *db, const struct id *person, int64_t now_ms);

/* Counts one more, and forgets those before the window. */
MUST_CHECK enum status
store_contacts_add(struct store_db *db, const struct id *person, int64_t now_ms);

/* How often the person was asked within the window. */
MUST_CHECK enum status
store_contacts_count(struct store_db *db, const struct id *person, int64_t now_ms, uint32_t *count);

#endif
