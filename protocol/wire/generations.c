/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/wire/generations.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/labelled.h"

static const struct field report_fields[] = {
    FIELD_ID(struct message_report, channel),
    FIELD_PLAIN(FIELD_U32, struct message_report, generation),
    FIELD_PLAIN(FIELD_U64, struct message_report, sequence),
    FIELD_ID(struct message_report, device),
    FIELD_PLAIN(FIELD_U8, struct message_report, reason),
    FIELD_PLAIN(FIELD_TIME, struct message_report, time),
    FIELD_SIZED(FIELD_BYTES, struct message_report, signature, SIGNATURE_SIZE_MAX),
};
const struct schema message_report_schema =
    SCHEMA("message_report", struct message_report, report_fields);

/* What the signature covers: all fields but the last. */
static const struct schema signed_report_schema = {
    .name = "message_report",
    .size = sizeof(struct message_report),
    .fields = report_fields,
    .field_count = sizeof report_fields / sizeof *report_fields - 1,
};

enum status message_report_sign(const struct message_report *report,
                                struct span leaf_private_key,
                                struct buffer *signature)
{
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct signature made;
    TRY(schema_encode(&signed_report_schema, report, &content));
    TRY(labelled_sign(leaf_private_key, LABEL_REPORT, buffer_span(&content), &made));
    return buffer_append(signature, signature_span(&made));
}

enum status message_report_verify(const struct message_report *report, struct span leaf_public_key)
{
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(LIMIT_FRAME_BYTES);
    TRY(schema_encode(&signed_report_schema, report, &content));
    return labelled_verify(leaf_public_key, LABEL_REPORT, buffer_span(&content), report->signature);
}

static const struct field channel_report_request_fields[] = {
    FIELD_NESTED(struct wire_channel_report_request, report, &message_report_schema),
};
const struct schema wire_channel_report_request_schema = SCHEMA(
    "channel_report_request", struct wire_channel_report_request, channel_report_request_fields);

static const struct field channel_report_response_fields[] = {
    FIELD_PLAIN(FIELD_BOOL, struct wire_channel_report_response, frozen),
};
const struct schema wire_channel_report_response_schema = SCHEMA(
    "channel_report_response", struct wire_channel_report_response, channel_report_response_fields);

static const struct field channel_continue_request_fields[] = {
    FIELD_ID(struct wire_channel_continue_request, channel),
    FIELD_PLAIN(FIELD_U32, struct wire_channel_continue_request, generation),
    FIELD_ITEMS(struct wire_channel_continue_request,
                people,
                person_count,
                &wire_id_item_schema,
                LIMIT_GROUP_MEMBERS),
    FIELD_SIZED(FIELD_BYTES, struct wire_channel_continue_request, group_info, LIMIT_OBJECT_BYTES),
    FIELD_SIZED(
        FIELD_BYTES, struct wire_channel_continue_request, ratchet_tree, LIMIT_OBJECT_BYTES),
};
const struct schema wire_channel_continue_request_schema =
    SCHEMA("channel_continue_request",
           struct wire_channel_continue_request,
           channel_continue_request_fields);
const struct schema wire_channel_continue_response_schema = WIRE_EMPTY("channel_continue_response");

static const struct field channel_generation_request_fields[] = {
    FIELD_ID(struct wire_channel_generation_request, channel),
};
const struct schema wire_channel_generation_request_schema =
    SCHEMA("channel_generation_request",
           struct wire_channel_generation_request,
           channel_generation_request_fields);

static const struct field channel_generation_response_fields[] = {
    FIELD_PLAIN(FIELD_U32, struct wire_channel_generation_response, generation),
    FIELD_PLAIN(FIELD_BOOL, struct wire_channel_generation_response, frozen),
    FIELD_PLAIN(FIELD_BOOL, struct wire_channel_generation_response, member),
    FIELD_PLAIN(FIELD_BOOL, struct wire_channel_generation_response, awaited),
    FIELD_ITEMS(struct wire_channel_generation_response,
                reports,
                report_count,
                &message_report_schema,
                LIMIT_LIST_ITEMS),
    FIELD_ID(struct wire_channel_generation_response, begun_by),
    FIELD_ITEMS(struct wire_channel_generation_response,
                awaited_people,
                awaited_person_count,
                &wire_id_item_schema,
                LIMIT_LIST_ITEMS),
};
const struct schema wire_channel_generation_response_schema =
    SCHEMA("channel_generation_response",
           struct wire_channel_generation_response,
           channel_generation_response_fields);

static const struct field log_restores_request_fields[] = {
    FIELD_PLAIN(FIELD_U32, struct wire_log_restores_request, after),
};
const struct schema wire_log_restores_request_schema =
    SCHEMA("log_restores_request", struct wire_log_restores_request, log_restores_request_fields);

static const struct field log_restore_fields[] = {
    FIELD_SIZED(FIELD_BYTES, struct wire_log_restore, bytes, LIMIT_DIRECTORY_ENTRY_BYTES),
};
static const struct schema log_restore_schema =
    SCHEMA("log_restore", struct wire_log_restore, log_restore_fields);

static const struct field log_restores_response_fields[] = {
    FIELD_ITEMS(struct wire_log_restores_response,
                restores,
                restore_count,
                &log_restore_schema,
                LIMIT_LIST_ITEMS),
};
const struct schema wire_log_restores_response_schema = SCHEMA(
    "log_restores_response", struct wire_log_restores_response, log_restores_response_fields);
