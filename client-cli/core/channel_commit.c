/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/channel_commit.h"

#include "client-cli/core/channel_log.h"
#include "client-cli/core/dormant.h"
#include "client-cli/core/limits.h"
#include "client-cli/core/records.h"
#include "protocol/channel/identity.h"
#include "protocol/channel/known_log.h"

#include <stdlib.h>
#include <string.h>

/* ---- the pending commit's messages in the vault ---- */

struct commit_record {
    uint64_t epoch;
    struct id work;
    struct span commit;
    struct span welcome;
    struct span group_info;
};

static const struct field record_fields[] = {
    FIELD_PLAIN(FIELD_U64, struct commit_record, epoch),
    FIELD_ID(struct commit_record, work),
    FIELD_SIZED(FIELD_BYTES, struct commit_record, commit, LIMIT_OBJECT_BYTES),
    FIELD_SIZED(FIELD_BYTES, struct commit_record, welcome, LIMIT_OBJECT_BYTES),
    FIELD_SIZED(FIELD_BYTES, struct commit_record, group_info, LIMIT_OBJECT_BYTES),
};
static const struct schema record_schema = SCHEMA("commit", struct commit_record, record_fields);

static struct vault_place place_of(const struct channel *channel)
{
    return (struct vault_place){.kind = RECORD_COMMIT, .scope = channel->id};
}

enum status channel_commit_forget(struct engine *engine, const struct channel *channel)
{
    struct vault_place place = place_of(channel);
    return vault_delete(engine->vault, &place);
}

/* ---- making one ---- */

struct making {
    const struct channel_proposals *proposals;
    struct mls_commit_bundle bundle;
};

static void making_clear(struct making *making)
{
    mls_commit_bundle_clear(&making->bundle);
}

static enum status encode_header(const struct engine *engine,
                                 const struct channel_proposals *proposals,
                                 struct buffer *bytes)
{
    struct message_header header = {.version = MESSAGE_HEADER_VERSION, .lane = LANE_CONTROL};
    struct message_leave leaves[LIMIT_ADDS_PER_COMMIT];
    memcpy(leaves, proposals->leaves, sizeof leaves);
    header.leaves = leaves;
    header.leave_count = proposals->leave_count;
    TRY(id_random(engine->random, &header.message));
    TRY(channel_log_head(engine, &header));
    return message_header_encode(&header, bytes);
}

/* Makes the commit and keeps what is sent of it. */
static enum status make(struct engine *engine, struct channel *channel, void *context)
{
    struct making *making = context;
    CLEANUP(buffer_clear) struct buffer header = BUFFER_INIT(LIMIT_FRAME_BYTES);
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(LIMIT_FRAME_BYTES);
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(VAULT_VALUE_BYTES_MAX);
    struct mls_options options;
    TRY(encode_header(engine, making->proposals, &header));
    TRY(channel_known_log_write(directory_log_of(engine->directory)->size, &extensions));
    struct mls_commit_request request = {.proposals = making->proposals->items,
                                         .proposal_count = making->proposals->count,
                                         .force_path = making->proposals->path,
                                         .authenticated_data = buffer_span(&header),
                                         .info_extensions = {buffer_span(&extensions)}};
    engine_mls_options(engine, &options);
    uint64_t epoch = mls_group_epoch(channel->group);
    TRY(mls_group_commit(channel->group, &request, &options, engine->random, &making->bundle));
    struct commit_record kept = {.epoch = epoch,
                                 .work = making->proposals->work,
                                 .commit = buffer_span(&making->bundle.commit),
                                 .welcome = buffer_span(&making->bundle.welcome),
                                 .group_info = buffer_span(&making->bundle.group_info)};
    struct vault_place place = place_of(channel);
    TRY(schema_encode(&record_schema, &kept, &record));
    return vault_put(engine->vault, &place, buffer_span(&record));
}

static enum status drop_pending(struct engine *engine, struct channel *channel, void *context)
{
    (void)context;
    TRY(channel_need_group(engine, channel));
    mls_group_clear_pending(channel->group);
    return channel_commit_forget(engine, channel);
}

/* The server may still have taken it, or take it when it is sent again. What failed here, on this
 * machine, says nothing of that. */
static bool is_open(enum status status)
{
    return status == STATUS_NETWORK || status == STATUS_TIMEOUT || status == STATUS_RATE_LIMITED ||
           status_passes(status);
}

