/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/session_record.h"

#include "client-cli/core/floor.h"
#include "protocol/channel/identity.h"
#include "protocol/wire/message_header.h"

#define MAY_GIVE (CHANNEL_ROLE_FACILITATOR | CHANNEL_ROLE_HOST | CHANNEL_ROLE_NOTE_TAKER)

/* ---- which part of the log ---- */

/* A facilitator's word about a session of this channel. */
static bool
read_word(struct channel *channel, const struct stored_entry *entry, struct content_stage *stage)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_FRAME_BYTES);
    struct content content;
    return entry_content(entry, &content) == STATUS_OK && content.kind == CONTENT_STAGE &&
           content_decode_body(&content, &arena, stage) == STATUS_OK &&
           (channel_roles_of(channel, &entry->person) & CHANNEL_ROLE_FACILITATOR) != 0;
}

struct beginning {
    struct channel *channel;
    uint64_t sequence;
};

static enum status look_for_other(void *context, const struct stored_entry *entry)
{
    struct beginning *beginning = context;
    struct content_stage stage;
    if (!read_word(beginning->channel, entry, &stage) ||
        id_equal(&stage.session, &beginning->channel->session.session))
        return STATUS_OK;
    beginning->sequence = entry->sequence + 1;
    return STATUS_CANCELLED;
}

enum status session_record_begin(struct engine *engine, struct channel *channel, uint64_t *sequence)
{
    struct beginning beginning = {channel, 1};
    struct entry_walk entries = {.channel = channel->id,
                                 .to = UINT64_MAX,
                                 .backwards = true,
                                 .visit = look_for_other,
                                 .context = &beginning};
    TRY(entry_walk(engine, &entries));
    *sequence = beginning.sequence;
    return STATUS_OK;
}

static enum status walk(struct engine *engine,
                        struct channel *channel,
                        enum status (*visit)(void *context, const struct stored_entry *entry),
                        void *context)
{
    struct entry_walk entries = {
        .channel = channel->id, .to = UINT64_MAX, .visit = visit, .context = context};
    TRY(session_record_begin(engine, channel, &entries.from));
    return entry_walk(engine, &entries);
}

/* ---- stages of the past ---- */

struct step_gathering {
    struct channel *channel;
    struct session_steps *steps;
};

static enum status add_step(void *context, const struct stored_entry *entry)
{
    struct step_gathering *gathering = context;
    struct content_stage stage;
    if (read_word(gathering->channel, entry, &stage))
        session_steps_add(gathering->steps, &stage);
    return STATUS_OK;
}

enum status session_record_steps(struct engine *engine,
                                 struct channel *channel,
                                 const struct session_view *view,
                                 struct session_steps *steps)
{
    struct session_steps found;
    TRY(session_steps_init(&view->format, view->wire, &found));
    struct step_gathering gathering = {channel, &found};
    enum status status = walk(engine, channel, add_step, &gathering);
    if (status != STATUS_OK)
        session_steps_clear(&found);
    else
        *steps = found;
    return status;
}

const char *session_record_breach(const struct session_steps *steps,
                                  const struct stored_entry *entry)
{
    const uint16_t every_role = UINT16_MAX;
    struct content content;
    if (entry_content(entry, &content) != STATUS_OK)
        return NULL;
    return floor_breach(session_steps_stage(steps, entry->stage_counter), every_role, entry->lane,
                        content.kind);
}

/* ---- the draft ---- */

struct source_gathering {
    const struct session_steps *steps;
    struct harvest_source *sources;
    size_t count;
    size_t room;
    struct arena *arena;
};

static enum status count_source(void *context, const struct stored_entry *entry)
{
    struct source_gathering *gathering = context;
    gathering->room += entry->fate == ENTRY_READ;
    return STATUS_OK;
}

