/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/channel_continue.h"

#include "client-cli/core/admission.h"
#include "client-cli/core/channel_commit.h"
#include "client-cli/core/channel_enter.h"
#include "client-cli/core/channel_join.h"
#include "client-cli/core/dormant.h"
#include "client-cli/core/entry.h"
#include "client-cli/core/history_keys.h"
#include "client-cli/core/records.h"
#include "protocol/channel/identity.h"
#include "protocol/channel/policy.h"
#include "protocol/wire/generations.h"

#include <string.h>

/* ---- people ---- */

struct people {
    struct wire_id_item *items;
    size_t count;
};

static bool has_person(const struct people *people, const struct id *person)
{
    for (size_t i = 0; i < people->count; i++) {
        if (id_equal(&people->items[i].id, person))
            return true;
    }
    return false;
}

/* The people of a group but for ourselves and those who are left out. */
static enum status list_roster(const struct engine *engine,
                               const struct mls_public_group *group,
                               const struct people *left_out,
                               struct arena *arena,
                               struct people *roster)
{
    const struct mls_tree *tree = mls_public_group_tree(group);
    void *items = NULL;
    TRY(arena_take(arena, mls_tree_member_count(tree), sizeof *roster->items, &items));
    *roster = (struct people){.items = items};
    for (uint32_t leaf = mls_tree_next_member(tree, 0); leaf != MLS_NO_LEAF;
         leaf = mls_tree_next_member(tree, leaf + 1)) {
        struct channel_identity identity;
        TRY(channel_identity_decode(&mls_tree_leaf(tree, leaf)->credential, &identity));
        if (!id_equal(&identity.person, &engine->account.person) &&
            !has_person(left_out, &identity.person) && !has_person(roster, &identity.person))
            roster->items[roster->count++].id = identity.person;
    }
    return STATUS_OK;
}

/* ---- making the next group ---- */

struct continuing {
    const struct people *left_out;
    struct people roster;
    uint32_t generation;
    struct arena arena;
};

static const struct field continuing_fields[] = {
    FIELD_ITEMS(struct people, items, count, &wire_id_item_schema, LIMIT_GROUP_MEMBERS),
};
static const struct schema continuing_schema =
    SCHEMA("continuing", struct people, continuing_fields);

static struct vault_place place_of(const struct channel *channel)
{
    return (struct vault_place){.kind = RECORD_CONTINUING, .scope = channel->id};
}

static enum status
store_people(struct engine *engine, const struct channel *channel, const struct people *people)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(VAULT_VALUE_BYTES_MAX);
    struct vault_place place = place_of(channel);
    TRY(schema_encode(&continuing_schema, people, &bytes));
    return vault_put(engine->vault, &place, buffer_span(&bytes));
}

static enum status read_people(struct engine *engine,
                               const struct channel *channel,
                               struct arena *arena,
                               struct people *people)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(VAULT_VALUE_BYTES_MAX);
    struct vault_place place = place_of(channel);
    TRY(vault_get(engine->vault, &place, &bytes));
    return status_of_stored(schema_decode(&continuing_schema, buffer_span(&bytes), arena, people));
}

enum status channel_continue_forget(struct engine *engine, const struct channel *channel)
{
    struct vault_place place = place_of(channel);
    return vault_delete(engine->vault, &place);
}

/* The rules as they were, without the roles of those who are left out; nothing is lent from the old
 * group. */
static enum status next_extension(struct channel *channel,
                                  const struct people *left_out,
                                  struct arena *arena,
                                  struct channel_extension *extension)
{
    size_t kept = 0;
    TRY(channel_extension(channel, arena, extension));
    TRY(arena_copy(arena, extension->format_digest, &extension->format_digest));
    for (size_t i = 0; i < extension->role_count; i++) {
        if (!has_person(left_out, &extension->roles[i].person))
            extension->roles[kept++] = extension->roles[i];
    }
    extension->role_count = kept;
    extension->dormant_count = 0; /* whoever was away is let in again by a member */
    return STATUS_OK;
}

static enum status
keep_admissions(struct engine *engine, const struct channel *channel, const struct people *people)
{
    for (size_t i = 0; i < people->count; i++)
        TRY(admission_keep(engine, channel, &people->items[i].id));
    return STATUS_OK;
}