/* Sends it. When it lost or was refused it is no longer pending afterwards. */
static enum status
send_commit(struct engine *engine, struct channel *channel, const struct commit_record *commit)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_channel_commit_request request = {.channel = channel->id,
                                                  .generation = channel->generation,
                                                  .epoch = commit->epoch,
                                                  .commit = commit->commit,
                                                  .welcome = commit->welcome,
                                                  .group_info = commit->group_info,
                                                  .work = commit->work};
    struct wire_channel_commit_response response;
    enum status status = engine_call(engine, WIRE_CHANNEL_COMMIT, &request, &reply, &response);
    if (status == STATUS_OK || is_open(status))
        return status;
    TRY(channel_transact(engine, channel, drop_pending, NULL));
    return status;
}

/* A commit that the server has taken is in the log from then on. One that is not shown to us is not
 * in effect here, and may be in effect for others. */
static enum status take_own(struct engine *engine, struct channel *channel)
{
    TRY(channel_log_take_new(engine, channel));
    if (channel->state != CHANNEL_STATE_MEMBER)
        return STATUS_OK;
    TRY(channel_need_group(engine, channel));
    if (mls_group_has_pending(channel->group))
        return engine_explain(
            engine, STATUS_UNTRUSTED,
            "the server says that it has your change, and does not show it in the "
            "channel: it is not in effect here, and others may see another state "
            "of the channel than you. Tell whoever runs the server");
    return STATUS_OK;
}

static enum status
attempt(struct engine *engine, struct channel *channel, const struct channel_proposals *proposals)
{
    CLEANUP(making_clear) struct making making = {.proposals = proposals};
    TRY(channel_need_group(engine, channel));
    uint64_t epoch = mls_group_epoch(channel->group);
    TRY(channel_transact(engine, channel, make, &making));
    struct commit_record commit = {.epoch = epoch,
                                   .work = proposals->work,
                                   .commit = buffer_span(&making.bundle.commit),
                                   .welcome = buffer_span(&making.bundle.welcome),
                                   .group_info = buffer_span(&making.bundle.group_info)};
    TRY(send_commit(engine, channel, &commit));
    return take_own(engine, channel);
}

static void proposals_clear(struct channel_proposals *proposals)
{
    arena_clear(&proposals->arena);
    buffer_clear(&proposals->bytes);
}

static enum status try_change(struct engine *engine,
                              struct channel *channel,
                              const struct channel_change *change,
                              bool *done)
{
    CLEANUP(proposals_clear)
    struct channel_proposals proposals = {.arena = ARENA_INIT(LIMIT_DECODED_BYTES),
                                          .bytes = BUFFER_INIT(LIMIT_OBJECT_BYTES)};
    TRY(channel_need_group(engine, channel));
    TRY(change->propose(engine, channel, change->context, &proposals));
    *done = proposals.count != 0 || proposals.path;
    return *done ? attempt(engine, channel, &proposals) : STATUS_OK;
}

enum status channel_commit(struct engine *engine,
                           struct channel *channel,
                           const struct channel_change *change,
                           bool *done)
{
    enum status status = STATUS_WRONG_EPOCH;
    for (int i = 0; i < CORE_COMMIT_TRIES && status == STATUS_WRONG_EPOCH; i++) {
        TRY(channel_log_catch_up(engine, channel));
        if (channel->state != CHANNEL_STATE_MEMBER)
            return engine_explain(engine, STATUS_REMOVED, "you are not in this channel any more");
        status = try_change(engine, channel, change, done);
    }
    return status == STATUS_WRONG_EPOCH ? STATUS_CONFLICT : status;
}

enum status channel_commit_again(struct engine *engine, struct channel *channel)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(VAULT_VALUE_BYTES_MAX);
    struct vault_place place = place_of(channel);
    struct arena none = ARENA_INIT(0);
    struct commit_record commit;
    enum status found = vault_get(engine->vault, &place, &bytes);
    if (found != STATUS_OK)
        return found == STATUS_NOT_FOUND ? STATUS_OK : found;
    if (schema_decode(&record_schema, buffer_span(&bytes), &none, &commit) != STATUS_OK)
        return STATUS_CORRUPT;
    TRY(channel_need_group(engine, channel));
    enum status sent = send_commit(engine, channel, &commit);
    if (sent == STATUS_OK)
        return take_own(engine, channel);
    if (sent == STATUS_WRONG_EPOCH)
        return channel_log_take_new(engine, channel);
    return is_open(sent) ? sent : STATUS_OK; /* refused for good: it is not pending any more */
}

