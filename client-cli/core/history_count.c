/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/history_count.h"

#include "client-cli/core/entry.h"
#include "client-cli/core/message_number.h"
#include "client-cli/core/revision.h"
#include "protocol/wire/generations.h"
#include "protocol/wire/message_header.h"

#include <stdio.h>

struct counting {
    struct history_figures *figures;
    uint64_t base; /* after which this generation begins */
    uint64_t next; /* of this generation: what comes before is here, or counted as missing */
    uint64_t to;   /* where we joined */
    uint64_t commits;
};

static void count_missing(struct counting *counting, uint64_t until)
{
    struct history_figures *figures = counting->figures;
    if (until <= counting->next)
        return;
    figures->missing += until - counting->next;
    if (figures->range_count < HISTORY_COUNT_RANGES_MAX)
        figures->ranges[figures->range_count] = (struct history_missing){counting->next, until - 1};
    figures->range_count++;
}

/* Whether people said it, and not of another message. */
static bool is_said(const struct stored_entry *entry)
{
    struct content content;
    struct id target;
    if (entry_content(entry, &content) != STATUS_OK ||
        revision_target(entry, &target) != STATUS_NOT_FOUND)
        return false;
    const struct content_kind_row *kind = content_kind_find(content.kind);
    return kind == NULL || kind->lane != LANE_CONTROL;
}

static void count_kept_back(struct history_figures *figures, uint64_t sequence)
{
    if (figures->kept_back < HISTORY_COUNT_RANGES_MAX)
        figures->kept_back_at[figures->kept_back] = sequence;
    figures->kept_back++;
}

static enum status count_entry(void *context, const struct stored_entry *entry)
{
    struct counting *counting = context;
    if (entry->fate == ENTRY_CHANGED && entry->sequence > counting->base &&
        entry->sequence <= counting->to)
        counting->commits++;
    if (entry->sequence >= counting->next && entry->sequence <= counting->to) {
        count_missing(counting, entry->sequence);
        counting->next = entry->sequence + 1;
    }
    if (id_is_none(&entry->shared_by))
        return STATUS_OK;
    counting->figures->messages += is_said(entry) ? 1 : 0;
    if (entry_is_kept_back(entry)) {
        count_kept_back(counting->figures, entry->sequence);
        return STATUS_OK;
    }
    counting->figures->withheld += entry->fate == ENTRY_WITHHELD ? 1 : 0;
    counting->figures->control += entry->fate == ENTRY_CONTROL ? 1 : 0;
    bool refused = entry->fate == ENTRY_UNREADABLE || entry->fate == ENTRY_REPEATED;
    counting->figures->refused += refused ? 1 : 0;
    return STATUS_OK;
}

enum status
history_count(struct engine *engine, const struct channel *channel, struct history_figures *figures)
{
    *figures = (struct history_figures){.messages = 0};
    uint64_t base = generation_base(channel->generation);
    struct counting counting = {
        .figures = figures, .base = base, .next = base + 1, .to = channel->joined_sequence};
    struct entry_walk walk = {
        .channel = channel->id, .to = UINT64_MAX, .visit = count_entry, .context = &counting};
    TRY(entry_walk(engine, &walk));
    count_missing(&counting, channel->joined_sequence + 1);
    if (counting.commits > channel->joined_epoch) /* a generation begins with epoch 0 */
        figures->commits_too_many = counting.commits - channel->joined_epoch;
    figures->withheld += figures->commits_too_many;
    return STATUS_OK;
}

bool history_count_is_doubtful(const struct history_figures *figures)
{
    return figures->withheld + figures->control + figures->kept_back + figures->refused != 0;
}

void history_count_kept_back_text(const struct history_figures *figures,
                                  char text[HISTORY_COUNT_RANGES_SIZE])
{
    size_t shown = figures->kept_back < HISTORY_COUNT_RANGES_MAX ? figures->kept_back
                                                                 : HISTORY_COUNT_RANGES_MAX;
    int at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < shown; i++)
        at += snprintf(text + at, HISTORY_COUNT_RANGES_SIZE - (size_t)at, "%s%s",
                       i == 0 ? "" : ", ", message_number(figures->kept_back_at[i]).text);
    if (shown < figures->kept_back)
        (void)snprintf(text + at, HISTORY_COUNT_RANGES_SIZE - (size_t)at, " and more");
}

void history_count_ranges_text(const struct history_figures *figures,
                               char text[HISTORY_COUNT_RANGES_SIZE])
{
    size_t shown = figures->range_count < HISTORY_COUNT_RANGES_MAX ? figures->range_count
                                                                   : HISTORY_COUNT_RANGES_MAX;
    int at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < shown; i++)
        at += snprintf(text + at, HISTORY_COUNT_RANGES_SIZE - (size_t)at, "%s%s to %s",
                       i == 0 ? "" : ", ", message_number(figures->ranges[i].first).text,
                       message_number(figures->ranges[i].last).text);
    if (shown < figures->range_count)
        (void)snprintf(text + at, HISTORY_COUNT_RANGES_SIZE - (size_t)at, " and more");
}
