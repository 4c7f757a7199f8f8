/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/history.h"

#include "client-cli/core/entry.h"
#include "client-cli/core/history_count.h"
#include "client-cli/core/history_fetch.h"
#include "client-cli/core/history_kept.h"
#include "client-cli/core/history_keys.h"
#include "client-cli/core/history_share.h"
#include "client-cli/core/limits.h"
#include "client-cli/core/people.h"
#include "protocol/wire/history.h"

#include <stdio.h>

/* ---- who has answered ---- */

struct answers {
    int64_t since_ms; /* who answered later is not asked again */
    struct wire_id_item lately[LIMIT_HISTORY_ANSWERED];
    size_t lately_count;
    struct id people[CORE_HISTORY_KEPT_OPINIONS]; /* who ever did, so far as it matters */
    size_t people_count;
};

static bool has_answered(const struct wire_id_item *people, size_t count, const struct id *person)
{
    for (size_t i = 0; i < count; i++)
        if (id_equal(&people[i].id, person))
            return true;
    return false;
}

static void note_answer(struct answers *answers, const struct stored_entry *entry)
{
    bool known = false;
    for (size_t i = 0; i < answers->people_count; i++)
        known = known || id_equal(&answers->people[i], &entry->person);
    if (!known && answers->people_count < CORE_HISTORY_KEPT_OPINIONS)
        answers->people[answers->people_count++] = entry->person;
    if (entry->time >= answers->since_ms && answers->lately_count < LIMIT_HISTORY_ANSWERED &&
        !has_answered(answers->lately, answers->lately_count, &entry->person))
        answers->lately[answers->lately_count++].id = entry->person;
}

static enum status find_answer(void *context, const struct stored_entry *entry)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct answers *answers = context;
    struct content_history history;
    enum status said = history_keys_said(entry, &arena, &history);
    if (said != STATUS_OK)
        return said == STATUS_NOT_FOUND ? STATUS_OK : said;
    if (!id_is_none(&history.asked_by) && !history.more)
        note_answer(answers, entry);
    return STATUS_OK;
}

static enum status
find_answers(struct engine *engine, const struct channel *channel, struct answers *answers)
{
    *answers = (struct answers){.since_ms = engine_now_ms(engine) - CORE_HISTORY_ANSWER_MS};
    struct entry_walk walk = {.channel = channel->id,
                              .from = channel->joined_sequence,
                              .to = channel->cursor,
                              .backwards = true,
                              .visit = find_answer,
                              .context = answers};
    return entry_walk(engine, &walk);
}

/* ---- what is here now ---- */

struct standing {
    struct history_figures figures;
    struct answers answers;
    uint8_t state;
};

static enum status judge(struct engine *engine,
                         const struct channel *channel,
                         bool answered,
                         struct standing *standing)
{
    const struct history_figures *figures = &standing->figures;
    TRY(history_count(engine, channel, &standing->figures));
    TRY(find_answers(engine, channel, &standing->answers));
    size_t opinions = figures->kept_back == 0 ? CORE_HISTORY_OPINIONS : CORE_HISTORY_KEPT_OPINIONS;
    bool believed = standing->answers.people_count >= opinions;
    standing->state = channel->history;
    if (figures->missing == 0)
        standing->state = history_count_is_doubtful(figures) && !believed ? CHANNEL_HISTORY_DOUBTED
                                                                          : CHANNEL_HISTORY_HERE;
    else if (answered)
        standing->state = CHANNEL_HISTORY_PART;
    return STATUS_OK;
}

static enum status become(struct engine *engine, struct channel *channel, void *context)
{
    (void)engine;
    channel->history = *(const uint8_t *)context;
    return STATUS_OK;
}

static void
tell_part(struct engine *engine, const struct channel *channel, const struct standing *standing)
{
    char ranges[HISTORY_COUNT_RANGES_SIZE];
    char by[LIMIT_NAME_BYTES + 32] = "yet";
    if (standing->answers.lately_count != 0) {
        struct people_name name;
        people_name(engine, &standing->answers.lately[0].id, &name);
        snprintf(by, sizeof by, "by %s, who answered last", name.name);
    }
    history_count_ranges_text(&standing->figures, ranges);
    engine_notice(engine, channel,
                  "Part of what was said before you joined is here: %zu %s. Numbers %s were "
                  "not shared %s: other members are asked as they come online",
                  standing->figures.messages,
                  standing->figures.messages == 1 ? "message" : "messages", ranges, by);
}

#define COUNT_SIZE 100

/* "", or what else there is to say of so many. */
static void count_text(size_t count, const char *what, char text[COUNT_SIZE])
{
    text[0] = '\0';
    if (count != 0)
        snprintf(text, COUNT_SIZE, " %zu %s.", count, what);
}

static void
tell_here(struct engine *engine, const struct channel *channel, const struct standing *standing)
{
    const struct history_figures *figures = &standing->figures;
    char withheld[COUNT_SIZE];
    char left_out[COUNT_SIZE];
    char refused[COUNT_SIZE];
    count_text(figures->withheld - figures->commits_too_many, HISTORY_COUNT_WITHHELD, withheld);
    count_text(figures->commits_too_many, HISTORY_COUNT_LEFT_OUT, left_out);
    count_text(figures->refused, HISTORY_COUNT_REFUSED, refused);
    engine_notice(engine, channel,
                  "What was said before you joined is here: %zu %s. weft read shows it, and by "
                  "whom each was shared.%s%s%s%s",
                  figures->messages, figures->messages == 1 ? "message" : "messages", withheld,
                  left_out, refused,
                  standing->state == CHANNEL_HISTORY_DOUBTED &&
                          figures->withheld + figures->refused != 0
                      ? " Another member is asked for them."
                      : "");
}

