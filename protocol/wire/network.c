/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/wire/network.h"

#include "protocol/base/limits.h"

static const struct field own_tie_fields[] = {
    FIELD_ID(struct wire_own_tie, person),
    FIELD_SIZED(FIELD_TEXT, struct wire_own_tie, name, LIMIT_NAME_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct wire_own_tie, group_name, LIMIT_NAME_BYTES),
    FIELD_PLAIN(FIELD_U8, struct wire_own_tie, origins),
};
static const struct schema wire_own_tie_schema =
    SCHEMA("own_tie", struct wire_own_tie, own_tie_fields);

static const struct field network_response_fields[] = {
    FIELD_ITEMS(
        struct wire_network_response, ties, tie_count, &wire_own_tie_schema, LIMIT_LIST_ITEMS),
    FIELD_PLAIN(FIELD_U32, struct wire_network_response, unnamed_ties),
    FIELD_PLAIN(FIELD_BOOL, struct wire_network_response, in_network),
    FIELD_PLAIN(FIELD_TIME, struct wire_network_response, as_of),
    FIELD_PLAIN(FIELD_U32, struct wire_network_response, cut_off),
    FIELD_PLAIN(FIELD_BOOL, struct wire_network_response, in_cover),
    FIELD_PLAIN(FIELD_U32, struct wire_network_response, covering),
};
const struct schema wire_network_response_schema =
    SCHEMA("network_response", struct wire_network_response, network_response_fields);

static const struct field other_fields[] = {
    FIELD_ID(struct wire_other, person),
    FIELD_SIZED(FIELD_TEXT, struct wire_other, name, LIMIT_NAME_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct wire_other, group_name, LIMIT_NAME_BYTES),
};
static const struct schema wire_other_schema = SCHEMA("other", struct wire_other, other_fields);

static const struct field suggestion_fields[] = {
    FIELD_ID(struct wire_suggestion, suggestion),
    FIELD_PLAIN(FIELD_U8, struct wire_suggestion, kind),
    FIELD_PLAIN(FIELD_U8, struct wire_suggestion, state),
    FIELD_PLAIN(FIELD_U8, struct wire_suggestion, choice),
    FIELD_SIZED(FIELD_TEXT, struct wire_suggestion, reason, LIMIT_REASON_BYTES),
    FIELD_PLAIN(FIELD_TIME, struct wire_suggestion, made),
    FIELD_PLAIN(FIELD_TIME, struct wire_suggestion, ends),
    FIELD_ITEMS(struct wire_suggestion, others, other_count, &wire_other_schema, LIMIT_LIST_ITEMS),
    FIELD_ID(struct wire_suggestion, channel),
    FIELD_PLAIN(FIELD_BOOL, struct wire_suggestion, opened),
    FIELD_PLAIN(FIELD_BOOL, struct wire_suggestion, asks),
    FIELD_PLAIN(FIELD_U8, struct wire_suggestion, met),
    FIELD_PLAIN(FIELD_U8, struct wire_suggestion, useful),
    FIELD_PLAIN(FIELD_BOOL, struct wire_suggestion, news),
};
const struct schema wire_suggestion_schema =
    SCHEMA("suggestion", struct wire_suggestion, suggestion_fields);

static const struct field suggestions_response_fields[] = {
    FIELD_ITEMS(struct wire_suggestions_response,
                suggestions,
                suggestion_count,
                &wire_suggestion_schema,
                LIMIT_LIST_ITEMS),
    FIELD_PLAIN(FIELD_BOOL, struct wire_suggestions_response, coffee),
};
const struct schema wire_suggestions_response_schema =
    SCHEMA("suggestions_response", struct wire_suggestions_response, suggestions_response_fields);

static const struct field suggestion_answer_request_fields[] = {
    FIELD_ID(struct wire_suggestion_answer_request, suggestion),
    FIELD_PLAIN(FIELD_U8, struct wire_suggestion_answer_request, choice),
    FIELD_PLAIN(FIELD_U16, struct wire_suggestion_answer_request, weeks),
};
const struct schema wire_suggestion_answer_request_schema =
    SCHEMA("suggestion_answer_request",
           struct wire_suggestion_answer_request,
           suggestion_answer_request_fields);

static const struct field suggestion_answer_response_fields[] = {
    FIELD_NESTED(struct wire_suggestion_answer_response, suggestion, &wire_suggestion_schema),
};
const struct schema wire_suggestion_answer_response_schema =
    SCHEMA("suggestion_answer_response",
           struct wire_suggestion_answer_response,
           suggestion_answer_response_fields);

static const struct field suggestion_opened_request_fields[] = {
    FIELD_ID(struct wire_suggestion_opened_request, suggestion),
};
const struct schema wire_suggestion_opened_request_schema =
    SCHEMA("suggestion_opened_request",
           struct wire_suggestion_opened_request,
           suggestion_opened_request_fields);

static const struct field suggestion_met_request_fields[] = {
    FIELD_ID(struct wire_suggestion_met_request, suggestion),
    FIELD_PLAIN(FIELD_U8, struct wire_suggestion_met_request, met),
    FIELD_PLAIN(FIELD_U8, struct wire_suggestion_met_request, useful),
};
const struct schema wire_suggestion_met_request_schema = SCHEMA(
    "suggestion_met_request", struct wire_suggestion_met_request, suggestion_met_request_fields);

static const struct field coffee_request_fields[] = {
    FIELD_PLAIN(FIELD_BOOL, struct wire_coffee_request, on),
};
const struct schema wire_coffee_request_schema =
    SCHEMA("coffee_request", struct wire_coffee_request, coffee_request_fields);

const struct schema wire_network_request_schema = WIRE_EMPTY("network_request");
const struct schema wire_suggestions_request_schema = WIRE_EMPTY("suggestions_request");
const struct schema wire_suggestion_opened_response_schema =
    WIRE_EMPTY("suggestion_opened_response");
const struct schema wire_suggestion_met_response_schema = WIRE_EMPTY("suggestion_met_response");
const struct schema wire_coffee_response_schema = WIRE_EMPTY("coffee_response");
