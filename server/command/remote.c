/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/admin_client.h"
#include "server/command/admin_message.h"
#include "server/command/local.h"

#include <stdio.h>

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
            fprintf(stderr, "weftd: %s: %s\n", path, status_text(status));
            return exit_code_of(status);
        }
        files->spans[i] = buffer_span(&files->bytes[i]);
    }
    return EXIT_CODE_OK;
}

static void write_out(const struct buffer *bytes, FILE *stream)
{
    if (bytes->len > 0)
        fwrite(bytes->ptr, 1, bytes->len, stream);
}

static void on_finished(struct command_call *call)
{
    write_out(&call->out, stdout);
    write_out(&call->err, stderr);
}

static int run_in_place(const struct app_place *place,
                        const struct command *command,
                        bool json,
                        int argc,
                        const char **argv,
                        const struct remote_files *files)
{
    struct app app;
    struct app_problem problem;
    enum status status = app_open(place, &app, &problem);
    if (status != STATUS_OK) {
        fprintf(stderr, "weftd: %s\n", problem.text);
        return exit_code_of(status);
    }
    struct command_call call;
    command_init(&call, command, &app, argc, argv);
    call.json = json;
    call.finished = on_finished;
    for (size_t i = 0; i < files->count; i++)
        call.files[i] = files->spans[i];
    command->begin(&call);
    int exit_code = call.exit_code;
    command_clear(&call);
    app_close(&app);
    return exit_code;
}

static enum status send_to_server(const struct app_place *place,
                                  const char *name,
                                  bool json,
                                  int argc,
                                  const char **argv,
                                  const struct remote_files *files,
                                  int *exit_code)
{
    const char *all[COMMAND_ARGUMENTS_MAX] = {name};
    char path[APP_PATH_MAX];
    if (argc + 1 > COMMAND_ARGUMENTS_MAX)
        return STATUS_USAGE;
    for (int i = 0; i < argc; i++)
        all[i + 1] = argv[i];
    CLEANUP(buffer_clear) struct buffer line = BUFFER_INIT(ADMIN_LINE_MAX);
    TRY(admin_message_write(argc + 1, all, json, files->spans, files->count, &line));
    TRY(app_path(place, ADMIN_SOCKET_NAME, path));
    return admin_client_run(path, buffer_span(&line), exit_code);
}

int remote_run(
    const struct app_place *place, const char *name, bool json, int argc, const char **argv)
{
    const struct command *command = command_find(name);
    CLEANUP(clear_files) struct remote_files files = {0};
    int exit_code = read_files(command, argc, argv, &files);
    if (exit_code != EXIT_CODE_OK)
        return exit_code;
    enum status status = send_to_server(place, name, json, argc, argv, &files, &exit_code);
    if (status == STATUS_NOT_FOUND)
        return run_in_place(place, command, json, argc, argv, &files);
    if (status != STATUS_OK) {
        fprintf(stderr, "weftd: the running server did not answer: %s\n", status_text(status));
        return exit_code_of(status);
    }
    return exit_code;
}