static enum status add_source(void *context, const struct stored_entry *entry)
{
    struct source_gathering *gathering = context;
    struct content content;
    if (entry_content(entry, &content) != STATUS_OK || gathering->count == gathering->room)
        return STATUS_OK;
    const struct format_stage *stage = session_steps_stage(gathering->steps, entry->stage_counter);
    struct harvest_source source = {.kind = content.kind,
                                    .stage = stage == NULL ? SPAN_EMPTY : stage->name};
    TRY(arena_copy(gathering->arena, content.body, &source.body));
    gathering->sources[gathering->count++] = source;
    return STATUS_OK;
}

static enum status collect(struct engine *engine,
                           struct channel *channel,
                           const struct session_view *view,
                           const struct session_steps *steps,
                           struct session_harvest *harvest)
{
    struct source_gathering gathering = {.steps = steps, .arena = &harvest->arena};
    void *memory = NULL;
    TRY(walk(engine, channel, count_source, &gathering));
    TRY(arena_take(&harvest->arena, gathering.room, sizeof *gathering.sources, &memory));
    gathering.sources = memory;
    TRY(walk(engine, channel, add_source, &gathering));
    return harvest_collect(&view->format, gathering.sources, gathering.count, &harvest->arena,
                           &harvest->harvest);
}

/* The day on which a session in its last stage comes back to report. */
static int64_t agreed_follow_up(const struct session_view *view)
{
    const struct wire_session *wire = view->wire;
    bool last = view->stage != NULL && (size_t)wire->stage + 1 == view->format.stage_count;
    return last ? wire->deadline : 0;
}

enum status session_record_draft(struct engine *engine,
                                 struct channel *channel,
                                 const struct session_view *view,
                                 int64_t follow_up,
                                 struct session_harvest *harvest)
{
    struct session_harvest draft = {.time = engine_now_ms(engine),
                                    .approved = !view->format.harvest_approval,
                                    .arena = ARENA_INIT(LIMIT_DECODED_BYTES)};
    struct session_steps steps;
    TRY(session_record_steps(engine, channel, view, &steps));
    enum status status = collect(engine, channel, view, &steps, &draft);
    session_steps_clear(&steps);
    if (status != STATUS_OK) {
        session_harvest_clear(&draft);
        return status;
    }
    draft.harvest.follow_up = follow_up != 0 ? follow_up : agreed_follow_up(view);
    *harvest = draft;
    return STATUS_OK;
}

void session_harvest_clear(struct session_harvest *harvest)
{
    arena_clear(&harvest->arena);
    *harvest = (struct session_harvest){.arena = harvest->arena};
}

/* ---- the harvest that was given ---- */

struct given_search {
    struct channel *channel;
    struct session_harvest *found;
    struct span body; /* in the arena, whose older bodies are few */
};

static enum status look_for_given(void *context, const struct stored_entry *entry)
{
    struct given_search *search = context;
    struct content content;
    if (entry_content(entry, &content) != STATUS_OK || content.kind != CONTENT_HARVEST ||
        (channel_roles_of(search->channel, &entry->person) & MAY_GIVE) == 0)
        return STATUS_OK;
    struct session_harvest *found = search->found;
    TRY(arena_copy(&found->arena, content.body, &search->body));
    found->given = true;
    found->message = entry->message;
    found->by = entry->person;
    found->time = entry->time;
    return STATUS_OK;
}

/* Somebody who took part, and their last word on the harvest. */
struct voice {
    struct id person;
    bool took_part;
    bool said;
    bool yes;
};

struct voice_gathering {
    const struct session_harvest *harvest;
    struct voice *voices;
    size_t count;
    size_t room;
};

static struct voice *find_voice(struct voice_gathering *gathering, const struct id *person)
{
    for (size_t i = 0; i < gathering->count; i++)
        if (id_equal(&gathering->voices[i].person, person))
            return &gathering->voices[i];
    return NULL; /* not in the channel any more */
}

