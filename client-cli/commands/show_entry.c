/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/show_entry.h"

#include "client-cli/commands/show_about.h"
#include "client-cli/commands/show_control.h"
#include "client-cli/core/message_number.h"
#include "client-cli/core/people.h"
#include "client-cli/core/revision.h"
#include "client-cli/core/sealed_answers.h"
#include "protocol/content/content.h"
#include "protocol/content/mention.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* All bodies, so that one decode serves. */
union body {
    struct content_text text;
    struct content_idea idea;
    struct content_action action;
    struct content_mark mark;
    struct content_sealed sealed;
    struct content_reveal reveal;
    struct content_harvest harvest;
    struct content_file file;
    struct content_channel_state state;
    struct content_stage stage;
    struct content_admission admission;
    struct content_history history;
};

void show_entry_time(int64_t time_ms, char text[SHOW_TIME_SIZE])
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm local;
    if (localtime_r(&seconds, &local) == NULL ||
        strftime(text, SHOW_TIME_SIZE, "%Y-%m-%d %H:%M", &local) == 0)
        text[0] = '\0';
}

/* ---- messages ---- */

static const char *stage_action(uint8_t action)
{
    static const char *const names[] = {
        "", "started", "moved to the next stage", "extended", "paused", "resumed", "ended"};
    return action < sizeof names / sizeof *names ? names[action] : "changed";
}

/* The part of a body that is told apart from its text; sets the record's fields. */
static void show_action(struct out *out,
                        struct engine *engine,
                        const struct content_action *action,
                        json_t *record)
{
    char due[SHOW_TIME_SIZE] = "";
    if (action->due != 0)
        show_entry_time(action->due, due);
    due[due[0] == '\0' ? 0 : 10] = '\0'; /* the day */
    show_about_text(out, engine, action->text, record);
    if (action->owner.len != 0 || due[0] != '\0')
        out_line(out, SHOW_INDENT "owner: %.*s%s%s", OUT_SPAN(action->owner),
                 due[0] == '\0' ? "" : ", by ", due);
    json_object_set_new(record, "owner", out_json_text(action->owner));
    json_object_set_new(record, "due", json_integer(action->due));
}

static void show_harvest(struct out *out, const struct content_harvest *harvest, json_t *record)
{
    json_t *items = json_array();
    for (size_t i = 0; i < harvest->item_count; i++) {
        const struct content_harvest_item *item = &harvest->items[i];
        out_line(out, SHOW_INDENT "%.*s:", OUT_SPAN(item->field));
        out_text(out, SHOW_INDENT SHOW_INDENT, item->text);
        json_array_append_new(items, json_pack("{s:o, s:o}", "field", out_json_text(item->field),
                                               "text", out_json_text(item->text)));
    }
    json_object_set_new(record, "items", items);
    json_object_set_new(record, "follow_up", json_integer(harvest->follow_up));
}

static void show_id(const char *name, const struct id *id, json_t *record)
{
    char text[ID_TEXT_SIZE];
    id_text(id, text);
    json_object_set_new(record, name, json_string(text));
}

static void
show_admission(struct out *out, const struct content_admission *admission, json_t *record)
{
    json_t *people = json_array();
    for (size_t i = 0; i < admission->count; i++) {
        char id[ID_TEXT_SIZE];
        id_text(&admission->people[i].person, id);
        json_array_append_new(people, json_string(id));
    }
    out_line(out, SHOW_INDENT "lets %zu %s in", admission->count,
             admission->count == 1 ? "person" : "people");
    json_object_set_new(record, "people", people);
}

/* Who asked, and how much it is; the keys are nobody's to see. */
static void show_shared(struct out *out,
                        struct engine *engine,
                        const struct content_history *history,
                        json_t *record)
{
    struct people_name name;
    uint64_t entries = 0;
    for (size_t i = 0; i < history->segment_count; i++)
        entries += history->segments[i].last - history->segments[i].first + 1;
    show_id("asked_by", &history->asked_by, record);
    json_object_set_new(record, "entries", json_integer((json_int_t)entries));
    if (id_is_none(&history->asked_by)) {
        out_line(out, SHOW_INDENT "has sealed %llu entries for whoever joins",
                 (unsigned long long)entries);
        return;
    }
    people_name(engine, &history->asked_by, &name);
    out_line(out, SHOW_INDENT "gives %s, and all who are here, the keys of %llu entries of before",
             name.name, (unsigned long long)entries);
}