/* In one transaction: whoever was in the channel may be let in again, the new group takes the place
 * of the old, and what must be said to the server is kept. */
static enum status begin(struct engine *engine, struct channel *channel, void *context)
{
    struct continuing *continuing = context;
    struct channel_extension extension;
    const struct mls_public_group *old = mls_group_public(channel->group);
    TRY(next_extension(channel, continuing->left_out, &continuing->arena, &extension));
    TRY(list_roster(engine, old, continuing->left_out, &continuing->arena, &continuing->roster));
    TRY(keep_admissions(engine, channel, &continuing->roster));
    TRY(store_people(engine, channel, &continuing->roster));
    TRY(channel_commit_forget(engine, channel));
    channel->generation = continuing->generation;
    channel->state = CHANNEL_STATE_CONTINUING;
    TRY(channel_join_new_group(engine, channel, &extension));
    TRY(channel_join_begin_at(channel, generation_base(channel->generation),
                              directory_log_of(engine->directory)->size));
    TRY(history_keys_note_epoch(engine, channel));
    channel->state = CHANNEL_STATE_CONTINUING;
    return channel_store_new_group(engine, channel);
}

static enum status become(struct engine *engine, struct channel *channel, void *context)
{
    channel->state = *(const uint8_t *)context;
    /* Whoever waits knows by it who was in the channel. */
    return channel->state == CHANNEL_STATE_MEMBER ? channel_continue_forget(engine, channel)
                                                  : STATUS_OK;
}

/* Whether the server may still take it when it is sent again. */
static bool is_open(enum status status)
{
    return status == STATUS_NETWORK || status == STATUS_TIMEOUT || status == STATUS_RATE_LIMITED ||
           status == STATUS_FULL || status == STATUS_NOT_NOW;
}

static enum status
ask_to_continue(struct engine *engine, struct channel *channel, const struct people *people)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(buffer_clear) struct buffer group_info = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    TRY(channel_need_group(engine, channel));
    TRY(mls_group_write_group_info(channel->group, false, &group_info));
    TRY(mls_group_write_tree(channel->group, &tree));
    struct wire_channel_continue_request request = {
        .channel = channel->id,
        .generation = channel->generation,
        .people = people->items,
        .person_count = people->count,
        .group_info = buffer_span(&group_info),
        .ratchet_tree = buffer_span(&tree),
    };
    return engine_call(engine, WIRE_CHANNEL_CONTINUE, &request, &reply, NULL);
}

/* Sends what `begin` made. Another may have been first: then we are let in like everybody. */
static enum status send_next(struct engine *engine, struct channel *channel)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct people people;
    TRY(read_people(engine, channel, &arena, &people));
    enum status status = ask_to_continue(engine, channel, &people);
    if (is_open(status))
        return status;
    uint8_t state = status == STATUS_OK ? CHANNEL_STATE_MEMBER : CHANNEL_STATE_AWAITING;
    TRY(channel_transact(engine, channel, become, &state));
    engine_forget_explanation(engine);
    if (status == STATUS_OK)
        engine_notice(
            engine, channel,
            "This channel goes on with fresh keys (generation %u). Everybody who was in it "
            "is let in again: %zu %s",
            (unsigned)channel->generation, people.count,
            people.count == 1 ? "other person" : "other people");
    return STATUS_OK;
}

static void continuing_clear(struct continuing *continuing)
{
    arena_clear(&continuing->arena);
}

static enum status continue_it(struct engine *engine,
                               struct channel *channel,
                               const struct people *left_out,
                               uint32_t generation)
{
    CLEANUP(continuing_clear)
    struct continuing continuing = {
        .left_out = left_out, .generation = generation, .arena = ARENA_INIT(LIMIT_DECODED_BYTES)};
    TRY(channel_need_group(engine, channel));
    TRY(channel_transact(engine, channel, begin, &continuing));
    return send_next(engine, channel);
}

/* ---- how the channel stands ---- */

