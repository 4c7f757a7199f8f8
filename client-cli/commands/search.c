/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft search WORDS: what was said with all of these words, in one channel or in all. */
#include "client-cli/core/search.h"
#include "client-cli/commands/own_channel.h"
#include "client-cli/commands/show_entry.h"
#include "client-cli/commands/verbs.h"

#define SHOWN_USUALLY 20
#define SHOWN_MAX 100000

static enum status show(void *context, struct channel *channel, const struct stored_entry *entry)
{
    struct invocation *invocation = context;
    const struct show_entry_around around = {.with_title = true, .seen_from = UINT64_MAX};
    show_entry(invocation->out, invocation->engine, channel, entry, &around);
    return STATUS_OK;
}

enum status search_run(struct invocation *invocation)
{
    CLEANUP(buffer_clear) struct buffer words = BUFFER_INIT(LIMIT_TEXT_BYTES);
    const char *in = arguments_value(&invocation->arguments, "in");
    struct channel *channel = NULL;
    int64_t last = 0;
    size_t found = 0;
    TRY(arguments_number(&invocation->arguments, "last", 1, SHOWN_MAX, SHOWN_USUALLY, &last));
    TRY(arguments_join(&invocation->arguments, 0, &words));
    if (in != NULL)
        TRY(own_channel_find(invocation, in, &channel));
    struct search_query query = {.words = buffer_span(&words),
                                 .channel = channel,
                                 .count_max = (size_t)last,
                                 .visit = show,
                                 .context = invocation};
    TRY(search_find(invocation->engine, &query, &found));
    if (found == 0)
        out_line(invocation->out, "nothing was said with these words, as far as this device knows");
    else if (found > (size_t)last)
        out_line(invocation->out, "%lld of %zu: --last %zu shows all", (long long)last, found,
                 found);
    out_record(invocation->out,
               json_pack("{s:s, s:I}", "type", "found", "count", (json_int_t)found));
    return STATUS_OK;
}
