/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/commit.h"

#include "protocol/base/limits.h"
#include "protocol/channel/policy.h"
#include "protocol/crypto/hash.h"
#include "protocol/mls/public/registry.h"
#include "protocol/wire/events.h"
#include "server/delivery/history.h"
#include "server/delivery/internal.h"
#include "server/delivery/paths.h"
#include "server/delivery/validate.h"
#include "server/delivery/work.h"
#include "server/limits.h"
#include "server/store/segments.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct commit_work {
    struct pool_job check;
    struct store_job append;
    struct commit_work *next; /* of the channel's line */
    struct delivery *delivery;
    struct channel *channel;
    struct call *call;
    struct id message;
    struct store_hash hash;
    int64_t now_ms;
    struct validate_output output;
    struct store_appended appended;
    bool closes_history; /* newcomers read nothing of before any more */
    struct store_file_ids segments;
    bool only_find; /* its epoch is over: whether it was the one that ended it */
};

static void begin_first(struct channel *channel);

/* The work is in the call's arena and ends with it. */
static void leave_line(struct commit_work *work)
{
    struct channel *channel = work->channel;
    assert(channel->commits == work);
    channel->commits = work->next;
    if (channel->commits == NULL)
        channel->commits_last = &channel->commits;
    validate_output_clear(&work->output);
}

static void fail(struct commit_work *work, enum status status)
{
    struct channel *channel = work->channel;
    struct call *call = work->call;
    const char *detail = work->output.refusal.reason;
    if (status == STATUS_WRONG_EPOCH)
        detail = "somebody else's commit came first: catch up and try again";
    if (status == STATUS_NOT_NOW)
        detail = "the channel is frozen: it goes on in its next generation";
    JOURNAL(work->delivery->hub->journal, JOURNAL_INFO, "commit_refused",
            JOURNAL_I("channel", &channel->id), JOURNAL_S(status));
    leave_line(work);
    call_fail(call, status, detail != NULL && detail[0] != '\0' ? detail : NULL);
    /* At the end of weftd neither pool nor store takes anything more: the whole line is over. */
    if (status == STATUS_CANCELLED && channel->commits != NULL)
        fail(channel->commits, status);
    else
        begin_first(channel);
}

static void answer(struct commit_work *work)
{
    struct channel *channel = work->channel;
    struct call *call = work->call;
    struct wire_channel_commit_response response = {
        .sequence = work->appended.sequence,
        .time = work->appended.at_ms,
    };
    leave_line(work);
    call_answer(call, &response);
    begin_first(channel);
}

/* ---- after the append ---- */

static enum status follow_member(struct commit_work *work, const struct store_member_change *change)
{
    struct channel *channel = work->channel;
    if (change->added) {
        struct channel_member member = {
            .person = change->person,
            .device = change->device,
            .leaf = change->leaf,
            .since_ms = work->appended.at_ms,
        };
        return channel_add_member(channel, &member);
    }
    channel_remove_member(channel, &change->device);
    return STATUS_OK;
}

static enum status follow(struct commit_work *work)
{
    struct channel *channel = work->channel;
    TRY(mls_public_group_merge(channel->group, &work->output.staged));
    channel->log_size = work->output.log_size;
    for (size_t i = 0; i < work->output.change_count; i++)
        TRY(follow_member(work, &work->output.changes[i]));
    return channel_refresh(channel);
}

static void publish(struct commit_work *work)
{
    const struct wire_channel_commit_request *request = work->call->request;
    struct delivery_entry entry = {
        .sequence = work->appended.sequence,
        .epoch = request->epoch,
        .time = work->appended.at_ms,
        .kind = ENTRY_COMMIT,
        .device = &work->call->device,
        .message = &work->message,
        .bytes = request->commit,
        .hash = &work->hash,
    };
    delivery_publish_entry(work->delivery, work->channel, &entry);
}

