/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/show_about.h"

#include "client-cli/commands/clean.h"
#include "client-cli/commands/show_entry.h"
#include "client-cli/core/message_number.h"
#include "client-cli/core/people.h"
#include "client-cli/core/revision.h"
#include "protocol/codec/utf8.h"
#include "protocol/content/mention.h"

#include <stdio.h>

/* A quoted line fits a narrow terminal together with a name. */
#define QUOTE_BYTES 48

/* A text in which every mention may become a name of the greatest length. */
#define RENDERED_BYTES_MAX (8u * LIMIT_TEXT_BYTES)

/* ---- texts ---- */

static json_t *mentioned_people(struct span text)
{
    json_t *people = json_array();
    struct span before;
    struct id person;
    while (mention_next(&text, &before, &person)) {
        char id[ID_TEXT_SIZE];
        id_text(&person, id);
        json_array_append_new(people, json_string(id));
    }
    return people;
}

void show_about_text(struct out *out, struct engine *engine, struct span text, json_t *record)
{
    CLEANUP(buffer_clear) struct buffer rendered = BUFFER_INIT(RENDERED_BYTES_MAX);
    if (people_render(engine, text, &rendered) != STATUS_OK)
        buffer_clear(&rendered);
    out_text(out, SHOW_INDENT, buffer_span(&rendered));
    json_object_set_new(record, "text", out_json_text(buffer_span(&rendered)));
    json_object_set_new(record, "mentions", mentioned_people(text));
}

/* The words of a body that people say in words, whatever its kind. */
static struct span words_of(const struct content *content, struct arena *arena)
{
    const struct content_kind_row *row = content_kind_find(content->kind);
    union {
        struct content_text text;
        struct content_idea idea;
        struct content_action action;
        struct content_file file;
    } body;
    if (content->kind == CONTENT_FILE)
        return content_decode_body(content, arena, &body.file) == STATUS_OK ? body.file.name
                                                                            : SPAN_EMPTY;
    if (row == NULL || !revision_is_text(content->kind) ||
        content_decode_body(content, arena, &body) != STATUS_OK)
        return SPAN_EMPTY;
    if (row->body == &content_idea_schema)
        return body.idea.text;
    return row->body == &content_action_schema ? body.action.text : body.text.text;
}

/* The first line, cut between two characters. */
static struct span cut(struct span text, bool *more)
{
    struct span line = SPAN_EMPTY;
    struct span rest = text;
    if (clean_next_line(&rest, &line))
        line = utf8_fitting(line, QUOTE_BYTES);
    *more = line.len < text.len;
    return line;
}

/* ---- replies ---- */

static void quote(struct out *out, struct engine *engine, const struct stored_entry *target)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    CLEANUP(buffer_clear) struct buffer rendered = BUFFER_INIT(RENDERED_BYTES_MAX);
    struct content content;
    struct people_name name;
    bool more = false;
    people_name(engine, &target->person, &name);
    if (target->fate == ENTRY_DELETED || entry_content(target, &content) != STATUS_OK) {
        out_line(out, SHOW_INDENT "> %s %s", message_number(target->sequence).text,
                 target->fate == ENTRY_DELETED ? "(deleted)" : "(cannot be read here)");
        return;
    }
    const struct content_kind_row *row = content_kind_find(content.kind);
    if (people_render(engine, words_of(&content, &arena), &rendered) != STATUS_OK)
        buffer_clear(&rendered);
    struct span shown = cut(buffer_span(&rendered), &more);
    if (shown.len == 0 && row != NULL)
        shown = span_from_text(row->name);
    out_line(out, SHOW_INDENT "> %s %s: %.*s%s", message_number(target->sequence).text, name.name,
             OUT_SPAN(shown), more ? "..." : "");
}

void show_about_reply(struct out *out,
                      struct engine *engine,
                      const struct channel *channel,
                      const struct id *reply_to,
                      json_t *record)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry target;
    if (id_is_none(reply_to))
        return;
    if (entry_get_message(engine, &channel->id, reply_to, &bytes, &arena, &target) != STATUS_OK) {
        out_line(out, SHOW_INDENT "> (a message that you cannot read here)");
        return;
    }
    quote(out, engine, &target);
    json_object_set_new(record, "reply_sequence", json_integer((json_int_t)target.sequence));
}

/* ---- reactions ---- */

/* "thanks: Ann, Bea", from the first reaction with a text on. */
static void show_reaction(struct out *out,
                          struct engine *engine,
                          const struct revision_reaction *reactions,
                          size_t count)
{
    CLEANUP(buffer_clear) struct buffer names = BUFFER_INIT(RENDERED_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct people_name name;
        if (!span_equal(reactions[i].text, reactions[0].text))
            continue;
        people_name(engine, &reactions[i].person, &name);
        if (names.len != 0 && buffer_append(&names, SPAN_LITERAL(", ")) != STATUS_OK)
            break;
        if (buffer_append(&names, span_from_text(name.name)) != STATUS_OK)
            break;
    }
    out_line(out, SHOW_INDENT "%.*s %.*s", OUT_SPAN(reactions[0].text),
             OUT_SPAN(buffer_span(&names)));
}

