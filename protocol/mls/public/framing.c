/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/framing.h"

#include "protocol/base/limits.h"
#include "protocol/mls/public/label.h"

static enum status read_sender(struct reader *reader, struct mls_sender *sender)
{
    uint8_t type;
    TRY(reader_u8(reader, &type));
    switch (type) {
    case MLS_SENDER_MEMBER:
    case MLS_SENDER_EXTERNAL:
        sender->type = type;
        return reader_u32(reader, &sender->index);
    case MLS_SENDER_NEW_MEMBER_PROPOSAL:
    case MLS_SENDER_NEW_MEMBER_COMMIT:
        sender->type = type;
        sender->index = 0;
        return STATUS_OK;
    default:
        return STATUS_MALFORMED;
    }
}

static void write_sender(struct writer *writer, const struct mls_sender *sender)
{
    writer_u8(writer, (uint8_t)sender->type);
    if (sender->type == MLS_SENDER_MEMBER || sender->type == MLS_SENDER_EXTERNAL)
        writer_u32(writer, sender->index);
}

static enum status read_content_type(struct reader *reader, enum mls_content_type *type)
{
    uint8_t value;
    TRY(reader_u8(reader, &value));
    if (value < MLS_CONTENT_APPLICATION || value > MLS_CONTENT_COMMIT)
        return STATUS_MALFORMED;
    *type = value;
    return STATUS_OK;
}

/* The part that `content->type` selects, as it is in FramedContent and PrivateMessageContent. */
static enum status
read_body(struct reader *reader, struct arena *arena, struct mls_framed_content *content)
{
    switch (content->type) {
    case MLS_CONTENT_APPLICATION:
        return reader_vector(reader, SIZE_MAX, &content->application_data);
    case MLS_CONTENT_PROPOSAL:
        return mls_proposal_read(reader, arena, &content->proposal);
    case MLS_CONTENT_COMMIT:
        return mls_commit_read(reader, arena, &content->commit);
    }
    return STATUS_MALFORMED;
}

static void write_body(struct writer *writer, const struct mls_framed_content *content)
{
    switch (content->type) {
    case MLS_CONTENT_APPLICATION:
        writer_vector(writer, content->application_data);
        return;
    case MLS_CONTENT_PROPOSAL:
        mls_proposal_write(writer, &content->proposal);
        return;
    case MLS_CONTENT_COMMIT:
        mls_commit_write(writer, &content->commit);
        return;
    }
}

static enum status read_content_head(struct reader *reader, struct mls_framed_content *content)
{
    TRY(reader_vector(reader, SIZE_MAX, &content->group_id));
    TRY(reader_u64(reader, &content->epoch));
    TRY(read_sender(reader, &content->sender));
    TRY(reader_vector(reader, SIZE_MAX, &content->authenticated_data));
    return read_content_type(reader, &content->type);
}

/* With `frame_only` a commit is passed over. */
static enum status read_content(struct reader *reader,
                                struct arena *arena,
                                bool frame_only,
                                struct mls_framed_content *content)
{
    struct reader next = *reader;
    struct mls_framed_content read = {0};
    TRY(read_content_head(&next, &read));
    if (frame_only && read.type == MLS_CONTENT_COMMIT)
        TRY(mls_commit_skip(&next));
    else
        TRY(read_body(&next, arena, &read));
    read.bytes = reader_since(&next, reader);
    *reader = next;
    *content = read;
    return STATUS_OK;
}

enum status mls_framed_content_read(struct reader *reader,
                                    struct arena *arena,
                                    struct mls_framed_content *content)
{
    return read_content(reader, arena, false, content);
}

void mls_framed_content_write(struct writer *writer, const struct mls_framed_content *content)
{
    writer_vector(writer, content->group_id);
    writer_u64(writer, content->epoch);
    write_sender(writer, &content->sender);
    writer_vector(writer, content->authenticated_data);
    writer_u8(writer, (uint8_t)content->type);
    write_body(writer, content);
}

