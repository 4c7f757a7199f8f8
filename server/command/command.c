/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/command.h"

#include "protocol/codec/utf8.h"
#include "protocol/json/dump.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CALL_ARENA_MAX (64u << 20)

const struct command commands[] = {
    {"invite", invite_command_begin,
     "--group NAME [--uses N] | --person ID | --imported\n"
     "             [--role staff|facilitator|admin] [--expires DAYS]\n"
     "       weftd invite list | revoke ID\n"
     "       --person: one who was imported, by the person_id of the import or the id\n"
     "       that weftd person list shows. --imported: a link for each of them who\n"
     "       has not joined, in lines of person_id, name, group and link, with tabs",
     "make an invite link; list or withdraw invites", 0, NULL, false},
    {"person", person_command_begin,
     "list | suspend ID | restore ID | export ID |\n             erase ID --for-good\n"
     "       ID: as weftd person list shows it, or the person_id of the import.\n"
     "       export: what is kept of somebody, for them; but for their introductions,\n"
     "       which they alone see. The audit log says that it was made",
     "the people of the community", 0, NULL, false},
    {"device", device_command_begin, "list PERSON | revoke DEVICE",
     "the devices of a person, and what a revoked one can still read", 0, NULL, false},
    {"import", import_command_begin,
     "PEOPLE TIES\n"
     "       PEOPLE and TIES are CSV, TSV or semicolon-separated, in UTF-8. The first\n"
     "       line of PEOPLE names the columns person_id, name, group; that of TIES\n"
     "       person_a, person_b and, if ties have one, weight. Or tab-separated\n"
     "       numbers: `id group`, and `id id weight`. One bad row, and nothing is\n"
     "       imported: each is told by line and column",
     "bring in people and ties from two CSV or TSV files", COMMAND_FILES_MAX, NULL, false},
    {"stats", stats_command_begin, "[--svg DIRECTORY | --export graphml|gexf|csv FILE]",
     "how the network is connected: figures, pictures, tables", 0, stats_show, false},
    {"suggest", suggest_command_begin,
     "[--introductions N] [--offer]\n"
     "       weftd suggest --coffee\n"
     "       Without --offer: numbers between groups, of all people. With it: to\n"
     "       people who opted in, each told alone; --coffee pairs those who signed up.\n"
     "       Both also come by themselves: introductions_every and coffee_every in\n"
     "       weftd.conf",
     "between which groups introductions would help most; make some", 0, NULL, false},
    {"audit", audit_command_begin,
     "[--last N]\n"
     "       The newest 100, or N: number, when, who, what, to whom or what, how many.\n"
     "       Who is a person's id, or - for this console, the server itself, and\n"
     "       anybody in a confidential channel",
     "what was done by admins, facilitators and here: ids, no names", 0, NULL, false},
    {"backup", backup_command_begin, "FOLDER",
     "copy database and files into a new folder, also while it runs", 0, NULL, true},
};

const size_t command_count = sizeof commands / sizeof *commands;

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

void command_init(struct command_call *call,
                  const struct command *command,
                  struct app *app,
                  int argc,
                  const char **argv)
{
    *call = (struct command_call){
        .app = app,
        .command = command,
        .argc = argc,
        .argv = argv,
        .out = BUFFER_INIT(COMMAND_OUTPUT_MAX),
        .err = BUFFER_INIT(COMMAND_OUTPUT_MAX),
        .arena = ARENA_INIT(CALL_ARENA_MAX),
    };
}

void command_clear(struct command_call *call)
{
    buffer_clear(&call->out);
    buffer_clear(&call->err);
    arena_clear(&call->arena);
}

static void print(struct command_call *call, struct buffer *to, const char *format, va_list values)
{
    char *text = NULL;
    int len = vasprintf(&text, format, values);
    if (len < 0 || buffer_append(to, span_of(text, (size_t)len)) != STATUS_OK)
        call->incomplete = true;
    if (len >= 0)
        free(text);
}

