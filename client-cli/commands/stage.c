/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft stage ..., weft session show: where a session stands, and moving it on. */
#include "client-cli/commands/own_channel.h"
#include "client-cli/commands/show_session.h"
#include "client-cli/commands/verbs.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/peer_assist.h"

#include <stdlib.h>

/* A day: whoever needs longer plans a session in days. */
#define EXTEND_MINUTES_MAX 1440

/* [CHANNEL], and nothing else. */
static enum status find_channel(struct invocation *invocation, struct channel **channel)
{
    const struct arguments *arguments = &invocation->arguments;
    return own_channel_find(
        invocation, arguments->positional_count == 0 ? NULL : arguments->positional[0], channel);
}

enum status stage_show_run(struct invocation *invocation)
{
    struct channel *channel = NULL;
    TRY(find_channel(invocation, &channel));
    TRY(channel_log_catch_up(invocation->engine, channel));
    TRY(session_refresh(invocation->engine, channel));
    return show_session(invocation->out, invocation->engine, channel, SHOW_SESSION_ALL);
}

static enum status move(struct invocation *invocation,
                        struct channel *channel,
                        enum wire_stage_action action,
                        uint16_t minutes)
{
    struct engine *engine = invocation->engine;
    TRY(session_move(engine, channel, action, minutes));
    if (!channel->has_session)
        return STATUS_OK;
    return show_session(invocation->out, engine, channel, SHOW_SESSION_CHANGE);
}

enum status stage_next_run(struct invocation *invocation)
{
    struct channel *channel = NULL;
    size_t given = 0;
    TRY(find_channel(invocation, &channel));
    /* Whoever was let in since the opening has a turn from the next stage on. */
    TRY(peer_assist_welcome_visitors(invocation->engine, channel, &given));
    return move(invocation, channel, STAGE_NEXT, 0);
}

enum status stage_pause_run(struct invocation *invocation)
{
    struct channel *channel = NULL;
    TRY(find_channel(invocation, &channel));
    return move(invocation, channel, STAGE_PAUSE, 0);
}

enum status stage_resume_run(struct invocation *invocation)
{
    struct channel *channel = NULL;
    TRY(find_channel(invocation, &channel));
    return move(invocation, channel, STAGE_RESUME, 0);
}

enum status stage_end_run(struct invocation *invocation)
{
    struct channel *channel = NULL;
    TRY(find_channel(invocation, &channel));
    return move(invocation, channel, STAGE_END, 0);
}

enum status stage_extend_run(struct invocation *invocation)
{
    const struct arguments *arguments = &invocation->arguments;
    const char *text = arguments->positional[arguments->positional_count - 1];
    struct channel *channel = NULL;
    char *end = NULL;
    long minutes = strtol(text, &end, 10);
    if (end == text || *end != '\0' || minutes < 1 || minutes > EXTEND_MINUTES_MAX)
        return command_explain(invocation, STATUS_USAGE,
                               "say by how many minutes, 1 to %d: weft stage extend [CHANNEL] 5",
                               EXTEND_MINUTES_MAX);
    TRY(own_channel_find(
        invocation, arguments->positional_count > 1 ? arguments->positional[0] : NULL, &channel));
    return move(invocation, channel, STAGE_EXTEND, (uint16_t)minutes);
}
