/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/program.h"

#include "client-cli/commands/command.h"
#include "client-cli/commands/exit_code.h"
#include "client-cli/commands/help.h"
#include "client-cli/commands/profile.h"
#include "client-cli/commands/saying.h"
#include "client-cli/commands/table.h"
#include "client-cli/commands/terminal.h"
#include "protocol/base/limits.h"
#include "protocol/crypto/random_system.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PASSPHRASE_BYTES_MAX 1024

/* A command that only looks something up holds the vault for some milliseconds: others wait. */
#define LOCK_WAIT_MS 15000
#define LOCK_STEP_MS 40

/* What does not depend on where a command runs. */
struct call {
    const struct command *command;
    struct arguments arguments;
    const char **words; /* argv in the order that `arguments` lends from */
    struct out *out;
    bool done; /* help was shown, or the command line is wrong */
    enum status status;
};

static void call_clear(struct call *call)
{
    arguments_clear(&call->arguments);
    free(call->words);
    out_free(&call->out);
}

static bool has_word(int argc, const char *const *argv, const char *word)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], word) == 0)
            return true;
    return false;
}

/* ---- options in front of the command ---- */

/* How many arguments in front are options that every command takes; STATUS_USAGE at another, which
 * is then argv[*count]. */
static enum status count_front(int argc, const char *const *argv, int *count)
{
    int at = 0;
    while (at < argc && argv[at][0] == '-') {
        bool joined = strncmp(argv[at], "--profile=", strlen("--profile=")) == 0;
        bool alone = strcmp(argv[at], "--json") == 0 || strcmp(argv[at], "--help") == 0;
        bool pair = strcmp(argv[at], "--profile") == 0 && at + 1 < argc;
        *count = at;
        if (!joined && !alone && !pair)
            return STATUS_USAGE;
        at += pair ? 2 : 1;
    }
    *count = at;
    return STATUS_OK;
}

/* The command line with the options of the front after the command's name, where the others are.
 * The list is the caller's to free. */
static const char **move_front(int argc, const char *const *argv, int front, int words)
{
    const char **moved = calloc((size_t)argc + 1, sizeof *moved);
    if (moved == NULL)
        return NULL;
    memcpy(moved, argv + front, (size_t)words * sizeof *moved);
    memcpy(moved + words, argv, (size_t)front * sizeof *moved);
    memcpy(moved + words + front, argv + front + words,
           (size_t)(argc - front - words) * sizeof *moved);
    return moved;
}

/* ---- reading the command line ---- */

static void say_wrong(struct call *call, const char *before, const char *what, const char *after)
{
    char text[200];
    snprintf(text, sizeof text, "%s%s%s", before, what, after);
    out_error(call->out, STATUS_USAGE, text);
    call->status = STATUS_USAGE;
    call->done = true;
}

static void show_version(struct call *call)
{
    out_line(call->out, "weft %s", WEFT_VERSION);
    if (out_is_json(call->out))
        out_record(call->out, json_pack("{s:s, s:s}", "type", "version", "version", WEFT_VERSION));
    call->done = true;
}

/* A command line that names no command: all of them, those of a noun, or what is wrong. */
static void show_help(struct call *call, int argc, const char *const *argv)
{
    int words = 0;
    const char *noun = argc == 0 ? NULL : table_noun(argc, argv, &words);
    call->done = true;
    if (argc == 0) {
        help_show_all(call->out);
    } else if (noun == NULL) {
        say_wrong(call, "there is no command \"", argv[0], "\"; weft help lists them all");
    } else {
        help_show_noun(call->out, noun);
        if (argc > words && argv[words][0] != '-')
            say_wrong(call, "there is no such command of weft ", noun, "");
    }
}

static enum status
read_flags(struct call *call, int argc, const char *const *argv, int front, int words)
{
    call->words = move_front(argc, argv, front, words);
    if (call->words == NULL)
        return STATUS_NO_MEMORY;
    enum status status = arguments_parse(call->command->flags, command_common_flags, argc - words,
                                         call->words + words, &call->arguments);
    if (status == STATUS_USAGE) {
        say_wrong(call, call->arguments.problem, "", "");
        return STATUS_OK;
    }
    if (status == STATUS_OK && arguments_has(&call->arguments, "help")) {
        help_show_command(call->out, call->command);
        call->done = true;
    }
    return status;
}

static enum status read_command_line(
    int argc, const char *const *argv, const struct out_sink *sink, bool colour, struct call *call)
{
    struct out_options options = {.json = has_word(argc, argv, "--json"), .colour = colour};
    int front = 0;
    int words = 0;
    *call = (struct call){0};
    TRY(out_new(sink, &options, &call->out));
    if (argc != 0 && strcmp(argv[0], "--version") == 0) {
        show_version(call);
        return STATUS_OK;
    }
    if (count_front(argc, argv, &front) != STATUS_OK) {
        say_wrong(call, "there is no option ", argv[front], " for all commands; weft help");
        return STATUS_OK;
    }
    call->command = table_find(argc - front, argv + front, &words);
    if (call->command == NULL) {
        show_help(call, argc - front, argv + front);
        return STATUS_OK;
    }
    return read_flags(call, argc, argv, front, words);
}

