/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/channel_join.h"

#include "client-cli/core/channel_commit.h"
#include "client-cli/core/channel_continue.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/channel_say.h"
#include "client-cli/core/history_keys.h"
#include "client-cli/core/key_pool.h"
#include "client-cli/core/limits.h"
#include "client-cli/core/replica.h"
#include "protocol/channel/identity.h"
#include "protocol/channel/known_log.h"
#include "protocol/channel/policy.h"
#include "protocol/wire/generations.h"

#define FIRST_GENERATION 1

/* ---- making a channel ---- */

static enum status store_new(struct engine *engine, struct channel *channel)
{
    TRY(vault_begin(engine->vault));
    enum status status = channel_store_new_group(engine, channel);
    if (status == STATUS_OK)
        status = history_keys_note_epoch(engine, channel);
    TRY(vault_end(engine->vault, status));
    channel_stored(channel);
    return STATUS_OK;
}

enum status channel_join_new_group(struct engine *engine,
                                   struct channel *channel,
                                   const struct channel_extension *extension)
{
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(LIMIT_FRAME_BYTES);
    uint8_t group_id[CHANNEL_GROUP_ID_SIZE];
    struct account_identity identity;
    account_identity_init(&engine->account, engine_now_ms(engine), CORE_LEAF_DAYS, &identity);
    channel_group_id_encode(&channel->id, channel->generation, group_id);
    TRY(channel_commit_extensions(extension, &extensions));
    struct mls_group_config config = {
        .suite = suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519),
        .group_id = SPAN_OF(group_id),
        .identity = &identity.mls,
        .extensions = {buffer_span(&extensions)},
    };
    mls_group_free(&channel->group);
    return mls_group_new(&config, engine->random, &channel->group);
}

static enum status
prepare(struct engine *engine, struct channel *channel, const struct channel_plan *plan)
{
    struct channel_role_item own = {.person = engine->account.person,
                                    .roles =
                                        (uint16_t)(plan->own_roles | CHANNEL_ROLE_FACILITATOR)};
    struct channel_extension extension = {
        .visibility = plan->visibility,
        .history = plan->history == 0 ? CHANNEL_HISTORY_FROM_JOINING : plan->history,
        .format_digest = plan->format_digest,
        .roles = &own,
        .role_count = 1};
    channel->state = CHANNEL_STATE_CREATING;
    channel->generation = FIRST_GENERATION;
    channel->confirmed = true;
    TRY(channel_set_texts(channel, plan->title, plan->brief));
    TRY(channel_join_new_group(engine, channel, &extension));
    TRY(channel_begin_hash(channel));
    return store_new(engine, channel);
}

static enum status become_member(struct engine *engine, struct channel *channel, void *context)
{
    (void)engine;
    (void)context;
    channel->state = CHANNEL_STATE_MEMBER;
    return STATUS_OK;
}

static enum status become_left(struct engine *engine, struct channel *channel, void *context)
{
    (void)context;
    channel->state = CHANNEL_STATE_LEFT;
    return channel_delete_group(engine, channel);
}

static bool is_unlisted(struct channel *channel)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_extension extension;
    return channel_extension(channel, &arena, &extension) == STATUS_OK &&
           !channel_extension_is_listed(&extension);
}

/* The title of an unlisted channel is said inside the encryption. */
static enum status say_state(struct engine *engine, struct channel *channel)
{
    struct content_channel_state state = {channel->title, channel->brief};
    struct channel_said said;
    return channel_say(engine, channel, CONTENT_CHANNEL_STATE, NULL, &state, &said);
}

enum status channel_join_create_again(struct engine *engine, struct channel *channel)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(buffer_clear) struct buffer group_info = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    TRY(channel_need_group(engine, channel));
    TRY(mls_group_write_group_info(channel->group, false, &group_info));
    TRY(mls_group_write_tree(channel->group, &tree));
    bool unlisted = is_unlisted(channel);
    struct wire_channel_create_request request = {
        .channel = channel->id,
        .title = unlisted ? SPAN_EMPTY : channel->title,
        .brief = unlisted ? SPAN_EMPTY : channel->brief,
        .group_info = buffer_span(&group_info),
        .ratchet_tree = buffer_span(&tree),
    };
    enum status status = engine_call(engine, WIRE_CHANNEL_CREATE, &request, &reply, NULL);
    if (status == STATUS_EXISTS)
        TRY(channel_transact(engine, channel, become_left, NULL));
    TRY(status);
    TRY(channel_transact(engine, channel, become_member, NULL));
    return unlisted ? say_state(engine, channel) : STATUS_OK;
}

