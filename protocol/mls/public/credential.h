/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials. Whether one is to be believed is the application's question (options.h).
 * Errors: those of reader.h; STATUS_UNSUPPORTED for a type whose form is not known, since nothing
 * after it can then be read.
 * Source: RFC 9420, 5.3. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_CREDENTIAL_H
#define WEFT_MLS_PUBLIC_CREDENTIAL_H

#include "protocol/codec/reader.h"
#include "protocol/codec/writer.h"
#include "protocol/mls/public/registry.h"

struct mls_credential {
    uint16_t type;       /* enum mls_credential_type */
    struct span content; /* basic: the identity. x509: the contents of `certificates<V>`. */
};

MUST_CHECK enum status mls_credential_read(struct reader *reader,
                                           struct mls_credential *credential);
void mls_credential_write(struct writer *writer, const struct mls_credential *credential);

bool mls_credential_equal(const struct mls_credential *a, const struct mls_credential *b);

/* Walks the certificates of an x509 credential that was read, the end-entity's first: `at` starts
 * as 0. False at the end. */
bool mls_credential_next_certificate(const struct mls_credential *credential,
                                     size_t *at,
                                     struct span *certificate);

#endif
