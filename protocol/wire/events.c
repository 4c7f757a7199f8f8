/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/wire/events.h"

#include "protocol/base/limits.h"

static const struct field entry_event_fields[] = {
    FIELD_NESTED(struct wire_entry_event, entry, &wire_entry_schema),
};
const struct schema wire_entry_event_schema =
    SCHEMA("entry_event", struct wire_entry_event, entry_event_fields);

static const struct field work_event_fields[] = {
    FIELD_NESTED(struct wire_work_event, work, &wire_work_schema),
};
const struct schema wire_work_event_schema =
    SCHEMA("work_event", struct wire_work_event, work_event_fields);

static const struct field stage_event_fields[] = {
    FIELD_NESTED(struct wire_stage_event, session, &wire_session_schema),
};
const struct schema wire_stage_event_schema =
    SCHEMA("stage_event", struct wire_stage_event, stage_event_fields);

static const struct field invitation_event_fields[] = {
    FIELD_NESTED(struct wire_invitation_event, invitation, &wire_invitation_schema),
};
const struct schema wire_invitation_event_schema =
    SCHEMA("invitation_event", struct wire_invitation_event, invitation_event_fields);

static const struct field welcome_event_fields[] = {
    FIELD_ID(struct wire_welcome_event, channel),
};
const struct schema wire_welcome_event_schema =
    SCHEMA("welcome_event", struct wire_welcome_event, welcome_event_fields);

static const struct field directory_event_fields[] = {
    FIELD_SIZED(FIELD_BYTES, struct wire_directory_event, head, LIMIT_DIRECTORY_ENTRY_BYTES),
};
const struct schema wire_directory_event_schema =
    SCHEMA("directory_event", struct wire_directory_event, directory_event_fields);

static const struct field knock_event_fields[] = {
    FIELD_ID(struct wire_knock_event, channel),
};
const struct schema wire_knock_event_schema =
    SCHEMA("knock_event", struct wire_knock_event, knock_event_fields);

static const struct field closing_event_fields[] = {
    FIELD_PLAIN(FIELD_U32, struct wire_closing_event, retry_after_ms),
};
const struct schema wire_closing_event_schema =
    SCHEMA("closing_event", struct wire_closing_event, closing_event_fields);

static const struct field suggestion_event_fields[] = {
    FIELD_ID(struct wire_suggestion_event, suggestion),
};
const struct schema wire_suggestion_event_schema =
    SCHEMA("suggestion_event", struct wire_suggestion_event, suggestion_event_fields);

static const struct field own_event_fields[] = {
    FIELD_PLAIN(FIELD_U8, struct wire_own_event, what),
    FIELD_ID(struct wire_own_event, channel),
    FIELD_NESTED(struct wire_own_event, position, &wire_cursor_schema),
};
const struct schema wire_own_event_schema =
    SCHEMA("own_event", struct wire_own_event, own_event_fields);

static const struct field history_event_fields[] = {
    FIELD_ID(struct wire_history_event, channel),
};
const struct schema wire_history_event_schema =
    SCHEMA("history_event", struct wire_history_event, history_event_fields);

const struct schema wire_behind_event_schema = WIRE_EMPTY("behind_event");
