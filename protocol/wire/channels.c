/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/wire/channels.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/signature.h"

static const struct field cursor_fields[] = {
    FIELD_PLAIN(FIELD_U32, struct wire_cursor, generation),
    FIELD_PLAIN(FIELD_U64, struct wire_cursor, sequence),
};
const struct schema wire_cursor_schema = SCHEMA("cursor", struct wire_cursor, cursor_fields);

static const struct field entry_fields[] = {
    FIELD_ID(struct wire_entry, channel),
    FIELD_PLAIN(FIELD_U32, struct wire_entry, generation),
    FIELD_PLAIN(FIELD_U64, struct wire_entry, sequence),
    FIELD_PLAIN(FIELD_U64, struct wire_entry, epoch),
    FIELD_PLAIN(FIELD_TIME, struct wire_entry, time),
    FIELD_PLAIN(FIELD_U8, struct wire_entry, kind),
    FIELD_ID(struct wire_entry, device),
    FIELD_ID(struct wire_entry, message),
    FIELD_SIZED(FIELD_BYTES, struct wire_entry, bytes, LIMIT_OBJECT_BYTES),
    FIELD_PLAIN(FIELD_U32, struct wire_entry, size),
    FIELD_ID(struct wire_entry, sha256),
};
const struct schema wire_entry_schema = SCHEMA("entry", struct wire_entry, entry_fields);

static const struct field channel_create_request_fields[] = {
    FIELD_ID(struct wire_channel_create_request, channel),
    FIELD_SIZED(FIELD_TEXT, struct wire_channel_create_request, title, LIMIT_TITLE_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct wire_channel_create_request, brief, LIMIT_BRIEF_BYTES),
    FIELD_SIZED(FIELD_BYTES, struct wire_channel_create_request, group_info, LIMIT_OBJECT_BYTES),
    FIELD_SIZED(FIELD_BYTES, struct wire_channel_create_request, ratchet_tree, LIMIT_OBJECT_BYTES),
};
const struct schema wire_channel_create_request_schema = SCHEMA(
    "channel_create_request", struct wire_channel_create_request, channel_create_request_fields);

static const struct field channel_fields[] = {
    FIELD_ID(struct wire_channel, channel),
    FIELD_PLAIN(FIELD_U8, struct wire_channel, visibility),
    FIELD_PLAIN(FIELD_U8, struct wire_channel, history),
    FIELD_SIZED(FIELD_TEXT, struct wire_channel, title, LIMIT_TITLE_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct wire_channel, brief, LIMIT_BRIEF_BYTES),
    FIELD_PLAIN(FIELD_U32, struct wire_channel, generation),
    FIELD_PLAIN(FIELD_U64, struct wire_channel, epoch),
    FIELD_PLAIN(FIELD_U64, struct wire_channel, last_sequence),
    FIELD_PLAIN(FIELD_U32, struct wire_channel, member_count),
    FIELD_PLAIN(FIELD_BOOL, struct wire_channel, member),
    FIELD_PLAIN(FIELD_BOOL, struct wire_channel, knocked),
    FIELD_PLAIN(FIELD_BOOL, struct wire_channel, session),
    FIELD_PLAIN(FIELD_TIME, struct wire_channel, created),
    FIELD_PLAIN(FIELD_U16, struct wire_channel, keep_days),
};
static const struct schema wire_channel_schema =
    SCHEMA("channel", struct wire_channel, channel_fields);

static const struct field channel_list_request_fields[] = {
    FIELD_ID(struct wire_channel_list_request, after),
    FIELD_PLAIN(FIELD_BOOL, struct wire_channel_list_request, mine),
};
const struct schema wire_channel_list_request_schema =
    SCHEMA("channel_list_request", struct wire_channel_list_request, channel_list_request_fields);

static const struct field channel_list_response_fields[] = {
    FIELD_ITEMS(struct wire_channel_list_response,
                channels,
                channel_count,
                &wire_channel_schema,
                LIMIT_LIST_ITEMS),
    FIELD_PLAIN(FIELD_BOOL, struct wire_channel_list_response, more),
};
const struct schema wire_channel_list_response_schema = SCHEMA(
    "channel_list_response", struct wire_channel_list_response, channel_list_response_fields);