static enum status report(struct engine *engine, struct channel *channel)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(buffer_clear) struct buffer signature = BUFFER_INIT(SIGNATURE_SIZE_MAX);
    struct wire_channel_report_request request = {.report = {.channel = channel->id,
                                                             .generation = channel->generation,
                                                             .sequence = channel->cursor,
                                                             .device = engine->account.device,
                                                             .reason = REPORT_CANNOT_APPLY,
                                                             .time = engine_now_ms(engine)}};
    struct wire_channel_report_response response;
    TRY(message_report_sign(&request.report, SPAN_OF(engine->account.leaf_private), &signature));
    request.report.signature = buffer_span(&signature);
    enum status status = engine_call(engine, WIRE_CHANNEL_REPORT, &request, &reply, &response);
    /* The channel may have gone on meanwhile: then the look that follows says so. */
    if (status == STATUS_WRONG_EPOCH || status == STATUS_DENIED || status == STATUS_NOT_FOUND) {
        engine_forget_explanation(engine);
        return STATUS_OK;
    }
    if (status == STATUS_OK && !response.frozen)
        engine_notice(engine, channel,
                      "The change that this device cannot follow was reported. The channel stops "
                      "when a facilitator or a second person reports it too");
    return status;
}

/* Whose commits were reported, as we have them. */
static enum status list_reported(struct engine *engine,
                                 const struct channel *channel,
                                 const struct wire_channel_generation_response *standing,
                                 struct arena *arena,
                                 struct people *people)
{
    void *items = NULL;
    TRY(arena_take(arena, standing->report_count, sizeof *people->items, &items));
    *people = (struct people){.items = items};
    for (size_t i = 0; i < standing->report_count; i++) {
        CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
        struct stored_entry entry;
        enum status found =
            entry_get(engine, &channel->id, standing->reports[i].sequence, &record, arena, &entry);
        if (found == STATUS_OK && !id_is_none(&entry.person) && !has_person(people, &entry.person))
            people->items[people->count++].id = entry.person;
        else if (found != STATUS_OK && found != STATUS_NOT_FOUND)
            return found;
    }
    return STATUS_OK;
}

static enum status wait_for(struct engine *engine, struct channel *channel, const char *what)
{
    engine_notice(engine, channel, "This channel was stopped and waits for %s", what);
    return STATUS_OK;
}

static bool is_open_channel(struct engine *engine, struct channel *channel)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_extension extension;
    return channel_need_group(engine, channel) == STATUS_OK &&
           channel_extension(channel, &arena, &extension) == STATUS_OK &&
           extension.visibility == CHANNEL_OPEN;
}

static bool may_let_in(struct engine *engine, struct channel *channel)
{
    return is_open_channel(engine, channel) ||
           (channel_own_roles(engine, channel) & CHANNEL_ROLES_ADDING) != 0;
}

static enum status on_frozen(struct engine *engine,
                             struct channel *channel,
                             const struct wire_channel_generation_response *standing)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct people left_out;
    TRY(list_reported(engine, channel, standing, &arena, &left_out));
    if (!standing->member)
        return wait_for(engine, channel, "those who are in it");
    if (!may_let_in(engine, channel) || has_person(&left_out, &engine->account.person))
        return wait_for(engine, channel, "a facilitator, whose weft lets everybody in again");
    uint32_t newest =
        standing->generation > channel->generation ? standing->generation : channel->generation;
    return continue_it(engine, channel, &left_out, newest + 1);
}

static enum status become_awaiting(struct engine *engine, struct channel *channel)
{
    uint8_t state = CHANNEL_STATE_AWAITING;
    return channel->state == state ? STATUS_OK : channel_transact(engine, channel, become, &state);
}

/* Somebody has let us in before we looked: the Welcome is on the server since then, or was lost. */
static enum status come_in(struct engine *engine, struct channel *channel, uint32_t generation)
{
    TRY(channel_join_welcomes(engine));
    return channel->state == CHANNEL_STATE_AWAITING
               ? channel_enter_next(engine, channel, generation, true)
               : STATUS_OK;
}

static enum status await(struct engine *engine,
                         struct channel *channel,
                         const struct wire_channel_generation_response *standing,
                         bool invited)
{
    if (standing->member) {
        TRY(become_awaiting(engine, channel));
        return invited ? STATUS_OK : come_in(engine, channel, standing->generation);
    }
    if (is_open_channel(engine, channel))
        return channel_enter_next(engine, channel, standing->generation, false);
    if (!standing->awaited)
        return engine_explain(engine, STATUS_REMOVED,
                              "this channel goes on without you, as the server says: ask a "
                              "facilitator");
    TRY(become_awaiting(engine, channel));
    return wait_for(engine, channel, "a member's weft to let you in again");
}

