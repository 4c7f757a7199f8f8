/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/channel_enter.h"

#include "client-cli/core/channel_ask.h"
#include "client-cli/core/channel_commit.h"
#include "client-cli/core/channel_continue.h"
#include "client-cli/core/channel_join.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/history_keys.h"
#include "client-cli/core/limits.h"
#include "client-cli/core/replica.h"
#include "protocol/channel/identity.h"
#include "protocol/channel/known_log.h"
#include "protocol/mls/public/group_info.h"

static enum status header_of(const struct engine *engine, struct buffer *bytes)
{
    struct message_header header = {.version = MESSAGE_HEADER_VERSION, .lane = LANE_CONTROL};
    TRY(id_random(engine->random, &header.message));
    TRY(channel_log_head(engine, &header));
    return message_header_encode(&header, bytes);
}

/* One external commit into the epoch that the server shows now. */
struct entering {
    struct id channel;
    bool resync;
    bool unasked; /* by the server's word, and not by the person's */
    bool asks;    /* a member first, to add us: then `added`, and no commit of ours */
    bool added;
    uint32_t least; /* the first generation that may be entered */
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
    account_identity_init(&engine->account, engine_now_ms(engine), CORE_LEAF_DAYS, &identity);
    engine_mls_options(engine, &options);
    enum status has_known = channel_known_log_of(shown->group_info, &known);
    if (has_known != STATUS_NOT_FOUND) /* before the first commit there is none */
        TRY(has_known);
    TRY(channel_join_check_known(engine, known));
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

/* Whether the generation takes the place of one that we are in: by the rules of that one. */
static bool goes_on(const struct channel *known, uint32_t generation)
{
    return known->generation != 0 && generation > known->generation &&
           known->state != CHANNEL_STATE_LEFT && known->state != CHANNEL_STATE_REMOVED;
}

/* Whoever was removed since is in an old state of the group, with keys that work in it. */
static enum status check_not_older(struct engine *engine, const struct entering *entering)
{
    struct channel *known = channel_find(engine, &entering->channel);
    struct id id;
    uint32_t generation;
    TRY(channel_group_id_decode(mls_group_id(entering->group), &id, &generation));
    if (generation < entering->least)
        return channel_continue_explain_hidden(engine);
    if (known != NULL && goes_on(known, generation))
        return channel_continue_check_rules(engine, known, mls_group_public(entering->group));
    if (known == NULL || generation > known->generation)
        return STATUS_OK;
    enum status kept = channel_need_group(engine, known);
    if (status_passes(kept))
        return kept;
    /* One that is damaged is what a resync is for. */
    bool present = generation == known->generation;
    if (present &&
        (kept != STATUS_OK || mls_group_epoch(entering->group) > mls_group_epoch(known->group)))
        return STATUS_OK;
    return engine_explain(engine, STATUS_UNTRUSTED,
                          "the server shows an older state of this channel than you have seen: not "
                          "entered, since people who were removed may be in it. Tell whoever runs "
                          "the server");
}

/* `tree` is that of the group after our commit, which takes away one leaf: the old one of ours. So
 * a signer who is not there any more was this device, whose signature nobody else can make. */
static bool was_with_us(const struct channel *known, const struct mls_tree *tree, uint32_t signer)
{
    const struct mls_leaf_node *leaf = mls_tree_leaf(tree, signer);
    return leaf == NULL ||
           mls_tree_find_signature_key(mls_public_group_tree(mls_group_public(known->group)),
                                       leaf->signature_key) != MLS_NO_LEAF;
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
    if (extension.visibility == CHANNEL_OPEN ||
        was_with_us(known, mls_public_group_tree(mls_group_public(entering->group)), info.signer))
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

static enum status store_entered(struct engine *engine, struct channel *channel, void *context)
{
    struct entering *entering = context;
    if (goes_on(channel, entering->generation))
        TRY(channel_continue_check(engine, channel, mls_group_public(entering->group)));
    mls_group_free(&channel->group);
    channel->group = entering->group;
    entering->group = NULL;
    channel->generation = entering->generation;
    channel->confirmed = false;
    TRY(channel_join_begin_at(channel, entering->sequence, entering->log_size));
    TRY(history_keys_join(engine, channel));
    TRY(channel_commit_forget(engine, channel));
    TRY(channel_continue_forget(engine, channel));
    return channel_store_new_group(engine, channel);
}

enum status
channel_enter_open(struct engine *engine, const struct wire_channel *info, struct channel **channel)
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

enum status
channel_enter_next(struct engine *engine, struct channel *channel, uint32_t least, bool let_in)
{
    CLEANUP(entering_clear)
    struct entering entering = {
        .channel = channel->id, .resync = let_in, .unasked = true, .least = least};
    TRY(enter(engine, &entering));
    TRY(channel_transact(engine, channel, store_entered, &entering));
    engine_notice(
        engine, channel,
        "This channel goes on with fresh keys (generation %u), and you are in it again.%s",
        (unsigned)channel->generation,
        let_in ? " The invitation was lost: messages in between cannot be read here." : "");
    return STATUS_OK;
}

enum status channel_enter_resync(struct engine *engine, struct channel *channel, bool asked)
{
    CLEANUP(entering_clear)
    struct entering entering = {.channel = channel->id, .resync = true, .unasked = !asked};
    TRY(enter(engine, &entering));
    TRY(channel_transact(engine, channel, store_entered, &entering));
    engine_notice(engine, channel,
                  "Joined anew with a fresh leaf. Messages in between cannot be read here.");
    return STATUS_OK;
}

enum status channel_enter_return(struct engine *engine, struct channel *channel)
{
    CLEANUP(entering_clear) struct entering entering = {.channel = channel->id, .unasked = true};
    TRY(enter(engine, &entering));
    TRY(channel_transact(engine, channel, store_entered, &entering));
    engine_notice(engine, channel,
                  "You were away for so long that your device was taken out of this channel; you "
                  "are in it again. Messages in between cannot be read here.");
    return STATUS_OK;
}
