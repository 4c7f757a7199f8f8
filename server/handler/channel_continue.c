/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A frozen channel goes on: a new group of one, checked like a channel's first. Those who are let
 * in again are then added as others are, or enter an open channel by themselves. */
#include "protocol/base/limits.h"
#include "protocol/wire/generations.h"
#include "server/delivery/validate.h"
#include "server/delivery/work.h"
#include "server/handler/task.h"
#include "server/store/audit.h"
#include "server/store/generations.h"

struct continuing {
    struct task task;
    struct pool_job check;
    struct channel_refusal refusal;
    struct store_generation_new row;
    struct mls_public_group *group;
    struct buffer public_state;
    struct buffer tree;
    bool again;
};

static struct continuing *continuing_of_check(struct pool_job *job)
{
    return (struct continuing *)(void *)((char *)job - offsetof(struct continuing, check));
}

static void clear(struct continuing *continuing)
{
    mls_public_group_free(&continuing->group);
    buffer_clear(&continuing->public_state);
    buffer_clear(&continuing->tree);
}

static enum status check_identity(const struct continuing *continuing)
{
    const struct wire_channel_continue_request *request = continuing->task.call->request;
    const struct mls_tree *tree = mls_public_group_tree(continuing->group);
    const struct mls_leaf_node *leaf = mls_tree_leaf(tree, 0);
    struct channel_identity identity;
    struct id channel;
    uint32_t generation = 0;
    TRY(channel_group_id_decode(mls_public_group_id(continuing->group), &channel, &generation));
    if (leaf == NULL || !id_equal(&channel, &request->channel) || generation != request->generation)
        return STATUS_INVALID;
    TRY(channel_identity_decode(&leaf->credential, &identity));
    return id_equal(&identity.device, &continuing->task.call->device) ? STATUS_OK : STATUS_DENIED;
}

/* What the server itself acts by may not change on the way. */
static enum status check_visibility(struct continuing *continuing)
{
    struct channel_extension extension;
    TRY(channel_policy_extension(continuing->group, &continuing->task.call->arena, &extension));
    uint16_t roles = channel_extension_roles(&extension, &continuing->task.call->person);
    continuing->refusal.reason = "only a facilitator or sponsor can let the others in again";
    if (extension.visibility != CHANNEL_OPEN && (roles & CHANNEL_ROLES_ADDING) == 0)
        return STATUS_DENIED;
    continuing->refusal.reason = "the next generation must be as visible as the one before";
    return (uint8_t)extension.visibility == (uint8_t)continuing->task.channel->row.visibility
               ? STATUS_OK
               : STATUS_INVALID;
}

static enum status encode_group(struct continuing *continuing)
{
    TRY(mls_public_group_encode(continuing->group, true, &continuing->public_state));
    struct writer writer = writer_of(&continuing->tree);
    mls_tree_write(&writer, mls_public_group_tree(continuing->group));
    return writer_finish(&writer);
}

static enum status check_group(struct continuing *continuing, const struct directory *directory)
{
    const struct wire_channel_continue_request *request = continuing->task.call->request;
    struct mls_options options;
    validate_options(directory, continuing->task.now_ms, &options);
    TRY(mls_public_group_new(request->group_info, request->ratchet_tree, &options,
                             &continuing->group));
    TRY(channel_policy_check_next(continuing->group, directory, &continuing->refusal));
    TRY(check_identity(continuing));
    TRY(check_visibility(continuing));
    return encode_group(continuing);
}

static enum status check_run(struct pool_job *job)
{
    struct continuing *continuing = continuing_of_check(job);
    struct community *community = continuing->task.services->hub->community;
    enum status status = check_group(continuing, community_lend(community));
    community_give_back(community);
    return status;
}

static void fail(struct continuing *continuing, enum status status)
{
    const char *reason = continuing->refusal.reason;
    if (status == STATUS_CONFLICT)
        reason = "somebody else was first: wait for the Welcome";
    if (status == STATUS_NOT_NOW)
        reason = "the channel is not frozen";
    clear(continuing);
    call_fail(continuing->task.call, status, reason != NULL && reason[0] != '\0' ? reason : NULL);
}

