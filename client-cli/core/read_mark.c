/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/read_mark.h"

#include "client-cli/core/limits.h"
#include "protocol/wire/devices.h"

static void count_active(void *context, const struct directory_device *device)
{
    *(size_t *)context += device->state == DIRECTORY_ACTIVE ? 1 : 0;
}

static bool has_other_device(const struct engine *engine)
{
    size_t count = 0;
    directory_each_device(engine->directory, &engine->account.person, count_active, &count);
    return count > 1;
}

bool read_mark_is_due(const struct engine *engine, const struct channel *channel)
{
    int64_t since_ms = engine_now_ms(engine) - channel->told_ms;
    /* A clock that was set back must not silence it for ever. */
    return since_ms >= CORE_READ_MARK_INTERVAL_MS || since_ms < 0;
}

/* `context` is whether the server has it. */
static enum status note_told(struct engine *engine, struct channel *channel, void *context)
{
    if (*(const bool *)context)
        channel->told = channel->shown;
    channel->told_ms = engine_now_ms(engine);
    return STATUS_OK;
}

/* Noted when it is there: where the connection ends in between, the next command says it again. */
static enum status send_one(struct engine *engine, struct channel *channel)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_read_position_request request = {.channel = channel->id,
                                                 .position = {channel->generation, channel->shown}};
    enum status status = engine_call(engine, WIRE_READ_POSITION, &request, &reply, NULL);
    bool told = status == STATUS_OK;
    if (!told && !engine_is_connected(engine))
        return status;
    TRY(channel_transact(engine, channel, note_told, &told));
    return status;
}

enum status read_mark_send(struct engine *engine)
{
    if (!has_other_device(engine))
        return STATUS_OK;
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next) {
        if (channel->state != CHANNEL_STATE_MEMBER || channel->shown <= channel->told ||
            !read_mark_is_due(engine, channel))
            continue;
        enum status status = send_one(engine, channel);
        if (status != STATUS_OK && !engine_is_connected(engine))
            return status;
        engine_forget_explanation(engine); /* another time: it is only a mark */
    }
    return STATUS_OK;
}

static enum status note_shown(struct engine *engine, struct channel *channel, void *context)
{
    (void)engine;
    channel->shown = *(const uint64_t *)context;
    channel->told = channel->shown;
    return STATUS_OK;
}

enum status read_mark_take(struct engine *engine,
                           const struct id *channel_id,
                           const struct wire_cursor *position)
{
    struct channel *channel = channel_find(engine, channel_id);
    uint64_t sequence = position->sequence;
    /* Only another device of ours reads for us: else the server could hide what is new. */
    if (!has_other_device(engine) || channel == NULL || channel->state != CHANNEL_STATE_MEMBER ||
        position->generation != channel->generation || sequence <= channel->shown)
        return STATUS_OK;
    return channel_transact(engine, channel, note_shown, &sequence);
}

enum status read_mark_fetch(struct engine *engine)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_empty nothing = {0};
    struct wire_read_positions_response response;
    if (!has_other_device(engine))
        return STATUS_OK;
    TRY(engine_call(engine, WIRE_READ_POSITIONS, &nothing, &reply, &response));
    for (size_t i = 0; i < response.item_count; i++)
        TRY(read_mark_take(engine, &response.items[i].channel, &response.items[i].position));
    return STATUS_OK;
}
