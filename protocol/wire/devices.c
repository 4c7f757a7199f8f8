/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/wire/devices.h"

#include "protocol/base/limits.h"

static const struct field pairing_open_request_fields[] = {
    FIELD_ID(struct wire_pairing_open_request, pairing),
    FIELD_ID(struct wire_pairing_open_request, person),
};
const struct schema wire_pairing_open_request_schema =
    SCHEMA("pairing_open_request", struct wire_pairing_open_request, pairing_open_request_fields);

static const struct field pairing_open_response_fields[] = {
    FIELD_PLAIN(FIELD_TIME, struct wire_pairing_open_response, expires),
};
const struct schema wire_pairing_open_response_schema = SCHEMA(
    "pairing_open_response", struct wire_pairing_open_response, pairing_open_response_fields);

static const struct field pairing_step_request_fields[] = {
    FIELD_ID(struct wire_pairing_step_request, pairing),
    FIELD_ID(struct wire_pairing_step_request, commitment),
    FIELD_ID(struct wire_pairing_step_request, nonce),
    FIELD_SIZED(FIELD_BYTES, struct wire_pairing_step_request, entry, LIMIT_DIRECTORY_ENTRY_BYTES),
};
const struct schema wire_pairing_step_request_schema =
    SCHEMA("pairing_step_request", struct wire_pairing_step_request, pairing_step_request_fields);

static const struct field pairing_step_response_fields[] = {
    FIELD_PLAIN(FIELD_U8, struct wire_pairing_step_response, state),
    FIELD_SIZED(
        FIELD_BYTES, struct wire_pairing_step_response, approver, LIMIT_DIRECTORY_ENTRY_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct wire_pairing_step_response, community, LIMIT_NAME_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct wire_pairing_step_response, person_name, LIMIT_NAME_BYTES),
};
const struct schema wire_pairing_step_response_schema = SCHEMA(
    "pairing_step_response", struct wire_pairing_step_response, pairing_step_response_fields);

static const struct field pairing_show_request_fields[] = {
    FIELD_ID(struct wire_pairing_show_request, pairing),
};
const struct schema wire_pairing_show_request_schema =
    SCHEMA("pairing_show_request", struct wire_pairing_show_request, pairing_show_request_fields);

static const struct field pairing_show_response_fields[] = {
    FIELD_PLAIN(FIELD_U8, struct wire_pairing_show_response, state),
    FIELD_ID(struct wire_pairing_show_response, commitment),
    FIELD_ID(struct wire_pairing_show_response, nonce),
    FIELD_SIZED(FIELD_BYTES, struct wire_pairing_show_response, entry, LIMIT_DIRECTORY_ENTRY_BYTES),
};
const struct schema wire_pairing_show_response_schema = SCHEMA(
    "pairing_show_response", struct wire_pairing_show_response, pairing_show_response_fields);

static const struct field pairing_answer_request_fields[] = {
    FIELD_ID(struct wire_pairing_answer_request, pairing),
    FIELD_SIZED(
        FIELD_BYTES, struct wire_pairing_answer_request, approver, LIMIT_DIRECTORY_ENTRY_BYTES),
};
const struct schema wire_pairing_answer_request_schema = SCHEMA(
    "pairing_answer_request", struct wire_pairing_answer_request, pairing_answer_request_fields);
const struct schema wire_pairing_answer_response_schema = WIRE_EMPTY("pairing_answer_response");

static const struct field pairing_finish_request_fields[] = {
    FIELD_ID(struct wire_pairing_finish_request, pairing),
    FIELD_SIZED(
        FIELD_BYTES, struct wire_pairing_finish_request, entry, LIMIT_DIRECTORY_ENTRY_BYTES),
};
const struct schema wire_pairing_finish_request_schema = SCHEMA(
    "pairing_finish_request", struct wire_pairing_finish_request, pairing_finish_request_fields);

static const struct field pairing_finish_response_fields[] = {
    FIELD_PLAIN(FIELD_U64, struct wire_pairing_finish_response, log_size),
};
const struct schema wire_pairing_finish_response_schema = SCHEMA(
    "pairing_finish_response", struct wire_pairing_finish_response, pairing_finish_response_fields);

static const struct field device_list_request_fields[] = {
    FIELD_ID(struct wire_device_list_request, person),
};
const struct schema wire_device_list_request_schema =
    SCHEMA("device_list_request", struct wire_device_list_request, device_list_request_fields);

static const struct field device_fields[] = {
    FIELD_ID(struct wire_device, device),
    FIELD_PLAIN(FIELD_U8, struct wire_device, state),
    FIELD_PLAIN(FIELD_TIME, struct wire_device, added),
    FIELD_PLAIN(FIELD_TIME, struct wire_device, seen),
    FIELD_PLAIN(FIELD_TIME, struct wire_device, revoked),
    FIELD_PLAIN(FIELD_U32, struct wire_device, channels),
};
static const struct schema device_schema = SCHEMA("device", struct wire_device, device_fields);

static const struct field device_list_response_fields[] = {
    FIELD_ITEMS(
        struct wire_device_list_response, devices, device_count, &device_schema, LIMIT_LIST_ITEMS),
    FIELD_PLAIN(FIELD_U32, struct wire_device_list_response, channels),
};
const struct schema wire_device_list_response_schema =
    SCHEMA("device_list_response", struct wire_device_list_response, device_list_response_fields);

static const struct field device_revoke_request_fields[] = {
    FIELD_SIZED(FIELD_BYTES, struct wire_device_revoke_request, entry, LIMIT_DIRECTORY_ENTRY_BYTES),
};
const struct schema wire_device_revoke_request_schema = SCHEMA(
    "device_revoke_request", struct wire_device_revoke_request, device_revoke_request_fields);

static const struct field device_revoke_response_fields[] = {
    FIELD_PLAIN(FIELD_U64, struct wire_device_revoke_response, log_size),
    FIELD_PLAIN(FIELD_U32, struct wire_device_revoke_response, channels),
};
const struct schema wire_device_revoke_response_schema = SCHEMA(
    "device_revoke_response", struct wire_device_revoke_response, device_revoke_response_fields);

static const struct field read_item_fields[] = {
    FIELD_ID(struct wire_read_item, channel),
    FIELD_NESTED(struct wire_read_item, position, &wire_cursor_schema),
};
static const struct schema read_item_schema =
    SCHEMA("read_item", struct wire_read_item, read_item_fields);

static const struct field read_positions_response_fields[] = {
    FIELD_ITEMS(struct wire_read_positions_response,
                items,
                item_count,
                &read_item_schema,
                LIMIT_LIST_ITEMS),
};
const struct schema wire_read_positions_request_schema = WIRE_EMPTY("read_positions_request");
const struct schema wire_read_positions_response_schema = SCHEMA(
    "read_positions_response", struct wire_read_positions_response, read_positions_response_fields);
