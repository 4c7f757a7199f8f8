/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/session.h"

#include "client-cli/core/channel_commit.h"
#include "client-cli/core/channel_join.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/entry.h"
#include "client-cli/core/sealed_answers.h"
#include "client-cli/core/session_turn.h"

/* A session's counter when it was planned and not changed since. */
#define COUNTER_FIRST 1

/* ---- what the server says ---- */

static bool is_sane(const struct wire_session *session)
{
    const int64_t times[] = {session->remaining_ms, session->deadline, session->starts,
                             session->now};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (!engine_is_time(times[i]))
            return false;
    return session->counter >= COUNTER_FIRST && session->state >= SESSION_PLANNED &&
           session->state <= SESSION_ENDED;
}

/* Moves what the server said into the channel. */
static void
take(struct channel *channel, struct connection_reply *reply, const struct wire_session *session)
{
    connection_reply_clear(&channel->session_reply);
    channel->session_reply = *reply;
    *reply = CONNECTION_REPLY_INIT;
    channel->session = *session;
    channel->has_session = true;
}

static enum status agreed_format(struct engine *engine, struct channel *channel, bool *agreed)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_extension extension;
    TRY(channel_need_group(engine, channel));
    TRY(channel_extension(channel, &arena, &extension));
    *agreed = extension.format_digest.len != 0;
    return STATUS_OK;
}

static enum status check_member(struct engine *engine, const struct channel *channel)
{
    if (channel->state == CHANNEL_STATE_MEMBER)
        return STATUS_OK;
    return engine_explain(engine, STATUS_REMOVED,
                          channel->state == CHANNEL_STATE_STUCK
                              ? "this channel is stuck: weft channel resync"
                              : "you are not in this channel any more; weft read shows what "
                                "you could read until then");
}

/* A facilitator's word is in the log before the session moves: one that is not here was said after
 * the log was read. */
static enum status take_word(struct engine *engine, struct channel *channel)
{
    uint64_t sequence;
    if (id_is_none(&channel->session.control))
        return STATUS_OK;
    enum status found =
        entry_find_message(engine, &channel->id, &channel->session.control, &sequence);
    if (found != STATUS_NOT_FOUND)
        return found;
    TRY(channel_log_take_new(engine, channel));
    return check_member(engine, channel);
}

enum status session_refresh(struct engine *engine, struct channel *channel)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_session_show_request request = {.channel = channel->id};
    struct wire_session_show_response response;
    size_t revealed;
    bool agreed = false;
    TRY(check_member(engine, channel));
    TRY(agreed_format(engine, channel, &agreed));
    enum status status = STATUS_NOT_FOUND;
    if (agreed)
        status = engine_call(engine, WIRE_SESSION_SHOW, &request, &reply, &response);
    if (status == STATUS_NOT_FOUND) {
        channel->has_session = false;
        engine_forget_explanation(engine);
        return STATUS_OK;
    }
    TRY(status);
    if (!id_equal(&response.session.channel, &channel->id) || !is_sane(&response.session))
        return engine_explain(engine, STATUS_MALFORMED,
                              "what the server says of this session makes no sense");
    bool moved = !channel->has_session || channel->session.counter != response.session.counter;
    take(channel, &reply, &response.session);
    if (moved)
        TRY(take_word(engine, channel));
    return sealed_answers_reveal(engine, channel, &revealed);
}

/* ---- who moved it ---- */

/* Whether an action could have led to where the session stands. */
static bool leads_to(uint8_t action, uint8_t state)
{
    switch (action) {
    case STAGE_START:
    case STAGE_RESUME:
        return state == SESSION_RUNNING;
    case STAGE_NEXT:
        return state == SESSION_RUNNING || state == SESSION_ENDED;
    case STAGE_EXTEND:
        return state == SESSION_RUNNING || state == SESSION_PAUSED;
    case STAGE_PAUSE:
        return state == SESSION_PAUSED;
    case STAGE_END:
        return state == SESSION_ENDED;
    default:
        return false;
    }
}

/* Whether this entry is a facilitator's word for the session's last change. */
static bool is_word_for(struct channel *channel, const struct stored_entry *entry)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_FRAME_BYTES);
    const struct wire_session *session = &channel->session;
    struct content content;
    struct content_stage stage;
    if (!id_equal(&entry->message, &session->control) ||
        entry_content(entry, &content) != STATUS_OK || content.kind != CONTENT_STAGE ||
        content_decode_body(&content, &arena, &stage) != STATUS_OK)
        return false;
    return id_equal(&stage.session, &session->session) && stage.counter + 1 == session->counter &&
           leads_to(stage.action, session->state) &&
           (channel_roles_of(channel, &entry->person) & CHANNEL_ROLE_FACILITATOR) != 0;
}