/* Reads the command line. Whatever is wrong with it has been said when `done` is set; only memory
 * fails otherwise, and says nothing itself. */
static enum status call_read(
    int argc, const char *const *argv, const struct out_sink *sink, bool colour, struct call *call)
{
    enum status status = read_command_line(argc, argv, sink, colour, call);
    if (status != STATUS_OK)
        *sink->incomplete = true;
    return status;
}

static enum status run_call(struct call *call,
                            struct engine *engine,
                            const char *profile_directory,
                            const char *working_directory,
                            struct span input)
{
    struct invocation invocation = {
        .command = call->command,
        .arguments = call->arguments, /* lent: call_clear frees the lists */
        .out = call->out,
        .engine = engine,
        .profile_directory = profile_directory,
        .working_directory = working_directory,
        .input = input,
    };
    return command_run(&invocation);
}

/* What people and programs have not got all of did not go well. */
static int end_call(const struct out_sink *sink, int exit_code)
{
    if (!*sink->incomplete)
        return exit_code;
    sink->write(sink->context, OUT_ERROR | OUT_PROSE,
                SPAN_LITERAL("weft: what this command has to say could not all be written: is the "
                             "disk full, or the memory?\n"));
    return exit_code == EXIT_CODE_OK ? EXIT_CODE_INTERNAL : exit_code;
}

int program_run_for_other(struct engine *engine,
                          const char *profile_directory,
                          const struct relay_request *request,
                          const struct out_sink *sink)
{
    CLEANUP(call_clear) struct call call;
    enum status status = call_read(request->argc, request->argv, sink, request->colour, &call);
    if (status == STATUS_OK && call.done)
        status = call.status;
    else if (status == STATUS_OK && (call.command->traits & (COMMAND_STAYS | COMMAND_ASKS)) != 0)
        status = STATUS_LOCKED;
    else if (status == STATUS_OK)
        status =
            run_call(&call, engine, profile_directory, request->working_directory, request->input);
    return end_call(sink, (int)exit_code_of(status));
}

/* ---- in this process ---- */

