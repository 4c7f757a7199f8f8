/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key in an X.509 certificate. Nothing else is looked at: who signed the certificate, whom it
 * names and until when it holds is the application's to check.
 * Errors: STATUS_MALFORMED for bytes that are no single DER certificate, STATUS_BAD_KEY for one
 * with a key that is none of the scheme's, STATUS_NO_MEMORY.
 * Source: RFC 5280, 4.1; RFC 9420, 5.3. Thread rule: pure functions.
 */
#ifndef WEFT_CRYPTO_CERTIFICATE_H
#define WEFT_CRYPTO_CERTIFICATE_H

#include "protocol/crypto/signature.h"

/* The subject's public key, in the form of signature.h. */
MUST_CHECK enum status certificate_public_key(enum signature_id scheme,
                                              struct span certificate,
                                              struct signature_public *public_key);

#endif
