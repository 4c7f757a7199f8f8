/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The GroupInfo extension weft_known_log: how much of the directory log a channel's last committer
 * knew. A commit that knows less is refused (policy.h), and whoever comes in without having seen
 * that commit takes the size from here, where its committer has signed it (PROTOCOL.md, 9).
 *
 *     struct { uint64 log_size; } KnownLog;
 *
 * Errors: those of reader.h; STATUS_NOT_FOUND without the extension. Thread rule: pure functions.
 */
#ifndef WEFT_CHANNEL_KNOWN_LOG_H
#define WEFT_CHANNEL_KNOWN_LOG_H

#include "protocol/mls/public/extension.h"

/* RFC 9420, 17.3: the private-use range is 0xF000 to 0xFFFF. */
#define CHANNEL_KNOWN_LOG_TYPE 0xF0C2

/* Appends the extension, as an item of a list. */
MUST_CHECK enum status channel_known_log_write(uint64_t log_size, struct buffer *extensions);

/* Of a GroupInfo's extensions. */
MUST_CHECK enum status channel_known_log_read(struct mls_extensions extensions, uint64_t *log_size);

/* Of a whole GroupInfo, bare or in an MLSMessage; its signature is the caller's to verify. */
MUST_CHECK enum status channel_known_log_of(struct span group_info, uint64_t *log_size);

#endif
