/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * weftd suggest: between which groups introductions would help most; and a round of introductions
 * or of coffee now. Never a person, nor how many where that would tell of few.
 */
#include "server/command/group_name.h"
#include "server/figures/figures.h"
#include "server/figures/suggestions.h"
#include "server/introduce/reason.h"
#include "server/introduce/rounds.h"

#include <stdlib.h>
#include <string.h>

struct suggest {
    struct figures_job job;
    struct command_call *call;
    uint32_t count;
    struct buffer text;
};

/* Never cancelled; lets others go first. */
static bool breathe(void *context)
{
    figures_breathe(context);
    return false;
}

static enum status compute(struct figures_job *job, const struct network *network)
{
    struct suggest *suggest = (struct suggest *)(void *)job;
    const struct suggestions_options options = {
        .count = suggest->count, .cancelled = breathe, .context = job->figures};
    return suggestions_write(network, &options, &suggest->text);
}

static void print_text(struct command_call *call, const json_t *object)
{
    const json_t *pairs = json_object_get(object, "pairs");
    if (json_array_size(pairs) != 0)
        command_print(call, "Of the introductions that would connect everybody best, by the ties\n"
                            "that were imported, so many are between these groups:\n");
    for (size_t i = 0; i < json_array_size(pairs); i++) {
        const json_t *pair = json_array_get(pairs, i);
        command_print(call, "%6lld  %s - %s\n",
                      (long long)json_integer_value(json_object_get(pair, "introductions")),
                      group_name_text(call, json_object_get(pair, "a")),
                      group_name_text(call, json_object_get(pair, "b")));
    }
    if (json_array_size(pairs) == 0)
        command_print(call, "Nothing to suggest: too few people or groups, or all are connected "
                            "as well as introductions can.\n");
}

static void done(struct figures_job *job, enum status status)
{
    struct suggest *suggest = (struct suggest *)(void *)job;
    struct command_call *call = suggest->call;
    if (status == STATUS_OK && call->json) {
        command_print(call, "%.*s\n", (int)suggest->text.len, (const char *)suggest->text.ptr);
    } else if (status == STATUS_OK) {
        json_t *parsed = json_loadb((const char *)suggest->text.ptr, suggest->text.len, 0, NULL);
        print_text(call, parsed);
        json_decref(parsed);
    }
    buffer_clear(&suggest->text);
    command_finish(call, status, "there is nothing to suggest");
}

/* ---- a round ---- */

struct offer {
    struct rounds_waiter waiter;
    struct command_call *call;
    enum store_introduction_kind kind;
};

static void print_offer(const struct offer *offer, uint64_t made)
{
    struct command_call *call = offer->call;
    bool coffee = offer->kind == STORE_INTRODUCTION_COFFEE;
    bool told = made >= ROUNDS_TOLD_MIN;
    if (call->json) {
        command_print_json(call,
                           json_pack("{s:s, s:o}", "round", coffee ? "coffee" : "introductions",
                                     "made", told ? json_integer((json_int_t)made) : json_null()));
        return;
    }
    const char *what = coffee ? "coffee meetings were made" : "introductions were offered";
    if (told)
        command_print(call, "%llu %s.", (unsigned long long)made, what);
    else
        command_print(call, "Fewer than %d %s, or none.", ROUNDS_TOLD_MIN, what);
    if (!told && !coffee)
        command_print(call, " There is one only where at least %d people could be meant.",
                      REASON_CROWD_MIN);
    command_print(call, coffee ? " Everybody who is in one sees whom they meet: weft network.\n"
                               : " Each person is told alone, and nobody is named before both say "
                                 "yes: weft network.\n");
}

static void offer_ready(struct rounds_waiter *waiter, uint64_t made, enum status status)
{
    struct offer *offer = (struct offer *)(void *)waiter;
    if (status == STATUS_OK)
        print_offer(offer, made);
    command_finish(offer->call, status,
                   status == STATUS_CONFLICT ? "a round is being made already" : "no round");
}

static void
begin_offer(struct command_call *call, enum store_introduction_kind kind, uint32_t count)
{
    struct offer *offer = NULL;
    enum status status = command_take_state(call, sizeof *offer, (void **)&offer);
    if (status != STATUS_OK) {
        command_finish(call, status, NULL);
        return;
    }
    *offer = (struct offer){.waiter = {.ready = offer_ready}, .call = call, .kind = kind};
    rounds_begin(call->app->services.rounds, kind, count, &offer->waiter);
}

/* ---- the command ---- */

static void begin_suggest(struct command_call *call, uint32_t count)
{
    struct suggest *suggest = NULL;
    enum status status = command_take_state(call, sizeof *suggest, (void **)&suggest);
    if (status != STATUS_OK) {
        command_finish(call, status, NULL);
        return;
    }
    suggest->call = call;
    suggest->count = count;
    buffer_init(&suggest->text, COMMAND_OUTPUT_MAX);
    suggest->job.takes_long = true;
    suggest->job.compute = compute;
    suggest->job.done = done;
    figures_submit(call->app->services.figures, &suggest->job);
}

static bool is_only(const struct command_call *call, const char *word)
{
    return call->argc == 1 && strcmp(call->argv[0], word) == 0;
}

void suggest_command_begin(struct command_call *call)
{
    bool wrong = false;
    uint32_t count = 0; /* the usual number */
    const char *text = command_take_option(call, "--introductions", &wrong);
    wrong = wrong || (text != NULL && !command_number(text, SUGGESTIONS_MAX, &count));
    if (!wrong && is_only(call, "--offer"))
        begin_offer(call, STORE_INTRODUCTION_PAIR, count);
    else if (!wrong && text == NULL && is_only(call, "--coffee"))
        begin_offer(call, STORE_INTRODUCTION_COFFEE, 0);
    else if (!wrong && call->argc == 0)
        begin_suggest(call, count);
    else
        command_usage(call);
}
