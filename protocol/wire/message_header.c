/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/wire/message_header.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/labelled.h"

static const struct field leave_fields[] = {
    FIELD_ID(struct message_leave, channel),
    FIELD_PLAIN(FIELD_U32, struct message_leave, generation),
    FIELD_ID(struct message_leave, device),
    FIELD_SIZED(FIELD_BYTES, struct message_leave, encryption_key, KEM_PUBLIC_SIZE_MAX),
    FIELD_PLAIN(FIELD_TIME, struct message_leave, time),
    FIELD_SIZED(FIELD_BYTES, struct message_leave, signature, SIGNATURE_SIZE_MAX),
};
const struct schema message_leave_schema =
    SCHEMA("message_leave", struct message_leave, leave_fields);

/* What the signature covers: all fields but the last. */
static const struct schema signed_leave_schema = {
    .name = "message_leave",
    .size = sizeof(struct message_leave),
    .fields = leave_fields,
    .field_count = sizeof leave_fields / sizeof *leave_fields - 1,
};

static const struct field header_fields[] = {
    FIELD_PLAIN(FIELD_U8, struct message_header, version),
    FIELD_ID(struct message_header, message),
    FIELD_PLAIN(FIELD_U8, struct message_header, lane),
    FIELD_PLAIN(FIELD_U32, struct message_header, stage_counter),
    FIELD_PLAIN(FIELD_U64, struct message_header, log_size),
    FIELD_ID(struct message_header, log_root),
    FIELD_ITEMS(
        struct message_header, leaves, leave_count, &message_leave_schema, LIMIT_ADDS_PER_COMMIT),
};
const struct schema message_header_schema =
    SCHEMA("message_header", struct message_header, header_fields);

enum status message_leave_sign(const struct message_leave *leave,
                               struct span leaf_private_key,
                               struct buffer *signature)
{
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(LIMIT_FRAME_BYTES);
    TRY(schema_encode(&signed_leave_schema, leave, &content));
    struct signature made;
    TRY(labelled_sign(leaf_private_key, LABEL_LEAVE, buffer_span(&content), &made));
    return buffer_append(signature, signature_span(&made));
}

enum status message_leave_verify(const struct message_leave *leave, struct span leaf_public_key)
{
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(LIMIT_FRAME_BYTES);
    TRY(schema_encode(&signed_leave_schema, leave, &content));
    return labelled_verify(leaf_public_key, LABEL_LEAVE, buffer_span(&content), leave->signature);
}

enum status
message_header_decode(struct span bytes, struct arena *arena, struct message_header *header)
{
    struct message_header decoded;
    TRY(schema_decode(&message_header_schema, bytes, arena, &decoded));
    if (decoded.version != MESSAGE_HEADER_VERSION || decoded.lane < LANE_FLOOR ||
        decoded.lane > LANE_CONTROL)
        return STATUS_UNSUPPORTED;
    *header = decoded;
    return STATUS_OK;
}

enum status message_header_encode(const struct message_header *header, struct buffer *out)
{
    return schema_encode(&message_header_schema, header, out);
}
