/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/protection.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/aead.h"
#include "protocol/crypto/hash.h"
#include "protocol/crypto/signature.h"
#include "protocol/mls/member/kdf.h"
#include "protocol/mls/public/label.h"

#include <string.h>

/* What is signed or authenticated holds a whole message and a GroupContext. */
#define INPUT_BYTES_MAX ((size_t)4 * LIMIT_OBJECT_BYTES)

static enum status write_sign_input(const char *label, struct span content, struct buffer *input)
{
    struct writer writer = writer_of(input);
    mls_sign_content_write(&writer, label, content);
    return writer_finish(&writer);
}

enum status mls_protection_sign_prepared(const struct suite *suite,
                                         const struct secret *prepared_key,
                                         const char *label,
                                         struct span content,
                                         struct signature *signature)
{
    CLEANUP(buffer_clear) struct buffer input = BUFFER_INIT(INPUT_BYTES_MAX);
    TRY(write_sign_input(label, content, &input));
    return signature_sign_prepared(suite->signature, prepared_key, buffer_span(&input), signature);
}

/* What is signed for a message's content. */
static enum status write_content_input(uint16_t wire_format,
                                       const struct mls_framed_content *content,
                                       struct span group_context,
                                       struct buffer *input)
{
    CLEANUP(mls_covered_clear) struct mls_covered tbs = {0};
    TRY(mls_framed_content_tbs(wire_format, content, group_context, &tbs));
    struct writer writer = writer_of(input);
    mls_sign_content_write_parts(&writer, "FramedContentTBS", tbs.parts, MLS_COVERED_PARTS);
    return writer_finish(&writer);
}

enum status mls_protection_sign_content_prepared(const struct suite *suite,
                                                 const struct secret *prepared_key,
                                                 uint16_t wire_format,
                                                 const struct mls_framed_content *content,
                                                 struct span group_context,
                                                 struct signature *signature)
{
    CLEANUP(buffer_clear) struct buffer input = BUFFER_INIT(INPUT_BYTES_MAX);
    TRY(write_content_input(wire_format, content, group_context, &input));
    return signature_sign_prepared(suite->signature, prepared_key, buffer_span(&input), signature);
}

enum status mls_protection_sign_content(const struct suite *suite,
                                        struct span private_key,
                                        uint16_t wire_format,
                                        const struct mls_framed_content *content,
                                        struct span group_context,
                                        struct signature *signature)
{
    CLEANUP(secret_clear) struct secret prepared = {0};
    TRY(signature_prepare(suite->signature, private_key, &prepared));
    return mls_protection_sign_content_prepared(suite, &prepared, wire_format, content,
                                                group_context, signature);
}

/* ---- PublicMessage (6.2) ---- */

static enum status membership_tag(const struct suite *suite,
                                  struct span membership_key,
                                  const struct mls_authenticated_content *authenticated,
                                  struct span group_context,
                                  struct digest *tag)
{
    CLEANUP(mls_covered_clear) struct mls_covered tbm = {0};
    TRY(mls_authenticated_content_tbm(authenticated, group_context, &tbm));
    return hash_mac_parts(suite->hash, membership_key, tbm.parts, MLS_COVERED_PARTS, tag);
}

enum status mls_protection_seal_public(const struct suite *suite,
                                       struct span membership_key,
                                       const struct mls_authenticated_content *authenticated,
                                       struct span group_context,
                                       struct buffer *out)
{
    /* RFC 9420, 6: "Applications MUST use PrivateMessage to encrypt application messages" */
    if (authenticated->content.type == MLS_CONTENT_APPLICATION)
        return STATUS_INVALID;
    struct mls_message message = {.wire_format = MLS_WIRE_PUBLIC_MESSAGE};
    message.public_message.content = authenticated->content;
    message.public_message.auth = authenticated->auth;
    struct digest tag;
    /* RFC 9420, 6.2: "For messages sent by members, it MUST be set to the following value" */
    if (authenticated->content.sender.type == MLS_SENDER_MEMBER) {
        TRY(membership_tag(suite, membership_key, authenticated, group_context, &tag));
        message.public_message.membership_tag = digest_span(&tag);
    }
    struct writer writer = writer_of(out);
    mls_message_write(&writer, &message);
    return writer_finish(&writer);
}

