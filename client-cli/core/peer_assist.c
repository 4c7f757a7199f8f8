/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/peer_assist.h"

#include "client-cli/core/channel_commit.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/records.h"
#include "client-cli/core/session.h"
#include "protocol/channel/identity.h"

/* ---- topics ---- */

struct asked {
    struct wire_topic *topics;
    size_t topic_count;
};
static const struct field asked_fields[] = {
    FIELD_ITEMS(struct asked, topics, topic_count, &wire_topic_schema, LIMIT_TOPICS),
};
static const struct schema asked_schema = SCHEMA("asked", struct asked, asked_fields);

static enum status put_asked(struct engine *engine, struct channel *channel, void *context)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct vault_place place = {.kind = RECORD_ASKED, .scope = channel->id};
    TRY(schema_encode(&asked_schema, context, &bytes));
    return vault_put(engine->vault, &place, buffer_span(&bytes));
}

enum status peer_assist_keep_topics(struct engine *engine,
                                    struct channel *channel,
                                    const struct wire_topic *topics,
                                    size_t count)
{
    struct wire_topic copies[LIMIT_TOPICS];
    struct asked asked = {copies, count};
    if (count > LIMIT_TOPICS)
        return STATUS_LIMIT;
    for (size_t i = 0; i < count; i++)
        copies[i] = topics[i];
    return channel_transact(engine, channel, put_asked, &asked);
}

enum status peer_assist_topics(struct engine *engine,
                               const struct channel *channel,
                               struct buffer *record,
                               struct arena *arena,
                               struct wire_topic **topics,
                               size_t *count)
{
    struct vault_place place = {.kind = RECORD_ASKED, .scope = channel->id};
    struct asked asked = {0};
    enum status status = vault_get(engine->vault, &place, record);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    if (status == STATUS_OK)
        TRY(schema_decode(&asked_schema, buffer_span(record), arena, &asked));
    *topics = asked.topics;
    *count = asked.topic_count;
    return STATUS_OK;
}

/* ---- visitors ---- */

/* The people of the channel without a role, each once. */
struct visitors {
    struct channel_role_change *changes;
    size_t count;
    struct arena arena;
};

static void visitors_clear(struct visitors *visitors)
{
    arena_clear(&visitors->arena);
}

static bool is_listed(const struct visitors *visitors, const struct id *person)
{
    for (size_t i = 0; i < visitors->count; i++)
        if (id_equal(&visitors->changes[i].person, person))
            return true;
    return false;
}

static enum status find_visitors(struct channel *channel, struct visitors *visitors)
{
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(channel->group));
    struct channel_extension extension;
    void *memory = NULL;
    TRY(channel_extension(channel, &visitors->arena, &extension));
    TRY(arena_take(&visitors->arena, mls_tree_member_count(tree), sizeof *visitors->changes,
                   &memory));
    visitors->changes = memory;
    uint32_t leaf = mls_tree_next_member(tree, 0);
    for (; leaf != MLS_NO_LEAF; leaf = mls_tree_next_member(tree, leaf + 1)) {
        struct channel_identity identity;
        TRY(channel_identity_decode(&mls_tree_leaf(tree, leaf)->credential, &identity));
        if (channel_extension_roles(&extension, &identity.person) == 0 &&
            !is_listed(visitors, &identity.person))
            visitors->changes[visitors->count++] = (struct channel_role_change){
                .person = identity.person, .give = CHANNEL_ROLE_ASSISTER};
    }
    return STATUS_OK;
}

static enum status has_assisters(struct engine *engine, struct channel *channel, bool *has)
{
    struct session_view view;
    *has = false;
    if (!channel->has_session)
        return STATUS_OK;
    TRY(session_view_open(engine, channel, &view));
    for (size_t i = 0; i < view.format.role_count; i++)
        *has = *has || view.format.roles[i].role == CHANNEL_ROLE_ASSISTER;
    session_view_clear(&view);
    return STATUS_OK;
}

enum status
peer_assist_welcome_visitors(struct engine *engine, struct channel *channel, size_t *given)
{
    CLEANUP(visitors_clear) struct visitors visitors = {.arena = ARENA_INIT(LIMIT_DECODED_BYTES)};
    bool has = false;
    *given = 0;
    TRY(channel_log_catch_up(engine, channel));
    TRY(session_refresh(engine, channel));
    TRY(has_assisters(engine, channel, &has));
    if (!has || (channel_own_roles(engine, channel) & CHANNEL_ROLE_FACILITATOR) == 0)
        return STATUS_OK;
    TRY(find_visitors(channel, &visitors));
    if (visitors.count == 0)
        return STATUS_OK;
    TRY(channel_commit_roles(engine, channel, visitors.changes, visitors.count));
    *given = visitors.count;
    return STATUS_OK;
}
