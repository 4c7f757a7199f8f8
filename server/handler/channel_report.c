/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A member cannot follow a commit that was accepted. With a facilitator's word, or a second
 * person's, the channel stops until it goes on in its next generation. */
#include "protocol/base/limits.h"
#include "protocol/wire/generations.h"
#include "server/handler/task.h"
#include "server/store/audit.h"
#include "server/store/generations.h"

struct report {
    struct task task;
    struct store_report report;
    bool frozen;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct report *report = (struct report *)(void *)task;
    TRY(store_generations_report(db, &report->report, &report->frozen));
    struct store_audit_entry entry = {
        .at_ms = task->now_ms,
        .actor = channel_actor(task->channel, &task->call->person),
        .act = span_from_text(report->frozen ? "channel.freeze" : "channel.report"),
        .subject = task->channel->id,
        .amount = report->report.generation,
    };
    return store_audit_add(db, &entry);
}

static void finish(struct task *task)
{
    struct report *report = (struct report *)(void *)task;
    struct channel *channel = task->channel;
    JOURNAL(task->services->hub->journal, JOURNAL_WARNING, "commit_reported",
            JOURNAL_I("channel", &channel->id), JOURNAL_I("device", &task->call->device),
            JOURNAL_N("generation", report->report.generation),
            JOURNAL_N("sequence", report->report.sequence), JOURNAL_N("frozen", report->frozen));
    if (report->frozen && report->report.generation == channel->row.generation)
        delivery_freeze(task->services->delivery, channel);
    struct wire_channel_report_response response = {.frozen = report->frozen};
    call_answer(task->call, &response);
}

static const char *explain(enum status status)
{
    return status == STATUS_NOT_FOUND ? "there is no such commit in this channel" : NULL;
}

static enum status check(const struct services *services, const struct call *call)
{
    const struct wire_channel_report_request *request = call->request;
    const struct directory_device *device =
        directory_find(community_directory(services->hub->community), &call->device);
    if (device == NULL || !id_equal(&request->report.device, &call->device))
        return STATUS_INVALID;
    return message_report_verify(&request->report, SPAN_OF(device->leaf_key));
}

void channel_report_handle(struct services *services, struct channel *channel, struct call *call)
{
    const struct wire_channel_report_request *request = call->request;
    if (!hub_spend_for(call, BUDGET_REPORTS, 1))
        return;
    struct report *report = task_new(services, channel, call, sizeof *report);
    if (report == NULL)
        return;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct span kept = SPAN_EMPTY;
    enum status status = check(services, call);
    if (status == STATUS_OK)
        status = schema_encode(&message_report_schema, &request->report, &bytes);
    if (status == STATUS_OK)
        status = arena_copy(&call->arena, buffer_span(&bytes), &kept);
    if (status != STATUS_OK) {
        call_fail(call, status, NULL);
        return;
    }
    report->report = (struct store_report){
        .channel = channel->id,
        .generation = request->report.generation,
        .sequence = request->report.sequence,
        .device = call->device,
        .person = call->person,
        .bytes = kept,
        .decides = channel_facilitates(channel, &call->person),
    };
    report->task.run = run;
    report->task.finish = finish;
    report->task.explain = explain;
    task_write(&report->task);
}
