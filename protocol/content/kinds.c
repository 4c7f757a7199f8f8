/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/content/kinds.h"

#include "protocol/base/limits.h"

static const struct field text_fields[] = {
    FIELD_SIZED(FIELD_TEXT, struct content_text, text, LIMIT_TEXT_BYTES),
};
const struct schema content_text_schema = SCHEMA("text", struct content_text, text_fields);

static const struct field idea_fields[] = {
    FIELD_SIZED(FIELD_TEXT, struct content_idea, text, LIMIT_TEXT_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct content_idea, reason, LIMIT_TEXT_BYTES),
};
const struct schema content_idea_schema = SCHEMA("idea", struct content_idea, idea_fields);

static const struct field action_fields[] = {
    FIELD_SIZED(FIELD_TEXT, struct content_action, text, LIMIT_TEXT_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct content_action, owner, LIMIT_NAME_BYTES),
    FIELD_PLAIN(FIELD_TIME, struct content_action, due),
};
const struct schema content_action_schema = SCHEMA("action", struct content_action, action_fields);

static const struct field mark_fields[] = {
    FIELD_PLAIN(FIELD_BOOL, struct content_mark, on),
};
const struct schema content_mark_schema = SCHEMA("mark", struct content_mark, mark_fields);

static const struct field sealed_fields[] = {
    FIELD_ID(struct content_sealed, commitment),
    FIELD_SIZED(FIELD_BYTES, struct content_sealed, ciphertext, LIMIT_SEALED_BYTES),
};
const struct schema content_sealed_schema = SCHEMA("sealed", struct content_sealed, sealed_fields);

static const struct field reveal_fields[] = {
    FIELD_ID(struct content_reveal, message),
    FIELD_ID(struct content_reveal, key),
};
const struct schema content_reveal_schema = SCHEMA("reveal", struct content_reveal, reveal_fields);

static const struct field harvest_item_fields[] = {
    FIELD_SIZED(FIELD_TEXT, struct content_harvest_item, field, LIMIT_NAME_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct content_harvest_item, text, LIMIT_TEXT_BYTES),
};
static const struct schema harvest_item_schema =
    SCHEMA("harvest_item", struct content_harvest_item, harvest_item_fields);

static const struct field harvest_fields[] = {
    FIELD_ITEMS(struct content_harvest, items, item_count, &harvest_item_schema, LIMIT_LIST_ITEMS),
    FIELD_PLAIN(FIELD_TIME, struct content_harvest, follow_up),
};
const struct schema content_harvest_schema =
    SCHEMA("harvest", struct content_harvest, harvest_fields);

static const struct field file_chunk_fields[] = {
    FIELD_ID(struct content_file_chunk, sha256),
};
static const struct schema file_chunk_schema =
    SCHEMA("file_chunk", struct content_file_chunk, file_chunk_fields);

static const struct field file_fields[] = {
    FIELD_ID(struct content_file, file),
    FIELD_ID(struct content_file, key),
    FIELD_PLAIN(FIELD_U64, struct content_file, size),
    FIELD_SIZED(FIELD_TEXT, struct content_file, name, LIMIT_FILE_NAME_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct content_file, media_type, LIMIT_NAME_BYTES),
    FIELD_ITEMS(struct content_file, chunks, chunk_count, &file_chunk_schema, LIMIT_FILE_CHUNKS),
};
const struct schema content_file_schema = SCHEMA("file", struct content_file, file_fields);

static const struct field reaction_fields[] = {
    FIELD_SIZED(FIELD_TEXT, struct content_reaction, text, LIMIT_REACTION_BYTES),
    FIELD_PLAIN(FIELD_BOOL, struct content_reaction, on),
};
const struct schema content_reaction_schema =
    SCHEMA("reaction", struct content_reaction, reaction_fields);

static const struct field edit_fields[] = {
    FIELD_PLAIN(FIELD_U16, struct content_edit, kind),
    FIELD_SIZED(FIELD_BYTES, struct content_edit, body, LIMIT_ENTRY_BYTES),
};
const struct schema content_edit_schema = SCHEMA("edit", struct content_edit, edit_fields);

static const struct field message_fields[] = {
    FIELD_ID(struct content_message, message),
};
static const struct schema message_schema =
    SCHEMA("deleted_message", struct content_message, message_fields);

static const struct field deletion_fields[] = {
    FIELD_ITEMS(struct content_deletion, messages, count, &message_schema, LIMIT_DELETED_AT_ONCE),
};
const struct schema content_deletion_schema =
    SCHEMA("deletion", struct content_deletion, deletion_fields);

static const struct field channel_state_fields[] = {
    FIELD_SIZED(FIELD_TEXT, struct content_channel_state, title, LIMIT_TITLE_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct content_channel_state, brief, LIMIT_BRIEF_BYTES),
};
const struct schema content_channel_state_schema =
    SCHEMA("channel_state", struct content_channel_state, channel_state_fields);

static const struct field stage_fields[] = {
    FIELD_ID(struct content_stage, session),
    FIELD_PLAIN(FIELD_U8, struct content_stage, action),
    FIELD_PLAIN(FIELD_U16, struct content_stage, minutes),
    FIELD_PLAIN(FIELD_U32, struct content_stage, counter),
};
const struct schema content_stage_schema = SCHEMA("stage", struct content_stage, stage_fields);

static const struct field person_fields[] = {
    FIELD_ID(struct content_person, person),
};
static const struct schema person_schema = SCHEMA("admitted", struct content_person, person_fields);

static const struct field admission_fields[] = {
    FIELD_ITEMS(struct content_admission, people, count, &person_schema, LIMIT_LIST_ITEMS),
};
const struct schema content_admission_schema =
    SCHEMA("admission", struct content_admission, admission_fields);

static const struct field history_segment_fields[] = {
    FIELD_PLAIN(FIELD_U64, struct content_history_segment, first),
    FIELD_PLAIN(FIELD_U64, struct content_history_segment, last),
    FIELD_ID(struct content_history_segment, file),
    FIELD_ID(struct content_history_segment, key),
    FIELD_PLAIN(FIELD_U64, struct content_history_segment, size),
    FIELD_ID(struct content_history_segment, sha256),
};
const struct schema content_history_segment_schema =
    SCHEMA("history_segment", struct content_history_segment, history_segment_fields);

static const struct field history_fields[] = {
    FIELD_ID(struct content_history, asked_by),
    FIELD_ITEMS(struct content_history,
                segments,
                segment_count,
                &content_history_segment_schema,
                LIMIT_SEGMENT_KEYS),
    FIELD_PLAIN(FIELD_U64, struct content_history, seen),
    FIELD_PLAIN(FIELD_BOOL, struct content_history, more),
};
const struct schema content_history_schema =
    SCHEMA("history", struct content_history, history_fields);

#define KIND_ROW(number, NAME, name, lane, body) {number, #name, lane, &body##_schema},
const struct content_kind_row content_kinds[] = {CONTENT_KIND_LIST(KIND_ROW)};
const size_t content_kind_count = sizeof content_kinds / sizeof *content_kinds;

const struct content_kind_row *content_kind_find(uint16_t number)
{
    for (size_t i = 0; i < content_kind_count; i++)
        if (content_kinds[i].number == number)
            return &content_kinds[i];
    return NULL;
}

const struct content_kind_row *content_kind_named(struct span name)
{
    for (size_t i = 0; i < content_kind_count; i++)
        if (span_equal(span_from_text(content_kinds[i].name), name))
            return &content_kinds[i];
    return NULL;
}
