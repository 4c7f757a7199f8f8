/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages: MLSMessage and what is in it, what is signed and what is authenticated.
 *
 * A view lends spans of what it was read from and takes its arrays from the arena.
 * Errors: those of reader.h and of the parts; STATUS_UNSUPPORTED for another version or wire
 * format; STATUS_MALFORMED for an unknown content or sender type, or a sender that may not send
 * this content (6.1).
 * Source: RFC 9420, 6. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_FRAMING_H
#define WEFT_MLS_PUBLIC_FRAMING_H

#include "protocol/mls/public/commit.h"
#include "protocol/mls/public/group_info.h"
#include "protocol/mls/public/welcome.h"

/* The values are those on the wire. */
enum mls_content_type {
    MLS_CONTENT_APPLICATION = 1,
    MLS_CONTENT_PROPOSAL = 2,
    MLS_CONTENT_COMMIT = 3,
};

enum mls_sender_type {
    MLS_SENDER_MEMBER = 1,
    MLS_SENDER_EXTERNAL = 2,
    MLS_SENDER_NEW_MEMBER_PROPOSAL = 3,
    MLS_SENDER_NEW_MEMBER_COMMIT = 4,
};

struct mls_sender {
    enum mls_sender_type type;
    uint32_t index; /* member: leaf_index. external: sender_index. Others: 0. */
};

struct mls_framed_content {
    struct span group_id;
    uint64_t epoch;
    struct mls_sender sender;
    struct span authenticated_data;
    enum mls_content_type type; /* names the member of the union */
    union {
        struct span application_data;
        struct mls_proposal proposal;
        struct mls_commit commit;
    };
    /* As it was read; empty for one that is being made or was changed. A commit has a vector for
     * each member, and is signed, authenticated and hashed from these bytes instead of being
     * encoded each time. */
    struct span bytes;
};

MUST_CHECK enum status mls_framed_content_read(struct reader *reader,
                                               struct arena *arena,
                                               struct mls_framed_content *content);
void mls_framed_content_write(struct writer *writer, const struct mls_framed_content *content);

struct mls_auth_data {
    struct span signature;
    struct span confirmation_tag; /* commit only */
};

struct mls_authenticated_content {
    uint16_t wire_format;
    struct mls_framed_content content;
    struct mls_auth_data auth;
};

MUST_CHECK enum status mls_authenticated_content_read(
    struct reader *reader, struct arena *arena, struct mls_authenticated_content *authenticated);
/* Reads what comes before the body: enough to say whose it is, without a commit's arrays. */
MUST_CHECK enum status mls_authenticated_content_read_head(struct reader *reader,
                                                           struct mls_authenticated_content *head);
void mls_authenticated_content_write(struct writer *writer,
                                     const struct mls_authenticated_content *authenticated);

/* What is signed or authenticated of a content, in parts that follow one another: a content that
 * was read is not copied. Lends from the content and the group context; CLEANUP it. */
#define MLS_COVERED_PARTS 4

struct mls_covered {
    struct span parts[MLS_COVERED_PARTS];
    struct buffer encoded; /* of what was not read */
};
void mls_covered_clear(struct mls_covered *covered);

/* FramedContentTBS. `group_context` is the encoded GroupContext of the content's epoch, which
 * counts only for the senders member and new_member_commit. */
MUST_CHECK enum status mls_framed_content_tbs(uint16_t wire_format,
                                              const struct mls_framed_content *content,
                                              struct span group_context,
                                              struct mls_covered *covered);

/* AuthenticatedContentTBM, what the membership tag covers. */
MUST_CHECK enum status
mls_authenticated_content_tbm(const struct mls_authenticated_content *authenticated,
                              struct span group_context,
                              struct mls_covered *covered);

/* ProposalRef of an AuthenticatedContent that carries a proposal is in ref_hash.h. */

/* Checks that the sender's type may send this content at all (6.1), and that application data is
 * not in a PublicMessage (6). */
MUST_CHECK enum status
mls_authenticated_content_check_form(const struct mls_authenticated_content *authenticated);

/* The signature alone, label "FramedContentTBS", with the key that 6.1 names for the sender. */
MUST_CHECK enum status
mls_authenticated_content_verify(const struct suite *suite,
                                 const struct mls_authenticated_content *authenticated,
                                 struct span group_context,
                                 struct span signature_key);

struct mls_public_message {
    struct mls_framed_content content;
    struct mls_auth_data auth;
    struct span membership_tag; /* sender member only */
};

struct mls_private_message {
    struct span group_id;
    uint64_t epoch;
    enum mls_content_type type;
    struct span authenticated_data;
    struct span encrypted_sender_data;
    struct span ciphertext;
};

/* Writes PrivateContentAAD: group_id, epoch, type and authenticated_data count. */
void mls_private_message_write_content_aad(struct writer *writer,
                                           const struct mls_private_message *message);

/* Writes SenderDataAAD: group_id, epoch and type count. */
void mls_private_message_write_sender_aad(struct writer *writer,
                                          const struct mls_private_message *message);

/* The plaintext of PrivateMessage.ciphertext: content and signature, then padding. Fills the
 * content's member of the union of `content` (group id, epoch, sender and authenticated data are
 * the caller's) and `auth`. STATUS_MALFORMED for padding that is not all zero (6.3.1). */
MUST_CHECK enum status mls_private_content_decode(struct span plaintext,
                                                  enum mls_content_type type,
                                                  struct arena *arena,
                                                  struct mls_framed_content *content,
                                                  struct mls_auth_data *auth);

/* Writes PrivateMessageContent with `padding` zero bytes. */
void mls_private_content_write(struct writer *writer,
                               const struct mls_framed_content *content,
                               const struct mls_auth_data *auth,
                               size_t padding);

struct mls_sender_data {
    uint32_t leaf_index;
    uint32_t generation;
    uint8_t reuse_guard[4];
};

/* Reads a SenderData that fills `plaintext` to the end. */
MUST_CHECK enum status mls_sender_data_decode(struct span plaintext,
                                              struct mls_sender_data *sender_data);
void mls_sender_data_write(struct writer *writer, const struct mls_sender_data *sender_data);

struct mls_message {
    uint16_t wire_format; /* enum mls_wire_format, names the member of the union */
    union {
        struct mls_public_message public_message;
        struct mls_private_message private_message;
        struct mls_welcome welcome;
        struct mls_group_info group_info;
        struct mls_key_package key_package;
    };
};

/* Reads an MLSMessage that fills `bytes` to the end. */
MUST_CHECK enum status
mls_message_decode(struct span bytes, struct arena *arena, struct mls_message *message);
void mls_message_write(struct writer *writer, const struct mls_message *message);

/* The same for a message whose content is read again from `content.bytes`, once it was found
 * authentic: of a commit in a PublicMessage only where it ends is read, so that `commit` is
 * empty. */
MUST_CHECK enum status
mls_message_decode_frame(struct span bytes, struct arena *arena, struct mls_message *message);

/* What a server needs to route a message, read without its content. */
struct mls_message_head {
    uint16_t wire_format; /* public or private message */
    struct span group_id;
    uint64_t epoch;
    enum mls_content_type type;
    struct mls_sender sender;       /* public message only */
    struct span authenticated_data; /* not yet authenticated */
};

/* The head of a PublicMessage or PrivateMessage; STATUS_UNSUPPORTED for the others. */
MUST_CHECK enum status mls_message_peek(struct span bytes, struct mls_message_head *head);

#endif
