/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/admin_client.h"

#include "server/command/admin_message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static enum status connect_to(const char *path, int *descriptor)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return STATUS_NOT_FOUND; /* nor could a server have bound it */
    memcpy(address.sun_path, path, strlen(path));
    int opened = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (opened < 0)
        return STATUS_IO;
    if (connect(opened, (struct sockaddr *)&address, sizeof address) != 0) {
        bool nobody = errno == ENOENT || errno == ECONNREFUSED;
        close(opened);
        return nobody ? STATUS_NOT_FOUND : STATUS_IO;
    }
    *descriptor = opened;
    return STATUS_OK;
}

static enum status send_all(int descriptor, struct span bytes)
{
    while (bytes.len > 0) {
        ssize_t sent = send(descriptor, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return STATUS_NETWORK;
        bytes = span_of(bytes.ptr + sent, bytes.len - (size_t)sent);
    }
    return STATUS_OK;
}

/* Of what has come, the lines that tell how far it is; `*rest` is what follows them. */
static void show_lines(struct span *rest, void (*progress)(const char *text))
{
    const uint8_t *end;
    while (rest->len > 0 && (end = memchr(rest->ptr, '\n', rest->len)) != NULL) {
        size_t len = (size_t)(end - rest->ptr);
        json_t *line = json_loadb((const char *)rest->ptr, len, JSON_REJECT_DUPLICATES, NULL);
        const char *text = json_string_value(json_object_get(line, "progress"));
        if (text != NULL)
            progress(text);
        json_decref(line);
        *rest = span_of(rest->ptr + len + 1, rest->len - len - 1);
    }
}

/* Until the server closes; `*start` is where in `bytes` the answer begins. */
static enum status
receive_all(int descriptor, void (*progress)(const char *text), struct buffer *bytes, size_t *start)
{
    uint8_t piece[16384];
    for (;;) {
        ssize_t len = recv(descriptor, piece, sizeof piece, 0);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return STATUS_NETWORK;
        if (len == 0)
            return STATUS_OK;
        TRY(buffer_append(bytes, span_of(piece, (size_t)len)));
        if (memchr(piece, '\n', (size_t)len) == NULL)
            continue;
        struct span rest = span_of(bytes->ptr + *start, bytes->len - *start);
        show_lines(&rest, progress);
        *start = bytes->len - rest.len;
    }
}

void admin_answer_init(struct admin_answer *answer)
{
    *answer = (struct admin_answer){.out = BUFFER_INIT(COMMAND_OUTPUT_MAX),
                                    .err = BUFFER_INIT(COMMAND_OUTPUT_MAX)};
}

void admin_answer_clear(struct admin_answer *answer)
{
    buffer_clear(&answer->out);
    buffer_clear(&answer->err);
}

static enum status take_member(const json_t *object, const char *key, struct buffer *bytes)
{
    const json_t *text = json_object_get(object, key);
    if (!json_is_string(text))
        return STATUS_NETWORK;
    return buffer_append(bytes, span_of(json_string_value(text), json_string_length(text)));
}

static enum status take_answer(struct span line, struct admin_answer *answer)
{
    json_t *object =
        json_loadb((const char *)line.ptr, line.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    const json_t *code = json_object_get(object, "exit");
    enum status status = json_is_integer(code) ? STATUS_OK : STATUS_NETWORK;
    if (status == STATUS_OK)
        status = take_member(object, "stdout", &answer->out);
    if (status == STATUS_OK)
        status = take_member(object, "stderr", &answer->err);
    answer->exit_code = (int)json_integer_value(code);
    json_decref(object);
    return status;
}

enum status admin_client_run(const char *socket_path,
                             struct span line,
                             void (*progress)(const char *text),
                             struct admin_answer *answer)
{
    int descriptor = -1;
    size_t start = 0;
    TRY(connect_to(socket_path, &descriptor));
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(4 * COMMAND_OUTPUT_MAX);
    enum status status = send_all(descriptor, line);
    if (status == STATUS_OK)
        status = receive_all(descriptor, progress, &bytes, &start);
    close(descriptor);
    TRY(status);
    return take_answer(span_of(bytes.ptr + start, bytes.len - start), answer);
}
