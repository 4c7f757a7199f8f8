/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/harvest.h"

#include "protocol/base/limits.h"
#include "protocol/content/mention.h"

#include <string.h>
#include <time.h>

/* "2026-11-23" and its end. */
#define DATE_TEXT_SIZE 11

static void date_text(int64_t time_ms, char text[DATE_TEXT_SIZE])
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm parts = {0};
    text[0] = '\0';
    if (gmtime_r(&seconds, &parts) != NULL)
        strftime(text, DATE_TEXT_SIZE, "%Y-%m-%d", &parts);
}

/* Appends the parts, in the arena's memory. */
static enum status
join(struct arena *arena, const struct span *parts, size_t count, struct span *joined)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += parts[i].len;
    void *memory = NULL;
    TRY(arena_take(arena, length, 1, &memory));
    uint8_t *at = memory;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len != 0)
            memcpy(at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    *joined = span_of(memory, length);
    return STATUS_OK;
}

static enum status
idea_text(const struct content_idea *idea, struct arena *arena, struct span *text)
{
    if (idea->reason.len == 0) {
        *text = idea->text;
        return STATUS_OK;
    }
    const struct span parts[] = {idea->text, SPAN_LITERAL(" (why: "), idea->reason,
                                 SPAN_LITERAL(")")};
    return join(arena, parts, sizeof parts / sizeof *parts, text);
}

static enum status
action_text(const struct content_action *action, struct arena *arena, struct span *text)
{
    char date[DATE_TEXT_SIZE] = "";
    if (action->due != 0)
        date_text(action->due, date);
    struct span by = action->owner.len != 0 ? SPAN_LITERAL(" (owner: ") : SPAN_LITERAL(" (");
    struct span until = action->owner.len != 0 ? SPAN_LITERAL(", by ") : SPAN_LITERAL("by ");
    struct span empty = SPAN_EMPTY;
    bool nothing = action->owner.len == 0 && action->due == 0;
    const struct span parts[] = {
        action->text,         nothing ? empty : by,
        action->owner,        action->due == 0 ? empty : until,
        span_from_text(date), nothing ? empty : SPAN_LITERAL(")"),
    };
    return join(arena, parts, sizeof parts / sizeof *parts, text);
}

/* A harvest names nobody whom a text mentions. */
static enum status without_mentions(struct span text, struct arena *arena, struct span *plain)
{
    CLEANUP(buffer_clear) struct buffer written = BUFFER_INIT(4 * LIMIT_TEXT_BYTES);
    struct span before;
    struct id person;
    while (mention_next(&text, &before, &person)) {
        TRY(buffer_append(&written, before));
        TRY(buffer_append(&written, SPAN_LITERAL("somebody")));
    }
    TRY(buffer_append(&written, before));
    return arena_copy(arena, buffer_span(&written), plain);
}

/* The text of one message as it was said; STATUS_UNSUPPORTED for a kind without one. */
static enum status
said_text(const struct harvest_source *source, struct arena *arena, struct span *text)
{
    const struct content_kind_row *kind = content_kind_find(source->kind);
    const struct content content = {.kind = source->kind, .body = source->body};
    union {
        struct content_text text;
        struct content_idea idea;
        struct content_action action;
    } body;
    if (kind == NULL)
        return STATUS_UNSUPPORTED;
    if (kind->body == &content_text_schema) {
        TRY(content_decode_body(&content, arena, &body.text));
        *text = body.text.text;
        return STATUS_OK;
    }
    if (kind->body == &content_idea_schema) {
        TRY(content_decode_body(&content, arena, &body.idea));
        return idea_text(&body.idea, arena, text);
    }
    if (kind->body == &content_action_schema) {
        TRY(content_decode_body(&content, arena, &body.action));
        return action_text(&body.action, arena, text);
    }
    return STATUS_UNSUPPORTED;
}

static enum status
source_text(const struct harvest_source *source, struct arena *arena, struct span *text)
{
    struct span said;
    TRY(said_text(source, arena, &said));
    return without_mentions(said, arena, text);
}

static bool belongs(const struct format_harvest_field *field, const struct harvest_source *source)
{
    return field->kind == source->kind &&
           (field->stage.len == 0 || span_equal(field->stage, source->stage));
}

