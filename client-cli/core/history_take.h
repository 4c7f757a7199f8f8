/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A segment of history that a member shared, on its way into the vault of somebody who came later.
 *
 * Verified of each message: that the device which the directory lists for its author, and listed
 * when the author's own log had the size that the message names, signed these words for this
 * channel, this generation and an epoch whose GroupContext is the one that everybody signs who
 * speaks in it; that what its author had seen of the log is what the segment says of it; and that
 * the segment leads to the group that we joined. Taken on the sharer's word, and shown with their
 * name: order and time; that what is withheld was deleted or is over, and what is
 * called control holds nothing for people; that the GroupContext of an
 * epoch is its own, which its authors' signatures vouch for together.
 *
 * What is here already is never replaced, and what it edits or deletes is edited or deleted in what
 * comes. A message that does not verify is shown as such.
 * Errors: STATUS_UNTRUSTED when the segment as a whole is not what it should be; those of vault.h.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_HISTORY_TAKE_H
#define WEFT_CORE_HISTORY_TAKE_H

#include "client-cli/core/channel.h"
#include "client-cli/core/history_keys.h"

struct history_taken {
    size_t messages; /* that are here now */
    size_t withheld;
    size_t refused; /* their authors did not sign them */
    size_t revised; /* edited or deleted since it was sealed, by what had come before it */
};

/* In the caller's transaction. `bytes` is the decrypted segment that `key` is said to open; adds to
 * `taken`. With STATUS_UNTRUSTED, `problem` is what is wrong, for people; a static text. */
MUST_CHECK enum status history_take(struct engine *engine,
                                    struct channel *channel,
                                    const struct history_key *key,
                                    struct span bytes,
                                    struct history_taken *taken,
                                    const char **problem);

#endif