enum status channel_join_create(struct engine *engine,
                                const struct channel_plan *plan,
                                struct channel **channel)
{
    struct id id = plan->id;
    struct channel *fresh = NULL;
    if (id_is_none(&id))
        TRY(id_random(engine->random, &id));
    TRY(channel_new(engine, &id, &fresh));
    enum status status = prepare(engine, fresh, plan);
    if (status != STATUS_OK) {
        channel_drop(engine, fresh);
        return status;
    }
    status = channel_join_create_again(engine, fresh);
    if (status == STATUS_NETWORK || status == STATUS_TIMEOUT)
        return engine_explain(engine, status,
                              "the connection ended just as the channel was made: if the server "
                              "has not got it, the next command makes it. Do not make it again: "
                              "weft sync sees to it, and weft status shows it");
    TRY(status);
    *channel = fresh;
    return STATUS_OK;
}

/* ---- a group that is new to us ---- */

/* Whoever was in the channel before us knew so much of the directory; we must, too. */
enum status channel_join_check_known(struct engine *engine, uint64_t known)
{
    if (known <= directory_log_of(engine->directory)->size)
        return STATUS_OK;
    return engine_explain(engine, STATUS_UNTRUSTED,
                          "the members of this channel know of devices that the server does not "
                          "show you. Tell the people who run it");
}

/* The channel's own group must be of this channel, and what weft_channel says must be readable. */
static enum status check_group(const struct channel *channel)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_extension extension;
    struct id id;
    uint32_t generation;
    TRY(channel_group_id_decode(mls_group_id(channel->group), &id, &generation));
    TRY(channel_policy_extension(mls_group_public(channel->group), &arena, &extension));
    return id_equal(&id, &channel->id) && generation == channel->generation ? STATUS_OK
                                                                            : STATUS_WRONG_GROUP;
}

enum status channel_join_begin_at(struct channel *channel, uint64_t sequence, uint64_t log_size)
{
    channel->state = CHANNEL_STATE_MEMBER;
    channel->distrusted = false;
    channel->outrun = false;
    channel->frozen = false;
    channel->overtaken = false;
    channel->subscribed = false; /* the server counts us as somebody new */
    channel->cursor = sequence;
    channel->joined_sequence = sequence;
    channel->log_size = log_size;
    channel->joined_epoch = mls_group_epoch(channel->group);
    channel->removal_due = 0;
    channel->looked_at = false;
    channel->path_due = 0;
    channel->end_count = 0;
    TRY(check_group(channel));
    /* PROTOCOL.md, 6.5: or an entry of this generation could pass for one of another. */
    if (sequence < generation_base(channel->generation) ||
        sequence >= generation_base(channel->generation + 1))
        return STATUS_UNTRUSTED;
    return channel_begin_hash(channel);
}

/* ---- Welcomes ---- */

struct welcomed {
    const struct wire_welcome_item *item;
    struct key_pool_item *key_package;
    struct span tree;
    bool continues; /* a channel that we were in, in its next generation */
};

static void key_package_clear(struct key_pool_item *item)
{
    key_pool_item_clear(item);
}

static enum status join_group(struct engine *engine, struct channel *channel, void *context)
{
    struct welcomed *welcomed = context;
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct mls_options options;
    uint64_t known;
    uint8_t group_id[CHANNEL_GROUP_ID_SIZE];
    channel_group_id_encode(&channel->id, welcomed->item->generation, group_id);
    /* RFC 9420, 12.4.3: "New members MUST verify that `group_id` is unique among the groups they
     * are currently participating in." A channel has one group here, which the new one replaces. */
    struct mls_join_request request = {.welcome = welcomed->item->welcome,
                                       .key_package = buffer_span(&welcomed->key_package->message),
                                       .private_part =
                                           buffer_span(&welcomed->key_package->private_part),
                                       .ratchet_tree = welcomed->tree,
                                       .group_id = SPAN_OF(group_id),
                                       .info_extensions = &extensions};
    engine_mls_options(engine, &options);
    CLEANUP(mls_group_free) struct mls_group *joined = NULL;
    TRY(mls_group_join(&request, &options, &joined));
    TRY(channel_known_log_read((struct mls_extensions){buffer_span(&extensions)}, &known));
    TRY(channel_join_check_known(engine, known));
    if (channel->generation == welcomed->item->generation && known < channel->log_size)
        return engine_explain(engine, STATUS_UNTRUSTED,
                              "who invites you knows less of the directory than this channel did "
                              "when you were in it");
    if (welcomed->continues)
        TRY(channel_continue_check(engine, channel, mls_group_public(joined)));
    mls_group_free(&channel->group);
    channel->group = joined;
    joined = NULL;
    channel->generation = welcomed->item->generation;
    channel->confirmed = true; /* a member let us in */
    TRY(channel_join_begin_at(channel, welcomed->item->sequence, known));
    TRY(history_keys_join(engine, channel));
    TRY(channel_commit_forget(engine, channel));
    TRY(channel_continue_forget(engine, channel));
    TRY(key_pool_use(engine, welcomed->key_package));
    return channel_store_new_group(engine, channel);
}

