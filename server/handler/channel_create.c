/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A channel begins with a group of one, checked in the pool like any later commit. */
#include "protocol/base/limits.h"
#include "protocol/wire/channels.h"
#include "server/delivery/validate.h"
#include "server/delivery/work.h"
#include "server/handler/task.h"

struct create {
    struct task task;
    struct pool_job check;
    struct channel_refusal refusal;
    struct store_channel_new row;
    struct buffer public_state;
    struct buffer tree;
    bool again;
};

static struct create *create_of_check(struct pool_job *job)
{
    return (struct create *)(void *)((char *)job - offsetof(struct create, check));
}

static void clear(struct create *create)
{
    buffer_clear(&create->public_state);
    buffer_clear(&create->tree);
}

static enum status check_creator(const struct create *create, const struct mls_public_group *group)
{
    const struct wire_channel_create_request *request = create->task.call->request;
    const struct mls_leaf_node *leaf = mls_tree_leaf(mls_public_group_tree(group), 0);
    struct channel_identity identity;
    struct id channel;
    uint32_t generation = 0;
    TRY(channel_group_id_decode(mls_public_group_id(group), &channel, &generation));
    if (leaf == NULL || !id_equal(&channel, &request->channel) || generation != 1)
        return STATUS_INVALID;
    TRY(channel_identity_decode(&leaf->credential, &identity));
    return id_equal(&identity.device, &create->task.call->device) ? STATUS_OK : STATUS_DENIED;
}

static enum status fill_row(struct create *create, const struct mls_public_group *group)
{
    const struct wire_channel_create_request *request = create->task.call->request;
    struct channel_extension extension;
    TRY(channel_policy_extension(group, &create->task.call->arena, &extension));
    if (!channel_extension_is_listed(&extension) &&
        (request->title.len > 0 || request->brief.len > 0))
        return STATUS_INVALID; /* they belong inside the encryption */
    TRY(mls_public_group_encode(group, true, &create->public_state));
    struct writer writer = writer_of(&create->tree);
    mls_tree_write(&writer, mls_public_group_tree(group));
    TRY(writer_finish(&writer));
    create->row = (struct store_channel_new){
        .channel = request->channel,
        .visibility = (enum store_visibility)extension.visibility,
        .history = (uint8_t)extension.history,
        .title = request->title,
        .brief = request->brief,
        .epoch = mls_public_group_epoch(group),
        .public_state = buffer_span(&create->public_state),
        .group_info = request->group_info,
        .tree = buffer_span(&create->tree),
        .person = create->task.call->person,
        .device = create->task.call->device,
        .now_ms = create->task.now_ms,
    };
    return STATUS_OK;
}

static enum status check_group(struct create *create, const struct directory *directory)
{
    const struct wire_channel_create_request *request = create->task.call->request;
    struct mls_options options;
    CLEANUP(mls_public_group_free) struct mls_public_group *group = NULL;
    validate_options(directory, create->task.now_ms, &options);
    TRY(mls_public_group_new(request->group_info, request->ratchet_tree, &options, &group));
    TRY(channel_policy_check_new(group, directory, &create->refusal));
    TRY(check_creator(create, group));
    return fill_row(create, group);
}

static enum status check_run(struct pool_job *job)
{
    struct create *create = create_of_check(job);
    struct community *community = create->task.services->hub->community;
    enum status status = check_group(create, community_lend(community));
    community_give_back(community);
    return status;
}

static void fail(struct create *create, enum status status)
{
    const char *reason = create->refusal.reason;
    clear(create);
    call_fail(create->task.call, status, reason != NULL && reason[0] != '\0' ? reason : NULL);
}

static enum status append_run(struct store_db *db, struct store_job *job)
{
    struct create *create = (struct create *)(void *)job;
    return store_channels_create(db, &create->row, &create->again);
}

static void append_done(struct store_job *job, enum status status)
{
    struct create *create = (struct create *)(void *)job;
    if (status != STATUS_OK) {
        fail(create, status);
        return;
    }
    JOURNAL(create->task.services->hub->journal, JOURNAL_INFO, "channel_made",
            JOURNAL_I("channel", &create->row.channel));
    struct delivery *delivery = create->task.services->delivery;
    struct id person = create->row.person;
    clear(create);
    task_answer_empty(&create->task);
    work_person_came(delivery, &person);
}

static void check_done(struct pool_job *job, enum status status)
{
    struct create *create = create_of_check(job);
    create->task.job = (struct store_job){.run = append_run, .done = append_done};
    if (status == STATUS_OK)
        status = store_write(create->task.services->hub->store, &create->task.job);
    if (status != STATUS_OK)
        fail(create, status);
}

void channel_create_handle(struct services *services, struct call *call)
{
    if (!hub_spend_for(call, BUDGET_CHANNELS, 1))
        return;
    struct create *create = task_new(services, NULL, call, sizeof *create);
    if (create == NULL)
        return;
    buffer_init(&create->public_state, LIMIT_OBJECT_BYTES);
    buffer_init(&create->tree, LIMIT_OBJECT_BYTES);
    create->check = (struct pool_job){.run = check_run, .done = check_done};
    enum status status = pool_submit(services->hub->validators, &create->check);
    if (status != STATUS_OK)
        call_fail(call, status, NULL);
}