static enum status
read_auth_data(struct reader *reader, enum mls_content_type type, struct mls_auth_data *auth)
{
    struct reader next = *reader;
    struct mls_auth_data read = {0};
    TRY(reader_vector(&next, SIZE_MAX, &read.signature));
    if (type == MLS_CONTENT_COMMIT)
        TRY(reader_vector(&next, SIZE_MAX, &read.confirmation_tag));
    *reader = next;
    *auth = read;
    return STATUS_OK;
}

static void
write_auth_data(struct writer *writer, enum mls_content_type type, const struct mls_auth_data *auth)
{
    writer_vector(writer, auth->signature);
    if (type == MLS_CONTENT_COMMIT)
        writer_vector(writer, auth->confirmation_tag);
}

enum status mls_authenticated_content_read(struct reader *reader,
                                           struct arena *arena,
                                           struct mls_authenticated_content *authenticated)
{
    struct reader next = *reader;
    struct mls_authenticated_content read = {0};
    TRY(reader_u16(&next, &read.wire_format));
    TRY(mls_framed_content_read(&next, arena, &read.content));
    TRY(read_auth_data(&next, read.content.type, &read.auth));
    *reader = next;
    *authenticated = read;
    return STATUS_OK;
}

enum status mls_authenticated_content_read_head(struct reader *reader,
                                                struct mls_authenticated_content *head)
{
    struct reader next = *reader;
    struct mls_authenticated_content read = {0};
    TRY(reader_u16(&next, &read.wire_format));
    TRY(read_content_head(&next, &read.content));
    *reader = next;
    *head = read;
    return STATUS_OK;
}

void mls_authenticated_content_write(struct writer *writer,
                                     const struct mls_authenticated_content *authenticated)
{
    writer_u16(writer, authenticated->wire_format);
    if (authenticated->content.bytes.len != 0)
        writer_bytes(writer, authenticated->content.bytes);
    else
        mls_framed_content_write(writer, &authenticated->content);
    write_auth_data(writer, authenticated->content.type, &authenticated->auth);
}

void mls_covered_clear(struct mls_covered *covered)
{
    buffer_clear(&covered->encoded);
}

/* `auth` is NULL for what is signed. */
static enum status cover(uint16_t wire_format,
                         const struct mls_framed_content *content,
                         struct span group_context,
                         const struct mls_auth_data *auth,
                         struct mls_covered *covered)
{
    struct buffer *encoded = &covered->encoded;
    buffer_init(encoded, LIMIT_OBJECT_BYTES);
    struct writer writer = writer_of(encoded);
    writer_u16(&writer, MLS_VERSION_10);
    writer_u16(&writer, wire_format);
    if (content->bytes.len == 0)
        mls_framed_content_write(&writer, content);
    size_t head_size = encoded->len;
    if (auth != NULL)
        write_auth_data(&writer, content->type, auth);
    TRY(writer_finish(&writer));
    bool has_context = content->sender.type == MLS_SENDER_MEMBER ||
                       content->sender.type == MLS_SENDER_NEW_MEMBER_COMMIT;
    covered->parts[0] = span_of(encoded->ptr, head_size);
    covered->parts[1] = content->bytes;
    covered->parts[2] = has_context ? group_context : SPAN_EMPTY;
    covered->parts[3] = span_of(encoded->ptr + head_size, encoded->len - head_size);
    return STATUS_OK;
}

enum status mls_framed_content_tbs(uint16_t wire_format,
                                   const struct mls_framed_content *content,
                                   struct span group_context,
                                   struct mls_covered *covered)
{
    return cover(wire_format, content, group_context, NULL, covered);
}

enum status mls_authenticated_content_tbm(const struct mls_authenticated_content *authenticated,
                                          struct span group_context,
                                          struct mls_covered *covered)
{
    return cover(authenticated->wire_format, &authenticated->content, group_context,
                 &authenticated->auth, covered);
}

