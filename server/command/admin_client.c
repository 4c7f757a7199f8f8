/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/admin_client.h"

#include "server/command/admin_message.h"

#include <errno.h>
#include <stdio.h>
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

static enum status receive_all(int descriptor, struct buffer *bytes)
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
    }
}

static void print_member(const json_t *answer, const char *key, FILE *stream)
{
    const json_t *text = json_object_get(answer, key);
    if (json_is_string(text))
        fwrite(json_string_value(text), 1, json_string_length(text), stream);
}

enum status admin_client_run(const char *socket_path, struct span line, int *exit_code)
{
    int descriptor = -1;
    TRY(connect_to(socket_path, &descriptor));
    CLEANUP(buffer_clear) struct buffer answer = BUFFER_INIT(4 * COMMAND_OUTPUT_MAX);
    enum status status = send_all(descriptor, line);
    if (status == STATUS_OK)
        status = receive_all(descriptor, &answer);
    close(descriptor);
    TRY(status);
    json_t *object = json_loadb((const char *)answer.ptr, answer.len,
                                JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    const json_t *code = json_object_get(object, "exit");
    if (!json_is_integer(code)) {
        json_decref(object);
        return STATUS_NETWORK;
    }
    print_member(object, "stdout", stdout);
    print_member(object, "stderr", stderr);
    *exit_code = (int)json_integer_value(code);
    json_decref(object);
    return STATUS_OK;
}