/* The removed hear of it first and nothing after it; the added are told to fetch their Welcome. */
static void tell_members(struct commit_work *work)
{
    struct channel *channel = work->channel;
    for (size_t i = 0; i < work->output.change_count; i++) {
        const struct store_member_change *change = &work->output.changes[i];
        struct client *client = hub_client_of_device(work->delivery->hub, &change->device);
        bool still_member = channel_member(channel, &change->device) != NULL;
        if (client != NULL && !change->added && !still_member)
            delivery_unsubscribe(channel, client);
    }
    struct wire_welcome_event event = {.channel = channel->id};
    for (size_t i = 0; i < work->output.welcome_count; i++) {
        struct client *client =
            hub_client_of_device(work->delivery->hub, &work->output.welcomes[i].device);
        if (client != NULL)
            client_send_event(client, WIRE_EVENT_WELCOME, &event);
    }
}

static void see_to_what_follows(struct commit_work *work)
{
    struct delivery *delivery = work->delivery;
    struct channel *channel = work->channel;
    const struct validate_output *output = &work->output;
    JOURNAL(delivery->hub->journal, JOURNAL_INFO, "commit", JOURNAL_I("channel", &channel->id),
            JOURNAL_N("changes", output->change_count));
    if (work->closes_history)
        history_close(delivery, channel, &work->segments);
    if (output->change_count != 0)
        paths_somebody_moved(delivery, channel);
    work_after_commit(delivery, channel);
    for (size_t i = 0; i < output->change_count; i++)
        if (output->changes[i].added)
            work_person_came(delivery, &output->changes[i].person);
}

static void append_done(struct store_job *job, enum status status)
{
    struct commit_work *work =
        (struct commit_work *)(void *)((char *)job - offsetof(struct commit_work, append));
    if (status != STATUS_OK) {
        bool frozen = work->channel->row.state == STORE_CHANNEL_FROZEN;
        if (work->only_find && status == STATUS_NOT_FOUND)
            status = frozen ? STATUS_NOT_NOW : STATUS_WRONG_EPOCH;
        fail(work, status);
        return;
    }
    if (work->appended.again || work->only_find) {
        answer(work);
        return;
    }
    status = follow(work);
    /* The commit is durable and was checked: only memory can fail here, and a server that cannot
     * follow its own log must start again from it. */
    if (status != STATUS_OK) {
        delivery_fall_behind(work->delivery, work->channel, status);
        fail(work, status);
        return;
    }
    publish(work);
    tell_members(work);
    see_to_what_follows(work);
    answer(work);
}

static enum status append_run(struct store_db *db, struct store_job *job)
{
    struct commit_work *work =
        (struct commit_work *)(void *)((char *)job - offsetof(struct commit_work, append));
    const struct wire_channel_commit_request *request = work->call->request;
    if (work->only_find)
        return store_log_find(db, &work->channel->id, &work->call->device, &work->message,
                              &work->appended);
    struct store_commit commit = {
        .message =
            {
                .channel = work->channel->id,
                .generation = request->generation,
                .epoch = request->epoch,
                .device = work->call->device,
                .message = work->message,
                .hash = work->hash,
                .bytes = request->commit,
                .now_ms = work->now_ms,
            },
        .public_state = buffer_span(&work->output.public_state),
        .group_info = request->group_info,
        .tree = buffer_span(&work->output.tree),
        .tree_hash = work->output.tree_hash,
        .changes = work->output.changes,
        .changes_count = work->output.change_count,
        /* RFC 9420, 14: "Similarly, the Welcome message corresponding to a Commit MUST NOT be
         * delivered to a new joiner until it's clear that the Commit has been accepted." They are
         * stored with it or not at all. */
        .welcomes = work->output.welcomes,
        .welcomes_count = work->output.welcome_count,
    };
    TRY(store_log_append_commit(db, &commit, &work->appended));
    if (!work->closes_history || work->appended.again)
        return STATUS_OK;
    return store_segments_close(db, &work->channel->id, CHANNEL_HISTORY_FROM_JOINING,
                                &work->call->arena, &work->segments);
}

/* ---- before it ---- */