/* Whether a sender of this type may send this content at all (6.1). */
static bool sender_may_send(const struct mls_framed_content *content)
{
    switch (content->sender.type) {
    case MLS_SENDER_MEMBER:
        return true;
    case MLS_SENDER_EXTERNAL:
        /* RFC 9420, 6.1: "The `content_type` of the message MUST be `proposal` and the
         * `proposal_type` MUST be a value that is allowed for external senders." */
        return content->type == MLS_CONTENT_PROPOSAL &&
               mls_proposal_type_is_external(content->proposal.type);
    case MLS_SENDER_NEW_MEMBER_COMMIT:
        /* RFC 9420, 6.1: "The `content_type` of the message MUST be `commit`." */
        return content->type == MLS_CONTENT_COMMIT;
    case MLS_SENDER_NEW_MEMBER_PROPOSAL:
        /* RFC 9420, 6.1: "The `content_type` of the message MUST be `proposal` and the
         * `proposal_type` of the Proposal MUST be `add`." */
        return content->type == MLS_CONTENT_PROPOSAL && content->proposal.type == MLS_PROPOSAL_ADD;
    }
    return false;
}

enum status
mls_authenticated_content_check_form(const struct mls_authenticated_content *authenticated)
{
    const struct mls_framed_content *content = &authenticated->content;
    /* RFC 9420, 12.1.8: "Messages from `external` senders containing proposal types other than the
     * above MUST be rejected as malformed." */
    if (!sender_may_send(content))
        return STATUS_MALFORMED;
    switch (authenticated->wire_format) {
    case MLS_WIRE_PUBLIC_MESSAGE:
        /* RFC 9420, 6: "Applications MUST use PrivateMessage to encrypt application messages and
         * SHOULD use PrivateMessage to encode handshake messages, but they MAY transmit handshake
         * messages encoded as PublicMessage objects in cases where it is necessary for the Delivery
         * Service to examine such messages." */
        return content->type == MLS_CONTENT_APPLICATION ? STATUS_MALFORMED : STATUS_OK;
    case MLS_WIRE_PRIVATE_MESSAGE:
        /* RFC 9420, 12.1.8: "An external proposal MUST be sent as a PublicMessage object, since the
         * sender will not have the keys necessary to construct a PrivateMessage object." */
        return content->sender.type == MLS_SENDER_MEMBER ? STATUS_OK : STATUS_MALFORMED;
    default:
        return STATUS_UNSUPPORTED;
    }
}

enum status mls_authenticated_content_verify(const struct suite *suite,
                                             const struct mls_authenticated_content *authenticated,
                                             struct span group_context,
                                             struct span signature_key)
{
    CLEANUP(mls_covered_clear) struct mls_covered tbs = {0};
    TRY(mls_framed_content_tbs(authenticated->wire_format, &authenticated->content, group_context,
                               &tbs));
    return mls_verify_with_label_parts(suite, signature_key, "FramedContentTBS", tbs.parts,
                                       MLS_COVERED_PARTS, authenticated->auth.signature);
}

static enum status read_public_message(struct reader *reader,
                                       struct arena *arena,
                                       bool frame_only,
                                       struct mls_public_message *message)
{
    struct reader next = *reader;
    struct mls_public_message read = {0};
    TRY(read_content(&next, arena, frame_only, &read.content));
    TRY(read_auth_data(&next, read.content.type, &read.auth));
    if (read.content.sender.type == MLS_SENDER_MEMBER)
        TRY(reader_vector(&next, SIZE_MAX, &read.membership_tag));
    *reader = next;
    *message = read;
    return STATUS_OK;
}