/* ---- removing ---- */

static enum status propose_removal(struct engine *engine,
                                   struct channel *channel,
                                   void *context,
                                   struct channel_proposals *proposals)
{
    const struct id *person = context;
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(channel->group));
    for (uint32_t leaf = mls_tree_next_member(tree, 0);
         leaf != MLS_NO_LEAF && proposals->count < LIMIT_ADDS_PER_COMMIT;
         leaf = mls_tree_next_member(tree, leaf + 1)) {
        struct channel_identity identity;
        TRY(channel_identity_decode(&mls_tree_leaf(tree, leaf)->credential, &identity));
        if (id_equal(&identity.person, person))
            proposals->items[proposals->count++] =
                (struct mls_proposal){.type = MLS_PROPOSAL_REMOVE, .removed = leaf};
    }
    return dormant_settle(engine, channel, person, proposals);
}

enum status
channel_commit_remove(struct engine *engine, struct channel *channel, const struct id *person)
{
    struct id copy = *person;
    struct channel_change change = {.propose = propose_removal, .context = &copy};
    bool done = false;
    TRY(channel_commit(engine, channel, &change, &done));
    return done ? STATUS_OK
                : engine_explain(engine, STATUS_NOT_FOUND, "this person is not in the channel");
}

/* ---- a path ---- */

#define PATH_DONE INT64_MAX
#define PATH_WITHIN_MS (CORE_PATH_DAYS * 86400000LL)

static bool needs_path(const struct channel *channel)
{
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(channel->group));
    const struct mls_leaf_node *leaf = mls_tree_leaf(tree, mls_group_own_leaf(channel->group));
    return leaf->source == MLS_LEAF_KEY_PACKAGE && mls_tree_member_count(tree) > 1;
}

static enum status store_due(struct engine *engine, struct channel *channel, void *context)
{
    (void)engine;
    channel->path_due = *(const int64_t *)context;
    return STATUS_OK;
}

static enum status draw_due(struct engine *engine, struct channel *channel)
{
    uint32_t drawn;
    TRY(random_fill(engine->random, (uint8_t *)&drawn, sizeof drawn));
    int64_t due = engine_now_ms(engine) + (int64_t)(PATH_WITHIN_MS * (uint64_t)drawn >> 32);
    return channel_transact(engine, channel, store_due, &due);
}

static enum status propose_path(struct engine *engine,
                                struct channel *channel,
                                void *context,
                                struct channel_proposals *proposals)
{
    (void)engine;
    (void)context;
    proposals->path = needs_path(channel);
    return STATUS_OK;
}

enum status channel_commit_path(struct engine *engine, struct channel *channel)
{
    int64_t done = PATH_DONE;
    bool committed = false;
    struct channel_change change = {.propose = propose_path};
    if (channel->state != CHANNEL_STATE_MEMBER || channel->frozen ||
        channel->path_due > engine_now_ms(engine))
        return STATUS_OK;
    TRY(channel_need_group(engine, channel));
    if (channel->path_due == 0 && needs_path(channel))
        return draw_due(engine, channel);
    if (needs_path(channel))
        TRY(channel_commit(engine, channel, &change, &committed));
    return needs_path(channel) ? STATUS_OK : channel_transact(engine, channel, store_due, &done);
}

/* ---- roles ---- */

enum status channel_commit_extensions(const struct channel_extension *extension,
                                      struct buffer *bytes)
{
    CLEANUP(buffer_clear) struct buffer required_bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    CLEANUP(buffer_clear) struct buffer channel_bytes = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    static const uint8_t types[] = {CHANNEL_EXTENSION_TYPE >> 8, CHANNEL_EXTENSION_TYPE & 0xff};
    struct mls_required_capabilities required = {.extensions = {SPAN_OF(types)}};
    struct writer required_writer = writer_of(&required_bytes);
    mls_required_capabilities_write(&required_writer, &required);
    TRY(writer_finish(&required_writer));
    TRY(channel_extension_encode(extension, &channel_bytes));
    struct writer writer = writer_of(bytes);
    mls_extension_write(&writer, MLS_EXTENSION_REQUIRED_CAPABILITIES, buffer_span(&required_bytes));
    mls_extension_write(&writer, CHANNEL_EXTENSION_TYPE, buffer_span(&channel_bytes));
    return writer_finish(&writer);
}

