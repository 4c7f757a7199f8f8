/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/wire/history.h"

static const struct field history_ask_request_fields[] = {
    FIELD_ID(struct wire_history_ask_request, channel),
    FIELD_ITEMS(struct wire_history_ask_request,
                answered,
                answered_count,
                &wire_id_item_schema,
                LIMIT_HISTORY_ANSWERED),
};
const struct schema wire_history_ask_request_schema =
    SCHEMA("history_ask_request", struct wire_history_ask_request, history_ask_request_fields);

static const struct field history_ask_response_fields[] = {
    FIELD_PLAIN(FIELD_BOOL, struct wire_history_ask_response, online),
};
const struct schema wire_history_ask_response_schema =
    SCHEMA("history_ask_response", struct wire_history_ask_response, history_ask_response_fields);

static const struct field history_show_request_fields[] = {
    FIELD_ID(struct wire_history_show_request, channel),
};
const struct schema wire_history_show_request_schema =
    SCHEMA("history_show_request", struct wire_history_show_request, history_show_request_fields);

static const struct field history_sealed_fields[] = {
    FIELD_PLAIN(FIELD_U64, struct wire_history_sealed, first),
    FIELD_PLAIN(FIELD_U64, struct wire_history_sealed, last),
    FIELD_ID(struct wire_history_sealed, file),
};
static const struct schema history_sealed_schema =
    SCHEMA("history_sealed", struct wire_history_sealed, history_sealed_fields);

static const struct field history_show_response_fields[] = {
    FIELD_PLAIN(FIELD_BOOL, struct wire_history_show_response, leased),
    FIELD_ID(struct wire_history_show_response, asked_by),
    FIELD_PLAIN(FIELD_TIME, struct wire_history_show_response, kept_since),
    FIELD_ITEMS(struct wire_history_show_response,
                segments,
                segment_count,
                &history_sealed_schema,
                LIMIT_LIST_ITEMS),
};
const struct schema wire_history_show_response_schema = SCHEMA(
    "history_show_response", struct wire_history_show_response, history_show_response_fields);

static const struct field history_begin_request_fields[] = {
    FIELD_ID(struct wire_history_begin_request, channel),
    FIELD_ID(struct wire_history_begin_request, file),
    FIELD_PLAIN(FIELD_U64, struct wire_history_begin_request, first),
    FIELD_PLAIN(FIELD_U64, struct wire_history_begin_request, last),
    FIELD_PLAIN(FIELD_U64, struct wire_history_begin_request, seen),
    FIELD_PLAIN(FIELD_U64, struct wire_history_begin_request, size),
};
const struct schema wire_history_begin_request_schema = SCHEMA(
    "history_begin_request", struct wire_history_begin_request, history_begin_request_fields);

static const struct field history_begin_response_fields[] = {
    FIELD_PLAIN(FIELD_U32, struct wire_history_begin_response, chunks),
    FIELD_PLAIN(FIELD_BOOL, struct wire_history_begin_response, complete),
};
const struct schema wire_history_begin_response_schema = SCHEMA(
    "history_begin_response", struct wire_history_begin_response, history_begin_response_fields);

static const struct field history_shared_request_fields[] = {
    FIELD_ID(struct wire_history_shared_request, channel),
    FIELD_ID(struct wire_history_shared_request, asked_by),
};
const struct schema wire_history_shared_request_schema = SCHEMA(
    "history_shared_request", struct wire_history_shared_request, history_shared_request_fields);

const struct schema wire_history_shared_response_schema = WIRE_EMPTY("history_shared_response");
