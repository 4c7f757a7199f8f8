/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft sync: every channel to its end, and what others wait for. */
#include "client-cli/commands/verbs.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/history.h"
#include "client-cli/core/introductions.h"
#include "client-cli/core/invitations.h"
#include "client-cli/core/knocks.h"
#include "client-cli/core/session.h"
#include "client-cli/core/shut_out.h"
#include "client-cli/core/work.h"

/* One channel that fails does not keep the others from their turn. */
static enum status sync_one(struct invocation *invocation, struct channel *channel)
{
    struct engine *engine = invocation->engine;
    enum status status = channel_log_catch_up(engine, channel);
    if (status == STATUS_OK && channel->state == CHANNEL_STATE_MEMBER)
        status = session_refresh(engine, channel);
    if (status == STATUS_OK)
        status = work_look(engine, channel);
    if (status == STATUS_OK)
        status = shut_out_look(engine, channel);
    if (status == STATUS_OK)
        status = history_work(engine, channel);
    if (status == STATUS_OK || !engine_is_connected(engine))
        return status;
    const char *text = engine_explanation(engine);
    if (text[0] != '\0')
        engine_notice(engine, channel, "%s", text);
    else
        engine_notice(engine, channel, "this channel could not be brought up to date: %s",
                      status_text(status));
    engine_forget_explanation(engine);
    return STATUS_OK;
}

enum status sync_run(struct invocation *invocation)
{
    struct engine *engine = invocation->engine;
    size_t count = 0;
    TRY(introductions_look(engine));
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next) {
        TRY(sync_one(invocation, channel));
        count += channel->state == CHANNEL_STATE_MEMBER;
    }
    TRY(knocks_look(engine));
    TRY(invitations_look(engine));
    out_line(invocation->out, "%zu %s up to date", count,
             count == 1 ? "channel is" : "channels are");
    out_record(invocation->out,
               json_pack("{s:s, s:I}", "type", "synced", "channels", (json_int_t)count));
    return STATUS_OK;
}
