/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GroupInfo: what a newcomer needs of a group.
 * Errors: those of reader.h and extension.h; STATUS_BAD_SIGNATURE.
 * Source: RFC 9420, 12.4.3. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_GROUP_INFO_H
#define WEFT_MLS_PUBLIC_GROUP_INFO_H

#include "protocol/crypto/suite.h"
#include "protocol/mls/public/group_context.h"

struct mls_group_info {
    struct mls_group_context group_context;
    struct span context_bytes; /* the encoded GroupContext; empty when it was not read */
    struct mls_extensions extensions;
    struct span confirmation_tag;
    uint32_t signer; /* leaf index */
    struct span signature;
};

MUST_CHECK enum status mls_group_info_read(struct reader *reader, struct mls_group_info *info);

/* Reads a GroupInfo that fills `bytes` to the end, bare or as an MLSMessage. */
MUST_CHECK enum status mls_group_info_decode(struct span bytes, struct mls_group_info *info);
void mls_group_info_write(struct writer *writer, const struct mls_group_info *info);
void mls_group_info_write_tbs(struct writer *writer, const struct mls_group_info *info);

/* The signature alone, label "GroupInfoTBS". */
MUST_CHECK enum status mls_group_info_verify(const struct suite *suite,
                                             const struct mls_group_info *info,
                                             struct span signature_key);

#endif
