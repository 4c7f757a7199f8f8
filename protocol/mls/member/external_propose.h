/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proposals of those who are not in the group: of a signer that the group's external_senders
 * extension lists, and of somebody who asks to be added. They have signature keys and no secrets
 * of the group; members take their messages with mls_group_receive and cover them by reference.
 * Errors: STATUS_MALFORMED for a proposal that such a sender may not make, STATUS_USAGE for a
 * sender that is a member or commits, those of crypto/.
 * Source: RFC 9420, 12.1.8. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_MEMBER_EXTERNAL_PROPOSE_H
#define WEFT_MLS_MEMBER_EXTERNAL_PROPOSE_H

#include "protocol/base/buffer.h"
#include "protocol/mls/public/framing.h"

struct mls_external_proposal {
    const struct suite *suite;
    struct span group_id;
    uint64_t epoch;
    /* MLS_SENDER_EXTERNAL with its place in external_senders, or MLS_SENDER_NEW_MEMBER_PROPOSAL
     * with an Add of its own KeyPackage. */
    struct mls_sender sender;
    struct span signature_private_key; /* of that sender, or of that KeyPackage's leaf */
    const struct mls_proposal *proposal;
    struct span authenticated_data;
};

/* Appends an MLSMessage with a PublicMessage. */
MUST_CHECK enum status mls_external_propose(const struct mls_external_proposal *request,
                                            struct buffer *message);

#endif
