/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/channel_join.h"

#include "client-cli/core/channel_ask.h"
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
#include "protocol/mls/public/group_info.h"
#include "protocol/wire/generations.h"

#include <string.h>

#define FIRST_GENERATION 1

/* Of leaves that come from a KeyPackage; ours here do not, but the field is part of an identity. */
#define IDENTITY_DAYS 90

/* ---- making a channel ---- */

static enum status store_new(struct engine *engine, struct channel *channel)
{
    TRY(vault_begin(engine->vault));
    enum status status = channel_store_new_group(engine, channel);
    if (status == STATUS_OK)
        status = history_keys_note_epoch(engine, channel);
    if (status == STATUS_OK)
        status = vault_commit(engine->vault);
    if (status != STATUS_OK)
        vault_rollback(engine->vault);
    else
        channel_stored(channel);
    return status;
}

enum status channel_join_new_group(struct engine *engine,
                                   struct channel *channel,
                                   const struct channel_extension *extension)
{
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(LIMIT_FRAME_BYTES);
    uint8_t group_id[CHANNEL_GROUP_ID_SIZE];
    struct account_identity identity;
    account_identity_init(&engine->account, engine_now_ms(engine), IDENTITY_DAYS, &identity);
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
    TRY(channel_join_create_again(engine, fresh));
    *channel = fresh;
    return STATUS_OK;
}

/* ---- external commits ---- */

static enum status header_of(const struct engine *engine, struct buffer *bytes)
{
    struct message_header header = {.version = MESSAGE_HEADER_VERSION, .lane = LANE_CONTROL};
    TRY(id_random(engine->random, &header.message));
    TRY(channel_log_head(engine, &header));
    return message_header_encode(&header, bytes);
}

/* Whoever was in the channel before us knew so much of the directory; we must, too. */
static enum status check_known(struct engine *engine, uint64_t known)
{
    if (known <= directory_log_of(engine->directory)->size)
        return STATUS_OK;
    return engine_explain(engine, STATUS_UNTRUSTED,
                          "the members of this channel know of devices that the server does not "
                          "show you. Tell the people who run it");
}

/* One external commit into the epoch that the server shows now. */
struct entering {
    struct id channel;
    bool resync;
    bool unasked; /* by the server's word, and not by the person's */
    bool asks;    /* a member first, to add us: then `added`, and no commit of ours */
    bool added;
    struct mls_group *group;
    uint32_t generation;
    uint64_t sequence;
    uint64_t log_size; /* what the commit knew of the directory */
    uint64_t epoch;    /* before the commit */
    int tries_without_change;
};

static void entering_clear(struct entering *entering)
{
    mls_group_free(&entering->group);
}

static enum status make_external(struct engine *engine,
                                 struct entering *entering,
                                 const struct wire_channel_group_response *shown,
                                 struct mls_commit_bundle *bundle)
{
    CLEANUP(buffer_clear) struct buffer header = BUFFER_INIT(LIMIT_FRAME_BYTES);
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct account_identity identity;
    struct mls_options options;
    uint64_t known = 0;
    account_identity_init(&engine->account, engine_now_ms(engine), IDENTITY_DAYS, &identity);
    engine_mls_options(engine, &options);
    enum status has_known = channel_known_log_of(shown->group_info, &known);
    if (has_known != STATUS_NOT_FOUND) /* before the first commit there is none */
        TRY(has_known);
    TRY(check_known(engine, known));
    entering->log_size = directory_log_of(engine->directory)->size;
    TRY(header_of(engine, &header));
    TRY(channel_known_log_write(entering->log_size, &extensions));
    struct mls_external_join_request request = {.group_info = shown->group_info,
                                                .ratchet_tree = shown->ratchet_tree,
                                                .identity = &identity.mls,
                                                .resync = entering->resync,
                                                .authenticated_data = buffer_span(&header),
                                                .info_extensions = {buffer_span(&extensions)}};
    mls_group_free(&entering->group);
    enum status status =
        mls_group_join_external(&request, &options, engine->random, &entering->group, bundle);
    /* A leaf of ours from before, whose state was lost; or none where one was expected. */
    if (status == STATUS_EXISTS || status == STATUS_NOT_FOUND) {
        request.resync = !request.resync;
        status =
            mls_group_join_external(&request, &options, engine->random, &entering->group, bundle);
    }
    return status;
}

static void bundle_clear(struct mls_commit_bundle *bundle)
{
    mls_commit_bundle_clear(bundle);
}

