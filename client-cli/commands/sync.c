/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft sync: every channel to its end, and what others wait for. */
#include "client-cli/commands/verbs.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/work.h"

enum status sync_run(struct invocation *invocation)
{
    struct engine *engine = invocation->engine;
    size_t count = 0;
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next) {
        TRY(channel_log_catch_up(engine, channel));
        TRY(work_look(engine, channel));
        count += channel->state == CHANNEL_STATE_MEMBER;
    }
    out_line(invocation->out, "%zu channels are up to date", count);
    out_record(invocation->out,
               json_pack("{s:s, s:I}", "type", "synced", "channels", (json_int_t)count));
    return STATUS_OK;
}
