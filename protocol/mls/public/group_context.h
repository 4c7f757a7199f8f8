/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GroupContext: what all members of an epoch agree on.
 * Errors: those of reader.h and extension.h; STATUS_UNSUPPORTED for another version.
 * Source: RFC 9420, 8.1. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_GROUP_CONTEXT_H
#define WEFT_MLS_PUBLIC_GROUP_CONTEXT_H

#include "protocol/mls/public/extension.h"

struct mls_group_context {
    uint16_t cipher_suite;
    struct span group_id;
    uint64_t epoch;
    struct span tree_hash;
    struct span confirmed_transcript_hash;
    struct mls_extensions extensions;
};

MUST_CHECK enum status mls_group_context_read(struct reader *reader,
                                              struct mls_group_context *context);
void mls_group_context_write(struct writer *writer, const struct mls_group_context *context);

#endif