static void write_public_message(struct writer *writer, const struct mls_public_message *message)
{
    mls_framed_content_write(writer, &message->content);
    write_auth_data(writer, message->content.type, &message->auth);
    if (message->content.sender.type == MLS_SENDER_MEMBER)
        writer_vector(writer, message->membership_tag);
}

static enum status read_private_head(struct reader *reader, struct mls_private_message *message)
{
    TRY(reader_vector(reader, SIZE_MAX, &message->group_id));
    TRY(reader_u64(reader, &message->epoch));
    TRY(read_content_type(reader, &message->type));
    return reader_vector(reader, SIZE_MAX, &message->authenticated_data);
}

static enum status read_private_message(struct reader *reader, struct mls_private_message *message)
{
    struct reader next = *reader;
    struct mls_private_message read = {0};
    TRY(read_private_head(&next, &read));
    TRY(reader_vector(&next, SIZE_MAX, &read.encrypted_sender_data));
    TRY(reader_vector(&next, SIZE_MAX, &read.ciphertext));
    *reader = next;
    *message = read;
    return STATUS_OK;
}

void mls_private_message_write_sender_aad(struct writer *writer,
                                          const struct mls_private_message *message)
{
    writer_vector(writer, message->group_id);
    writer_u64(writer, message->epoch);
    writer_u8(writer, (uint8_t)message->type);
}

void mls_private_message_write_content_aad(struct writer *writer,
                                           const struct mls_private_message *message)
{
    mls_private_message_write_sender_aad(writer, message);
    writer_vector(writer, message->authenticated_data);
}

static void write_private_message(struct writer *writer, const struct mls_private_message *message)
{
    mls_private_message_write_content_aad(writer, message);
    writer_vector(writer, message->encrypted_sender_data);
    writer_vector(writer, message->ciphertext);
}

enum status mls_private_content_decode(struct span plaintext,
                                       enum mls_content_type type,
                                       struct arena *arena,
                                       struct mls_framed_content *content,
                                       struct mls_auth_data *auth)
{
    struct reader reader = reader_of(plaintext);
    struct mls_framed_content read = *content;
    struct mls_auth_data read_auth;
    read.type = type;
    TRY(read_body(&reader, arena, &read));
    TRY(read_auth_data(&reader, type, &read_auth));
    /* RFC 9420, 6.3.1: "A receiver MUST verify that there are no non-zero bytes in the `padding`
     * field, and if this check fails, the enclosing PrivateMessage MUST be rejected as
     * malformed." */
    uint8_t any = 0;
    for (const uint8_t *at = reader.ptr; at != reader.end; at++)
        any |= *at;
    if (any != 0)
        return STATUS_MALFORMED;
    *content = read;
    *auth = read_auth;
    return STATUS_OK;
}

void mls_private_content_write(struct writer *writer,
                               const struct mls_framed_content *content,
                               const struct mls_auth_data *auth,
                               size_t padding)
{
    static const uint8_t zeros[256];
    write_body(writer, content);
    write_auth_data(writer, content->type, auth);
    /* RFC 9420, 6.3.1: "The `padding` field MUST be filled with all zero bytes." */
    for (; padding > sizeof zeros; padding -= sizeof zeros)
        writer_bytes(writer, SPAN_OF(zeros));
    writer_bytes(writer, span_of(zeros, padding));
}

enum status mls_sender_data_decode(struct span plaintext, struct mls_sender_data *sender_data)
{
    struct reader reader = reader_of(plaintext);
    struct mls_sender_data read;
    TRY(reader_u32(&reader, &read.leaf_index));
    TRY(reader_u32(&reader, &read.generation));
    TRY(reader_copy(&reader, read.reuse_guard, sizeof read.reuse_guard));
    TRY(reader_finish(&reader));
    *sender_data = read;
    return STATUS_OK;
}

void mls_sender_data_write(struct writer *writer, const struct mls_sender_data *sender_data)
{
    writer_u32(writer, sender_data->leaf_index);
    writer_u32(writer, sender_data->generation);
    writer_bytes(writer, SPAN_OF(sender_data->reuse_guard));
}

