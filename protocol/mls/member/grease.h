/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GREASE: values without a meaning among what we say we support, so that a peer that minds unknown
 * values is found before real ones come.
 *
 * A drawn set hangs on an mls_identity and goes into the leaves and KeyPackages that are made with
 * it; a GroupInfo of a member whose leaf has one carries it too.
 *
 * RFC 9420, 13.5: "These values MUST only appear in the fields listed above, and not, for example,
 * in the `proposal_type` field of a Proposal." "GREASE values MUST NOT be sent in the following
 * fields, because an unsupported value in one these fields (including a GREASE value) will cause
 * the enclosing message to be rejected:" types of proposals and credentials, and the extensions of
 * a GroupContext, in which nothing here writes.
 *
 * Receiving knows nothing of these values: "Clients MUST NOT implement any special processing rules
 * for how to handle these values when receiving them, since this negates their utility for
 * detecting extensibility failures." "GREASE values MUST be handled using normal logic for
 * processing unsupported values." They are no part of an identity's own lists: "When comparing
 * lists of capabilities to identify mutually supported capabilities, clients MUST represent their
 * own capabilities with a list containing only the capabilities actually supported, without any
 * GREASE values." "In other words, lists including GREASE values are only sent to other clients;
 * representations of a client's own capabilities MUST NOT contain GREASE values."
 * Source: RFC 9420, 13.5. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_MEMBER_GREASE_H
#define WEFT_MLS_MEMBER_GREASE_H

#include "protocol/base/random.h"
#include "protocol/mls/public/extension.h"

#define MLS_GREASE_DATA_MAX 15

struct mls_grease {
    uint16_t cipher_suite;
    uint16_t extension; /* of a leaf, where its capabilities list it, KeyPackage and GroupInfo */
    uint16_t proposal;
    uint16_t credential;
    uint8_t data[MLS_GREASE_DATA_MAX]; /* of the extension */
    size_t data_len;
};

/* Draws values and a little data. STATUS_NO_RANDOMNESS. */
MUST_CHECK enum status mls_grease_draw(const struct random_source *random,
                                       struct mls_grease *grease);

/* Writes the extension; NULL writes nothing. */
void mls_grease_write_extension(struct writer *writer, const struct mls_grease *grease);

/* The first extension of the list with a GREASE type. */
bool mls_grease_find_extension(struct mls_extensions list, struct mls_extension *extension);

#endif
