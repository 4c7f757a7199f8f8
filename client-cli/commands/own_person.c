/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/own_person.h"

#include "client-cli/commands/find.h"
#include "client-cli/commands/known_id.h"
#include "client-cli/core/people.h"
#include "protocol/channel/identity.h"
#include "protocol/wire/people.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define PAGES_MAX 100
#define SHOWN_MAX 10000

struct candidate {
    struct id person;
    char name[LIMIT_NAME_BYTES + 1];
};

struct candidates {
    struct candidate *items;
    size_t count;
    size_t capacity; /* of more than this, nobody can choose by a name */
    struct arena arena;
};

static void candidates_clear(struct candidates *candidates)
{
    arena_clear(&candidates->arena);
}

static void add(struct candidates *candidates, const struct id *person, struct span name)
{
    if (candidates->count == candidates->capacity)
        return;
    for (size_t i = 0; i < candidates->count; i++)
        if (id_equal(&candidates->items[i].person, person))
            return;
    struct candidate *item = &candidates->items[candidates->count++];
    size_t length = name.len < LIMIT_NAME_BYTES ? name.len : LIMIT_NAME_BYTES;
    item->person = *person;
    if (length != 0)
        memcpy(item->name, name.ptr, length);
    item->name[length] = '\0';
}

static enum status make_room(struct candidates *candidates, size_t capacity)
{
    void *items = NULL;
    TRY(arena_take(&candidates->arena, capacity, sizeof *candidates->items, &items));
    candidates->items = items;
    candidates->capacity = capacity;
    return STATUS_OK;
}

/* ---- whom to look among ---- */

static enum status
add_members(struct engine *engine, struct channel *channel, struct candidates *candidates)
{
    TRY(channel_need_group(engine, channel));
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(channel->group));
    TRY(make_room(candidates, mls_tree_member_count(tree) + LIMIT_LIST_ITEMS));
    for (uint32_t leaf = mls_tree_next_member(tree, 0); leaf != MLS_NO_LEAF;
         leaf = mls_tree_next_member(tree, leaf + 1)) {
        struct channel_identity identity;
        struct people_name name;
        TRY(channel_identity_decode(&mls_tree_leaf(tree, leaf)->credential, &identity));
        people_name(engine, &identity.person, &name);
        add(candidates, &identity.person, span_from_text(name.name));
    }
    return STATUS_OK;
}

/* Those who wait; only who may let them in is told. */
static enum status
add_knocking(struct engine *engine, const struct channel *channel, struct candidates *candidates)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_channel_knocks_request request = {.channel = channel->id};
    struct wire_channel_knocks_response response;
    enum status status = engine_call(engine, WIRE_CHANNEL_KNOCKS, &request, &reply, &response);
    if (status == STATUS_DENIED || status == STATUS_NOT_FOUND) {
        engine_forget_explanation(engine);
        return STATUS_OK;
    }
    TRY(status);
    for (size_t i = 0; i < response.knock_count; i++)
        add(candidates, &response.knocks[i].person, response.knocks[i].name);
    return STATUS_OK;
}

static enum status add_shown(struct engine *engine, struct candidates *candidates)
{
    struct wire_people_request request = {.query = SPAN_EMPTY};
    bool more = true;
    TRY(make_room(candidates, SHOWN_MAX));
    for (int page = 0; page < PAGES_MAX && more; page++) {
        CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
        struct wire_people_response response;
        TRY(engine_call(engine, WIRE_PEOPLE, &request, &reply, &response));
        for (size_t i = 0; i < response.person_count; i++)
            add(candidates, &response.people[i].person, response.people[i].name);
        more = response.more && response.person_count != 0;
        if (more)
            request.after = response.people[response.person_count - 1].person;
    }
    return STATUS_OK;
}

/* ---- which one ---- */

static enum status pick(const struct candidates *candidates, const char *text, struct id *person)
{
    struct find find;
    size_t at = 0;
    find_begin(&find, text);
    for (size_t i = 0; i < candidates->count; i++)
        find_offer(&find, NULL, span_from_text(candidates->items[i].name));
    TRY(find_finish(&find, &at));
    assert(at < candidates->count && candidates->items != NULL); /* one that was offered */
    *person = candidates->items[at].person;
    return STATUS_OK;
}

/* Everybody who fits at all, so that one of them can be named. */
static enum status
list_fitting(struct invocation *invocation, const struct candidates *candidates, const char *text)
{
    size_t listed = 0;
    for (size_t i = 0; i < candidates->count && listed < KNOWN_ID_LISTED_MAX; i++) {
        const struct candidate *item = &candidates->items[i];
        struct find find;
        size_t at;
        find_begin(&find, text);
        find_offer(&find, NULL, span_from_text(item->name));
        if (find_finish(&find, &at) != STATUS_OK)
            continue;
        known_id_show(invocation->out, KNOWN_ID_PERSON, &item->person, item->name);
        listed++;
    }
    return command_explain(invocation, STATUS_CONFLICT,
                           "several people are called \"%s...\": say more, or take an id", text);
}

enum status own_person_find(struct invocation *invocation,
                            struct channel *channel,
                            const char *text,
                            struct id *person)
{
    CLEANUP(candidates_clear) struct candidates near = {.arena = ARENA_INIT(LIMIT_DECODED_BYTES)};
    CLEANUP(candidates_clear) struct candidates all = {.arena = ARENA_INIT(LIMIT_DECODED_BYTES)};
    struct engine *engine = invocation->engine;
    enum status status = known_id_find(invocation, KNOWN_ID_PERSON, text, person);
    if (status != STATUS_NOT_FOUND)
        return status;
    if (channel != NULL && channel->state == CHANNEL_STATE_MEMBER) {
        TRY(add_members(engine, channel, &near));
        TRY(add_knocking(engine, channel, &near));
    }
    status = pick(&near, text, person);
    if (status == STATUS_CONFLICT)
        return list_fitting(invocation, &near, text);
    if (status != STATUS_NOT_FOUND)
        return status;
    TRY(add_shown(engine, &all));
    status = pick(&all, text, person);
    if (status == STATUS_CONFLICT)
        return list_fitting(invocation, &all, text);
    if (status == STATUS_NOT_FOUND)
        return command_explain(invocation, status,
                               "nobody here is called \"%s\": weft people lists those who show "
                               "themselves; anybody else's id is in their weft status, of which "
                               "eight digits are enough",
                               text);
    return status;
}
