/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/admin_client.h"
#include "server/command/admin_message.h"
#include "server/command/local.h"

#include <stdio.h>
#include <unistd.h>

struct remote_files {
    struct buffer bytes[COMMAND_FILES_MAX];
    struct span spans[COMMAND_FILES_MAX];
    size_t count;
};

static void clear_files(struct remote_files *files)
{
    for (size_t i = 0; i < COMMAND_FILES_MAX; i++)
        buffer_clear(&files->bytes[i]);
}

static int
read_files(const struct command *command, int argc, const char **argv, struct remote_files *files)
{
    files->count = (size_t)command->files;
    if (argc < command->files)
        return EXIT_CODE_OK; /* the command itself tells its usage */
    for (size_t i = 0; i < files->count; i++) {
        const char *path = argv[argc - command->files + (int)i];
        buffer_init(&files->bytes[i], ADMIN_FILE_MAX);
        enum status status = admin_message_read_file(path, &files->bytes[i]);
        if (status != STATUS_OK) {
            if (status == STATUS_LIMIT)
                fprintf(stderr,
                        "weftd: %s: larger than %u MiB, the most that an import takes: "
                        "shorten ids, or leave out weak ties\n",
                        path, ADMIN_FILE_MAX >> 20);
            else
                fprintf(stderr, "weftd: %s: %s\n", path, status_text(status));
            return exit_code_of(status);
        }
        files->spans[i] = buffer_span(&files->bytes[i]);
    }
    return EXIT_CODE_OK;
}

static void on_finished(struct command_call *call)
{
    struct admin_answer *answer = call->context;
    answer->exit_code = call->exit_code;
    struct buffer out = answer->out, err = answer->err;
    answer->out = call->out;
    answer->err = call->err;
    call->out = out;
    call->err = err;
}

static void show_progress(struct command_call *call, enum progress_step step, int percent)
{
    (void)call;
    progress_show(step, percent);
}

static enum status run_in_place(const struct app_place *place,
                                const struct command *command,
                                bool json,
                                int argc,
                                const char **argv,
                                const struct remote_files *files,
                                struct admin_answer *answer)
{
    struct app app;
    struct app_problem problem;
    enum status status = app_open(place, &app, &problem);
    if (status != STATUS_OK) {
        answer->exit_code = exit_code_of(status);
        TRY(buffer_append(&answer->err, SPAN_LITERAL("weftd: ")));
        TRY(buffer_append(&answer->err, span_from_text(problem.text)));
        return buffer_append(&answer->err, SPAN_LITERAL("\n"));
    }
    struct command_call call;
    command_init(&call, command, &app, argc, argv);
    call.json = json;
    call.context = answer;
    call.finished = on_finished;
    if (progress_is_wanted()) {
        call.progress = show_progress;
        if (app.journal.lowest == JOURNAL_INFO)
            app.journal.lowest = JOURNAL_WARNING; /* it has the same terminal */
    }
    for (size_t i = 0; i < files->count; i++)
        call.files[i] = files->spans[i];
    command->begin(&call);
    command_clear(&call);
    app_close(&app);
    return STATUS_OK;
}

/* The last argument, as a path that means the same in the server's folder. */
static enum status make_absolute(int argc, const char **argv, char absolute[APP_PATH_MAX])
{
    char folder[APP_PATH_MAX];
    if (argc == 0 || argv[argc - 1][0] == '/')
        return STATUS_OK;
    if (getcwd(folder, sizeof folder) == NULL)
        return STATUS_IO;
    int len = snprintf(absolute, APP_PATH_MAX, "%s/%s", folder, argv[argc - 1]);
    if (len >= APP_PATH_MAX)
        return STATUS_LIMIT;
    argv[argc - 1] = absolute;
    return STATUS_OK;
}

static enum status send_to_server(const struct app_place *place,
                                  const char *name,
                                  bool json,
                                  int argc,
                                  const char **argv,
                                  const struct remote_files *files,
                                  struct admin_answer *answer)
{
    const char *all[COMMAND_ARGUMENTS_MAX] = {name};
    char path[APP_PATH_MAX];
    if (argc + 1 > COMMAND_ARGUMENTS_MAX)
        return STATUS_USAGE;
    for (int i = 0; i < argc; i++)
        all[i + 1] = argv[i];
    CLEANUP(buffer_clear) struct buffer line = BUFFER_INIT(ADMIN_LINE_MAX);
    struct admin_request request = {.argc = argc + 1,
                                    .argv = all,
                                    .json = json,
                                    .progress = progress_is_wanted(),
                                    .files = files->spans,
                                    .file_count = files->count};
    TRY(admin_message_write(&request, &line));
    TRY(app_path(place, ADMIN_SOCKET_NAME, path));
    return admin_client_run(path, buffer_span(&line), progress_show_text, answer);
}

/* In the running server or in place; what cannot be asked at all is told. */
static void ask(const struct app_place *place,
                const struct command *command,
                bool json,
                int argc,
                const char **argv,
                const struct remote_files *files,
                struct admin_answer *answer)
{
    enum status status = send_to_server(place, command->name, json, argc, argv, files, answer);
    if (status == STATUS_NOT_FOUND)
        status = run_in_place(place, command, json, argc, argv, files, answer);
    progress_show(PROGRESS_NONE, -1);
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "weftd: the running server did not answer: %s\n", status_text(status));
    answer->exit_code = exit_code_of(status);
}

static void write_out(const struct buffer *bytes, FILE *stream)
{
    if (bytes->len > 0)
        fwrite(bytes->ptr, 1, bytes->len, stream);
}

int remote_run(
    const struct app_place *place, const char *name, bool json, int argc, const char **argv)
{
    const struct command *command = command_find(name);
    CLEANUP(clear_files) struct remote_files files = {0};
    CLEANUP(admin_answer_clear) struct admin_answer answer;
    admin_answer_init(&answer);
    int exit_code = read_files(command, argc, argv, &files);
    if (exit_code != EXIT_CODE_OK)
        return exit_code;
    char absolute[APP_PATH_MAX];
    enum status status = command->writes ? make_absolute(argc, argv, absolute) : STATUS_OK;
    if (status != STATUS_OK) {
        fprintf(stderr, "weftd: %s: %s\n", argv[argc - 1], status_text(status));
        return exit_code_of(status);
    }
    if (files.count > 0)
        progress_show(PROGRESS_READ, -1);
    ask(place, command, json, argc, argv, &files, &answer);
    write_out(&answer.out, stdout);
    write_out(&answer.err, stderr);
    return answer.exit_code;
}

int remote_collect(const struct app_place *place, const char *name, struct buffer *printed)
{
    static const struct remote_files none = {0};
    CLEANUP(admin_answer_clear) struct admin_answer answer;
    admin_answer_init(&answer);
    ask(place, command_find(name), true, 0, NULL, &none, &answer);
    write_out(&answer.err, stderr);
    if (answer.exit_code == EXIT_CODE_OK &&
        buffer_append(printed, buffer_span(&answer.out)) != STATUS_OK)
        return EXIT_CODE_INTERNAL;
    return answer.exit_code;
}
