/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/show_session.h"

#include "client-cli/core/message_number.h"
#include "client-cli/core/people.h"
#include "client-cli/core/sealed_answers.h"
#include "client-cli/core/session_record.h"
#include "client-cli/core/session_turn.h"

#include <stdio.h>

#define MINUTE_MS (INT64_C(60) * 1000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* One session on its way to the screen. */
struct showing {
    struct out *out;
    struct engine *engine;
    struct channel *channel;
    struct session_view view;
    json_t *record;
};

void show_session_time(int64_t left_ms, char text[SHOW_SESSION_TIME_SIZE])
{
    bool over = left_ms < 0;
    int64_t time = over ? -left_ms : left_ms;
    char amount[32];
    /* To the nearest of the smaller unit. */
    if (time >= DAY_MS - HOUR_MS / 2)
        time += HOUR_MS / 2;
    else if (time >= MINUTE_MS - MINUTE_MS / 2)
        time += MINUTE_MS / 2;
    if (time >= DAY_MS)
        snprintf(amount, sizeof amount, "%lld day%s %lld h", (long long)(time / DAY_MS),
                 time < 2 * DAY_MS ? "" : "s", (long long)(time % DAY_MS / HOUR_MS));
    else if (time >= HOUR_MS)
        snprintf(amount, sizeof amount, "%lld h %lld min", (long long)(time / HOUR_MS),
                 (long long)(time % HOUR_MS / MINUTE_MS));
    else if (time >= MINUTE_MS)
        snprintf(amount, sizeof amount, "%lld min", (long long)(time / MINUTE_MS));
    else
        snprintf(amount, sizeof amount, "%lld s", (long long)(time / 1000));
    snprintf(text, SHOW_SESSION_TIME_SIZE, "%s%s", over ? "over time by " : "", amount);
}

static const char *state_name(uint8_t state)
{
    static const char *const names[] = {"unknown", "planned", "running", "paused", "ended"};
    return state < sizeof names / sizeof *names ? names[state] : names[0];
}

static const char *mover_name(enum session_mover mover)
{
    switch (mover) {
    case SESSION_MOVER_NOBODY:
        return "nobody";
    case SESSION_MOVER_FACILITATOR:
        return "facilitator";
    case SESSION_MOVER_SERVER:
        return "server";
    case SESSION_MOVER_UNKNOWN:
        return "unknown";
    }
    return "unknown";
}

/* ---- where it stands ---- */

static void show_stage_line(const struct showing *showing)
{
    const struct session_view *view = &showing->view;
    const struct format_stage *stage = view->stage;
    char time[SHOW_SESSION_TIME_SIZE] = "";
    int64_t left_ms = 0;
    if (stage == NULL && view->wire->state == SESSION_PLANNED) {
        bool assist = span_starts_with(view->format.name, SPAN_LITERAL("peer-assist"));
        out_prose(showing->out, "It has not begun. A facilitator begins it: weft %s",
                  assist ? "peer-assist open" : "stage start");
        return;
    }
    if (stage == NULL) {
        out_prose(showing->out, "It is over. What remains of it: weft harvest");
        return;
    }
    bool clock = session_time_left(showing->engine, view, &left_ms);
    if (clock)
        show_session_time(left_ms, time);
    out_heading(showing->out, "Stage %u of %zu: %.*s%s%s%s%s", view->wire->stage + 1u,
                view->format.stage_count, OUT_SPAN(stage->title), clock ? ", " : "", time,
                clock && left_ms >= 0 ? " left" : "",
                view->wire->state == SESSION_PAUSED ? " (paused)" : "");
    out_prose(showing->out, "  %.*s", OUT_SPAN(stage->prompt));
}

static void show_turn(const struct showing *showing)
{
    const struct session_view *view = &showing->view;
    char speakers[200];
    char commands[200];
    if (view->stage == NULL)
        return;
    session_turn_speakers(&view->format, view->stage, speakers, sizeof speakers);
    session_turn_commands(view->stage, commands, sizeof commands);
    out_prose(showing->out, "  The floor is for: %s.", speakers);
    bool turn = format_may_speak(view->stage, channel_own_roles(showing->engine, showing->channel));
    if (turn && view->wire->state != SESSION_PAUSED)
        out_prose(showing->out, "  You may speak: %s.", commands);
    else
        out_prose(showing->out, "  You listen now. Notes and offers are always open: weft note, "
                                "weft offer.");
    json_object_set_new(showing->record, "speakers", out_json_text(span_from_text(speakers)));
    json_object_set_new(showing->record, "may_speak", json_boolean(turn));
}

static void show_mover(const struct showing *showing)
{
    const struct session_view *view = &showing->view;
    struct people_name name = {"", ""};
    char person[ID_TEXT_SIZE];
    json_object_set_new(showing->record, "set_by", json_string(mover_name(view->mover)));
    if (view->mover == SESSION_MOVER_SERVER)
        out_prose(showing->out, "  !! set by the server: no facilitator signed this change");
    if (view->mover == SESSION_MOVER_UNKNOWN)
        out_line(showing->out, "  (changed last before you joined)");
    if (view->mover != SESSION_MOVER_FACILITATOR)
        return;
    people_name(showing->engine, &view->moved_by, &name);
    id_text(&view->moved_by, person);
    out_line(showing->out, "  (set by %s)", name.name);
    json_object_set_new(showing->record, "set_by_person", json_string(person));
    json_object_set_new(showing->record, "set_by_name", out_json_text(span_from_text(name.name)));
}