static const struct field channel_show_request_fields[] = {
    FIELD_ID(struct wire_channel_show_request, channel),
};
const struct schema wire_channel_show_request_schema =
    SCHEMA("channel_show_request", struct wire_channel_show_request, channel_show_request_fields);

static const struct field member_fields[] = {
    FIELD_ID(struct wire_member, person),
    FIELD_ID(struct wire_member, device),
    FIELD_PLAIN(FIELD_U32, struct wire_member, leaf),
    FIELD_PLAIN(FIELD_TIME, struct wire_member, since),
};
static const struct schema wire_member_schema = SCHEMA("member", struct wire_member, member_fields);

static const struct field channel_show_response_fields[] = {
    FIELD_NESTED(struct wire_channel_show_response, info, &wire_channel_schema),
    FIELD_ITEMS(struct wire_channel_show_response,
                members,
                member_count,
                &wire_member_schema,
                LIMIT_LIST_ITEMS),
};
const struct schema wire_channel_show_response_schema = SCHEMA(
    "channel_show_response", struct wire_channel_show_response, channel_show_response_fields);

static const struct field channel_group_request_fields[] = {
    FIELD_ID(struct wire_channel_group_request, channel),
    FIELD_SIZED(FIELD_BYTES, struct wire_channel_group_request, tree_hash, HASH_SIZE_MAX),
};
const struct schema wire_channel_group_request_schema = SCHEMA(
    "channel_group_request", struct wire_channel_group_request, channel_group_request_fields);

static const struct field channel_group_response_fields[] = {
    FIELD_PLAIN(FIELD_U32, struct wire_channel_group_response, generation),
    FIELD_PLAIN(FIELD_U64, struct wire_channel_group_response, epoch),
    FIELD_PLAIN(FIELD_U64, struct wire_channel_group_response, sequence),
    FIELD_SIZED(FIELD_BYTES, struct wire_channel_group_response, group_info, LIMIT_OBJECT_BYTES),
    FIELD_SIZED(FIELD_BYTES, struct wire_channel_group_response, ratchet_tree, LIMIT_OBJECT_BYTES),
};
const struct schema wire_channel_group_response_schema = SCHEMA(
    "channel_group_response", struct wire_channel_group_response, channel_group_response_fields);

static const struct field channel_commit_request_fields[] = {
    FIELD_ID(struct wire_channel_commit_request, channel),
    FIELD_PLAIN(FIELD_U32, struct wire_channel_commit_request, generation),
    FIELD_PLAIN(FIELD_U64, struct wire_channel_commit_request, epoch),
    FIELD_SIZED(FIELD_BYTES, struct wire_channel_commit_request, commit, LIMIT_OBJECT_BYTES),
    FIELD_SIZED(FIELD_BYTES, struct wire_channel_commit_request, welcome, LIMIT_OBJECT_BYTES),
    FIELD_SIZED(FIELD_BYTES, struct wire_channel_commit_request, group_info, LIMIT_OBJECT_BYTES),
    FIELD_ID(struct wire_channel_commit_request, work),
};
const struct schema wire_channel_commit_request_schema = SCHEMA(
    "channel_commit_request", struct wire_channel_commit_request, channel_commit_request_fields);

static const struct field channel_commit_response_fields[] = {
    FIELD_PLAIN(FIELD_U64, struct wire_channel_commit_response, sequence),
    FIELD_PLAIN(FIELD_TIME, struct wire_channel_commit_response, time),
};
const struct schema wire_channel_commit_response_schema = SCHEMA(
    "channel_commit_response", struct wire_channel_commit_response, channel_commit_response_fields);

