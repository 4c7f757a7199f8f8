/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/help.h"

#include "client-cli/commands/table.h"
#include "client-cli/commands/verbs.h"

#include <stdio.h>
#include <string.h>

/* A terminal has 80 columns. */
#define WIDTH 80
#define NAME_WIDTH 28
#define SUMMARY_INDENT (2 + 5 + NAME_WIDTH + 1)
#define FLAG_WIDTH 24
#define FLAG_INDENT (2 + FLAG_WIDTH + 1)
#define LINE_SIZE 240

/* The words of a text behind `head`, and below it `indent` spaces from the edge. */
static void show_wrapped(struct out *out, const char *head, size_t indent, const char *text)
{
    char line[LINE_SIZE];
    size_t used = (size_t)snprintf(line, sizeof line, "%s", head);
    size_t start = used;
    while (*text != '\0') {
        size_t len = strcspn(text, " \n");
        if (used != start && used + 1 + len > WIDTH) {
            out_line(out, "%s", line);
            used = start = (size_t)snprintf(line, sizeof line, "%*s", (int)indent, "");
        }
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%.*s",
                                 used == start ? "" : " ", (int)len, text);
        text += len + strspn(text + len, " \n");
    }
    out_line(out, "%s", line);
}

static void format_name(const struct command *command, char *text, size_t size)
{
    snprintf(text, size, "%s%s%s%s%s", command->noun, command->verb == NULL ? "" : " ",
             command->verb == NULL ? "" : command->verb, command->usage[0] == '\0' ? "" : " ",
             command->usage);
}

static json_t *flags_json(const struct flag *flags)
{
    json_t *list = json_array();
    for (; flags != NULL && flags->name != NULL; flags++)
        json_array_append_new(list, json_pack("{s:s, s:s?, s:s}", "name", flags->name, "value",
                                              flags->value, "help", flags->help));
    return list;
}

static void show_line(struct out *out, const struct command *command)
{
    char name[120];
    char head[160];
    format_name(command, name, sizeof name);
    if (strlen(name) > NAME_WIDTH) {
        out_line(out, "  weft %s", name);
        snprintf(head, sizeof head, "%*s", SUMMARY_INDENT, "");
    } else {
        snprintf(head, sizeof head, "  weft %-*s ", NAME_WIDTH, name);
    }
    show_wrapped(out, head, SUMMARY_INDENT, command->summary);
    out_record(out, json_pack("{s:s, s:s, s:s?, s:s, s:s, s:o}", "type", "command", "noun",
                              command->noun, "verb", command->verb, "usage", command->usage,
                              "summary", command->summary, "flags", flags_json(command->flags)));
}

static void show_flags(struct out *out, const struct flag *flags)
{
    for (; flags != NULL && flags->name != NULL; flags++) {
        char name[80];
        char head[100];
        snprintf(name, sizeof name, "--%s%s%s", flags->name, flags->value == NULL ? "" : " ",
                 flags->value == NULL ? "" : flags->value);
        snprintf(head, sizeof head, "  %-*s ", FLAG_WIDTH, name);
        show_wrapped(out, head, FLAG_INDENT, flags->help);
    }
}

/* The order of the whole list: what most people need first, the rest by what it is about. A noun
 * stands for all its verbs that no earlier line named. */
struct topic {
    const char *title;
    const char *names[14]; /* NULL ends them */
};

static const struct topic topics[] = {
    {"Getting started", {"join", "peer-assist ask", "say", "read", "follow", "help", NULL}},
    {"Peer assists and other sessions",
     {"peer-assist", "invitation", "session", "stage", "harvest", "review", NULL}},
    {"Saying more than text",
     {"context", "question", "answer", "idea", "last-idea", "summary", "commit", "note", "action",
      "offer", "lesson", "follow-up", NULL}},
    {"Messages, files, and what was said before",
     {"react", "edit", "delete", "file", "search", "history", NULL}},
    {"Channels", {"channel", NULL}},
    {"You, and the others here",
     {"status", "sync", "profile", "people", "group", "network", "stats", NULL}},
    {"Your devices", {"device", NULL}},
};
#define TOPIC_COUNT (sizeof topics / sizeof *topics)

