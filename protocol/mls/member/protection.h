/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing and protecting messages, and opening them again: PublicMessage with its membership tag,
 * PrivateMessage with its two layers of encryption.
 *
 * `group_context` is the encoded GroupContext of the message's epoch.
 * Errors: those of crypto/, decoding, and secret_tree.h; others at each function.
 * Source: RFC 9420, 5.1.2, 6. Thread rule: one thread at a time.
 */
#ifndef WEFT_MLS_MEMBER_PROTECTION_H
#define WEFT_MLS_MEMBER_PROTECTION_H

#include "protocol/mls/member/secret_tree.h"
#include "protocol/mls/public/framing.h"

/* SignWithLabel(private_key, label, content) with a key from signature_prepare. */
MUST_CHECK enum status mls_protection_sign_prepared(const struct suite *suite,
                                                    const struct secret *prepared_key,
                                                    const char *label,
                                                    struct span content,
                                                    struct signature *signature);

/* The signature of a message's content. */
MUST_CHECK enum status mls_protection_sign_content(const struct suite *suite,
                                                   struct span private_key,
                                                   uint16_t wire_format,
                                                   const struct mls_framed_content *content,
                                                   struct span group_context,
                                                   struct signature *signature);

/* The same with a key from signature_prepare. */
MUST_CHECK enum status
mls_protection_sign_content_prepared(const struct suite *suite,
                                     const struct secret *prepared_key,
                                     uint16_t wire_format,
                                     const struct mls_framed_content *content,
                                     struct span group_context,
                                     struct signature *signature);

/* Appends an MLSMessage with a PublicMessage. `membership_key` counts only for senders that are
 * members. STATUS_INVALID for application data, which is never public (6). */
MUST_CHECK enum status
mls_protection_seal_public(const struct suite *suite,
                           struct span membership_key,
                           const struct mls_authenticated_content *authenticated,
                           struct span group_context,
                           struct buffer *out);

/* Checks the membership tag of a member's message: STATUS_BAD_MAC. Not the signature. */
MUST_CHECK enum status mls_protection_check_public(const struct suite *suite,
                                                   struct span membership_key,
                                                   const struct mls_public_message *message,
                                                   struct span group_context);

/* Key and nonce of the sender data, from the ciphertext of the content (6.3.2). */
MUST_CHECK enum status mls_protection_sender_key(const struct suite *suite,
                                                 struct span sender_data_secret,
                                                 struct span ciphertext,
                                                 struct mls_message_key *key);

/* What sealing a PrivateMessage takes besides the content. */
struct mls_private_seal {
    const struct suite *suite;
    struct span sender_data_secret;
    struct mls_secret_tree *tree;
    size_t padding; /* zero bytes to add */
    const struct random_source *random;
};

/* Appends an MLSMessage with a PrivateMessage; a key of the sender's ratchet is used up. */
MUST_CHECK enum status
mls_protection_seal_private(const struct mls_private_seal *seal,
                            const struct mls_authenticated_content *authenticated,
                            uint32_t *generation,
                            struct buffer *out);

/* Decrypts the sender data. STATUS_NOT_DECRYPTED. */
MUST_CHECK enum status mls_protection_open_sender(const struct suite *suite,
                                                  struct span sender_data_secret,
                                                  const struct mls_private_message *message,
                                                  struct mls_sender_data *sender_data);

/* Decrypts the content with the key that was looked up for it and appends the plaintext to
 * `plaintext`, from which `authenticated` then lends. Neither the signature is checked nor the key
 * consumed. */
MUST_CHECK enum status mls_protection_open_private(const struct suite *suite,
                                                   const struct mls_message_key *key,
                                                   const struct mls_sender_data *sender_data,
                                                   const struct mls_private_message *message,
                                                   struct arena *arena,
                                                   struct buffer *plaintext,
                                                   struct mls_authenticated_content *authenticated);

#endif