enum status harvest_collect(const struct format *format,
                            const struct harvest_source *sources,
                            size_t source_count,
                            struct arena *arena,
                            struct content_harvest *harvest)
{
    size_t most = source_count < LIMIT_LIST_ITEMS ? source_count : LIMIT_LIST_ITEMS;
    struct content_harvest collected = {0};
    void *items = NULL;
    TRY(arena_take(arena, most, sizeof *collected.items, &items));
    collected.items = items;
    for (size_t f = 0; f < format->harvest_count; f++) {
        for (size_t s = 0; s < source_count; s++) {
            struct span text;
            if (!belongs(&format->harvest[f], &sources[s]))
                continue;
            enum status read = source_text(&sources[s], arena, &text);
            if (read == STATUS_LIMIT || read == STATUS_NO_MEMORY)
                return read;
            if (read != STATUS_OK)
                continue; /* what cannot be read cannot be harvested */
            if (collected.item_count == most)
                return STATUS_LIMIT;
            collected.items[collected.item_count++] =
                (struct content_harvest_item){format->harvest[f].name, text};
        }
    }
    *harvest = collected;
    return STATUS_OK;
}

static bool holds_actions(const struct format_harvest_field *field)
{
    return field->kind == CONTENT_ACTION || field->kind == CONTENT_COMMITMENT;
}

size_t harvest_action_count(const struct format *format, const struct content_harvest *harvest)
{
    size_t count = 0;
    for (size_t i = 0; i < harvest->item_count; i++)
        for (size_t f = 0; f < format->harvest_count; f++)
            count += holds_actions(&format->harvest[f]) &&
                     span_equal(format->harvest[f].name, harvest->items[i].field);
    return count;
}

/* ---- Markdown ---- */

static enum status put(struct buffer *out, const char *text)
{
    return buffer_append(out, span_from_text(text));
}

/* Keeps what people wrote from becoming markup: links, images and HTML above all. */
static enum status put_escaped(struct buffer *out, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        struct span one = span_of(text.ptr + i, 1);
        if (text.ptr[i] == '\n') {
            /* A line of an item stays in its item. */
            TRY(put(out, "\n  "));
            continue;
        }
        if (strchr("\\`*_{}[]<>#|!", text.ptr[i]) != NULL)
            TRY(put(out, "\\"));
        TRY(buffer_append(out, one));
    }
    return STATUS_OK;
}

static enum status write_field(const struct format_harvest_field *field,
                               const struct content_harvest *harvest,
                               struct buffer *out)
{
    bool begun = false;
    for (size_t i = 0; i < harvest->item_count; i++) {
        if (!span_equal(harvest->items[i].field, field->name))
            continue;
        if (!begun) {
            TRY(put(out, "\n## "));
            TRY(put_escaped(out, field->title));
            TRY(put(out, "\n\n"));
            begun = true;
        }
        TRY(put(out, holds_actions(field) ? "- [ ] " : "- "));
        TRY(put_escaped(out, harvest->items[i].text));
        TRY(put(out, "\n"));
    }
    return STATUS_OK;
}

static enum status
write_head(const struct format *format, const struct harvest_page *page, struct buffer *out)
{
    char date[DATE_TEXT_SIZE];
    date_text(page->time, date);
    TRY(put(out, "# "));
    TRY(put_escaped(out, page->title));
    TRY(put(out, "\n\n"));
    TRY(put_escaped(out, format->title));
    TRY(put(out, ", "));
    TRY(put(out, date));
    if (format->harvest_approval)
        TRY(put(out, page->approved ? ", approved by the group" : ", a draft"));
    TRY(put(out, "\n"));
    if (page->brief.len == 0)
        return STATUS_OK;
    TRY(put(out, "\n## Purpose\n\n"));
    TRY(put_escaped(out, page->brief));
    return put(out, "\n");
}

enum status harvest_write_markdown(const struct format *format,
                                   const struct content_harvest *harvest,
                                   const struct harvest_page *page,
                                   struct buffer *out)
{
    TRY(write_head(format, page, out));
    for (size_t f = 0; f < format->harvest_count; f++)
        TRY(write_field(&format->harvest[f], harvest, out));
    if (harvest->follow_up == 0)
        return STATUS_OK;
    char date[DATE_TEXT_SIZE];
    date_text(harvest->follow_up, date);
    TRY(put(out, "\n## Follow-up\n\n"));
    TRY(put(out, date));
    return put(out, "\n");
}