/* What nobody can have deleted is told as what it is, before anybody is believed. */
static enum status look_for_kept(struct engine *engine,
                                 struct channel *channel,
                                 bool answered,
                                 struct standing *standing)
{
    char numbers[HISTORY_COUNT_RANGES_SIZE];
    bool changed = false;
    if (standing->figures.missing == 0)
        TRY(history_kept_look(engine, channel, &standing->figures, &changed));
    if (changed)
        TRY(judge(engine, channel, answered, standing));
    if (standing->figures.kept_back == 0 || !answered)
        return STATUS_OK;
    history_count_kept_back_text(&standing->figures, numbers);
    engine_notice(engine, channel,
                  "Of what was said before you joined something is kept back: number%s %s. Whoever "
                  "shared the rest left that out, and the server still has it: it is neither "
                  "deleted nor over. Other members are asked as they come online",
                  standing->figures.kept_back == 1 ? "" : "s", numbers);
    return STATUS_OK;
}

/* Takes what was shared since we looked last. */
static enum status fetch(struct engine *engine, struct channel *channel)
{
    struct history_fetched fetched;
    struct standing standing;
    bool was_here = history_is_here(channel);
    TRY(history_fetch(engine, channel, &fetched));
    if (!fetched.looked)
        return STATUS_OK;
    channel->history_awaited = channel->history_awaited && !fetched.answered;
    TRY(judge(engine, channel, fetched.answered, &standing));
    TRY(look_for_kept(engine, channel, fetched.answered, &standing));
    if (standing.state != channel->history)
        TRY(channel_transact(engine, channel, become, &standing.state));
    if (history_is_here(channel) && !was_here)
        tell_here(engine, channel, &standing);
    else if (standing.state == CHANNEL_HISTORY_PART && fetched.answered)
        tell_part(engine, channel, &standing);
    return STATUS_OK;
}

/* ---- asking ---- */

static bool may_ask(const struct engine *engine, const struct channel *channel)
{
    int64_t until_ms = channel->history_ask_ms - engine_now_ms(engine);
    return until_ms <= 0 || until_ms > CORE_ASK_HISTORY_LAST_MS; /* the clock was put back */
}

/* A minute later; once somebody has answered longer and longer. */
static int64_t next_interval(const struct channel *channel)
{
    int64_t interval_ms = CORE_ASK_HISTORY_INTERVAL_MS;
    if (channel->history == CHANNEL_HISTORY_WANTED)
        return interval_ms;
    for (uint32_t i = 1; i < channel->history_asks && interval_ms < CORE_ASK_HISTORY_LAST_MS; i++)
        interval_ms *= 2;
    return interval_ms < CORE_ASK_HISTORY_LAST_MS ? interval_ms : CORE_ASK_HISTORY_LAST_MS;
}

/* One that the server has counted already, from another process or device, is asked later. */
static enum status ask_others(struct engine *engine,
                              struct channel *channel,
                              struct answers *answers,
                              struct wire_history_ask_response *response)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_history_ask_request request = {.channel = channel->id,
                                               .answered = answers->lately,
                                               .answered_count = answers->lately_count};
    enum status asked = engine_call_once(engine, WIRE_HISTORY_ASK, &request, &reply, response);
    if (asked != STATUS_RATE_LIMITED || !engine_is_connected(engine))
        return asked;
    channel->history_ask_ms = engine_now_ms(engine) + connection_retry_after_ms(engine->connection);
    engine_forget_explanation(engine);
    response->online = channel->history == CHANNEL_HISTORY_WANTED;
    return STATUS_OK;
}

static enum status ask(struct engine *engine, struct channel *channel)
{
    struct wire_history_ask_response response;
    struct answers answers;
    bool first = channel->history_asks++ == 0 && channel->history == CHANNEL_HISTORY_WANTED;
    channel->history_ask_ms = engine_now_ms(engine) + next_interval(channel);
    TRY(find_answers(engine, channel, &answers));
    if (answers.lately_count == LIMIT_HISTORY_ANSWERED)
        return STATUS_OK; /* as many have as are asked in a day */
    TRY(ask_others(engine, channel, &answers, &response));
    channel->history_awaited = response.online;
    if (first && !response.online)
        engine_notice(engine, channel,
                      "What was said before you joined comes when a member who has it is online.");
    return STATUS_OK;
}

/* ---- what is due ---- */

bool history_is_here(const struct channel *channel)
{
    return channel->history == CHANNEL_HISTORY_HERE || channel->history == CHANNEL_HISTORY_DOUBTED;
}

enum status history_work(struct engine *engine, struct channel *channel)
{
    bool shares = false;
    if (channel->state != CHANNEL_STATE_MEMBER || channel->distrusted)
        return STATUS_OK;
    channel->history_due = false;
    TRY(channel_has_history(engine, channel, &shares));
    if (!shares)
        return STATUS_OK;
    if (channel->history != CHANNEL_HISTORY_HERE)
        TRY(fetch(engine, channel));
    if (channel->history != CHANNEL_HISTORY_HERE && may_ask(engine, channel))
        TRY(ask(engine, channel));
    return channel->history == CHANNEL_HISTORY_WANTED ? STATUS_OK : history_share(engine, channel);
}

bool history_is_due(const struct engine *engine, const struct channel *channel)
{
    if (channel->state != CHANNEL_STATE_MEMBER)
        return false;
    return channel->history_due ||
           (channel->history != CHANNEL_HISTORY_HERE && may_ask(engine, channel));
}
