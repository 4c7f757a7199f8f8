/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the sender of a message had seen of a channel's log, against what we saw of it: by this a
 * server is noticed that shows people different things.
 *
 * Errors: those of vault.h. Thread rule: the engine's thread. Source: PROTOCOL.md, 10.
 */
#ifndef WEFT_CORE_ENTRY_SEEN_H
#define WEFT_CORE_ENTRY_SEEN_H

#include "client-cli/core/channel.h"
#include "protocol/content/content.h"

/* Where a message stands in the log that we are shown. */
struct entry_seen_place {
    uint64_t sequence;
    int64_t time;
};

/* Compares with what is in the vault before the message at `place`, which is to be the next.
 * `problem` is what does not fit, for people, a static text; NULL when nothing does. The group must
 * be in memory. */
MUST_CHECK enum status entry_seen_check(struct engine *engine,
                                        struct channel *channel,
                                        const struct entry_seen_place *place,
                                        const struct content_seen *seen,
                                        const char **problem);

#endif
