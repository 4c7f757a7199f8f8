/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/file_name.h"

#include "client-cli/commands/clean.h"
#include "protocol/codec/utf8.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Room for each byte to become U+FFFD. */
#define CLEANED_BYTES_MAX 4096

static struct span last_part(struct span path)
{
    size_t from = path.len;
    while (from > 0 && path.ptr[from - 1] != '/' && path.ptr[from - 1] != '\\')
        from--;
    return span_of(path.ptr + from, path.len - from);
}

void file_name_clean(struct span given, char name[FILE_NAME_SIZE])
{
    CLEANUP(buffer_clear) struct buffer cleaned = BUFFER_INIT(CLEANED_BYTES_MAX);
    size_t length = 0;
    if (clean_line(last_part(given), &cleaned) == STATUS_OK)
        length = utf8_fitting(buffer_span(&cleaned), FILE_NAME_SIZE - 1).len;
    if (length != 0)
        memcpy(name, cleaned.ptr, length);
    name[length] = '\0';
    if (name[0] == '.' || name[0] == '-' || name[0] == '~' || name[0] == ' ')
        name[0] = '_';
    if (length == 0)
        snprintf(name, FILE_NAME_SIZE, "file");
}

const char *file_name_media_type(const char *name)
{
    static const struct {
        const char *ending;
        const char *type;
    } types[] = {
        {".pdf", "application/pdf"}, {".png", "image/png"},       {".jpg", "image/jpeg"},
        {".jpeg", "image/jpeg"},     {".gif", "image/gif"},       {".txt", "text/plain"},
        {".md", "text/markdown"},    {".csv", "text/csv"},        {".mp3", "audio/mpeg"},
        {".mp4", "video/mp4"},       {".zip", "application/zip"},
    };
    const char *ending = strrchr(name, '.');
    for (size_t i = 0; ending != NULL && i < sizeof types / sizeof *types; i++)
        if (strcasecmp(types[i].ending, ending) == 0)
            return types[i].type;
    return "application/octet-stream";
}