void command_progress(struct command_call *call, enum progress_step step, int percent)
{
    if (call->progress != NULL)
        call->progress(call, step, percent);
}

void command_print(struct command_call *call, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print(call, &call->out, format, arguments);
    va_end(arguments);
}

void command_complain(struct command_call *call, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print(call, &call->err, format, arguments);
    va_end(arguments);
}

void command_print_json(struct command_call *call, json_t *object)
{
    char *text = dump_json(object, JSON_COMPACT);
    json_decref(object);
    if (text != NULL)
        command_print(call, "%s\n", text);
    else
        call->incomplete = true;
    free(text);
}

const char *command_clean(struct command_call *call, struct span text)
{
    void *taken = NULL;
    if (!utf8_is_valid(text) || arena_take(&call->arena, text.len + 1, 1, &taken) != STATUS_OK)
        return "";
    char *clean = taken;
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t point = 0;
        size_t step = utf8_decode(span_of(text.ptr + at, text.len - at), &point);
        if (!utf8_is_unsafe(point)) {
            memcpy(clean + len, text.ptr + at, step);
            len += step;
        }
        at += step;
    }
    clean[len] = '\0';
    return clean;
}

json_t *command_json_text(struct span text)
{
    return json_stringn(text.len == 0 ? "" : (const char *)text.ptr, text.len);
}

void command_time(int64_t time_ms, char text[COMMAND_TIME_SIZE])
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) == NULL ||
        strftime(text, COMMAND_TIME_SIZE, "%F %H:%M UTC", &utc) == 0)
        text[0] = '\0';
}

json_t *command_json_id(const struct id *id)
{
    char text[ID_TEXT_SIZE];
    id_text(id, text);
    return id_is_none(id) ? json_null() : json_string(text);
}

/* What somebody has not got all of did not go well. */
static void finish(struct command_call *call, int exit_code)
{
    if (call->incomplete && exit_code == EXIT_CODE_OK) {
        command_complain(call, "weftd: it was done, but what it has to say is not all here: it is "
                               "too long, or memory ended\n");
        exit_code = EXIT_CODE_INTERNAL;
    }
    call->exit_code = exit_code;
    call->finished(call);
}

void command_finish(struct command_call *call, enum status status, const char *what)
{
    if (status != STATUS_OK && what != NULL)
        command_complain(call, "weftd: %s: %s\n", what, status_text(status));
    else if (status != STATUS_OK)
        command_complain(call, "weftd: %s\n", status_text(status));
    finish(call, exit_code_of(status));
}

void command_fail(struct command_call *call, enum status status)
{
    finish(call, exit_code_of(status));
}

void command_usage(struct command_call *call)
{
    command_complain(call, "usage: weftd %s %s\n", call->command->name, call->command->usage);
    command_misused(call);
}

void command_misused(struct command_call *call)
{
    finish(call, EXIT_CODE_USAGE);
}

const char *command_take_option(struct command_call *call, const char *name, bool *wrong)
{
    const char *value = NULL;
    for (int i = 0; i < call->argc;) {
        if (strcmp(call->argv[i], name) != 0) {
            i++;
            continue;
        }
        if (i + 1 == call->argc || value != NULL) {
            *wrong = true;
            return NULL;
        }
        value = call->argv[i + 1];
        for (int k = i + 2; k < call->argc; k++)
            call->argv[k - 2] = call->argv[k];
        call->argc -= 2;
    }
    return value;
}

bool command_number(const char *text, uint32_t most, uint32_t *number)
{
    char *end = NULL;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || value < 1 || value > most)
        return false;
    *number = (uint32_t)value;
    return true;
}

enum status command_take_state(struct command_call *call, size_t size, void **state)
{
    TRY(arena_take(&call->arena, 1, size, state));
    call->state = *state;
    return STATUS_OK;
}