static const struct field channel_send_request_fields[] = {
    FIELD_ID(struct wire_channel_send_request, channel),
    FIELD_PLAIN(FIELD_U32, struct wire_channel_send_request, generation),
    FIELD_SIZED(FIELD_BYTES, struct wire_channel_send_request, message, LIMIT_ENTRY_BYTES),
};
const struct schema wire_channel_send_request_schema =
    SCHEMA("channel_send_request", struct wire_channel_send_request, channel_send_request_fields);

static const struct field channel_send_response_fields[] = {
    FIELD_PLAIN(FIELD_U64, struct wire_channel_send_response, sequence),
    FIELD_PLAIN(FIELD_TIME, struct wire_channel_send_response, time),
    FIELD_PLAIN(FIELD_BOOL, struct wire_channel_send_response, repeated),
};
const struct schema wire_channel_send_response_schema = SCHEMA(
    "channel_send_response", struct wire_channel_send_response, channel_send_response_fields);

static const struct field channel_delete_request_fields[] = {
    FIELD_ID(struct wire_channel_delete_request, channel),
    FIELD_PLAIN(FIELD_U32, struct wire_channel_delete_request, generation),
    FIELD_SIZED(FIELD_BYTES, struct wire_channel_delete_request, message, LIMIT_ENTRY_BYTES),
    FIELD_ITEMS(struct wire_channel_delete_request,
                deleted,
                deleted_count,
                &wire_cursor_schema,
                LIMIT_DELETED_AT_ONCE),
};
const struct schema wire_channel_delete_request_schema = SCHEMA(
    "channel_delete_request", struct wire_channel_delete_request, channel_delete_request_fields);

const struct schema wire_channel_delete_response_schema = SCHEMA(
    "channel_delete_response", struct wire_channel_send_response, channel_send_response_fields);

static const struct field channel_page_request_fields[] = {
    FIELD_ID(struct wire_channel_page_request, channel),
    FIELD_NESTED(struct wire_channel_page_request, after, &wire_cursor_schema),
    FIELD_PLAIN(FIELD_U32, struct wire_channel_page_request, bytes_max),
};
const struct schema wire_channel_page_request_schema =
    SCHEMA("channel_page_request", struct wire_channel_page_request, channel_page_request_fields);

static const struct field channel_page_response_fields[] = {
    FIELD_ITEMS(struct wire_channel_page_response,
                entries,
                entry_count,
                &wire_entry_schema,
                LIMIT_LIST_ITEMS),
    FIELD_PLAIN(FIELD_U64, struct wire_channel_page_response, last_sequence),
    FIELD_PLAIN(FIELD_BOOL, struct wire_channel_page_response, frozen),
};
const struct schema wire_channel_page_response_schema = SCHEMA(
    "channel_page_response", struct wire_channel_page_response, channel_page_response_fields);

static const struct field channel_entry_request_fields[] = {
    FIELD_ID(struct wire_channel_entry_request, channel),
    FIELD_PLAIN(FIELD_U32, struct wire_channel_entry_request, generation),
    FIELD_PLAIN(FIELD_U64, struct wire_channel_entry_request, sequence),
};
const struct schema wire_channel_entry_request_schema = SCHEMA(
    "channel_entry_request", struct wire_channel_entry_request, channel_entry_request_fields);

static const struct field channel_entry_response_fields[] = {
    FIELD_NESTED(struct wire_channel_entry_response, entry, &wire_entry_schema),
};
const struct schema wire_channel_entry_response_schema = SCHEMA(
    "channel_entry_response", struct wire_channel_entry_response, channel_entry_response_fields);

static const struct field channel_subscribe_request_fields[] = {
    FIELD_ID(struct wire_channel_subscribe_request, channel),
    FIELD_PLAIN(FIELD_BOOL, struct wire_channel_subscribe_request, on),
};
const struct schema wire_channel_subscribe_request_schema =
    SCHEMA("channel_subscribe_request",
           struct wire_channel_subscribe_request,
           channel_subscribe_request_fields);

