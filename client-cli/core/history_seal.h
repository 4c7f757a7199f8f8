/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Makes a segment of a channel's history out of the vault (segment.h).
 *
 * What is left out, so that its place stays empty: what was deleted, what is over (retention),
 * what we could not read, keys of segments, and texts that an edit has replaced.
 *
 * Errors: STATUS_NOT_FOUND when not all of the range is here; those of vault.h and segment.h.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_HISTORY_SEAL_H
#define WEFT_CORE_HISTORY_SEAL_H

#include "client-cli/core/channel.h"
#include "client-cli/core/history_keys.h"

struct history_range {
    uint64_t first;     /* of a block */
    uint64_t last;      /* of the same block */
    int64_t kept_since; /* what was said before is over; 0: nothing is */
};

/* Appends the encoded segment. */
MUST_CHECK enum status history_seal(struct engine *engine,
                                    const struct channel *channel,
                                    const struct history_range *range,
                                    struct buffer *bytes);

/* Whether what the key opens is, octet for octet, what we would seal ourselves. */
MUST_CHECK enum status history_seal_is_ours(struct engine *engine,
                                            const struct channel *channel,
                                            const struct history_key *key,
                                            int64_t kept_since,
                                            bool *ours);

#endif
