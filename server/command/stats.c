/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weftd stats: the published figures, as members see them. */
#include "server/command/group_name.h"
#include "server/figures/figures.h"
#include "server/weave/measures.h"

struct stats {
    struct figures_waiter waiter;
    struct command_call *call;
};

static void print_measure(struct command_call *call, const json_t *document, int kind)
{
    const char *key = measures_key((enum measures_kind)kind);
    const char *text = measures_text((enum measures_kind)kind);
    const json_t *value = json_object_get(document, key);
    const json_t *error = json_object_get(json_object_get(document, "estimated"), key);
    if (json_is_integer(value))
        command_print(call, "%-26s %10lld  %s\n", key, (long long)json_integer_value(value), text);
    else if (json_is_number(value) && json_is_number(error))
        command_print(call, "%-26s %10.4f  %s (estimated, +- %.4f)\n", key,
                      json_number_value(value), text, json_number_value(error));
    else if (json_is_number(value))
        command_print(call, "%-26s %10.4f  %s\n", key, json_number_value(value), text);
    else
        command_print(call, "%-26s %10s  %s\n", key, "-", text);
}

static void print_document(struct command_call *call, const json_t *document)
{
    for (int kind = 0; kind < MEASURES_COUNT; kind++)
        print_measure(call, document, kind);
    command_print(call, "\n");
    const json_t *sizes = json_object_get(document, "group_sizes");
    for (size_t i = 0; i < json_array_size(sizes); i++) {
        const json_t *row = json_array_get(sizes, i);
        command_print(call, "%10lld people  %s\n",
                      (long long)json_integer_value(json_object_get(row, "people")),
                      group_name_text(call, json_object_get(row, "group")));
    }
    command_print(call, "\n- : not defined for this network, or about fewer than ten people. "
                        "Ties between groups: --json.\n");
}

static void ready(struct figures_waiter *waiter, struct span document, enum status status)
{
    struct stats *stats = (struct stats *)(void *)waiter;
    struct command_call *call = stats->call;
    if (status == STATUS_OK && call->json) {
        command_print(call, "%.*s\n", (int)document.len, (const char *)document.ptr);
    } else if (status == STATUS_OK) {
        json_t *parsed = json_loadb((const char *)document.ptr, document.len, 0, NULL);
        print_document(call, parsed);
        json_decref(parsed);
    }
    command_finish(call, status, "there are no figures");
}

void stats_command_begin(struct command_call *call)
{
    struct stats *stats = NULL;
    if (call->argc != 0) {
        command_usage(call);
        return;
    }
    enum status status = command_take_state(call, sizeof *stats, (void **)&stats);
    if (status != STATUS_OK) {
        command_finish(call, status, NULL);
        return;
    }
    stats->call = call;
    stats->waiter.ready = ready;
    figures_document(call->app->services.figures, &stats->waiter);
}
