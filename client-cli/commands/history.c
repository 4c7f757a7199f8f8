/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft history [CHANNEL]: what was said before we joined, asked for and waited for. */
#include "client-cli/core/history.h"

#include "client-cli/commands/own_channel.h"
#include "client-cli/commands/verbs.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/events.h"
#include "client-cli/core/history_count.h"

/* Somebody who is online seals a thousand messages in a second or two. */
#define AWAIT_MS 20000
#define AWAIT_STEP_MS 100

static enum status look(struct engine *engine, struct channel *channel)
{
    TRY(channel_log_catch_up(engine, channel));
    return history_work(engine, channel);
}

static enum status await(struct engine *engine, struct channel *channel)
{
    int64_t until = engine_now_ms(engine) + AWAIT_MS;
    TRY(look(engine, channel));
    while (channel->history_awaited && !history_is_here(channel) &&
           channel->state == CHANNEL_STATE_MEMBER && engine_now_ms(engine) < until) {
        connection_wait(engine->connection, AWAIT_STEP_MS);
        TRY(events_handle_all(engine));
        TRY(look(engine, channel));
    }
    return STATUS_OK;
}

static void show_count(struct out *out, size_t count, const char *what)
{
    if (count != 0)
        out_prose(out, "  %zu %s", count, what);
}

static void show_figures(struct out *out, const struct history_figures *f)
{
    out_line(out, "%zu %s of before you joined", f->messages,
             f->messages == 1 ? "message" : "messages");
    show_count(out, f->withheld - f->commits_too_many, HISTORY_COUNT_WITHHELD);
    show_count(out, f->commits_too_many, HISTORY_COUNT_LEFT_OUT);
    show_count(out, f->kept_back, HISTORY_COUNT_KEPT_BACK);
    show_count(out, f->refused, HISTORY_COUNT_REFUSED);
    show_count(out, f->control, HISTORY_COUNT_CONTROL);
}

static void
show(struct out *out, const struct channel *channel, bool shares, const struct history_figures *f)
{
    char id[ID_TEXT_SIZE];
    bool here = history_is_here(channel);
    char ranges[HISTORY_COUNT_RANGES_SIZE];
    char kept_back[HISTORY_COUNT_RANGES_SIZE];
    id_text(&channel->id, id);
    if (!shares)
        out_prose(out, "newcomers of this channel see what is said from their joining on");
    else if (here && f->messages == 0 && !history_count_is_doubtful(f))
        out_line(out, "nothing was said before you joined");
    else
        show_figures(out, f);
    history_count_ranges_text(f, ranges);
    history_count_kept_back_text(f, kept_back);
    if (f->kept_back != 0)
        out_prose(out, "  kept back: numbers %s", kept_back);
    if (f->missing != 0)
        out_prose(out, "  %llu not shared yet: numbers %s", (unsigned long long)f->missing, ranges);
    if (shares && !here)
        out_prose(out, "more comes when a member who has it is online");
    out_record(out,
               json_pack("{s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:s}", "type",
                         "history", "channel", id, "full", shares, "here", here, "messages",
                         (json_int_t)f->messages, "withheld", (json_int_t)f->withheld, "control",
                         (json_int_t)f->control, "refused", (json_int_t)f->refused, "missing",
                         (json_int_t)f->missing, "missing_numbers", ranges, "kept_back",
                         (json_int_t)f->kept_back, "kept_back_numbers", kept_back));
}

enum status history_run(struct invocation *invocation)
{
    const struct arguments *arguments = &invocation->arguments;
    struct engine *engine = invocation->engine;
    struct history_figures figures = {.messages = 0};
    struct channel *channel = NULL;
    bool shares = false;
    TRY(own_channel_find(
        invocation, arguments->positional_count == 0 ? NULL : arguments->positional[0], &channel));
    TRY(await(engine, channel));
    if (channel->state == CHANNEL_STATE_MEMBER)
        TRY(channel_has_history(engine, channel, &shares));
    if (shares)
        TRY(history_count(engine, channel, &figures));
    show(invocation->out, channel, shares, &figures);
    return STATUS_OK;
}
