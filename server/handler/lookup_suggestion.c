/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/handler/lookup_suggestion.h"

#include "protocol/base/limits.h"
#include "server/handler/lookup.h"
#include "server/store/channels.h"

/* By the clock and the person's own choice alone: what the others chose shows in nothing before
 * all of them accepted. */
static uint8_t state_of(const struct store_side *side, int64_t now_ms)
{
    if (side->agreed_at_ms != 0)
        return SUGGESTION_AGREED;
    if (now_ms >= side->ends_at_ms)
        return SUGGESTION_OVER;
    if (side->choice == STORE_CHOICE_NONE)
        return SUGGESTION_OPEN;
    return side->choice == STORE_CHOICE_ACCEPT ? SUGGESTION_WAITING : SUGGESTION_OVER;
}

static enum status add_others(struct store_db *db,
                              const struct store_side *side,
                              struct arena *arena,
                              struct wire_suggestion *suggestion)
{
    struct id others[STORE_INTRODUCTION_PEOPLE_MAX];
    size_t count;
    void *items = NULL;
    TRY(store_introductions_others(db, side, others, &count));
    TRY(arena_take(arena, count, sizeof(struct wire_other), &items));
    suggestion->others = items;
    suggestion->other_count = count;
    for (size_t i = 0; i < count; i++) {
        struct wire_person person;
        TRY(lookup_person(db, &others[i], false, arena, &person));
        suggestion->others[i] = (struct wire_other){
            .person = person.person, .name = person.name, .group_name = person.group_name};
    }
    return STATUS_OK;
}

enum status lookup_suggestion_waits(struct store_db *db, const struct store_side *side, bool *waits)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_FRAME_BYTES);
    struct store_channel channel;
    bool has_person = false;
    *waits = false;
    enum status status = store_channels_get(db, &side->channel, &arena, &channel);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    TRY(store_channels_has_person(db, &side->channel, &side->person, &has_person));
    *waits = !has_person;
    return STATUS_OK;
}

enum status lookup_suggestion(struct store_db *db,
                              const struct store_side *side,
                              int64_t now_ms,
                              struct arena *arena,
                              struct wire_suggestion *suggestion)
{
    bool agreed = side->agreed_at_ms != 0;
    *suggestion = (struct wire_suggestion){
        .suggestion = side->side,
        .kind = (uint8_t)side->kind,
        .state = state_of(side, now_ms),
        .choice = (uint8_t)side->choice,
        .reason = side->reason,
        .made = side->created_at_ms,
        .ends = side->ends_at_ms,
        .asks = agreed && side->met == STORE_ANSWER_NONE && now_ms >= side->ask_at_ms,
        .met = (uint8_t)side->met,
        .useful = (uint8_t)side->useful,
        .news = store_side_news(side, now_ms) != 0,
    };
    if (!agreed)
        return STATUS_OK;
    suggestion->channel = side->channel;
    TRY(lookup_suggestion_waits(db, side, &suggestion->opened));
    suggestion->opened = suggestion->opened || side->opened;
    return add_others(db, side, arena, suggestion);
}
