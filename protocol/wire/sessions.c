/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/wire/sessions.h"

#include "protocol/base/limits.h"

static const struct field session_fields[] = {
    FIELD_ID(struct wire_session, session),
    FIELD_ID(struct wire_session, channel),
    FIELD_ID(struct wire_session, parent),
    FIELD_SIZED(FIELD_BYTES, struct wire_session, format, LIMIT_FORMAT_BYTES),
    FIELD_PLAIN(FIELD_U8, struct wire_session, state),
    FIELD_PLAIN(FIELD_U16, struct wire_session, stage),
    FIELD_PLAIN(FIELD_U32, struct wire_session, counter),
    FIELD_PLAIN(FIELD_BOOL, struct wire_session, timed),
    FIELD_PLAIN(FIELD_TIME, struct wire_session, remaining_ms),
    FIELD_PLAIN(FIELD_TIME, struct wire_session, deadline),
    FIELD_PLAIN(FIELD_TIME, struct wire_session, starts),
    FIELD_ID(struct wire_session, control),
    FIELD_PLAIN(FIELD_TIME, struct wire_session, now),
};
const struct schema wire_session_schema = SCHEMA("session", struct wire_session, session_fields);

static const struct field session_create_request_fields[] = {
    FIELD_ID(struct wire_session_create_request, session),
    FIELD_ID(struct wire_session_create_request, channel),
    FIELD_ID(struct wire_session_create_request, parent),
    FIELD_SIZED(FIELD_BYTES, struct wire_session_create_request, format, LIMIT_FORMAT_BYTES),
    FIELD_PLAIN(FIELD_TIME, struct wire_session_create_request, starts),
};
const struct schema wire_session_create_request_schema = SCHEMA(
    "session_create_request", struct wire_session_create_request, session_create_request_fields);

static const struct field session_show_request_fields[] = {
    FIELD_ID(struct wire_session_show_request, channel),
};
const struct schema wire_session_show_request_schema =
    SCHEMA("session_show_request", struct wire_session_show_request, session_show_request_fields);

static const struct field session_show_response_fields[] = {
    FIELD_NESTED(struct wire_session_show_response, session, &wire_session_schema),
};
const struct schema wire_session_show_response_schema = SCHEMA(
    "session_show_response", struct wire_session_show_response, session_show_response_fields);

static const struct field session_stage_request_fields[] = {
    FIELD_ID(struct wire_session_stage_request, session),
    FIELD_PLAIN(FIELD_U8, struct wire_session_stage_request, action),
    FIELD_PLAIN(FIELD_U16, struct wire_session_stage_request, minutes),
    FIELD_PLAIN(FIELD_U32, struct wire_session_stage_request, counter),
    FIELD_ID(struct wire_session_stage_request, control),
};
const struct schema wire_session_stage_request_schema = SCHEMA(
    "session_stage_request", struct wire_session_stage_request, session_stage_request_fields);

static const struct field assisters_propose_request_fields[] = {
    FIELD_ID(struct wire_assisters_propose_request, channel),
    FIELD_ITEMS(struct wire_assisters_propose_request,
                topics,
                topic_count,
                &wire_topic_schema,
                LIMIT_TOPICS),
    FIELD_PLAIN(FIELD_U8, struct wire_assisters_propose_request, wanted),
};
const struct schema wire_assisters_propose_request_schema =
    SCHEMA("assisters_propose_request",
           struct wire_assisters_propose_request,
           assisters_propose_request_fields);

static const struct field assister_fields[] = {
    FIELD_NESTED(struct wire_assister, person, &wire_person_schema),
    FIELD_SIZED(FIELD_TEXT, struct wire_assister, reason, LIMIT_TITLE_BYTES),
};
static const struct schema wire_assister_schema =
    SCHEMA("assister", struct wire_assister, assister_fields);

static const struct field assisters_propose_response_fields[] = {
    FIELD_ITEMS(struct wire_assisters_propose_response,
                assisters,
                assister_count,
                &wire_assister_schema,
                LIMIT_LIST_ITEMS),
};
const struct schema wire_assisters_propose_response_schema =
    SCHEMA("assisters_propose_response",
           struct wire_assisters_propose_response,
           assisters_propose_response_fields);

static const struct field assisters_invite_request_fields[] = {
    FIELD_ID(struct wire_assisters_invite_request, channel),
    FIELD_ITEMS(struct wire_assisters_invite_request,
                people,
                person_count,
                &wire_id_item_schema,
                LIMIT_LIST_ITEMS),
};
const struct schema wire_assisters_invite_request_schema =
    SCHEMA("assisters_invite_request",
           struct wire_assisters_invite_request,
           assisters_invite_request_fields);

static const struct field invitation_fields[] = {
    FIELD_ID(struct wire_invitation, invitation),
    FIELD_ID(struct wire_invitation, channel),
    FIELD_SIZED(FIELD_TEXT, struct wire_invitation, title, LIMIT_TITLE_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct wire_invitation, brief, LIMIT_BRIEF_BYTES),
    FIELD_ID(struct wire_invitation, by),
    FIELD_SIZED(FIELD_TEXT, struct wire_invitation, by_name, LIMIT_NAME_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct wire_invitation, by_group, LIMIT_NAME_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct wire_invitation, reason, LIMIT_TITLE_BYTES),
    FIELD_PLAIN(FIELD_U8, struct wire_invitation, state),
    FIELD_PLAIN(FIELD_TIME, struct wire_invitation, time),
};
const struct schema wire_invitation_schema =
    SCHEMA("invitation", struct wire_invitation, invitation_fields);

static const struct field invitations_response_fields[] = {
    FIELD_ITEMS(struct wire_invitations_response,
                invitations,
                invitation_count,
                &wire_invitation_schema,
                LIMIT_LIST_ITEMS),
};
const struct schema wire_invitations_response_schema =
    SCHEMA("invitations_response", struct wire_invitations_response, invitations_response_fields);

static const struct field invitation_answer_request_fields[] = {
    FIELD_ID(struct wire_invitation_answer_request, invitation),
    FIELD_PLAIN(FIELD_BOOL, struct wire_invitation_answer_request, accept),
};
const struct schema wire_invitation_answer_request_schema =
    SCHEMA("invitation_answer_request",
           struct wire_invitation_answer_request,
           invitation_answer_request_fields);

const struct schema wire_session_create_response_schema = WIRE_EMPTY("session_create_response");
const struct schema wire_session_stage_response_schema = WIRE_EMPTY("session_stage_response");
const struct schema wire_assisters_invite_response_schema = WIRE_EMPTY("assisters_invite_response");
const struct schema wire_invitations_request_schema = WIRE_EMPTY("invitations_request");
const struct schema wire_invitation_answer_response_schema =
    WIRE_EMPTY("invitation_answer_response");
