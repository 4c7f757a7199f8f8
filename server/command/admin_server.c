/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/admin_server.h"

#include "protocol/json/dump.h"
#include "server/command/admin_message.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#define READ_BYTES 65536

/* libuv hands over no other connection until one is accepted for which there was no memory. */
#define ACCEPT_AGAIN_MS 100

struct admin_server {
    struct app *app;
    struct uv_loop_s *loop;
    uv_pipe_t pipe;
    uv_timer_t again; /* a connection waits for memory */
    char path[APP_PATH_MAX];
    size_t open; /* handles, ours and the connections' */
    struct admin_connection *connections;
};

/* One connection: one line, one command, one answer. */
struct admin_connection {
    struct admin_server *server;
    struct admin_connection *next;
    uv_pipe_t pipe;
    /* How far the command is: written on its thread, told on the loop. */
    uv_async_t wake;
    bool watched; /* `wake` is open */
    atomic_int step;
    atomic_int percent;
    uv_write_t telling;
    char told[PROGRESS_TEXT_SIZE + 32];
    struct buffer line;
    uint8_t piece[READ_BYTES];
    struct command_call call;
    const char *argv[COMMAND_ARGUMENTS_MAX];
    json_t *message; /* lends the arguments */
    uint8_t *files[COMMAND_FILES_MAX];
    uv_write_t write;
    char *answer;
    bool began;
};

static void release(struct admin_connection *connection)
{
    struct admin_connection **at = &connection->server->connections;
    while (*at != connection)
        at = &(*at)->next;
    *at = connection->next;
    connection->server->open--;
    if (connection->began)
        command_clear(&connection->call);
    for (size_t i = 0; i < COMMAND_FILES_MAX; i++)
        free(connection->files[i]);
    json_decref(connection->message);
    buffer_clear(&connection->line);
    free(connection->answer);
    free(connection);
}

static void on_wake_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void on_connection_closed(uv_handle_t *handle)
{
    struct admin_connection *connection = handle->data;
    if (connection->watched)
        uv_close((uv_handle_t *)&connection->wake, on_wake_closed);
    else
        release(connection);
}

static void close_connection(struct admin_connection *connection)
{
    if (!uv_is_closing((uv_handle_t *)&connection->pipe))
        uv_close((uv_handle_t *)&connection->pipe, on_connection_closed);
}

static void on_written(uv_write_t *write, int result)
{
    (void)result; /* whoever asked may have gone */
    close_connection(write->data);
}

static void
answer(struct admin_connection *connection, int exit_code, struct span out, struct span err)
{
    json_t *object = json_pack("{s:i, s:o, s:o}", "exit", exit_code, "stdout",
                               command_json_text(out), "stderr", command_json_text(err));
    connection->answer = dump_json(object, JSON_COMPACT);
    json_decref(object);
    if (connection->answer == NULL) {
        close_connection(connection);
        return;
    }
    uv_buf_t bytes = uv_buf_init(connection->answer, (unsigned)strlen(connection->answer));
    connection->write.data = connection;
    if (uv_write(&connection->write, (uv_stream_t *)&connection->pipe, &bytes, 1, on_written) != 0)
        close_connection(connection);
}

static void on_finished(struct command_call *call)
{
    answer(call->context, call->exit_code, buffer_span(&call->out), buffer_span(&call->err));
}

/* ---- how far it is ---- */

static void on_told(uv_write_t *telling, int result)
{
    (void)telling;
    (void)result; /* whoever asked may have gone: the command goes on */
}

/* One line at a time: what comes while one is on its way is told with the next. */
static void on_wake(uv_async_t *wake)
{
    struct admin_connection *connection = wake->data;
    uv_stream_t *stream = (uv_stream_t *)&connection->pipe;
    char text[PROGRESS_TEXT_SIZE];
    if (connection->answer != NULL || uv_is_closing((uv_handle_t *)stream) ||
        uv_stream_get_write_queue_size(stream) != 0)
        return;
    progress_text((enum progress_step)atomic_load(&connection->step),
                  atomic_load(&connection->percent), text);
    int len = snprintf(connection->told, sizeof connection->told, "{\"progress\": \"%s\"}\n", text);
    uv_buf_t bytes = uv_buf_init(connection->told, (unsigned)len);
    int failed = uv_write(&connection->telling, stream, &bytes, 1, on_told);
    (void)failed; /* as in on_told */
}

static void on_progress(struct command_call *call, enum progress_step step, int percent)
{
    struct admin_connection *connection = call->context;
    atomic_store(&connection->step, (int)step);
    atomic_store(&connection->percent, percent);
    uv_async_send(&connection->wake);
}

/* Without it the command runs all the same, and nobody sees how far it is. */
static void watch(struct admin_connection *connection)
{
    if (uv_async_init(connection->server->loop, &connection->wake, on_wake) != 0)
        return;
    connection->wake.data = connection;
    connection->watched = true;
    connection->call.progress = on_progress;
}

static void refuse(struct admin_connection *connection, const char *text)
{
    answer(connection, EXIT_CODE_USAGE, SPAN_EMPTY, span_from_text(text));
}

static bool read_files(struct admin_connection *connection)
{
    const json_t *files = json_object_get(connection->message, "files");
    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *text = json_array_get(files, i);
        if (i == COMMAND_FILES_MAX || !json_is_string(text))
            return false;
        size_t size = json_string_length(text) / 4 * 3 + 3;
        size_t len = 0;
        connection->files[i] = malloc(size);
        if (connection->files[i] == NULL ||
            sodium_base642bin(connection->files[i], size, json_string_value(text),
                              json_string_length(text), NULL, &len, NULL,
                              sodium_base64_VARIANT_ORIGINAL) != 0)
            return false;
        connection->call.files[i] = span_of(connection->files[i], len);
    }
    return true;
}

