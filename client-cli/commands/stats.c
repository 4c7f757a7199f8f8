/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft stats: how connected everybody is, the same figures that an admin sees. The server's
 * document is shown whatever it holds: what has an explanation here gets it, the rest its name. */
#include "client-cli/commands/show_entry.h"
#include "client-cli/commands/verbs.h"
#include "protocol/wire/people.h"

#include <string.h>

/* Tables within tables, more than any document of ours has. */
#define DEPTH_MAX 6

#define LABEL_WIDTH 28

/* Longer lists are for programs. */
#define ROWS_MAX 60

struct figure {
    const char *key;
    const char *label;
    const char *text;
};

static const struct figure figures[] = {
    {"people", "People", "who are counted"},
    {"ties", "Ties", "between them: who works with or talks to whom"},
    {"groups", "Groups", "that have people"},
    {"mean_degree", "Ties of a person", "on average"},
    {"density", "Density", "of all ties there could be, the share that exists"},
    {"degree_centralisation", "Centralisation of ties", "1: one person holds all; 0: even"},
    {"betweenness_centralisation", "Centralisation of paths",
     "1: every way leads through one person; 0: many ways"},
    {"mean_path", "Steps between two people", "on average, when all are connected"},
    {"mean_path_reachable", "Steps, where there is a way", "on average"},
    {"efficiency", "Efficiency", "1: everybody is one step away; 0: nobody can be reached"},
    {"clustering", "Clustering", "of a person's contacts, the share who know each other"},
    {"2_step_reach", "Reach in two steps", "of the others, a contact or a contact's contact"},
    {"e_i", "Across or within groups", "-1: all ties within groups; 1: all across"},
    {"e_i_random", "  the same by chance", "if ties paid no heed to groups"},
    {"e_i_rescaled", "  rescaled", "0: as by chance; -1: all within; 1: all across"},
    {"components", "Separate parts", "without a tie to each other"},
    {"largest_component", "Largest part", "share of the people who are in it"},
    {"isolates", "People without a tie", ""},
    {"algebraic_connectivity", "Algebraic connectivity", "how hard it is to cut the largest part"},
    {"mean_resistance", "Mean resistance", "low: many ways lead from one person to another"},
    {"estimated", "Estimated, with standard error", ""},
    {"group_sizes", "People in each group", ""},
    {"group_ties", "Ties between groups", ""},
};

/* How a row's member is told, and what it means when it is missing. */
struct member {
    const char *key;
    const char *before;
    const char *after;
    const char *missing;
};

static const struct member members[] = {
    {"group", "", "", "smaller groups, together"},
    {"people", ": ", " people", "hidden, since they are too few"},
    {"a", "", "", "smaller groups"},
    {"b", " and ", "", "smaller groups"},
    {"ties", ": ", " ties", "hidden, since too few people hold them"},
};

static const struct figure *find_figure(const char *key)
{
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (strcmp(figures[i].key, key) == 0)
            return &figures[i];
    return NULL;
}

static void format_value(const json_t *value, char *text, size_t size)
{
    if (json_is_integer(value))
        snprintf(text, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        snprintf(text, size, "%.4f", json_real_value(value));
    else if (json_is_boolean(value))
        snprintf(text, size, "%s", json_is_true(value) ? "yes" : "no");
    else if (json_is_string(value))
        snprintf(text, size, "%s", json_string_value(value));
    else
        snprintf(text, size, "-"); /* not defined, or too few people to tell */
}

static void show_value(struct out *out, int depth, const char *key, const json_t *value)
{
    const struct figure *figure = find_figure(key);
    char text[400];
    format_value(value, text, sizeof text);
    out_line(out, "%*s%-*s %10s  %s", 2 * depth, "", LABEL_WIDTH,
             figure == NULL ? key : figure->label, text, figure == NULL ? "" : figure->text);
}

static const struct member *find_member(const char *key)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strcmp(members[i].key, key) == 0)
            return &members[i];
    return NULL;
}

/* An item of a list that is a table's row: its members beside each other. */
static void show_row(struct out *out, int depth, const json_t *row)
{
    CLEANUP(buffer_clear) struct buffer line = BUFFER_INIT(4096);
    json_t *value = NULL;
    const char *key = NULL;
    enum status status = STATUS_OK;
    json_object_foreach((json_t *)(uintptr_t)row, key, value)
    {
        const struct member *member = find_member(key);
        char text[400];
        char cell[500];
        format_value(value, text, sizeof text);
        if (member == NULL)
            snprintf(cell, sizeof cell, " %s %s", key, text);
        else
            snprintf(cell, sizeof cell, "%s%s%s", member->before,
                     json_is_null(value) ? member->missing : text,
                     json_is_null(value) ? "" : member->after);
        if (status == STATUS_OK)
            status = buffer_append(&line, span_from_text(cell));
    }
    out_line(out, "%*s%.*s", 2 * depth, "", OUT_SPAN(buffer_span(&line)));
}

static void show_list(struct out *out, int depth, const json_t *list)
{
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count && i < ROWS_MAX; i++) {
        const json_t *item = json_array_get(list, i);
        char text[400];
        format_value(item, text, sizeof text);
        if (json_is_object(item))
            show_row(out, depth, item);
        else
            out_line(out, "%*s%s", 2 * depth, "", text);
    }
    if (count > ROWS_MAX)
        out_line(out, "%*sand %zu more: weft stats --json", 2 * depth, "", count - ROWS_MAX);
}

static void show_object(struct out *out, int depth, const json_t *object);

static void show_member(struct out *out, int depth, const char *key, const json_t *value)
{
    const struct figure *figure = find_figure(key);
    if (strcmp(key, "as_of") == 0 && json_is_integer(value)) {
        char time[SHOW_TIME_SIZE];
        show_entry_time(json_integer_value(value), time);
        out_line(out, "As of %s", time);
        return;
    }
    if (!json_is_object(value) && !json_is_array(value)) {
        show_value(out, depth, key, value);
        return;
    }
    if (json_object_size(value) == 0 && json_array_size(value) == 0)
        return;
    out_heading(out, "%*s%s", 2 * depth, "", figure == NULL ? key : figure->label);
    if (json_is_object(value))
        show_object(out, depth + 1, value);
    else
        show_list(out, depth + 1, value);
}

static void show_object(struct out *out, int depth, const json_t *object)
{
    json_t *value = NULL;
    const char *key = NULL;
    if (depth > DEPTH_MAX)
        return;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
        show_member(out, depth, key, value);
}

enum status stats_run(struct invocation *invocation)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    const struct wire_empty request = {0};
    struct wire_stats_response response;
    TRY(engine_call(invocation->engine, WIRE_STATS, &request, &reply, &response));
    json_t *document = json_loadb((const char *)response.json.ptr, response.json.len,
                                  JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(document)) {
        json_decref(document);
        return command_explain(invocation, STATUS_MALFORMED,
                               "the server's figures are not a JSON document");
    }
    show_object(invocation->out, 0, document);
    out_line(invocation->out, "These figures are the same for members and admins, and name nobody. "
                              "A dash: not defined, or too few people to tell.");
    out_record(invocation->out, document);
    return STATUS_OK;
}