enum status mls_protection_check_public(const struct suite *suite,
                                        struct span membership_key,
                                        const struct mls_public_message *message,
                                        struct span group_context)
{
    if (message->content.sender.type != MLS_SENDER_MEMBER)
        return STATUS_OK;
    struct mls_authenticated_content authenticated = {
        .wire_format = MLS_WIRE_PUBLIC_MESSAGE, .content = message->content, .auth = message->auth};
    struct digest tag;
    TRY(membership_tag(suite, membership_key, &authenticated, group_context, &tag));
    /* RFC 9420, 6.2: "the application MUST check `membership_tag`". A tag of another length,
     * shorter or empty, is not equal. */
    if (!secret_equal(digest_span(&tag), message->membership_tag))
        return STATUS_BAD_MAC;
    return STATUS_OK;
}

/* ---- PrivateMessage (6.3) ---- */

enum status mls_protection_sender_key(const struct suite *suite,
                                      struct span sender_data_secret,
                                      struct span ciphertext,
                                      struct mls_message_key *key)
{
    /* RFC 9420, 6.3.2: "If the length of the ciphertext is less than `KDF.Nh`, the whole
     * ciphertext is used." */
    struct span sample = ciphertext;
    if (sample.len > suite->hash_size)
        sample.len = suite->hash_size;
    TRY(mls_kdf_expand_secret(suite, sender_data_secret, "key", sample, suite->aead_key_size,
                              &key->key));
    return mls_kdf_expand_secret(suite, sender_data_secret, "nonce", sample, suite->aead_nonce_size,
                                 &key->nonce);
}

/* RFC 9420, 6.3.1: "XOR it with the first four bytes of the nonce from the key schedule before
 * using the nonce for encryption" */
static struct secret guarded_nonce(const struct mls_message_key *key,
                                   const struct mls_sender_data *sender_data)
{
    struct secret nonce = key->nonce;
    for (size_t i = 0; i < sizeof sender_data->reuse_guard; i++)
        nonce.bytes[i] ^= sender_data->reuse_guard[i];
    return nonce;
}

