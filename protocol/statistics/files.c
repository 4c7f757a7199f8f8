/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/statistics/files.h"

#include "protocol/statistics/page.h"

#include <string.h>

static enum status
save(const struct files_sink *sink, struct page *path, const struct buffer *contents)
{
    page_span(path, span_of("", 1));
    TRY(path->status);
    return sink->save(sink->context, (const char *)path->out->ptr, buffer_span(contents));
}

enum status files_draw(const struct statistics *statistics,
                       const char *directory,
                       const struct files_sink *sink)
{
    for (int i = 0; i < PICTURE_COUNT; i++) {
        CLEANUP(buffer_clear) struct buffer contents = BUFFER_INIT(PICTURE_BYTES_MAX);
        CLEANUP(buffer_clear) struct buffer name = BUFFER_INIT(FILES_PATH_BYTES);
        struct page path = {.out = &name};
        page_span(&path, span_from_text(directory));
        page_span(&path, SPAN_LITERAL("/"));
        page_span(&path, span_from_text(picture_file((enum picture)i)));
        TRY(picture_write((enum picture)i, statistics, &contents));
        TRY(save(sink, &path, &contents));
    }
    return STATUS_OK;
}

/* Where the ending of a path begins: at the last dot of its last part, if that has one. */
static size_t ending_of(const char *path)
{
    const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    return dot == NULL || dot <= name ? strlen(path) : (size_t)(dot - path);
}

enum status files_export(const struct statistics *statistics,
                         enum export_format format,
                         const char *path,
                         const struct files_sink *sink)
{
    size_t ending = ending_of(path);
    for (size_t i = 0; i < export_file_count(format); i++) {
        CLEANUP(buffer_clear) struct buffer contents = BUFFER_INIT(EXPORT_BYTES_MAX);
        CLEANUP(buffer_clear) struct buffer name = BUFFER_INIT(FILES_PATH_BYTES);
        struct page marked = {.out = &name};
        page_span(&marked, span_of(path, ending));
        page_span(&marked, span_from_text(export_file_mark(format, i)));
        page_span(&marked, span_from_text(path + ending));
        TRY(export_write(format, i, statistics, &contents));
        TRY(save(sink, &marked, &contents));
    }
    return STATUS_OK;
}