static enum status read_message_body(struct reader *reader,
                                     struct arena *arena,
                                     bool frame_only,
                                     struct mls_message *message)
{
    switch (message->wire_format) {
    case MLS_WIRE_PUBLIC_MESSAGE:
        return read_public_message(reader, arena, frame_only, &message->public_message);
    case MLS_WIRE_PRIVATE_MESSAGE:
        return read_private_message(reader, &message->private_message);
    case MLS_WIRE_WELCOME:
        return mls_welcome_read(reader, arena, &message->welcome);
    case MLS_WIRE_GROUP_INFO:
        return mls_group_info_read(reader, &message->group_info);
    case MLS_WIRE_KEY_PACKAGE:
        return mls_key_package_read(reader, &message->key_package);
    default: /* a wire value */
        return STATUS_UNSUPPORTED;
    }
}

static enum status read_message_head(struct reader *reader, uint16_t *wire_format)
{
    uint16_t version;
    TRY(reader_u16(reader, &version));
    if (version != MLS_VERSION_10)
        return STATUS_UNSUPPORTED;
    return reader_u16(reader, wire_format);
}

static enum status
decode(struct span bytes, struct arena *arena, bool frame_only, struct mls_message *message)
{
    struct reader reader = reader_of(bytes);
    struct mls_message read = {0};
    TRY(read_message_head(&reader, &read.wire_format));
    TRY(read_message_body(&reader, arena, frame_only, &read));
    TRY(reader_finish(&reader));
    *message = read;
    return STATUS_OK;
}

enum status mls_message_decode(struct span bytes, struct arena *arena, struct mls_message *message)
{
    return decode(bytes, arena, false, message);
}

enum status
mls_message_decode_frame(struct span bytes, struct arena *arena, struct mls_message *message)
{
    return decode(bytes, arena, true, message);
}

void mls_message_write(struct writer *writer, const struct mls_message *message)
{
    writer_u16(writer, MLS_VERSION_10);
    writer_u16(writer, message->wire_format);
    switch (message->wire_format) {
    case MLS_WIRE_PUBLIC_MESSAGE:
        write_public_message(writer, &message->public_message);
        return;
    case MLS_WIRE_PRIVATE_MESSAGE:
        write_private_message(writer, &message->private_message);
        return;
    case MLS_WIRE_WELCOME:
        mls_welcome_write(writer, &message->welcome);
        return;
    case MLS_WIRE_GROUP_INFO:
        mls_group_info_write(writer, &message->group_info);
        return;
    case MLS_WIRE_KEY_PACKAGE:
        mls_key_package_write(writer, &message->key_package);
        return;
    default:
        writer_fail(writer, STATUS_UNSUPPORTED);
        return;
    }
}

enum status mls_message_peek(struct span bytes, struct mls_message_head *head)
{
    struct reader reader = reader_of(bytes);
    struct mls_message_head read = {0};
    struct mls_framed_content content = {0};
    struct mls_private_message message = {0};
    TRY(read_message_head(&reader, &read.wire_format));
    switch (read.wire_format) {
    case MLS_WIRE_PUBLIC_MESSAGE:
        TRY(read_content_head(&reader, &content));
        *head = (struct mls_message_head){read.wire_format, content.group_id,
                                          content.epoch,    content.type,
                                          content.sender,   content.authenticated_data};
        return STATUS_OK;
    case MLS_WIRE_PRIVATE_MESSAGE:
        TRY(read_private_head(&reader, &message));
        *head = (struct mls_message_head){.wire_format = read.wire_format,
                                          .group_id = message.group_id,
                                          .epoch = message.epoch,
                                          .type = message.type,
                                          .authenticated_data = message.authenticated_data};
        return STATUS_OK;
    default:
        return STATUS_UNSUPPORTED;
    }
}