/* Whether `name` is this command's noun, or its noun and verb. */
static bool is_named(const struct command *command, const char *name)
{
    size_t length = strlen(command->noun);
    if (strncmp(name, command->noun, length) != 0)
        return false;
    if (name[length] == '\0')
        return true;
    return name[length] == ' ' && command->verb != NULL &&
           strcmp(name + length + 1, command->verb) == 0;
}

/* The place of a command in the list: the first name that is its own, whole names before nouns.
 * TOPIC_COUNT when none is. */
static size_t topic_of(const struct command *command)
{
    size_t by_noun = TOPIC_COUNT;
    for (size_t i = TOPIC_COUNT; i-- > 0;)
        for (size_t j = 0; topics[i].names[j] != NULL; j++) {
            if (!is_named(command, topics[i].names[j]))
                continue;
            if (strchr(topics[i].names[j], ' ') != NULL)
                return i;
            by_noun = i;
        }
    return by_noun;
}

static void show_named(struct out *out, size_t topic, const char *name)
{
    for (size_t i = 0; i < command_table_count; i++)
        if (is_named(&command_table[i], name) && topic_of(&command_table[i]) == topic)
            show_line(out, &command_table[i]);
}

static void show_rest(struct out *out)
{
    for (size_t i = 0; i < command_table_count; i++)
        if (topic_of(&command_table[i]) == TOPIC_COUNT)
            show_line(out, &command_table[i]);
}

void help_show_all(struct out *out)
{
    out_heading(out, "weft - ask peers for help, in channels that the server cannot read");
    for (size_t i = 0; i < TOPIC_COUNT; i++) {
        out_line(out, "%s", "");
        out_heading(out, "%s", topics[i].title);
        for (size_t j = 0; topics[i].names[j] != NULL; j++)
            show_named(out, i, topics[i].names[j]);
    }
    show_rest(out);
    out_line(out, "%s", "");
    out_line(out,
             "A CHANNEL is a title, the beginning of one, or an id; a PERSON a name or an id.");
    out_line(out, "More on one: weft help COMMAND, or weft COMMAND --help");
    out_line(out, "Which weft this is: weft --version");
}

void help_show_command(struct out *out, const struct command *command)
{
    char name[120];
    format_name(command, name, sizeof name);
    if (out_is_json(out)) {
        show_line(out, command);
        return;
    }
    out_heading(out, "weft %s", name);
    show_wrapped(out, "", 0, command->summary);
    if (command->details != NULL)
        show_wrapped(out, "", 0, command->details);
    out_line(out, "%s", "");
    show_flags(out, command->flags);
    show_flags(out, command_common_flags);
}

/* The commands of other nouns that may be called by this one too. */
static void show_aliases(struct out *out, const char *noun)
{
    size_t length = strlen(noun);
    for (size_t i = 0; i < command_alias_count; i++) {
        const struct command_alias *alias = &command_aliases[i];
        if (strncmp(alias->name, noun, length) == 0 && alias->name[length] == ' ')
            out_line(out, "  weft %-*s the same as weft %s", NAME_WIDTH, alias->name, alias->of);
    }
}

void help_show_noun(struct out *out, const char *noun)
{
    const struct command *only = NULL;
    size_t count = 0;
    for (size_t i = 0; i < command_table_count; i++) {
        if (strcmp(command_table[i].noun, noun) != 0)
            continue;
        only = &command_table[i];
        count++;
    }
    if (count == 1) {
        help_show_command(out, only);
        return;
    }
    for (size_t i = 0; i < command_table_count; i++)
        if (strcmp(command_table[i].noun, noun) == 0)
            show_line(out, &command_table[i]);
    show_aliases(out, noun);
}

enum status help_run(struct invocation *invocation)
{
    const struct arguments *arguments = &invocation->arguments;
    int words = 0;
    if (arguments->positional_count == 0) {
        help_show_all(invocation->out);
        return STATUS_OK;
    }
    const struct command *command =
        table_find((int)arguments->positional_count, arguments->positional, &words);
    int noun_words = 0;
    const char *noun =
        table_noun((int)arguments->positional_count, arguments->positional, &noun_words);
    if (command != NULL && (size_t)words == arguments->positional_count)
        help_show_command(invocation->out, command);
    else if (noun != NULL && (size_t)noun_words == arguments->positional_count)
        help_show_noun(invocation->out, noun);
    else
        return command_explain(invocation, STATUS_USAGE,
                               "there is no such command; weft help lists them all");
    return STATUS_OK;
}