static enum status seal_content(const struct mls_private_seal *seal,
                                const struct mls_authenticated_content *authenticated,
                                const struct mls_private_message *message,
                                struct mls_sender_data *sender_data,
                                struct buffer *ciphertext)
{
    CLEANUP(buffer_clear) struct buffer plaintext = BUFFER_INIT(INPUT_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer aad = BUFFER_INIT(INPUT_BYTES_MAX);
    CLEANUP(mls_message_key_clear) struct mls_message_key key = {0};
    struct writer writer = writer_of(&plaintext);
    mls_private_content_write(&writer, &authenticated->content, &authenticated->auth,
                              seal->padding);
    TRY(writer_finish(&writer));
    /* RFC 9420, 6.3.1: "The overall size of the AAD and ciphertext MUST fit within the limits
     * established for the group's AEAD algorithm in [CFRG-AEAD-LIMITS]." 15.2: "During each epoch,
     * senders MUST NOT encrypt more data than permitted by the security bounds of the AEAD scheme
     * used [CFRG-AEAD-LIMITS]." A key encrypts one message, and both buffers end far below what an
     * AEAD may take with one nonce. */
    struct writer aad_writer = writer_of(&aad);
    mls_private_message_write_content_aad(&aad_writer, message);
    TRY(writer_finish(&aad_writer));
    /* RFC 9420, 6.3.1: "To avoid this situation, the sender of a message MUST generate a fresh
     * random four-byte "reuse guard" value and XOR it with the first four bytes of the nonce from
     * the key schedule before using the nonce for encryption." */
    TRY(random_fill(seal->random, sender_data->reuse_guard, sizeof sender_data->reuse_guard));
    enum mls_ratchet_type type =
        message->type == MLS_CONTENT_APPLICATION ? MLS_RATCHET_APPLICATION : MLS_RATCHET_HANDSHAKE;
    TRY(mls_secret_tree_take(seal->tree, sender_data->leaf_index, type, &sender_data->generation,
                             &key));
    CLEANUP(secret_clear) struct secret nonce = guarded_nonce(&key, sender_data);
    return aead_seal(seal->suite->aead, secret_span(&key.key), secret_span(&nonce),
                     buffer_span(&aad), buffer_span(&plaintext), ciphertext);
}

static enum status seal_sender(const struct mls_private_seal *seal,
                               const struct mls_private_message *message,
                               const struct mls_sender_data *sender_data,
                               struct buffer *encrypted)
{
    CLEANUP(buffer_clear) struct buffer plaintext = BUFFER_INIT(INPUT_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer aad = BUFFER_INIT(INPUT_BYTES_MAX);
    CLEANUP(mls_message_key_clear) struct mls_message_key key = {0};
    struct writer writer = writer_of(&plaintext);
    /* RFC 9420, 6.3.1: "The sender MUST include the reuse guard in the `reuse_guard` field of the
     * sender data object, so that the recipient of the message can use it to compute the nonce to
     * be used for decryption." */
    mls_sender_data_write(&writer, sender_data);
    TRY(writer_finish(&writer));
    struct writer aad_writer = writer_of(&aad);
    mls_private_message_write_sender_aad(&aad_writer, message);
    TRY(writer_finish(&aad_writer));
    TRY(mls_protection_sender_key(seal->suite, seal->sender_data_secret, message->ciphertext,
                                  &key));
    return aead_seal(seal->suite->aead, secret_span(&key.key), secret_span(&key.nonce),
                     buffer_span(&aad), buffer_span(&plaintext), encrypted);
}

enum status mls_protection_seal_private(const struct mls_private_seal *seal,
                                        const struct mls_authenticated_content *authenticated,
                                        uint32_t *generation,
                                        struct buffer *out)
{
    const struct mls_framed_content *content = &authenticated->content;
    /* RFC 9420, 6.3.2: "When constructing a SenderData object from a Sender object, the sender MUST
     * verify Sender.sender_type is `member` and use Sender.leaf_index for SenderData.leaf_index."
     */
    if (content->sender.type != MLS_SENDER_MEMBER)
        return STATUS_INVALID;
    CLEANUP(buffer_clear) struct buffer ciphertext = BUFFER_INIT(INPUT_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer encrypted = BUFFER_INIT(INPUT_BYTES_MAX);
    struct mls_sender_data sender_data = {.leaf_index = content->sender.index};
    struct mls_message message = {.wire_format = MLS_WIRE_PRIVATE_MESSAGE};
    struct mls_private_message *body = &message.private_message;
    body->group_id = content->group_id;
    body->epoch = content->epoch;
    body->type = content->type;
    body->authenticated_data = content->authenticated_data;
    TRY(seal_content(seal, authenticated, body, &sender_data, &ciphertext));
    body->ciphertext = buffer_span(&ciphertext);
    TRY(seal_sender(seal, body, &sender_data, &encrypted));
    body->encrypted_sender_data = buffer_span(&encrypted);
    struct writer writer = writer_of(out);
    mls_message_write(&writer, &message);
    TRY(writer_finish(&writer));
    *generation = sender_data.generation;
    return STATUS_OK;
}

enum status mls_protection_open_sender(const struct suite *suite,
                                       struct span sender_data_secret,
                                       const struct mls_private_message *message,
                                       struct mls_sender_data *sender_data)
{
    CLEANUP(buffer_clear) struct buffer plaintext = BUFFER_INIT(INPUT_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer aad = BUFFER_INIT(INPUT_BYTES_MAX);
    CLEANUP(mls_message_key_clear) struct mls_message_key key = {0};
    struct writer writer = writer_of(&aad);
    mls_private_message_write_sender_aad(&writer, message);
    TRY(writer_finish(&writer));
    TRY(mls_protection_sender_key(suite, sender_data_secret, message->ciphertext, &key));
    TRY(aead_open(suite->aead, secret_span(&key.key), secret_span(&key.nonce), buffer_span(&aad),
                  message->encrypted_sender_data, &plaintext));
    return mls_sender_data_decode(buffer_span(&plaintext), sender_data);
}

enum status mls_protection_open_private(const struct suite *suite,
                                        const struct mls_message_key *key,
                                        const struct mls_sender_data *sender_data,
                                        const struct mls_private_message *message,
                                        struct arena *arena,
                                        struct buffer *plaintext,
                                        struct mls_authenticated_content *authenticated)
{
    CLEANUP(buffer_clear) struct buffer aad = BUFFER_INIT(INPUT_BYTES_MAX);
    CLEANUP(secret_clear) struct secret nonce = guarded_nonce(key, sender_data);
    size_t start = plaintext->len;
    struct writer writer = writer_of(&aad);
    mls_private_message_write_content_aad(&writer, message);
    TRY(writer_finish(&writer));
    TRY(aead_open(suite->aead, secret_span(&key->key), secret_span(&nonce), buffer_span(&aad),
                  message->ciphertext, plaintext));
    struct mls_authenticated_content opened = {
        .wire_format = MLS_WIRE_PRIVATE_MESSAGE,
        .content = {.group_id = message->group_id,
                    .epoch = message->epoch,
                    .sender = {MLS_SENDER_MEMBER, sender_data->leaf_index},
                    .authenticated_data = message->authenticated_data,
                    .type = message->type}};
    struct span content = buffer_span(plaintext);
    content.ptr += start;
    content.len -= start;
    TRY(mls_private_content_decode(content, message->type, arena, &opened.content, &opened.auth));
    *authenticated = opened;
    return STATUS_OK;
}