enum status channel_continue_explain_hidden(struct engine *engine)
{
    return engine_explain(engine, STATUS_UNTRUSTED,
                          "the server says that this channel goes on in a later generation, and "
                          "does not show it to you. Tell whoever runs the server");
}

/* `invited`: a Welcome is here, and is opened next. */
static enum status look(struct engine *engine, struct channel *channel, bool invited)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_channel_generation_request request = {.channel = channel->id};
    struct wire_channel_generation_response standing;
    engine_forget_explanation(engine);
    if (channel->state == CHANNEL_STATE_CONTINUING)
        return send_next(engine, channel);
    if (channel->state == CHANNEL_STATE_STUCK)
        TRY(report(engine, channel));
    enum status status = engine_call(engine, WIRE_CHANNEL_GENERATION, &request, &reply, &standing);
    if (status == STATUS_NOT_FOUND || status == STATUS_DENIED)
        return dormant_return(engine, channel);
    TRY(status);
    if (standing.frozen)
        return on_frozen(engine, channel, &standing);
    bool behind = standing.generation > channel->generation ||
                  (channel->state == CHANNEL_STATE_AWAITING && !standing.member);
    if (behind)
        return await(engine, channel, &standing, invited);
    if (channel->overtaken) {
        channel->overtaken = false; /* until it says so again */
        return channel_continue_explain_hidden(engine);
    }
    return channel->state == CHANNEL_STATE_MEMBER && !standing.member
               ? dormant_return(engine, channel)
               : STATUS_OK;
}

enum status channel_continue_look(struct engine *engine, struct channel *channel)
{
    return look(engine, channel, false);
}

enum status channel_continue_make_way(struct engine *engine, struct channel *channel)
{
    return look(engine, channel, true);
}

/* ---- what others began ---- */

static bool same_rules(const struct channel_extension *before, const struct channel_extension *next)
{
    return before->visibility == next->visibility && before->history == next->history &&
           span_equal(before->format_digest, next->format_digest);
}

/* Roles may be lost with who had them, and nobody gets one. */
static bool no_new_roles(const struct channel_extension *before,
                         const struct channel_extension *next)
{
    for (size_t i = 0; i < next->role_count; i++) {
        uint16_t had = channel_extension_roles(before, &next->roles[i].person);
        if ((next->roles[i].roles & ~had) != 0)
            return false;
    }
    return true;
}

enum status channel_continue_check_rules(struct engine *engine,
                                         struct channel *channel,
                                         const struct mls_public_group *next)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_extension before;
    struct channel_extension after;
    TRY(channel_need_group(engine, channel));
    TRY(channel_extension(channel, &arena, &before));
    TRY(channel_policy_extension(next, &arena, &after));
    if (same_rules(&before, &after) && no_new_roles(&before, &after))
        return STATUS_OK;
    return engine_explain(engine, STATUS_UNTRUSTED,
                          "this channel was continued with other rules or roles than it had: "
                          "not followed. Ask its facilitators");
}

enum status channel_continue_check(struct engine *engine,
                                   struct channel *channel,
                                   const struct mls_public_group *next)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct people asked = {0};
    struct people known;
    struct people others;
    size_t strangers = 0;
    TRY(channel_continue_check_rules(engine, channel, next));
    /* Where another was first, our own group has us alone, and these were in the one before. */
    enum status found = read_people(engine, channel, &arena, &asked);
    if (found != STATUS_NOT_FOUND)
        TRY(found);
    TRY(list_roster(engine, mls_group_public(channel->group), &asked, &arena, &known));
    TRY(list_roster(engine, next, &known, &arena, &others));
    for (size_t i = 0; i < others.count; i++)
        strangers += has_person(&asked, &others.items[i].id) ? 0 : 1;
    TRY(keep_admissions(engine, channel, &asked));
    TRY(keep_admissions(engine, channel, &known));
    if (strangers != 0)
        engine_notice(engine, channel,
                      "%zu %s now in this channel who %s not in it before: weft channel show",
                      strangers, strangers == 1 ? "person is" : "people are",
                      strangers == 1 ? "was" : "were");
    return STATUS_OK;
}
