/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/wire/accounts.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/signature.h"

static const struct field invite_show_request_fields[] = {
    FIELD_ID(struct wire_invite_show_request, secret),
};
const struct schema wire_invite_show_request_schema =
    SCHEMA("invite_show_request", struct wire_invite_show_request, invite_show_request_fields);

static const struct field invite_show_response_fields[] = {
    FIELD_SIZED(FIELD_TEXT, struct wire_invite_show_response, community, LIMIT_NAME_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct wire_invite_show_response, notice, LIMIT_BRIEF_BYTES),
    FIELD_PLAIN(FIELD_U8, struct wire_invite_show_response, role),
    FIELD_SIZED(FIELD_TEXT, struct wire_invite_show_response, group_name, LIMIT_NAME_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct wire_invite_show_response, person_name, LIMIT_NAME_BYTES),
    FIELD_ID(struct wire_invite_show_response, person),
    FIELD_ID(struct wire_invite_show_response, invited_by),
    FIELD_PLAIN(FIELD_TIME, struct wire_invite_show_response, expires),
};
const struct schema wire_invite_show_response_schema =
    SCHEMA("invite_show_response", struct wire_invite_show_response, invite_show_response_fields);

static const struct field redeem_request_fields[] = {
    FIELD_ID(struct wire_redeem_request, secret),
    FIELD_SIZED(FIELD_TEXT, struct wire_redeem_request, name, LIMIT_NAME_BYTES),
    FIELD_SIZED(FIELD_BYTES, struct wire_redeem_request, entry, LIMIT_DIRECTORY_ENTRY_BYTES),
};
const struct schema wire_redeem_request_schema =
    SCHEMA("redeem_request", struct wire_redeem_request, redeem_request_fields);

static const struct field redeem_response_fields[] = {
    FIELD_ID(struct wire_redeem_response, person),
    FIELD_PLAIN(FIELD_U8, struct wire_redeem_response, role),
    FIELD_SIZED(FIELD_TEXT, struct wire_redeem_response, group_name, LIMIT_NAME_BYTES),
    FIELD_PLAIN(FIELD_U64, struct wire_redeem_response, log_size),
};
const struct schema wire_redeem_response_schema =
    SCHEMA("redeem_response", struct wire_redeem_response, redeem_response_fields);

static const struct field login_request_fields[] = {
    FIELD_ID(struct wire_login_request, device),
    FIELD_SIZED(FIELD_BYTES, struct wire_login_request, signature, SIGNATURE_SIZE_MAX),
    FIELD_PLAIN(FIELD_U64, struct wire_login_request, vault_counter),
};
const struct schema wire_login_request_schema =
    SCHEMA("login_request", struct wire_login_request, login_request_fields);

static const struct field login_response_fields[] = {
    FIELD_ID(struct wire_login_response, person),
    FIELD_PLAIN(FIELD_U8, struct wire_login_response, role),
    FIELD_SIZED(FIELD_TEXT, struct wire_login_response, name, LIMIT_NAME_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct wire_login_response, group_name, LIMIT_NAME_BYTES),
    FIELD_PLAIN(FIELD_TIME, struct wire_login_response, server_time),
    FIELD_PLAIN(FIELD_BOOL, struct wire_login_response, vault_rolled_back),
    FIELD_SIZED(FIELD_BYTES, struct wire_login_response, head, LIMIT_DIRECTORY_ENTRY_BYTES),
};
const struct schema wire_login_response_schema =
    SCHEMA("login_response", struct wire_login_response, login_response_fields);

static const struct field ping_response_fields[] = {
    FIELD_PLAIN(FIELD_TIME, struct wire_ping_response, server_time),
};
const struct schema wire_ping_response_schema =
    SCHEMA("ping_response", struct wire_ping_response, ping_response_fields);

static const struct field read_request_fields[] = {
    FIELD_PLAIN(FIELD_U32, struct wire_read_request, request),
    FIELD_PLAIN(FIELD_U32, struct wire_read_request, offset),
};
const struct schema wire_read_request_schema =
    SCHEMA("read_request", struct wire_read_request, read_request_fields);

static const struct field read_response_fields[] = {
    FIELD_SIZED(FIELD_BYTES, struct wire_read_response, bytes, LIMIT_PART_BYTES),
};
const struct schema wire_read_response_schema =
    SCHEMA("read_response", struct wire_read_response, read_response_fields);

static const struct field log_entries_request_fields[] = {
    FIELD_PLAIN(FIELD_U64, struct wire_log_entries_request, from),
};
const struct schema wire_log_entries_request_schema =
    SCHEMA("log_entries_request", struct wire_log_entries_request, log_entries_request_fields);

static const struct field log_entry_fields[] = {
    FIELD_SIZED(FIELD_BYTES, struct wire_log_entry, entry, LIMIT_DIRECTORY_ENTRY_BYTES),
};
static const struct schema wire_log_entry_schema =
    SCHEMA("log_entry", struct wire_log_entry, log_entry_fields);

static const struct field log_entries_response_fields[] = {
    FIELD_ITEMS(struct wire_log_entries_response,
                entries,
                entry_count,
                &wire_log_entry_schema,
                LIMIT_LIST_ITEMS),
    FIELD_SIZED(FIELD_BYTES, struct wire_log_entries_response, head, LIMIT_DIRECTORY_ENTRY_BYTES),
};
const struct schema wire_log_entries_response_schema =
    SCHEMA("log_entries_response", struct wire_log_entries_response, log_entries_response_fields);

const struct schema wire_ping_request_schema = WIRE_EMPTY("ping_request");