static void show_file(struct out *out,
                      const struct stored_entry *entry,
                      const struct content_file *file,
                      json_t *record)
{
    out_line(out, SHOW_INDENT "%.*s, %llu bytes (to keep it: weft file save %s)",
             OUT_SPAN(file->name), (unsigned long long)file->size,
             message_number(entry->sequence).text);
    json_object_set_new(record, "file_name", out_json_text(file->name));
    json_object_set_new(record, "media_type", out_json_text(file->media_type));
    json_object_set_new(record, "size", json_integer((json_int_t)file->size));
}

static void show_body(
    struct out *out, struct engine *engine, uint16_t kind, const union body *body, json_t *record)
{
    switch ((enum content_kind)kind) {
    case CONTENT_TEXT:
    case CONTENT_CONTEXT:
    case CONTENT_QUESTION:
    case CONTENT_ANSWER:
    case CONTENT_SUMMARY:
    case CONTENT_FOLLOW_UP:
    case CONTENT_NOTE:
    case CONTENT_OFFER:
    case CONTENT_LESSON:
        show_about_text(out, engine, body->text.text, record);
        return;
    case CONTENT_IDEA:
    case CONTENT_LAST_IDEA:
        show_about_text(out, engine, body->idea.text, record);
        if (body->idea.reason.len != 0)
            out_line(out, SHOW_INDENT "because: %.*s", OUT_SPAN(body->idea.reason));
        json_object_set_new(record, "reason", out_json_text(body->idea.reason));
        return;
    case CONTENT_COMMITMENT:
    case CONTENT_ACTION:
        show_action(out, engine, &body->action, record);
        return;
    case CONTENT_SEALED:
        out_line(out, SHOW_INDENT "(written, and sealed until the reveal)");
        return;
    case CONTENT_REVEAL: /* show_reveal */
    case CONTENT_FILE:   /* show_file */
        return;
    case CONTENT_HAND:
    case CONTENT_VOTE:
    case CONTENT_APPROVAL:
        out_line(out, SHOW_INDENT "%s", body->mark.on ? "yes" : "no longer");
        json_object_set_new(record, "on", json_boolean(body->mark.on));
        return;
    case CONTENT_HARVEST:
        show_harvest(out, &body->harvest, record);
        return;
    case CONTENT_REACTION: /* show_about_other */
    case CONTENT_EDIT:
    case CONTENT_DELETION:
        return;
    case CONTENT_CHANNEL_STATE:
        show_about_text(out, engine, body->state.title, record);
        out_text(out, SHOW_INDENT, body->state.brief);
        return;
    case CONTENT_STAGE:
        out_line(out, SHOW_INDENT "the session is %s", stage_action(body->stage.action));
        json_object_set_new(record, "action", json_string(stage_action(body->stage.action)));
        return;
    case CONTENT_ADMISSION:
        show_admission(out, &body->admission, record);
        return;
    case CONTENT_HISTORY:
        show_shared(out, engine, &body->history, record);
        return;
    }
}

/* The answer itself: what was sealed could not be read where it stands. */
static void show_reveal(struct out *out,
                        struct engine *engine,
                        const struct channel *channel,
                        const struct id *person,
                        const struct content_reveal *reveal,
                        json_t *record)
{
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(LIMIT_TEXT_BYTES);
    enum floor_reveal result;
    show_id("reveals", &reveal->message, record);
    if (sealed_answers_open(engine, channel, person, reveal, &result, &text) != STATUS_OK)
        return;
    if (result == REVEAL_OPEN)
        show_about_text(out, engine, buffer_span(&text), record);
    else if (result == REVEAL_FALSE)
        out_prose(out, "  !! this key does not open what was written");
    else
        out_line(out, SHOW_INDENT "(opens an answer that is not here)");
}

