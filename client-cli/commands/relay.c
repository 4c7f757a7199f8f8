/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/relay.h"

#include "client-cli/commands/arguments.h"
#include "protocol/base/limits.h"
#include "protocol/json/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_NAME "engine.sock"

/* A message of the largest size, as escaped JSON. */
#define REQUEST_BYTES_MAX (8 * LIMIT_TEXT_BYTES)

/* A profile has a few terminals. */
#define CLIENTS_MAX 16

/* libuv hands over no other connection until one is accepted for which there was no memory. */
#define ACCEPT_AGAIN_MS 100

struct client {
    struct client *next;
    struct relay *relay;
    uv_pipe_t pipe;
    struct buffer request;
    bool whole;      /* its request has come to its end */
    bool asked;      /* and waits */
    bool serving;    /* its command runs, and keeps the client */
    bool incomplete; /* it has not got all that its command said */
    bool closing;
    bool closed;
};

struct relay {
    uv_loop_t *loop;
    struct relay_handler handler;
    uv_pipe_t listener;
    uv_timer_t again; /* a connection waits for memory */
    int handles;      /* of these two, that are open */
    struct client *clients;
    size_t client_count;
    int directory; /* by which long paths stay within sockaddr_un */
};

/* The socket's path below an open folder: sockaddr_un has room for 107 bytes only. */
static void socket_path(int directory, char *path, size_t size)
{
    snprintf(path, size, "/proc/self/fd/%d/%s", directory, SOCKET_NAME);
}

/* ---- the holder's side ---- */

static void free_client(struct client *client)
{
    struct client **place = &client->relay->clients;
    while (*place != client)
        place = &(*place)->next;
    *place = client->next;
    client->relay->client_count--;
    buffer_clear(&client->request);
    free(client);
}

/* Its reader may go away while its command runs, which turns the loop and writes to it. */
static void on_client_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    client->closed = true;
    if (!client->serving)
        free_client(client);
}

static void close_client(struct client *client)
{
    if (client->closing)
        return;
    client->closing = true;
    uv_close((uv_handle_t *)&client->pipe, on_client_closed);
}

static void allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)handle;
    buffer->base = malloc(suggested);
    buffer->len = buffer->base == NULL ? 0 : suggested;
}

/* Takes a part of the request; what comes after its end is nothing. */
static enum status take_part(struct client *client, struct span part)
{
    if (client->whole)
        return STATUS_OK;
    TRY(buffer_append(&client->request, part));
    client->whole = memchr(part.ptr, '\n', part.len) != NULL;
    client->asked = client->whole;
    return STATUS_OK;
}

/* Reads on when the request is there: whoever goes away is seen by it. */
static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct client *client = stream->data;
    bool before = client->whole;
    enum status status = count < 0 ? STATUS_IO : STATUS_OK;
    if (count > 0)
        status = take_part(client, span_of(buffer->base, (size_t)count));
    free(buffer->base);
    if (status != STATUS_OK)
        close_client(client);
    else if (client->whole && !before)
        client->relay->handler.wake(client->relay->handler.context);
}

static void on_connection(uv_stream_t *listener, int failed);

static void on_again(uv_timer_t *again)
{
    struct relay *relay = again->data;
    on_connection((uv_stream_t *)&relay->listener, 0);
}

static void on_connection(uv_stream_t *listener, int failed)
{
    struct relay *relay = listener->data;
    if (failed != 0)
        return;
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        uv_timer_start(&relay->again, on_again, ACCEPT_AGAIN_MS, 0);
        return;
    }
    client->relay = relay;
    client->request = BUFFER_INIT(REQUEST_BYTES_MAX);
    uv_pipe_init(relay->loop, &client->pipe, 0);
    client->pipe.data = client;
    client->next = relay->clients;
    relay->clients = client;
    relay->client_count++;
    /* One too many is accepted too: libuv stops listening while a connection waits. */
    if (uv_accept(listener, (uv_stream_t *)&client->pipe) != 0 ||
        relay->client_count > CLIENTS_MAX ||
        uv_read_start((uv_stream_t *)&client->pipe, allocate, on_read) != 0)
        close_client(client);
}

