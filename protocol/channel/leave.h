/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a signed request to leave lets others remove: every leaf of the signer's person, so that
 * nobody who leaves with one device stays with another.
 * Thread rule: pure functions.
 */
#ifndef WEFT_CHANNEL_LEAVE_H
#define WEFT_CHANNEL_LEAVE_H

#include "protocol/base/id.h"
#include "protocol/directory/directory.h"
#include "protocol/mls/public/tree.h"
#include "protocol/wire/message_header.h"

/* Whether a leaf of `person` in this tree has signed the request, for this generation of this
 * channel, with the keys that it has now: an older request of an earlier leaf counts for nothing,
 * nor does one of a device that the directory shut out within its first `log_size` entries. */
bool channel_leave_is_of(const struct message_leave *leave,
                         const struct id *channel,
                         uint32_t generation,
                         const struct mls_tree *tree,
                         const struct directory *directory,
                         uint64_t log_size,
                         const struct id *person);

#endif
