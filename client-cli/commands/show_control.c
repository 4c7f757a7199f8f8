/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/show_control.h"

#include "client-cli/commands/show_about.h"
#include "client-cli/core/people.h"
#include "protocol/wire/message_header.h"
#include "protocol/wire/sessions.h"

#include <stdio.h>

/* Of people who are let in at once, so many are named. */
#define NAMED_MAX 4
#define TEXT_SIZE 1200

/* A decoded control message. */
struct control {
    struct arena arena;
    struct content content;
    union {
        struct content_channel_state state;
        struct content_stage stage;
        struct content_admission admission;
        struct content_history history;
    } body;
};

static void control_clear(struct control *control)
{
    arena_clear(&control->arena);
}

/* Whether it is one that can be told in a line of its own: what has a warning is shown in full. */
static bool control_read(const struct stored_entry *entry, struct control *control)
{
    *control = (struct control){.arena = ARENA_INIT(LIMIT_DECODED_BYTES)};
    if (entry->warning.len != 0 || entry_content(entry, &control->content) != STATUS_OK)
        return false;
    const struct content_kind_row *kind = content_kind_find(control->content.kind);
    return kind != NULL && kind->lane == LANE_CONTROL &&
           content_decode_body(&control->content, &control->arena, &control->body) == STATUS_OK;
}

/* ---- what the channel is called ---- */

struct before {
    const struct control *now;
    bool same;
};

static enum status find_before(void *context, const struct stored_entry *entry)
{
    CLEANUP(control_clear) struct control earlier;
    struct before *before = context;
    if (!control_read(entry, &earlier) || earlier.content.kind != CONTENT_CHANNEL_STATE)
        return STATUS_OK;
    before->same = span_equal(earlier.content.body, before->now->content.body);
    return STATUS_CANCELLED;
}

/* It is sent again for everybody who comes in. */
static bool is_known_state(struct engine *engine,
                           const struct channel *channel,
                           const struct stored_entry *entry,
                           const struct control *control)
{
    struct before before = {control, false};
    struct entry_walk walk = {.channel = channel->id,
                              .from = 1,
                              .to = entry->sequence - 1,
                              .backwards = true,
                              .visit = find_before,
                              .context = &before};
    return entry->sequence > 1 && entry_walk(engine, &walk) == STATUS_OK && before.same;
}

/* ---- in words ---- */

/* "Bea, Cy and 3 more". */
static void name_people(struct engine *engine,
                        const struct content_admission *admission,
                        char *text,
                        size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < admission->count && i < NAMED_MAX; i++) {
        struct people_name name;
        people_name(engine, &admission->people[i].person, &name);
        used += (size_t)snprintf(text + used, size - used, "%s%s", i == 0 ? "" : ", ", name.name);
    }
    if (admission->count > NAMED_MAX)
        snprintf(text + used, size - used, " and %zu more", admission->count - NAMED_MAX);
}

static const char *stage_text(uint8_t action)
{
    switch ((enum wire_stage_action)action) {
    case STAGE_START:
        return "started the session";
    case STAGE_NEXT:
        return "moved the session to its next stage";
    case STAGE_EXTEND:
        return "gave the stage more time";
    case STAGE_PAUSE:
        return "paused the session";
    case STAGE_RESUME:
        return "went on with the session";
    case STAGE_END:
        return "ended the session";
    }
    return "changed the session";
}

/* Whom somebody lets in shows with the change that does it, but for what was shared: there it is
 * not told what a change did. */
static bool is_silent(struct engine *engine,
                      const struct channel *channel,
                      const struct stored_entry *entry,
                      const struct control *control)
{
    uint16_t kind = control->content.kind;
    if (kind == CONTENT_CHANNEL_STATE)
        return is_known_state(engine, channel, entry, control);
    return kind == CONTENT_HISTORY || (kind == CONTENT_ADMISSION && id_is_none(&entry->shared_by));
}

bool show_control_is_silent(struct engine *engine,
                            const struct channel *channel,
                            const struct stored_entry *entry)
{
    CLEANUP(control_clear) struct control control;
    if (control_read(entry, &control))
        return is_silent(engine, channel, entry, &control);
    bool empty = entry->fate == ENTRY_REPEATED || entry->fate == ENTRY_CONTROL ||
                 (entry->fate == ENTRY_CHANGED && entry->change_count == 0);
    return empty && entry->warning.len == 0;
}

static void describe(struct engine *engine,
                     const struct stored_entry *entry,
                     const struct control *control,
                     char *text,
                     size_t size)
{
    struct people_name by;
    char people[NAMED_MAX * (LIMIT_NAME_BYTES + 2) + 32];
    people_name(engine, &entry->person, &by);
    if (control->content.kind == CONTENT_CHANNEL_STATE) {
        snprintf(text, size, "the channel is called \"%.*s\"", OUT_SPAN(control->body.state.title));
    } else if (control->content.kind == CONTENT_STAGE) {
        snprintf(text, size, "%s %s", by.name, stage_text(control->body.stage.action));
    } else {
        name_people(engine, &control->body.admission, people, sizeof people);
        snprintf(text, size, "%s let in: %s", by.name, people);
    }
}

bool show_control(struct out *out,
                  struct engine *engine,
                  const struct channel *channel,
                  const struct stored_entry *entry,
                  const struct show_entry_around *around)
{
    CLEANUP(control_clear) struct control control;
    char text[TEXT_SIZE];
    if (!control_read(entry, &control))
        return false;
    if (is_silent(engine, channel, entry, &control))
        return true;
    describe(engine, entry, &control, text, sizeof text);
    show_entry_aside(out, channel, around, text);
    if (control.content.kind == CONTENT_CHANNEL_STATE)
        out_text(out, SHOW_INDENT, control.body.state.brief);
    return true;
}