static enum status
find_mover(struct engine *engine, struct channel *channel, struct session_view *view)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry entry;
    uint64_t sequence;
    view->mover = SESSION_MOVER_SERVER;
    if (channel->session.counter <= COUNTER_FIRST)
        view->mover = SESSION_MOVER_NOBODY;
    if (id_is_none(&channel->session.control))
        return STATUS_OK;
    enum status found =
        entry_find_message(engine, &channel->id, &channel->session.control, &sequence);
    if (found == STATUS_OK)
        found = entry_get(engine, &channel->id, sequence, &record, &arena, &entry);
    if (found == STATUS_NOT_FOUND) {
        if (channel->joined_sequence != 0)
            view->mover = SESSION_MOVER_UNKNOWN;
        return STATUS_OK;
    }
    TRY(found);
    if (is_word_for(channel, &entry)) {
        view->mover = SESSION_MOVER_FACILITATOR;
        view->moved_by = entry.person;
    }
    return STATUS_OK;
}

/* ---- the view ---- */

void session_view_clear(struct session_view *view)
{
    arena_clear(&view->arena);
}

/* The format that the members agreed on, or none at all. */
static enum status
check_format(struct engine *engine, struct channel *channel, struct session_view *view)
{
    struct channel_extension extension;
    uint8_t digest[FORMAT_DIGEST_SIZE];
    TRY(channel_need_group(engine, channel));
    TRY(channel_extension(channel, &view->arena, &extension));
    TRY(format_digest(view->wire->format, digest));
    if (!span_equal(SPAN_OF(digest), extension.format_digest))
        return engine_explain(engine, STATUS_UNTRUSTED,
                              "the server runs another format here than the one that the members "
                              "agreed on. Tell the facilitator; do not go on");
    return format_decode(view->wire->format, &view->arena, &view->format);
}

static enum status
fill_view(struct engine *engine, struct channel *channel, struct session_view *view)
{
    const struct wire_session *wire = view->wire;
    TRY(check_format(engine, channel, view));
    if (wire->stage >= view->format.stage_count)
        return STATUS_MALFORMED;
    if (wire->state == SESSION_RUNNING || wire->state == SESSION_PAUSED)
        view->stage = &view->format.stages[wire->stage];
    return find_mover(engine, channel, view);
}

enum status
session_view_open(struct engine *engine, struct channel *channel, struct session_view *view)
{
    if (!channel->has_session)
        return engine_explain(
            engine, STATUS_NOT_FOUND,
            "\"%.*s\" has no session. To ask peers for help: weft peer-assist ask",
            (int)channel->title.len, (const char *)channel->title.ptr);
    struct session_view opened = {.wire = &channel->session,
                                  .arena = ARENA_INIT(LIMIT_DECODED_BYTES)};
    enum status status = fill_view(engine, channel, &opened);
    if (status != STATUS_OK)
        session_view_clear(&opened);
    else
        *view = opened;
    return status;
}

bool session_time_left(const struct engine *engine,
                       const struct session_view *view,
                       int64_t *left_ms)
{
    const struct wire_session *wire = view->wire;
    int64_t now = engine_now_ms(engine);
    if (view->stage == NULL || (!wire->timed && wire->deadline == 0))
        return false;
    if (!wire->timed)
        *left_ms = wire->deadline - now;
    else if (wire->state == SESSION_RUNNING)
        *left_ms = wire->remaining_ms - (now - wire->now);
    else
        *left_ms = wire->remaining_ms;
    return true;
}

/* ---- a new session ---- */

static enum status propose_format(struct engine *engine,
                                  struct channel *channel,
                                  void *context,
                                  struct channel_proposals *proposals)
{
    const uint8_t *digest = context;
    struct span wanted = span_of(digest, FORMAT_DIGEST_SIZE);
    struct channel_extension extension;
    (void)engine;
    TRY(channel_extension(channel, &proposals->arena, &extension));
    if (span_equal(extension.format_digest, wanted))
        return STATUS_OK;
    extension.format_digest = wanted;
    return channel_commit_propose_extensions(&extension, proposals);
}