static const struct field channel_subscribe_response_fields[] = {
    FIELD_PLAIN(FIELD_U32, struct wire_channel_subscribe_response, generation),
    FIELD_PLAIN(FIELD_U64, struct wire_channel_subscribe_response, last_sequence),
};
const struct schema wire_channel_subscribe_response_schema =
    SCHEMA("channel_subscribe_response",
           struct wire_channel_subscribe_response,
           channel_subscribe_response_fields);

static const struct field channel_knock_request_fields[] = {
    FIELD_ID(struct wire_channel_knock_request, channel),
};
const struct schema wire_channel_knock_request_schema = SCHEMA(
    "channel_knock_request", struct wire_channel_knock_request, channel_knock_request_fields);

static const struct field channel_knock_response_fields[] = {
    FIELD_PLAIN(FIELD_BOOL, struct wire_channel_knock_response, asked),
};
const struct schema wire_channel_knock_response_schema = SCHEMA(
    "channel_knock_response", struct wire_channel_knock_response, channel_knock_response_fields);

static const struct field channel_knocks_request_fields[] = {
    FIELD_ID(struct wire_channel_knocks_request, channel),
};
const struct schema wire_channel_knocks_request_schema = SCHEMA(
    "channel_knocks_request", struct wire_channel_knocks_request, channel_knocks_request_fields);

static const struct field knock_fields[] = {
    FIELD_ID(struct wire_knock, person),
    FIELD_SIZED(FIELD_TEXT, struct wire_knock, name, LIMIT_NAME_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct wire_knock, group_name, LIMIT_NAME_BYTES),
    FIELD_PLAIN(FIELD_TIME, struct wire_knock, time),
};
static const struct schema wire_knock_schema = SCHEMA("knock", struct wire_knock, knock_fields);

static const struct field channel_knocks_response_fields[] = {
    FIELD_ITEMS(struct wire_channel_knocks_response,
                knocks,
                knock_count,
                &wire_knock_schema,
                LIMIT_LIST_ITEMS),
};
const struct schema wire_channel_knocks_response_schema = SCHEMA(
    "channel_knocks_response", struct wire_channel_knocks_response, channel_knocks_response_fields);

static const struct field channel_knock_answer_request_fields[] = {
    FIELD_ID(struct wire_channel_knock_answer_request, channel),
    FIELD_ID(struct wire_channel_knock_answer_request, person),
    FIELD_PLAIN(FIELD_BOOL, struct wire_channel_knock_answer_request, accept),
};
const struct schema wire_channel_knock_answer_request_schema =
    SCHEMA("channel_knock_answer_request",
           struct wire_channel_knock_answer_request,
           channel_knock_answer_request_fields);

static const struct field channel_leave_request_fields[] = {
    FIELD_NESTED(struct wire_channel_leave_request, leave, &message_leave_schema),
};
const struct schema wire_channel_leave_request_schema = SCHEMA(
    "channel_leave_request", struct wire_channel_leave_request, channel_leave_request_fields);

static const struct field welcome_item_fields[] = {
    FIELD_ID(struct wire_welcome_item, channel),
    FIELD_PLAIN(FIELD_U32, struct wire_welcome_item, generation),
    FIELD_PLAIN(FIELD_U64, struct wire_welcome_item, epoch),
    FIELD_PLAIN(FIELD_U64, struct wire_welcome_item, sequence),
    FIELD_SIZED(FIELD_BYTES, struct wire_welcome_item, tree_hash, HASH_SIZE_MAX),
    FIELD_SIZED(FIELD_BYTES, struct wire_welcome_item, welcome, LIMIT_OBJECT_BYTES),
    FIELD_ID(struct wire_welcome_item, added_by),
};
static const struct schema wire_welcome_item_schema =
    SCHEMA("welcome_item", struct wire_welcome_item, welcome_item_fields);

static const struct field welcomes_response_fields[] = {
    FIELD_ITEMS(struct wire_welcomes_response,
                welcomes,
                welcome_count,
                &wire_welcome_item_schema,
                LIMIT_LIST_ITEMS),
};
const struct schema wire_welcomes_response_schema =
    SCHEMA("welcomes_response", struct wire_welcomes_response, welcomes_response_fields);