static void show_content(struct out *out,
                         struct engine *engine,
                         const struct channel *channel,
                         const struct stored_entry *entry,
                         json_t *record)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct content content;
    union body body;
    if (entry_content(entry, &content) != STATUS_OK)
        return;
    show_id("reply_to", &content.reply_to, record);
    show_about_reply(out, engine, channel, &content.reply_to, record);
    if (content_kind_find(content.kind) == NULL) {
        out_line(out, SHOW_INDENT "(said with a newer version of weft: kind %u)", content.kind);
        return;
    }
    if (content_decode_body(&content, &arena, &body) != STATUS_OK)
        out_line(out, SHOW_INDENT "(cannot be read)");
    else if (content.kind == CONTENT_REVEAL)
        show_reveal(out, engine, channel, &entry->person, &body.reveal, record);
    else if (content.kind == CONTENT_FILE)
        show_file(out, entry, &body.file, record);
    else
        show_body(out, engine, content.kind, &body, record);
    show_about_reactions(out, engine, channel, entry, record);
    json_object_set_new(record, "edited", json_integer((json_int_t)entry->edited));
}

static const char *kind_name(const struct stored_entry *entry)
{
    struct content content;
    if (entry_content(entry, &content) != STATUS_OK)
        return "";
    const struct content_kind_row *kind = content_kind_find(content.kind);
    return kind == NULL ? "unknown" : kind->name;
}

/* ---- commits ---- */

/* Whoever admitted somebody need not be online when a member's client adds them. */
static void describe_added(struct engine *engine,
                           const struct stored_entry *entry,
                           const struct entry_change *change,
                           char *text,
                           size_t size)
{
    struct people_name who;
    struct people_name committer;
    struct people_name by;
    people_name(engine, &change->person, &who);
    people_name(engine, &entry->person, &committer);
    if (id_is_none(&change->by) || id_equal(&change->by, &entry->person)) {
        snprintf(text, size, "%s let %s in", committer.name, who.name);
        return;
    }
    people_name(engine, &change->by, &by);
    snprintf(text, size, "%s let %s in (committed by %s)", by.name, who.name, committer.name);
}

static void describe_change(struct engine *engine,
                            const struct stored_entry *entry,
                            const struct entry_change *change,
                            char *text,
                            size_t size)
{
    struct people_name by;
    struct people_name who;
    struct people_name admin;
    people_name(engine, &entry->person, &by);
    people_name(engine, &change->person, &who);
    switch ((enum entry_change_kind)change->kind) {
    case ENTRY_ADDED:
        describe_added(engine, entry, change, text, size);
        return;
    case ENTRY_REMOVED:
        snprintf(text, size, "%s is out of the channel (committed by %s)", who.name, by.name);
        return;
    case ENTRY_JOINED:
        snprintf(text, size, "%s joined", who.name);
        return;
    case ENTRY_REJOINED:
        snprintf(text, size, "%s came back with a fresh key", who.name);
        return;
    case ENTRY_ROLES:
        if (id_is_none(&change->person))
            snprintf(text, size, "%s changed the rules of the channel", by.name);
        else if (id_equal(&change->person, &entry->person))
            snprintf(text, size, "%s changed their own roles", by.name);
        else
            snprintf(text, size, "%s changed the roles of %s", by.name, who.name);
        return;
    case ENTRY_DEVICE_ADDED:
        if (id_equal(&entry->person, &change->person))
            snprintf(text, size, "%s added a device", who.name);
        else
            snprintf(text, size, "%s added a device (committed by %s)", who.name, by.name);
        return;
    case ENTRY_DEVICE_REMOVED:
        snprintf(text, size, "a device of %s is out of the channel (committed by %s)", who.name,
                 by.name);
        return;
    case ENTRY_DORMANT:
        snprintf(text, size,
                 "a device of %s was not seen for long and is out of the channel until it comes "
                 "back (committed by %s)",
                 who.name, by.name);
        return;
    case ENTRY_RETURNED:
        snprintf(text, size, "%s came back after a long absence", who.name);
        return;
    case ENTRY_ADDED_RESET:
        people_name(engine, &change->by, &admin);
        snprintf(text, size, "%s let %s in, on a new device that %s signed as admin", by.name,
                 who.name, admin.name);
        return;
    }
    snprintf(text, size, "a change of a newer version");
}