static enum status look_at_history(struct commit_work *work)
{
    struct channel_extension after;
    TRY(channel_policy_extension(mls_staged_commit_group(work->output.staged), &work->call->arena,
                                 &after));
    work->closes_history = work->channel->extension.history == CHANNEL_HISTORY_FULL &&
                           after.history != CHANNEL_HISTORY_FULL;
    return STATUS_OK;
}

static enum status check_run(struct pool_job *job)
{
    struct commit_work *work = (struct commit_work *)(void *)job;
    const struct wire_channel_commit_request *request = work->call->request;
    struct community *community = work->delivery->hub->community;
    struct validate_input input = {
        .group = work->channel->group,
        .directory = community_lend(community),
        .commit = request->commit,
        .welcome = request->welcome,
        .group_info = request->group_info,
        .device = work->call->device,
        .now_ms = work->now_ms,
        .log_size_min = work->channel->log_size,
        .tree_bytes_max = LIMIT_TREE_ADD_BYTES,
    };
    enum status status = validate_commit(&input, &work->call->arena, &work->output);
    community_give_back(community);
    return status == STATUS_OK ? look_at_history(work) : status;
}

static void append(struct commit_work *work)
{
    work->append = (struct store_job){.run = append_run, .done = append_done};
    enum status status = store_write(work->delivery->hub->store, &work->append);
    if (status != STATUS_OK)
        fail(work, status);
}

static void check_done(struct pool_job *job, enum status status)
{
    struct commit_work *work = (struct commit_work *)(void *)job;
    if (status == STATUS_OK)
        append(work);
    else
        fail(work, status);
}

/* Begins the first of the line, if there is one. */
static void begin_first(struct channel *channel)
{
    struct commit_work *work = channel->commits;
    if (work == NULL)
        return;
    const struct wire_channel_commit_request *request = work->call->request;
    /* RFC 9420, 14: "Applications MUST have an established way to resolve conflicting Commit
     * messages for the same epoch." Of those for one epoch the first that is appended counts. */
    bool current = request->generation == channel->row.generation &&
                   request->epoch == channel->row.epoch &&
                   channel->row.state == STORE_CHANNEL_ACTIVE;
    if (!current) {
        work->only_find = true;
        append(work);
        return;
    }
    work->check = (struct pool_job){.run = check_run, .done = check_done};
    enum status status = pool_submit(work->delivery->hub->validators, &work->check);
    if (status != STATUS_OK)
        fail(work, status);
}

static enum status read_commit(struct commit_work *work)
{
    const struct wire_channel_commit_request *request = work->call->request;
    struct mls_message_head head;
    struct message_header header;
    struct digest digest;
    TRY(mls_message_peek(request->commit, &head));
    if (head.wire_format != MLS_WIRE_PUBLIC_MESSAGE || head.type != MLS_CONTENT_COMMIT ||
        head.epoch != request->epoch)
        return STATUS_INVALID;
    TRY(message_header_decode(head.authenticated_data, &work->call->arena, &header));
    TRY(hash_bytes(HASH_SHA256, request->commit, &digest));
    memcpy(work->hash.bytes, digest.bytes, sizeof work->hash.bytes);
    work->message = header.message;
    return STATUS_OK;
}

void commit_begin(struct delivery *delivery, struct channel *channel, struct call *call)
{
    struct commit_work *work = NULL;
    enum status status = call_take(call, sizeof *work, (void **)&work);
    if (status == STATUS_OK) {
        work->delivery = delivery;
        work->channel = channel;
        work->call = call;
        work->now_ms = clock_wall_ms(delivery->hub->clock);
        validate_output_init(&work->output);
        status = read_commit(work);
    }
    if (status != STATUS_OK) {
        call_fail(call, status, NULL);
        return;
    }
    work_answered(delivery, channel, &call->device);
    bool alone = channel->commits == NULL;
    *channel->commits_last = work;
    channel->commits_last = &work->next;
    if (alone)
        begin_first(channel);
}
