/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of our own structures, each under a label of its own, so that no signature can serve
 * as another, nor as one of MLS (whose labels begin with "MLS 1.0 ").
 *
 * The signed bytes are struct { opaque label<V>; opaque content<V>; }. The scheme is Ed25519.
 * Errors: those of signature.h. Thread rule: pure functions.
 */
#ifndef WEFT_CRYPTO_LABELLED_H
#define WEFT_CRYPTO_LABELLED_H

#include "protocol/crypto/signature.h"

#define LABEL_LOGIN "Weft login 1"
#define LABEL_LOG_ENTRY "Weft log entry 1"
#define LABEL_LOG_HEAD "Weft log head 1"
#define LABEL_SERVER_KEY "Weft server key 1"
#define LABEL_LEAVE "Weft leave 1"
#define LABEL_REPORT "Weft report 1"
#define LABEL_LOG_RESTORE "Weft log restore 1"

MUST_CHECK enum status labelled_sign(struct span private_key,
                                     const char *label,
                                     struct span content,
                                     struct signature *signature);

MUST_CHECK enum status labelled_verify(struct span public_key,
                                       const char *label,
                                       struct span content,
                                       struct span signature);

#endif