/* ---- what was said ---- */

static enum status show_answers(const struct showing *showing)
{
    struct sealed_answer_list list;
    size_t counts[REVEAL_FALSE + 1] = {0};
    TRY(sealed_answers_list(showing->engine, showing->channel, &list));
    for (size_t i = 0; i < list.count; i++)
        counts[list.items[i].reveal]++;
    if (list.count != 0)
        out_prose(showing->out,
                  "  Sealed answers: %zu open, %zu not revealed, %zu with a false key (weft review "
                  "reveal shows them)",
                  counts[REVEAL_OPEN], counts[REVEAL_WAITING], counts[REVEAL_FALSE]);
    json_object_set_new(showing->record, "answers",
                        json_pack("{s:I, s:I, s:I}", "open", (json_int_t)counts[REVEAL_OPEN],
                                  "waiting", (json_int_t)counts[REVEAL_WAITING], "false",
                                  (json_int_t)counts[REVEAL_FALSE]));
    sealed_answer_list_clear(&list);
    return STATUS_OK;
}

struct breach_search {
    const struct showing *showing;
    const struct session_steps *steps;
    json_t *list;
};

static enum status show_breach(void *context, const struct stored_entry *entry)
{
    const struct breach_search *search = context;
    const char *breach = session_record_breach(search->steps, entry);
    if (breach == NULL)
        return STATUS_OK;
    out_prose(search->showing->out, "  !! number %s: %s", message_number(entry->sequence).text,
              breach);
    json_array_append_new(search->list, json_pack("{s:I, s:s}", "sequence",
                                                  (json_int_t)entry->sequence, "text", breach));
    return STATUS_OK;
}

static enum status show_breaches(const struct showing *showing)
{
    struct session_steps steps;
    TRY(session_record_steps(showing->engine, showing->channel, &showing->view, &steps));
    struct breach_search search = {showing, &steps, json_array()};
    struct entry_walk walk = {.channel = showing->channel->id,
                              .to = UINT64_MAX,
                              .visit = show_breach,
                              .context = &search};
    enum status status = session_record_begin(showing->engine, showing->channel, &walk.from);
    if (status == STATUS_OK)
        status = entry_walk(showing->engine, &walk);
    json_object_set_new(showing->record, "breaches", search.list);
    session_steps_clear(&steps);
    return status;
}

/* ---- all of it ---- */

static json_t *kinds_json(const struct format_stage *stage)
{
    json_t *kinds = json_array();
    for (size_t i = 0; stage != NULL && i < stage->kind_count; i++) {
        const struct content_kind_row *row = content_kind_find(stage->kinds[i].kind);
        json_array_append_new(kinds, json_string(row == NULL ? "unknown" : row->name));
    }
    return kinds;
}

static json_t *begin_record(const struct showing *showing)
{
    const struct session_view *view = &showing->view;
    const struct wire_session *wire = view->wire;
    char channel[ID_TEXT_SIZE];
    char session[ID_TEXT_SIZE];
    int64_t left_ms = 0;
    bool clock = session_time_left(showing->engine, view, &left_ms);
    id_text(&showing->channel->id, channel);
    id_text(&wire->session, session);
    json_t *record = json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:s, s:I, s:I, s:I, s:b, s:I, s:I, s:o}", "type", "session",
        "channel", channel, "session", session, "title", out_json_text(showing->channel->title),
        "format", out_json_text(view->format.name), "state", state_name(wire->state), "counter",
        (json_int_t)wire->counter, "stage_number", (json_int_t)wire->stage + 1, "stage_count",
        (json_int_t)view->format.stage_count, "timed", (int)wire->timed, "deadline",
        (json_int_t)wire->deadline, "starts", (json_int_t)wire->starts, "kinds",
        kinds_json(view->stage));
    if (view->stage != NULL) {
        json_object_set_new(record, "stage", out_json_text(view->stage->name));
        json_object_set_new(record, "stage_title", out_json_text(view->stage->title));
        json_object_set_new(record, "prompt", out_json_text(view->stage->prompt));
    }
    if (clock)
        json_object_set_new(record, "left_ms", json_integer(left_ms));
    return record;
}

static enum status show_all(const struct showing *showing, enum show_session_extent extent)
{
    out_heading(showing->out, "%.*s: %.*s", OUT_SPAN(showing->view.format.title),
                OUT_SPAN(showing->channel->title));
    show_stage_line(showing);
    show_turn(showing);
    show_mover(showing);
    if (extent == SHOW_SESSION_CHANGE)
        return STATUS_OK;
    TRY(show_answers(showing));
    return show_breaches(showing);
}

enum status show_session(struct out *out,
                         struct engine *engine,
                         struct channel *channel,
                         enum show_session_extent extent)
{
    struct showing showing = {.out = out, .engine = engine, .channel = channel};
    TRY(session_view_open(engine, channel, &showing.view));
    showing.record = begin_record(&showing);
    enum status status = show_all(&showing, extent);
    if (status == STATUS_OK)
        out_record(out, showing.record);
    else
        json_decref(showing.record);
    session_view_clear(&showing.view);
    return status;
}
