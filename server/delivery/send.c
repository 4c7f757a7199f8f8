/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/send.h"

#include "protocol/base/limits.h"
#include "protocol/channel/identity.h"
#include "protocol/crypto/hash.h"
#include "protocol/mls/public/registry.h"
#include "server/delivery/file_removal.h"
#include "server/delivery/internal.h"
#include "server/store/devices.h"
#include "server/store/log.h"
#include "server/store/segments.h"

#include <string.h>

/* What goes from the disk with a message. */
struct removed {
    struct store_file_ids files;
    struct store_file_ids segments; /* that held it */
};

struct send {
    struct store_job job;
    struct delivery *delivery;
    struct channel *channel;
    struct call *call;
    struct send_request request;
    bool facilitates;
    struct message_header header;
    struct store_message message;
    struct store_appended appended;
    struct removed *removed; /* of each message that was deleted; NULL without any */
};

/* Control messages are the channel's record: who was let in, how the session went. */
static bool is_control(struct span bytes, struct arena *arena)
{
    struct mls_message_head head;
    struct message_header header;
    return mls_message_peek(bytes, &head) != STATUS_OK ||
           message_header_decode(head.authenticated_data, arena, &header) != STATUS_OK ||
           header.lane == LANE_CONTROL;
}

static enum status delete_one(struct store_db *db, struct send *send, size_t at)
{
    const struct wire_cursor *place = &send->request.deleted[at];
    struct arena *arena = &send->call->arena;
    const struct id *channel = &send->message.channel;
    struct store_entry entry;
    struct store_device author;
    TRY(store_log_entry(db, channel, place->generation, place->sequence, arena, &entry));
    if (entry.deleted)
        return STATUS_OK;
    if (entry.kind != STORE_ENTRY_APPLICATION || is_control(entry.bytes, arena))
        return STATUS_DENIED;
    TRY(store_devices_get(db, &entry.device, &author));
    if (!send->facilitates && !id_equal(&author.person, &send->call->person))
        return STATUS_DENIED;
    TRY(store_files_delete_of_entry(db, channel, &entry, arena, &send->removed[at].files));
    TRY(store_segments_delete(db, channel, place->sequence, place->sequence, arena,
                              &send->removed[at].segments));
    return store_log_delete(db, channel, place->generation, place->sequence);
}

static enum status run(struct store_db *db, struct store_job *job)
{
    struct send *send = (struct send *)(void *)job;
    void *removed = NULL;
    size_t count = send->request.deleted_count;
    TRY(store_log_append_message(db, &send->message, &send->appended));
    if (count == 0 || send->appended.again)
        return STATUS_OK;
    TRY(arena_take(&send->call->arena, count, sizeof *send->removed, &removed));
    send->removed = removed;
    for (size_t i = 0; i < count; i++)
        TRY(delete_one(db, send, i));
    return store_segments_note_deletion(db, &send->message.channel, send->appended.sequence);
}

static void publish(const struct send *send)
{
    struct delivery_entry entry = {
        .sequence = send->appended.sequence,
        .epoch = send->appended.epoch,
        .time = send->appended.at_ms,
        .kind = ENTRY_APPLICATION,
        .device = &send->message.device,
        .message = &send->message.message,
        .bytes = send->message.bytes,
        .hash = &send->message.hash,
    };
    delivery_publish_entry(send->delivery, send->channel, &entry);
}

static const char *explain(const struct send *send, enum status status)
{
    if (status == STATUS_WRONG_EPOCH)
        return "the channel has moved on: catch up and encrypt again";
    if (status == STATUS_DENIED && send->request.deleted_count != 0)
        return "only who said it, or a facilitator, may delete a message; what changed the channel "
               "stays";
    return NULL;
}

static void done(struct store_job *job, enum status status)
{
    struct send *send = (struct send *)(void *)job;
    if (status != STATUS_OK) {
        call_fail(send->call, status, explain(send, status));
        return;
    }
    for (size_t i = 0; send->removed != NULL && i < send->request.deleted_count; i++) {
        file_removal_begin(send->delivery->hub, &send->removed[i].files);
        file_removal_begin(send->delivery->hub, &send->removed[i].segments);
    }
    if (!send->appended.again)
        publish(send);
    struct wire_channel_send_response response = {
        .sequence = send->appended.sequence,
        .time = send->appended.at_ms,
        .repeated = send->appended.again,
    };
    call_answer(send->call, &response);
}

/* What can be seen of a message without its keys. */
static enum status read_message(struct send *send)
{
    const struct send_request *request = &send->request;
    struct mls_message_head head;
    struct id channel;
    uint32_t generation = 0;
    TRY(mls_message_peek(request->message, &head));
    if (head.wire_format != MLS_WIRE_PRIVATE_MESSAGE || head.type != MLS_CONTENT_APPLICATION)
        return STATUS_INVALID;
    TRY(channel_group_id_decode(head.group_id, &channel, &generation));
    if (!id_equal(&channel, &send->channel->id) || generation != request->generation)
        return STATUS_WRONG_GROUP;
    TRY(message_header_decode(head.authenticated_data, &send->call->arena, &send->header));
    struct digest digest;
    TRY(hash_bytes(HASH_SHA256, request->message, &digest));
    send->message = (struct store_message){
        .channel = channel,
        .generation = generation,
        .epoch = head.epoch,
        .device = send->call->device,
        .message = send->header.message,
        .bytes = request->message,
        .now_ms = clock_wall_ms(send->delivery->hub->clock),
    };
    memcpy(send->message.hash.bytes, digest.bytes, sizeof send->message.hash.bytes);
    return STATUS_OK;
}

static enum status check_rate(const struct send *send, const char **detail, uint32_t *wait_ms)
{
    enum budget budget = (enum budget)(BUDGET_FLOOR + send->header.lane - LANE_FLOOR);
    enum status status = hub_spend(send->delivery->hub, &send->call->person, budget, 1, wait_ms);
    if (status == STATUS_RATE_LIMITED)
        *detail = budget_rows[budget].detail;
    return status;
}

void send_begin(struct delivery *delivery,
                struct channel *channel,
                struct call *call,
                const struct send_request *request)
{
    struct send *send = NULL;
    const char *detail = NULL;
    uint32_t wait_ms = 0;
    enum status status = call_take(call, sizeof *send, (void **)&send);
    if (status == STATUS_OK) {
        send->request = *request;
        send->job = (struct store_job){
            .run = run, .done = done, .refuses_first = request->deleted_count == 0};
        send->delivery = delivery;
        send->channel = channel;
        send->call = call;
        send->facilitates = channel_facilitates(channel, &call->person);
        status = read_message(send);
    }
    if (status == STATUS_OK && delivery->hooks.may_send != NULL)
        status = delivery->hooks.may_send(delivery->hooks.context, channel, &call->person,
                                          &send->header, &detail);
    if (status == STATUS_OK)
        status = check_rate(send, &detail, &wait_ms);
    if (status == STATUS_OK)
        status = store_write(delivery->hub->store, &send->job);
    if (status != STATUS_OK)
        call_fail_later(call, status, detail, wait_ms);
}
