/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LabeledExtract and LabeledExpand, on which the KEM and HPKE stand. Of use inside crypto/ only.
 * Source: RFC 9180, 4. Thread rule: pure functions.
 */
#ifndef WEFT_CRYPTO_HPKE_LABEL_H
#define WEFT_CRYPTO_HPKE_LABEL_H

#include "protocol/base/secret.h"
#include "protocol/crypto/hash.h"

/* LabeledExtract(salt, label, ikm); `suite_id` is the KEM's or HPKE's. */
MUST_CHECK enum status hpke_label_extract(enum hash_id hash,
                                          struct span suite_id,
                                          struct span salt,
                                          const char *label,
                                          struct span ikm,
                                          struct secret *prk);

/* LabeledExpand(prk, label, info, length) with an info in two parts, into `out`, which is wiped
 * on an error. */
MUST_CHECK enum status hpke_label_expand(enum hash_id hash,
                                         struct span suite_id,
                                         const struct secret *prk,
                                         const char *label,
                                         const struct span info[2],
                                         uint8_t *out,
                                         size_t length);

#endif