void show_entry_aside(struct out *out,
                      const struct channel *channel,
                      const struct show_entry_around *around,
                      const char *text)
{
    struct span title = around->with_title ? channel->title : SPAN_EMPTY;
    out_prose(out, "  -- %s%s%.*s", text, title.len == 0 ? "" : "  in ", OUT_SPAN(title));
}

/* The others of a kind, of which ENTRY_CHANGES_NAMED were told by name. */
static void show_rest(struct out *out, const struct stored_entry *entry, size_t at)
{
    if (entry_changes_alike(entry, at, at) == ENTRY_CHANGES_NAMED)
        out_prose(out, "  -- and %zu more likewise: weft channel show tells who is in",
                  entry_changes_alike(entry, at, entry->change_count) - ENTRY_CHANGES_NAMED);
}

static void show_changes(struct out *out,
                         struct engine *engine,
                         const struct channel *channel,
                         const struct stored_entry *entry,
                         const struct show_entry_around *around,
                         json_t *record)
{
    static const char *const names[] = {
        "",        "added",        "removed",        "joined",      "rejoined",
        "roles",   "device added", "device removed", "added reset", "dormant",
        "returned"};
    json_t *changes = json_array();
    for (size_t i = 0; i < entry->change_count; i++) {
        const struct entry_change *change = &entry->changes[i];
        char text[500] = "";
        char person[ID_TEXT_SIZE];
        id_text(&change->person, person);
        if (entry_change_is_named(entry, i)) {
            describe_change(engine, entry, change, text, sizeof text);
            show_entry_aside(out, channel, around, text);
        } else {
            show_rest(out, entry, i);
        }
        bool known = change->kind < sizeof names / sizeof *names;
        json_array_append_new(changes, json_pack("{s:s, s:s, s:s}", "change",
                                                 known ? names[change->kind] : "", "person", person,
                                                 "text", text));
    }
    json_object_set_new(record, "changes", changes);
}

/* ---- any entry ---- */

static json_t *begin_record(const struct channel *channel, const struct stored_entry *entry)
{
    static const char *const types[] = {"",         "message", "change",   "before", "unreadable",
                                        "repeated", "deleted", "withheld", "control"};
    char id[ID_TEXT_SIZE];
    char message[ID_TEXT_SIZE];
    char person[ID_TEXT_SIZE];
    bool known = entry->fate < sizeof types / sizeof *types;
    id_text(&channel->id, id);
    id_text(&entry->message, message);
    id_text(&entry->person, person);
    return json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:i, s:I, s:o}", "type",
                     known ? types[entry->fate] : "unknown", "channel", id, "sequence",
                     (json_int_t)entry->sequence, "time", (json_int_t)entry->time, "message",
                     message, "person", person, "kind", kind_name(entry), "lane", (int)entry->lane,
                     "stage_counter", (json_int_t)entry->stage_counter, "warning",
                     out_json_text(entry->warning));
}

static bool mentions_us(const struct engine *engine, const struct stored_entry *entry)
{
    struct content content;
    /* In whatever field of the body it stands. */
    return entry_content(entry, &content) == STATUS_OK && revision_is_text(content.kind) &&
           mention_has(content.body, &engine->account.person);
}

#define KIND_TEXT_SIZE 40

/* Of before we joined: it is here because somebody shared it. */
#define SHARED_SIZE (LIMIT_NAME_BYTES + 32)

static void
describe_shared(struct engine *engine, const struct stored_entry *entry, char text[SHARED_SIZE])
{
    struct people_name name;
    text[0] = '\0';
    if (id_is_none(&entry->shared_by))
        return;
    people_name(engine, &entry->shared_by, &name);
    snprintf(text, SHARED_SIZE, "  (shared by %s)", name.name);
}

/* "last-idea", spelt as commands are. */
static const char *kind_for_people(const struct stored_entry *entry, char text[KIND_TEXT_SIZE])
{
    snprintf(text, KIND_TEXT_SIZE, "%s", kind_name(entry));
    for (char *at = text; *at != '\0'; at++)
        if (*at == '_')
            *at = '-';
    return text;
}