/* Whoever was removed since is in an old state of the group, with keys that work in it. */
static enum status check_not_older(struct engine *engine, const struct entering *entering)
{
    struct channel *known = channel_find(engine, &entering->channel);
    struct id id;
    uint32_t generation;
    TRY(channel_group_id_decode(mls_group_id(entering->group), &id, &generation));
    if (known == NULL || known->generation != generation ||
        channel_need_group(engine, known) != STATUS_OK ||
        mls_group_epoch(entering->group) > mls_group_epoch(known->group))
        return STATUS_OK;
    return engine_explain(engine, STATUS_UNTRUSTED,
                          "the server shows an older state of this channel than you have seen: not "
                          "entered, since people who were removed may be in it. Tell whoever runs "
                          "the server");
}

/* A server could make up a group and people for it, and send us there to speak. Whoever changed the
 * group last has signed what we are shown, and must be somebody who was in it with us. */
static enum status check_signer(struct engine *engine,
                                const struct entering *entering,
                                const struct wire_channel_group_response *shown)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel *known = channel_find(engine, &entering->channel);
    struct channel_extension extension;
    struct mls_group_info info;
    if (!entering->unasked)
        return STATUS_OK;
    TRY(channel_need_group(engine, known));
    TRY(channel_extension(known, &arena, &extension));
    TRY(mls_group_info_decode(shown->group_info, &info));
    const struct mls_leaf_node *signer =
        mls_tree_leaf(mls_public_group_tree(mls_group_public(entering->group)), info.signer);
    if (extension.visibility == CHANNEL_OPEN ||
        (signer != NULL &&
         mls_tree_find_signature_key(mls_public_group_tree(mls_group_public(known->group)),
                                     signer->signature_key) != MLS_NO_LEAF))
        return STATUS_OK;
    return engine_explain(
        engine, STATUS_NOT_NOW,
        "this device is to join the channel anew, as the server says, and whoever "
        "changed it last was not in it when you were: ask somebody who is in it, "
        "and then come back with weft channel resync");
}

static enum status enter_once(struct engine *engine, struct entering *entering)
{
    CLEANUP(connection_reply_clear) struct connection_reply shown_reply = CONNECTION_REPLY_INIT;
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(bundle_clear) struct mls_commit_bundle bundle = {0};
    struct wire_channel_group_request ask = {.channel = entering->channel};
    struct wire_channel_group_response shown;
    TRY(engine_call(engine, WIRE_CHANNEL_GROUP, &ask, &shown_reply, &shown));
    TRY(replica_update(engine, SPAN_EMPTY));
    TRY(make_external(engine, entering, &shown, &bundle));
    TRY(check_not_older(engine, entering));
    TRY(check_signer(engine, entering, &shown));
    struct wire_channel_commit_request request = {.channel = entering->channel,
                                                  .generation = shown.generation,
                                                  .epoch = shown.epoch,
                                                  .commit = buffer_span(&bundle.commit),
                                                  .group_info = buffer_span(&bundle.group_info)};
    struct wire_channel_commit_response response;
    bool same = entering->generation == shown.generation && entering->epoch == shown.epoch;
    entering->tries_without_change = same ? entering->tries_without_change + 1 : 0;
    if (same)
        connection_pause(engine->connection, CORE_STALE_STEP_MS);
    entering->generation = shown.generation;
    entering->epoch = shown.epoch;
    TRY(engine_call(engine, WIRE_CHANNEL_COMMIT, &request, &reply, &response));
    entering->sequence = response.sequence;
    return STATUS_OK;
}

/* After all tries: others were first each time, or there was nothing to be first in. */
static enum status give_up(struct engine *engine, const struct entering *entering)
{
    if (entering->tries_without_change < CORE_STALE_TRIES)
        return STATUS_CONFLICT;
    return engine_explain(engine, STATUS_UNTRUSTED,
                          "the server shows a state of this channel that is over, and refuses "
                          "whoever enters it: you are not in. Tell whoever runs the server");
}

/* Whoever ended the epoch before us is there now, and can be asked. */
static enum status ask_or_enter(struct engine *engine, struct entering *entering)
{
    enum status asked = entering->asks ? channel_ask(engine, &entering->channel) : STATUS_NOT_FOUND;
    entering->added = asked == STATUS_OK;
    return asked == STATUS_NOT_FOUND ? enter_once(engine, entering) : asked;
}