/* The server's title of a listed channel; an unlisted one's comes as a message. */
static enum status take_texts(struct engine *engine, struct channel *channel)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_channel_show_request request = {.channel = channel->id};
    struct wire_channel_show_response response;
    TRY(engine_call(engine, WIRE_CHANNEL_SHOW, &request, &reply, &response));
    if (response.info.title.len == 0)
        return STATUS_OK;
    return channel_set_texts(channel, response.info.title, response.info.brief);
}

static enum status confirm(struct engine *engine, const struct wire_welcome_item *item)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_welcome_done_request request = {
        .channel = item->channel, .generation = item->generation, .epoch = item->epoch};
    return engine_call(engine, WIRE_WELCOME_DONE, &request, &reply, NULL);
}

/* A Welcome makes a group of the Welcome's choosing: it never takes the place of one that we are
 * in. Who was removed and let in again finds the removal in the log first. */
static enum status check_replaces_nothing(struct engine *engine,
                                          struct channel *channel,
                                          const struct wire_welcome_item *item)
{
    if (channel == NULL || channel->state != CHANNEL_STATE_MEMBER)
        return STATUS_OK;
    enum status status = channel_log_take_new(engine, channel);
    bool goes_on = status == STATUS_OK && item->generation > channel->generation;
    if (status == STATUS_REMOVED || goes_on)
        status = channel_continue_make_way(engine, channel);
    TRY(status);
    return channel->state == CHANNEL_STATE_MEMBER ? STATUS_EXISTS : STATUS_OK;
}

static enum status open_welcome(struct engine *engine, const struct wire_welcome_item *item)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(key_package_clear) struct key_pool_item key_package = {0};
    struct wire_channel_group_request ask = {.channel = item->channel,
                                             .tree_hash = item->tree_hash};
    struct wire_channel_group_response shown;
    struct channel *channel = channel_find(engine, &item->channel);
    TRY(check_replaces_nothing(engine, channel, item));
    TRY(key_pool_find(engine, item->welcome, &key_package));
    TRY(engine_call(engine, WIRE_CHANNEL_GROUP, &ask, &reply, &shown));
    bool fresh = channel == NULL;
    if (fresh)
        TRY(channel_new(engine, &item->channel, &channel));
    bool continues = channel->state == CHANNEL_STATE_AWAITING ||
                     channel->state == CHANNEL_STATE_STUCK ||
                     channel->state == CHANNEL_STATE_CONTINUING; /* another was first */
    struct welcomed welcomed = {item, &key_package, shown.ratchet_tree, continues};
    enum status status = take_texts(engine, channel);
    if (status == STATUS_OK)
        status = channel_transact(engine, channel, join_group, &welcomed);
    if (status != STATUS_OK) {
        if (fresh)
            channel_drop(engine, channel);
        return status;
    }
    /* An unlisted channel's title follows its Welcome. What fails here is made up for later. */
    if (channel_log_take_new(engine, channel) != STATUS_OK)
        engine_forget_explanation(engine);
    engine_notice(engine, channel,
                  continues ? "This channel goes on with fresh keys, and you are in it again."
                            : "You were let into this channel.");
    return STATUS_OK;
}

/* A Welcome for an epoch that we have, or have passed, was opened before its answer was lost. */
static bool is_known(const struct engine *engine, const struct wire_welcome_item *item)
{
    const struct channel *channel = channel_find(engine, &item->channel);
    return channel != NULL && channel->state == CHANNEL_STATE_MEMBER &&
           channel->generation == item->generation && channel->joined_sequence >= item->sequence;
}