static bool came_before(const struct revision_reaction *reactions, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (span_equal(reactions[i].text, reactions[at].text))
            return true;
    return false;
}

void show_about_reactions(struct out *out,
                          struct engine *engine,
                          const struct channel *channel,
                          const struct stored_entry *entry,
                          json_t *record)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct revision_reaction *reactions = NULL;
    size_t count = 0;
    json_t *list = json_array();
    if (revision_reactions(engine, &channel->id, &entry->message, &arena, &reactions, &count) !=
        STATUS_OK)
        count = 0;
    for (size_t i = 0; i < count; i++) {
        char person[ID_TEXT_SIZE];
        id_text(&reactions[i].person, person);
        json_array_append_new(list, json_pack("{s:o, s:s}", "text",
                                              out_json_text(reactions[i].text), "person", person));
        if (!came_before(reactions, i))
            show_reaction(out, engine, &reactions[i], count - i);
    }
    json_object_set_new(record, "reactions", list);
}

/* ---- messages about messages ---- */

/* "12", or what stands for a message that is not here. */
static void name_target(struct engine *engine,
                        const struct channel *channel,
                        const struct id *message,
                        uint64_t *sequence,
                        char *text,
                        size_t size)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry target;
    *sequence = 0;
    snprintf(text, size, "a message that you cannot read here");
    if (entry_get_message(engine, &channel->id, message, &bytes, &arena, &target) != STATUS_OK)
        return;
    *sequence = target.sequence;
    snprintf(text, size, "number %s", message_number(target.sequence).text);
}

static void show_edit(struct out *out,
                      struct engine *engine,
                      const struct content *content,
                      struct arena *arena,
                      json_t *record)
{
    struct content_edit edit;
    if (content_decode_body(content, arena, &edit) != STATUS_OK)
        return;
    struct content edited = {.kind = edit.kind, .body = edit.body};
    show_about_text(out, engine, words_of(&edited, arena), record);
}

bool show_about_other(struct out *out,
                      struct engine *engine,
                      const struct channel *channel,
                      const struct stored_entry *entry,
                      const struct show_entry_around *around,
                      json_t *record)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct content content;
    struct content_reaction reaction = {.text = SPAN_EMPTY};
    struct people_name name;
    struct id message;
    char target[64];
    char text[LIMIT_NAME_BYTES + LIMIT_REACTION_BYTES + sizeof target + 32];
    uint64_t sequence;
    if (entry_content(entry, &content) != STATUS_OK ||
        revision_target(entry, &message) != STATUS_OK)
        return false;
    people_name(engine, &entry->person, &name);
    name_target(engine, channel, &message, &sequence, target, sizeof target);
    bool shown = sequence == 0 || sequence < around->seen_from || entry->warning.len != 0;
    json_object_set_new(record, "target", json_integer((json_int_t)sequence));
    if (content.kind == CONTENT_REACTION &&
        content_decode_body(&content, &arena, &reaction) == STATUS_OK) {
        json_object_set_new(record, "text", out_json_text(reaction.text));
        json_object_set_new(record, "on", json_boolean(reaction.on));
        snprintf(text, sizeof text, "%s: %s%.*s on %s", name.name, reaction.on ? "" : "no longer ",
                 OUT_SPAN(reaction.text), target);
    } else {
        snprintf(text, sizeof text, "%s %s %s", name.name,
                 content.kind == CONTENT_EDIT ? "edited" : "deleted", target);
    }
    if (shown)
        show_entry_aside(out, channel, around, text);
    if (content.kind == CONTENT_EDIT && (shown || out_is_json(out)))
        show_edit(out, engine, &content, &arena, record);
    return true;
}

void show_about_deleted(struct engine *engine,
                        const struct stored_entry *entry,
                        char text[SHOW_ABOUT_DELETED_SIZE],
                        json_t *record)
{
    struct people_name name;
    char person[ID_TEXT_SIZE] = "";
    snprintf(text, SHOW_ABOUT_DELETED_SIZE, "  (not kept by the server any more)");
    if (entry->deleted != 0) {
        id_text(&entry->deleted_by, person);
        people_name(engine, &entry->deleted_by, &name);
        snprintf(text, SHOW_ABOUT_DELETED_SIZE, "  (deleted by %s)", name.name);
    }
    json_object_set_new(record, "deleted_by", json_string(person));
}
