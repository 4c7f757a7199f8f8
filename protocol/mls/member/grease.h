/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GREASE: values without a meaning among what we say we support, so that a peer that minds unknown
 * values is found before real ones come.
 *
 * A drawn set hangs on an mls_identity and goes into the leaves and KeyPackages that are made with
 * it; a GroupInfo of a member whose leaf has one carries it too. Receiving knows nothing of these
 * values.
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
