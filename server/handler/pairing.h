/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the requests of a pairing share. The server passes on what both sides say and keeps the
 * order; what it passes on it need not understand, and it cannot swap it unseen (PROTOCOL.md, 8.1).
 * Thread rule: as handler.h.
 */
#ifndef WEFT_HANDLER_PAIRING_H
#define WEFT_HANDLER_PAIRING_H

#include "server/handler/task.h"
#include "server/store/pairings.h"

/* For a person to fetch the other device and type a link; longer is a link that lies about. */
#define PAIRING_MS (INT64_C(10) * 60 * 1000)

/* What to tell of an error. */
const char *pairing_explain(enum status status);

/* STATUS_OK when the caller may approve a device of `person`: their own, or as an admin somebody
 * else's who has joined. */
MUST_CHECK enum status
pairing_check_person(struct store_db *db, const struct call *call, const struct id *person);

/* The caller's own pairing; another device's is not found. */
MUST_CHECK enum status pairing_get_own(struct store_db *db,
                                       struct task *task,
                                       const struct id *id,
                                       struct store_pairing *pairing);

#endif