static const struct field welcome_done_request_fields[] = {
    FIELD_ID(struct wire_welcome_done_request, channel),
    FIELD_PLAIN(FIELD_U32, struct wire_welcome_done_request, generation),
    FIELD_PLAIN(FIELD_U64, struct wire_welcome_done_request, epoch),
};
const struct schema wire_welcome_done_request_schema =
    SCHEMA("welcome_done_request", struct wire_welcome_done_request, welcome_done_request_fields);

static const struct field read_position_request_fields[] = {
    FIELD_ID(struct wire_read_position_request, channel),
    FIELD_NESTED(struct wire_read_position_request, position, &wire_cursor_schema),
};
const struct schema wire_read_position_request_schema = SCHEMA(
    "read_position_request", struct wire_read_position_request, read_position_request_fields);

static const struct field work_add_fields[] = {
    FIELD_ID(struct wire_work_add, person),
    FIELD_ID(struct wire_work_add, device),
    FIELD_ID(struct wire_work_add, asked_by),
    FIELD_SIZED(FIELD_BYTES, struct wire_work_add, key_package, LIMIT_KEY_PACKAGE_BYTES),
};
static const struct schema wire_work_add_schema =
    SCHEMA("work_add", struct wire_work_add, work_add_fields);

static const struct field work_remove_fields[] = {
    FIELD_ID(struct wire_work_remove, person),
    FIELD_ID(struct wire_work_remove, device),
    FIELD_PLAIN(FIELD_U8, struct wire_work_remove, reason),
    FIELD_NESTED(struct wire_work_remove, leave, &message_leave_schema),
};
static const struct schema wire_work_remove_schema =
    SCHEMA("work_remove", struct wire_work_remove, work_remove_fields);

static const struct field work_fields[] = {
    FIELD_ID(struct wire_work, work),
    FIELD_ID(struct wire_work, channel),
    FIELD_PLAIN(FIELD_U32, struct wire_work, generation),
    FIELD_PLAIN(FIELD_TIME, struct wire_work, lease_until),
    FIELD_ITEMS(struct wire_work, adds, add_count, &wire_work_add_schema, LIMIT_LIST_ITEMS),
    FIELD_ITEMS(
        struct wire_work, removes, remove_count, &wire_work_remove_schema, LIMIT_LIST_ITEMS),
    FIELD_PLAIN(FIELD_BOOL, struct wire_work, path),
};
const struct schema wire_work_schema = SCHEMA("work", struct wire_work, work_fields);

static const struct field work_list_request_fields[] = {
    FIELD_ID(struct wire_work_list_request, channel),
};
const struct schema wire_work_list_request_schema =
    SCHEMA("work_list_request", struct wire_work_list_request, work_list_request_fields);

static const struct field work_list_response_fields[] = {
    FIELD_NESTED(struct wire_work_list_response, work, &wire_work_schema),
};
const struct schema wire_work_list_response_schema =
    SCHEMA("work_list_response", struct wire_work_list_response, work_list_response_fields);

const struct schema wire_channel_create_response_schema = WIRE_EMPTY("channel_create_response");
const struct schema wire_channel_knock_answer_response_schema =
    WIRE_EMPTY("channel_knock_answer_response");
const struct schema wire_channel_leave_response_schema = WIRE_EMPTY("channel_leave_response");
const struct schema wire_welcomes_request_schema = WIRE_EMPTY("welcomes_request");
const struct schema wire_welcome_done_response_schema = WIRE_EMPTY("welcome_done_response");
const struct schema wire_read_position_response_schema = WIRE_EMPTY("read_position_response");

static const struct field channel_keep_request_fields[] = {
    FIELD_ID(struct wire_channel_keep_request, channel),
    FIELD_PLAIN(FIELD_U16, struct wire_channel_keep_request, days),
};
const struct schema wire_channel_keep_request_schema =
    SCHEMA("channel_keep_request", struct wire_channel_keep_request, channel_keep_request_fields);
const struct schema wire_channel_keep_response_schema = WIRE_EMPTY("channel_keep_response");