enum status
session_agree(struct engine *engine, struct channel *channel, const struct format *format)
{
    CLEANUP(buffer_clear) struct buffer encoded = BUFFER_INIT(LIMIT_FORMAT_BYTES);
    uint8_t digest[FORMAT_DIGEST_SIZE];
    struct channel_change change = {.propose = propose_format, .context = digest};
    bool done;
    TRY(format_encode(format, &encoded));
    TRY(format_digest(buffer_span(&encoded), digest));
    if ((channel_own_roles(engine, channel) & CHANNEL_ROLE_FACILITATOR) == 0)
        return engine_explain(engine, STATUS_DENIED,
                              "only a facilitator of this channel begins a session in it");
    return channel_commit(engine, channel, &change, &done);
}

enum status session_create(struct engine *engine,
                           struct channel *channel,
                           const struct format *format,
                           int64_t starts)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(buffer_clear) struct buffer encoded = BUFFER_INIT(LIMIT_FORMAT_BYTES);
    struct wire_session_create_request request = {.channel = channel->id, .starts = starts};
    TRY(id_random(engine->random, &request.session));
    TRY(format_encode(format, &encoded));
    request.format = buffer_span(&encoded);
    TRY(engine_call(engine, WIRE_SESSION_CREATE, &request, &reply, NULL));
    return session_refresh(engine, channel);
}

/* Whether it is what `room` would make, with nobody else in it yet. */
static enum status is_begun(struct engine *engine,
                            struct channel *channel,
                            const struct channel_plan *room,
                            bool *begun)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_extension extension;
    *begun = (channel->state == CHANNEL_STATE_CREATING || channel->state == CHANNEL_STATE_MEMBER) &&
             span_equal(channel->title, room->title) && span_equal(channel->brief, room->brief);
    if (!*begun)
        return STATUS_OK;
    TRY(channel_need_group(engine, channel));
    TRY(channel_extension(channel, &arena, &extension));
    *begun = extension.visibility == room->visibility &&
             span_equal(extension.format_digest, room->format_digest) &&
             mls_tree_member_count(mls_public_group_tree(mls_group_public(channel->group))) == 1;
    return STATUS_OK;
}

/* The channel that an attempt before this one broke off in, brought up to date; or a new one. */
static enum status
take_room(struct engine *engine, const struct channel_plan *room, struct channel **channel)
{
    bool begun = false;
    for (struct channel *at = engine->channels; at != NULL; at = at->next) {
        TRY(is_begun(engine, at, room, &begun));
        if (!begun)
            continue;
        TRY(channel_log_catch_up(engine, at));
        TRY(is_begun(engine, at, room, &begun));
        if (begun)
            TRY(session_refresh(engine, at));
        if (!begun || (at->has_session && at->session.state != SESSION_PLANNED))
            continue;
        *channel = at;
        return STATUS_OK;
    }
    return channel_join_create(engine, room, channel);
}

static enum status
make_with_channel(struct engine *engine, const struct session_plan *plan, struct channel **channel)
{
    CLEANUP(buffer_clear) struct buffer encoded = BUFFER_INIT(LIMIT_FORMAT_BYTES);
    uint8_t digest[FORMAT_DIGEST_SIZE];
    struct channel *made = NULL;
    struct channel_said said;
    TRY(format_encode(plan->format, &encoded));
    TRY(format_digest(buffer_span(&encoded), digest));
    const struct channel_plan room = {.title = plan->title,
                                      .brief = plan->brief,
                                      .visibility = plan->visibility,
                                      .own_roles = plan->own_roles,
                                      .format_digest = SPAN_OF(digest)};
    const struct content_channel_state state = {.title = plan->title, .brief = plan->brief};
    TRY(take_room(engine, &room, &made));
    if (!made->has_session)
        TRY(session_create(engine, made, plan->format, 0));
    TRY(channel_say(engine, made, CONTENT_CHANNEL_STATE, NULL, &state, &said));
    *channel = made;
    return STATUS_OK;
}

enum status session_create_with_channel(struct engine *engine,
                                        const struct session_plan *plan,
                                        struct channel **channel)
{
    return engine_explain_broken_off(engine, make_with_channel(engine, plan, channel));
}

/* ---- moves ---- */