static enum status enter(struct engine *engine, struct entering *entering)
{
    for (int i = 0; i < CORE_COMMIT_TRIES && entering->tries_without_change < CORE_STALE_TRIES;
         i++) {
        enum status status = ask_or_enter(engine, entering);
        if (status != STATUS_WRONG_EPOCH)
            return status;
    }
    return give_up(engine, entering);
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
    channel->frozen = false;
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

static enum status store_entered(struct engine *engine, struct channel *channel, void *context)
{
    struct entering *entering = context;
    if (channel->generation != 0 && entering->generation != channel->generation)
        TRY(channel_continue_check(engine, channel, mls_group_public(entering->group)));
    mls_group_free(&channel->group);
    channel->group = entering->group;
    entering->group = NULL;
    channel->generation = entering->generation;
    channel->confirmed = false;
    TRY(channel_join_begin_at(channel, entering->sequence, entering->log_size));
    TRY(history_keys_join(engine, channel));
    TRY(channel_commit_forget(engine, channel));
    return channel_store_new_group(engine, channel);
}

enum status
channel_join_open(struct engine *engine, const struct wire_channel *info, struct channel **channel)
{
    CLEANUP(entering_clear)
    struct entering entering = {.channel = info->channel, .asks = true};
    TRY(enter(engine, &entering));
    struct channel *joined = channel_find(engine, &info->channel);
    if (entering.added) {
        *channel = joined;
        return STATUS_OK;
    }
    if (joined == NULL)
        TRY(channel_new(engine, &info->channel, &joined));
    TRY(channel_set_texts(joined, info->title, info->brief));
    TRY(channel_transact(engine, joined, store_entered, &entering));
    *channel = joined;
    return STATUS_OK;
}

enum status channel_join_next(struct engine *engine, struct channel *channel)
{
    CLEANUP(entering_clear) struct entering entering = {.channel = channel->id};
    TRY(enter(engine, &entering));
    TRY(channel_transact(engine, channel, store_entered, &entering));
    engine_notice(engine, channel,
                  "This channel goes on with fresh keys (generation %u), and you are in it again.",
                  (unsigned)channel->generation);
    return STATUS_OK;
}

enum status channel_join_resync(struct engine *engine, struct channel *channel, bool asked)
{
    CLEANUP(entering_clear)
    struct entering entering = {.channel = channel->id, .resync = true, .unasked = !asked};
    TRY(enter(engine, &entering));
    TRY(channel_transact(engine, channel, store_entered, &entering));
    engine_notice(engine, channel,
                  "Joined anew with a fresh leaf. Messages in between cannot be read here.");
    return STATUS_OK;
}

enum status channel_join_return(struct engine *engine, struct channel *channel)
{
    CLEANUP(entering_clear) struct entering entering = {.channel = channel->id, .unasked = true};
    TRY(enter(engine, &entering));
    TRY(channel_transact(engine, channel, store_entered, &entering));
    engine_notice(engine, channel,
                  "You were away for so long that your device was taken out of this channel; you "
                  "are in it again. Messages in between cannot be read here.");
    return STATUS_OK;
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
    TRY(check_known(engine, known));
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
static enum status check_replaces_nothing(struct engine *engine, struct channel *channel)
{
    if (channel == NULL || channel->state != CHANNEL_STATE_MEMBER)
        return STATUS_OK;
    enum status status = channel_log_take_new(engine, channel);
    if (status == STATUS_REMOVED)
        status = channel_continue_look(engine, channel);
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
    TRY(check_replaces_nothing(engine, channel));
    TRY(key_pool_find(engine, item->welcome, &key_package));
    TRY(engine_call(engine, WIRE_CHANNEL_GROUP, &ask, &reply, &shown));
    bool fresh = channel == NULL;
    if (fresh)
        TRY(channel_new(engine, &item->channel, &channel));
    bool continues =
        channel->state == CHANNEL_STATE_AWAITING || channel->state == CHANNEL_STATE_STUCK;
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

enum status channel_join_welcomes(struct engine *engine)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_empty nothing = {0};
    struct wire_welcomes_response response;
    TRY(engine_call(engine, WIRE_WELCOMES, &nothing, &reply, &response));
    if (response.welcome_count != 0)
        TRY(replica_update(engine, SPAN_EMPTY));
    for (size_t i = 0; i < response.welcome_count; i++) {
        const struct wire_welcome_item *item = &response.welcomes[i];
        enum status status = is_known(engine, item) ? STATUS_OK : open_welcome(engine, item);
        /* What may pass (network, disk) must not lose a Welcome for ever. */
        if (status == STATUS_NETWORK || status == STATUS_TIMEOUT || status == STATUS_NO_MEMORY ||
            status == STATUS_IO || status == STATUS_FULL)
            return status;
        if (status != STATUS_OK)
            engine_notice(engine, NULL, "An invitation into a channel could not be opened: %s",
                          status == STATUS_NOT_FOUND
                              ? "it is for a key that this device has used before, or never had"
                              : status_text(status));
        TRY(confirm(engine, item));
    }
    return STATUS_OK;
}

/* ---- leaving ---- */

enum status channel_join_leave(struct engine *engine, struct channel *channel)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(buffer_clear) struct buffer signature = BUFFER_INIT(SIGNATURE_SIZE_MAX);
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
    TRY(engine_call(engine, WIRE_CHANNEL_LEAVE, &request, &reply, NULL));
    return channel_transact(engine, channel, become_left, NULL);
}
