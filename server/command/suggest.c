/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weftd suggest: between which groups introductions would help most; never a person. */
#include "server/command/group_name.h"
#include "server/figures/figures.h"
#include "server/figures/suggestions.h"

#include <stdlib.h>

struct suggest {
    struct figures_job job;
    struct command_call *call;
    uint32_t count;
    struct buffer text;
};

static enum status compute(struct figures_job *job, const struct network *network)
{
    struct suggest *suggest = (struct suggest *)(void *)job;
    return suggestions_write(network, suggest->count, &suggest->text);
}

static void print_text(struct command_call *call, const json_t *object)
{
    const json_t *pairs = json_object_get(object, "pairs");
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

static bool parse_count(const char *text, uint32_t *count)
{
    char *end = NULL;
    long value = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value < 1 || value > SUGGESTIONS_MAX)
        return false;
    *count = (uint32_t)value;
    return true;
}

void suggest_command_begin(struct command_call *call)
{
    struct suggest *suggest = NULL;
    bool wrong = false;
    uint32_t count = 0;
    const char *text = command_take_option(call, "--introductions", &wrong);
    wrong = wrong || call->argc != 0 || (text != NULL && !parse_count(text, &count));
    if (wrong) {
        command_usage(call);
        return;
    }
    enum status status = command_take_state(call, sizeof *suggest, (void **)&suggest);
    if (status != STATUS_OK) {
        command_finish(call, status, NULL);
        return;
    }
    suggest->call = call;
    suggest->count = count;
    buffer_init(&suggest->text, COMMAND_OUTPUT_MAX);
    suggest->job.compute = compute;
    suggest->job.done = done;
    figures_submit(call->app->services.figures, &suggest->job);
}
