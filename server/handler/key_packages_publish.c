/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * KeyPackages are checked before they are kept, in the pool: signatures, lifetime, and that their
 * leaf is the device that publishes them.
 */
#include "protocol/channel/identity.h"
#include "protocol/mls/public/key_package.h"
#include "protocol/wire/people.h"
#include "server/delivery/look.h"
#include "server/delivery/validate.h"
#include "server/delivery/work.h"
#include "server/handler/task.h"
#include "server/store/key_packages.h"

struct publish {
    struct task task;
    struct pool_job check;
    struct store_key_package *packages;
    size_t count;
};

static struct publish *publish_of_check(struct pool_job *job)
{
    return (struct publish *)(void *)((char *)job - offsetof(struct publish, check));
}

static enum status check_one(const struct publish *publish,
                             const struct wire_key_package *offered,
                             const struct mls_options *options,
                             struct store_key_package *package)
{
    struct call *call = publish->task.call;
    struct mls_key_package_checked checked;
    struct channel_identity identity;
    TRY(mls_key_package_check(offered->message, options, &checked));
    TRY(channel_identity_decode(&checked.package.leaf_node.credential, &identity));
    bool own = id_equal(&identity.device, &call->device) &&
               id_equal(&offered->device, &call->device) &&
               checked.last_resort == offered->last_resort;
    if (!own)
        return STATUS_DENIED;
    *package = (struct store_key_package){
        .device = call->device,
        .bytes = offered->message,
        .last_resort = checked.last_resort,
        .expires_at_ms = (int64_t)(checked.package.leaf_node.not_after * 1000),
    };
    return arena_copy(&call->arena, digest_span(&checked.ref), &package->ref);
}

static enum status check_run(struct pool_job *job)
{
    struct publish *publish = publish_of_check(job);
    const struct wire_key_packages_publish_request *request = publish->task.call->request;
    struct community *community = publish->task.services->hub->community;
    struct mls_options options;
    enum status status = STATUS_OK;
    validate_options(community_lend(community), publish->task.now_ms, &options);
    for (size_t i = 0; status == STATUS_OK && i < request->key_package_count; i++)
        status = check_one(publish, &request->key_packages[i], &options, &publish->packages[i]);
    community_give_back(community);
    publish->count = request->key_package_count;
    return status;
}

static enum status run(struct store_db *db, struct task *task)
{
    struct publish *publish = (struct publish *)(void *)task;
    for (size_t i = 0; i < publish->count; i++)
        TRY(store_key_packages_add(db, &publish->packages[i], task->now_ms));
    return STATUS_OK;
}

/* Somebody may have been let into a channel while there was no KeyPackage to add them with. */
static void finish(struct task *task)
{
    struct services *services = task->services;
    task_answer_empty(task);
    look_for_work(services->delivery);
}

static void check_done(struct pool_job *job, enum status status)
{
    struct publish *publish = publish_of_check(job);
    if (status == STATUS_OK)
        task_write(&publish->task);
    else
        call_fail(publish->task.call, status, "a KeyPackage is not a valid one of this device");
}

void key_packages_publish_handle(struct services *services, struct call *call)
{
    const struct wire_key_packages_publish_request *request = call->request;
    struct publish *publish = task_new(services, NULL, call, sizeof *publish);
    if (publish == NULL)
        return;
    publish->task.run = run;
    publish->task.finish = finish;
    publish->check = (struct pool_job){.run = check_run, .done = check_done};
    void *packages = NULL;
    enum status status =
        arena_take(&call->arena, request->key_package_count, sizeof *publish->packages, &packages);
    publish->packages = packages;
    if (status == STATUS_OK)
        status = pool_submit(services->hub->validators, &publish->check);
    if (status != STATUS_OK)
        call_fail(call, status, NULL);
}