/* What the server would refuse is not said in the channel first. */
static enum status
check_move(struct engine *engine, struct channel *channel, enum wire_stage_action action)
{
    uint8_t state = channel->session.state;
    if (!channel->has_session)
        return engine_explain(engine, STATUS_NOT_FOUND, "this channel has no session");
    if ((channel_own_roles(engine, channel) & CHANNEL_ROLE_FACILITATOR) == 0)
        return engine_explain(engine, STATUS_DENIED,
                              "only a facilitator of this channel moves its session on");
    if (state == SESSION_ENDED)
        return engine_explain(engine, STATUS_NOT_NOW,
                              "the session is over. What remains: weft harvest");
    if (state == SESSION_PLANNED && action != STAGE_START && action != STAGE_END)
        return engine_explain(engine, STATUS_NOT_NOW,
                              "the session has not begun: weft peer-assist open");
    if (state != SESSION_PLANNED && action == STAGE_START)
        return engine_explain(engine, STATUS_NOT_NOW,
                              "the session has begun already: weft stage show");
    if (state == SESSION_PAUSED && action == STAGE_PAUSE)
        return engine_explain(engine, STATUS_NOT_NOW,
                              "the session is paused already: weft stage resume goes on");
    if (state == SESSION_RUNNING && action == STAGE_RESUME)
        return engine_explain(engine, STATUS_NOT_NOW, "the session is not paused");
    return STATUS_OK;
}

/* Whoever moves a session again without a look may skip a stage. */
static enum status explain_move(struct engine *engine, enum status status)
{
    if (status == STATUS_CONFLICT)
        return engine_explain(engine, status,
                              "somebody else moved the session meanwhile: weft stage show");
    if (status == STATUS_NETWORK || status == STATUS_TIMEOUT)
        return engine_explain(engine, status,
                              "the connection ended just as the session was to be moved: weft "
                              "stage show says where it stands. Look before you move it again");
    return status;
}

enum status session_move(struct engine *engine,
                         struct channel *channel,
                         enum wire_stage_action action,
                         uint16_t minutes)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct channel_said said;
    TRY(channel_log_catch_up(engine, channel));
    TRY(session_refresh(engine, channel));
    TRY(check_move(engine, channel, action));
    struct wire_session_stage_request request = {.session = channel->session.session,
                                                 .action = (uint8_t)action,
                                                 .minutes = minutes,
                                                 .counter = channel->session.counter};
    const struct content_stage word = {.session = request.session,
                                       .action = request.action,
                                       .minutes = minutes,
                                       .counter = request.counter};
    TRY(id_random(engine->random, &request.control));
    TRY(explain_move(engine, channel_say_as(engine, channel, &request.control, CONTENT_STAGE, NULL,
                                            &word, &said)));
    TRY(explain_move(engine, engine_call(engine, WIRE_SESSION_STAGE, &request, &reply, NULL)));
    return session_refresh(engine, channel);
}

/* ---- speaking ---- */

static enum status
check_turn(struct engine *engine, const struct session_view *view, uint16_t roles, uint16_t kind)
{
    char text[400];
    if (session_turn_refusal(&view->format, view->stage, view->wire->state == SESSION_PAUSED, roles,
                             kind, text, sizeof text))
        return engine_explain(engine, STATUS_NOT_NOW, "%s", text);
    return STATUS_OK;
}

enum status session_check_own_turn(struct engine *engine, struct channel *channel, uint16_t kind)
{
    struct session_view view;
    if (!channel->has_session)
        return STATUS_OK;
    TRY(session_view_open(engine, channel, &view));
    enum status status = check_turn(engine, &view, channel_own_roles(engine, channel), kind);
    session_view_clear(&view);
    return status;
}

enum status session_say_as(struct engine *engine,
                           struct channel *channel,
                           const struct id *message,
                           uint16_t kind,
                           const struct id *reply_to,
                           const void *body,
                           struct channel_said *said)
{
    enum status status = STATUS_CONFLICT;
    /* Twice: a stage may end between looking and speaking, but hardly two of them. */
    for (int i = 0; i < 2 && status == STATUS_CONFLICT; i++) {
        TRY(session_refresh(engine, channel));
        TRY(session_check_own_turn(engine, channel, kind));
        engine_forget_explanation(engine);
        status = channel_say_as(engine, channel, message, kind, reply_to, body, said);
    }
    return status;
}

enum status session_say(struct engine *engine,
                        struct channel *channel,
                        uint16_t kind,
                        const struct id *reply_to,
                        const void *body,
                        struct channel_said *said)
{
    struct id message;
    TRY(id_random(engine->random, &message));
    return session_say_as(engine, channel, &message, kind, reply_to, body, said);
}