static enum status listen_at(struct relay *relay)
{
    char path[64];
    socket_path(relay->directory, path, sizeof path);
    unlinkat(relay->directory, SOCKET_NAME, 0);
    mode_t mask = umask(0177);
    int failed = uv_pipe_bind(&relay->listener, path);
    umask(mask);
    if (failed == 0)
        failed = uv_listen((uv_stream_t *)&relay->listener, CLIENTS_MAX, on_connection);
    return failed == 0 ? STATUS_OK : STATUS_IO;
}

enum status relay_open(uv_loop_t *loop,
                       const char *profile_directory,
                       const struct relay_handler *handler,
                       struct relay **relay)
{
    struct relay *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->loop = loop;
    fresh->handler = *handler;
    fresh->directory = open(profile_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    uv_pipe_init(loop, &fresh->listener, 0);
    uv_timer_init(loop, &fresh->again);
    fresh->listener.data = fresh->again.data = fresh;
    fresh->handles = 2;
    enum status status = fresh->directory < 0 ? STATUS_IO : listen_at(fresh);
    if (status != STATUS_OK)
        relay_close(&fresh);
    else
        *relay = fresh;
    return status;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct relay *relay = handle->data;
    relay->handles--;
}

void relay_close(struct relay **relay)
{
    struct relay *ending = *relay;
    if (ending == NULL)
        return;
    for (struct client *client = ending->clients; client != NULL; client = client->next)
        close_client(client);
    uv_close((uv_handle_t *)&ending->listener, on_handle_closed);
    uv_close((uv_handle_t *)&ending->again, on_handle_closed);
    while (ending->handles > 0 || ending->clients != NULL)
        uv_run(ending->loop, UV_RUN_ONCE);
    if (ending->directory >= 0) {
        unlinkat(ending->directory, SOCKET_NAME, 0);
        close(ending->directory);
    }
    free(ending);
    *relay = NULL;
}

/* ---- serving one request ---- */

struct write {
    uv_write_t request;
    struct client *client;
    bool last;
    char *text;
};

static void on_written(uv_write_t *request, int failed)
{
    struct write *write = request->data;
    if (failed != 0 || write->last)
        close_client(write->client);
    free(write->text);
    free(write);
}

/* Sends one JSON line; takes the reference. After the `last` one the connection is closed. */
static void send_line(struct client *client, json_t *object, bool last)
{
    char *text = dump_json(object, JSON_COMPACT);
    struct write *write = text == NULL ? NULL : calloc(1, sizeof *write);
    json_decref(object);
    if (write == NULL || client->closing) {
        free(text);
        free(write);
        close_client(client);
        return;
    }
    write->request.data = write;
    write->client = client;
    write->last = last;
    write->text = text;
    size_t length = strlen(text);
    text[length] = '\n'; /* in the place of the end: the length is what counts from here */
    uv_buf_t part = uv_buf_init(text, (unsigned)length + 1);
    if (uv_write(&write->request, (uv_stream_t *)&client->pipe, &part, 1, on_written) != 0)
        on_written(&write->request, -1);
}

static void write_to_client(void *context, unsigned way, struct span bytes)
{
    struct client *client = context;
    if (!client->closing)
        send_line(client, json_pack("{s:o, s:i}", "text", out_json_text(bytes), "way", (int)way),
                  false);
    client->incomplete = client->incomplete || client->closing;
}

/* argv out of a JSON array; the strings stay the array's. */
static const char **read_argv(const json_t *list, int *argc)
{
    size_t count = json_array_size(list);
    const char **argv = count > ARGUMENTS_MAX ? NULL : calloc(count + 1, sizeof *argv);
    for (size_t i = 0; argv != NULL && i < count; i++) {
        argv[i] = json_string_value(json_array_get(list, i));
        if (argv[i] == NULL) {
            free(argv);
            return NULL;
        }
    }
    *argc = (int)count;
    return argv;
}

static void serve_client(struct client *client)
{
    struct relay *relay = client->relay;
    const char *text = (const char *)client->request.ptr;
    json_t *object = json_loadb(text, client->request.len,
                                JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, NULL);
    json_t *list = NULL;
    const char *cwd = NULL;
    const char *input = NULL;
    size_t input_size = 0;
    int colour = 0;
    struct relay_request request = {0};
    const char **argv = NULL;
    if (object != NULL && json_unpack(object, "{s:o, s:s, s:s%, s:b}", "argv", &list, "cwd", &cwd,
                                      "input", &input, &input_size, "colour", &colour) == 0)
        argv = read_argv(list, &request.argc);
    if (argv == NULL) {
        json_decref(object);
        close_client(client);
        return;
    }
    request.argv = argv;
    request.working_directory = cwd;
    request.input = span_of(input, input_size);
    request.colour = colour != 0;
    struct out_sink sink = {
        .write = write_to_client, .context = client, .incomplete = &client->incomplete};
    int exit_code = relay->handler.run(relay->handler.context, &request, &sink);
    send_line(client, json_pack("{s:i}", "exit", exit_code), true);
    free(argv);
    json_decref(object);
}

static struct client *next_asked(const struct relay *relay)
{
    struct client *client = relay->clients;
    while (client != NULL && (!client->asked || client->closing))
        client = client->next;
    return client;
}

void relay_serve(struct relay *relay)
{
    struct client *client;
    uv_run(relay->loop, UV_RUN_NOWAIT); /* who has gone away meanwhile is not served any more */
    while ((client = next_asked(relay)) != NULL) { /* anew each time: serving turns the loop */
        client->asked = false;
        client->serving = true;
        serve_client(client);
        client->serving = false;
        if (client->closed)
            free_client(client);
    }
}

/* ---- the asking side ---- */

static enum status connect_to(const char *profile_directory, int *descriptor)
{
    int directory = open(profile_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socket_path(directory, address.sun_path, sizeof address.sun_path);
    bool connected = directory >= 0 && fd >= 0 &&
                     connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    if (directory >= 0)
        close(directory);
    if (!connected) {
        if (fd >= 0)
            close(fd);
        return STATUS_NOT_FOUND;
    }
    *descriptor = fd;
    return STATUS_OK;
}

bool relay_is_there(const char *profile_directory)
{
    int descriptor;
    if (connect_to(profile_directory, &descriptor) != STATUS_OK)
        return false;
    close(descriptor);
    return true;
}

static enum status send_request(FILE *stream, const struct relay_request *request)
{
    json_t *argv = json_array();
    for (int i = 0; i < request->argc; i++)
        json_array_append_new(argv, out_json_text(span_from_text(request->argv[i])));
    json_t *object =
        json_pack("{s:o, s:s, s:o, s:b}", "argv", argv, "cwd", request->working_directory, "input",
                  out_json_text(request->input), "colour", request->colour);
    char *line = dump_json(object, JSON_COMPACT);
    json_decref(object);
    if (line == NULL)
        return STATUS_NO_MEMORY;
    bool fits = strlen(line) < REQUEST_BYTES_MAX;
    bool sent =
        fits && fputs(line, stream) != EOF && fputc('\n', stream) != EOF && fflush(stream) == 0;
    free(line);
    if (!fits)
        return STATUS_LIMIT;
    return sent ? STATUS_OK : STATUS_IO;
}

/* Shows one line of the answer; true when it was the last. */
static bool take_line(const char *line, const struct out_sink *sink, int *exit_code)
{
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    const json_t *text = json_object_get(object, "text");
    const json_t *way = json_object_get(object, "way");
    const json_t *end = json_object_get(object, "exit");
    if (json_is_string(text))
        sink->write(sink->context, (unsigned)json_integer_value(way),
                    span_of(json_string_value(text), json_string_length(text)));
    bool last = json_is_integer(end);
    if (last)
        *exit_code = (int)json_integer_value(end);
    json_decref(object);
    return last;
}

enum status relay_ask(const char *profile_directory,
                      const struct relay_request *request,
                      const struct out_sink *sink,
                      int *exit_code)
{
    int descriptor;
    TRY(connect_to(profile_directory, &descriptor));
    FILE *stream = fdopen(descriptor, "r+");
    if (stream == NULL) {
        close(descriptor);
        return STATUS_NO_MEMORY;
    }
    enum status status = send_request(stream, request);
    char *line = NULL;
    size_t capacity = 0;
    bool done = false;
    while (status == STATUS_OK && !done) {
        if (getline(&line, &capacity, stream) < 0)
            status = STATUS_IO; /* the other process ended in the middle */
        else
            done = take_line(line, sink, exit_code);
    }
    free(line);
    fclose(stream);
    return status;
}