/* Who, when, and of what kind. */
static void show_head(struct out *out,
                      struct engine *engine,
                      const struct channel *channel,
                      const struct stored_entry *entry,
                      const struct show_entry_around *around,
                      const char *fate)
{
    char time[SHOW_TIME_SIZE];
    char shared[SHARED_SIZE];
    struct span title = around->with_title ? channel->title : SPAN_EMPTY;
    struct people_name name = {"somebody", ""};
    char kind_text[KIND_TEXT_SIZE];
    const char *kind = kind_for_people(entry, kind_text);
    describe_shared(engine, entry, shared);
    bool plain = strcmp(kind, "text") == 0 || kind[0] == '\0';
    if (!id_is_none(&entry->person))
        people_name(engine, &entry->person, &name);
    show_entry_time(entry->time, time);
    out_heading(out, "%s  %s  %s%s%s%s%s%s%s%s%s%s%s%s%.*s", message_number(entry->sequence).text,
                time, name.name, name.group[0] == '\0' ? "" : " (", name.group,
                name.group[0] == '\0' ? "" : ")", plain ? "" : " [", plain ? "" : kind,
                plain ? "" : "]", fate, entry->edited == 0 ? "" : "  (edited)",
                mentions_us(engine, entry) ? "  (mentions you)" : "", shared,
                title.len == 0 ? "" : "  in ", OUT_SPAN(title));
}

static void show_message(struct out *out,
                         struct engine *engine,
                         const struct channel *channel,
                         const struct stored_entry *entry,
                         const struct show_entry_around *around,
                         json_t *record)
{
    if (show_about_other(out, engine, channel, entry, around, record))
        return;
    if (!out_is_json(out) && show_control(out, engine, channel, entry, around))
        return;
    show_head(out, engine, channel, entry, around, "");
    show_content(out, engine, channel, entry, record);
    json_object_set_new(record, "mentions_you", json_boolean(mentions_us(engine, entry)));
}

static void show_by_fate(struct out *out,
                         struct engine *engine,
                         const struct channel *channel,
                         const struct stored_entry *entry,
                         const struct show_entry_around *around,
                         json_t *record)
{
    struct people_name name = {"somebody", ""};
    struct people_name shared_by = {"", ""};
    char deleted[SHOW_ABOUT_DELETED_SIZE];
    if (!id_is_none(&entry->shared_by))
        people_name(engine, &entry->shared_by, &shared_by);
    json_object_set_new(record, "shared_by", out_json_text(span_from_text(shared_by.name)));
    if (!id_is_none(&entry->person))
        people_name(engine, &entry->person, &name);
    json_object_set_new(record, "name", out_json_text(span_from_text(name.name)));
    json_object_set_new(record, "group", out_json_text(span_from_text(name.group)));
    switch ((enum entry_fate)entry->fate) {
    case ENTRY_READ:
        show_message(out, engine, channel, entry, around, record);
        return;
    case ENTRY_CHANGED:
        show_changes(out, engine, channel, entry, around, record);
        return;
    case ENTRY_BEFORE:
        show_entry_aside(out, channel, around, "sent before you joined");
        return;
    case ENTRY_UNREADABLE:
        show_entry_aside(out, channel, around, "a message that cannot be read here");
        return;
    case ENTRY_REPEATED:
        return;
    case ENTRY_CONTROL:
    case ENTRY_WITHHELD:
        if (entry_is_kept_back(entry))
            out_prose(out, "  -- %s was kept back", message_number(entry->sequence).text);
        else if (entry->fate == ENTRY_WITHHELD)
            out_prose(out, "  -- %s was not shared: deleted or no longer kept, says %s",
                      message_number(entry->sequence).text, shared_by.name);
        return;
    case ENTRY_DELETED:
        show_about_deleted(engine, entry, deleted, record);
        show_head(out, engine, channel, entry, around, deleted);
        return;
    }
}

void show_entry(struct out *out,
                struct engine *engine,
                const struct channel *channel,
                const struct stored_entry *entry,
                const struct show_entry_around *around)
{
    json_t *record = begin_record(channel, entry);
    show_by_fate(out, engine, channel, entry, around, record);
    if (entry->warning.len != 0)
        out_prose(out, "  !! %.*s", OUT_SPAN(entry->warning));
    out_record(out, record);
}