/* What may pass (network, disk, a server with too much to do) must not lose a Welcome for ever. */
static bool may_pass(enum status status)
{
    return status == STATUS_NETWORK || status == STATUS_TIMEOUT || status == STATUS_RATE_LIMITED ||
           status == STATUS_FULL || status_passes(status);
}

static void tell_unopened(struct engine *engine, enum status status)
{
    const char *why = status == STATUS_NOT_FOUND
                          ? "it is for a key that this device has used before, or never had"
                          : status_text(status);
    engine_notice(engine, NULL, "An invitation into a channel could not be opened: %s%s", why,
                  status == STATUS_INTERNAL ? "; it is tried again" : "");
    engine_forget_explanation(engine);
}

/* Opens what there is; `*done` is how many need not be given again. */
static enum status
open_welcomes(struct engine *engine, const struct wire_welcomes_response *response, size_t *done)
{
    *done = 0;
    for (size_t i = 0; i < response->welcome_count; i++) {
        const struct wire_welcome_item *item = &response->welcomes[i];
        enum status status = is_known(engine, item) ? STATUS_OK : open_welcome(engine, item);
        if (may_pass(status))
            return status;
        if (status != STATUS_OK)
            tell_unopened(engine, status);
        if (status == STATUS_INTERNAL)
            continue; /* of a server that has failed: it may give it later, and others now */
        TRY(confirm(engine, item));
        ++*done;
    }
    return STATUS_OK;
}

/* `*left`: whether there are more, or may be. */
static enum status take_welcomes(struct engine *engine, bool *left)
{
    size_t done = 1;
    *left = true;
    for (int i = 0; i < CORE_WELCOME_ROUNDS && done != 0; i++) {
        CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
        struct wire_empty nothing = {0};
        struct wire_welcomes_response response;
        TRY(engine_call(engine, WIRE_WELCOMES, &nothing, &reply, &response));
        *left = response.welcome_count != 0;
        if (!*left)
            return STATUS_OK;
        TRY(replica_update(engine, SPAN_EMPTY));
        TRY(open_welcomes(engine, &response, &done));
    }
    return STATUS_OK;
}

static int64_t next_pause(int64_t pause_ms)
{
    if (pause_ms == 0)
        return CORE_WELCOMES_AGAIN_FIRST_MS;
    return 2 * pause_ms < CORE_WELCOMES_AGAIN_LAST_MS ? 2 * pause_ms : CORE_WELCOMES_AGAIN_LAST_MS;
}

enum status channel_join_welcomes(struct engine *engine)
{
    bool left;
    enum status status = take_welcomes(engine, &left);
    engine->welcomes_pause_ms = left ? next_pause(engine->welcomes_pause_ms) : 0;
    engine->welcomes_due = left ? engine_now_ms(engine) + engine->welcomes_pause_ms : 0;
    return status;
}

/* ---- leaving ---- */

static enum status leave_behind(struct engine *engine, struct channel *channel)
{
    TRY(channel_transact(engine, channel, become_left, NULL));
    return channel_say_give_up(engine, channel);
}

enum status channel_join_leave(struct engine *engine, struct channel *channel)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(buffer_clear) struct buffer signature = BUFFER_INIT(SIGNATURE_SIZE_MAX);
    if (channel->state == CHANNEL_STATE_REMOVED) /* as a member's commit has said */
        return leave_behind(engine, channel);
    TRY(channel_need_group(engine, channel));
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(channel->group));
    const struct mls_leaf_node *own = mls_tree_leaf(tree, mls_group_own_leaf(channel->group));
    struct wire_channel_leave_request request = {.leave = {.channel = channel->id,
                                                           .generation = channel->generation,
                                                           .device = engine->account.device,
                                                           .encryption_key = own->encryption_key,
                                                           .time = engine_now_ms(engine)}};
    TRY(message_leave_sign(&request.leave, SPAN_OF(engine->account.leaf_private), &signature));
    request.leave.signature = buffer_span(&signature);
    enum status asked = engine_call(engine, WIRE_CHANNEL_LEAVE, &request, &reply, NULL);
    /* Whoever is out already, by the server's word, leaves nothing but this device's record of it.
     */
    if (asked == STATUS_DENIED || asked == STATUS_NOT_FOUND)
        engine_forget_explanation(engine);
    else
        TRY(asked);
    return leave_behind(engine, channel);
}