enum status channel_commit_propose_extensions(const struct channel_extension *extension,
                                              struct channel_proposals *proposals)
{
    TRY(channel_commit_extensions(extension, &proposals->bytes));
    proposals->items[proposals->count++] =
        (struct mls_proposal){.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                              .context_extensions = {buffer_span(&proposals->bytes)}};
    return STATUS_OK;
}

struct role_changes {
    const struct channel_role_change *items;
    size_t count;
};

/* Applies the changes to a list with room for them; false when nothing changed. */
static bool apply_roles(struct channel_extension *extension, const struct role_changes *changes)
{
    bool changed = false;
    for (size_t i = 0; i < changes->count; i++) {
        const struct channel_role_change *change = &changes->items[i];
        size_t at = 0;
        while (at < extension->role_count &&
               !id_equal(&extension->roles[at].person, &change->person))
            at++;
        if (at == extension->role_count)
            extension->roles[extension->role_count++] =
                (struct channel_role_item){.person = change->person};
        uint16_t before = extension->roles[at].roles;
        uint16_t after = (uint16_t)((before | change->give) & ~change->take);
        changed = changed || after != before;
        extension->roles[at].roles = after;
        if (after == 0) /* people without a role are not listed */
            extension->roles[at] = extension->roles[--extension->role_count];
    }
    return changed;
}

static int compare_roles(const void *a, const void *b)
{
    const struct channel_role_item *first = a;
    const struct channel_role_item *second = b;
    return span_compare(id_span(&first->person), id_span(&second->person));
}

/* A copy of the list with room for `more`. */
static enum status make_room(struct arena *arena, struct channel_extension *extension, size_t more)
{
    void *roles = NULL;
    TRY(arena_take(arena, extension->role_count + more, sizeof *extension->roles, &roles));
    if (extension->role_count != 0)
        memcpy(roles, extension->roles, extension->role_count * sizeof *extension->roles);
    extension->roles = roles;
    return STATUS_OK;
}

static enum status propose_roles(struct engine *engine,
                                 struct channel *channel,
                                 void *context,
                                 struct channel_proposals *proposals)
{
    const struct role_changes *changes = context;
    struct channel_extension extension;
    (void)engine;
    TRY(channel_extension(channel, &proposals->arena, &extension));
    TRY(make_room(&proposals->arena, &extension, changes->count));
    if (!apply_roles(&extension, changes))
        return STATUS_OK;
    /* PROTOCOL.md, 9: by rising person. */
    qsort(extension.roles, extension.role_count, sizeof *extension.roles, compare_roles);
    return channel_commit_propose_extensions(&extension, proposals);
}

enum status channel_commit_roles(struct engine *engine,
                                 struct channel *channel,
                                 const struct channel_role_change *changes,
                                 size_t count)
{
    struct role_changes list = {changes, count};
    struct channel_change change = {.propose = propose_roles, .context = &list};
    bool done = false;
    TRY(channel_need_group(engine, channel));
    if ((channel_own_roles(engine, channel) & CHANNEL_ROLE_FACILITATOR) == 0)
        return engine_explain(engine, STATUS_DENIED,
                              "only a facilitator of this channel gives roles");
    return channel_commit(engine, channel, &change, &done);
}

/* ---- what newcomers read ---- */

static enum status propose_no_history(struct engine *engine,
                                      struct channel *channel,
                                      void *context,
                                      struct channel_proposals *proposals)
{
    struct channel_extension extension;
    (void)engine;
    (void)context;
    TRY(channel_extension(channel, &proposals->arena, &extension));
    if (extension.history == CHANNEL_HISTORY_FROM_JOINING)
        return STATUS_OK;
    extension.history = CHANNEL_HISTORY_FROM_JOINING;
    return channel_commit_propose_extensions(&extension, proposals);
}

enum status channel_commit_no_history(struct engine *engine, struct channel *channel)
{
    struct channel_change change = {.propose = propose_no_history};
    bool done = false;
    TRY(channel_need_group(engine, channel));
    if ((channel_own_roles(engine, channel) & CHANNEL_ROLE_FACILITATOR) == 0)
        return engine_explain(engine, STATUS_DENIED,
                              "only a facilitator of this channel changes what newcomers read");
    return channel_commit(engine, channel, &change, &done);
}
