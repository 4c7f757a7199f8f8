/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of objects by their hash.
 * Errors: STATUS_CRYPTO, STATUS_NO_MEMORY.
 * Source: RFC 9420, 5.2. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_REF_HASH_H
#define WEFT_MLS_PUBLIC_REF_HASH_H

#include "protocol/crypto/hash.h"

/* RefHash(label, value). The label is used as it is, without a prefix. */
MUST_CHECK enum status
mls_ref_hash(const struct suite *suite, struct span label, struct span value, struct digest *ref);

/* MakeKeyPackageRef(value): `value` is an encoded KeyPackage. */
MUST_CHECK enum status
mls_ref_of_key_package(const struct suite *suite, struct span value, struct digest *ref);

/* MakeProposalRef(value): `value` is the encoded AuthenticatedContent with the proposal. */
MUST_CHECK enum status
mls_ref_of_proposal(const struct suite *suite, struct span value, struct digest *ref);

#endif
