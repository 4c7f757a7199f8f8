/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Pairings: what an approving device and a new one have told each other so far (PROTOCOL.md, 8.1).
 * Each step is taken once, in order; a row goes when its time is over.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_PAIRINGS_H
#define WEFT_STORE_PAIRINGS_H

#include "server/store/store.h"

/* The numbers are those of the wire (wire_pairing_state). */
enum store_pairing_state {
    STORE_PAIRING_OPEN = 1,
    STORE_PAIRING_COMMITTED = 2,
    STORE_PAIRING_ANSWERED = 3,
    STORE_PAIRING_REVEALED = 4,
    STORE_PAIRING_APPROVED = 5,
    STORE_PAIRING_REFUSED = 6,
};

struct store_pairing {
    struct id pairing;
    struct id device; /* the approving one */
    struct id person; /* who gets the new one */
    enum store_pairing_state state;
    struct store_hash commitment; /* from COMMITTED on */
    struct span approver;         /* from ANSWERED on */
    struct store_hash nonce;      /* from REVEALED on */
    struct span entry;
    int64_t expires_at_ms;
};

/* A new one in the state OPEN; others of the device end, and so do all whose time is over.
 * STATUS_EXISTS for an id that is taken. */
MUST_CHECK enum status
store_pairings_open(struct store_db *db, const struct store_pairing *pairing, int64_t now_ms);

/* STATUS_NOT_FOUND, also for one whose time is over. */
MUST_CHECK enum status store_pairings_get(struct store_db *db,
                                          const struct id *pairing,
                                          int64_t now_ms,
                                          struct arena *arena,
                                          struct store_pairing *found);

/* Keeps a pairing's next state, with what it brought. STATUS_CONFLICT unless it is in `before`. */
MUST_CHECK enum status store_pairings_advance(struct store_db *db,
                                              const struct store_pairing *pairing,
                                              enum store_pairing_state before);

#endif
