/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/channel_ask.h"

#include "client-cli/core/channel_join.h"
#include "client-cli/core/events.h"
#include "client-cli/core/limits.h"

static bool is_in(const struct engine *engine, const struct id *id)
{
    const struct channel *channel = channel_find(engine, id);
    return channel != NULL && channel->state == CHANNEL_STATE_MEMBER;
}

static enum status
knock(struct engine *engine, const struct id *id, struct wire_channel_knock_response *response)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_channel_knock_request request = {.channel = *id};
    return engine_call(engine, WIRE_CHANNEL_KNOCK, &request, &reply, response);
}

/* Until a Welcome was opened, or the time is over; then looks for one whose event was lost. */
static enum status await_welcome(struct engine *engine, const struct id *id)
{
    int64_t until = engine_now_ms(engine) + CORE_ASK_AGAIN_MS;
    int64_t left = CORE_ASK_AGAIN_MS;
    for (; left > 0 && !is_in(engine, id); left = until - engine_now_ms(engine)) {
        connection_wait(engine->connection, (uint64_t)left);
        if (!engine_is_connected(engine))
            return engine_explain(engine, STATUS_NETWORK,
                                  "the connection ended before a member had added you: once "
                                  "connected again you are in, or join again");
        TRY(events_handle_all(engine));
    }
    return is_in(engine, id) ? STATUS_OK : channel_join_welcomes(engine);
}

enum status channel_ask(struct engine *engine, const struct id *id)
{
    int64_t until = engine_now_ms(engine) + CORE_ASK_MS;
    while (engine_now_ms(engine) < until) {
        struct wire_channel_knock_response response;
        enum status status = knock(engine, id, &response);
        /* We were added just now, or have a leaf whose state is lost; or knocked too often. */
        if (status == STATUS_EXISTS || status == STATUS_RATE_LIMITED) {
            engine_forget_explanation(engine);
            TRY(channel_join_welcomes(engine));
            return is_in(engine, id) ? STATUS_OK : STATUS_NOT_FOUND;
        }
        TRY(status);
        if (!response.asked)
            return STATUS_NOT_FOUND;
        TRY(await_welcome(engine, id));
        if (is_in(engine, id))
            return STATUS_OK;
    }
    return engine_explain(engine, STATUS_TIMEOUT,
                          "members are asked to let you in, and none has done it yet: you are in "
                          "as soon as one has. weft sync looks");
}
