/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/admin_message.h"

#include "protocol/json/dump.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static json_t *encoded_file(struct span bytes)
{
    size_t size = sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(size);
    if (text == NULL)
        return NULL;
    sodium_bin2base64(text, size, bytes.ptr, bytes.len, sodium_base64_VARIANT_ORIGINAL);
    json_t *value = json_string(text);
    free(text);
    return value;
}

enum status admin_message_write(const struct admin_request *request, struct buffer *line)
{
    json_t *arguments = json_array();
    json_t *contents = json_array();
    bool ok = true;
    for (int i = 0; i < request->argc; i++)
        ok = ok && json_array_append_new(arguments, json_string(request->argv[i])) == 0;
    for (size_t i = 0; i < request->file_count; i++)
        ok = ok && json_array_append_new(contents, encoded_file(request->files[i])) == 0;
    json_t *message = json_pack("{s:o, s:b, s:b, s:o}", "argv", arguments, "json", request->json,
                                "progress", request->progress, "files", contents);
    char *text = ok ? dump_json(message, JSON_COMPACT) : NULL;
    json_decref(message);
    if (text == NULL)
        return STATUS_MALFORMED; /* an argument that is not UTF-8 */
    enum status status = buffer_append(line, span_from_text(text));
    free(text);
    TRY(status);
    return buffer_append(line, SPAN_LITERAL("\n"));
}

enum status admin_message_read_file(const char *path, struct buffer *bytes)
{
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
    enum status status = STATUS_OK;
    uint8_t piece[16384];
    size_t len = 1;
    while (status == STATUS_OK && len > 0) {
        len = fread(piece, 1, sizeof piece, stream);
        status = ferror(stream) ? STATUS_IO : buffer_append(bytes, span_of(piece, len));
    }
    fclose(stream);
    return status;
}