static void pause_ms(long milliseconds)
{
    struct timespec time = {.tv_sec = milliseconds / 1000,
                            .tv_nsec = milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static const char *open_problem(enum status status)
{
    switch ((int)status) {
    case STATUS_NOT_FOUND:
        return "this profile has not joined a community yet: weft join LINK";
    case STATUS_UNAUTHENTICATED:
        return "that is not this profile's passphrase";
    case STATUS_CANCELLED:
        return "this profile needs its passphrase";
    case STATUS_NOT_DECRYPTED:
        return "the vault does not open: its key file is another one's";
    case STATUS_CORRUPT:
        return "the vault is damaged and cannot be read. Keep its folder as it is; to go on, move "
               "it away and join again with a new invite";
    default:
        return status_text(status);
    }
}

/* What this process knows of where it runs. */
struct surroundings {
    struct profile profile;
    char working_directory[PATH_MAX];
    struct buffer input;
    struct buffer passphrase; /* asked for once, when it is needed */
};

static enum status open_engine(struct surroundings *here, struct engine **engine, pid_t *holder)
{
    bool guarded = vault_needs_passphrase(here->profile.directory);
    if (guarded && here->passphrase.len == 0)
        TRY(terminal_ask_secret("The passphrase of this profile:", &here->passphrase));
    struct engine_options options = {.directory = here->profile.directory,
                                     .passphrase = buffer_span(&here->passphrase),
                                     .random = random_system()};
    enum status status = engine_open(&options, engine, holder);
    return guarded && status == STATUS_NOT_DECRYPTED ? STATUS_UNAUTHENTICATED : status;
}

static enum status refuse_second(struct call *call, pid_t holder)
{
    char text[160];
    snprintf(text, sizeof text,
             "this profile is in use by process %ld. Stop it first, or take another profile",
             (long)holder);
    out_error(call->out, STATUS_LOCKED, text);
    return STATUS_LOCKED;
}

/* What was begun elsewhere is not begun again here. */
static enum status explain_asked(struct call *call, enum status asked)
{
    if (asked == STATUS_LIMIT)
        out_error(call->out, asked, saying_too_long());
    else if (asked != STATUS_OK)
        out_error(call->out, asked,
                  "the process that holds this profile ended in the middle; look "
                  "with weft read whether it was done");
    return asked;
}

/* Opens the engine, waiting for one that is in use for a moment; or has the command run by the
 * process that keeps it. */
static enum status open_or_ask(struct call *call,
                               struct surroundings *here,
                               const struct out_sink *sink,
                               int argc,
                               const char *const *argv,
                               struct engine **engine,
                               int *exit_code)
{
    struct relay_request request = {.argc = argc,
                                    .argv = argv,
                                    .working_directory = here->working_directory,
                                    .input = buffer_span(&here->input),
                                    .colour = terminal_has_colour()};
    bool here_only = (call->command->traits & (COMMAND_STAYS | COMMAND_ASKS)) != 0;
    pid_t holder = 0;
    enum status status = STATUS_LOCKED;
    for (int waited = 0; status == STATUS_LOCKED && waited < LOCK_WAIT_MS; waited += LOCK_STEP_MS) {
        /* First, so that nobody is asked for a passphrase that another process has. */
        enum status asked = STATUS_NOT_FOUND;
        if (!here_only)
            asked = relay_ask(here->profile.directory, &request, sink, exit_code);
        if (asked != STATUS_NOT_FOUND)
            return explain_asked(call, asked);
        status = open_engine(here, engine, &holder);
        if (status != STATUS_LOCKED)
            break;
        if (here_only && relay_is_there(here->profile.directory))
            return refuse_second(call, holder);
        pause_ms(LOCK_STEP_MS);
    }
    if (status == STATUS_LOCKED)
        return refuse_second(call, holder);
    if (status != STATUS_OK)
        out_error(call->out, status, open_problem(status));
    return status;
}

/* The standard input, for a command with an argument "-": a text to say. */
static enum status read_input(const struct arguments *arguments, struct buffer *input)
{
    bool wanted = false;
    for (size_t i = 0; i < arguments->positional_count; i++)
        wanted = wanted || strcmp(arguments->positional[i], "-") == 0;
    uint8_t bytes[4096];
    ssize_t count = 1;
    while (wanted && count > 0) {
        count = read(STDIN_FILENO, bytes, sizeof bytes);
        if (count > 0)
            TRY(buffer_append(input, span_of(bytes, (size_t)count)));
    }
    return count < 0 ? STATUS_IO : STATUS_OK;
}

static enum status run_here(struct call *call,
                            struct surroundings *here,
                            const struct out_sink *sink,
                            int argc,
                            const char *const *argv,
                            int *code)
{
    if (call->command->needs == COMMAND_NEEDS_NOTHING)
        return run_call(call, NULL, here->profile.directory, here->working_directory,
                        buffer_span(&here->input));
    struct engine *engine = NULL;
    TRY(open_or_ask(call, here, sink, argc, argv, &engine, code));
    if (engine == NULL)
        return STATUS_OK; /* the other process ran it */
    enum status status = STATUS_NOT_FOUND;
    if (engine->account.joined == 0)
        out_error(call->out, status, open_problem(status));
    else
        status = run_call(call, engine, here->profile.directory, here->working_directory,
                          buffer_span(&here->input));
    engine_close(&engine);
    return status;
}

static enum status look_around(struct call *call, struct surroundings *here)
{
    enum status status = profile_open(arguments_value(&call->arguments, "profile"), &here->profile);
    if (status == STATUS_OK && getcwd(here->working_directory, PATH_MAX) == NULL)
        status = STATUS_IO;
    if (status == STATUS_DENIED)
        out_error(call->out, status,
                  "the profile's folder is open to others or not yours: chmod 700 it");
    else if (status != STATUS_OK)
        out_error(call->out, status, "the profile's folder cannot be used");
    TRY(status);
    status = read_input(&call->arguments, &here->input);
    if (status == STATUS_LIMIT)
        out_error(call->out, status, saying_too_long());
    else if (status != STATUS_OK)
        out_error(call->out, status, "the standard input cannot be read");
    return status;
}

static void surroundings_clear(struct surroundings *here)
{
    buffer_clear(&here->input);
    buffer_clear(&here->passphrase);
}

int program_main(int argc, const char *const *argv)
{
    bool incomplete = false;
    struct out_sink sink = out_sink_terminal(&incomplete);
    CLEANUP(call_clear) struct call call;
    CLEANUP(surroundings_clear)
    struct surroundings here = {.input = BUFFER_INIT(4 * LIMIT_TEXT_BYTES),
                                .passphrase = BUFFER_INIT(PASSPHRASE_BYTES_MAX)};
    int exit_code = 0;
    enum status status = call_read(argc, argv, &sink, terminal_has_colour(), &call);
    if (status == STATUS_OK && call.done)
        return end_call(&sink, (int)exit_code_of(call.status));
    if (status == STATUS_OK)
        status = look_around(&call, &here);
    if (status == STATUS_OK)
        status = run_here(&call, &here, &sink, argc, argv, &exit_code);
    return end_call(&sink, status == STATUS_OK ? exit_code : (int)exit_code_of(status));
}