static int read_arguments(struct admin_connection *connection)
{
    const json_t *arguments = json_object_get(connection->message, "argv");
    size_t count = json_array_size(arguments);
    if (count == 0 || count > COMMAND_ARGUMENTS_MAX)
        return 0;
    for (size_t i = 0; i < count; i++) {
        connection->argv[i] = json_string_value(json_array_get(arguments, i));
        if (connection->argv[i] == NULL)
            return 0;
    }
    return (int)count;
}

static void run_line(struct admin_connection *connection)
{
    connection->message = json_loadb((const char *)connection->line.ptr, connection->line.len,
                                     JSON_REJECT_DUPLICATES, NULL);
    if (connection->message == NULL) { /* jansson does not always say that it was for memory */
        answer(connection, EXIT_CODE_INTERNAL, SPAN_EMPTY,
               SPAN_LITERAL("weftd: the running server could not read the command: try again\n"));
        return;
    }
    int argc = read_arguments(connection);
    const struct command *command = argc == 0 ? NULL : command_find(connection->argv[0]);
    if (command == NULL) {
        refuse(connection, "weftd: the running server does not know this command\n");
        return;
    }
    struct command_call *call = &connection->call;
    command_init(call, command, connection->server->app, argc - 1, connection->argv + 1);
    connection->began = true;
    call->json = json_is_true(json_object_get(connection->message, "json"));
    call->context = connection;
    call->finished = on_finished;
    if (json_is_true(json_object_get(connection->message, "progress")))
        watch(connection);
    if (read_files(connection))
        command->begin(call);
    else
        refuse(connection, "weftd: the files did not arrive whole\n");
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *bytes)
{
    (void)suggested;
    struct admin_connection *connection = handle->data;
    *bytes = uv_buf_init((char *)connection->piece, READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *bytes)
{
    struct admin_connection *connection = stream->data;
    if (len == 0)
        return;
    struct span piece = len < 0 ? SPAN_EMPTY : span_of(bytes->base, (size_t)len);
    if (len < 0 || buffer_append(&connection->line, piece) != STATUS_OK) {
        close_connection(connection);
        return;
    }
    if (piece.ptr[piece.len - 1] != '\n')
        return;
    uv_read_stop(stream);
    run_line(connection);
}

static void on_connection(uv_stream_t *listener, int result);

static void on_again(uv_timer_t *again)
{
    struct admin_server *server = again->data;
    on_connection((uv_stream_t *)&server->pipe, 0);
}

static void on_connection(uv_stream_t *listener, int result)
{
    struct admin_server *server = listener->data;
    if (result != 0)
        return;
    struct admin_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        uv_timer_start(&server->again, on_again, ACCEPT_AGAIN_MS, 0);
        return;
    }
    connection->server = server;
    buffer_init(&connection->line, ADMIN_LINE_MAX);
    uv_pipe_init(server->loop, &connection->pipe, 0); /* cannot fail */
    connection->pipe.data = connection;
    connection->next = server->connections;
    server->connections = connection;
    server->open++;
    bool reading = uv_accept(listener, (uv_stream_t *)&connection->pipe) == 0 &&
                   uv_read_start((uv_stream_t *)&connection->pipe, on_allocate, on_read) == 0;
    if (!reading)
        close_connection(connection);
}

enum status admin_server_open(struct uv_loop_s *loop,
                              struct app *app,
                              const char *socket_path,
                              struct admin_server **server)
{
    struct admin_server *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return STATUS_NO_MEMORY;
    opened->app = app;
    opened->loop = loop;
    size_t len = strlen(socket_path);
    if (len >= sizeof opened->path || uv_pipe_init(loop, &opened->pipe, 0) != 0) {
        free(opened);
        return STATUS_LIMIT;
    }
    memcpy(opened->path, socket_path, len);
    uv_timer_init(loop, &opened->again);
    opened->pipe.data = opened->again.data = opened;
    opened->open = 2;
    unlink(socket_path);
    mode_t before = umask(0177); /* so that the socket is never open to others */
    int bound = uv_pipe_bind(&opened->pipe, socket_path);
    umask(before);
    if (bound != 0 || uv_listen((uv_stream_t *)&opened->pipe, 16, on_connection) != 0) {
        admin_server_stop(opened);
        while (!admin_server_is_idle(opened))
            uv_run(loop, UV_RUN_ONCE);
        admin_server_free(&opened);
        return bound == UV_ENAMETOOLONG ? STATUS_LIMIT : STATUS_IO;
    }
    *server = opened;
    return STATUS_OK;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct admin_server *server = handle->data;
    server->open--;
}

void admin_server_stop(struct admin_server *server)
{
    if (uv_is_closing((uv_handle_t *)&server->pipe))
        return;
    unlink(server->path);
    uv_close((uv_handle_t *)&server->pipe, on_handle_closed);
    uv_close((uv_handle_t *)&server->again, on_handle_closed);
    for (struct admin_connection *c = server->connections; c != NULL; c = c->next) {
        if (c->message == NULL) /* nothing has been asked on it, and nothing may be any more */
            close_connection(c);
    }
}

bool admin_server_is_idle(const struct admin_server *server)
{
    return server->open == 0;
}

void admin_server_free(struct admin_server **server)
{
    free(*server);
    *server = NULL;
}
