/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The labelled inputs of signatures, public-key encryption and key derivation: one place for
 * their encoding, which signer and verifier share. The prefix "MLS 1.0 " is added here.
 * Errors: STATUS_BAD_SIGNATURE, STATUS_BAD_KEY, STATUS_NO_MEMORY.
 * Source: RFC 9420, 5.1.2, 5.1.3, 8. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_LABEL_H
#define WEFT_MLS_PUBLIC_LABEL_H

#include "protocol/codec/writer.h"
#include "protocol/crypto/suite.h"

/* Writes SignContent. */
void mls_sign_content_write(struct writer *writer, const char *label, struct span content);

/* The same with a content that is given in parts, one after another. */
void mls_sign_content_write_parts(struct writer *writer,
                                  const char *label,
                                  const struct span *parts,
                                  size_t count);

/* Writes EncryptContext. */
void mls_encrypt_context_write(struct writer *writer, const char *label, struct span context);

/* Writes KDFLabel. */
void mls_kdf_label_write(struct writer *writer,
                         uint16_t length,
                         const char *label,
                         struct span context);

/* VerifyWithLabel(public_key, label, content, signature). */
MUST_CHECK enum status mls_verify_with_label(const struct suite *suite,
                                             struct span public_key,
                                             const char *label,
                                             struct span content,
                                             struct span signature);

/* The same with a content that is given in parts, one after another. */
MUST_CHECK enum status mls_verify_with_label_parts(const struct suite *suite,
                                                   struct span public_key,
                                                   const char *label,
                                                   const struct span *parts,
                                                   size_t count,
                                                   struct span signature);

#endif
