/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft read [CHANNEL]: what was said, from where we stopped reading or further back. */
#include "client-cli/commands/own_channel.h"
#include "client-cli/commands/show_control.h"
#include "client-cli/commands/show_entry.h"
#include "client-cli/commands/verbs.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/history.h"
#include "client-cli/core/message_number.h"
#include "client-cli/core/people.h"
#include "client-cli/core/session.h"
#include "client-cli/core/work.h"

#define LAST_MAX 1000000

/* Whether an entry is one that the reader gets: programs get all. */
static bool is_shown(const struct invocation *invocation,
                     const struct channel *channel,
                     const struct stored_entry *entry)
{
    return out_is_json(invocation->out) ||
           !show_control_is_silent(invocation->engine, channel, entry);
}

struct reading {
    struct invocation *invocation;
    const struct channel *channel;
    struct show_entry_around around;
    uint64_t shown; /* up to here, whether or not there was anything to show */
    bool any;       /* there was */
    bool marked;    /* what is new was begun */
};

/* Where the reader was last time; nothing where all of it is new, or nothing. */
static void mark_new(struct reading *reading, const struct stored_entry *entry)
{
    uint64_t before = reading->channel->shown;
    if (reading->marked || entry->sequence <= before)
        return;
    reading->marked = true;
    if (reading->any && before != 0)
        out_prose(reading->invocation->out, "  -- new since you last read --");
}

static enum status show(void *context, const struct stored_entry *entry)
{
    struct reading *reading = context;
    reading->shown = entry->sequence;
    if (!is_shown(reading->invocation, reading->channel, entry))
        return STATUS_OK;
    mark_new(reading, entry);
    reading->any = true;
    show_entry(reading->invocation->out, reading->invocation->engine, reading->channel, entry,
               &reading->around);
    return STATUS_OK;
}

struct counting {
    const struct invocation *invocation;
    const struct channel *channel;
    int64_t left;
    uint64_t from;
};

static enum status count_back(void *context, const struct stored_entry *entry)
{
    struct counting *counting = context;
    if (!is_shown(counting->invocation, counting->channel, entry))
        return STATUS_OK;
    counting->from = entry->sequence;
    return --counting->left == 0 ? STATUS_CANCELLED : STATUS_OK;
}

/* Where the last so many entries begin: between two generations of a channel numbers are left out.
 */
static enum status find_last(const struct invocation *invocation,
                             const struct channel *channel,
                             int64_t last,
                             uint64_t *from)
{
    struct counting counting = {invocation, channel, last, channel->cursor + 1};
    struct entry_walk walk = {.channel = channel->id,
                              .from = 1,
                              .to = channel->cursor,
                              .backwards = true,
                              .visit = count_back,
                              .context = &counting};
    TRY(entry_walk(invocation->engine, &walk));
    *from = counting.from;
    return STATUS_OK;
}

/* The server is asked first; without it, what is here is shown. */
static void bring_up_to_date(struct invocation *invocation, struct channel *channel)
{
    struct engine *engine = invocation->engine;
    enum status status = engine_connect(engine);
    if (status == STATUS_OK)
        status = channel_log_catch_up(engine, channel);
    if (status == STATUS_OK && channel->state == CHANNEL_STATE_MEMBER)
        status = session_refresh(engine, channel);
    if (status == STATUS_OK)
        status = work_look(engine, channel);
    if (status == STATUS_OK)
        status = history_work(engine, channel);
    if (status != STATUS_OK)
        out_error(invocation->out, status,
                  engine_explanation(engine)[0] == '\0' ? status_text(status)
                                                        : engine_explanation(engine));
}

struct noting {
    const struct invocation *invocation;
    const struct channel *channel;
    bool *any;
};

static enum status note_any(void *context, const struct stored_entry *entry)
{
    struct noting *noting = context;
    if (!is_shown(noting->invocation, noting->channel, entry))
        return STATUS_OK;
    *noting->any = true;
    return STATUS_CANCELLED;
}

/* Whether entries before `from` were never shown: then they stay new, whatever is shown after. */
static enum status leaves_out_new(const struct invocation *invocation,
                                  const struct channel *channel,
                                  uint64_t from,
                                  bool *leaves)
{
    struct noting noting = {invocation, channel, leaves};
    struct entry_walk walk = {.channel = channel->id,
                              .from = channel->shown + 1,
                              .to = from - 1,
                              .visit = note_any,
                              .context = &noting};
    *leaves = false;
    return from <= channel->shown + 1 ? STATUS_OK : entry_walk(invocation->engine, &walk);
}

static enum status note_shown(struct engine *engine, struct channel *channel, void *context)
{
    (void)engine;
    channel->shown = *(uint64_t *)context;
    return STATUS_OK;
}

/* Whoever sees nothing would not know whether that is all there is. */
static void say_nothing(struct out *out, const struct channel *channel, uint64_t from)
{
    if (from > channel->joined_sequence + 1)
        out_line(out, "  -- nothing new since");
    else if (channel->joined_sequence <= 1)
        out_line(out, "  -- nothing was said here yet");
    else if (history_is_here(channel))
        out_line(out, "  -- nothing was said here since you joined");
}

enum status read_run(struct invocation *invocation)
{
    struct engine *engine = invocation->engine;
    struct channel *channel = NULL;
    int64_t last = 0;
    uint64_t since = 0;
    const char *after = arguments_value(&invocation->arguments, "since");
    const char *name =
        invocation->arguments.positional_count == 0 ? NULL : invocation->arguments.positional[0];
    TRY(arguments_number(&invocation->arguments, "last", 1, LAST_MAX, 0, &last));
    if (after != NULL && !message_number_read(after, &since))
        return command_explain(invocation, STATUS_USAGE,
                               "--since takes the number of a message, as weft read shows it");
    TRY(own_channel_find(invocation, name, &channel));
    bring_up_to_date(invocation, channel);
    uint64_t from = since + 1;
    if (last != 0)
        TRY(find_last(invocation, channel, last, &from));
    else if (arguments_has(&invocation->arguments, "new"))
        from = channel->shown + 1;
    struct reading reading = {
        .invocation = invocation, .channel = channel, .around = {.seen_from = from}};
    struct entry_walk walk = {.channel = channel->id,
                              .from = from,
                              .to = channel->cursor,
                              .visit = show,
                              .context = &reading};
    bool leaves = false;
    TRY(leaves_out_new(invocation, channel, from, &leaves));
    if (leaves)
        out_prose(invocation->out, "  -- more before this is new: weft read --new");
    TRY(people_learn_from(engine, &channel->id, from, channel->cursor));
    TRY(entry_walk(engine, &walk));
    if (!reading.any)
        say_nothing(invocation->out, channel, from);
    if (!history_is_here(channel) && from <= channel->joined_sequence)
        out_prose(invocation->out, "  -- what was said before you joined is not all here yet: weft "
                                   "history");
    if (!channel->confirmed)
        out_prose(invocation->out, "  -- not confirmed yet: no member has spoken since you joined");
    /* What could not be written was not read. */
    if (leaves || reading.shown <= channel->shown || !out_is_complete(invocation->out))
        return STATUS_OK;
    return channel_transact(engine, channel, note_shown, &reading.shown);
}
