/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * An introduction as one of its people sees it. The only way by which one leaves the server: who
 * the others are is read from the store for an agreed one alone. Inside run() only.
 */
#ifndef WEFT_HANDLER_LOOKUP_SUGGESTION_H
#define WEFT_HANDLER_LOOKUP_SUGGESTION_H

#include "protocol/wire/network.h"
#include "server/store/introductions.h"

MUST_CHECK enum status lookup_suggestion(struct store_db *db,
                                         const struct store_side *side,
                                         int64_t now_ms,
                                         struct arena *arena,
                                         struct wire_suggestion *suggestion);

/* Whether another of an agreed introduction made its channel, and this person is not in it yet. */
MUST_CHECK enum status
lookup_suggestion_waits(struct store_db *db, const struct store_side *side, bool *waits);

#endif