static enum status append_run(struct store_db *db, struct store_job *job)
{
    struct continuing *continuing = (struct continuing *)(void *)job;
    const struct call *call = continuing->task.call;
    TRY(store_generations_begin(db, &continuing->row, &continuing->again));
    if (continuing->again)
        return STATUS_OK;
    struct store_audit_entry entry = {
        .at_ms = continuing->task.now_ms,
        .actor = channel_actor(continuing->task.channel, &call->person),
        .act = SPAN_LITERAL("channel.continue"),
        .subject = continuing->row.channel,
        .amount = continuing->row.generation,
    };
    return store_audit_add(db, &entry);
}

static void append_done(struct store_job *job, enum status status)
{
    struct continuing *continuing = (struct continuing *)(void *)job;
    struct services *services = continuing->task.services;
    struct channel *channel = continuing->task.channel;
    if (status != STATUS_OK) {
        fail(continuing, status);
        return;
    }
    if (!continuing->again) {
        JOURNAL(services->hub->journal, JOURNAL_WARNING, "channel_continued",
                JOURNAL_I("channel", &channel->id),
                JOURNAL_N("generation", continuing->row.generation));
        const struct channel_member first = {
            .person = continuing->task.call->person,
            .device = continuing->task.call->device,
            .since_ms = continuing->task.now_ms,
        };
        delivery_continue(services->delivery, channel, &continuing->group,
                          continuing->row.generation, &first);
        work_gather(services->delivery, channel);
    }
    clear(continuing);
    task_answer_empty(&continuing->task);
}

static enum status fill_row(struct continuing *continuing)
{
    const struct wire_channel_continue_request *request = continuing->task.call->request;
    void *people = NULL;
    TRY(arena_take(&continuing->task.call->arena, request->person_count, sizeof(struct id),
                   &people));
    for (size_t i = 0; i < request->person_count; i++)
        ((struct id *)people)[i] = request->people[i].id;
    continuing->row = (struct store_generation_new){
        .channel = request->channel,
        .generation = request->generation,
        .base = generation_base(request->generation),
        .person = continuing->task.call->person,
        .device = continuing->task.call->device,
        .public_state = buffer_span(&continuing->public_state),
        .group_info = request->group_info,
        .tree = buffer_span(&continuing->tree),
        .people = people,
        .people_count = request->person_count,
        .now_ms = continuing->task.now_ms,
    };
    return STATUS_OK;
}

/* A validator reads the group as long as a commit is under way, and none begins from when the
 * freeze is known here. A generation that has begun is only found again. */
static bool may_let_go(const struct continuing *continuing)
{
    const struct wire_channel_continue_request *request = continuing->task.call->request;
    const struct channel *channel = continuing->task.channel;
    return request->generation <= channel->row.generation ||
           (channel->row.state == STORE_CHANNEL_FROZEN && channel->commits == NULL);
}

static void check_done(struct pool_job *job, enum status status)
{
    struct continuing *continuing = continuing_of_check(job);
    continuing->task.job = (struct store_job){.run = append_run, .done = append_done};
    if (status == STATUS_OK && !may_let_go(continuing)) {
        clear(continuing);
        call_fail_later(continuing->task.call, STATUS_NOT_NOW,
                        "the channel is not frozen, or a commit is under way: try again", 500);
        return;
    }
    if (status == STATUS_OK)
        status = fill_row(continuing);
    if (status == STATUS_OK)
        status = store_write(continuing->task.services->hub->store, &continuing->task.job);
    if (status != STATUS_OK)
        fail(continuing, status);
}

void channel_continue_handle(struct services *services, struct channel *channel, struct call *call)
{
    const struct wire_channel_continue_request *request = call->request;
    struct continuing *continuing = task_new(services, channel, call, sizeof *continuing);
    if (continuing == NULL)
        return;
    if (request->generation < 2) {
        call_fail(call, STATUS_INVALID, "the first generation is made with the channel");
        return;
    }
    buffer_init(&continuing->public_state, 2 * LIMIT_OBJECT_BYTES);
    buffer_init(&continuing->tree, LIMIT_OBJECT_BYTES);
    continuing->check = (struct pool_job){.run = check_run, .done = check_done};
    enum status status = pool_submit(services->hub->validators, &continuing->check);
    if (status != STATUS_OK)
        call_fail(call, status, NULL);
}