static enum status hear(void *context, const struct stored_entry *entry)
{
    struct voice_gathering *gathering = context;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_FRAME_BYTES);
    struct content content;
    struct content_mark mark;
    struct voice *voice = find_voice(gathering, &entry->person);
    if (voice == NULL || entry_content(entry, &content) != STATUS_OK)
        return STATUS_OK;
    if (content.kind != CONTENT_APPROVAL) {
        voice->took_part = voice->took_part || entry->lane != LANE_CONTROL;
        return STATUS_OK;
    }
    if (!id_equal(&content.reply_to, &gathering->harvest->message) ||
        content_decode_body(&content, &arena, &mark) != STATUS_OK)
        return STATUS_OK;
    voice->said = true;
    voice->yes = mark.on;
    return STATUS_OK;
}

/* Everybody who is in the channel now, once each. */
static enum status list_people(struct channel *channel, struct voice_gathering *gathering)
{
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(channel->group));
    uint32_t leaf = mls_tree_next_member(tree, 0);
    for (; leaf != MLS_NO_LEAF; leaf = mls_tree_next_member(tree, leaf + 1)) {
        struct channel_identity identity;
        TRY(channel_identity_decode(&mls_tree_leaf(tree, leaf)->credential, &identity));
        if (find_voice(gathering, &identity.person) == NULL && gathering->count < gathering->room)
            gathering->voices[gathering->count++].person = identity.person;
    }
    return STATUS_OK;
}

static void count_voices(const struct voice_gathering *gathering, struct session_harvest *harvest)
{
    for (size_t i = 0; i < gathering->count; i++) {
        const struct voice *voice = &gathering->voices[i];
        bool own = id_equal(&voice->person, &harvest->by);
        if (voice->said && !voice->yes)
            harvest->said_no++;
        else if (voice->said || own)
            harvest->said_yes++;
        else if (voice->took_part)
            harvest->waiting[harvest->waiting_count++] = voice->person;
    }
    harvest->approved = harvest->said_no == 0 && harvest->waiting_count == 0;
}

static enum status
hear_everybody(struct engine *engine, struct channel *channel, struct session_harvest *harvest)
{
    struct voice_gathering gathering = {.harvest = harvest};
    void *memory = NULL;
    TRY(channel_need_group(engine, channel));
    gathering.room = mls_tree_member_count(mls_public_group_tree(mls_group_public(channel->group)));
    TRY(arena_take(&harvest->arena, gathering.room, sizeof *gathering.voices, &memory));
    gathering.voices = memory;
    TRY(arena_take(&harvest->arena, gathering.room, sizeof *harvest->waiting, &memory));
    harvest->waiting = memory;
    TRY(list_people(channel, &gathering));
    TRY(walk(engine, channel, hear, &gathering));
    count_voices(&gathering, harvest);
    return STATUS_OK;
}

static enum status find_given(struct engine *engine,
                              struct channel *channel,
                              const struct session_view *view,
                              struct session_harvest *harvest)
{
    struct given_search search = {.channel = channel, .found = harvest};
    TRY(walk(engine, channel, look_for_given, &search));
    if (!harvest->given)
        return STATUS_NOT_FOUND;
    struct content content = {.kind = CONTENT_HARVEST, .body = search.body};
    TRY(content_decode_body(&content, &harvest->arena, &harvest->harvest));
    TRY(hear_everybody(engine, channel, harvest));
    harvest->approved = harvest->approved || !view->format.harvest_approval;
    return STATUS_OK;
}

enum status session_record_given(struct engine *engine,
                                 struct channel *channel,
                                 const struct session_view *view,
                                 struct session_harvest *harvest)
{
    struct session_harvest found = {.arena = ARENA_INIT(LIMIT_DECODED_BYTES)};
    enum status status = find_given(engine, channel, view, &found);
    if (status != STATUS_OK)
        session_harvest_clear(&found);
    else
        *harvest = found;
    return status;
}
